#include "lib/keyval.h"

#include <errno.h>
#include <string.h>

#include "lib/num.h"

static int
clean(struct bytes v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.s[i] == '\n' || v.s[i] == '\r' || v.s[i] == 0)
			return 0;
	return 1;
}

int
keyval_put(stralloc *out, const char *key, struct bytes value, size_t max)
{
	if (value.len > max || !clean(value)) {
		errno = EINVAL;
		return -1;
	}
	if (sa_puts(out, key) < 0 || sa_put(out, ": ", 2) < 0 ||
	    sa_put(out, value.s, value.len) < 0)
		return -1;
	return sa_put(out, "\n", 1);
}

int
keyval_putu(stralloc *out, const char *key, uint64_t n)
{
	if (sa_puts(out, key) < 0 || sa_put(out, ": ", 2) < 0 ||
	    sa_addu(out, n) < 0)
		return -1;
	return sa_put(out, "\n", 1);
}

/* The next line without its LF; -1 when it has none. */
static int
line(struct keyval *k, struct bytes *out)
{
	const char *s = k->s + k->at;
	const char *nl = memchr(s, '\n', k->len - k->at);

	if (!nl)
		return where_set(k->w, k->at, "the head is cut short");
	*out = (struct bytes){s, (size_t)(nl - s)};
	return 0;
}

int
keyval_get(struct keyval *k, const char *key, struct bytes *value)
{
	struct bytes l;
	size_t n = strlen(key);

	if (line(k, &l) < 0)
		return -1;
	if (l.len < n + 2 || memcmp(l.s, key, n) != 0 || l.s[n] != ':' ||
	    l.s[n + 1] != ' ')
		return where_set(k->w, k->at, "not the key expected here");
	*value = (struct bytes){l.s + n + 2, l.len - n - 2};
	if (!clean(*value))
		return where_set(k->w, k->at, "a forbidden byte in a value");
	k->at += l.len + 1;
	return 0;
}

int
keyval_is(const struct keyval *k, const char *key)
{
	size_t n = strlen(key), left = k->len - k->at;

	return left > n && memcmp(k->s + k->at, key, n) == 0 &&
	    k->s[k->at + n] == ':';
}

int
keyval_getu(struct keyval *k, const char *key, uint64_t *n, uint64_t max)
{
	size_t at = k->at;
	struct bytes v;

	if (keyval_get(k, key, &v) < 0)
		return -1;
	if (num_u64(n, v.s, v.len, max) < 0)
		return where_set(k->w, at, "not a number of the range");
	return 0;
}

int
keyval_name(struct keyval *k, const char *key, char *name)
{
	size_t at = k->at;
	struct bytes v;

	if (keyval_get(k, key, &v) < 0)
		return -1;
	if (v.len >= ID_NAME_MAX || !id_ok(v.s, v.len))
		return where_set(k->w, at, "not a name of ours");
	memcpy(name, v.s, v.len);
	name[v.len] = 0;
	return 0;
}

int
keyval_end(struct keyval *k)
{
	struct bytes l;

	if (line(k, &l) < 0)
		return -1;
	if (!bytes_eq(l, "end"))
		return where_set(k->w, k->at, "no end line");
	k->at += l.len + 1;
	return 0;
}
