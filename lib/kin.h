/* kin.h - the processes that came of this one */
#ifndef LSV_KIN_H
#define LSV_KIN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* struct kin - all descendants together
 *
 * n        how many live, or are not waited for
 * resident memory of them that is in use, bytes; what two share counts twice
 */
struct kin {
	unsigned n;
	uint64_t resident;
};

/* kin_measure - count them
 *
 * max     no more than so many are looked at
 * Returns 0; -1 with errno, ENOENT when /proc does not tell
 */
int kin_measure(struct kin *k, unsigned max);

/* kin_kill - kill all descendants, and wait for them
 *
 * In a subreaper (prctl(2), PR_SET_CHILD_SUBREAPER), which becomes the parent of
 * those whose parents die.  First they lose the right to fork: those that do so
 * as fast as they can end, too, as long as a limit of processes holds for them
 * (it never does for root).  Their process groups, but our own, are stopped.
 * spare, n process IDs of children that live on with their descendants, and are
 *         not waited for
 * Returns 0; -1 with errno, some may live then; ENOENT when /proc does not tell
 */
int kin_kill(const pid_t *spare, size_t n);

/* kin_of_user - threads of all processes of this user, whoever started them:
 * what RLIMIT_NPROC counts
 *
 * Returns how many; 0 when /proc does not tell
 */
uint64_t kin_of_user(void);

#endif
