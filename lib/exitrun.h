/* exitrun.h - run SPAM_EXIT on one message, whatever it does
 *
 * A keeper, a child of the caller, stands between the two.  It makes a private
 * directory with the message, runs the exit in it under limits, and ends only
 * when every process that came of the exit is dead and the directory is gone:
 * it is their subreaper, so that a double fork or setsid(2) takes nobody away.
 * When the caller dies, the keeper ends all of it, too.
 *
 * What an exit can reach, as far as the kernel knows Landlock: the programs and
 * the configuration of the system for reading, its own directory for writing,
 * nothing of the spool; no signal of it leaves its own processes.
 */
#ifndef LSV_EXITRUN_H
#define LSV_EXITRUN_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/ofat.h"
#include "lib/scananswer.h"

#define EXITRUN_EXITS "exits"   /* below $LSV_ETC */
#define EXITRUN_FILE "spam.tmp" /* the message, in the private directory */

enum {
	EXITRUN_OUTPUT = 65536,      /* bytes of output that are kept ... */
	EXITRUN_FLOOD = 1024 * 1024, /* ... and from which on it is killed */
	EXITRUN_PROCESSES = 48,      /* at once */
	EXITRUN_AT_ONCE = 64,        /* exits of one user, at most */
	EXITRUN_FILES = 1000,        /* files in its directory, and ... */
	EXITRUN_DIR_MAX = 256 << 20, /* ... bytes, the message included */
	EXITRUN_TICK_MS = 50,        /* how often that is looked at */
	EXITRUN_NOFILE = 256,        /* descriptors of each process */
	EXITRUN_NICE = 5,            /* behind our own programs */
};

/* struct exitrun_order - what to run
 *
 * path    of the program, from / on: exitrun_path
 * verb    "SCAN" or "REPORT", its first argument
 * list    its second argument, upper case; NULL or "": there is none
 * node    NODE of the site; LSV_NODE of its environment
 * id      the ID of the message, LSV_ID
 * under   descriptor of a directory in which the private one is made
 * name    of the private directory: one that is there is emptied first; both
 *         are needed until the end
 * exits   the directory of exits, from / on: an exit may read all of it
 * message descriptor of the message; its position is not used
 * from    where in it the header begins, bytes
 * keep    a descriptor that the keeper holds open while it lives (the instance
 *         lock of a service); -1 for none
 * timeout_ms  the exit is killed then
 * memory  address space of each of its processes, and resident memory of all of
 *         them, bytes
 */
struct exitrun_order {
	const char *path, *verb, *list, *node, *id;
	int under;
	const char *name;
	const char *exits;
	int message;
	off_t from;
	int keep;
	uint64_t timeout_ms, memory;
};

/* struct exitrun - one that runs
 *
 * keeper  its keeper's process ID, to be waited for; 0 when none runs
 * report  the keeper's answer comes here
 * life    while this is open the caller lives
 * under, name  where its private directory is
 */
struct exitrun {
	pid_t keeper;
	int report, life;
	int under;
	const char *name;
};

/* exitrun_path - the file that a value of SPAM_EXIT names
 *
 * out     overwritten, NUL-terminated: name itself when it begins with '/',
 *         else $LSV_ETC/exits/NAME
 * exits   overwritten: $LSV_ETC/exits
 * Returns 0; -1 with errno ENOMEM
 */
int exitrun_path(stralloc *out, stralloc *exits, const char *name);

/* exitrun_start - start the keeper, and with it the exit
 *
 * All else of the order is only needed during the call.
 * r       filled
 * Returns 0; -1 with errno: nothing runs
 */
int exitrun_start(struct exitrun *r, const struct exitrun_order *o);

/* exitrun_clean - away with what a keeper left behind that ended badly
 *
 * Processes that lost their keeper are the caller's children when it is a
 * subreaper.  They are killed, then the private directory is removed.
 * spare, n keepers that live on, as for kin_kill
 * Returns 0, also when /proc does not tell of processes; -1 with errno
 */
int exitrun_clean(const struct exitrun *r, const pid_t *spare, size_t n);

/* exitrun_end - what the exit said, once its keeper is dead
 *
 * After exitrun_clean, when the status was not 0.
 * r       its descriptors are closed
 * status  of the keeper, as waitpid filled it
 * out     the answer: its code, how long it took, and for a rejection what the
 *         exit wrote, cleaned, or why it failed
 * Returns 0; -1 with errno: it was not run, which is no fault of the exit, but
 *         of the system just now; out is not to be used
 */
int exitrun_end(struct exitrun *r, int status, struct scananswer *out);

/* exitrun_wait - wait for the keeper, clean, end; for programs that run one
 *
 * Returns 0; -1 with errno
 */
int exitrun_wait(struct exitrun *r, struct scananswer *out);

/* exitrun_stop - let the keeper end the exit at once; wait for it as ever */
void exitrun_stop(struct exitrun *r);

#endif
