/* sig.h - signals, blocked except inside waits, so that none is lost */
#ifndef LSV_SIG_H
#define LSV_SIG_H

#include <signal.h>

/* What came: sig_stop on SIGTERM or SIGINT, sig_reload on SIGHUP, sig_child on
 * SIGCHLD.  The program that acts on one sets it back to 0. */
extern volatile sig_atomic_t sig_stop, sig_reload, sig_child;

/* sig_block - block and catch SIGTERM, SIGINT, SIGHUP and SIGCHLD; ignore
 * SIGPIPE
 *
 * asleep  receives the mask for ppoll(2), in which they are open
 * Returns 0; -1 with errno
 */
int sig_block(sigset_t *asleep);

#endif
