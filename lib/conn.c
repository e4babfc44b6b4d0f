#include "lib/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/clock.h"

enum { NAP_MS = 20 }; /* a wait in recv itself, where there is time for it */

void
conn_init(struct conn *c)
{
	*c = (struct conn){.fd = -1, .body = -1};
}

/* What goes through TLS may have been a password. */
void
conn_close(struct conn *c)
{
	if (c->tls != NULL)
		explicit_bzero(c->queue, CONN_QUEUE);
	tls_free(c->tls);
	c->tls = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->body = -1;
	c->head = c->tail = 0;
}

void
conn_free(struct conn *c)
{
	conn_close(c);
	free(c->queue);
	free(c->chunk);
	conn_init(c);
}

const char *
conn_error(int err)
{
	switch (err) {
	case EPIPE:
		return "closed by the other side";
	case ETIMEDOUT:
		return "timed out";
	case ENOENT:
		return "no such host name";
	case EAGAIN:
		return "host name cannot be looked up now";
	case EPROTO:
		return "TLS failed";
	default:
		return strerror(err);
	}
}

const char *
conn_why(const struct conn *c, int err)
{
	const char *why = c->tls != NULL ? tls_why(c->tls) : "";

	return err != ETIMEDOUT && why[0] != '\0' ? why : conn_error(err);
}

static int
open_buffers(struct conn *c)
{
	if (c->queue == NULL)
		c->queue = malloc(CONN_QUEUE);
	if (c->chunk == NULL)
		c->chunk = malloc(CONN_CHUNK);
	return c->queue != NULL && c->chunk != NULL ? 0 : -1;
}

/* As conn_init leaves it, but with its buffers. */
static int
renew(struct conn *c)
{
	char *queue, *chunk;

	conn_close(c);
	if (open_buffers(c) < 0)
		return -1;
	queue = c->queue;
	chunk = c->chunk;
	conn_init(c);
	c->queue = queue;
	c->chunk = chunk;
	return 0;
}

int
conn_open(struct conn *c, const char *host, unsigned port, uint64_t deadline)
{
	return conn_open_from(c, host, port, NULL, deadline);
}

/* Whether calls wait: in clear we say so at each, OpenSSL's must not. */
static int
set_waiting(const struct conn *c, int on)
{
	const struct timeval nap = {.tv_usec = NAP_MS * 1000L};

	if (on &&
	    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &nap, sizeof nap) < 0)
		return -1;
	return fcntl(c->fd, F_SETFL, on ? 0 : O_NONBLOCK);
}

int
conn_open_from(struct conn *c, const char *host, unsigned port,
    const char *from, uint64_t deadline)
{
	if (renew(c) < 0)
		return -1;
	c->port = port;
	c->fd = reach_open(host, port, from, deadline, c->peer);
	if (c->fd < 0)
		return -1;
	if (set_waiting(c, 1) == 0)
		return 0;
	conn_close(c);
	return -1;
}

/* TLS */

int
conn_tls(struct conn *c, struct tls_client *with, const char *host, int verify,
    uint64_t deadline)
{
	int r;

	if (c->tls != NULL || c->head != c->tail || c->body >= 0) {
		errno = EBUSY;
		return -1;
	}
	if (set_waiting(c, 0) < 0)
		return -1;
	c->tls = tls_new(with, c->fd, host, c->port, verify);
	if (c->tls == NULL)
		return -1;
	while ((r = tls_handshake(c->tls)) == 0)
		if (reach_wait(c->fd, tls_events(c->tls), deadline) < 0)
			return -1;
	return r < 0 ? -1 : 0;
}

/* Output */

static size_t
room(struct conn *c)
{
	if (c->head > 0 && c->head == c->tail)
		c->head = c->tail = 0;
	if (c->head > CONN_QUEUE / 2) {
		memmove(c->queue, c->queue + c->head, c->tail - c->head);
		c->tail -= c->head;
		c->head = 0;
	}
	return CONN_QUEUE - c->tail;
}

size_t
conn_put(struct conn *c, const char *p, size_t len)
{
	size_t n = c->body >= 0 ? 0 : room(c);

	if (n > len)
		n = len;
	if (n > 0)
		memcpy(c->queue + c->tail, p, n);
	c->tail += n;
	c->starved |= n < len;
	return n;
}

void
conn_body(struct conn *c, int fd, off_t at, uint64_t size, enum conn_form form)
{
	c->body = fd;
	c->body_at = at;
	c->body_left = size;
	c->body_bytes = 0;
	c->body_form = form;
	memset(c->body_last, 0, sizeof(c->body_last));
	c->dots = (struct wire_dots){0};
}

void
conn_pieces(struct conn *c, enum conn_form form)
{
	c->body_bytes = 0;
	c->body_form = form;
	c->dots = (struct wire_dots){0};
}

size_t
conn_piece(struct conn *c, const char *p, size_t len)
{
	size_t space = room(c), used = len, out;

	if (space < 2) {
		c->starved = 1;
		return 0;
	}
	if (c->body_form == CONN_DOTS) {
		out = wire_stuff(
		    &c->dots, c->queue + c->tail, space, p, len, &used);
	} else {
		used = out = len < space ? len : space;
		memcpy(c->queue + c->tail, p, out);
	}
	c->tail += out;
	c->body_bytes += out;
	c->starved |= used < len;
	return used;
}

static ssize_t
read_body(struct conn *c, char *buf, size_t len)
{
	ssize_t n;

	if (len > c->body_left)
		len = (size_t)c->body_left;
	do {
		n = pread(c->body, buf, len, c->body_at);
	} while (n < 0 && errno == EINTR);
	if (n == 0) {
		errno = ENODATA;
		return -1;
	}
	return n;
}

/* Move on by n bytes of the body, which became out bytes of the queue. */
static void
took_body(struct conn *c, size_t n, size_t out)
{
	c->body_at += (off_t)n;
	c->body_left -= n;
	if (out > 1)
		c->body_last[0] = c->queue[c->tail + out - 2];
	else
		c->body_last[0] = c->body_last[1];
	c->body_last[1] = c->queue[c->tail + out - 1];
	c->tail += out;
	c->body_bytes += out;
}

/* One step: 1 some was queued, 0 no room, -1 with errno. */
static int
fill_some(struct conn *c)
{
	size_t space = room(c), used, out;
	ssize_t n;

	if (space < 2)
		return 0;
	if (c->body_form == CONN_DOTS) {
		n = read_body(
		    c, c->chunk, CONN_CHUNK < space ? CONN_CHUNK : space);
		if (n < 0)
			return -1;
		out = wire_stuff(&c->dots, c->queue + c->tail, space, c->chunk,
		    (size_t)n, &used);
	} else {
		n = read_body(c, c->queue + c->tail, space);
		if (n < 0)
			return -1;
		used = out = (size_t)n;
		if (c->body_form == CONN_PLAIN &&
		    !wire_no_dots(&c->dots, c->queue + c->tail, out)) {
			errno = EBADMSG;
			return -1;
		}
	}
	took_body(c, used, out);
	return 1;
}

int
conn_fill(struct conn *c)
{
	int r;

	while (c->body_left > 0) {
		r = fill_some(c);
		if (r <= 0) {
			c->starved = r == 0;
			return r;
		}
	}
	if (c->body_bytes > 0 && memcmp(c->body_last, "\r\n", 2) != 0) {
		errno = EBADMSG;
		return -1;
	}
	c->body = -1;
	return 1;
}

uint64_t
conn_body_bytes(const struct conn *c)
{
	return c->body_bytes;
}

static ssize_t
send_plain(struct conn *c)
{
	ssize_t n;

	do {
		n = send(c->fd, c->queue + c->head, c->tail - c->head,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n;
}

/* A failure is kept for when all has been read: the other side may have said
 * why before it closed. If it did not close, it is told that no more comes, so
 * that it answers what it has and hangs up. */
static void
broken(struct conn *c, int err)
{
	c->broken = err;
	shutdown(c->fd, SHUT_WR);
}

/* Send what the kernel takes now. */
static size_t
send_some(struct conn *c)
{
	ssize_t n;

	c->full = 0;
	if (c->head == c->tail || c->broken)
		return 0;
	n = c->tls != NULL
	    ? tls_write(c->tls, c->queue + c->head, c->tail - c->head)
	    : send_plain(c);
	if (n < 0) {
		if (errno != EAGAIN)
			broken(c, errno);
		else
			c->full = c->tls != NULL ? tls_events(c->tls) : POLLOUT;
		return 0;
	}
	c->head += (size_t)n;
	c->wrote += (uint64_t)n;
	return (size_t)n;
}

/* Poll does not see the records that were taken from the kernel already, so
 * these are all read. */
static ssize_t
receive_tls(struct conn *c, char *buf, size_t len)
{
	size_t got = 0;
	ssize_t n;

	do {
		n = tls_read(c->tls, buf + got, len - got);
		if (n > 0)
			got += (size_t)n;
	} while (n > 0 && got < len && tls_pending(c->tls));
	c->full |= tls_events(c->tls) & POLLOUT;
	return got > 0 ? (ssize_t)got : n;
}

static ssize_t
receive_plain(struct conn *c, char *buf, size_t len, int flags)
{
	ssize_t n;

	do {
		n = recv(c->fd, buf, len, flags);
	} while (n < 0 && errno == EINTR);
	return n;
}

/* 1 some was read, 0 nothing there, -1 with errno; flags: those of recv. */
static int
receive(struct conn *c, char *buf, size_t len, size_t *got, int flags)
{
	ssize_t n = c->tls != NULL ? receive_tls(c, buf, len)
				   : receive_plain(c, buf, len, flags);

	if (n > 0) {
		*got = (size_t)n;
		return 1;
	}
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n == 0)
		errno = c->broken ? c->broken : EPIPE;
	return -1;
}

/* Wait for bytes, read them.  In clear, with nothing left to send, one call does
 * both: a seventh less processor time for personal copies. */
static int
wait_receive(
    struct conn *c, char *buf, size_t len, size_t *got, uint64_t deadline)
{
	if (c->tls == NULL && c->full == 0 &&
	    deadline > clock_mono_ms() + NAP_MS)
		return receive(c, buf, len, got, 0);
	if (reach_wait(c->fd, (short)(POLLIN | c->full), deadline) < 0)
		return -1;
	return receive(c, buf, len, got, MSG_DONTWAIT);
}

int
conn_io(struct conn *c, char *buf, size_t len, size_t *got, uint64_t deadline)
{
	int r;

	*got = 0;
	for (;;) {
		if (send_some(c) > 0) {
			if (c->starved) {
				c->starved = 0;
				return 0;
			}
			continue; /* until the kernel takes no more */
		}
		if (c->tls != NULL && tls_pending(c->tls)) {
			r = receive(c, buf, len, got, MSG_DONTWAIT);
			if (r != 0)
				return r < 0 ? -1 : 0;
		}
		r = wait_receive(c, buf, len, got, deadline);
		if (r != 0)
			return r < 0 ? -1 : 0;
	}
}
