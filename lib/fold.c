#include "lib/fold.h"

#include <errno.h>
#include <string.h>

void
fold_begin(struct fold *f)
{
	parts_begin(&f->parts);
	f->lines = 0;
	f->len = 0;
	f->over = f->broken = f->cr = f->held = 0;
	f->header = 1;
}

static int
put(stralloc *out, const char *s, size_t len)
{
	return out ? sa_put(out, s, len) : 0;
}

static int
blank(char c)
{
	return c == ' ' || c == '\t';
}

/* In front of the last run of blanks, which begins at min or behind; next is
 * the byte behind the piece.  0 when there is none. */
static size_t
before_blanks(const struct fold *f, size_t min, char next)
{
	size_t at = f->len;

	if (min > at)
		return 0;
	if (!blank(next))
		while (at > min && !blank(f->piece[at - 1]))
			at--;
	while (at > min && blank(f->piece[at - 1]))
		at--;
	return blank(at < f->len ? f->piece[at] : next) ? at : 0;
}

/* Behind the blanks that begin a line, and what follows them. */
static size_t
behind_first(const struct fold *f)
{
	size_t at = 0;

	while (at < f->len && blank(f->piece[at]))
		at++;
	return at + 1;
}

/* Where the first blank may be: never in front of the colon. */
static size_t
value_of(const struct fold *f)
{
	const char *colon;

	if (blank(f->piece[0]))
		return behind_first(f);
	colon = memchr(f->piece, ':', f->len);
	return colon ? (size_t)(colon - f->piece) + 1 : f->len + 1;
}

/* Not inside a character of UTF-8. */
static size_t
between_characters(const struct fold *f, char next)
{
	size_t at = f->len;

	for (int i = 0; i < 4; i++, at--) {
		char c = at == f->len ? next : f->piece[at];

		if (((unsigned char)c & 0xc0) != 0x80)
			return at;
	}
	return f->len; /* it is none */
}

/* No line that begins with a hyphen comes of folding: it could look like a
 * boundary. */
static size_t
no_hyphen(const struct fold *f, size_t at, char next)
{
	size_t i = at;

	while (i > 3 && (i == f->len ? next : f->piece[i]) == '-')
		i--;
	return i > 3 ? i : at;
}

/* Inside "=XX" is no place for a soft line break. */
static size_t
between_quoted(const struct fold *f, size_t at)
{
	if (f->piece[at - 1] == '=')
		return at - 1;
	return f->piece[at - 2] == '=' ? at - 2 : at;
}

/* How a piece is ended, and what begins the next one. */
struct cut {
	size_t at; /* bytes of the piece that stay; 0: it cannot be */
	const char *end, *begin;
};

static struct cut
cut_text(const struct fold *f, char next)
{
	size_t at = before_blanks(f, behind_first(f), next);

	if (memchr(f->piece, '\033', f->len))
		at = 0;
	else if (at == 0)
		return (struct cut){between_characters(f, next), "", " "};
	return (struct cut){at, "", ""};
}

static struct cut
cut_of(const struct fold *f, char next)
{
	struct cut c = {0, "", ""};

	switch (f->form) {
	case PART_FIELDS:
		c.at = before_blanks(f, value_of(f), next);
		break;
	case PART_TEXT:
		return cut_text(f, next);
	case PART_QUOTED: /* the '=' that ends the line takes one byte */
		c.at = between_quoted(f, no_hyphen(f, f->len - 1, next));
		c.end = "=";
		break;
	case PART_BASE64:
		c.at = no_hyphen(f, f->len, next);
		break;
	case PART_BYTES:
		break;
	}
	return c;
}

static const char *
why_not(const struct fold *f)
{
	if (f->form == PART_FIELDS)
		return "a header line over 998 bytes has no blank to be folded "
		       "at";
	if (f->form == PART_TEXT)
		return "a line over 998 bytes switches its character set";
	return f->parts.sealed ? "a line over 998 bytes is signed"
			       : "a line over 998 bytes is not text";
}

/* Bytes of the line under way, behind the break that was due. */
static int
put_piece(struct fold *f, stralloc *out, size_t len)
{
	if (f->broken && put(out, "\r\n", 2) < 0)
		return -1;
	f->broken = 0;
	return put(out, f->piece, len);
}

/* Blanks alone continue no field. */
static int
only_blanks(const struct fold *f)
{
	size_t at = 0;

	while (at < f->len && blank(f->piece[at]))
		at++;
	return f->over && f->form == PART_FIELDS && at == f->len;
}

/* The piece is full, and the line goes on with next. */
static int
cut(struct fold *f, stralloc *out, char next)
{
	struct cut c;
	size_t n;

	if (!f->over) {
		if (parts_matters(&f->parts, f->piece, f->len))
			parts_line(&f->parts, f->piece, f->len);
		f->form = f->header ? PART_FIELDS : parts_form(&f->parts);
		f->over = 1;
		f->lines++;
	}
	if (only_blanks(f)) { /* one stands for all of them */
		f->len = 1;
		return 0;
	}
	c = cut_of(f, next);
	if (c.at == 0) {
		errno = EINVAL;
		return -1;
	}
	if (put_piece(f, out, c.at) < 0 || put(out, c.end, strlen(c.end)) < 0)
		return -1;
	f->broken = 1;
	n = strlen(c.begin);
	f->len -= c.at;
	memmove(f->piece + n, f->piece + c.at, f->len);
	memcpy(f->piece, c.begin, n);
	f->len += n;
	return 0;
}

/* More of a line that is not in one piece. */
static int
more(struct fold *f, stralloc *out, const char *p, size_t len)
{
	size_t n;

	while (len > 0) {
		if (f->len == sizeof f->piece && cut(f, out, *p) < 0)
			return -1;
		n = sizeof f->piece - f->len;
		if (n > len)
			n = len;
		memcpy(f->piece + f->len, p, n);
		f->len += n;
		p += n;
		len -= n;
	}
	return 0;
}

/* What is left of a line that has ended. */
static int
last(struct fold *f, stralloc *out)
{
	if (!f->over && parts_matters(&f->parts, f->piece, f->len))
		parts_line(&f->parts, f->piece, f->len);
	if (!only_blanks(f) && put_piece(f, out, f->len) < 0)
		return -1;
	f->len = 0;
	f->over = f->broken = 0;
	return 0;
}

/* A line, or when it is not whole some of one. */
static int
line(struct fold *f, stralloc *out, const char *p, size_t len, int whole)
{
	if (!whole || f->over || f->len > 0 || len > FOLD_LINE_MAX) {
		if (more(f, out, p, len) < 0 || (whole && last(f, out) < 0))
			return -1;
	} else {
		if (parts_matters(&f->parts, p, len))
			parts_line(&f->parts, p, len);
		if (put(out, p, len) < 0)
			return -1;
	}
	return whole ? put(out, "\r\n", 2) : 0;
}

/* Where the line ends, or the bytes do; lf is the next LF or behind it.  In the
 * header of the message CR alone is a byte like any other (lib/header.h). */
static const char *
line_stop(const struct fold *f, const char *p, const char *lf)
{
	const char *cr = f->header ? NULL : memchr(p, '\r', (size_t)(lf - p));

	return cr ? cr : lf;
}

/* A line of the header of the message, its LF found, or some of one; the CR of
 * a line end is left out, or waits for its LF. */
static int
header_line_put(
    struct fold *f, stralloc *out, const char *p, size_t len, int whole)
{
	int empty;

	if (f->held && len > 0 && more(f, out, "\r", 1) < 0)
		return -1;
	f->held = len > 0 && p[len - 1] == '\r';
	len -= (size_t)f->held;
	empty = len == 0 && f->len == 0 && !f->over;
	if (line(f, out, p, len, whole) < 0)
		return -1;
	if (!whole)
		return 0;
	f->held = 0;
	if (empty || f->parts.now != PART_FIELDS)
		f->header = 0;
	return 0;
}

int
fold_put(
    struct fold *f, stralloc *out, const char *p, size_t len, struct where *w)
{
	const char *start = p, *end = p + len, *lf = p, *stop;
	int r;

	if (f->cr && p < end && *p == '\n')
		p++; /* its line has ended with the CR */
	if (len > 0)
		f->cr = 0;
	for (; p < end; p = stop + 1) {
		/* looked for once a line, however many CR stand in it */
		if (lf <= p && lf < end) {
			lf = memchr(p, '\n', (size_t)(end - p));
			lf = lf ? lf : end;
		}
		stop = line_stop(f, p, lf);
		r = (f->header ? header_line_put : line)(
		    f, out, p, (size_t)(stop - p), stop < end);
		if (r < 0)
			return where_set(w, (size_t)(p - start),
			    errno == EINVAL ? why_not(f) : "out of memory");
		if (stop == end)
			break;
		if (*stop == '\r' && stop + 1 < end && stop[1] == '\n')
			stop++;
		else
			f->cr = *stop == '\r' && stop + 1 == end;
	}
	return 0;
}

int
fold_end(struct fold *f, stralloc *out)
{
	if (f->len > 0 && last(f, out) < 0)
		return -1;
	return f->held ? put(out, "\r", 1) : 0;
}

int
fold_in_header(const struct fold *f)
{
	return f->form == PART_FIELDS;
}
