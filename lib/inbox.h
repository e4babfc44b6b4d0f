/* inbox.h - reading one's own inbox
 *
 * The reader opens the FIFO for both ends, drains it with one bounded read
 * before it scans, and scans every few minutes unasked: no wake-up is lost and
 * none is needed.  Only the owner removes from new/.
 */
#ifndef LSV_INBOX_H
#define LSV_INBOX_H

#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "lib/ids.h"
#include "lib/poison.h"

enum {
	INBOX_BATCH = 64,        /* names given to the reader at once */
	INBOX_SCAN_MAX = 100000, /* names of one scan */
	INBOX_BAD_MAX = 1000,    /* files kept in bad/, with as many reasons */
	INBOX_OWNERS = 8,        /* uids from which files are taken */
};

/* struct inbox - our inbox, open for reading
 *
 * dir, new, bad  directory descriptors
 * fifo, hold     the trigger's read end, and a write end so that it never
 *                reports end of file
 * doing          a small file with the names being worked on: what killed its
 *                reader is found there by the next one
 * lock           our instance lock, inherited by children
 * suspects       files that were being worked on when readers died; one of
 *                which POISON_DEATHS did goes to bad/
 * owner, owners  uids whose files are taken
 * busy_us when the last scan that found files ended
 * also    another FIFO whose bytes end inbox_wait; -1 when there is none, as
 *         after inbox_open
 */
struct inbox {
	int dir, new, bad, fifo, hold, doing, lock;
	uid_t owner[INBOX_OWNERS];
	unsigned owners;
	struct poison suspects;
	uint64_t busy_us;
	int also;
};

/* inbox_open - become the reader of an inbox
 *
 * Waits for the instance lock: a predecessor's children end first.
 * path    below the current directory (the spool): "score"
 * writers names of users whose files are taken, besides our own; those that do
 *         not exist are left out (a spool without root has one user)
 * n       how many
 * Returns 0; -1 with errno
 */
int inbox_open(
    struct inbox *in, const char *path, const char *const *writers, size_t n);

/* inbox_fn - work on a batch
 *
 * arg     what inbox_scan was given
 * name    NUL-terminated names of files in new/, oldest first
 * n       1 to INBOX_BATCH
 * Returns 0; -1 when the scan should end (the files are still there and the
 *         next scan tries again)
 * The function removes, renames or keeps each file.  A file in the batch alone
 * may be one that killed its reader.
 */
typedef int inbox_fn(void *arg, char (*name)[ID_NAME_MAX], size_t n);

/* inbox_scan - give all files of new/, oldest first, to a function
 *
 * While files keep coming it waits a millisecond first: those that come in it
 * share the syncs of a batch.  The first after a pause never waits.
 * Files whose names are none of ours go to bad/, under a new ID.
 * Returns the number of files given; -1 with errno
 */
ssize_t inbox_scan(struct inbox *in, inbox_fn *fn, void *arg);

/* inbox_work - give named files to a function, in batches of the same kind
 *
 * from    descriptor of a directory of ours which holds them: for the next one
 *         to know what its predecessor died of, as with those of new/
 * name    n of them, NUL-terminated
 * Returns 0; -1 with errno
 */
int inbox_work(struct inbox *in, int from, char (*name)[ID_NAME_MAX], size_t n,
    inbox_fn *fn, void *arg);

/* inbox_take - open one file of the batch
 *
 * from    descriptor of the directory that holds it: in->new, or that of
 *         inbox_work
 * st      receives its facts
 * Returns a descriptor open for reading; -1 with errno EPERM when it is not a
 *         regular file with one link of an expected owner
 */
int inbox_take(struct inbox *in, int from, const char *name, struct stat *st);

/* inbox_bad - move a file to bad/ with a reason beside it (name.why)
 *
 * name    one of inbox_fn
 * why     at most 250 bytes, no LF
 * The oldest file there is removed when there are INBOX_BAD_MAX.  What is no
 * file and cannot be moved is removed, only its reason is kept.
 * Returns 0; -1 with errno, the file then still in new/
 */
int inbox_bad(struct inbox *in, const char *name, const char *why);

/* inbox_doing - note what is worked on, for a reader that does so in its own way
 *
 * inbox_open of the next reader counts a death against each.
 * n       at most 2 * INBOX_BATCH
 * Returns 0; -1 with errno
 */
int inbox_doing(struct inbox *in, char (*name)[ID_NAME_MAX], size_t n);

/* inbox_shelve - the same for a file of another directory of ours
 *
 * from    descriptor of the directory it leaves
 */
int inbox_shelve(struct inbox *in, int from, const char *name, const char *why);

/* inbox_foreign - move what has no name of ours to bad/, under one that it gets
 *
 * from    descriptor of the directory it leaves; ours
 * It stays when that cannot be done now.
 */
void inbox_foreign(struct inbox *in, int from, const char *name);

/* inbox_wait - sleep until the trigger, a signal, or a time
 *
 * max_ms  longest sleep; below 0 for ever
 * asleep  signal mask during the sleep (sig_block)
 * Returns 0; -1 with errno
 */
int inbox_wait(struct inbox *in, int64_t max_ms, const sigset_t *asleep);

/* inbox_drain - empty a trigger FIFO with one bounded read */
void inbox_drain(int fifo);

#endif
