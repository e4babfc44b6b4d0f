/* spooltree.h - a small spool of one user, for tests */
#ifndef LSV_SPOOLTREE_H
#define LSV_SPOOLTREE_H

#include "lib/spoolcheck.h"

/* An ID that no test makes by itself. */
#define SPOOLTREE_ID "0647c1a2b3d4e.9f02c4d1aa"

/* struct spooltree - a table and a comparison with it
 *
 * The roots are etc, spool, lib and run of the current directory.
 */
struct spooltree {
	struct spooltab tab;
	struct spoolcheck check;
};

/* spooltree_open - parse a table and open the roots, which may be missing */
void spooltree_open(struct spooltree *t, const char *table);

/* spooltree_make - the same, and make everything in the table */
void spooltree_make(struct spooltree *t, const char *table);

/* spooltree_close - close and release */
void spooltree_close(struct spooltree *t);

/* spooltree_said - all differences found so far, a line each:
 * "spool/score/new mode 0755 03770\n"; static memory */
const char *spooltree_said(const struct spooltree *t);

#endif
