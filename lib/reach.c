#include "lib/reach.h"

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
	struct sockaddr_storage addr[REACH_ADDRESSES];
};

/* Milliseconds until the deadline, as poll takes them. */
static int
left_ms(uint64_t deadline)
{
	uint64_t now = clock_mono_ms();

	if (now >= deadline)
		return 0;
	return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

int
reach_wait(int fd, short events, uint64_t deadline)
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
	return n < 0 ? -1 : 0;
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
	for (i = list; i != NULL && a->n < REACH_ADDRESSES; i = i->ai_next)
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
		if (reach_wait(p[0], POLLIN, deadline) == 0)
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

/* text has room for INET6_ADDRSTRLEN bytes. */
static void
name_address(char *text, const struct sockaddr_storage *addr)
{
	const void *ip = addr->ss_family == AF_INET6
	    ? (const void *)&((const struct sockaddr_in6 *)addr)->sin6_addr
	    : (const void *)&((const struct sockaddr_in *)addr)->sin_addr;

	if (!inet_ntop(addr->ss_family, ip, text, INET6_ADDRSTRLEN))
		memcpy(text, "?", 2);
}

static void
name_peer(char *peer, const struct sockaddr_storage *addr, unsigned port)
{
	char text[INET6_ADDRSTRLEN];

	name_address(text, addr);
	snprintf(peer, REACH_PEER_MAX,
	    addr->ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
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
		(errno != EINPROGRESS ||
		    reach_wait(fd, POLLOUT, deadline) < 0)))
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

static int
connect_any(struct answer *a, unsigned port,
    const struct sockaddr_storage *from, uint64_t deadline, char *peer)
{
	uint64_t now;
	int fd = -1;
	size_t i;

	for (i = 0; i < a->n && fd < 0; i++) {
		set_port(&a->addr[i], port);
		name_peer(peer, &a->addr[i], port);
		now = clock_mono_ms();
		fd = connect_one(&a->addr[i], from,
		    now >= deadline ? now
				    : now + (deadline - now) / (a->n - i));
	}
	return fd;
}

static int
find(struct answer *a, const char *host, uint64_t deadline)
{
	look_up(a, host, AI_NUMERICHOST);
	return a->err != 0 ? look_up_name(a, host, deadline) : 0;
}

int
reach_find(char out[REACH_ADDRESSES][REACH_PEER_MAX], const char *host,
    uint64_t deadline)
{
	struct answer a;

	if (find(&a, host, deadline) < 0)
		return -1;
	for (size_t i = 0; i < a.n; i++)
		name_address(out[i], &a.addr[i]);
	return (int)a.n;
}

int
reach_open(const char *host, unsigned port, const char *from, uint64_t deadline,
    char *peer)
{
	struct sockaddr_storage own;
	struct answer a;
	int bound = parse_from(&own, from);

	peer[0] = '\0';
	if (port == 0 || port > 65535) {
		errno = EINVAL;
		bound = -1;
	}
	if (bound < 0)
		return -1;
	if (find(&a, host, deadline) < 0)
		return -1;
	errno = ENOENT;
	if (bound && a.n > 0) {
		keep_family(&a, own.ss_family);
		errno = EAFNOSUPPORT;
	}
	return connect_any(&a, port, bound ? &own : NULL, deadline, peer);
}
