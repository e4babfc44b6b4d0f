/* duelist.h - which files wait until which time, soonest first
 *
 * A heap in memory.  Times are those of a clock that is never set
 * (clock_mono_ms), so that nothing waits longer, or shorter, when somebody sets
 * the other one.
 */
#ifndef LSV_DUELIST_H
#define LSV_DUELIST_H

#include <stddef.h>
#include <stdint.h>

#include "lib/ids.h"

enum { DUE_SUM_LEN = 8 };

/* struct due - one that waits
 *
 * at_ms   when it is due
 * id      its name, NUL-terminated
 * sum     by which it is found, when has_sum is 1
 */
struct due {
	uint64_t at_ms;
	char id[ID_NAME_MAX];
	unsigned char sum[DUE_SUM_LEN];
	int has_sum;
};

/* struct duelist - all of them; zeroed before its first use */
struct duelist {
	struct due *item;
	size_t n, room;
};

/* duelist_add - one more
 *
 * Returns 0; -1 with errno ENOMEM
 */
int duelist_add(struct duelist *l, const struct due *d);

/* duelist_take - remove the one that is due first, if its time has come
 *
 * out     receives it
 * Returns 1; 0 when none is due
 */
int duelist_take(struct duelist *l, struct due *out, uint64_t now_ms);

/* duelist_wait - how long until the first one is due
 *
 * Returns milliseconds, at most max_ms
 */
uint64_t duelist_wait(
    const struct duelist *l, uint64_t now_ms, uint64_t max_ms);

/* duelist_hurry - those of a sum are due at once
 *
 * sum     DUE_SUM_LEN bytes
 * Returns how many
 */
size_t duelist_hurry(struct duelist *l, const unsigned char *sum);

/* duelist_free - give the memory back; the list is empty then */
void duelist_free(struct duelist *l);

#endif
