/* plan.h - how far the expansion of a large job has come
 *
 * jobs/ID/plan is a journal that only grows:
 *
 *   C 100 poster@example.org     recipients in a chunk; who gets no copy, or -
 *   W 16 1600 6564752e...        chunks 1-16 with 1,600 recipients are durable;
 *                                the hex key of the last subscriber in them
 *   E 31 3070                    that was all: 31 chunks, 3,070 recipients
 *   D 1795341900123456           its sender was told of the delay, then
 *   P                            its failures were reported
 *
 * A chunk leaves the job's directory only after the W line that covers it is
 * durable, so a crash never splits a job differently: what a W line covers is
 * frozen, and the expansion goes on behind its key.  A torn last line never
 * happened.
 */
#ifndef LSV_PLAN_H
#define LSV_PLAN_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ofat.h"
#include "lib/where.h"

enum {
	PLAN_MAX = 1 << 20, /* bytes of a plan */
	PLAN_KEY_MAX = 511, /* bytes of a subscriber's key */
	PLAN_POSTER_MAX = 320,
};

/* struct plan - what a plan says so far
 *
 * chunk   recipients in a chunk
 * poster  the address that gets no copy of its own posting, or empty
 * chunks, rcpts  covered by W lines (by the E line once ended)
 * key, key_len   of the last subscriber covered
 * ended   1: all chunks are covered
 * warned_us when the sender was told of the delay; 0: he was not
 * reported 1: the failures were reported
 * length  bytes of whole lines
 */
struct plan {
	uint32_t chunk;
	char poster[PLAN_POSTER_MAX + 1];
	uint32_t chunks;
	uint64_t rcpts;
	unsigned char key[PLAN_KEY_MAX];
	size_t key_len;
	int ended, reported;
	uint64_t warned_us;
	size_t length;
};

/* plan_parse - read a plan
 *
 * Returns 0; -1 for a damaged one
 */
int plan_parse(struct plan *p, const char *s, size_t len, struct where *w);

/* plan_start, plan_wave, plan_end, plan_warned, plan_reported - append a line
 *
 * us      now, microseconds since 1970
 * Returns 0; -1 with errno ENOMEM
 */
int plan_start(stralloc *out, uint32_t chunk, struct bytes poster);
int plan_wave(stralloc *out, uint32_t chunks, uint64_t rcpts, struct bytes key);
int plan_end(stralloc *out, uint32_t chunks, uint64_t rcpts);
int plan_warned(stralloc *out, uint64_t us);
int plan_reported(stralloc *out);

#endif
