#include "lib/base64.h"

#include <errno.h>
#include <string.h>

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
base64_put(char *out, const void *p, size_t len)
{
	const unsigned char *s = p;
	size_t i, n = 0;

	for (i = 0; i < len; i += 3) {
		size_t left = len - i;
		unsigned v = (unsigned)s[i] << 16;

		if (left > 1)
			v |= (unsigned)s[i + 1] << 8;
		if (left > 2)
			v |= s[i + 2];
		out[n++] = digits[v >> 18];
		out[n++] = digits[v >> 12 & 63];
		out[n++] = left > 1 ? digits[v >> 6 & 63] : '=';
		out[n++] = left > 2 ? digits[v & 63] : '=';
	}
	return n;
}

/* The value of a group, or -1. */
static int
group(const char *s, size_t pad)
{
	unsigned v = 0;
	size_t i;

	for (i = 0; i < 4; i++) {
		const char *at =
		    i < 4 - pad && s[i] != '\0' ? strchr(digits, s[i]) : NULL;

		if (i < 4 - pad && at == NULL)
			return -1;
		v = v << 6 | (at != NULL ? (unsigned)(at - digits) : 0);
	}
	if ((pad == 1 && (v & 0xff) != 0) || (pad == 2 && (v & 0xffff) != 0))
		return -1;
	return (int)v;
}

int
base64_get(void *out, size_t *n, size_t max, const char *s, size_t len)
{
	size_t pad = 0, i, k, used = 0;
	unsigned char *p = out;
	int v;

	errno = EINVAL;
	if (len % 4 != 0)
		return -1;
	while (pad < 2 && pad < len && s[len - 1 - pad] == '=')
		pad++;
	for (i = 0; i < len; i += 4) {
		v = group(s + i, i + 4 == len ? pad : 0);
		if (v < 0)
			return -1;
		for (k = 0; k < 3 - (i + 4 == len ? pad : 0); k++) {
			if (used == max) {
				errno = ENOSPC;
				return -1;
			}
			p[used++] = (unsigned char)(v >> (16 - 8 * k));
		}
	}
	*n = used;
	return 0;
}
