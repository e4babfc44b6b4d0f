/* explain.h - what lsv-explain works with */
#ifndef LSV_EXPLAIN_H
#define LSV_EXPLAIN_H

#include "cmd/lsv-queue/queue.h"
#include "lib/board.h"
#include "lib/bucket.h"
#include "lib/crew.h"
#include "lib/orders.h"

enum {
	WORDS_MAX = 768, /* bytes of a sentence */
	LIVE_S = 900,    /* what the workers do now still counts so much later:
	                  * no host is left alone for longer */
};

/* struct explain - all that explanations come from
 *
 * what    words of the question: "pool", "A"
 * running what service_runs says of lsv-smtpw
 * buckets NULL: unknown
 * now     seconds since 1970
 * address, normal  of the question address; len 0: of another
 * found   files that were explained
 */
struct explain {
	struct queue q;
	char *what[2];
	int running;
	struct orders orders;
	struct board_worker board[BOARD_WORKERS];
	size_t boards;
	const struct buckets *buckets;
	int64_t now;
	struct bytes address;
	stralloc normal;
	uint64_t found;
	struct json j;
};

/* struct account - who takes the mail of a pool, and why
 *
 * member  n of them
 * first   who takes it now or next; NULL: nobody knows
 * rule    one word for why
 * words   the same in a sentence, about first, or about the first that is kept
 *         from it
 * line    of site.cfg that decided; 0: a default, or none did
 * var     the variable in that line
 */
struct account {
	struct crew_member member[CREW_MAX];
	size_t n;
	const struct crew_member *first;
	const char *rule;
	char words[WORDS_MAX];
	char var[32];
	unsigned line;
};

/* account.c */

/* account_make - of a pool, at a time
 *
 * live    1: with orders, and what the workers do now; 0: the schedule alone
 */
void account_make(const struct explain *e, struct account *a, unsigned pool,
    int64_t t, int live);

/* account_next - "worker 2.1 to host:25, SMTP_FORWARD_2 in line 7 of site.cfg";
 * WORDS_MAX bytes */
void account_next(char *out, const struct account *a);

/* account_json - its members, without the braces */
void account_json(struct json *j, const struct account *a);

/* var_words - "RETRY_MIN in line 7 of site.cfg", or "RETRY_MIN by default"; 96
 * bytes */
void var_words(char *out, const char *name, unsigned line);

/* delay.c */

/* struct delay - about the warning of DELAY_WARN
 *
 * warned_us when the sender was told, microseconds since 1970; 0: he was not
 * at_us   when he will be, if the mail still waits then; 0: never
 */
struct delay {
	uint64_t warned_us, at_us;
};

/* delay_of - what is to be said of a file */
void delay_of(const struct explain *e, const struct file *f, struct delay *d);

/* delay_text, delay_json - say it; the text is empty when there is nothing */
void delay_text(struct explain *e, const struct delay *d);
void delay_json(struct explain *e, const struct delay *d);

/* the questions; each returns the exit code */
int explain_pool(struct explain *e, char pool);
int explain_peer(struct explain *e);
int explain_time(struct explain *e, int64_t t);
int explain_files(struct explain *e);

#endif
