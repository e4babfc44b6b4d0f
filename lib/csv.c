#include "lib/csv.h"

#include <errno.h>
#include <string.h>

/* Where in a cell a byte stands. */
enum state {
	AT_START,
	IN_BARE,
	IN_QUOTES,
	AT_QUOTE, /* the end of a cell, or the first of two quotes */
};

/* struct record - a record being taken apart
 *
 * at      offset of the byte under way
 * start   where the cell under way begins in the text
 * bad     what is wrong with it, or NULL
 */
struct record {
	const char *s;
	size_t len, at, start;
	enum state state;
	const char *bad;
};

/* A TAB outside of quotes, in the first line. */
static char
guess(const char *s, size_t len)
{
	int quoted = 0;

	for (size_t i = 0; i < len && s[i] != '\n'; i++)
		if (s[i] == '"')
			quoted = !quoted;
		else if (s[i] == '\t' && !quoted)
			return '\t';
	return ',';
}

/* Until all are there a cell has an offset in the place of its pointer's. */
static void
end_cell(struct csv *c, struct record *r)
{
	if (c->n < CSV_CELLS_MAX)
		c->cell[c->n++] = (struct bytes){NULL, c->text.len - r->start};
	else
		r->bad = "more than 256 cells";
	r->start = c->text.len;
	r->state = AT_START;
}

static int
is_line_end(const struct record *r)
{
	return r->s[r->at] == '\n' ||
	    (r->s[r->at] == '\r' && r->at + 1 < r->len &&
		r->s[r->at + 1] == '\n');
}

/* A byte that means something where it stands, but is neither the end of a cell
 * nor of the line. */
static int
take_byte(struct csv *c, struct record *r)
{
	char b = r->s[r->at];

	if (r->state == IN_QUOTES && b == '"') {
		r->state = AT_QUOTE;
		return 0;
	}
	if (r->state == AT_START && b == '"') {
		r->state = IN_QUOTES;
		return 0;
	}
	if (r->state == AT_QUOTE) {
		if (b != '"')
			r->bad = "bytes behind a closing quote";
		r->state = b == '"' ? IN_QUOTES : IN_BARE;
	} else if (r->state != IN_QUOTES) {
		if (b == '"')
			r->bad = "a quote in a cell that does not begin "
				 "with one";
		r->state = IN_BARE;
	}
	return sa_put(&c->text, &b, 1);
}

/* How many bytes from r->at on mean nothing but themselves? */
static size_t
run(const struct csv *c, const struct record *r)
{
	const char *s = r->s + r->at, *end = r->s + r->len, *p = s;

	if (r->state == AT_QUOTE)
		return 0;
	if (r->state == IN_QUOTES) {
		p = memchr(s, '"', (size_t)(end - s));
		return (size_t)((p ? p : end) - s);
	}
	while (p < end && *p != c->sep && *p != '"' && *p != '\r' && *p != '\n')
		p++;
	return (size_t)(p - s);
}

/* 1 the record is complete, and r->at behind it; 0 it goes on; -1 ENOMEM */
static int
take_record(struct csv *c, struct record *r)
{
	for (; r->at < r->len; r->at++) {
		size_t n = run(c, r);

		if (n > 0) {
			if (sa_put(&c->text, r->s + r->at, n) < 0)
				return -1;
			if (r->state == AT_START)
				r->state = IN_BARE;
			r->at += n;
			if (r->at == r->len)
				break;
		}
		if (r->state != IN_QUOTES && is_line_end(r)) {
			end_cell(c, r);
			r->at += r->s[r->at] == '\r' ? 2 : 1;
			return 1;
		}
		if (r->state != IN_QUOTES && r->s[r->at] == c->sep)
			end_cell(c, r);
		else if (take_byte(c, r) < 0)
			return -1;
	}
	return 0;
}

static int
bad(struct csv *c, struct where *w, const char *why)
{
	errno = EINVAL;
	return where_set(w, (size_t)c->line, why);
}

/* A quote that is never closed, or a record without end: the next line may be
 * good. */
static int
give_up(struct csv *c, const struct record *r, size_t *used, struct where *w)
{
	const char *nl = memchr(r->s, '\n', r->len);

	*used = nl ? (size_t)(nl - r->s) + 1 : r->len;
	c->lines += nl != NULL;
	c->lost = nl == NULL;
	return bad(c, w,
	    r->len > CSV_RECORD_MAX ? "a row of more than 256 KiB"
				    : "a quote that is not closed");
}

static void
point(struct csv *c)
{
	const char *s = c->text.s ? c->text.s : "";

	for (unsigned i = 0; i < c->n; i++) {
		c->cell[i].s = s;
		s += c->cell[i].len;
	}
}

/* The rest of a line that was too long, lines without any byte, and the mark that
 * some programs write first. */
static size_t
skip(struct csv *c, const char *s, size_t len)
{
	const char *nl = c->lost && len ? memchr(s, '\n', len) : NULL;
	size_t i = 0;

	if (c->lost && !nl)
		return len;
	if (nl) {
		i = (size_t)(nl - s) + 1;
		c->lines++;
		c->lost = 0;
	}
	if (!c->begun && len > 2 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		i = 3;
	c->begun = 1;
	while (i < len &&
	    (s[i] == '\n' || (len - i > 1 && memcmp(s + i, "\r\n", 2) == 0))) {
		i += s[i] == '\r' ? 2 : 1;
		c->lines++;
	}
	return i;
}

/* The record at s, behind what was skipped; as csv_next. */
static int
one(struct csv *c, const char *s, size_t len, int end, size_t *used,
    struct where *w)
{
	struct record r = {.s = s, .len = len};
	int res;

	c->line = c->lines + 1;
	c->n = 0;
	c->text.len = 0;
	*used = 0;
	if (!c->sep && (end || memchr(s, '\n', len)))
		c->sep = guess(s, len);
	res = take_record(c, &r);
	if (res < 0) {
		bad(c, w, "out of memory");
		errno = ENOMEM;
		return -1;
	}
	if (res == 0 && (len == 0 || (!end && len <= CSV_RECORD_MAX)))
		return 0;
	if (res == 0 && (r.state == IN_QUOTES || len > CSV_RECORD_MAX))
		return give_up(c, &r, used, w);
	if (res == 0)
		end_cell(c, &r);
	if (r.at > CSV_RECORD_MAX + 2)
		return give_up(c, &r, used, w);
	for (size_t i = 0; i < r.at; i++)
		c->lines += s[i] == '\n';
	*used = r.at;
	point(c);
	return r.bad ? bad(c, w, r.bad) : 1;
}

int
csv_next(struct csv *c, const char *s, size_t len, int end, size_t *used,
    struct where *w)
{
	size_t skipped;
	int res;

	*used = 0;
	if (!c->begun && len < 3 && !end) /* may be half of the mark */
		return 0;
	skipped = skip(c, s, len);
	res = one(c, s + skipped, len - skipped, end, used, w);
	*used += skipped;
	return res;
}

void
csv_free(struct csv *c)
{
	sa_free(&c->text);
}
