/* queue.h - what lsv-queue works with */
#ifndef LSV_QUEUE_H
#define LSV_QUEUE_H

#include <stdint.h>

#include "lib/claim.h"
#include "lib/jobdir.h"
#include "lib/json.h"
#include "lib/pools.h"
#include "lib/site.h"
#include "lib/spoolfile.h"

enum { NOTHING = 1 }; /* exit code: nothing matched */

/* Where a file can be, in the order of its way. */
enum stage {
	STAGE_SCORE,
	STAGE_SCAN,    /* SPAM_EXIT is asked of it */
	STAGE_HOLD,    /* in quarantine, or until a person decides */
	STAGE_COMMAND, /* its commands wait to be executed */
	STAGE_ROUTE,
	STAGE_BAD,
	STAGE_JOBS,
	STAGE_HOME, /* a chunk in the directory of its job */
	STAGE_NOW,
	STAGE_LATER,
	STAGE_HELD,
	STAGE_FINISHED,
	STAGE_DONE,
	STAGES,
};

/* Services whose instance lock tells whether they run. */
enum service {
	SERVICE_SCORE,
	SERVICE_SCAN,
	SERVICE_COMMAND,
	SERVICE_ROUTE,
	SERVICE_SMTPW,
	SERVICE_PEER,
	SERVICES,
};

/* struct options - what was asked for
 *
 * arg, narg  words behind the command: IDs, or what is traced
 * list    only files of this list
 * pool    only files of this pool: its place (lib/pools.h) plus 1; 0: any
 * exact   1: an ID selects itself and its parts; 0: every ID that begins so
 */
struct options {
	char **arg;
	int narg;
	const char *list;
	unsigned pool;
	int all, json, dry_run, yes, no_report, summary, exact, age;
	uint64_t interval_ms;
};

/* struct queue - the spool, open for looking
 *
 * spool   descriptor of the spool
 * score, scan, hold, command, route, bad
 *         descriptors of score/new, score/wait, hold, route/new, route/bad; -1
 *         when we may not look there
 * done    descriptor of done/; -1 likewise
 * lock    of each service: descriptor of its lock file, -1 unknown
 * site_ok 1: site is valid
 * out     what is still to be printed
 * now_us  when we began
 */
struct queue {
	struct options opt;
	struct site site;
	int site_ok;
	struct pools pools;
	struct jobdirs jobs;
	int spool, score, scan, hold, command, route, bad, done;
	int lock[SERVICES];
	stralloc out;
	uint64_t now_us;
};

/* struct place - a file and where it lies
 *
 * pool    place of its pool (NOW, LATER, HELD)
 * dir     descriptor of its directory
 * job     the job in whose directory it lies, or NULL
 * day     the day in done/, or NULL
 * isdir   1: the directory of a large job
 */
struct place {
	enum stage stage;
	unsigned pool;
	int dir;
	const char *name, *job, *day;
	int isdir;
};

/* struct answer - the latest line of a journal that tells of an answer
 *
 * op      0: there was none
 */
struct answer {
	int op;
	unsigned code;
	uint64_t when_us;
	char status[20], host[JOURNAL_HOST_MAX + 1];
	char text[JOURNAL_TEXT_MAX + 1];
};

enum kind { KIND_MAIL, KIND_INBOX, KIND_JOB, KIND_DAMAGED };

/* struct file - what is known of one
 *
 * why     what is wrong with it (KIND_DAMAGED)
 * pool    pool_name of where its mail goes; NULL: not known yet
 * active  1: somebody holds its lock just now
 * rcpts, left, failed  recipients; of a job as many as were expanded so far
 * chunks, home  of a job: parts made so far, and those at home
 * expanding 1: a job that has not come to the end of its list
 * claim   its front and states (KIND_MAIL)
 * head    of an inbox file (KIND_INBOX)
 */
struct file {
	const struct place *at;
	enum kind kind;
	const char *why;
	struct bytes list, from;
	enum spool_class class;
	const char *pool;
	uint64_t created_us, expires_us, rcpts, left, failed;
	uint32_t tries;
	uint64_t due_us;
	int active, expanding;
	uint32_t chunks, home;
	struct answer last;
	struct claim claim;
	struct spoolhead head;
	stralloc text;
};

/* open.c; with spool.c, file.c, outcome.c, print.c, reason.c and waits.c it is a
 * part of lsv-worker and lsv-explain, too */

/* queue_open - open the spool; root becomes the owner of pool/ */
void queue_open(struct queue *q);

/* service_name - "lsv-score" */
const char *service_name(enum service s);

/* service_runs - 1 yes, 0 no, -1 we cannot know */
int service_runs(const struct queue *q, enum service s);

/* spool.c - walking over the spool */

/* Reasons (ID.why) in hold/ and bad/ are no files of the walk. */
typedef int place_fn(struct queue *q, const struct place *at, void *arg);

const char *stage_name(enum stage s);

/* walk - every selected file of a stage, oldest first in each directory
 *
 * fn      returns 0 to go on, -1 with errno to stop
 * Returns 0; -1 with errno
 */
int walk(struct queue *q, enum stage s, place_fn *fn, void *arg);

/* selected - does the command mean this name? */
int selected(const struct queue *q, const char *name);

/* file.c - looking at one file */

/* file_open - learn what is known; 0, -1 with errno (ENOENT: it has moved).  A
 * damaged file is no failure.  file_close in both cases. */
int file_open(struct queue *q, struct file *f, const struct place *at);
void file_close(struct file *f);

/* file_wanted - is it of the list and pool asked for? */
int file_wanted(const struct queue *q, const struct file *f);

/* file_concerns - is it from, to, or for this address?  1, 0, -1 with errno */
int file_concerns(const struct file *f, struct bytes address);

/* file_named - the recipients that an inbox file names, in its head or its table
 *
 * fn      gets their addresses; what it returns other than 0 ends it
 * Returns 0; what fn returned; -1 with errno
 */
int file_named(const struct file *f, int (*fn)(void *arg, struct bytes address),
    void *arg);

/* file_json - its members, without the braces */
void file_json(const struct queue *q, struct json *j, const struct file *f);

/* print.c - text for people */
_Noreturn void die_memory(void);
void put(struct queue *q, const char *s, size_t len);
void putf(struct queue *q, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* put_text - text of others, control bytes as '?', padded to so many columns
 * and one blank; width 0: as it is */
void put_text(struct queue *q, struct bytes b, size_t width);

/* put_json - take what j wrote over; ends when memory ran out */
void put_json(struct json *j);

/* flush - print what there is; when must is 0 only a good portion */
void flush(struct queue *q, int must);

/* span_text - "12s", "5m", "3h", "4d"; 16 bytes */
const char *span_text(char *out, uint64_t us);

/* reason.c */

/* struct reason - why a file is where it is
 *
 * next_us when something is done about it; 0 unknown or never
 */
struct reason {
	const char *rule;
	char text[768];
	uint64_t next_us;
};

void reason_of(const struct queue *q, const struct file *f, struct reason *r);

/* wait_for - its reader works on it, or why nothing happens
 *
 * rule    when the service runs
 * what    text, too
 */
void wait_for(const struct queue *q, struct reason *r, enum service s,
    const char *rule, const char *what);

/* waits.c - what waits before it is a job */

/* waits_scan, waits_hold - the reason of a file of these stages */
void waits_scan(const struct queue *q, struct reason *r);
void waits_hold(const struct queue *q, const struct file *f, struct reason *r);

/* outcome.c - what became of recipients */

/* struct outcomes - journal lines of one file, the last of each recipient
 *
 * text    status, host and text of each line, one after the other
 * line    what else they say, and where in text their words begin
 * last    per recipient: line number plus one; 0: never tried
 */
struct outcomes {
	stralloc text;
	struct outcome {
		struct entry e;
		size_t at;
	} * line;
	size_t lines, room;
	uint32_t *last;
};

int outcomes_read(struct outcomes *o, const struct claim *c);
void outcomes_free(struct outcomes *o);

/* outcomes_line - the i-th line, from 0 */
struct entry outcomes_line(const struct outcomes *o, size_t i);

/* outcome_word - "delivered", "failed", "retry", "untried" (op 0) */
const char *outcome_word(int op);

/* the commands; each returns the exit code */
int command_show(struct queue *q);
int command_age(struct queue *q);
int command_trace(struct queue *q);
int command_hold(struct queue *q);
int command_release(struct queue *q);
int command_retry(struct queue *q);
int command_remove(struct queue *q);
int command_watch(struct queue *q);

#endif
