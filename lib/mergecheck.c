/* Is a row good?  All that could make a copy another message than was meant. */
#include <errno.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/mergecore.h"
#include "lib/mimetext.h"
#include "lib/utf8.h"

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
			    !merge_atoms((struct bytes){v.s + i, 1}))
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

/* Bytes of n pieces of a text in the header. */
static size_t
pieces_len(const struct merge_copy *c, size_t at, size_t n)
{
	size_t len = 0;

	for (const struct merge_op *o = c->m->sub + at; n--; o++)
		len += o->kind == MERGE_REF ? merge_value(c->row, o->field).len
					    : o->len;
	return len;
}

/* Longer text would be cut where it is encoded. */
static int
check_text(const struct merge_copy *c, const struct merge_op *o, int *field,
    const char **why)
{
	if ((o->kind == MERGE_WORDS || o->kind == MERGE_PHRASE) &&
	    pieces_len(c, o->at, o->len) > MIME_WORDS_MAX)
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
		if (check_text(c, o, field, why) < 0 ||
		    merge_become(c, o, &b) < 0)
			return -1;
		text = line_op(m, o, b, &line);
		if (text)
			return bad(field, -2, why, text);
	}
	return 0;
}
