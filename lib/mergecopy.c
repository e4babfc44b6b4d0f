/* Copies of a compiled message, a few bytes at a time. */
#include <errno.h>
#include <stdio.h>

#include "lib/mergecore.h"
#include "lib/mimetext.h"
#include "lib/utf8.h"

enum {
	QP_LINE = 75, /* columns before the '=' of a soft line end */
	QP_WHOLE = 76,
};

static const char hex[] = "0123456789ABCDEF";

/* --- values ------------------------------------------------------------- */

/* A character above 127 as "&#252;": markup has that where it takes ASCII only.
 * Returns the bytes taken. */
static size_t
put_entity(stralloc *out, const char *s, size_t len, int *res)
{
	char text[16];
	uint32_t c;
	size_t n = utf8_get(&c, s, len);

	snprintf(text, sizeof text, "&#%u;", (unsigned)c);
	*res = sa_puts(out, text);
	return n ? n : 1;
}

static int
put_html(stralloc *out, struct bytes v, int ascii)
{
	int res = 0;

	for (size_t i = 0, n = 1; i < v.len && res == 0; i += n) {
		char c = v.s[i];

		n = 1;
		if (ascii && (unsigned char)c > 127)
			n = put_entity(out, v.s + i, v.len - i, &res);
		else if (c == '&')
			res = sa_puts(out, "&amp;");
		else if (c == '<')
			res = sa_puts(out, "&lt;");
		else if (c == '>')
			res = sa_puts(out, "&gt;");
		else if (c == '"')
			res = sa_puts(out, "&quot;");
		else if (c == '\'')
			res = sa_puts(out, "&#39;");
		else
			res = sa_put(out, &c, 1);
	}
	return res;
}

/* --- quoted-printable --------------------------------------------------- */

/* A character of 1 or 3 bytes, on the next line when this one is full. */
static int
qp_put(struct merge_copy *c, const char *s, size_t n)
{
	if (c->column + n > QP_LINE) {
		if (sa_puts(&c->text, "=\r\n") < 0)
			return -1;
		c->column = 0;
	}
	c->column += n;
	return sa_put(&c->text, s, n);
}

static int
qp_value(struct merge_copy *c, struct bytes v)
{
	char q[3] = "=";

	for (size_t i = 0; i < v.len; i++) {
		unsigned char b = (unsigned char)v.s[i];
		int plain = (b > 32 && b < 127 && b != '=') ||
		    (b == ' ' && i + 1 < v.len);

		q[1] = hex[b >> 4];
		q[2] = hex[b & 15];
		if (qp_put(c, plain ? v.s + i : q, plain ? 1 : 3) < 0)
			return -1;
	}
	return 0;
}

/* How long is the soft line end at the start of s, which may have blanks in it?
 * 0 when there is none. */
static size_t
soft_end(const char *s, size_t len)
{
	size_t n = 1;

	if (*s != '=')
		return 0;
	while (n < len && memchr(" \t", s[n], 2))
		n++;
	return len - n > 1 && s[n] == '\r' && s[n + 1] == '\n' ? n + 2 : 0;
}

/* Bytes of v from i on that stay together: CR LF, "=C3", or one. */
static size_t
qp_unit(struct bytes v, size_t i)
{
	if (v.s[i] == '\r')
		return 2;
	return v.s[i] == '=' && v.len - i > 2 && v.s[i + 1] > ' ' &&
		v.s[i + 2] > ' '
	    ? 3
	    : 1;
}

/* What follows a value on its line; it ends with it, or before another value. */
static int
qp_lit(struct merge_copy *c, struct bytes v, struct bytes *out)
{
	size_t body = v.len, n;

	if (body > 1 && v.s[body - 1] == '\n')
		body -= 2;
	if (c->column + body <= QP_LINE ||
	    (body < v.len && c->column + body <= QP_WHOLE)) {
		c->column += body;
		*out = v;
		return 0;
	}
	for (size_t i = 0; i < v.len; i += n) {
		size_t soft = soft_end(v.s + i, v.len - i);

		n = soft ? soft : qp_unit(v, i);
		if (soft || v.s[i] == '\r') {
			c->column = 0;
			if (sa_puts(&c->text, soft ? "=\r\n" : "\r\n") < 0)
				return -1;
		} else if (qp_put(c, v.s + i, n) < 0) {
			return -1;
		}
	}
	*out = (struct bytes){c->text.s, c->text.len};
	return 0;
}

/* --- the header --------------------------------------------------------- */

int
merge_pieces(struct merge_copy *c, stralloc *out, size_t at, size_t n)
{
	int encode = 0;

	for (const struct merge_op *o = c->m->sub + at; n--; o++) {
		const char *base =
		    o->kind == MERGE_LIT ? c->m->s : c->m->text.s;
		struct bytes v = {base + o->at, o->len};

		if (o->kind == MERGE_REF) {
			v = merge_value(c->row, o->field);
			encode |= !merge_ascii(v) ||
			    memmem(v.s, v.len, "=?", 2) != NULL;
		}
		if (sa_put(out, v.s, v.len) < 0)
			return -1;
	}
	return encode;
}

/* Would a line of a folded field be nothing but blanks?  Readers may take it for
 * the end of the header. */
static int
has_blank_line(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		if (b.s[i] != '\n')
			continue;
		while (i + 1 < b.len && memchr(" \t", b.s[i + 1], 2))
			i++;
		if (i + 1 == b.len || b.s[i + 1] == '\r')
			return 1;
	}
	return 0;
}

/* As it was written when the values allow that: they, or one of them with what
 * stands beside it, must not look like an encoded word. */
static int
put_words(struct merge_copy *c, const struct merge_op *o)
{
	int r = o->raws ? merge_pieces(c, &c->text, o->raw, o->raws) : 1;
	struct bytes b = {c->text.s, c->text.len};

	if (r < 0 || (r == 0 && b.len == 0) ||
	    (r == 0 && !memmem(b.s, b.len, "=?", 2) && !has_blank_line(b)))
		return r;
	c->text.len = 0;
	if (merge_pieces(c, &c->work, o->at, o->len) < 0)
		return -1;
	return mime_words(&c->text, (struct bytes){c->work.s, c->work.len},
	    (size_t)o->column);
}

static struct bytes
trimmed(const stralloc *sa)
{
	struct bytes b = {sa->s, sa->len};

	while (b.len && b.s[0] == ' ') {
		b.s++;
		b.len--;
	}
	while (b.len && b.s[b.len - 1] == ' ')
		b.len--;
	return b;
}

int
merge_atoms(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		char c = b.s[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') ||
			memchr(" !#$%&'*+-/=?^_`{|}~", c, 20)))
			return 0;
	}
	return memmem(b.s, b.len, "=?", 2) == NULL;
}

static int
put_phrase(struct merge_copy *c, const struct merge_op *o)
{
	struct bytes b;

	if (merge_pieces(c, &c->work, o->at, o->len) < 0)
		return -1;
	b = trimmed(&c->work);
	if (b.len == 0)
		return 0;
	return merge_atoms(b) && !c->m->to_only
	    ? sa_put(&c->text, b.s, b.len)
	    : mime_phrase(&c->text, b, (size_t)o->column);
}

/* --- the walk ----------------------------------------------------------- */

void
merge_begin(
    struct merge_copy *c, const struct merge *m, const struct merge_row *row)
{
	c->m = m;
	c->row = row;
	c->at = c->column = 0;
}

static int
put_qp(struct merge_copy *c, const struct merge_op *o, struct bytes v)
{
	if (o->kind != MERGE_QPHTML)
		return qp_value(c, v);
	if (put_html(&c->work, v, o->ascii) < 0)
		return -1;
	return qp_value(c, (struct bytes){c->work.s, c->work.len});
}

int
merge_become(struct merge_copy *c, const struct merge_op *o, struct bytes *out)
{
	int r = 0;

	if (o->column >= 0)
		c->column = (size_t)o->column;
	c->text.len = c->work.len = 0;
	switch (o->kind) {
	case MERGE_LIT:
		*out = (struct bytes){c->m->s + o->at, o->len};
		return 0;
	case MERGE_QPLIT:
		return qp_lit(c, (struct bytes){c->m->s + o->at, o->len}, out);
	case MERGE_QPOURS:
		r = qp_put(c, c->m->text.s + o->at, o->len);
		break;
	case MERGE_QP:
	case MERGE_QPHTML:
		r = put_qp(c, o, merge_value(c->row, o->field));
		break;
	case MERGE_HTML:
		r = put_html(&c->text, merge_value(c->row, o->field), o->ascii);
		break;
	case MERGE_WORDS:
		r = put_words(c, o);
		break;
	case MERGE_PHRASE:
		r = put_phrase(c, o);
		break;
	case MERGE_PLAIN:
	case MERGE_ADDR:
	case MERGE_TOKEN:
		*out = merge_value(c->row, o->field);
		return 0;
	case MERGE_OURS: /* these stand only in sub */
	case MERGE_REF:
		break;
	}
	*out = (struct bytes){c->text.s, c->text.len};
	return r;
}

int
merge_next(struct merge_copy *c, struct bytes *out)
{
	while (c->at < c->m->ops) {
		if (merge_become(c, &c->m->op[c->at++], out) < 0)
			return -1;
		if (out->len)
			return 1;
	}
	return 0;
}

int
merge_measure(struct merge_copy *c, const struct merge *m,
    const struct merge_row *row, uint64_t *size, int *eightbit)
{
	struct bytes b;
	int r;

	*size = 0;
	*eightbit = m->eightbit;
	merge_begin(c, m, row);
	while ((r = merge_next(c, &b)) > 0) {
		*size += b.len;
		if (!*eightbit && m->op[c->at - 1].kind != MERGE_LIT)
			*eightbit = !merge_ascii(b);
	}
	return r;
}

void
merge_done(struct merge_copy *c)
{
	sa_free(&c->text);
	sa_free(&c->work);
}
