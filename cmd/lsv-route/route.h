/* route.h - what lsv-route works with */
#ifndef LSV_ROUTE_H
#define LSV_ROUTE_H

#include <signal.h>
#include <sys/types.h>

#include "lib/claim.h"
#include "lib/clock.h"
#include "lib/dsn.h"
#include "lib/inbox.h"
#include "lib/jobdir.h"
#include "lib/lists.h"
#include "lib/mailfile.h"
#include "lib/names.h"
#include "lib/nettable.h"
#include "lib/poison.h"
#include "lib/pools.h"
#include "lib/site.h"
#include "lib/spoolfile.h"

enum {
	CHILDREN_MAX = 4,    /* expansions and sums at a time */
	INLINE_RCPTS = 1000, /* a list up to this size is expanded at once */
	TABLE_INLINE_MAX = 262144, /* bytes of a table for one file */
	HOME_BATCH = 256,          /* finished files looked at in one go */
};

/* struct child - a process that works on one large job
 *
 * pid     0: the place is free
 * name    the job
 * again   1: more came home meanwhile, look once more when it ends
 */
struct child {
	pid_t pid;
	char name[ID_NAME_MAX];
	int again;
};

/* struct small - a job of one file, on its way through a batch
 *
 * name    the job, and the inbox file it was made from
 * pool    where it goes
 * fd      jobs/stage/name, open, not durable yet; -1 once it is
 * rcpts   recipients, for the log
 * dist    1: of class dist; then the log names the file it is, and the recipient
 *         if it is one
 */
struct small {
	char name[ID_NAME_MAX];
	char pool;
	int fd, dist;
	uint32_t rcpts;
	stralloc file, own;
};

/* struct route - everything
 *
 * in      route/
 * jobs, pools, done  directories of the spool
 * today, day  the directory in done/ that files went to last, open (-1: none),
 *         and its name
 * fifo, hold  pool/finished.trigger, both ends
 * child   what runs beside us
 * poison  jobs on which it failed
 * settled files in now/ and later/ of each pool whose sender need not be told of
 *         a delay, or was told
 * small, smalls  the batch under way
 * lists   the store, when lists_open is 1
 * net     the table of the network, when net_open is 1
 * net_errno what was last said to be wrong with it; 0: nothing
 * gone    pools from whose now/ and later/ files went that were not synced, a bit
 *         each
 * gone_ms since when, clock_mono_ms(); 0: there are none
 * again   1: something failed for now, scan again soon
 */
struct route {
	struct site site;
	struct inbox in;
	struct jobdirs jobs;
	struct pools pools;
	int done, today, fifo, hold;
	char day[CLOCK_DAY_LEN + 1];
	sigset_t asleep;
	struct lists lists;
	int lists_open;
	struct nettable net;
	int net_open, net_errno;
	struct child child[CHILDREN_MAX];
	struct poison poison;
	struct names settled[POOL_PLACES][2];
	struct small small[INBOX_BATCH];
	size_t smalls;
	uint32_t gone[2];
	uint64_t gone_ms;
	int again;
};

/* struct message - an inbox file that was opened
 *
 * fd      open for reading
 * text    its first bytes: head and message header at least
 * head    points into text
 * whole   1: text holds the whole file
 */
struct message {
	int fd;
	stralloc text;
	struct spoolhead head;
	int whole;
};

/* struct letter - what a job sends: facts of its mail head, and the header of
 * its message in wire form
 *
 * head    name, class, list, from, pool, verp, times; the rest is filled in
 * header  replaces the header received, up to and with the empty line
 * skip    bytes of the received message that header stands for
 * poster  gets no copy (NOREPRO), or empty
 * count   recipients, as far as known now
 * relay   1: other servers may get some of them
 * trail   how it came to us, points into the message; empty when it began here
 * why     what is damaged when that is not the message itself; else NULL
 */
struct letter {
	struct mailhead head;
	stralloc header, from, list, poster;
	size_t skip;
	uint64_t count;
	int relay;
	struct bytes trail;
	const char *why;
};

/* struct said - a job that is in its pools, for the log
 *
 * list    or empty
 * relayed 1: other servers could have got some
 * direct, files  what is delivered from here: recipients and files
 * forwarded, jobs  what other servers get
 */
struct said {
	const char *name;
	struct bytes list;
	char pool;
	int relayed;
	uint64_t direct, files, forwarded, jobs;
};

/* message.c - reading inbox files, making wire form */

/* message_open - take an inbox file; 0, or -1 with errno (EBADMSG and w: damaged)
 */
int message_open(
    struct route *r, struct message *m, const char *name, struct where *w);
void message_close(struct message *m);

/* message_small - could the message be inlined: is it small, and read whole */
int message_small(const struct message *m);

/* message_wire - the wire form of a small message appended to out, lines over 998
 * bytes folded (lib/fold.h); fills size, eightbit and dots of l->head.  0, or -1
 * with errno, EBADMSG when no wire carries it */
int message_wire(const struct message *m, struct letter *l, stralloc *out);

/* message_wire_file - the same for any message, into a file */
int message_wire_file(const struct message *m, struct letter *l, int fd);

/* message_start - the start of the message behind head and table
 *
 * room    emptied later by the caller; holds it when it is not in memory yet
 * Returns 0; -1 with errno
 */
int message_start(const struct message *m, stralloc *room, struct bytes *start);

/* message_table - the rows of a merged message that was read whole
 *
 * rows    receives their lines
 * Returns 0; -1 with errno EBADMSG when they are not as many as the head says, or
 *         one of them is none
 */
int message_table(
    const struct message *m, const struct letter *l, struct bytes *rows);

/* letter.c - what becomes of a message: sender, header, pool */

/* letter_of - the letter of a posting, or of a message with recipients of its
 * own (class mail or dist)
 *
 * Returns 1; 0 when there is no such list; -1 with errno, EBADMSG and w when
 *         the message cannot be posted, or the job is none
 */
int letter_of(struct route *r, const struct message *m, struct letter *l,
    struct where *w);
void letter_free(struct letter *l);

/* lists_ready - open the store of lists if it is not; 0, or -1 with errno */
int lists_ready(struct route *r);

/* letter_admin_pool - where mail about a list goes; '-' without a list */
char letter_admin_pool(struct route *r, struct bytes list);

/* letter_rcpts - the subscribers of a small list, one a line
 *
 * out     appended; the poster with NOREPRO is left out
 * n       receives how many
 * max     more than so many: -1 with errno E2BIG
 */
int letter_rcpts(struct route *r, const struct letter *l, stralloc *out,
    uint32_t *n, uint32_t max);

/* letter_facts - does wire form begin a line with a dot, or have bytes above
 * 127, or UTF-8 in its header?  Adds to h->dots, sets h->eightbit
 *
 * letter_utf8 - the last alone, for a message of which bytes above 127 are known
 */
void letter_facts(struct mailhead *h, const char *s, size_t len);
void letter_utf8(struct mailhead *h, const char *s, size_t len);

/* letter_chunk - recipients of one file: as many as keep all workers of the
 * pool busy, at least a transaction (of personal copies: 100), at most
 * MAIL_RCPTS_MAX */
uint32_t letter_chunk(const struct route *r, const struct letter *l);

/* small.c - jobs of one file, committed a batch at a time */

/* small_known - was this name committed before?  1, 0, -1 with errno; a leftover
 * that was not is removed */
int small_known(struct route *r, const char *name);

/* small_settle - finish a commit that was cut off: the link is made durable,
 * then the inbox file and the witness go */
int small_settle(struct route *r, const char *name);

/* small_pool - the pool of a staged file, '-' when it cannot be read */
char small_pool(struct route *r, const char *name);

/* small_stage - write jobs/stage/NAME and remember it for small_commit
 *
 * h       the head of the file
 * text    all of it
 */
int small_stage(struct route *r, const struct mailhead *h, struct bytes text);

/* small_commit - make the batch durable, link it into the pools, and remove the
 * inbox files it was made from */
int small_commit(struct route *r);

/* small_report - commit jobs/stage/name, whose source already says that it was
 * reported */
int small_report(struct route *r, const char *name, char pool);

/* large.c - large jobs: expansion in waves */

/* large_make - expand the inbox file of that name into a job directory, release
 * it, and remove the inbox file.  0, or -1 with errno */
int large_make(struct route *r, const char *name);

/* large_resume - go on with an expansion that was cut off */
int large_resume(struct route *r, const char *name);

/* large_wake - tell those who take files that there are some */
void large_wake(struct route *r);

/* large_release - send the unfinished chunks that are at home to their pool */
int large_release(struct route *r, const char *name);

/* net.c - the network */

/* net_refresh - use the table that is there now; a look at it costs little */
void net_refresh(struct route *r);

/* net_relays - are there servers that may get recipients of ours? */
int net_relays(const struct route *r);

/* say.c - the log of what is distributed */

/* say_begin - what it is and who sent it */
void say_begin(const struct message *m, const struct letter *letter);

/* say_forwarded - a server gets so many of the recipients of a job */
void say_forwarded(
    const struct mailhead *h, struct bytes server, uint64_t rcpts);

/* say_distributed - so many are delivered from here; own is the first of them */
void say_distributed(
    const char *name, struct bytes file, struct bytes own, uint64_t rcpts);

/* say_routed - all of it is in its pools */
void say_routed(const struct said *s);

/* home.c - finished files */

/* home_scan - bring home what is in pool/finished */
int home_scan(struct route *r);

/* home_check - has all of a large job come home?  Then it is summed up, in a
 * process of its own when that takes long */
void home_check(struct route *r, const char *name);

/* home_original - the start of a message, for a report
 *
 * fd, at, size  where it is
 * out     appended, ORIGINAL_MAX bytes at most
 * Returns 0; -1 with errno
 */
int home_original(int fd, uint64_t at, uint64_t size, stralloc *out);

/* report.c - RFC 3464 reports of what failed, or is delayed */

/* struct report - a report being written
 *
 * job, dsn what it says; the reported job's head must outlive it
 * original header of the message it is about
 * name    of its own job: the reported job's with ".r" or ".w"
 */
struct report {
	struct dsn_job job;
	struct dsn dsn;
	struct bytes original;
	stralloc text, list;
	char name[ID_NAME_MAX];
};

/* report_begin - start the report of a job
 *
 * head    of the job: list, envelope sender, times
 * kind    "r" of failures, "w" of a delay
 * original the start of its message in wire form
 */
int report_begin(struct route *r, struct report *p, const struct mailhead *head,
    const char *kind, struct bytes original);

/* report_claim - add the recipients of one file that failed */
int report_claim(struct report *p, const struct claim *c);

/* report_waiting - add the recipients of one file that are still tried */
int report_waiting(struct report *p, const struct claim *c);

/* report_stage - write jobs/stage/NAME, durably; the caller then records that
 * the job was reported or warned of, and calls small_report.  pool receives where
 * it goes */
int report_stage(
    struct route *r, struct report *p, const struct mailhead *head, char *pool);
void report_free(struct report *p);

/* done.c - putting away, and clearing out */

/* done_put - move a file or job directory to done/YYYYMMDD/ */
int done_put(struct route *r, int from, const char *name);

/* done_low - is there little room left on the disk? */
int done_low(const struct route *r);

/* done_purge - drop what is over KEEP_DONE or KEEP_DONE_BYTES, or, when the
 * disk is low, all that helps */
int done_purge(struct route *r, const char *unused);

/* gone.c - small jobs that are over */

/* gone_note - a file that nobody synced went home
 *
 * gone_all - such files may have gone from every pool
 */
void gone_note(struct route *r, const struct claim *c);
void gone_all(struct route *r);

/* gone_due - when gone_sync has something to do, clock_mono_ms(); UINT64_MAX
 * when nothing went */
uint64_t gone_due(const struct route *r);

/* gone_sync - make durable, SYNC after the first of them, that these files left
 * their pools: a power cut before that repeats them
 *
 * now     1: do not wait for that, we end
 */
void gone_sync(struct route *r, int now);

/* expire.c - giving up */

/* expire_scan - end the files that were still tried after their time */
void expire_scan(struct route *r);

/* delay.c - warnings */

/* delay_scan - tell the senders of mail that has waited for DELAY_WARN
 *
 * Returns 1 when there is more to look at, soon; 0
 */
int delay_scan(struct route *r);

/* delay_forget - the configuration is another: all files are looked at again */
void delay_forget(struct route *r);

/* delay_pause_ms - how long until the next look */
uint64_t delay_pause_ms(const struct route *r);

/* recover.c */

/* recover_stage - witnesses of small jobs, leftovers of large ones
 *
 * start   1: before anything else; 0: between two rounds, only witnesses that
 *         could not be removed
 */
int recover_stage(struct route *r, int start);

/* recover_report - send the report of a job that says it was reported, if it
 * is in jobs/stage still.  0, or -1 with errno */
int recover_report(struct route *r, const char *job);

/* recover_warning - the same for the warning of a job */
int recover_warning(struct route *r, const char *job);

/* recover_jobs - unfinished expansions, chunks at home; starts children */
int recover_jobs(struct route *r);

/* children.c */

/* child_start - run fn on a job in a process of its own.  0 started; -1 with
 * errno, EAGAIN when all places are taken or the job has one */
int child_start(struct route *r, const char *name,
    int (*fn)(struct route *r, const char *name));

/* child_reap - collect those that ended */
void child_reap(struct route *r);

/* child_of - the child that works on a job, or NULL */
struct child *child_of(struct route *r, const char *name);

#endif
