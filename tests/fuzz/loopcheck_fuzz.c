/* DEFAULT_LOOPCHECK, and the words of Loopcheck=: what is taken means the same
 * when it is written again.
 */
#include "lib/loopcheck.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct loopcheck l, again;
	struct where w = {0, NULL};

	if (loopcheck_parse(&l, s, size, &w) < 0) {
		must(w.why && w.at <= size);
		return 0;
	}
	must(!loopcheck_agree(&l));
	must(l.flags < 1U << LOOP_FLAGS);
	must(l.flags == 0 || (l.flags & LOOP_GIVEN));
	must(l.delay_min <= LOOP_DELAY_MAX);
	must((l.flags & LOOP_DELAY) || l.delay_min == 0);
	must(loopcheck_parse(&again, s, size, &w) == 0);
	must(l.flags == again.flags && l.delay_min == again.delay_min);
	return 0;
}
