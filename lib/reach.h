/* reach.h - find a host and connect to it: names, addresses, time
 *
 * What is said over the connection is lib/conn.h.
 */
#ifndef LSV_REACH_H
#define LSV_REACH_H

#include <stdint.h>

enum {
	REACH_PEER_MAX = 64, /* "[address]:port" and NUL */
	REACH_ADDRESSES = 16 /* of a name, that are tried */
};

/* reach_open - connect to a host
 *
 * host    a name, an IPv4 address, or an IPv6 address without brackets. All
 *         addresses of a name are tried in the order of getaddrinfo(3), each
 *         with its share of the time that is left
 * port    1..65535
 * from    an IPv4 or IPv6 address of this machine, without brackets, to
 *         connect from; only addresses of its family are tried. NULL: any
 * deadline milliseconds of clock_mono_ms() of lib/clock.h
 * peer    REACH_PEER_MAX bytes: set to the address tried last, "192.0.2.1:25"
 *         or "[2001:db8::1]:25"; empty when none was tried
 * Returns a descriptor (non-blocking, close on exec, without Nagle's delay);
 *         -1 with errno of the last address tried (ECONNREFUSED, ETIMEDOUT,
 *         EADDRNOTAVAIL: from is not ours, ...), ENOENT (no such name),
 *         EAGAIN (the name cannot be looked up now), EINVAL (port, or from is
 *         no address), EAFNOSUPPORT (no address of the host is of the family
 *         of from), ENOMEM, ...
 * A name is looked up in a child process, which is killed at the deadline:
 * getaddrinfo(3) itself knows none. Addresses are taken as they are.
 */
int reach_open(const char *host, unsigned port, const char *from,
    uint64_t deadline, char *peer);

/* reach_find - the addresses of a host
 *
 * out     the first of them, as text without brackets, in the order in which
 *         reach_open() tries them
 * host, deadline  as for reach_open()
 * Returns how many, from 1; -1 with errno ENOENT, EAGAIN, ENOMEM, ETIMEDOUT,
 *         ... as reach_open()
 */
int reach_find(char out[REACH_ADDRESSES][REACH_PEER_MAX], const char *host,
    uint64_t deadline);

/* reach_wait - wait until something can be done with a descriptor
 *
 * events  as poll(2) takes them
 * deadline milliseconds of clock_mono_ms(); one in the past only looks
 * Returns 0: it can, or it failed, which the next call on it tells; -1 with
 *         errno ETIMEDOUT, or of poll(2)
 */
int reach_wait(int fd, short events, uint64_t deadline);

#endif
