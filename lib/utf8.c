#include "lib/utf8.h"

/* Length that the first byte announces; its bits go into c. */
static size_t
announced(uint32_t *c, unsigned char first)
{
	size_t n = first < 0x80             ? 1
	    : first >= 0xc2 && first < 0xe0 ? 2
	    : first >= 0xe0 && first < 0xf0 ? 3
	    : first >= 0xf0 && first < 0xf5 ? 4
					    : 0;

	*c = n == 1 ? first : first & (0xffU >> (n + 1));
	return n;
}

size_t
utf8_get(uint32_t *c, const char *s, size_t len)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t value;
	size_t n = announced(&value, (unsigned char)s[0]), i;

	*c = 0xfffd;
	if (n == 0 || n > len)
		return 0;
	for (i = 1; i < n; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (value < least[n] || (value >= 0xd800 && value < 0xe000) ||
	    value > 0x10ffff)
		return 0;
	*c = value;
	return n;
}
