/* pools.h - the directories from which workers take .MAIL files
 *
 * pool/X/{now,later,held} for X in A..Z and default ('-'), pool/finished for
 * files on their way home.
 */
#ifndef LSV_POOLS_H
#define LSV_POOLS_H

#include <stddef.h>
#include <stdint.h>

enum {
	POOL_COUNT = 27,   /* A to Z and '-' */
	POOL_DEFAULT = 26, /* the place of '-' */
};

enum pool_state { POOL_NOW, POOL_LATER, POOL_HELD, POOL_STATES };

/* struct pools - descriptors of all of them
 *
 * top     pool/ itself: trigger, finished.trigger and lock lie there
 * finished pool/finished
 * dir     by pool (0 is 'A', POOL_DEFAULT is '-') and state
 */
struct pools {
	int top, finished;
	int dir[POOL_COUNT][POOL_STATES];
};

/* pools_open - open pool/ below the current directory (the spool)
 *
 * Returns 0; -1 with errno
 */
int pools_open(struct pools *p);

/* pool_index - the place of a pool; '-' and everything unknown is POOL_DEFAULT
 */
unsigned pool_index(char pool);

/* pool_letter - the pool of a place */
char pool_letter(unsigned i);

/* pool_state_name - "now", "later", "held" */
const char *pool_state_name(enum pool_state s);

#endif
