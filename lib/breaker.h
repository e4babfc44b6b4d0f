/* breaker.h - stop asking what has failed so often, and try again now and then
 *
 * Decides from results and a clock that the caller gives.
 */
#ifndef LSV_BREAKER_H
#define LSV_BREAKER_H

#include <stdint.h>

enum {
	BREAKER_FAILURES = 10,        /* in a row, and it opens */
	BREAKER_PROBE_MS = 60 * 1000, /* from one try to the next while open */
};

/* struct breaker - all zero bytes at first: closed
 *
 * failures since the last success
 * open    1: only one is tried now and then
 * probing 1: that one is under way
 * next_ms when the next may be tried, clock_mono_ms()
 */
struct breaker {
	uint64_t failures;
	int open, probing;
	uint64_t next_ms;
};

/* breaker_asks - may one more be tried now?
 *
 * One that may is tried: breaker_result has to follow.
 * Returns 1; 0 when it would fail
 */
int breaker_asks(struct breaker *b, uint64_t now_ms);

/* breaker_result - what came of one
 *
 * good    1; 0 it failed
 * Returns 1 when it opened by that, -1 when it closed, 0 when nothing changed
 */
int breaker_result(struct breaker *b, int good, uint64_t now_ms);

#endif
