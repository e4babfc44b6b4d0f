/* smtpw.h - what lsv-smtpw and its workers work with */
#ifndef LSV_SMTPW_H
#define LSV_SMTPW_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "lib/claim.h"
#include "lib/conn.h"
#include "lib/pools.h"
#include "lib/site.h"
#include "lib/smtp.h"

enum {
	WORKERS_MAX = 256, /* processes of all entries together */
	SLOTS = 2, /* files open at a time: one waits for the answer to its
	            * last dot while the envelope of the next is under way */
	DOWN_FIRST_MS = 1000, /* pause after a host could not be reached ... */
	DOWN_MAX_MS = 60000,  /* ... doubling up to this */
	DOWN_COUNT = 200,     /* files that are past their time and for which a
	                   * failed connection counts as a try, at once */
	RESCAN_MS = 30000,    /* an idle worker looks again unasked */
};

/* struct run - a result that holds for recipients in a row */
struct run {
	enum journal_op op;
	uint32_t first, last;
	struct smtp_reply reply;
};

/* struct slot - a .MAIL file being delivered
 *
 * open    1: claim is ours
 * name, pool  the file
 * body    descriptor of the body: the file itself, or jobs/JOB/body
 * body_at where it begins
 * tried   per recipient: TRY_NOT, TRY_NOW or TRY_DONE, in this try
 * first   where the circle through the recipients begins
 * next    steps of it that are behind us: none there has TRY_NOT
 * flying  transactions that have not ended
 * run     the latest result, not noted yet; run.op 0: none
 * since_ms when results were first written that are not durable
 */
struct slot {
	int open;
	char name[ID_NAME_MAX];
	unsigned pool;
	struct claim claim;
	int body;
	off_t body_at;
	unsigned char *tried;
	uint32_t first, next;
	unsigned flying;
	struct run run;
	uint64_t since_ms;
	uint64_t began_us;
	uint32_t delivered, failed, retry;
};

enum { TRY_NOT, TRY_NOW, TRY_DONE };

/* struct current - the files a worker has open, in memory that its parent sees:
 * what made it die is found there */
struct current {
	char name[SLOTS][ID_NAME_MAX];
	unsigned pool[SLOTS];
};

/* struct worker - one process, at most one connection
 *
 * label   "2.1": entry and number in it, for the log
 * host, port  where to
 * control our end of the pair with the parent: bytes wake, end of file ends
 * waiting names of files seen in now/, oldest first
 * empty   per pool: its now/ was empty, and what its time was then
 * woken   1: the parent said that there may be more than waiting has
 * why     the last connection failure
 * down_ms, down_until, down_since  pause while the host cannot be reached
 * kept    answers that showed the host to be there, on this connection
 * now     where the parent sees what we work on
 * ready   1: the host took our EHLO
 * done    1: we said QUIT
 * pause   1: results cannot be recorded: nothing is delivered
 */
struct worker {
	const struct site *site;
	const struct pools *pools;
	char label[24];
	const char *host;
	uint16_t port;
	int control, jobs;
	struct smtp smtp;
	struct conn conn;
	int body_queued;
	struct slot slot[SLOTS];
	struct waiting *waiting;
	size_t waiting_n, waiting_at;
	struct empty {
		int is;
		struct timespec mtime;
	} empty[POOL_COUNT];
	int woken;
	uint64_t down_ms, down_until, down_since;
	uint64_t deadline, replies, wrote;
	struct smtp_reply why;
	unsigned kept;
	struct current *now;
	int ready, done, pause;
};

/* worker_run - the life of a worker; returns its exit code */
int worker_run(struct worker *w);

/* worker_stopping - is it time to begin nothing new? */
int worker_stopping(struct worker *w);

/* pick.c - which file next */

/* pick_next - claim the oldest file that is free
 *
 * Returns 1 with the slot open; 0 when there is none; -1 with errno when the
 *         pools cannot be read, or results could not be recorded
 */
int pick_next(struct worker *w, struct slot *s);

/* slot_note - what became of recipients first..last */
int slot_note(struct worker *w, struct slot *s, enum journal_op op,
    uint32_t first, uint32_t last, const struct smtp_reply *reply);

/* slot_flush - write what was noted */
int slot_flush(struct worker *w, struct slot *s);

/* slot_end - the try is over: make results durable, move the file to finished
 * or later
 *
 * Returns 0; -1 with errno: the file is given back as it is
 */
int slot_end(struct worker *w, struct slot *s);

/* slot_told - was the host told of any recipient in this try? */
int slot_told(const struct slot *s);

/* slot_release - give the file back between transactions */
void slot_release(struct slot *s);

/* deliver.c - the dialogue */

/* deliver_event - what struct smtp tells */
void deliver_event(void *arg, const struct smtp_event *e);

/* deliver_settle - end the files of which nothing is left to try
 *
 * Returns 0; -1 with errno when results could not be recorded
 */
int deliver_settle(struct worker *w);

/* deliver_fill - begin transactions while there is room and work
 *
 * Returns 0; -1 with errno when results could not be recorded
 */
int deliver_fill(struct worker *w);

/* deliver_move - send, receive, up to the deadline
 *
 * until   clock_mono_ms() at which to return at the latest
 */
void deliver_move(struct worker *w, uint64_t until);

#endif
