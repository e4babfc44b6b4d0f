#include "lib/clean.h"

int
clean_put(stralloc *out, struct bytes b)
{
	size_t at = out->len;

	if (sa_put(out, b.s, b.len) < 0)
		return -1;
	for (; at < out->len; at++)
		if ((unsigned char)out->s[at] < 32 || out->s[at] == 127)
			out->s[at] = '?';
	return 0;
}
