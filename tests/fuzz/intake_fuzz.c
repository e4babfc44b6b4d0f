/* A message on its way in: the steps in which it comes make no difference. */
#include <stdlib.h>
#include <string.h>

#include "lib/intake.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct intake whole = {.max = 4096, .max_lines = 64}, parts = whole;
	const char *s = (const char *)data;
	struct where w = {0};
	int r = intake_check(&whole, s, size, &w), p = 0;

	if (r < 0 && (!w.why || w.at > size))
		abort();
	if (r == 0 && (size > 4096 || (size && memchr(s, 0, size))))
		abort();
	for (size_t at = 0, n; at < size && p == 0; at += n) {
		n = 1 + data[at] % 97;
		if (n > size - at)
			n = size - at;
		p = intake_check(&parts, s + at, n, &w);
	}
	if (p != r)
		abort();
	return 0;
}
