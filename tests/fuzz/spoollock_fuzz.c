#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/spoollock.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spoolholder who;
	stralloc words = {0};

	/* what is shown to people is plain text, whoever wrote the file */
	spoollock_parse(&who, (const char *)data, size);
	if (spoollock_words(&words, &who) < 0)
		abort();
	for (size_t i = 0; i < words.len; i++)
		if (words.s[i] < ' ' || words.s[i] > '~')
			abort();
	sa_free(&words);
	return 0;
}
