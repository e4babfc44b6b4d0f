/* Any text as SMTP_FORWARD_n: a relay inside the text, or a place in it. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/forward.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int truth)
{
	if (!truth)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct forward f;
	struct where w = {0, NULL};

	if (forward_parse(&f, s, size, &w) < 0) {
		must(w.at <= size && w.why != NULL);
		return 0;
	}
	must(f.host >= s && f.host + f.hostlen <= s + size);
	must(f.hostlen > 0 && f.hostlen <= FORWARD_NAME_MAX);
	must(f.port > 0 && f.count > 0 && f.count <= FORWARD_COUNT_MAX);
	return 0;
}
