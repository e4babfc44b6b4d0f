/* A state that is understood is written as a text that says the same. */
#include <string.h>

#include "lib/scanstate.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scanstate a, b;
	const char *s = (const char *)data;
	struct where w = {0, NULL};
	stralloc text = {0};

	if (scanstate_parse(&a, s, size, &w) < 0) {
		must(w.why && w.at <= size);
		return 0;
	}
	must(scanstate_format(&text, &a) == 0);
	must(text.len <= SCANSTATE_MAX);
	must(scanstate_parse(&b, text.s, text.len, NULL) == 0);
	must(strcmp(a.exit, b.exit) == 0 && strcmp(a.why, b.why) == 0);
	must(a.running == b.running && a.open_us == b.open_us);
	sa_free(&text);
	return 0;
}
