#include "lib/mimetext.h"

#include <errno.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/utf8.h"

enum {
	WORD_MAX = 75,   /* an encoded word, RFC 2047 section 2 */
	PLAIN_MAX = 200, /* a value that is not worth folding */
	QP_MAX = 75,     /* a quoted-printable line without its soft break */
};

static const char hex[] = "0123456789ABCDEF";
static const char word_begin[] = "=?UTF-8?Q?";

static int
printable(char c)
{
	return c >= 32 && c < 127;
}

/* The text is as it was unless r is 0. */
static int
undo(stralloc *out, size_t len, int r)
{
	if (r < 0)
		out->len = len;
	return r;
}

/* One character for encoded words and plain text: control bytes become blanks,
 * foreign bytes '?'.  Returns the bytes taken of the text. */
static size_t
clean_char(const char **c, size_t *n, struct bytes text)
{
	uint32_t point;
	size_t took = utf8_get(&point, text.s, text.len);

	*c = text.s;
	*n = took;
	if (took == 0) {
		*c = "?";
		*n = 1;
	} else if (point < 32 || (point >= 127 && point < 160)) {
		*c = " ";
		*n = 1;
	}
	return took > 0 ? took : 1;
}

static struct bytes
capped(struct bytes text)
{
	size_t n = MIME_WORDS_MAX;

	if (text.len <= n)
		return text;
	while (
	    n > MIME_WORDS_MAX - 4 && ((unsigned char)text.s[n] & 0xc0) == 0x80)
		n--;
	return (struct bytes){text.s, n};
}

static int
is_plain(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.s[i] > 127 ||
		    (text.s[i] == '=' && i + 1 < text.len &&
			text.s[i + 1] == '?'))
			return 0;
	return text.len <= PLAIN_MAX;
}

/* A character of an encoded word: at most 12 bytes. */
static size_t
encode_char(char *q, const char *c, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char b = (unsigned char)c[i];

		if ((b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') ||
		    (b >= 'A' && b <= 'Z') || (b != 0 && strchr("!*+-/", b))) {
			q[len++] = (char)b;
		} else if (b == ' ') {
			q[len++] = '_';
		} else {
			q[len++] = '=';
			q[len++] = hex[b >> 4];
			q[len++] = hex[b & 15];
		}
	}
	return len;
}

static int
put_words(stralloc *out, struct bytes text, size_t column)
{
	size_t used, n, took;
	const char *c;
	char q[12];

	if (column + sizeof word_begin + sizeof q + 2 > WORD_MAX) {
		if (sa_puts(out, "\r\n ") < 0)
			return -1;
		column = 1;
	}
	if (sa_puts(out, word_begin) < 0)
		return -1;
	used = column + sizeof word_begin - 1;
	for (; text.len > 0; text.s += took, text.len -= took) {
		took = clean_char(&c, &n, text);
		n = encode_char(q, c, n);
		if (used + n + 2 > WORD_MAX) {
			if (sa_puts(out, "?=\r\n ") < 0 ||
			    sa_puts(out, word_begin) < 0)
				return -1;
			used = sizeof word_begin;
		}
		if (sa_put(out, q, n) < 0)
			return -1;
		used += n;
	}
	return sa_put(out, "?=", 2);
}

static int
put_plain(stralloc *out, struct bytes text, const char *escape)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = printable(text.s[i]) ? text.s[i] : ' ';

		if ((strchr(escape, c) && sa_put(out, "\\", 1) < 0) ||
		    sa_put(out, &c, 1) < 0)
			return -1;
	}
	return 0;
}

int
mime_words(stralloc *out, struct bytes text, size_t column)
{
	struct bytes t = capped(text);

	return undo(out, out->len,
	    is_plain(t) ? put_plain(out, t, "") : put_words(out, t, column));
}

static int
put_quoted(stralloc *out, struct bytes text)
{
	if (sa_put(out, "\"", 1) < 0 || put_plain(out, text, "\"\\") < 0)
		return -1;
	return sa_put(out, "\"", 1);
}

int
mime_phrase(stralloc *out, struct bytes text, size_t column)
{
	struct bytes t = capped(text);

	return undo(out, out->len,
	    is_plain(t) ? put_quoted(out, t) : put_words(out, t, column));
}

int
mime_ascii(stralloc *out, struct bytes text, size_t max)
{
	size_t n = text.len < max ? text.len : max;

	if (!stralloc_readyplus(out, n)) {
		errno = ENOMEM;
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		char c = text.s[i];

		out->s[out->len++] = printable(c)         ? c
		    : c == '\t' || c == '\r' || c == '\n' ? ' '
							  : '?';
	}
	return 0;
}

static int
special(char c)
{
	return memchr("()<>[]:;@\\,\"", c, 12) != NULL;
}

int
mime_name_ok(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!printable(name.s[i]) || name.s[i] == ' ' ||
		    special(name.s[i]))
			return 0;
	return name.len > 0;
}

/* A dot-string, or a domain when brackets and colons are in other. */
static int
bytes_ok(struct bytes b, const char *other)
{
	for (size_t i = 0; i < b.len; i++) {
		unsigned char c = (unsigned char)b.s[i];

		if (c <= 32 || c == 127 ||
		    (special(b.s[i]) && !strchr(other, c)))
			return 0;
	}
	return b.len > 0;
}

/* A quoted string: its quote and backslash only behind a backslash. */
static int
quoted_ok(struct bytes b)
{
	size_t i;

	if (b.len < 2)
		return 0;
	for (i = 1; i + 1 < b.len; i++) {
		if (b.s[i] == '"')
			return 0;
		if (b.s[i] == '\\')
			i++;
		if ((unsigned char)b.s[i] < 32 || b.s[i] == 127)
			return 0;
	}
	return i + 1 == b.len && b.s[i] == '"';
}

static int
address_ok(struct bytes a)
{
	size_t at = addr_at(a.s, a.len);
	struct bytes local = {a.s, at};

	if (a.len - at < 2)
		return 0;
	return (a.s[0] == '"' ? quoted_ok(local) : bytes_ok(local, "")) &&
	    bytes_ok((struct bytes){a.s + at + 1, a.len - at - 1}, "[]:");
}

int
mime_address(stralloc *out, struct bytes a)
{
	if (a.len == 0 || a.len > MIME_ADDRESS_MAX || !address_ok(a)) {
		errno = EINVAL;
		return -1;
	}
	return sa_put(out, a.s, a.len);
}

int
mime_boundary(stralloc *out, struct bytes id)
{
	size_t start = out->len;

	if (sa_puts(out, "=_") < 0)
		return -1;
	return undo(out, start, sa_put(out, id.s, id.len));
}

int
mime_delimiter(stralloc *out, struct bytes id, int last)
{
	size_t start = out->len;

	if (sa_puts(out, "\r\n--") < 0 || mime_boundary(out, id) < 0)
		return undo(out, start, -1);
	return undo(out, start, sa_puts(out, last ? "--\r\n" : "\r\n"));
}

/* Must this byte in this column be encoded? "--=" may begin a boundary. */
static int
unfit(unsigned char b, size_t column, const char *at)
{
	if (b == '=' && column == 2)
		return memcmp(at - 2, "--", 2) == 0;
	return (b < 32 && b != '\t') || b > 126 || column >= MIME_LINE_MAX;
}

/* What a text is made of. */
struct content {
	int encode, eightbit;
};

static struct content
look(struct bytes t)
{
	struct content c = {0, 0};
	size_t column = 0;

	for (size_t i = 0; i < t.len; i++, column++) {
		unsigned char b = (unsigned char)t.s[i];

		if (b == '\r' && i + 1 < t.len && t.s[i + 1] == '\n')
			continue;
		if (b == '\n') {
			column = (size_t)-1;
			continue;
		}
		c.eightbit |= b > 127;
		c.encode |= unfit(b, column, t.s + i);
	}
	return c;
}

/* The next line of t without its end, which t loses as well. */
static struct bytes
take_line(struct bytes *t)
{
	size_t n = byte_chr(t->s, t->len, '\n');
	struct bytes line = {t->s, n};

	t->s += n < t->len ? n + 1 : n;
	t->len -= n < t->len ? n + 1 : n;
	if (t->s[-1] == '\n' && n > 0 && line.s[n - 1] == '\r')
		line.len--;
	return line;
}

/* One line in quoted-printable, RFC 2045 section 6.7. */
static int
put_qp(stralloc *out, struct bytes line)
{
	size_t column = 0;

	for (size_t i = 0; i < line.len; i++) {
		unsigned char b = (unsigned char)line.s[i];
		char q[3] = {line.s[i], 0, 0};
		size_t n = 1;

		if (b == '=' || b > 126 || (b < 32 && b != '\t') ||
		    (i + 1 == line.len && (b == ' ' || b == '\t'))) {
			q[0] = '=';
			q[1] = hex[b >> 4];
			q[2] = hex[b & 15];
			n = 3;
		}
		if (column + n > QP_MAX) {
			if (sa_puts(out, "=\r\n") < 0)
				return -1;
			column = 0;
		}
		if (sa_put(out, q, n) < 0)
			return -1;
		column += n;
	}
	return 0;
}

static int
put_text(stralloc *out, struct bytes text, int encode)
{
	struct bytes line;

	while (text.len > 0) {
		line = take_line(&text);
		if ((encode ? put_qp(out, line)
			    : sa_put(out, line.s, line.len)) < 0 ||
		    sa_put(out, "\r\n", 2) < 0)
			return -1;
	}
	return 0;
}

int
mime_part(stralloc *out, const char *type, struct bytes text)
{
	struct content c = look(text);
	size_t start = out->len;

	if (sa_puts(out, "Content-Type: ") < 0 || sa_puts(out, type) < 0 ||
	    (c.eightbit && strcmp(type, "text/plain") == 0 &&
		sa_puts(out, "; charset=utf-8") < 0) ||
	    sa_puts(out, "\r\nContent-Transfer-Encoding: ") < 0 ||
	    sa_puts(out, c.encode ? "quoted-printable" : "7bit") < 0 ||
	    sa_puts(out, "\r\n\r\n") < 0 || put_text(out, text, c.encode) < 0)
		return undo(out, start, -1);
	return 0;
}

struct bytes
mime_head_of(struct bytes header, size_t max)
{
	size_t n;

	if (header.len <= max)
		return header;
	n = byte_rchr(header.s, max, '\n');
	return (struct bytes){header.s, n < max ? n + 1 : max};
}
