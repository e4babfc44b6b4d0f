/* away.h - hosts that cannot be reached, and those that take over */
#ifndef LSV_AWAY_H
#define LSV_AWAY_H

#include "cmd/lsv-smtpw/smtpw.h"

/* away_log - one event of a worker and the host it uses
 *
 * again_ms when it is tried again; 0: nothing is said of that
 */
void away_log(const struct worker *w, const char *event, const char *why,
    uint64_t again_ms);

/* away_adopt - use this target from here on; what was learnt of another is
 * forgotten
 *
 * target  its place; -1: none is open
 */
void away_adopt(struct worker *w, int target);

/* away_hand_over - the target in use cannot be reached
 *
 * The next one that is open takes over at once, with the files that are open.
 * Without one all of them wait; and once that has lasted for RETRY_MIN it
 * counts as a try.
 */
void away_hand_over(struct worker *w, const struct smtp_reply *why);

#endif
