/* The body of a message to be merged: which of its parts take values, and how
 * these are written there. */
#include <errno.h>

#include "lib/base64.h"
#include "lib/header.h"
#include "lib/mergecore.h"

enum {
	REF_MAX = 256, /* bytes of a reference with soft line ends in it */
};

enum encoding { ENC_7BIT, ENC_8BIT, ENC_QP, ENC_BASE64 };

/* struct part - what the header of a part says
 *
 * type    "text/html"; text/plain when it says nothing
 * utf8    1: its charset is UTF-8
 */
struct part {
	struct bytes type, boundary;
	int utf8;
	enum encoding encoding;
};

/* --- headers ------------------------------------------------------------ */

/* The next parameter of a Content-Type; 0 when there is none.  A quoted value
 * keeps its backslashes: none of ours has any. */
static int
next_param(struct bytes *v, struct bytes *name, struct bytes *value)
{
	const char *end = v->s + v->len, *semi, *eq, *stop;

	semi = memchr(v->s, ';', v->len);
	if (!semi)
		return 0;
	eq = memchr(semi, '=', (size_t)(end - semi));
	if (!eq)
		return 0;
	*name = field_trim((struct bytes){semi + 1, (size_t)(eq - semi - 1)});
	for (eq++; eq < end && memchr(" \t\r\n", *eq, 4); eq++)
		continue;
	if (eq < end && *eq == '"') {
		eq++;
		stop = memchr(eq, '"', (size_t)(end - eq));
		stop = stop ? stop : end;
	} else {
		for (stop = eq; stop < end && !memchr("; \t\r\n", *stop, 5);)
			stop++;
	}
	*value = (struct bytes){eq, (size_t)(stop - eq)};
	*v = (struct bytes){stop, (size_t)(end - stop)};
	return 1;
}

static void
take_type(struct part *p, struct bytes v)
{
	struct bytes name, value;
	size_t n = 0;

	while (n < v.len && !memchr("; \t\r\n(", v.s[n], 6))
		n++;
	p->type = (struct bytes){v.s, n};
	while (next_param(&v, &name, &value)) {
		if (bytes_same(name, "boundary"))
			p->boundary = value;
		if (bytes_same(name, "charset"))
			p->utf8 = bytes_same(value, "utf-8");
	}
}

static int
take_encoding(struct part *p, struct bytes v)
{
	v = field_trim(v);
	if (bytes_same(v, "quoted-printable"))
		p->encoding = ENC_QP;
	else if (bytes_same(v, "base64"))
		p->encoding = ENC_BASE64;
	else if (bytes_same(v, "8bit") || bytes_same(v, "binary"))
		p->encoding = ENC_8BIT;
	else if (!bytes_same(v, "7bit"))
		return -1;
	return 0;
}

/* What a part is, and where what it holds begins: one that has an empty line
 * first has no header. */
static int
read_part(const struct merge *m, size_t at, size_t end, struct part *p,
    size_t *begin, struct where *w)
{
	struct header h;
	struct field f;
	size_t from = at;

	*p = (struct part){.type = bytes_z("text/plain")};
	*begin = at + 2 <= end ? at + 2 : end;
	if (at == end || (at + 2 <= end && memcmp(m->s + at, "\r\n", 2) == 0))
		return 0;
	if (header_parse(&h, m->s + at, end - at, w) < 0) {
		w->at += from;
		errno = EINVAL;
		return -1;
	}
	if (header_find(&h, "Content-Type", 0, &f))
		take_type(p, field_trim(f.value));
	if (header_find(&h, "Content-Transfer-Encoding", 0, &f) &&
	    take_encoding(p, f.value) < 0)
		return merge_wrong(
		    w, at + f.at, "an unknown Content-Transfer-Encoding");
	*begin = at + h.body;
	return 0;
}

/* --- text --------------------------------------------------------------- */

static int
is_markup(const struct part *p)
{
	return bytes_same(p->type, "text/html") ||
	    bytes_same(p->type, "text/xml") ||
	    bytes_same(p->type, "text/x-amp-html");
}

/* Text in 7bit, 8bit, binary: line by line nothing changes. */
static int
add_plain(struct merge *m, const struct part *p, size_t at, size_t end)
{
	size_t n, next;
	struct merge_op *o;
	int field = 0;

	for (; at < end; at += next + n) {
		next = merge_find(m, m->s + at, end - at, 0, &n, &field);
		if (merge_lit(m, at, at + next) < 0)
			return -1;
		if (!n)
			continue;
		o = merge_op(m, is_markup(p) ? MERGE_HTML : MERGE_PLAIN);
		if (!o)
			return -1;
		o->field = field;
		o->ascii = !p->utf8 || p->encoding == ENC_7BIT;
	}
	return 0;
}

/* Behind the CR LF that ends the line of `at`. */
static size_t
line_end(const struct merge *m, size_t at, size_t end)
{
	const char *nl = memchr(m->s + at, '\n', end - at);

	return nl ? (size_t)(nl - m->s) + 1 : end;
}

/* Is nothing but blanks and references left of this line?  Then a blank in front
 * of a value would stand at its end when that is empty. */
static int
is_tail(const struct merge *m, size_t at, size_t stop)
{
	size_t n;
	int field;

	while (at < stop && !memchr("\r\n", m->s[at], 2)) {
		n = m->s[at] == '&'
		    ? merge_match(m, m->s + at, stop - at, 1, &field)
		    : memchr(" \t", m->s[at], 2) != NULL;
		if (!n)
			return 0;
		at += n;
	}
	return 1;
}

/* Bytes of a quoted-printable line: those at its start, or, with behind, what
 * follows a value.  With tail a blank at their end is written as what it is.
 * Returns 1 when one was; 0; -1 with errno */
static int
add_qp_lit(struct merge *m, size_t at, size_t end, int behind, int tail)
{
	int blank = tail && end > at && memchr(" \t", m->s[end - 1], 2);
	struct merge_op *o;

	end -= blank != 0;
	if (!behind && merge_lit(m, at, end) < 0)
		return -1;
	if (behind && end > at) {
		o = merge_op(m, MERGE_QPLIT);
		if (!o)
			return -1;
		o->at = at;
		o->len = end - at;
	}
	if (!blank)
		return 0;
	o = merge_op(m, MERGE_QPOURS);
	if (!o)
		return -1;
	o->at = m->text.len;
	o->len = 3;
	if (!behind)
		o->column = (int)(end - at);
	return sa_puts(&m->text, m->s[end] == ' ' ? "=20" : "=09") < 0 ? -1 : 1;
}

/* One line with references: behind the first of them the line may have to be
 * broken elsewhere than it was. */
static int
add_qp_line(struct merge *m, const struct part *p, size_t at, size_t stop)
{
	size_t n, next;
	int field = 0, behind = 0, tail, blank;
	struct merge_op *o;

	for (; at < stop; at += next + n) {
		next = merge_find(m, m->s + at, stop - at, 1, &n, &field);
		tail = n && is_tail(m, at + next, stop);
		blank = add_qp_lit(m, at, at + next, behind, tail);
		if (blank < 0)
			return -1;
		if (!n)
			continue;
		o = merge_op(m, is_markup(p) ? MERGE_QPHTML : MERGE_QP);
		if (!o)
			return -1;
		o->field = field;
		o->ascii = !p->utf8;
		if (!behind && !blank)
			o->column = (int)next;
		behind = 1;
	}
	return 0;
}

/* The end of the line, behind all references that begin in it: they may reach
 * over soft line ends. */
static size_t
qp_stop(const struct merge *m, size_t at, size_t end)
{
	size_t stop = line_end(m, at, end), n, next;
	int field;

	for (;;) {
		size_t most = end - at;

		if (most > stop - at + REF_MAX)
			most = stop - at + REF_MAX;
		next = at + merge_find(m, m->s + at, most, 1, &n, &field);
		if (next >= stop)
			return stop;
		at = next + n;
		if (at > stop)
			stop = line_end(m, at, end);
	}
}

static int
add_qp(struct merge *m, const struct part *p, size_t at, size_t end)
{
	while (at < end) {
		size_t n, line, stop, next;
		int field;

		next = at + merge_find(m, m->s + at, end - at, 1, &n, &field);
		if (next == end)
			break;
		for (line = next; line > at && m->s[line - 1] != '\n'; line--)
			continue;
		stop = qp_stop(m, next, end);
		if (merge_lit(m, at, line) < 0 ||
		    add_qp_line(m, p, line, stop) < 0)
			return -1;
		at = stop;
	}
	return merge_lit(m, at, end);
}

/* Nobody would see that a reference in there was not replaced. */
static int
check_base64(struct merge *m, size_t at, size_t end, struct where *w)
{
	stralloc text = {0}, plain = {0};
	size_t n = 0;
	int field, res = -1;

	for (size_t i = at; i < end; i++)
		if (!memchr("\r\n \t", m->s[i], 4) &&
		    sa_put(&text, m->s + i, 1) < 0)
			goto done;
	if (!stralloc_ready(&plain, text.len + 1)) {
		errno = ENOMEM;
		goto done;
	}
	res = 0;
	if (text.len &&
	    base64_get(plain.s, &n, text.len, text.s, text.len) == 0 &&
	    merge_find(m, plain.s, n, 0, &text.len, &field) < n)
		res = merge_wrong(w, at,
		    "a reference in a text part in base64: make it "
		    "quoted-printable");
done:
	sa_free(&text);
	sa_free(&plain);
	return res;
}

/* --- parts -------------------------------------------------------------- */

static int
add_leaf(struct merge *m, const struct part *p, size_t at, size_t end,
    struct where *w)
{
	if (!bytes_starts(p->type, "text/"))
		return merge_lit(m, at, end);
	if (p->encoding == ENC_QP)
		return add_qp(m, p, at, end);
	if (p->encoding != ENC_BASE64)
		return add_plain(m, p, at, end);
	return check_base64(m, at, end, w) < 0 ? -1 : merge_lit(m, at, end);
}

/* Is the line at `at` a delimiter?  1 yes, 2 the one behind the last part. */
static int
delimiter(const struct merge *m, struct bytes boundary, size_t at, size_t end)
{
	const char *s = m->s + at;
	size_t n = boundary.len;

	if (end - at < n + 2 || s[0] != '-' || s[1] != '-' ||
	    memcmp(s + 2, boundary.s, n) != 0)
		return 0;
	if (end - at >= n + 4 && s[n + 2] == '-' && s[n + 3] == '-')
		return 2;
	return end - at == n + 2 || memchr("\r\n \t", s[n + 2], 4) ? 1 : 0;
}

/* The next delimiter from the line at `at` on; its offset, or end. */
static size_t
find_delimiter(const struct merge *m, struct bytes boundary, size_t at,
    size_t end, int *kind)
{
	for (; at < end; at = line_end(m, at, end)) {
		*kind = delimiter(m, boundary, at, end);
		if (*kind)
			return at;
	}
	*kind = 2;
	return end;
}

static int add_part(struct merge *m, const struct part *p, size_t at,
    size_t end, unsigned depth, struct where *w);

static int
add_multipart(struct merge *m, const struct part *p, size_t at, size_t end,
    unsigned depth, struct where *w)
{
	struct part sub;
	size_t next, begin, start = at;
	int kind;

	if (p->boundary.len == 0 || p->boundary.len > MERGE_EDGE_MAX)
		return merge_wrong(w, at, "a multipart without a boundary");
	if (m->edges == MERGE_EDGES_MAX)
		return merge_wrong(w, at, "more than 64 multiparts");
	m->edge[m->edges++] = p->boundary;
	next = find_delimiter(m, p->boundary, at, end, &kind);
	while (next < end && kind == 1) {
		if (++m->parts > MERGE_PARTS_MAX)
			return merge_wrong(w, next, "more than 10,000 parts");
		start = line_end(m, next, end);
		if (merge_lit(m, at, start) < 0)
			return -1;
		at = start;
		next = find_delimiter(m, p->boundary, at, end, &kind);
		if (read_part(m, at, next, &sub, &begin, w) < 0 ||
		    merge_lit(m, at, begin) < 0 ||
		    add_part(m, &sub, begin, next, depth + 1, w) < 0)
			return -1;
		at = next;
	}
	return merge_lit(m, at, end);
}

static int
add_part(struct merge *m, const struct part *p, size_t at, size_t end,
    unsigned depth, struct where *w)
{
	if (!bytes_starts(p->type, "multipart/"))
		return add_leaf(m, p, at, end, w);
	if (depth > MERGE_DEPTH_MAX)
		return merge_wrong(
		    w, at, "more than 16 multiparts within one another");
	return add_multipart(m, p, at, end, depth, w);
}

int
merge_body(struct merge *m, size_t at, struct where *w)
{
	struct part p;
	size_t begin;

	if (read_part(m, 0, m->len, &p, &begin, w) < 0)
		return -1;
	errno = 0;
	if (add_part(m, &p, at, m->len, 1, w) < 0)
		return errno == EINVAL ? -1 : merge_memory(w);
	return 0;
}
