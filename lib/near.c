#include "lib/near.h"

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

unsigned
near_distance(const char *a, size_t alen, const char *b, size_t blen)
{
	unsigned row[3][NEAR_LEN_MAX + 1] = {{0}};

	if (alen > NEAR_LEN_MAX || blen > NEAR_LEN_MAX)
		return NEAR_LEN_MAX + 1;
	for (unsigned j = 0; j <= blen; j++)
		row[0][j] = j;
	for (unsigned i = 1; i <= alen; i++) {
		unsigned *now = row[i % 3], *last = row[(i + 2) % 3],
			 *older = row[(i + 1) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= blen; j++) {
			char x = upper(a[i - 1]), y = upper(b[j - 1]);

			now[j] = least(least(last[j], now[j - 1]) + 1,
			    last[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == upper(b[j - 2]) &&
			    upper(a[i - 2]) == y)
				now[j] = least(now[j], older[j - 2] + 1);
		}
	}
	return row[alen % 3][blen];
}
