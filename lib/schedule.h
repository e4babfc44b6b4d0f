/* schedule.h - what the workers of an entry do at a time, and who does nothing
 */
#ifndef LSV_SCHEDULE_H
#define LSV_SCHEDULE_H

#include <stdint.h>

#include "lib/site.h"

/* schedule_at - the target that is in use
 *
 * f       an entry; SMTP_FORWARD itself is one, too
 * down    f->f.targets of them, not 0 for a target that cannot be reached; NULL
 *         when all can
 * t       seconds since 1970; the zone is that of windows_at
 * until   receives the first second after t at which the answer is another,
 *         down staying what it is; INT64_MAX when there is none; may be NULL
 * Returns the index of the first target that is open and not down; -1 when
 *         there is none.  -1 with down where schedule_at without it finds one:
 *         all that are open are down
 * Source  SMTP_FORWARD_n of LISTSERV: outside its hours a host hands over to
 *         its failover, or its worker is idle
 */
int schedule_at(const struct site_forward *f, const uint8_t *down, int64_t t,
    int64_t *until);

/* schedule_unserved - the pools that no SMTP_FORWARD_n serves
 *
 * Returns bit pool_index(p) for each: the implied worker "0.1" of SMTP_FORWARD
 *         serves them.  FORWARD_ALL_POOLS when there is no SMTP_FORWARD_n
 */
uint32_t schedule_unserved(const struct site *s);

#endif
