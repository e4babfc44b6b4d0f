/* Copies of a compiled message, a few bytes at a time. */
#include <errno.h>
#include <stdio.h>

#include "lib/addr.h"
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

/* The pieces of a text one behind the other.  Returns 1 when a value in it has
 * to be encoded, 0, -1 with errno */
static int
put_pieces(struct merge_copy *c, stralloc *out, size_t at, size_t n)
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
	int r = o->raws ? put_pieces(c, &c->text, o->raw, o->raws) : 1;
	struct bytes b = {c->text.s, c->text.len};

	if (r < 0 || (r == 0 && b.len == 0) ||
	    (r == 0 && !memmem(b.s, b.len, "=?", 2) && !has_blank_line(b)))
		return r;
	c->text.len = 0;
	if (put_pieces(c, &c->work, o->at, o->len) < 0)
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

/* Words that need no quotes, RFC 5322 section 3.2.3. */
static int
is_atoms(struct bytes b)
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

	if (put_pieces(c, &c->work, o->at, o->len) < 0)
		return -1;
	b = trimmed(&c->work);
	if (b.len == 0)
		return 0;
	return is_atoms(b) ? sa_put(&c->text, b.s, b.len)
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

/* What one op becomes: bytes that stand somewhere, or those in c->text. */
static int
one(struct merge_copy *c, const struct merge_op *o, struct bytes *out)
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
		if (one(c, &c->m->op[c->at++], out) < 0)
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

/* --- is a row good? ----------------------------------------------------- */

static const char *
bad_value(struct bytes v)
{
	uint32_t c;

	for (size_t i = 0, n; i < v.len; i += n) {
		n = 1;
		if (v.s[i] >= ' ' && v.s[i] <= '~')
			continue;
		n = utf8_get(&c, v.s + i, v.len - i);
		if (n == 0)
			return "is not UTF-8";
		if (c < 32 || (c >= 127 && c < 160))
			return "has a control byte";
	}
	return NULL;
}

static int
is_address(stralloc *room, struct bytes v, int field)
{
	struct where w;

	room->len = 0;
	return addr_spec(room, v.s, v.len, field == MERGE_TO ? ADDR_UTF8 : 0,
		   &w) == 0;
}

/* Words with dots between them, RFC 5322 section 3.2.3. */
static int
is_dotted(struct bytes v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.s[i] == '.'
			? i == 0 || i + 1 == v.len || v.s[i - 1] == '.'
			: v.s[i] == ' ' ||
			    !is_atoms((struct bytes){v.s + i, 1}))
			return 0;
	return memmem(v.s, v.len, "=?", 2) == NULL;
}

/* In an address a value is all of it, or a piece of its local part or domain. */
static const char *
bad_address(stralloc *room, struct bytes v, const struct merge_op *o)
{
	if (v.len == 0)
		return "is empty where an address is needed";
	return (o->raw ? is_dotted(v) : is_address(room, v, o->field))
	    ? NULL
	    : "is no address, and stands in one";
}

static int
is_special(char c)
{
	return c <= ' ' || c > '~' || c == '<' || c == '>' || c == '(' ||
	    c == ')' || c == '"' || c == '\\' || c == ',';
}

static const char *
bad_token(struct bytes v)
{
	for (size_t i = 0; i < v.len; i++)
		if (is_special(v.s[i]))
			return "has a byte that may not stand in its field of "
			       "the header";
	return NULL;
}

static const char *
bad_here(struct merge_copy *c, const struct merge_op *o)
{
	struct bytes v = {"", 0};

	if (o->kind != MERGE_WORDS && o->kind != MERGE_PHRASE)
		v = merge_value(c->row, o->field);
	switch (o->kind) {
	case MERGE_PLAIN:
	case MERGE_QP:
		return o->ascii && !merge_ascii(v)
		    ? "is not ASCII, and stands in text that is declared so"
		    : NULL;
	case MERGE_ADDR:
		return bad_address(&c->work, v, o);
	case MERGE_TOKEN:
		return o->field == MERGE_DATE ? NULL : bad_token(v);
	default:
		return NULL;
	}
}

/* struct line - the line of a copy that is being made
 *
 * column  bytes of it so far, without its CR LF
 * start   the first of them: as many as a delimiter may have, if there is any
 * ink     1: one is no blank
 * value   1: not all of it is as the message has it
 * head    1: of the header
 */
struct line {
	size_t column;
	int ink, value, head;
	char start[2 + MERGE_EDGE_MAX];
};

static void
line_add(const struct merge *m, struct line *l, const char *s, size_t n)
{
	size_t max = sizeof l->start, at = l->column;

	if (m->edges && at < max)
		memcpy(l->start + at, s, n < max - at ? n : max - at);
	l->column += n;
	for (size_t i = 0; i < n && !l->ink; i++)
		l->ink = s[i] != ' ' && s[i] != '\t';
}

/* Would readers take it for a delimiter between parts? */
static int
is_edge(const struct merge *m, const struct line *l)
{
	for (unsigned i = 0; i < m->edges; i++) {
		struct bytes e = m->edge[i];

		if (l->column >= e.len + 2 && memcmp(l->start, "--", 2) == 0 &&
		    memcmp(l->start + 2, e.s, e.len) == 0)
			return 1;
	}
	return 0;
}

/* The line is complete, and the next begins.  What is wrong with it, or NULL */
static const char *
line_end(const struct merge *m, struct line *l)
{
	const char *why = NULL;

	if (l->column > MERGE_LINE_MAX)
		why = "makes a line of more than 998 bytes";
	else if (l->value && l->head && !l->ink)
		why = "leaves a line of blanks in the header";
	else if (l->value && is_edge(m, l))
		why = "makes a line that is a boundary of the message";
	l->column = 0;
	l->ink = 0;
	return why;
}

/* What an op became; lines within one of the message are good. */
static const char *
line_op(const struct merge *m, const struct merge_op *o, struct bytes b,
    struct line *l)
{
	const char *s, *end, *nl, *why = NULL;

	if (b.len == 0) {
		l->value = 1;
		return NULL;
	}
	s = b.s;
	end = b.s + b.len;
	if (o->kind == MERGE_LIT && o->head != SIZE_MAX) {
		line_add(m, l, s, o->head);
		why = line_end(m, l);
		l->value = 0;
		s = end - o->tail;
	}
	if (o->kind == MERGE_LIT)
		l->head = o->at + o->len < m->body;
	else
		l->value = 1;
	for (; !why && (nl = memchr(s, '\n', (size_t)(end - s))); s = nl + 1) {
		line_add(
		    m, l, s, (size_t)(nl - s) - (nl > s && nl[-1] == '\r'));
		why = line_end(m, l);
		if (nl + 1 == end)
			l->value = 0;
	}
	line_add(m, l, s, (size_t)(end - s));
	return why;
}

static int
bad(int *field, int at, const char **why, const char *text)
{
	*field = at >= MERGE_TO ? -1 : at;
	*why = text;
	errno = EINVAL;
	return -1;
}

static int
check_values(const struct merge_row *row, const struct merge *m, int *field,
    const char **why)
{
	const char *text;

	if (row->n > m->names)
		return bad(field, -2, why, "has more values than the header");
	if ((text = bad_value(row->to)))
		return bad(field, -1, why, text);
	for (unsigned i = 0; i < row->n; i++)
		if ((text = bad_value(row->value[i])))
			return bad(field, (int)i, why, text);
	return 0;
}

/* Longer text would be cut where it is encoded. */
static int
check_text(struct merge_copy *c, const struct merge_op *o, int *field,
    const char **why)
{
	if (o->kind != MERGE_WORDS && o->kind != MERGE_PHRASE)
		return 0;
	c->work.len = 0;
	if (put_pieces(c, &c->work, o->at, o->len) < 0)
		return -1;
	if (c->work.len > MIME_WORDS_MAX)
		return bad(field, -2, why,
		    "makes a text of more than 512 bytes in the header");
	return 0;
}

int
merge_check(struct merge_copy *c, const struct merge *m,
    const struct merge_row *row, int *field, const char **why)
{
	struct line line;
	struct bytes b;

	if (check_values(row, m, field, why) < 0)
		return -1;
	line.column = 0;
	line.ink = line.value = 0;
	line.head = 1;
	merge_begin(c, m, row);
	for (size_t i = 0; i < m->ops; i++) {
		const struct merge_op *o = &m->op[i];
		const char *text;

		errno = 0;
		text = bad_here(c, o);
		if (text && errno == ENOMEM) /* nobody looked at the address */
			return -1;
		if (text)
			return bad(field, o->field, why, text);
		if (check_text(c, o, field, why) < 0 || one(c, o, &b) < 0)
			return -1;
		text = line_op(m, o, b, &line);
		if (text)
			return bad(field, -2, why, text);
	}
	return 0;
}
