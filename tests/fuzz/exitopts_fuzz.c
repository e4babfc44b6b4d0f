/* The options of a ready exit: words without blanks, one behind the other, none
 * of them lost, and nothing written outside of the text. */
#include "lib/exitopts.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

static void
check_words(char **word, int n, const char *text, size_t size)
{
	const char *least = text;

	for (int i = 0; i < n; i++) {
		must(word[i] >= least && word[i] < text + size);
		must(*word[i] && *word[i] != '#');
		must(strcspn(word[i], " \t\r\n") == strlen(word[i]));
		least = word[i] + strlen(word[i]) + 1;
	}
	must(least <= text + size + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *word[EXITOPTS_WORDS], *text;
	struct where w = {0, NULL};
	int n;

	if (size > EXITOPTS_BYTES)
		return 0;
	text = malloc(size + 1);
	must(text != NULL);
	if (size)
		memcpy(text, data, size);
	n = exitopts_parse(word, text, size, &w);
	if (n < 0)
		must(w.why && w.at < size);
	else
		check_words(word, n, text, size);
	must(n <= EXITOPTS_WORDS);
	free(text);
	return 0;
}
