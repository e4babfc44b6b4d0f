/* smtpw.h - what lsv-smtpw and its workers work with */
#ifndef LSV_SMTPW_H
#define LSV_SMTPW_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "cmd/lsv-smtpw/target.h"
#include "lib/board.h"
#include "lib/bucket.h"
#include "lib/claim.h"
#include "lib/conn.h"
#include "lib/dial.h"
#include "lib/orders.h"
#include "lib/poison.h"
#include "lib/pools.h"
#include "lib/site.h"
#include "lib/smtp.h"

enum {
	WORKERS_MAX = FORWARD_WORKERS + 1, /* and that of SMTP_FORWARD */
	QUEUE_SLOTS = 2, /* files of a queue open at a time: one waits for the
			  * answer to its last dot while the envelope of the
			  * next is under way */
	SLOTS = 8,       /* ... and besides those that wait for a rate */
	DOWN_FIRST_MS = 1000, /* pause after a host could not be reached ... */
	DOWN_MAX_MS = 60000,  /* ... doubling up to this */
	DOWN_COUNT = 200,     /* files that are past their time and for which a
	                   * failed connection counts as a try, at once */
	RESCAN_MS = 5000,     /* an idle worker looks again unasked */
	CONTROL_WAKE = 'w',   /* the parent says: there may be work */
	CONTROL_ORDERS = 'o', /* there are new orders */
};

/* Where a file waits.  With POOL_ORDER=FIFO all wait in QUEUE_LARGE, strictly by
 * age; else those of jobs that are one file have a queue to themselves. */
enum queue { QUEUE_SMALL, QUEUE_LARGE, QUEUES };

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
 * merging what its copies are made of, when they differ; see merging.h
 * bytes, eightbit  of the copy that comes next
 * tried   per recipient: TRY_NOT, TRY_NOW or TRY_DONE, in this try
 * first   where the circle through the recipients begins
 * next    steps of it that are behind us: none there has TRY_NOT
 * flying  transactions that have not ended
 * queue   where it waited
 * held    recipients that were taken from the rates and not used yet; from
 *         held_us on, bucket_now_us(), they may be
 * dirty   1: some ended since results were last written
 * run     the latest result, not noted yet; run.op 0: none
 * since_ms when results were first heard that are not durable
 */
struct slot {
	int open;
	char name[ID_NAME_MAX];
	unsigned pool;
	struct claim claim;
	int body;
	off_t body_at;
	struct merging *merging;
	uint64_t bytes;
	int eightbit;
	unsigned char *tried;
	uint32_t first, next;
	unsigned flying;
	enum queue queue;
	uint32_t held;
	uint64_t held_us;
	int dirty;
	struct run run;
	uint64_t since_ms;
	uint64_t began_us;
	uint32_t delivered, failed, retry;
};

enum { TRY_NOT, TRY_NOW, TRY_DONE };

/* slot_personal - is it one recipient a transaction: a sender or a copy of his
 * own?  1 or 0 */
static inline int
slot_personal(const struct slot *s)
{
	return s->claim.head.verp || s->claim.head.merged;
}

/* struct current - what a worker does, in memory that all share
 *
 * name, pool  files that are open: what made it die is found there
 * host    hash of the host that it is connected to
 * flying  transactions under way there
 */
struct current {
	char name[SLOTS][ID_NAME_MAX];
	unsigned pool[SLOTS];
	_Atomic uint64_t host;
	_Atomic uint32_t flying;
};

/* struct shared - memory that the parent and all workers share
 *
 * current by place of the worker, places of them used
 * poison  files that were open when workers crashed; the parent writes it, and
 *         what a worker reads meanwhile is at worst out of date
 * board   what is shown to people
 * buckets rates
 */
struct shared {
	struct current *current;
	unsigned places;
	struct poison *poison;
	struct board *board;
	struct buckets *buckets;
};

/* struct waiting_list - names of files seen in now/, oldest first
 *
 * of      n of them, of which `at` were looked at
 */
struct waiting_list {
	struct waiting *of;
	size_t n, at, room;
};

/* struct worker - one process, at most one connection
 *
 * label   "2.1": entry and number in it, for the log
 * entry   what it does; pools: those it serves
 * place   of its record on the board
 * rate    its RATE=, NULL without one
 * targets, target  its relays, and which one is in use: -1 none; until_s is
 *         when its hours end, see target_now
 * to      where to now
 * limit   see smtp_start: learnt at the host that was in use last
 * dial    how connections to it are made
 * login   user and password, when the entry has AUTH=; no_login says why not
 * control our end of the pair with the parent: bytes wake, end of file ends
 * orders, effect  what a person ordered, and what it means here
 * leave   1: nothing new over this connection: another target, a window that
 *         closed, an order
 * making  the file of the copy that is being made and queued; NULL: a body goes
 *         out as it is
 * waiting what was seen in now/
 * empty   per pool: its now/ was empty, and what its time was then
 * woken   1: the parent said that there may be more than waiting has
 * ordered 1: it said that there are new orders
 * why     the last connection failure
 * down_ms, down_until, down_since  pause while no host can be reached
 * kept    answers that showed the host to be there, on this connection
 * no_chunks 1: the host hung up when it was asked about BDAT
 * no_dsn  1: on the last connection it refused what was said of DSN
 * looked_ms, control_ms, idle_ms  when now/ was last read; the control; when it
 *         ran out of work, 0: it did not
 * busy_ms until when it waits for CONCURRENCY=
 * mark_us, lag_us  when a transaction last ended; how long one takes
 * turn    1: the last transaction was of a small file
 * ready   1: the host took our EHLO
 * done    1: we said QUIT
 * pause   1: results cannot be recorded: nothing is delivered
 * unwritten transactions that ended, whose results are not in a journal yet
 * unread_ms since when lsv-route leaves our wake-ups unread; 0: it does not
 * show    our record on the board
 */
struct worker {
	const struct site *site;
	const struct pools *pools;
	const struct shared *shared;
	char label[BOARD_LABEL];
	const struct site_forward *entry;
	uint32_t serves;
	unsigned place;
	struct bucket *rate;
	struct targets targets;
	int target;
	int64_t until_s;
	struct dial_to to;
	size_t limit;
	struct dial dial;
	struct auth_login login;
	const char *no_login;
	int control, jobs;
	struct smtp smtp;
	struct conn conn;
	int body_queued;
	struct slot *making;
	struct slot slot[SLOTS];
	struct orders orders;
	struct orders_effect effect;
	int leave;
	struct waiting_list waiting[QUEUES];
	struct empty {
		int is;
		struct timespec mtime;
	} empty[POOL_COUNT];
	int woken, ordered;
	uint64_t down_ms, down_until, down_since;
	uint64_t deadline, replies, wrote;
	struct smtp_reply why;
	unsigned kept;
	int no_chunks, no_dsn;
	uint64_t looked_ms, control_ms, idle_ms, busy_ms;
	uint64_t mark_us, lag_us;
	unsigned turn;
	struct current *now;
	int ready, done, pause;
	unsigned unwritten;
	uint64_t unread_ms;
	struct board_worker show;
};

/* worker_run - the life of a worker; returns its exit code */
int worker_run(struct worker *w);

/* worker_stopping - is it time to begin nothing new? */
int worker_stopping(struct worker *w);

/* worker_any_open - is a file open? */
int worker_any_open(const struct worker *w);

/* worker_flying - transactions under way */
unsigned worker_flying(const struct worker *w);

/* worker_idle_ms - how long a connection is kept without work */
uint64_t worker_idle_ms(const struct worker *w);

/* worker_tls - the handshake, when smtp_wants_tls() says so; as dial_tls() */
int worker_tls(struct worker *w);

/* pick.c - which file next */

/* pick_look - look into now/, if that is worth while now
 *
 * Returns 0; -1 with errno when the pools cannot be read
 */
int pick_look(struct worker *w);

/* pick_wait_us - how long until a file that was seen may be claimed, because all
 * of their pools wait for a rate; 0 when one may be now, or none was seen */
uint64_t pick_wait_us(const struct worker *w);

/* pick_next - claim the oldest file of a queue that is free, and whose pool need
 * not wait for a rate; among those seen at the last look
 *
 * Returns 1 with the slot open; 0 when there is none; -1 with errno when results
 *         could not be recorded
 */
int pick_next(struct worker *w, struct slot *s, enum queue q);

/* pick_alone - is a file open that has to be alone, since workers crashed when
 * it was open? */
int pick_alone(const struct worker *w);

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
void slot_release(struct worker *w, struct slot *s);

/* slots_release - give all files back as they are, and tell others of them */
void slots_release(struct worker *w);

/* slots_give_back - make durable what is known of the files of these pools that
 * have nothing under way, and give them back; w->pause is set when that fails
 *
 * pools   bit pool_index()
 */
void slots_give_back(struct worker *w, uint32_t pools);

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

/* deliver_held - when the files that are open, or wait to be, may go on, if all
 * of them wait for a rate or for room at the host
 *
 * Returns clock_mono_ms(); 0 when they do not wait, or there are none
 */
uint64_t deliver_held(const struct worker *w);

/* deliver_move - send, receive, up to the deadline
 *
 * until   clock_mono_ms() at which to return at the latest
 */
void deliver_move(struct worker *w, uint64_t until);

#endif
