/* wait.h - messages about which SPAM_EXIT is asked (ask.c), and those that wait
 * for it or for others (wait.c) */
#ifndef LSV_SCORE_WAIT_H
#define LSV_SCORE_WAIT_H

#include "cmd/lsv-score/score.h"

/* ask_answer - what SPAM_EXIT said of a message that waits, among the facts
 *
 * in      receives exit
 * Returns 0, also when it said nothing yet; -1 with errno
 */
int ask_answer(struct score *s, struct entry *e, struct verdict_in *in);

/* ask_forget - remove the answer that entry_judge used */
void ask_forget(struct score *s, const struct entry *e);

/* ask_answers - take the answers that came
 *
 * An answer stays until its message has moved.
 * Returns 0; -1 with errno
 */
int ask_answers(struct score *s);

/* ask_about - give lsv-scan a copy of a message
 *
 * Returns 0; 1 when the message is not there any more, or no file of ours; -1
 *         with errno
 */
int ask_about(struct score *s, struct wait_item *i);

/* ask_wake - wake lsv-scan when it was asked something */
void ask_wake(struct score *s);

/* ask_withdraw - there is no SPAM_EXIT any more: nobody is to be asked */
void ask_withdraw(struct score *s);

/* ask_lost - ask again where neither the question nor an answer is there */
void ask_lost(struct score *s);

/* wait_load - find what a predecessor left in score/wait, once
 *
 * Returns 0, also when there is no such directory; -1 with errno
 */
int wait_load(struct score *s);

/* wait_must - does this message wait, by what was decided of it: 1 or 0
 *
 * For an answer, to be asked about later, or for postings to its list that came
 * before it.
 */
int wait_must(struct score *s, const struct entry *e);

/* wait_stay - keep it in score/wait, or move it there
 *
 * The caller syncs score/wait when the batch is done.
 * Returns 0; -1 with errno
 */
int wait_stay(struct score *s, struct entry *e);

/* wait_acted - after entry_act: it waits no longer, or is tried again */
void wait_acted(struct score *s, struct entry *e);

/* wait_work - take answers, judge what has all it needs, and ask
 *
 * Returns 0; -1 when a batch failed
 */
int wait_work(struct score *s);

/* wait_reload - another configuration is in force
 *
 * had_exit 1: the one before had a SPAM_EXIT
 */
void wait_reload(struct score *s, int had_exit);

/* wait_ms - so long wait_work has nothing to do unless an answer comes
 *
 * Returns milliseconds, at most max_ms
 */
uint64_t wait_ms(struct score *s, uint64_t max_ms);

/* wait_log - add what the exit said to a line */
void wait_log(struct logline *l, const struct entry *e);

#endif
