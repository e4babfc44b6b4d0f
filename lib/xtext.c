#include "lib/xtext.h"

#include <stdint.h>

#include "lib/utf8.h"

enum {
	HEX_MAX = 3,    /* bytes of "+2B" */
	POINT_MAX = 10, /* bytes of "\x{10FFFF}" */
	REPLACEMENT = 0xfffd,
};

static const char digits[] = "0123456789ABCDEF";

static int
is_plain(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '+' && c != '=';
}

size_t
xtext_write(char *out, size_t room, struct bytes *b)
{
	size_t n = 0;

	for (; b->len > 0; b->s++, b->len--) {
		unsigned char c = (unsigned char)*b->s;

		if (is_plain(c)) {
			if (n == room)
				break;
			out[n++] = *b->s;
			continue;
		}
		if (room - n < HEX_MAX)
			break;
		out[n++] = '+';
		out[n++] = digits[c >> 4];
		out[n++] = digits[c & 15];
	}
	return n;
}

/* A character as \x{HEX}, two digits at least; out has POINT_MAX bytes. */
static size_t
put_point(char *out, uint32_t c)
{
	int shift = 4;
	size_t n = 0;

	while (shift < 20 && c >> (shift + 4) != 0)
		shift += 4;
	out[n++] = '\\';
	out[n++] = 'x';
	out[n++] = '{';
	for (; shift >= 0; shift -= 4)
		out[n++] = digits[c >> shift & 15];
	out[n++] = '}';
	return n;
}

size_t
xtext_write_utf8(char *out, size_t room, struct bytes *b)
{
	char point[POINT_MAX];
	size_t n = 0, len, size;
	uint32_t c;

	for (; b->len > 0; b->s += len, b->len -= len) {
		len = utf8_get(&c, b->s, b->len);
		if (len == 0) {
			c = REPLACEMENT;
			len = 1;
		}
		if (c < 0x7f && c != '\\' && is_plain((unsigned char)c)) {
			if (n == room)
				break;
			out[n++] = (char)c;
			continue;
		}
		size = put_point(point, c);
		if (room - n < size)
			break;
		memcpy(out + n, point, size);
		n += size;
	}
	return n;
}
