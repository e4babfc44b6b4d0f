#include "lib/transfer.h"

#include <string.h>

#include "lib/base64.h"

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
	    : c >= 'A' && c <= 'F'  ? c - 'A' + 10
	    : c >= 'a' && c <= 'f'  ? c - 'a' + 10
				    : -1;
}

/* What was held is text. */
static size_t
let_go(struct transfer *t, char *out)
{
	size_t n = t->nheld;

	memcpy(out, t->held, n);
	t->nheld = 0;
	return n;
}

/* held is empty, "=", "=" and a blank, or "=" and a digit. */
static size_t
put_quoted(struct transfer *t, char byte, char *out)
{
	size_t n;

	if (t->nheld == 2 && hex(t->held[1]) >= 0 && hex(byte) >= 0) {
		*out = (char)(hex(t->held[1]) << 4 | hex(byte));
		t->nheld = 0;
		return 1;
	}
	if (t->nheld > 0 && hex(t->held[t->nheld - 1]) < 0) {
		if (byte == '\n') {
			t->nheld = 0;
			return 0;
		}
		if (memchr(" \t\r", byte, 3)) {
			t->nheld = 2;
			t->held[1] = ' ';
			return 0;
		}
		if (t->nheld == 1 && hex(byte) >= 0) {
			t->held[t->nheld++] = byte;
			return 0;
		}
	}
	n = let_go(t, out);
	if (byte == '=')
		t->held[t->nheld++] = byte;
	else
		out[n++] = byte;
	return n;
}

/* What is held of a group of four, as if it had been padded. */
static size_t
group(struct transfer *t, char *out)
{
	size_t n = 0;

	memset(t->held + t->nheld, '=', sizeof t->held - t->nheld);
	if (t->nheld > 1 &&
	    base64_get(out, &n, TRANSFER_OUT, t->held, sizeof t->held) < 0)
		n = 0;
	t->nheld = 0;
	return n;
}

/* Bytes that are no Base64 have a bit that no digit has. */
enum { NO = 64 };

static const unsigned char digits[256] = {NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO,
    63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO, NO, 0,
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    22, 23, 24, 25, NO, NO, NO, NO, NO, NO, 26, 27, 28, 29, 30, 31, 32, 33, 34,
    35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO};

static unsigned
digit(char c)
{
	return digits[(unsigned char)c];
}

static size_t
put_base64(struct transfer *t, char byte, char *out)
{
	if (byte == '=')
		return group(t, out);
	if (digit(byte) == NO)
		return 0;
	t->held[t->nheld++] = byte;
	return t->nheld == sizeof t->held ? group(t, out) : 0;
}

size_t
transfer_put(struct transfer *t, char byte, char *out)
{
	switch (t->kind) {
	case TRANSFER_QUOTED:
		return put_quoted(t, byte, out);
	case TRANSFER_BASE64:
		return put_base64(t, byte, out);
	case TRANSFER_NONE:
		break;
	}
	*out = byte;
	return 1;
}

size_t
transfer_end(struct transfer *t, char *out)
{
	return t->kind == TRANSFER_BASE64 ? group(t, out) : let_go(t, out);
}

/* --- many bytes at once ----------------------------------------------------- */

static void
taken(struct bytes *in, size_t n)
{
	in->s += n;
	in->len -= n;
}

/* What is the same in quoted-printable: all up to the next '='. */
static size_t
same(struct bytes *in, char *out, size_t room)
{
	size_t n = in->len < room ? in->len : room;
	const char *sign = memchr(in->s, '=', n);

	if (sign)
		n = (size_t)(sign - in->s);
	memcpy(out, in->s, n);
	taken(in, n);
	return n;
}

/* Groups of four digits with nothing between them. */
static size_t
groups(struct bytes *in, char *out, size_t room)
{
	size_t i = 0, n = 0;

	for (; in->len - i >= 4 && room - n >= 3; i += 4) {
		const char *s = in->s + i;
		unsigned a = digit(s[0]), b = digit(s[1]), c = digit(s[2]),
			 d = digit(s[3]), v = a << 18 | b << 12 | c << 6 | d;

		if ((a | b | c | d) & NO)
			break;
		out[n++] = (char)(unsigned char)(v >> 16);
		out[n++] = (char)(unsigned char)(v >> 8);
		out[n++] = (char)(unsigned char)v;
	}
	taken(in, i);
	return n;
}

static size_t
put_many(struct transfer *t, struct bytes *in, char *out, size_t room)
{
	size_t n;

	if (t->nheld > 0)
		return 0;
	switch (t->kind) {
	case TRANSFER_QUOTED:
		return same(in, out, room);
	case TRANSFER_BASE64:
		return groups(in, out, room);
	case TRANSFER_NONE:
		break;
	}
	n = in->len < room ? in->len : room;
	memcpy(out, in->s, n);
	taken(in, n);
	return n;
}

size_t
transfer_more(struct transfer *t, struct bytes *in, char *out, size_t room)
{
	size_t n = 0;

	while (in->len > 0 && room - n >= TRANSFER_OUT) {
		n += put_many(t, in, out + n, room - n);
		if (in->len == 0 || room - n < TRANSFER_OUT)
			break;
		n += transfer_put(t, *in->s, out + n);
		taken(in, 1);
	}
	return n;
}
