/* pools.h - the directories from which .MAIL files are taken
 *
 * pool/X/{now,later,held} for X in A..Z and default ('-'), from which workers
 * take them; pool/peer/ with the same three for lsv-peer, into which no worker
 * looks; pool/finished for files on their way home.
 */
#ifndef LSV_POOLS_H
#define LSV_POOLS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/mailfile.h"

enum {
	POOL_COUNT = 27,   /* A to Z and '-': those of the workers */
	POOL_DEFAULT = 26, /* the place of '-' */
	POOL_PEER = 27,    /* the place of what goes to other servers */
	POOL_PLACES = 28,
};

enum pool_state { POOL_NOW, POOL_LATER, POOL_HELD, POOL_STATES };

/* struct pools - descriptors of all of them
 *
 * top     pool/ itself: trigger, finished.trigger and lock lie there
 * finished pool/finished
 * dir     by place (0 is 'A', POOL_DEFAULT is '-', POOL_PEER) and state
 */
struct pools {
	int top, finished;
	int dir[POOL_PLACES][POOL_STATES];
};

/* pools_open - open pool/ below the current directory (the spool)
 *
 * Returns 0; -1 with errno
 */
int pools_open(struct pools *p);

/* pool_index - the place of a pool; '-' and everything unknown is POOL_DEFAULT
 */
unsigned pool_index(char pool);

/* pool_letter - the pool of a place of workers */
char pool_letter(unsigned i);

/* pool_place - where the file with this head lies: with the pool it names, or
 * POOL_PEER */
unsigned pool_place(const struct mailhead *h);

/* pool_name - for people: "A" to "Z", "-", "peer" */
const char *pool_name(unsigned i);

/* pool_named - the place that a person means
 *
 * s       as pool_name has it in any case, or "default"
 * Returns it; -1 when it is none
 */
int pool_named(const char *s);

/* pool_dir - the name of its directory: "A" to "Z", "default", "peer" */
const char *pool_dir(unsigned i);

/* pool_trigger - the FIFO below pool/ that wakes those who take its files */
const char *pool_trigger(unsigned i);

/* pool_state_name - "now", "later", "held" */
const char *pool_state_name(enum pool_state s);

#endif
