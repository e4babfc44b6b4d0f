/* conn.h - one TCP connection: a queue of bytes out, whatever comes in
 *
 * In clear at first; after conn_tls all of it goes through TLS. Everything
 * waits with poll until an absolute deadline, clock_mono_ms() of
 * lib/clock.h. Sending never blocks reading, so two ends that both have a lot
 * to say cannot wait for each other. No call raises SIGPIPE.
 */
#ifndef LSV_CONN_H
#define LSV_CONN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/reach.h"
#include "lib/tls.h"
#include "lib/wire.h"

enum {
	CONN_QUEUE = 131072, /* bytes that may wait to be sent */
	CONN_CHUNK = 65536   /* bytes of a body read from its file at once */
};

/* How a body goes out. */
enum conn_form {
	CONN_PLAIN, /* behind DATA, and no line of it starts with a dot */
	CONN_DOTS,  /* behind DATA, some do: they get a second one */
	CONN_RAW,   /* a chunk of BDAT: as it is */
};

struct conn {
	int fd;                    /* -1: closed. For poll of an idle one */
	char peer[REACH_PEER_MAX]; /* "192.0.2.1:25"; the last one tried */
	unsigned port;             /* of the host */
	struct tls *tls;           /* NULL: in clear */
	uint64_t wrote;            /* bytes the kernel has taken; with TLS those
				   * before encryption, of whole records */
	char *queue;               /* CONN_QUEUE bytes, kept over conn_close */
	size_t head, tail;         /* what is in it */
	int starved;               /* conn_put or conn_fill found no room */
	int broken;                /* errno of a failed send, else 0 */
	short full;                /* POLLOUT: the kernel takes no more now */
	int body;                  /* descriptor of a body under way, else -1 */
	off_t body_at;             /* next byte to read from it */
	uint64_t body_left;        /* bytes to read from it */
	uint64_t body_bytes;       /* bytes of it queued */
	enum conn_form body_form;
	char body_last[2]; /* the last two bytes of it */
	struct wire_dots dots;
	char *chunk; /* CONN_CHUNK bytes, for a body with dots */
};

/* conn_init - nothing is open; call once before everything else */
void conn_init(struct conn *c);

/* conn_open - connect to a host
 *
 * host, port, deadline  as for reach_open() of lib/reach.h
 * Returns 0; -1 with errno of reach_open, or ENOMEM. c->peer is set in both
 *         cases, and what was open before is closed
 */
int conn_open(
    struct conn *c, const char *host, unsigned port, uint64_t deadline);

/* conn_open_from - the same, from an address of ours
 *
 * from    as for reach_open()
 */
int conn_open_from(struct conn *c, const char *host, unsigned port,
    const char *from, uint64_t deadline);

/* conn_tls - from here on through TLS: do the handshake
 *
 * with    stays valid until conn_close
 * host, verify  as for tls_new() of lib/tls.h
 * deadline milliseconds of clock_mono_ms()
 * Returns 0; -1 with errno EBUSY (something is queued, or TLS is on), ETIMEDOUT,
 *         EPROTO, EPIPE, ECONNRESET, ENOMEM: conn_why() says more. What the
 *         host sent in clear and nobody has read goes into the handshake,
 *         which then fails. After a failure the connection is of no use
 */
int conn_tls(struct conn *c, struct tls_client *with, const char *host,
    int verify, uint64_t deadline);

/* conn_put - queue bytes to be sent
 *
 * Returns how many were taken, 0..len; fewer than len when the queue is full,
 *         none while a body is under way (conn_fill has not returned 1)
 */
size_t conn_put(struct conn *c, const char *p, size_t len);

/* conn_body - queue a body from a file, behind what conn_put took
 *
 * fd      open for reading; not closed here, its offset is not moved
 * at      where the body starts in it, bytes
 * size    bytes of it, in wire form (lib/wire.h), not dot-stuffed
 * form    what happens to it on the way
 * conn_fill does the work.
 */
void conn_body(
    struct conn *c, int fd, off_t at, uint64_t size, enum conn_form form);

/* conn_fill - read as much of the body as the queue has room for
 *
 * Returns 1: all of it is queued, conn_body_bytes() tells how much it was; 0:
 *         the queue is full, call conn_io and then this again; -1 with errno
 *         of pread(2), ENODATA (the file ends early), or EBADMSG (a line
 *         starts with a dot although none should, or the last line has no
 *         end): part of it is on its way, so close the connection
 */
int conn_fill(struct conn *c);

/* conn_pieces - queue a body from memory, piece by piece, behind what conn_put
 * took
 *
 * form    CONN_RAW or CONN_DOTS
 */
void conn_pieces(struct conn *c, enum conn_form form);

/* conn_piece - queue the next piece of it
 *
 * p       len bytes in wire form; all pieces together end in CR LF
 * Returns how many of them were taken, 0..len; fewer than len when the queue is
 *         full: call conn_io, and then this again with the rest
 */
size_t conn_piece(struct conn *c, const char *p, size_t len);

/* conn_body_bytes - bytes of the body on the wire: after conn_fill said 1, or all
 * pieces were taken */
uint64_t conn_body_bytes(const struct conn *c);

/* conn_io - send what is queued, read what has come, wait if need be
 *
 * buf     up to len bytes are read into it
 * got     set to how many, 0 when bytes were only sent
 * deadline milliseconds of clock_mono_ms(); one in the past, such as 0, does
 *         what can be done without waiting
 * Returns 0 as soon as something was read, or sent while conn_put or
 *         conn_fill wait for room (so queue what there is until one of them
 *         finds none, or a reply must be waited for); -1 with errno ETIMEDOUT, EPIPE (closed by
 *         the other side, all it sent was read), ECONNRESET, ...
 * c->wrote is up to date in every case.
 */
int conn_io(
    struct conn *c, char *buf, size_t len, size_t *got, uint64_t deadline);

/* conn_error - text for the errno of conn_open and conn_io
 *
 * Returns constant text for the record: "closed by the other side", ...
 */
const char *conn_error(int err);

/* conn_why - the same in more words where TLS has any, until conn_close
 *
 * err     errno of the call on c that failed
 */
const char *conn_why(const struct conn *c, int err);

/* conn_close - close; what was queued is dropped. Twice is harmless */
void conn_close(struct conn *c);

/* conn_free - conn_close, and give the buffers back */
void conn_free(struct conn *c);

#endif
