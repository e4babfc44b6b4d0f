/* spoollock.h - one at a time: who uses the spool
 *
 * $LSV_SPOOL/lock is locked by lsv-service for as long as any process of its
 * tree lives (they inherit the descriptor), and by lsv-spool while it mends.
 * The lock is the kernel's, so it is never stale; what is written in the file
 * only tells people who holds it.
 */
#ifndef LSV_SPOOLLOCK_H
#define LSV_SPOOLLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/ofat.h"

enum { SPOOLLOCK_WORD = 64 };

/* struct spoolholder - who holds a spool, as written in its lock file
 *
 * boot    boot id of that machine's kernel, "" when unknown
 * host    its name
 * what    program that holds the lock
 * pid     its process
 * since_us when it took the lock
 */
struct spoolholder {
	char boot[SPOOLLOCK_WORD];
	char host[SPOOLLOCK_WORD];
	char what[SPOOLLOCK_WORD];
	uint64_t pid;
	uint64_t since_us;
};

/* spoollock_take - become the one who uses a spool
 *
 * fd      receives a descriptor that holds the lock while it, or a copy in
 *         another process, is open; 10 or above, close-on-exec
 * dir     the spool
 * what    who we are, for the others: one word
 * who     receives the holder when the lock is taken (all fields empty when
 *         the file does not say)
 * Returns 0; -1 with errno EAGAIN when somebody else holds it, EMLINK when the
 *         lock file has more than one name, or what open, write said
 */
int spoollock_take(int *fd, int dir, const char *what, struct spoolholder *who);

/* spoollock_name - write down who holds the lock now
 *
 * fd      a descriptor of spoollock_take, perhaps inherited
 * what    as there; the process is the caller
 * Returns 0, also on a full disk: then nothing is written down, and the lock
 *         is held all the same; -1 with errno
 */
int spoollock_name(int fd, const char *what);

/* spoollock_held - does anybody use the spool?
 *
 * who     receives the holder when so
 * Returns 1 held, 0 free or no lock file, -1 with errno
 */
int spoollock_held(int dir, struct spoolholder *who);

/* spoollock_parse - read the text of a lock file
 *
 * who     receives what it says; empty fields for what it does not say
 * s, len  the text
 * Returns 0; -1 when it is not one, who is then all empty
 */
int spoollock_parse(struct spoolholder *who, const char *s, size_t len);

/* spoollock_words - the holder in words for a message, appended
 *
 * "lsv-service, process 123 on host h since Sun, 22 Nov 2026 10:00:00 +0000"
 * Returns 0; -1 with errno ENOMEM
 */
int spoollock_words(stralloc *out, const struct spoolholder *who);

#endif
