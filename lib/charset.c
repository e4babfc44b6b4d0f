#include "lib/charset.h"

#include "lib/utf8.h"

enum charset_kind
charset_kind(struct bytes name)
{
	static const struct {
		const char *name;
		enum charset_kind kind;
	} known[] = {
	    {"", CHARSET_UTF8},
	    {"utf-8", CHARSET_UTF8},
	    {"utf8", CHARSET_UTF8},
	    {"us-ascii", CHARSET_UTF8},
	    {"ascii", CHARSET_UTF8},
	    {"iso-8859-1", CHARSET_1252},
	    {"iso8859-1", CHARSET_1252},
	    {"latin1", CHARSET_1252},
	    {"windows-1252", CHARSET_1252},
	    {"cp1252", CHARSET_1252},
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (bytes_same(name, known[i].name))
			return known[i].kind;
	return CHARSET_OTHER;
}

static uint32_t
from_1252(unsigned char byte)
{
	static const uint16_t high[32] = {0x20ac, 0x81, 0x201a, 0x192, 0x201e,
	    0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d,
	    0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013,
	    0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178};

	return byte >= 0x80 && byte < 0xa0 ? high[byte - 0x80] : byte;
}

/* Bytes of a character, by its first one; 0 when that can be none. */
static size_t
announced(unsigned char first)
{
	return first < 0x80                 ? 1
	    : first >= 0xc2 && first < 0xe0 ? 2
	    : first >= 0xe0 && first < 0xf0 ? 3
	    : first >= 0xf0 && first < 0xf5 ? 4
					    : 0;
}

size_t
charset_end(struct charset *c, uint32_t *out)
{
	size_t n = c->nheld;

	for (size_t i = 0; i < n; i++)
		out[i] = CHARSET_BYTE | (unsigned char)c->held[i];
	c->nheld = 0;
	return n;
}

/* A byte behind those that are held, if any. */
static size_t
put_utf8(struct charset *c, char byte, uint32_t *out)
{
	size_t n = 0;

	if (((unsigned char)byte & 0xc0) != 0x80)
		n = charset_end(c, out);
	c->held[c->nheld++] = byte;
	if (c->nheld < announced((unsigned char)c->held[0]))
		return n;
	if (utf8_get(out + n, c->held, c->nheld) == 0)
		return n + charset_end(c, out + n);
	c->nheld = 0;
	return n + 1;
}

size_t
charset_put(struct charset *c, char byte, uint32_t *out)
{
	unsigned char b = (unsigned char)byte;

	if (c->kind == CHARSET_UTF8)
		return put_utf8(c, byte, out);
	*out = c->kind == CHARSET_1252 ? from_1252(b)
	    : b < 0x80                 ? b
				       : CHARSET_BYTE | b;
	return 1;
}

size_t
charset_utf8(char *out, uint32_t c)
{
	static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (n == 1 || c >= CHARSET_BYTE) {
		*out = (char)(unsigned char)c;
		return 1;
	}
	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(unsigned char)(0x80 | (c & 0x3f));
	*out = (char)(unsigned char)(first[n] | c);
	return n;
}
