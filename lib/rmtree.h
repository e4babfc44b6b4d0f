/* rmtree.h - directories that a stranger filled: how much is in one, and away
 * with it
 *
 * However deep, wide or locked up it is, neither needs more than a few
 * descriptors and a little memory.
 */
#ifndef LSV_RMTREE_H
#define LSV_RMTREE_H

#include <stddef.h>
#include <stdint.h>

/* rmtree_within - does a directory hold no more than that
 *
 * dir     a descriptor of it
 * files   names of any kind in it and below
 * bytes   on disk, of all regular files; a file with several names counts as
 *         often
 * Returns 1; 0 when there is more, or directories are nested over 16 deep, or
 *         closed to us; -1 with errno
 */
int rmtree_within(int dir, size_t files, uint64_t bytes);

/* rmtree - remove a directory, or a file, with all that is in it
 *
 * parent  descriptor of the directory it is in
 * name    its name there
 * Returns 0, also when there is none; -1 with errno
 */
int rmtree(int parent, const char *name);

/* rmtree_inside - remove all that is in a directory
 *
 * Returns 0; -1 with errno
 */
int rmtree_inside(int dir);

#endif
