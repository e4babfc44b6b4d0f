/* The orders of a person: what was read is written the same, and means no more
 * than it says. */
#include <stdlib.h>

#include "lib/orders.h"
#include "tests/fuzz/fuzz.h"

static void
apply(const struct orders *o, uint32_t pools)
{
	struct orders_effect e;

	orders_apply(&e, o, "2.1", "relay.example.org", pools);
	if ((e.worker == ORDER_NONE) != (e.by == NULL) ||
	    (e.paused | e.drained) & ~pools || (e.paused & e.drained))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct orders o, again;
	const char *s = (const char *)data;
	struct where w = {0, NULL};
	stralloc out = {0};

	if (orders_parse(&o, s, size, &w) < 0) {
		if (!w.why || w.at > size || o.n)
			abort();
		return 0;
	}
	if (orders_format(&out, &o) < 0 ||
	    orders_parse(&again, out.s, out.len, &w) < 0 || again.n != o.n)
		abort();
	sa_free(&out);
	apply(&o, 0x7ffffff);
	apply(&o, 3);
	return 0;
}
