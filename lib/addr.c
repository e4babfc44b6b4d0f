#include "lib/addr.h"

#include <arpa/inet.h>
#include <errno.h>

#include "lib/utf8.h"

enum { NO_MEMORY_AT = 0 };

static int
no_memory(struct where *w)
{
	return where_set(w, NO_MEMORY_AT, "out of memory");
}

static int
is_alnum(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

static int
is_atext(unsigned char c)
{
	static const char other[256] = {['!'] = 1,
	    ['#'] = 1,
	    ['$'] = 1,
	    ['%'] = 1,
	    ['&'] = 1,
	    ['\''] = 1,
	    ['*'] = 1,
	    ['+'] = 1,
	    ['-'] = 1,
	    ['/'] = 1,
	    ['='] = 1,
	    ['?'] = 1,
	    ['^'] = 1,
	    ['_'] = 1,
	    ['`'] = 1,
	    ['{'] = 1,
	    ['|'] = 1,
	    ['}'] = 1,
	    ['~'] = 1};

	return is_alnum(c) || other[c];
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static size_t
utf8_char(const char *s, size_t len)
{
	uint32_t point;

	return utf8_get(&point, s, len);
}

/* Length of the character at s if it may stand in an unquoted local part. */
static size_t
local_char(const char *s, size_t len, int flags)
{
	if (is_atext((unsigned char)*s))
		return 1;
	if ((flags & ADDR_UTF8) && (unsigned char)*s >= 0x80)
		return utf8_char(s, len);
	return 0;
}

static int
local_plain(const char *s, size_t len, int flags, struct where *w)
{
	size_t i = 0, n;
	int dot = 1;

	while (i < len) {
		if (s[i] == '.') {
			if (dot)
				return where_set(w, i, "misplaced dot");
			dot = 1;
			i++;
			continue;
		}
		n = local_char(s + i, len - i, flags);
		if (n == 0)
			return where_set(
			    w, i, "byte not allowed in a local part");
		i += n;
		dot = 0;
	}
	if (len == 0)
		return where_set(w, 0, "nothing before the @");
	if (dot)
		return where_set(w, len - 1, "misplaced dot");
	return 0;
}

/* Takes the text of a quoted string out of its quotes. */
static int
unquote(stralloc *out, const char *s, size_t len, int flags, struct where *w)
{
	size_t i, n;

	for (i = 1; i + 1 < len; i += n) {
		if (s[i] == '\\') /* addr_at saw that another byte follows */
			i++;
		n = 1;
		if ((flags & ADDR_UTF8) && (unsigned char)s[i] >= 0x80)
			n = utf8_char(s + i, len - 1 - i);
		else if (s[i] < 32 || s[i] > 126)
			n = 0;
		if (n == 0)
			return where_set(
			    w, i, "byte not allowed in a quoted local part");
		if (sa_put(out, s + i, n) < 0)
			return no_memory(w);
	}
	return 0;
}

static int
quote(stralloc *out, const char *s, size_t len)
{
	size_t i;

	if (sa_put(out, "\"", 1) < 0)
		return -1;
	for (i = 0; i < len; i++)
		if (((s[i] == '"' || s[i] == '\\') &&
			sa_put(out, "\\", 1) < 0) ||
		    sa_put(out, s + i, 1) < 0)
			return -1;
	return sa_put(out, "\"", 1);
}

static int
local_quoted(
    stralloc *out, const char *s, size_t len, int flags, struct where *w)
{
	stralloc text = {0};
	int r;

	r = unquote(&text, s, len, flags, w);
	if (r == 0) {
		if (text.len && local_plain(text.s, text.len, flags, NULL) == 0)
			r = sa_put(out, text.s, text.len);
		else
			r = quote(out, text.s, text.len);
		if (r < 0)
			no_memory(w);
	}
	sa_free(&text);
	return r;
}

static int
domain_literal(const char *s, size_t len, struct where *w)
{
	static const char tag[] = "[ipv6:";
	char text[INET6_ADDRSTRLEN + 1];
	unsigned char bin[16];
	size_t skip = 1;
	int family = AF_INET;

	if (len < 3 || s[len - 1] != ']')
		return where_set(w, 0, "address literal without its ]");
	if (len > sizeof tag && case_diffb(s, sizeof tag - 1, tag) == 0) {
		skip = sizeof tag - 1;
		family = AF_INET6;
	}
	if (len - skip - 1 >= sizeof text)
		return where_set(w, skip, "no such address literal");
	memcpy(text, s + skip, len - skip - 1);
	text[len - skip - 1] = 0;
	if (strlen(text) != len - skip - 1 || inet_pton(family, text, bin) != 1)
		return where_set(w, skip, "no such address literal");
	return 0;
}

static size_t
domain_char(const char *s, size_t len, int flags)
{
	if (is_alnum((unsigned char)*s) || *s == '-')
		return 1;
	if ((flags & ADDR_UTF8) && (unsigned char)*s >= 0x80)
		return utf8_char(s, len);
	return 0;
}

static int
domain_label(const char *s, size_t len, size_t at, struct where *w)
{
	if (len == 0)
		return where_set(w, at, "misplaced dot");
	if (len > ADDR_LABEL_MAX)
		return where_set(w, at, "part of a domain over 63 bytes");
	if (s[0] == '-' || s[len - 1] == '-')
		return where_set(w, at, "part of a domain begins or ends in -");
	return 0;
}

static int
domain_name(const char *s, size_t len, int flags, struct where *w)
{
	size_t i = 0, start = 0, n;

	while (i < len) {
		if (s[i] == '.') {
			if (domain_label(s + start, i - start, start, w) < 0)
				return -1;
			start = ++i;
			continue;
		}
		n = domain_char(s + i, len - i, flags);
		if (n == 0)
			return where_set(w, i, "byte not allowed in a domain");
		i += n;
	}
	if (len == 0)
		return where_set(w, 0, "nothing after the @");
	return domain_label(s + start, len - start, start, w);
}

size_t
addr_at(const char *s, size_t len)
{
	const char *p;
	size_t i;

	if (len == 0 || s[0] != '"') {
		p = len ? memchr(s, '@', len) : NULL;
		return p ? (size_t)(p - s) : len;
	}
	for (i = 1; i + 1 < len && s[i] != '"'; i++)
		if (s[i] == '\\')
			i++;
	return i + 1 < len && s[i] == '"' && s[i + 1] == '@' ? i + 1 : len;
}

static int
local_part(stralloc *out, const char *s, size_t len, int flags, struct where *w)
{
	if (len > ADDR_LOCAL_MAX)
		return where_set(w, 0, "local part over 64 bytes");
	if (len && s[0] == '"')
		return local_quoted(out, s, len, flags, w);
	if (local_plain(s, len, flags, w) < 0)
		return -1;
	return sa_put(out, s, len) < 0 ? no_memory(w) : 0;
}

static int
domain_part(
    stralloc *out, const char *s, size_t len, int flags, struct where *w)
{
	size_t i;
	int r;

	if (len > ADDR_DOMAIN_MAX)
		return where_set(w, 0, "domain over 255 bytes");
	if (len && s[0] == '[')
		r = domain_literal(s, len, w);
	else
		r = domain_name(s, len, flags, w);
	if (r < 0)
		return -1;
	if (sa_put(out, s, len) < 0)
		return no_memory(w);
	for (i = out->len - len; i < out->len; i++)
		out->s[i] = lower(out->s[i]);
	return 0;
}

int
addr_spec(stralloc *out, const char *s, size_t len, int flags, struct where *w)
{
	size_t was = out->len, at;

	if (len > ADDR_MAX)
		return where_set(w, 0, "address over 254 bytes");
	at = addr_at(s, len);
	if (at == len)
		return where_set(w, 0, "no @ in the address");
	if (local_part(out, s, at, flags, w) < 0 ||
	    (sa_put(out, "@", 1) < 0 && no_memory(w) < 0))
		goto bad;
	at++;
	if (domain_part(out, s + at, len - at, flags, w) < 0) {
		if (w)
			w->at += at;
		goto bad;
	}
	return 0;
bad:
	out->len = was;
	return -1;
}

int
addr_same(const char *a, size_t alen, const char *b, size_t blen)
{
	return alen == blen && case_diffb(a, alen, b) == 0;
}

/* Appends the labels of a name in the opposite order. */
static int
reverse(stralloc *out, const char *s, size_t len)
{
	size_t end = len, i = len;

	if (len && s[0] == '[')
		return sa_put(out, s, len);
	while (i-- > 0) {
		if (s[i] != '.')
			continue;
		if (sa_put(out, s + i + 1, end - i - 1) < 0 ||
		    sa_put(out, ".", 1) < 0)
			return -1;
		end = i;
	}
	return sa_put(out, s, end);
}

int
addr_key(stralloc *out, const char *s, size_t len)
{
	size_t was = out->len, at = addr_at(s, len), i;

	if (at == len) {
		errno = EINVAL;
		return -1;
	}
	if (reverse(out, s + at + 1, len - at - 1) < 0 ||
	    sa_put(out, "\0", 1) < 0 || sa_put(out, s, at) < 0) {
		out->len = was;
		return -1;
	}
	for (i = was; i < out->len; i++)
		out->s[i] = lower(out->s[i]);
	return 0;
}

int
addr_unkey(stralloc *out, const char *key, size_t len)
{
	const char *nul = memchr(key, 0, len);
	size_t was = out->len, dlen;

	if (!nul) {
		errno = EINVAL;
		return -1;
	}
	dlen = (size_t)(nul - key);
	if (sa_put(out, nul + 1, len - dlen - 1) < 0 ||
	    sa_put(out, "@", 1) < 0 || reverse(out, key, dlen) < 0) {
		out->len = was;
		return -1;
	}
	return 0;
}
