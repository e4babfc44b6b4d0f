#include "lib/header.h"

#include <string.h>

static int
blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Offset of the colon of a field line of len bytes; 0 when it is no field. */
static size_t
colon(const char *s, size_t len)
{
	size_t i = 0, name;

	while (i < len && s[i] > 32 && s[i] < 127 && s[i] != ':')
		i++;
	name = i;
	while (i < len && blank(s[i]))
		i++;
	return name > 0 && i < len && s[i] == ':' ? i : 0;
}

/* Bytes of the line at s with its LF; 0 when it has none within max. */
static size_t
line_length(const char *s, size_t max)
{
	const char *lf = max > 0 ? memchr(s, '\n', max) : NULL;

	return lf ? (size_t)(lf - s) + 1 : 0;
}

/* "From : x" is a field in the obsolete syntax, "From x" mbox's. */
static int
mbox_line(const char *s, size_t len)
{
	return len >= 5 && memcmp(s, "From ", 5) == 0 && colon(s, len) == 0;
}

/* Bytes of the end of the line: 0, 1 for LF, 2 for CRLF. */
static size_t
line_end(const char *s, size_t len)
{
	if (len == 0 || s[len - 1] != '\n')
		return 0;
	return len > 1 && s[len - 2] == '\r' ? 2 : 1;
}

/* Counts one line that is not empty. */
static int
take_line(struct header *h, size_t at, size_t len, struct where *w)
{
	const char *s = h->s + at;

	if (len > HEADER_LINE_MAX && len > HEADER_LINE_MAX + line_end(s, len))
		return where_set(w, at, "a header line is longer than 64 KiB");
	if (blank(s[0]) && h->fields > 0)
		return 0;
	if (colon(s, len) == 0)
		return where_set(w, at,
		    h->fields > 0 ? "a header line is no field"
				  : "the message has no header");
	if (h->fields == HEADER_FIELDS_MAX)
		return where_set(
		    w, at, "the header has more than 1,000 fields");
	h->fields++;
	return 0;
}

int
header_parse(struct header *h, const char *s, size_t len, struct where *w)
{
	size_t max = len < HEADER_MAX ? len : HEADER_MAX, at = 0, n;

	*h = (struct header){.s = s};
	if (len == 0)
		return where_set(w, 0, "the message is empty");
	for (; at < max; at += n) {
		n = line_length(s + at, max - at);
		if (n == 0 && len > HEADER_MAX)
			break;
		if (n == 0)
			n = max - at; /* the last line, cut short */
		if (at == 0 && mbox_line(s, n)) {
			h->from = n;
			continue;
		}
		if (h->fields > 0 && line_end(s + at, n) == n) {
			h->end = at;
			h->body = at + n;
			return 0;
		}
		if (take_line(h, at, n, w) < 0)
			return -1;
	}
	if (len > HEADER_MAX)
		return where_set(w, at, "the header is larger than 256 KiB");
	if (h->fields == 0)
		return where_set(w, at, "the message has no header");
	h->end = h->body = len;
	return 0;
}

size_t
header_line(const char *s, size_t at)
{
	size_t n = 1;

	for (size_t i = 0; i < at; i++)
		n += s[i] == '\n';
	return n;
}

int
header_next(const struct header *h, struct field *f)
{
	size_t at = f->end > 0 ? f->end : h->from, i, n;
	const char *s = h->s;

	if (at >= h->end)
		return 0;
	f->at = at;
	i = at + colon(s + at, h->end - at);
	f->value.s = s + i + 1;
	while (i > at && blank(s[i - 1]))
		i--;
	f->name = (struct bytes){s + at, i - at};

	i = (size_t)(f->value.s - s);
	do {
		n = line_length(s + i, h->end - i);
		i = n > 0 ? i + n : h->end;
	} while (i < h->end && blank(s[i]));
	f->end = i;
	n = (size_t)(s + i - f->value.s);
	f->value.len = n - line_end(f->value.s, n);
	return 1;
}

int
header_find(
    const struct header *h, const char *name, unsigned n, struct field *f)
{
	*f = (struct field){0};
	while (header_next(h, f))
		if (field_is(f, name) && n-- == 0)
			return 1;
	return 0;
}

static int
around(char c)
{
	return blank(c) || c == '\r' || c == '\n' || c == 0;
}

struct bytes
field_trim(struct bytes v)
{
	while (v.len > 0 && around(v.s[0])) {
		v.s++;
		v.len--;
	}
	while (v.len > 0 && around(v.s[v.len - 1]))
		v.len--;
	return v;
}

int
field_unfold(stralloc *out, struct bytes value)
{
	struct bytes v = field_trim(value);
	size_t start = out->len, n;

	while (v.len > 0) {
		n = line_length(v.s, v.len);
		n = n > 0 ? n : v.len;
		if (sa_put(out, v.s, n - line_end(v.s, n)) < 0) {
			out->len = start;
			return -1;
		}
		v.s += n;
		v.len -= n;
	}
	return 0;
}

void
field_skip(struct bytes *v)
{
	unsigned depth = 0;

	for (; v->len > 0; v->s++, v->len--) {
		if (*v->s == '(')
			depth++;
		else if (*v->s == ')' && depth > 0)
			depth--;
		else if (*v->s == '\\' && depth > 0 && v->len > 1) {
			v->s++;
			v->len--;
		} else if (depth == 0 && !memchr(" \t\r\n", *v->s, 4))
			return;
	}
}

struct bytes
field_token(struct bytes *v)
{
	struct bytes t;

	field_skip(v);
	t = (struct bytes){v->s, 0};
	while (v->len > 0 && *v->s > 32 && *v->s < 127 &&
	    !strchr("()<>@,;:\\\"/[]?=", *v->s)) {
		v->s++;
		v->len--;
		t.len++;
	}
	return t;
}
