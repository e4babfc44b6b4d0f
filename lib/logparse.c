#include "lib/logparse.h"

#include <errno.h>

#include "lib/ids.h"
#include "lib/num.h"

enum { STAMP_LEN = 29 }; /* bytes of "2026-11-22 01:47:19.123456789" */

/* Lower case letters, digits, '-' and '_', a letter first. */
static int
is_name(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		char c = b.s[i];

		if ((c < 'a' || c > 'z') &&
		    (i == 0 || ((c < '0' || c > '9') && c != '-' && c != '_')))
			return 0;
	}
	return b.len > 0;
}

int
logparse_event(struct logevent *e, const char *s, size_t len, struct where *w)
{
	struct bytes line = {s, len};

	*e = (struct logevent){.id = bytes_word(&line)};
	e->event = bytes_word(&line);
	e->rest = line;
	if (bytes_eq(e->id, "-"))
		e->id.len = 0;
	else if (!id_ok(e->id.s, e->id.len))
		return where_set(w, 0, "no ID");
	if (!is_name(e->event))
		return where_set(w, (size_t)(e->event.s - s), "no event");
	return 0;
}

/* Up to the closing quote; one that is missing was cut off. */
static int
quoted(struct bytes *rest, stralloc *value)
{
	size_t i = 1;
	int r = 0;

	for (; r == 0 && i < rest->len && rest->s[i] != '"'; i++) {
		if (rest->s[i] == '\\' && i + 1 < rest->len)
			i++;
		r = sa_put(value, rest->s + i, 1);
	}
	if (r < 0)
		return -1;
	if (i < rest->len)
		i++;
	rest->s += i;
	rest->len -= i;
	if (rest->len && rest->s[0] != ' ') {
		errno = EINVAL;
		return -1;
	}
	if (rest->len) {
		rest->s++;
		rest->len--;
	}
	return 1;
}

int
logparse_field(struct bytes *rest, struct bytes *key, stralloc *value)
{
	const char *eq;
	struct bytes v;

	value->len = 0;
	if (rest->len == 0)
		return 0;
	eq = memchr(rest->s, '=', rest->len);
	*key = (struct bytes){rest->s, eq ? (size_t)(eq - rest->s) : 0};
	if (!is_name(*key)) {
		errno = EINVAL;
		return -1;
	}
	rest->s += key->len + 1;
	rest->len -= key->len + 1;
	if (rest->len && rest->s[0] == '"')
		return quoted(rest, value);
	v = bytes_word(rest);
	return sa_put(value, v.s, v.len) < 0 ? -1 : 1;
}

int
logparse_find(const struct logevent *e, const char *key, stralloc *value)
{
	struct bytes rest = e->rest, name;
	stralloc v = {0};
	int r;

	while ((r = logparse_field(&rest, &name, &v)) > 0)
		if (bytes_eq(name, key))
			break;
	if (r > 0) {
		value->len = 0;
		r = sa_put(value, v.s, v.len) < 0 ? -1 : 1;
	} else if (r < 0 && errno == EINVAL) {
		r = 0;
	}
	sa_free(&v);
	return r;
}

static int
digits(unsigned *out, const char *s, size_t n, unsigned max)
{
	uint64_t v;

	if (num_u64(&v, s, n, max) < 0)
		return 0;
	*out = (unsigned)v;
	return 1;
}

size_t
logparse_stamp(struct logstamp *t, const char *s, size_t len)
{
	size_t n = STAMP_LEN;

	if (len < STAMP_LEN || s[4] != '-' || s[7] != '-' || s[10] != ' ' ||
	    s[13] != ':' || s[16] != ':' || s[19] != '.' ||
	    !digits(&t->year, s, 4, 9999) || !digits(&t->month, s + 5, 2, 12) ||
	    !digits(&t->day, s + 8, 2, 31) ||
	    !digits(&t->hour, s + 11, 2, 24) ||
	    !digits(&t->minute, s + 14, 2, 59) ||
	    !digits(&t->second, s + 17, 2, 60) ||
	    !digits(&t->us, s + 20, 9, 999999999))
		return 0;
	t->us /= 1000;
	while (n < len && n < STAMP_LEN + 2 && s[n] == ' ')
		n++;
	return t->month && t->day ? n : 0;
}
