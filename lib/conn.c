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

void
conn_close(struct conn *c)
{
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
	default:
		return strerror(err);
	}
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

static int
connect_one(const struct sockaddr_storage *addr, uint64_t deadline)
{
	socklen_t size = addr->ss_family == AF_INET6
	    ? sizeof(struct sockaddr_in6)
	    : sizeof(struct sockaddr_in);
	socklen_t len = sizeof(int);
	int fd, err = 0, one = 1;

	fd = socket(
	    addr->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)addr, size) < 0 &&
	    (errno != EINPROGRESS || wait_for(fd, POLLOUT, deadline) < 0))
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

int
conn_open(struct conn *c, const char *host, unsigned port, uint64_t deadline)
{
	char *queue, *chunk;
	struct answer a;
	uint64_t now;
	size_t i;

	conn_close(c);
	if (port == 0 || port > 65535) {
		errno = EINVAL;
		return -1;
	}
	if (open_buffers(c) < 0)
		return -1;
	queue = c->queue;
	chunk = c->chunk;
	conn_init(c);
	c->queue = queue;
	c->chunk = chunk;
	look_up(&a, host, AI_NUMERICHOST);
	if (a.err != 0 && look_up_name(&a, host, deadline) < 0)
		return -1;
	errno = ENOENT;
	for (i = 0; i < a.n && c->fd < 0; i++) {
		set_port(&a.addr[i], port);
		name_peer(c, &a.addr[i], port);
		now = clock_mono_ms();
		c->fd = connect_one(&a.addr[i],
		    now >= deadline ? now : now + (deadline - now) / (a.n - i));
	}
	return c->fd < 0 ? -1 : 0;
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
conn_body(struct conn *c, int fd, off_t at, uint64_t size, int dots)
{
	c->body = fd;
	c->body_at = at;
	c->body_left = size;
	c->body_bytes = 0;
	c->body_dots = dots;
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
	if (c->body_dots) {
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
		if (!wire_no_dots(&c->dots, c->queue + c->tail, out)) {
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

/* Send what the kernel takes now. A failure is kept for when all has been
 * read: the other side may have said why before it closed. */
static size_t
send_some(struct conn *c)
{
	ssize_t n;

	if (c->head == c->tail || c->broken)
		return 0;
	do {
		n = send(c->fd, c->queue + c->head, c->tail - c->head,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		if (errno != EAGAIN)
			c->broken = errno;
		return 0;
	}
	c->head += (size_t)n;
	c->wrote += (uint64_t)n;
	return (size_t)n;
}

/* 1 some was read, 0 nothing there, -1 with errno. */
static int
receive(struct conn *c, char *buf, size_t len, size_t *got)
{
	ssize_t n;

	do {
		n = recv(c->fd, buf, len, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
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
	short events;
	int r;

	*got = 0;
	for (;;) {
		if (send_some(c) > 0 && c->starved) {
			c->starved = 0;
			return 0;
		}
		events = POLLIN;
		if (c->head < c->tail && !c->broken)
			events |= POLLOUT;
		if (wait_for(c->fd, events, deadline) < 0)
			return -1;
		r = receive(c, buf, len, got);
		if (r != 0)
			return r < 0 ? -1 : 0;
	}
}
