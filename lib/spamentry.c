#include "lib/spamentry.h"

#include <errno.h>

#include "lib/addr.h"
#include "lib/idn.h"
#include "lib/utf8.h"

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct bytes
spam_entry_of_line(const char *s, size_t len)
{
	size_t from = 0, i;
	int quoted = 0;

	if (len && s[len - 1] == '\r')
		len--;
	while (from < len && is_blank(s[from]))
		from++;
	for (i = from; i < len; i++) {
		if (s[i] == '\\' && quoted)
			i++;
		else if (s[i] == '"')
			quoted = !quoted;
		else if (s[i] == '#' && !quoted &&
		    (i == from || is_blank(s[i - 1])))
			len = i;
	}
	while (len > from && is_blank(s[len - 1]))
		len--;
	return (struct bytes){s + from, len - from};
}

static int
no_memory(struct where *w)
{
	return where_set(w, 0, "out of memory");
}

static int
has_star(struct bytes b)
{
	return b.len && memchr(b.s, '*', b.len) != NULL;
}

/* How many bytes of an entry stand for one character; 0 with w set when they
 * may not stand in it. */
static size_t
character(struct bytes b, size_t at, int quoted, struct where *w)
{
	uint32_t c;
	size_t n = utf8_get(&c, b.s + at, b.len - at);
	const char *why = NULL;

	if (n == 0)
		why = "bytes that are not UTF-8";
	else if (c < ' ' || (c >= 0x7f && c < 0xa0))
		why = "control byte";
	else if (c == ' ' && !quoted)
		why = "blank within an entry";
	if (!why)
		return n;
	where_set(w, at, why);
	return 0;
}

static int
check_characters(struct bytes b, size_t from, struct where *w)
{
	int quoted = 0, escaped = 0;
	size_t i, n;

	for (i = from; i < b.len; i += n) {
		n = character(b, i, quoted, w);
		if (n == 0)
			return -1;
		if (b.s[i] == '"' && !escaped)
			quoted = !quoted;
		escaped = quoted && b.s[i] == '\\' && !escaped;
	}
	return 0;
}

/* Takes needless quotes off. What is no local part stays as it is, as there is
 * mail with such, too. */
static int
unquote(stralloc *room, struct bytes local)
{
	stralloc text = {0};
	int r = -1;

	if (sa_put(&text, local.s, local.len) < 0 || sa_puts(&text, "@a") < 0)
		goto done;
	errno = 0; /* to tell what it cannot take from no memory */
	if (addr_spec(room, text.s, text.len, ADDR_UTF8, NULL) == 0) {
		room->len -= 2;
		r = 0;
	} else if (errno != ENOMEM) {
		r = sa_put(room, local.s, local.len);
	}
done:
	sa_free(&text);
	return r;
}

static int
put_local(stralloc *room, struct bytes local, struct where *w)
{
	int r;

	if (local.s[0] == '"' && !has_star(local))
		r = unquote(room, local);
	else
		r = sa_put(room, local.s, local.len);
	return r < 0 ? no_memory(w) : 0;
}

/* A domain, or a label of one, as A-labels. What looks like an '@' or a '*' to
 * libidn2 becomes one. */
static int
put_name(stralloc *room, struct bytes name, size_t at, struct where *w)
{
	size_t was = room->len, i;
	struct where inner = {0, NULL};

	if (idn_addr(room, name.s, name.len, &inner) < 0)
		return where_set(w, at, inner.why);
	for (i = was; i < room->len; i++)
		if (((unsigned char)room->s[i] <= ' ' || room->s[i] == '@' ||
			room->s[i] == '*') &&
		    !memchr(name.s, room->s[i], name.len))
			return where_set(
			    w, at, "no such international domain name");
	return 0;
}

static int
is_ascii(struct bytes b)
{
	size_t i;

	for (i = 0; i < b.len; i++)
		if ((unsigned char)b.s[i] >= 0x80)
			return 0;
	return 1;
}

/* A domain with a '*': each label for itself. */
static int
put_labels(stralloc *room, struct bytes domain, size_t at, struct where *w)
{
	struct bytes label;
	size_t i = 0;

	for (;;) {
		label = (struct bytes){
		    domain.s + i, byte_chr(domain.s + i, domain.len - i, '.')};
		if (has_star(label) && !is_ascii(label))
			return where_set(w, at + i,
			    "a '*' within a part of a domain that is not "
			    "ASCII");
		if (label.len && put_name(room, label, at + i, w) < 0)
			return -1;
		i += label.len + 1;
		if (i > domain.len)
			return 0;
		if (sa_put(room, ".", 1) < 0)
			return no_memory(w);
	}
}

static int
put_domain(stralloc *room, struct bytes domain, size_t at, struct where *w)
{
	if (is_ascii(domain))
		return sa_put(room, domain.s, domain.len) < 0 ? no_memory(w)
							      : 0;
	if (has_star(domain))
		return put_labels(room, domain, at, w);
	return put_name(room, domain, at, w);
}

/* ASCII in lower case, and one '*' instead of several. */
static void
fold_case(stralloc *room)
{
	size_t i, n = 0;

	for (i = 0; i < room->len; i++) {
		char c = room->s[i];

		if (c == '*' && n && room->s[n - 1] == '*')
			continue;
		room->s[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	room->len = n;
}

/* Can there be such a domain: no label is empty. */
static int
check_dots(struct bytes domain, size_t at, struct where *w)
{
	size_t i;
	int dot = 1;

	for (i = 0; i < domain.len; i++) {
		if (domain.s[i] == '.' && dot)
			return where_set(w, at, "misplaced dot in a domain");
		dot = domain.s[i] == '.';
	}
	return dot ? where_set(w, at, "misplaced dot in a domain") : 0;
}

static void
classify(struct spam_entry *e, struct bytes all, size_t at)
{
	struct bytes local = {all.s, at};
	struct bytes domain = {all.s + at + 1, all.len - at - 1};
	struct bytes below = {domain.s, 0};

	if (domain.len > 2 && domain.s[0] == '*' && domain.s[1] == '.')
		below = (struct bytes){domain.s + 2, domain.len - 2};
	e->kind = SPAM_FREE;
	e->key = all;
	if (!has_star(all)) {
		e->kind = SPAM_ADDRESS;
	} else if (bytes_eq(local, "*") && !has_star(domain)) {
		e->kind = SPAM_DOMAIN;
		e->key = domain;
	} else if (bytes_eq(local, "*") && below.len && !has_star(below)) {
		e->kind = SPAM_SUBDOMAINS;
		e->key = below;
	} else if (bytes_eq(domain, "*") && !has_star(local)) {
		e->kind = SPAM_USER;
		e->key = local;
	}
}

/* The pattern in normal form in room; from is where it begins in s. */
static int
normalise(
    stralloc *room, const char *s, size_t len, size_t from, struct where *w)
{
	const char *sign = memrchr(s + from, '@', len - from);
	size_t at = sign ? (size_t)(sign - s) : from;
	struct bytes local =
	    sign ? (struct bytes){s + from, at - from} : (struct bytes){"*", 1};
	struct bytes domain;

	if (sign)
		at++;
	domain = (struct bytes){s + at, len - at};
	if (local.len == 0)
		return where_set(w, from, "nothing before the @");
	if (domain.len == 0)
		return where_set(w, at - 1, "nothing after the @");
	room->len = 0;
	if (put_local(room, local, w) < 0)
		return -1;
	if (sa_put(room, "@", 1) < 0)
		return no_memory(w);
	return put_domain(room, domain, at, w);
}

int
spam_entry_parse(struct spam_entry *e, stralloc *room, const char *s,
    size_t len, struct where *w)
{
	struct bytes all;
	size_t from = 0, at;

	while (from < len && s[from] == '>')
		from++;
	if (from >= SPAM_POINTS_MAX)
		return where_set(
		    w, SPAM_POINTS_MAX - 1, "more than 254 '>' before it");
	if (from == len)
		return where_set(w, from, "an address or a pattern is missing");
	if (len - from > SPAM_ENTRY_MAX)
		return where_set(
		    w, from + SPAM_ENTRY_MAX, "pattern over 512 bytes");
	if (check_characters((struct bytes){s, len}, from, w) < 0 ||
	    normalise(room, s, len, from, w) < 0)
		return -1;
	fold_case(room);
	if (room->len > SPAM_ENTRY_MAX)
		return where_set(
		    w, from, "pattern over 512 bytes with its A-labels");
	all = (struct bytes){room->s, room->len};
	at = (size_t)((const char *)memrchr(all.s, '@', all.len) - all.s);
	if (check_dots(
		(struct bytes){all.s + at + 1, all.len - at - 1}, from, w) < 0)
		return -1;
	e->points = 1 + (unsigned)from;
	classify(e, all, at);
	return 0;
}

int
spam_glob(struct bytes pattern, struct bytes text)
{
	size_t i = 0, k = 0, star = pattern.len, back = 0;

	/* Only the last '*' seen can have to take more bytes: what the ones
	 * before it took is the shortest that could be, and leaves the most
	 * for all that follows. */
	while (k < text.len) {
		if (i < pattern.len && pattern.s[i] == '*') {
			star = i++;
			back = k;
		} else if (i < pattern.len && pattern.s[i] == text.s[k]) {
			i++;
			k++;
		} else if (star < pattern.len) {
			i = star + 1;
			k = ++back;
		} else {
			return 0;
		}
	}
	while (i < pattern.len && pattern.s[i] == '*')
		i++;
	return i == pattern.len;
}
