/* listpub.h - making lists.cdb, the table of all lists */
#ifndef LSV_LISTPUB_H
#define LSV_LISTPUB_H

#include "lib/lists.h"

/* listpub_update - bring lists.cdb up to date
 *
 * Call it after lists_end whenever lists or headers changed, and when a
 * writing program starts: an earlier one may have died in between. It waits
 * for other writers, and costs next to nothing when the table is right.
 * l       open for writing, no transaction under way
 * Returns 0; -1 with errno, the old table then still in place
 */
int listpub_update(struct lists *l);

#endif
