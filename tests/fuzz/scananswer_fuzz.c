/* An answer that is understood is written again as the same bytes, and what an
 * exit wrote, whatever it is, makes a reason that can be read back. */
#include <string.h>

#include "lib/scananswer.h"
#include "tests/fuzz/fuzz.h"

static void
comes_back(const struct scananswer *a, const char *s, size_t len)
{
	struct scananswer b;
	stralloc text = {0};

	must(scananswer_format(&text, a) == 0);
	must(text.len <= SCANANSWER_MAX);
	must(scananswer_parse(&b, text.s, text.len, NULL) == 0);
	must(a->code == b.code && a->ms == b.ms && strcmp(a->why, b.why) == 0);
	/* only a number has two forms: 07 and 7 */
	must(!s || text.len <= len);
	sa_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct scananswer a = {.code = SCAN_REJECTED, .ms = size};
	struct where w = {0, NULL};

	if (scananswer_parse(&a, s, size, &w) == 0)
		comes_back(&a, s, size);
	else
		must(w.why && w.at <= size);
	a.code = SCAN_REJECTED;
	scananswer_why(&a, s, size);
	comes_back(&a, NULL, 0);
	return 0;
}
