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
	SCAN_SLOTS = 64,     /* the most exits at once */
	SCAN_LIST_MAX = 256, /* bytes of a list's name, cut for the log */
	SCAN_ALONE = 2,      /* deaths, and it runs while nothing else does */
	SCAN_HEAD_MAX = 20 << 10, /* bytes of a head: lsv-score's are shorter */
};

enum request_state { REQUEST_WAITS, REQUEST_RUNS, REQUEST_OVER };

/* struct request - one file of scan/new
 *
 * list    stands for the name of its list
 * deaths  how often lsv-scan died while it was judged
 */
struct request {
	char name[ID_NAME_MAX];
	uint64_t list;
	enum request_state state;
	unsigned deaths;
};

/* struct slot - room for one exit; run.keeper is 0 while it is free
 *
 * list    of its request, shown the name, cut to fit
 */
struct slot {
	struct exitrun run;
	char name[ID_NAME_MAX];
	uint64_t list;
	char shown[SCAN_LIST_MAX];
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
	int trouble;
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
 * list    SCAN_LIST_MAX bytes: receives the name
 * from    where the message begins
 * Returns a descriptor; -1: the request is over
 */
int request_open(struct scan *s, struct request *r, char *list, off_t *from);

/* request_waiting - how many wait for a slot */
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

/* show - put scan/state in order when there is news
 *
 * Returns milliseconds until it has to be called again; below 0 for never
 */
int64_t show(struct scan *s);

#endif
