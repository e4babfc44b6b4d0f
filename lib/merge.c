#include "lib/merge.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/mergecore.h"

enum { TEXT_ROOM = 256 };

int
merge_wrong(struct where *w, size_t at, const char *why)
{
	errno = EINVAL;
	return where_set(w, at, why);
}

int
merge_memory(struct where *w)
{
	if (errno == E2BIG)
		return merge_wrong(w, 0, "more than 200,000 pieces");
	errno = ENOMEM;
	return where_set(w, 0, "out of memory");
}

int
merge_ascii(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if ((unsigned char)b.s[i] > 127)
			return 0;
	return 1;
}

static int
name_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '_' || c == '.';
}

int
merge_name_ok(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!name_char(name.s[i]))
			return 0;
	return name.len > 0 && name.len <= MERGE_NAME_MAX && name.s[0] >= 'A' &&
	    name.s[0] <= 'Z';
}

/* --- references --------------------------------------------------------- */

/* What a name stands for; -1 for nothing. */
static int
lookup(const struct merge *m, const char *s, size_t len)
{
	struct bytes b = {s, len};

	if (len && *s == '*')
		return bytes_eq(b, "*TO")   ? MERGE_TO
		    : bytes_eq(b, "*DATE")  ? MERGE_DATE
		    : bytes_eq(b, "*MSGID") ? MERGE_ID
					    : -1;
	for (unsigned i = 0; i < m->names; i++)
		if (m->name[i].len == len && memcmp(m->name[i].s, s, len) == 0)
			return (int)i;
	return -1;
}

size_t
merge_match(
    const struct merge *m, const char *s, size_t len, int qp, int *field)
{
	char name[MERGE_NAME_MAX + 1];
	size_t n = 0, i;

	for (i = 1; i < len && s[i] != ';'; i++) {
		if (qp && len - i > 2 && memcmp(s + i, "=\r\n", 3) == 0) {
			i += 2;
			continue;
		}
		if (n == sizeof name || !(name_char(s[i]) || s[i] == '*'))
			return 0;
		name[n++] = s[i];
	}
	if (i >= len || (*field = lookup(m, name, n)) < 0)
		return 0;
	return i + 1;
}

size_t
merge_find(const struct merge *m, const char *s, size_t len, int qp, size_t *n,
    int *field)
{
	const char *at = s, *end = s + len;

	while (at < end && (at = memchr(at, '&', (size_t)(end - at)))) {
		*n = merge_match(m, at, (size_t)(end - at), qp, field);
		if (*n)
			return (size_t)(at - s);
		at++;
	}
	*n = 0;
	return len;
}

/* --- pieces ------------------------------------------------------------- */

static struct merge_op *
append(struct merge_op **v, size_t *n, size_t *room, enum merge_kind kind)
{
	struct merge_op *p;

	if (*n >= MERGE_OPS_MAX) {
		errno = E2BIG;
		return NULL;
	}
	if (!*v || *n == *room) {
		p = reallocarray(*v, *room ? *room * 2 : 32, sizeof **v);
		if (!p)
			return NULL;
		*v = p;
		*room = *room ? *room * 2 : 32;
	}
	p = *v + (*n)++;
	*p = (struct merge_op){.kind = kind, .column = -1};
	return p;
}

struct merge_op *
merge_op(struct merge *m, enum merge_kind kind)
{
	return append(&m->op, &m->ops, &m->op_room, kind);
}

struct merge_op *
merge_sub(struct merge *m, enum merge_kind kind)
{
	return append(&m->sub, &m->subs, &m->sub_room, kind);
}

int
merge_lit(struct merge *m, size_t at, size_t end)
{
	struct merge_op *o = m->ops ? &m->op[m->ops - 1] : NULL;

	if (at == end)
		return 0;
	if (o && o->kind == MERGE_LIT && o->at + o->len == at) {
		o->len += end - at;
		return 0;
	}
	o = merge_op(m, MERGE_LIT);
	if (!o)
		return -1;
	o->at = at;
	o->len = end - at;
	return 0;
}

/* --- the whole ---------------------------------------------------------- */

static int
take_names(struct merge *m, struct bytes names, struct where *w)
{
	struct bytes rest = names;

	m->to_only = bytes_eq(bytes_word(&rest), MERGE_TO_ONLY);
	if (m->to_only)
		names = rest;
	while (names.len) {
		struct bytes b = bytes_word(&names);

		if (!merge_name_ok(b))
			return merge_wrong(w, 0, "a field has no proper name");
		if (lookup(m, b.s, b.len) >= 0)
			return merge_wrong(w, 0, "two fields have one name");
		if (m->names == MERGE_FIELDS_MAX)
			return merge_wrong(w, 0, "more than 64 fields");
		m->name[m->names++] = b;
	}
	return 0;
}

/* Where the lines of a run end, and that none is too long, is found out once.
 */
static int
measure(struct merge *m, struct merge_op *o, struct where *w)
{
	const char *s = m->s + o->at, *end = s + o->len, *nl, *line = s;

	o->head = SIZE_MAX;
	for (; (nl = memchr(line, '\n', (size_t)(end - line))); line = nl + 1) {
		if (o->head == SIZE_MAX)
			o->head = (size_t)(nl - line) - (nl > line);
		if ((size_t)(nl - line) > MERGE_LINE_MAX + 1)
			return merge_wrong(w, (size_t)(line - m->s),
			    "a line has more than 998 bytes");
	}
	o->tail = (size_t)(end - line);
	if (!m->eightbit)
		m->eightbit = !merge_ascii((struct bytes){s, o->len});
	return 0;
}

int
merge_compile(struct merge *m, struct bytes names, const char *s, size_t len,
    struct where *w)
{
	*m = (struct merge){.s = s, .len = len};
	/* so that offsets into it have something to start from */
	if (!stralloc_ready(&m->text, TEXT_ROOM))
		return merge_memory(w);
	if (len < 2 || memcmp(s + len - 2, "\r\n", 2) != 0)
		return merge_wrong(w, len, "the message has no line end");
	if (take_names(m, names, w) < 0 || merge_head(m, w) < 0)
		return -1;
	if (m->to_only && merge_lit(m, m->body, len) < 0)
		return merge_memory(w);
	if (!m->to_only && merge_body(m, m->body, w) < 0)
		return -1;
	for (size_t i = 0; i < m->ops; i++)
		if (m->op[i].kind == MERGE_LIT && measure(m, &m->op[i], w) < 0)
			return -1;
	return 0;
}

void
merge_free(struct merge *m)
{
	free(m->op);
	free(m->sub);
	sa_free(&m->text);
	*m = (struct merge){.s = NULL};
}

/* --- rows --------------------------------------------------------------- */

int
merge_row(struct merge_row *row, struct bytes line)
{
	const char *s = line.s, *end = line.s + line.len, *tab;
	struct bytes *to = &row->to;

	row->n = 0;
	for (;;) {
		tab = memchr(s, '\t', (size_t)(end - s));
		*to = (struct bytes){s, (size_t)((tab ? tab : end) - s)};
		if (!tab)
			return 0;
		if (row->n == MERGE_FIELDS_MAX)
			return -1;
		to = &row->value[row->n++];
		s = tab + 1;
	}
}

struct bytes
merge_value(const struct merge_row *row, int field)
{
	if (field == MERGE_TO)
		return row->to;
	if (field == MERGE_DATE)
		return row->date;
	if (field == MERGE_ID)
		return row->id;
	if ((unsigned)field < row->n)
		return row->value[field];
	return (struct bytes){"", 0};
}
