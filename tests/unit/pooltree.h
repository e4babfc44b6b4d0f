/* pooltree.h - the directories of the pools, for tests */
#ifndef LSV_POOLTREE_H
#define LSV_POOLTREE_H

#include "lib/pools.h"

/* pooltree_make - pool/ with all it holds, below the current directory
 *
 * Returns 0; -1 with errno
 */
int pooltree_make(void);

/* pooltree_close - close what pools_open opened */
void pooltree_close(struct pools *p);

#endif
