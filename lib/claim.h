/* claim.h - taking a .MAIL file for oneself, and writing its journal
 *
 * The lock is an OFD write lock and nothing else: the kernel frees it when the
 * process dies, so there are no stale ones.  Whoever holds it may append to the
 * journal and rename the file.
 */
#ifndef LSV_CLAIM_H
#define LSV_CLAIM_H

#include <stdint.h>

#include "lib/journal.h"
#include "lib/mailfile.h"

/* What was sent is not kept: of a file that is over a body of so many bytes
 * becomes a hole.  Then its journal has to be durable: found again after a power
 * cut, it must not be sent once more. */
enum { CLAIM_HOLE_MIN = 32768 };

/* struct claim - a .MAIL file that is ours
 *
 * fd      open for reading and writing, locked
 * front   head, recipients and end line: head points into it
 * at      offset in front of each recipient, and one past the last
 * state   of each recipient: 0 (never tried), OP_DELIVERED, OP_FAILED or
 *         OP_RETRY
 * left    recipients with neither D nor F
 * failed  recipients with F
 * tries   how often the file went to later/
 * due_us  when it is due (last L line), 0 when it never waited
 * tried_us when a recipient was last answered
 * warned_us when the sender was told of the delay (W line), 0 when he was not
 * packed_us when a job for another server was made of it (K line), 0 when none
 *         was: where that is no more, it was handed on
 * ended, reported  the lines E and P were seen
 * end     where the next journal line goes
 * pending lines not yet written
 * unsynced 1: there may be lines that are not durable: written since the last
 *         claim_sync, or by one who died before his
 */
struct claim {
	int fd;
	stralloc front;
	struct mailhead head;
	uint32_t *at;
	unsigned char *state;
	uint32_t left, failed, tries;
	uint64_t due_us, tried_us, warned_us, packed_us;
	int ended, reported;
	uint64_t end;
	stralloc pending;
	int unsynced, reserved, dead;
};

/* claim_open - lock a file and learn where it stands
 *
 * Locks, sees that the name still means this file, reads head, recipients and
 * journal, and cuts a torn last line off.
 * c       overwritten; claim_close frees it, also after a failure
 * dir     descriptor of its directory
 * name    NUL-terminated
 * w       why a file cannot be read, with EBADMSG
 * Returns 0; -1 with errno EAGAIN (another has it), ENOENT (it moved on),
 *         EBADMSG (damaged, not a plain file, or not ours to write), or what
 *         open, read said
 */
int claim_open(struct claim *c, int dir, const char *name, struct where *w);

/* claim_peek - the same without lock and without changing anything: for
 * looking at a file that others may be working on */
int claim_peek(struct claim *c, int dir, const char *name, struct where *w);

/* claim_reserve - room for the journal of this try, so that results can be
 * recorded once they are known
 *
 * Returns 0; -1 with errno ENOSPC and such: do not deliver
 */
int claim_reserve(struct claim *c);

/* claim_rcpt - the address of the i-th recipient, 0 to head.nrcpt - 1 */
struct bytes claim_rcpt(const struct claim *c, uint32_t i);

/* claim_row - the same with the values of its fields, see lib/merge.h */
struct bytes claim_row(const struct claim *c, uint32_t i);

/* claim_note - record what happened; written by claim_write
 *
 * e       its effect on states and counts is taken over at once
 * Returns 0; -1 with errno ENOMEM
 */
int claim_note(struct claim *c, const struct entry *e);

/* claim_write - append what was noted to the file
 *
 * Returns 0; -1 with errno: nothing more may be delivered until it works
 */
int claim_write(struct claim *c);

/* claim_sync - claim_write, and make it durable if anything was written
 *
 * After a failure the claim is of no more use: the kernel may have forgotten
 * what it could not write, and would not say so again.
 * Returns 0; -1 with errno, EIO ever after
 */
int claim_sync(struct claim *c);

/* claim_trim - give back what claim_reserve took and the journal did not need
 *
 * Returns 0; -1 with errno, which does no harm
 */
int claim_trim(struct claim *c);

/* claim_close - give the file back and free everything; keeps errno */
void claim_close(struct claim *c);

/* claim_walk - every line of the journal as it is on disk
 *
 * fn      returns 0 to go on, else ends the walk
 * Returns 0; what fn returned; -1 with errno
 */
int claim_walk(const struct claim *c,
    int (*fn)(void *arg, const struct entry *e), void *arg);

#endif
