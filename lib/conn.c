#include "lib/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"

/* What the child that looks up a name says. */
struct answer {
	int err;  /* errno for the caller, 0 when found */
	size_t n; /* addresses */
	struct sockaddr_storage addr[CONN_ADDRESSES];
};

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

/* Milliseconds until the deadline, as poll takes them. */
static int
left_ms(uint64_t deadline)
{
	uint64_t now = clock_mono_ms();

	if (now >= deadline)
		return 0;
	return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

/* Wait for events: 1 there are some, -1 with errno, ETIMEDOUT too. */
static int
wait_for(int fd, short events, uint64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = events};
	int n;

	do {
		n = poll(&p, 1, left_ms(deadline));
	} while (n < 0 && errno == EINTR);
	if (n == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	return n;
}

/* Names */

static int
gai_errno(int err)
{
	switch (err) {
	case EAI_SYSTEM:
		return errno != 0 ? errno : EAGAIN;
	case EAI_MEMORY:
		return ENOMEM;
	case EAI_NONAME:
	case EAI_NODATA:
		return ENOENT;
	default:
		return EAGAIN;
	}
}

static void
look_up(struct answer *a, const char *host, int flags)
{
	const struct addrinfo want = {.ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = flags};
	struct addrinfo *list = NULL, *i;

	memset(a, 0, sizeof(*a));
	errno = 0;
	a->err = getaddrinfo(host, NULL, &want, &list);
	if (a->err != 0) {
		a->err = gai_errno(a->err);
		return;
	}
	for (i = list; i != NULL && a->n < CONN_ADDRESSES; i = i->ai_next)
		if (i->ai_addrlen <= sizeof(a->addr[0]))
			memcpy(&a->addr[a->n++], i->ai_addr, i->ai_addrlen);
	freeaddrinfo(list);
	if (a->n == 0)
		a->err = ENOENT;
}

/* The child holds none of its parent's locks: it keeps the pipe only. */
static void
child_looks_up(const char *host, int to, pid_t parent)
{
	struct answer a;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
	    dup2(to, STDERR_FILENO + 1) < 0 ||
	    close_range(STDERR_FILENO + 2, UINT_MAX, 0) < 0)
		_exit(1);
	look_up(&a, host, 0);
	/* at most PIPE_BUF bytes: written whole or not at all */
	if (write(STDERR_FILENO + 1, &a, sizeof(a)) != (ssize_t)sizeof(a))
		_exit(1);
	_exit(0);
}

_Static_assert(sizeof(struct answer) <= PIPE_BUF, "an answer is one write");

static int
look_up_name(struct answer *a, const char *host, uint64_t deadline)
{
	pid_t child, parent = getpid();
	ssize_t n = -1;
	int p[2], err;

	if (pipe2(p, O_CLOEXEC) < 0)
		return -1;
	child = fork();
	if (child == 0)
		child_looks_up(host, p[1], parent);
	err = errno;
	close(p[1]);
	if (child > 0) {
		if (wait_for(p[0], POLLIN, deadline) > 0)
			n = read(p[0], a, sizeof(*a));
		err = n < 0 ? errno : EAGAIN; /* the child died: try later */
		kill(child, SIGKILL);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(p[0]);
	if (n == (ssize_t)sizeof(*a))
		err = a->err;
	errno = err;
	return err == 0 ? 0 : -1;
}

/* Connecting */

static void
set_port(struct sockaddr_storage *addr, unsigned port)
{
	if (addr->ss_family == AF_INET6)
		((struct sockaddr_in6 *)addr)->sin6_port =
		    htons((uint16_t)port);
	else
		((struct sockaddr_in *)addr)->sin_port = htons((uint16_t)port);
}

static void
name_peer(struct conn *c, const struct sockaddr_storage *addr, unsigned port)
{
	char text[INET6_ADDRSTRLEN] = "?";
	int six = addr->ss_family == AF_INET6;

	if (six)
		inet_ntop(AF_INET6,
		    &((const struct sockaddr_in6 *)addr)->sin6_addr, text,
		    sizeof(text));
	else
		inet_ntop(AF_INET,
		    &((const struct sockaddr_in *)addr)->sin_addr, text,
		    sizeof(text));
	snprintf(
	    c->peer, sizeof(c->peer), six ? "[%s]:%u" : "%s:%u", text, port);
}

static socklen_t
size_of(const struct sockaddr_storage *addr)
{
	return addr->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					   : sizeof(struct sockaddr_in);
}

/* Ours: any, or the one that was asked for. */
static int
bind_to(int fd, const struct sockaddr_storage *from)
{
	if (from == NULL)
		return 0;
	return bind(fd, (const struct sockaddr *)from, size_of(from));
}

static int
connect_one(const struct sockaddr_storage *addr,
    const struct sockaddr_storage *from, uint64_t deadline)
{
	socklen_t len = sizeof(int);
	int fd, err = 0, one = 1;

	fd = socket(
	    addr->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (bind_to(fd, from) < 0 ||
	    (connect(fd, (const struct sockaddr *)addr, size_of(addr)) < 0 &&
		(errno != EINPROGRESS || wait_for(fd, POLLOUT, deadline) < 0)))
		err = errno;
	if (err == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		err = errno;
	/* a group of commands must not wait for the answer to the last */
	if (err == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		err = errno;
	if (err == 0)
		return fd;
	close(fd);
	errno = err;
	return -1;
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

/* The address to connect from: 1 there is one, 0 none is asked for. */
static int
parse_from(struct sockaddr_storage *addr, const char *from)
{
	struct answer a;

	if (from == NULL)
		return 0;
	look_up(&a, from, AI_NUMERICHOST);
	if (a.err != 0) {
		errno = EINVAL;
		return -1;
	}
	*addr = a.addr[0];
	return 1;
}

/* Addresses of another family than ours cannot be reached from it. */
static void
keep_family(struct answer *a, sa_family_t family)
{
	size_t i, n = 0;

	for (i = 0; i < a->n; i++)
		if (a->addr[i].ss_family == family)
			a->addr[n++] = a->addr[i];
	a->n = n;
}

static void
connect_any(struct conn *c, struct answer *a,
    const struct sockaddr_storage *from, uint64_t deadline)
{
	uint64_t now;
	size_t i;

	for (i = 0; i < a->n && c->fd < 0; i++) {
		set_port(&a->addr[i], c->port);
		name_peer(c, &a->addr[i], c->port);
		now = clock_mono_ms();
		c->fd = connect_one(&a->addr[i], from,
		    now >= deadline ? now
				    : now + (deadline - now) / (a->n - i));
	}
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

int
conn_open_from(struct conn *c, const char *host, unsigned port,
    const char *from, uint64_t deadline)
{
	struct sockaddr_storage own;
	struct answer a;
	int bound = parse_from(&own, from);

	if (port == 0 || port > 65535) {
		errno = EINVAL;
		bound = -1;
	}
	if (bound < 0 || renew(c) < 0)
		return -1;
	c->port = port;
	look_up(&a, host, AI_NUMERICHOST);
	if (a.err != 0 && look_up_name(&a, host, deadline) < 0)
		return -1;
	errno = ENOENT;
	if (bound && a.n > 0) {
		keep_family(&a, own.ss_family);
		errno = EAFNOSUPPORT;
	}
	connect_any(c, &a, bound ? &own : NULL, deadline);
	return c->fd < 0 ? -1 : 0;
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
	c->tls = tls_new(with, c->fd, host, c->port, verify);
	if (c->tls == NULL)
		return -1;
	while ((r = tls_handshake(c->tls)) == 0)
		if (wait_for(c->fd, tls_events(c->tls), deadline) < 0)
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

/* Send what the kernel takes now. A failure is kept for when all has been
 * read: the other side may have said why before it closed. */
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
			c->broken = errno;
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
receive_plain(struct conn *c, char *buf, size_t len)
{
	ssize_t n;

	do {
		n = recv(c->fd, buf, len, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n;
}

/* 1 some was read, 0 nothing there, -1 with errno. */
static int
receive(struct conn *c, char *buf, size_t len, size_t *got)
{
	ssize_t n = c->tls != NULL ? receive_tls(c, buf, len)
				   : receive_plain(c, buf, len);

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
			r = receive(c, buf, len, got);
			if (r != 0)
				return r < 0 ? -1 : 0;
		}
		if (wait_for(c->fd, (short)(POLLIN | c->full), deadline) < 0)
			return -1;
		r = receive(c, buf, len, got);
		if (r != 0)
			return r < 0 ? -1 : 0;
	}
}
