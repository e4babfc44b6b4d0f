#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/common/opt.h"
#include "bench/lsv-sink/sink.h"
#include "lib/msg.h"
#include "lib/sig.h"

struct timer {
	uint64_t due; /* ns of the monotonic clock */
	int fd;
	uint32_t serial;
	uint64_t upto; /* then replies up to here may be written */
};

static size_t
backlog(const struct conn *c)
{
	return c->out.len - c->out_at;
}

static void
interest(struct sink *s, const struct conn *c)
{
	struct epoll_event e = {.data.fd = c->fd};

	e.events = (c->paused ? 0u : EPOLLIN) | (c->want_write ? EPOLLOUT : 0u);
	if (epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &e) < 0)
		msg_diesys(LSV_TEMP, "unable to change a wait");
}

static void
set_want_write(struct sink *s, struct conn *c, int want)
{
	if (c->want_write == want)
		return;
	c->want_write = want;
	interest(s, c);
}

static struct conn *
conn_new(struct sink *s, int fd, enum kind kind)
{
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
	struct conn *c = mem_get(sizeof *c);

	c->fd = fd;
	c->kind = kind;
	c->serial = ++s->serials;
	if (kind == SMTP || kind == CONTROL)
		c->in = mem_get(IN_MAX);
	s->conn[fd] = c;
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) < 0)
		msg_diesys(LSV_TEMP, "unable to wait for a connection");
	return c;
}

static void
conn_end(struct sink *s, struct conn *c)
{
	struct linger reset = {.l_onoff = 1};

	if (c->kind == SMTP)
		s->count.open--;
	if (c->cut) /* the client sees a reset, not an end */
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	tls_end(c);
	control_forget(s, c);
	s->conn[c->fd] = NULL;
	close(c->fd);
	free(c->in);
	buf_free(&c->out);
	buf_free(&c->sender);
	buf_free(&c->rcpts);
	buf_free(&c->text.kept);
	EVP_MD_CTX_free(c->text.md);
	free(c);
}

/* How far the delay lets us write. */
static size_t
may_write(const struct sink *s, const struct conn *c)
{
	if (s->opt.delay_ns == 0 || c->kind != SMTP)
		return c->out.len;
	return c->out_due - c->out_base < c->out.len ? c->out_due - c->out_base
						     : c->out.len;
}

static ssize_t
put(struct conn *c, const char *p, size_t n)
{
	return c->ssl ? tls_write(c, p, n) : send(c->fd, p, n, MSG_NOSIGNAL);
}

/* Writes replies; 0 when the connection is gone. */
static int
flush(struct sink *s, struct conn *c)
{
	size_t end = may_write(s, c);
	ssize_t w;

	while (c->out_at < end) {
		w = put(c, c->out.p + c->out_at, end - c->out_at);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0 && errno == EAGAIN) {
			set_want_write(s, c, 1);
			return 1;
		}
		if (w < 0) {
			conn_end(s, c);
			return 0;
		}
		c->out_at += (size_t)w;
	}
	set_want_write(s, c, 0);
	if (c->out_at < c->out.len)
		return 1;
	c->out_base += c->out.len;
	c->out.len = c->out_at = 0;
	if (c->start_tls)
		tls_begin(s, c);
	c->start_tls = 0;
	if (!c->closing)
		return 1;
	conn_end(s, c);
	return 0;
}

/* With a delay: the replies made so far may go out that much later. */
static void
hold_back(struct sink *s, const struct conn *c)
{
	struct timer *t;

	if (s->opt.delay_ns == 0 || c->kind != SMTP)
		return;
	if (s->timer_head == s->timer_end)
		s->timer_head = s->timer_end = 0;
	if (s->timer_end == s->timer_cap) {
		s->timer_cap = s->timer_cap * 2 + 1024;
		t = realloc(s->timer, s->timer_cap * sizeof *t);
		if (!t)
			msg_diesys(LSV_TEMP, "unable to get memory");
		s->timer = t;
	}
	s->timer[s->timer_end++] =
	    (struct timer){now_ns(CLOCK_MONOTONIC) + s->opt.delay_ns, c->fd,
		c->serial, c->out_base + c->out.len};
}

/* Answers what has arrived; 0 when the connection is gone. */
static int
serve(struct sink *s, struct conn *c)
{
	size_t used, before;
	int full;

	do {
		before = c->out.len;
		used = c->kind == CONTROL ? control_eat(s, c) : smtp_eat(s, c);
		c->in_len -= used;
		memmove(c->in, c->in + used, c->in_len);
		if (c->cut) {
			conn_end(s, c);
			return 0;
		}
		if (c->out.len > before)
			hold_back(s, c);
		if (!flush(s, c))
			return 0;
		full = backlog(c) > OUT_MAX;
	} while (used > 0 && c->in_len > 0 && !full);
	if (c->paused != full) {
		c->paused = full;
		interest(s, c);
	}
	return 1;
}

/* 1 when something came; 0 when not, or when the connection is gone */
static int
get(struct sink *s, struct conn *c)
{
	size_t room = IN_MAX - c->in_len;
	ssize_t r = 0;

	if (room > 0)
		r = c->ssl ? tls_read(c, c->in + c->in_len, room)
			   : read(c->fd, c->in + c->in_len, room);
	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (r <= 0) {
		conn_end(s, c);
		return 0;
	}
	c->in_len += (size_t)r;
	return 1;
}

/* What TLS has read ahead no poll tells of, so it is asked until it has
 * nothing. */
static void
on_read(struct sink *s, struct conn *c)
{
	int one = 1, more = 1;

	while (more && get(s, c)) {
		more = c->ssl != NULL;
		if (!serve(s, c))
			return;
		if (s->opt.quickack && c->kind == SMTP)
			setsockopt(
			    c->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
		if (c->paused)
			return;
	}
}

/* After replies went out: take up a connection whose input had to wait. */
static void
resume(struct sink *s, struct conn *c)
{
	if (flush(s, c) && c->paused && backlog(c) <= OUT_MAX / 2 &&
	    serve(s, c) && c->ssl && !c->paused)
		on_read(s, c);
}

static void
on_accept(struct sink *s, const struct conn *l)
{
	struct counters *k = &s->count;
	struct sockaddr_storage from;
	socklen_t len = sizeof from;
	struct conn *c;
	int fd, one = 1;

	fd = accept4(l->fd, (struct sockaddr *)&from, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (fd >= FD_MAX) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	c = conn_new(s, fd, l->kind == SMTP_LISTENER ? SMTP : CONTROL);
	if (c->kind == CONTROL)
		return;
	if (!k->first_connection)
		k->first_connection = now_ns(CLOCK_REALTIME);
	k->connections++;
	if (++k->open > k->open_max)
		k->open_max = k->open;
	smtp_greet(s, c);
	hold_back(s, c);
	serve(s, c);
}

static socklen_t
address(const char *text, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in a4 = {
	    .sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 a6 = {
	    .sin6_family = AF_INET6, .sin6_port = htons(port)};

	if (inet_pton(AF_INET, text, &a4.sin_addr) == 1 &&
	    ntohl(a4.sin_addr.s_addr) >> 24 == 127) {
		memcpy(out, &a4, sizeof a4);
		return sizeof a4;
	}
	if (inet_pton(AF_INET6, text, &a6.sin6_addr) == 1 &&
	    IN6_IS_ADDR_LOOPBACK(&a6.sin6_addr)) {
		memcpy(out, &a6, sizeof a6);
		return sizeof a6;
	}
	msg_die(LSV_PERM, text, ": not a loopback address");
}

/* Listens; returns the port, which the kernel chose if it was 0. */
static uint16_t
listener(struct sink *s, uint16_t port, enum kind kind)
{
	struct sockaddr_storage a;
	struct sockaddr_in in;
	struct sockaddr *sa = (struct sockaddr *)&a;
	socklen_t len = address(s->opt.address, port, &a), got = sizeof a;
	int fd, one = 1;

	fd = socket(
	    sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    bind(fd, sa, len) < 0 || listen(fd, 4096) < 0 ||
	    getsockname(fd, sa, &got) < 0)
		msg_diesys(LSV_TEMP, "unable to listen on ", s->opt.address);
	conn_new(s, fd, kind);
	/* both families keep the port at the same place */
	memcpy(&in, &a, sizeof in);
	return ntohs(in.sin_port);
}

/* In one step, so that whoever waits for the file never reads half of it. */
static void
write_ports(const struct sink *s)
{
	struct buf name = {.p = NULL}, b = {.p = NULL};
	int fd;

	buf_fmt(&name, "%s.new", s->opt.port_file);
	buf_put(&name, "", 1);
	buf_fmt(&b, "%u %u\n", s->port, s->control_port);
	fd = open(name.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || buf_write(&b, fd) < 0 || close(fd) < 0 ||
	    rename(name.p, s->opt.port_file) < 0)
		msg_diesys(LSV_PERM, "unable to write ", s->opt.port_file);
	buf_free(&name);
	buf_free(&b);
}

void
net_listen(struct sink *s)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max < FD_MAX ? r.rlim_max : FD_MAX;
		setrlimit(RLIMIT_NOFILE, &r); /* fewer will do, too */
	}
	s->conn = mem_get(FD_MAX * sizeof(struct conn *));
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0)
		msg_diesys(LSV_TEMP, "unable to create an epoll");
	s->port = listener(s, s->opt.port, SMTP_LISTENER);
	if (!s->opt.no_control)
		s->control_port =
		    listener(s, s->opt.control_port, CONTROL_LISTENER);
	if (s->opt.port_file)
		write_ports(s);
}

static void
on_event(struct sink *s, const struct epoll_event *e)
{
	struct conn *c = s->conn[e->data.fd];
	uint32_t serial;

	if (!c)
		return;
	if (c->kind == SMTP_LISTENER || c->kind == CONTROL_LISTENER) {
		on_accept(s, c);
		return;
	}
	serial = c->serial;
	if (e->events & EPOLLOUT)
		resume(s, c);
	c = s->conn[e->data.fd];
	if (!c || c->serial != serial || c->paused)
		return;
	if (e->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		on_read(s, c);
}

/* Replies whose delay is over, and waits that came to an end. */
static void
on_time(struct sink *s)
{
	uint64_t now = now_ns(CLOCK_MONOTONIC);
	struct conn *c;
	struct timer t;

	for (size_t i = s->waiters; i-- > 0;) {
		c = s->waiter[i];
		if (control_ready(s, c, now))
			flush(s, c);
	}
	while (s->timer_head < s->timer_end &&
	    s->timer[s->timer_head].due <= now) {
		t = s->timer[s->timer_head++];
		c = s->conn[t.fd];
		if (!c || c->serial != t.serial)
			continue;
		c->out_due = t.upto;
		resume(s, c);
	}
}

/* The time until on_time has something to do; NULL when it has not. */
static const struct timespec *
next_due(const struct sink *s, struct timespec *t)
{
	uint64_t due = UINT64_MAX, now;

	if (s->timer_head < s->timer_end)
		due = s->timer[s->timer_head].due;
	for (size_t i = 0; i < s->waiters; i++)
		if (s->waiter[i]->wait_until < due)
			due = s->waiter[i]->wait_until;
	if (due == UINT64_MAX)
		return NULL;
	now = now_ns(CLOCK_MONOTONIC);
	due = due > now ? due - now : 0;
	t->tv_sec = (time_t)(due / 1000000000);
	t->tv_nsec = (long)(due % 1000000000);
	return t;
}

void
net_loop(struct sink *s, const sigset_t *asleep)
{
	struct epoll_event ev[256];
	struct timespec t;
	int n;

	while (!s->stop && !sig_stop) {
		n = epoll_pwait2(s->epoll, ev, 256, next_due(s, &t), asleep);
		if (n < 0 && errno != EINTR)
			msg_diesys(LSV_TEMP, "unable to wait");
		for (int i = 0; i < n; i++)
			on_event(s, &ev[i]);
		if (s->waiters > 0 || s->timer_head < s->timer_end)
			on_time(s);
	}
}
