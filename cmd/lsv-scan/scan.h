/* scan.h - what lsv-scan works with */
#ifndef LSV_SCAN_H
#define LSV_SCAN_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/breaker.h"
#include "lib/exitrun.h"
#include "lib/handover.h"
#include "lib/inbox.h"
#include "lib/scanstate.h"
#include "lib/site.h"

enum {
	SCAN_SLOTS = EXITRUN_AT_ONCE,
	SCAN_LIST_MAX = 256, /* bytes of a list's name, cut for the log */
	SCAN_ALONE = 2,      /* deaths, and it runs while nothing else does */
	SCAN_HEAD_MAX = 20 << 10, /* bytes of a head: lsv-score's are shorter */
	SCAN_AGAIN_MS = 1000,     /* after trouble */
};

/* One that is LATER could not be read or run just now, by no fault of it. */
enum request_state { REQUEST_WAITS, REQUEST_LATER, REQUEST_RUNS, REQUEST_OVER };

/* struct request - one file of scan/new
 *
 * later_ms when one that is LATER is looked at again, clock_mono_ms()
 * deaths  how often lsv-scan died while it was judged
 * list    the name of its list, cut to fit; NULL while its head was not read
 * number  stands for the whole name: two lists that share one share their slots,
 *         no more
 * from    where in it the message begins
 */
struct request {
	char name[ID_NAME_MAX];
	enum request_state state;
	uint64_t later_ms;
	unsigned deaths;
	char *list;
	uint64_t number;
	off_t from;
};

/* struct slot - room for one exit; run.keeper is 0 while it is free
 *
 * list, number  of its request
 */
struct slot {
	struct exitrun run;
	char name[ID_NAME_MAX];
	char list[SCAN_LIST_MAX];
	uint64_t number;
	int alone;
};

/* struct scan - everything
 *
 * site    the configuration; SIGHUP reads it again
 * path, exits  the program and its directory; path is empty without SPAM_EXIT
 * in      scan/; out is score/scanned
 * run     descriptor of scan/run
 * request n of them, by name
 * slot    the first site.spam_exit_workers of them are used, and those that run
 * running slots in use
 * breaker, state  how the exit fares
 * news    1: state has changed since it was shown, at shown_ms; 2: at once
 * trouble 1: something of ours failed: nothing is begun for a while
 * later   1: a request is LATER
 */
struct scan {
	struct site site;
	stralloc path, exits;
	struct inbox in;
	struct handover out;
	int run;
	struct request *request;
	size_t n;
	struct slot slot[SCAN_SLOTS];
	unsigned running;
	struct breaker breaker;
	struct scanstate state;
	int news;
	uint64_t shown_ms;
	int trouble, later;
};

/* requests_look - what is in scan/new now
 *
 * Returns 0; -1 with errno, and what was known stays
 */
int requests_look(struct scan *s);

/* request_next - whose turn it is
 *
 * Returns the oldest that may start now; NULL when none may
 */
struct request *request_next(struct scan *s);

/* request_open - the message of a request
 *
 * With SPAM_EXIT, its head has been read afterwards; once is enough.
 * Returns a descriptor; -1: it does not wait any more
 */
int request_open(struct scan *s, struct request *r);

/* request_later - it is tried again, a little later
 *
 * r       NULL: it is not there any more
 */
void request_later(struct scan *s, struct request *r);

/* request_waiting - how many wait for a slot, or for better times */
size_t request_waiting(const struct scan *s);

/* run_more - start exits while there are slots and requests */
void run_more(struct scan *s);

/* run_reap - answer for those that ended */
void run_reap(struct scan *s);

/* run_stop - end all that run, unanswered; the next lsv-scan begins anew */
void run_stop(struct scan *s);

/* scan_trouble - nothing new is begun for a while; warned of once
 *
 * what    what failed; errno says why
 */
void scan_trouble(struct scan *s, const char *what);

/* answer_give - hand an answer to lsv-score, and remove the request
 *
 * Returns 0; -1 with errno: the request is still there
 */
int answer_give(struct scan *s, const char *name, const struct scananswer *a);

/* answer_failed - the same for a request that no exit was asked about
 *
 * why     constant text
 */
int answer_failed(struct scan *s, const char *name, const char *why);

/* answer_bad - the same for what is no request: it goes to scan/bad */
int answer_bad(struct scan *s, const char *name, const char *why);

/* request_remove - away with a file of scan/new, or whatever it is */
void request_remove(struct scan *s, const char *name);

/* show - put scan/state in order when there is news
 *
 * Returns milliseconds until it has to be called again; below 0 for never
 */
int64_t show(struct scan *s);

#endif
