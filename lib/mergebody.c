/* The body of a message to be merged: which of its parts take values, and how
 * these are written there. */
#include <errno.h>

#include "lib/base64.h"
#include "lib/header.h"
#include "lib/mergecore.h"
#include "lib/mimetype.h"

enum {
	REF_MAX = 256, /* bytes of a reference with soft line ends in it */
};

enum encoding { ENC_7BIT, ENC_8BIT, ENC_QP, ENC_BASE64 };

/* struct part - what the header of a part says
 *
 * boundary    as it stands there: with its backslashes
 * utf8        1: its charset is UTF-8
 */
struct part {
	struct mimetype mime;
	struct bytes boundary;
	int utf8;
	enum encoding encoding;
};

/* --- headers ------------------------------------------------------------ */

static void
take_type(struct part *p, struct bytes v)
{
	struct bytes name, value;

	mimetype_parse(&p->mime, v);
	while (mimetype_param(&p->mime.rest, &name, &value)) {
		if (bytes_same(name, "boundary") && !p->boundary.s)
			p->boundary = mimetype_boundary(value);
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
 * first has no header, and is of the type given. */
static int
read_part(const struct merge *m, size_t at, size_t end, const char *type,
    struct part *p, size_t *begin, struct where *w)
{
	struct header h;
	struct field f;

	*p = (struct part){.utf8 = 0};
	mimetype_parse(&p->mime, bytes_z(type));
	*begin = at + 2 <= end ? at + 2 : end;
	if (at == end || (at + 2 <= end && memcmp(m->s + at, "\r\n", 2) == 0))
		return 0;
	if (header_parse(&h, m->s + at, end - at, w) < 0) {
		w->at += at;
		errno = EINVAL;
		return -1;
	}
	if (header_find(&h, "Content-Type", 0, &f))
		take_type(p, f.value);
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
	return bytes_same(p->mime.subtype, "html") ||
	    bytes_same(p->mime.subtype, "xml") ||
	    bytes_same(p->mime.subtype, "x-amp-html");
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

/* From where on is there nothing but blanks and references in this line?  A blank
 * in front of a value there would stand at the end when that is empty. */
static size_t
tail_of(const struct merge *m, size_t at, size_t stop)
{
	size_t tail = at, n;
	int field;

	while (at < stop && !memchr("\r\n", m->s[at], 2)) {
		n = m->s[at] == '&'
		    ? merge_match(m, m->s + at, stop - at, 1, &field)
		    : memchr(" \t", m->s[at], 2) != NULL;
		at += n ? n : 1;
		tail = n ? tail : at;
	}
	return tail;
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
	size_t n, next, tail = tail_of(m, at, stop);
	int field = 0, behind = 0, blank;
	struct merge_op *o;

	for (; at < stop; at += next + n) {
		next = merge_find(m, m->s + at, stop - at, 1, &n, &field);
		blank = add_qp_lit(
		    m, at, at + next, behind, n && at + next >= tail);
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
	size_t n = 0, ref;
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
	    merge_find(m, plain.s, n, 0, &ref, &field) < n)
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
	if (!bytes_same(p->mime.type, "text"))
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
	const char *type = bytes_same(p->mime.subtype, "digest")
	    ? "message/rfc822"
	    : "text/plain";
	struct part sub;
	size_t next, begin, start;
	int kind;

	if (p->boundary.len == 0 || p->boundary.len > MERGE_EDGE_MAX)
		return merge_wrong(w, at, "a multipart without a boundary");
	if (memchr(p->boundary.s, '\\', p->boundary.len))
		return merge_wrong(w, at, "a boundary with a backslash");
	if (m->edges == MERGE_EDGES_MAX)
		return merge_wrong(w, at, "more than 64 multiparts");
	m->edge[m->edges++] = p->boundary;
	next = find_delimiter(m, p->boundary, at, end, &kind);
	while (kind == 1) {
		if (++m->parts > MERGE_PARTS_MAX)
			return merge_wrong(w, next, "more than 10,000 parts");
		start = line_end(m, next, end);
		if (merge_lit(m, at, start) < 0)
			return -1;
		at = start;
		next = find_delimiter(m, p->boundary, at, end, &kind);
		if (read_part(m, at, next, type, &sub, &begin, w) < 0 ||
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
	if (!bytes_same(p->mime.type, "multipart"))
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

	if (read_part(m, 0, m->len, "text/plain", &p, &begin, w) < 0)
		return -1;
	if (add_part(m, &p, at, m->len, 1, w) < 0)
		return errno == EINVAL ? -1 : merge_memory(w);
	return 0;
}
