/* Any text as SMTP_RATE_LIMIT and as SMTP_MESSAGE_LIMIT: limits above 0, or a
 * place in it. */
#include <stdint.h>

#include "lib/limits.h"
#include "tests/fuzz/fuzz.h"

/* Some limit is set, and none is negative or beyond 1e18. */
static void
check(const double *pool, double all)
{
	double sum = all;

	for (unsigned i = 0; i < POOL_COUNT; i++) {
		must(pool[i] >= 0 && pool[i] <= 1e18);
		sum += pool[i];
	}
	must(all >= 0 && all <= 1e18 && sum > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct limits l = {.bps_all = 0};
	struct where w = {0, NULL};
	double rate = -1;

	if (limits_rate_parse(&l, s, size, &w) == 0)
		check(l.bps, l.bps_all);
	else
		must(w.at <= size && w.why != NULL && l.bps_all <= 0);
	if (limits_message_parse(&l, s, size, &w) == 0)
		check(l.rps, l.rps_all);
	else
		must(w.at <= size && w.why != NULL && l.rps_all <= 0);
	if (limits_per_second(&rate, s, size, &w) == 0)
		must(rate > 0 && rate <= 1e9);
	else
		must(w.at <= size && w.why != NULL && rate < 0);
	return 0;
}
