#include "lib/parts.h"

#include <string.h>

#include "lib/bytes.h"
#include "lib/header.h"
#include "lib/mimetype.h"

static void
header_begin(struct parts *p, int digest)
{
	p->now = PART_FIELDS;
	p->digest = digest;
	p->into = NULL;
	p->type.len = p->encoding.len = 0;
}

void
parts_begin(struct parts *p)
{
	p->depth = p->sealed = 0;
	header_begin(p, 0);
}

enum part_form
parts_form(const struct parts *p)
{
	return p->sealed ? PART_BYTES : p->now;
}

static void
add(struct parts_field *f, struct bytes b)
{
	size_t n = sizeof f->s - f->len;

	if (n > b.len)
		n = b.len;
	memcpy(f->s + f->len, b.s, n);
	f->len += n;
}

/* One of our fields: its value goes there.  The first one counts. */
static struct parts_field *
field_of(struct parts *p, struct bytes name)
{
	struct parts_field *f = bytes_same(name, "Content-Type") ? &p->type
	    : bytes_same(name, "Content-Transfer-Encoding")      ? &p->encoding
								 : NULL;

	return f && f->len == 0 ? f : NULL;
}

static int
blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A line of a header: 1; 0 when it is none. */
static int
field_line(struct parts *p, const char *s, size_t len)
{
	struct bytes name = {s, 0};
	size_t n;

	if (blank(s[0])) {
		if (p->into)
			add(p->into, (struct bytes){s, len});
		return 1;
	}
	while (name.len < len && s[name.len] > ' ' && s[name.len] <= '~' &&
	    s[name.len] != ':')
		name.len++;
	n = name.len;
	while (n < len && blank(s[n]))
		n++;
	if (n == len || s[n] != ':' || name.len == 0)
		return 0;
	p->into = field_of(p, name);
	if (p->into)
		add(p->into, (struct bytes){s + n + 1, len - n - 1});
	return 1;
}

static void
find_boundary(struct parts_level *l, struct bytes params)
{
	struct bytes name, value;

	while (mimetype_param(&params, &name, &value))
		if (bytes_same(name, "boundary")) {
			l->len = mimetype_plain(l->boundary, sizeof l->boundary,
			    mimetype_boundary(value));
			if (l->len > sizeof l->boundary)
				l->len = 0;
			return;
		}
}

/* A multipart begins: what is in front of its first part. */
static void
multipart(struct parts *p, const struct mimetype *m)
{
	struct parts_level *l = &p->level[p->depth];

	p->now = PART_BYTES;
	if (p->depth == PARTS_DEPTH)
		return;
	l->len = 0;
	find_boundary(l, m->rest);
	if (l->len == 0)
		return;
	l->digest = bytes_same(m->subtype, "digest");
	p->now = PART_TEXT;
	p->depth++;
	if (!p->sealed && bytes_same(m->subtype, "signed"))
		p->sealed = p->depth;
}

static enum part_form
form_of(struct bytes encoding, int text)
{
	if (bytes_same(encoding, "quoted-printable"))
		return PART_QUOTED;
	if (bytes_same(encoding, "base64"))
		return PART_BASE64;
	if (encoding.len == 0 || bytes_same(encoding, "7bit") ||
	    bytes_same(encoding, "8bit"))
		return text ? PART_TEXT : PART_BYTES;
	return PART_BYTES;
}

/* A header is over: what is behind it? */
static void
header_end(struct parts *p)
{
	struct bytes e = {p->encoding.s, p->encoding.len}, enc;
	struct mimetype m;
	int text;

	enc = field_token(&e);
	mimetype_parse(&m, (struct bytes){p->type.s, p->type.len});
	if (m.type.len == 0) { /* the default */
		m.type = bytes_z(p->digest ? "message" : "text");
		m.subtype = bytes_z(p->digest ? "rfc822" : "plain");
	}
	text = bytes_same(m.type, "text") || bytes_same(m.type, "message");
	p->now = form_of(enc, text);
	if (bytes_same(m.type, "multipart"))
		multipart(p, &m);
	else if (bytes_same(m.type, "message") && p->now == PART_TEXT &&
	    (bytes_same(m.subtype, "rfc822") ||
		bytes_same(m.subtype, "global") ||
		bytes_same(m.subtype, "news")))
		header_begin(p, 0);
}

/* Is it the delimiter of that level?  1 yes, 2 the last one, 0 no. */
static int
delimits(const struct parts_level *l, const char *s, size_t len)
{
	if (len < l->len || memcmp(s, l->boundary, l->len) != 0)
		return 0;
	if (len == l->len)
		return 1;
	return len == l->len + 2 && s[l->len] == '-' && s[l->len + 1] == '-'
	    ? 2
	    : 0;
}

/* A line that begins with "--": of the innermost multipart that has it. */
static int
delimiter(struct parts *p, const char *s, size_t len)
{
	int d = 0;
	size_t i = p->depth;

	while (len > 2 && blank(s[len - 1]))
		len--;
	while (i > 0 && (d = delimits(&p->level[i - 1], s + 2, len - 2)) == 0)
		i--;
	if (i == 0)
		return 0;
	p->depth = d == 2 ? i - 1 : i;
	if (p->sealed > p->depth)
		p->sealed = 0;
	if (d == 1)
		header_begin(p, p->level[i - 1].digest);
	else
		p->now = PART_TEXT;
	return 1;
}

void
parts_line(struct parts *p, const char *s, size_t len)
{
	if (p->depth > 0 && len > 2 && s[0] == '-' && s[1] == '-' &&
	    delimiter(p, s, len))
		return;
	if (p->now != PART_FIELDS || (len > 0 && field_line(p, s, len)))
		return;
	header_end(p);
}
