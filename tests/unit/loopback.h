/* loopback.h - the other end of a connection over loopback, for tests */
#ifndef LSV_LOOPBACK_H
#define LSV_LOOPBACK_H

/* loopback_listen - listen on a port of loopback
 *
 * addr    "127.0.0.1", "127.0.0.2" or "::1"
 * port    0: any that nobody has, and receives it
 * backlog connections that wait to be taken
 * Returns the descriptor; -1 with errno
 */
int loopback_listen(const char *addr, unsigned *port, int backlog);

/* loopback_take - take a connection
 *
 * Returns its descriptor; -1 with errno
 */
int loopback_take(int listener);

#endif
