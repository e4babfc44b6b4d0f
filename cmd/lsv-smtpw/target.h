/* target.h - the relays of an entry: which one is in use, which are away */
#ifndef LSV_TARGET_H
#define LSV_TARGET_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/site.h"

enum {
	PROBE_FIRST_MS = 60000, /* between tries of a target that is away ... */
	PROBE_STEADY = 5,       /* ... so many times, then doubled ... */
	PROBE_MAX_MS = 900000,  /* ... up to this */
};

/* struct targets - those of one entry, as one worker sees them
 *
 * down    not 0: it could not be reached, and another is open
 * fails   how often in a row it could not
 * probe_ms when it is tried again, clock_mono_ms(); while it is down
 * child, child_of  a probe under way: process number, 0 none, and its target
 */
struct targets {
	const struct site_forward *entry;
	uint8_t down[FORWARD_TARGETS];
	unsigned fails[FORWARD_TARGETS];
	uint64_t probe_ms[FORWARD_TARGETS];
	pid_t child;
	int child_of;
};

/* target_now - the one to use
 *
 * until_s receives the second since 1970 at which the clock changes that
 * Returns its place; -1 when no window is open
 */
int target_now(const struct targets *t, int64_t *until_s);

/* target_failed - one could not be reached
 *
 * Returns the one that takes over; -1 when none does: then all count as up
 *         again, so that all are tried after a pause
 */
int target_failed(struct targets *t, int i);

/* target_up - one took our EHLO */
void target_up(struct targets *t, int i);

/* target_probe - begin, collect or end a probe of targets before the one in use
 *
 * A child process connects and reads the greeting, while we go on delivering.
 * timeout_ms  how long it may take
 * Returns the place of a target that answered: it counts as up; else -1
 */
int target_probe(struct targets *t, int in_use, uint64_t timeout_ms);

/* target_wait_ms - how long until target_probe has something to do; UINT64_MAX
 * when nothing is down */
uint64_t target_wait_ms(const struct targets *t);

/* target_end - end a probe that is under way */
void target_end(struct targets *t);

#endif
