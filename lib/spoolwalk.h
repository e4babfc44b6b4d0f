/* spoolwalk.h - look at what lies in the directories of spool.tab */
#ifndef LSV_SPOOLWALK_H
#define LSV_SPOOLWALK_H

#include "lib/spoolcheck.h"

/* spoolwalk - compare the content of every directory of the table
 *
 * Differences are added to c->diff: what does not belong there, what is of
 * the wrong user, has too many links, or is older than its row allows.  On a
 * spool in use files move while they are looked at: what is gone again at a
 * second look is no difference.
 * Returns 0 when all was looked at, however many differences there are; -1
 *         with errno (memory)
 */
int spoolwalk(struct spoolcheck *c);

#endif
