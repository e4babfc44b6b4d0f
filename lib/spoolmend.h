/* spoolmend.h - make a difference of spoolcheck.h go away
 *
 * Works on descriptors of what was looked at, never through a path that
 * another user could change meanwhile, and never destroys anything: what does
 * not belong is moved to $LSV_SPOOL/lost.  The caller holds the spool's lock.
 */
#ifndef LSV_SPOOLMEND_H
#define LSV_SPOOLMEND_H

#include "lib/spoolcheck.h"

/* What spoolmend may do. */
enum {
	MEND_MAKE = 1,  /* make what is missing; set owner, group and mode */
	MEND_MOVE = 2,  /* move what does not belong to lost/ */
	MEND_ADOPT = 4, /* instead give files of a wrong owner to the first
			 * user of the row (after a backup was restored) */
};

/* spoolmend_able - would spoolmend try to mend this difference?
 *
 * may     bits MEND_*
 * Returns 1 or 0 (not allowed by may, or nothing can be done: what cannot be
 *         looked at, and what does not belong outside of $LSV_SPOOL)
 */
int spoolmend_able(const struct spooldiff *d, unsigned may);

/* spoolmend - mend one difference
 *
 * d       one of c->diff
 * may     bits MEND_*
 * lost    receives the name in lost/ when something was moved there, else is
 *         made empty; NUL-terminated
 * Returns 0; -1 with errno, EPERM when may does not allow it, ENOENT when a
 *         user, group or parent directory does not exist, ESTALE when what is
 *         there is not what was looked at
 */
int spoolmend(struct spoolcheck *c, const struct spooldiff *d, unsigned may,
    stralloc *lost);

/* spoolmend_root - make the directory of a root, and those above it
 *
 * Directories above get mode 0755 and belong to whoever calls.  Nothing is
 * changed when the root is there.  The root is opened into c->root.
 * Returns 0; -1 with errno
 */
int spoolmend_root(struct spoolcheck *c, enum spooltab_root root);

#endif
