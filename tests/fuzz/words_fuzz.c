/* Any bytes as the value of a field: what is decoded fits, is the beginning of
 * the same in more room, and a field without "=?" is as it was. */
#include <string.h>

#include "lib/words.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes value = {(const char *)data, size};
	char *all = malloc(3 * size + 1), *some = malloc(size / 2 + 1);
	size_t n, m;

	must(all != NULL && some != NULL);
	n = words_decode(all, 3 * size, value);
	m = words_decode(some, size / 2, value);
	must(n <= 3 * size && m <= n && m <= size / 2);
	if (memmem(data, size, "=?", 2)) {
		must(m == 0 || memcmp(some, all, m) == 0);
	} else {
		must(n == size && (n == 0 || memcmp(all, data, n) == 0));
	}
	free(some);
	free(all);
	return 0;
}
