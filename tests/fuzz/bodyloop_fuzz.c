/* Any bytes as a message: what is found does not depend on the pieces it comes
 * in, and the trace of the list behind it does not stay unseen. */
#include <string.h>

#include "lib/bodyloop.h"
#include "tests/fuzz/fuzz.h"

static unsigned
found(const char *s, size_t len, size_t piece, const char *more)
{
	struct bytes address[] = {{"TEST-L@lists.example", 20}, {"T@x", 3}};
	struct bodyloop b;

	bodyloop_begin(
	    &b, (struct bytes){"TEST-L@node.example", 19}, address, 2);
	for (size_t i = 0; i < len; i += piece)
		bodyloop_more(&b, s + i, len - i < piece ? len - i : piece);
	bodyloop_more(&b, more, strlen(more));
	return bodyloop_end(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	unsigned f = found(s, size, size + 1, "");

	must(f <= (BODYLOOP_TRACE | BODYLOOP_ADDRESS));
	must(found(s, size, 1, "") == f);
	must(found(s, size, 3, "") == f);
	must(found(s, size, 5, "\n\nX-LSV-Trace: TEST-L@node.example x\n") &
	    BODYLOOP_TRACE);
	must(found(s, size, 5, "\n\nFrom:\r\n <TEST-L@lists.example>") &
	    BODYLOOP_ADDRESS);
	return 0;
}
