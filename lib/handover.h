/* handover.h - giving a file to the program that owns an inbox
 *
 * The order of calls is the whole point: bytes durable, name given without
 * ever replacing one, name durable, reader told.  A crash anywhere leaves the
 * file whole in new/ or not at all; a leftover in tmp/ belongs to the reader's
 * sweep (lsv-spool check).
 */
#ifndef LSV_HANDOVER_H
#define LSV_HANDOVER_H

#include <sys/types.h>

/* struct handover - an inbox of another program, open for adding
 *
 * dir, tmp, new  descriptors of x/, x/tmp and x/new
 * given          files renamed by ho_pass since the last ho_flush, and one more
 *                at first: those of a predecessor that died before its own
 */
struct handover {
	int dir, tmp, new;
	unsigned given;
};

/* ho_open - open an inbox for adding
 *
 * inbox   its path below the current directory (the spool): "score"
 * Returns 0; -1 with errno
 */
int ho_open(struct handover *h, const char *inbox);

/* ho_create - a new file in tmp/
 *
 * name    its name, as it will be in new/; a leftover of ours there is replaced
 * Returns a descriptor open for reading and writing; -1 with errno
 */
int ho_create(struct handover *h, const char *name);

/* ho_commit - hand over a file that ho_create made
 *
 * Makes the bytes durable, renames to new/ without replacing, makes the name
 * durable and wakes the reader.  fd is closed in every case; a file that could
 * not be handed over is removed from tmp/.
 * Returns 0, also when new/ already holds a file of that name, of ours, with
 *         the same bytes (handed over before a crash); -1 with errno, EEXIST
 *         when that file differs
 */
int ho_commit(struct handover *h, int fd, const char *name);

/* ho_drop - give a file of ho_create up; keeps errno
 *
 * Returns -1, for `return ho_drop(...)`
 */
int ho_drop(struct handover *h, int fd, const char *name);

/* ho_pass - move a file on unchanged
 *
 * from    descriptor of the directory it leaves, which must be ours
 * name    its name on both sides
 * Returns 0; -1 with errno (EEXIST: there is another of that name; it stays)
 */
int ho_pass(struct handover *h, int from, const char *name);

/* ho_pass_as - the same under a new name
 *
 * name    its name where it comes from
 * as      its name in new/
 */
int ho_pass_as(struct handover *h, int from, const char *name, const char *as);

/* ho_flush - make the names of all files passed durable and wake the reader
 *
 * Returns 0, also when nothing was passed; -1 with errno
 */
int ho_flush(struct handover *h);

/* ho_wake - one byte into a trigger FIFO; nobody listening is no error
 *
 * dir     directory that holds it
 * name    its name: "trigger"
 */
void ho_wake(int dir, const char *name);

/* ho_wake_unread - the same, and does the reader keep up?
 *
 * Returns how many wake-ups of before it has not read yet; -1 when nobody has
 *         it open
 */
int ho_wake_unread(int dir, const char *name);

#endif
