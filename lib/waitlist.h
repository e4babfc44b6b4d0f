/* waitlist.h - the messages of which lsv-score waits for SPAM_EXIT, in memory
 *
 * No input or output: lsv-score moves the files, asks and reads the answers.
 * Messages of one key (a list) form a queue.  An ordered queue keeps the order
 * of a list's postings: what has its answer waits until it is the first.  Of
 * each queue only WAITLIST_WINDOW messages are asked at once, so that neither
 * the answers nor the copies of one list fill a disk, and lists take turns.
 * What is done for one answer does not depend on how many wait.
 */
#ifndef LSV_WAITLIST_H
#define LSV_WAITLIST_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ids.h"

enum {
	WAITLIST_MAX = 100000,  /* messages */
	WAITLIST_WINDOW = 64,   /* of a queue that are asked at once */
	WAITLIST_IDS = 1 << 16, /* places of the table by ID */
	WAITLIST_KEYS = 1 << 12,
	WAITLIST_FIRST_MS = 30 * 1000, /* before the exit is asked again, ... */
	WAITLIST_LAST_MS = 15 * 60 * 1000, /* ... doubled up to this */
};

enum wait_state {
	WAIT_LOOK,     /* to be judged, to see whether it needs an answer */
	WAIT_ASK,      /* to be asked about */
	WAIT_ASKED,    /* the answer has not come */
	WAIT_ANSWERED, /* it has */
	WAIT_BEHIND,   /* needs no answer, only its turn */
	WAIT_DEFERRED, /* to be asked again later */
};

struct wait_queue;

/* struct wait_item - a message; its members are for reading
 *
 * since_ms when it was asked; of a deferred one when it is due
 * prev, next, queue, same_id, next_ready, counted, is_ready
 *         are the list's own
 * tries   how often it was deferred
 */
struct wait_item {
	struct wait_item *prev, *next, *same_id, *next_ready;
	struct wait_queue *queue;
	uint64_t since_ms;
	char id[ID_NAME_MAX];
	unsigned char state, tries, counted, is_ready;
};

/* struct wait_fifo - items that are ready, in this order */
struct wait_fifo {
	struct wait_item *first, *last;
	unsigned n;
};

/* struct waitlist - all of them; all zero bytes at first
 *
 * n       messages
 * ready   are to be judged
 * asking, asking_last  queues of which something is to be asked
 * due_ms  when the first of those deferred is due; 0: none is
 */
struct waitlist {
	unsigned n;
	struct wait_fifo ready;
	struct wait_queue *asking, *asking_last;
	uint64_t due_ms;
	struct wait_item *by_id[WAITLIST_IDS];
	struct wait_queue *by_key[WAITLIST_KEYS];
};

/* waitlist_add - one more message, the last of its queue
 *
 * id      a name of ids.h, NUL-terminated; none that waits already
 * key     the list's name, may be empty
 * ordered 1: it waits its turn; such queues and others of the same key are two
 * state   WAIT_LOOK, WAIT_ASK or WAIT_BEHIND
 * Returns the item; NULL with errno ENOMEM, or ENOSPC at WAITLIST_MAX
 */
struct wait_item *waitlist_add(struct waitlist *w, const char *id,
    struct bytes key, int ordered, enum wait_state state);

/* waitlist_find - by its ID; NULL when it does not wait */
struct wait_item *waitlist_find(const struct waitlist *w, const char *id);

/* waitlist_has - does any message wait in the ordered queue of this key: 1 or
 * 0; a deferred one does not count */
int waitlist_has(const struct waitlist *w, struct bytes key);

/* waitlist_turn - would it be in order to pass this one on now: 1 or 0 */
int waitlist_turn(const struct wait_item *i);

/* waitlist_next - the next to be asked about, or to be looked at
 *
 * Its state says which.  It is given again until one of the functions below
 * was called for it.
 * Returns it; NULL when there is none
 */
struct wait_item *waitlist_next(struct waitlist *w);

/* waitlist_asked - the exit was asked about it */
void waitlist_asked(struct waitlist *w, struct wait_item *i, uint64_t now_ms);

/* waitlist_look - the one of waitlist_next is ready, to be judged: a WAIT_LOOK, or
 * one about which nobody can be asked */
void waitlist_look(struct waitlist *w, struct wait_item *i);

/* waitlist_answered - its answer came; ready when it is its turn
 *
 * at_once 1: ready in any case, since it will not be passed on
 */
void waitlist_answered(struct waitlist *w, struct wait_item *i, int at_once);

/* waitlist_ready - take items that are ready
 *
 * name    receives their IDs, in the order in which they are to be judged
 * Returns how many, at most max
 * Each of them then needs waitlist_remove, _asked, _ask, _behind, _defer or
 * _again.
 */
size_t waitlist_ready(
    struct waitlist *w, char (*name)[ID_NAME_MAX], size_t max);

/* waitlist_ask - it is to be asked about after all, or again */
void waitlist_ask(struct waitlist *w, struct wait_item *i);

/* waitlist_behind - it has all it needs, but others of its list come first */
void waitlist_behind(struct waitlist *w, struct wait_item *i);

/* waitlist_defer - it loses its place, and is asked about again later: after
 * WAITLIST_FIRST_MS, then after twice as long
 *
 * Returns 0; -1 with errno ENOMEM, and nothing changed
 */
int waitlist_defer(struct waitlist *w, struct wait_item *i, uint64_t now_ms);

/* waitlist_again - nothing could be done with it now: it is ready again */
void waitlist_again(struct waitlist *w, struct wait_item *i);

/* waitlist_aside - nothing could be done with it now either, and it is not to be
 * passed on: it is ready again, and those behind it need not wait for it
 *
 * Returns 0; -1 with errno ENOMEM, and nothing changed
 */
int waitlist_aside(struct waitlist *w, struct wait_item *i);

/* waitlist_remove - it waits no longer; i is gone */
void waitlist_remove(struct waitlist *w, struct wait_item *i);

/* waitlist_due - let those be asked about that were deferred until now
 *
 * now_ms  UINT64_MAX: all of them
 */
void waitlist_due(struct waitlist *w, uint64_t now_ms);

/* waitlist_each - every message, in no order; fn must not add or remove any */
void waitlist_each(
    struct waitlist *w, void (*fn)(void *arg, struct wait_item *i), void *arg);

/* waitlist_reconsider - look at every message again, as after a restart */
void waitlist_reconsider(struct waitlist *w);

#endif
