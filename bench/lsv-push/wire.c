#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/lsv-push/push.h"
#include "lib/msg.h"

static int
connect_local(int fd, const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof a.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strncpy(a.sun_path, path, sizeof a.sun_path - 1);
	return connect(fd, (const struct sockaddr *)&a, sizeof a);
}

static int
connect_port(int fd, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return connect(fd, (const struct sockaddr *)&a, sizeof a);
}

void
wire_open(struct wire *w, struct push *p)
{
	int r;

	w->p = p;
	w->fd = socket(
	    p->socket ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (w->fd < 0)
		msg_diesys(LSV_TEMP, "unable to make a socket");
	r = p->socket ? connect_local(w->fd, p->socket)
		      : connect_port(w->fd, p->port);
	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to connect");
}

void
wire_flush(struct wire *w)
{
	size_t at = 0;
	ssize_t n;

	while (at < w->out.len) {
		n = send(w->fd, w->out.p + at, w->out.len - at, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			msg_diesys(LSV_TEMP, "unable to send");
		if (n > 0)
			at += (size_t)n;
	}
	w->out.len = 0;
}

static void
more(struct wire *w)
{
	ssize_t n;

	if (w->in_at > 0) {
		w->in_len -= w->in_at;
		memmove(w->in, w->in + w->in_at, w->in_len);
		w->in_at = 0;
	}
	if (w->in_len == sizeof w->in)
		msg_die(LSV_TEMP, "a reply line without an end");
	do
		n = read(w->fd, w->in + w->in_len, sizeof w->in - w->in_len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		msg_diesys(LSV_TEMP, "unable to read");
	if (n == 0)
		msg_die(LSV_TEMP, "the server closed the connection");
	w->in_len += (size_t)n;
}

int
wire_reply(struct wire *w)
{
	const char *line, *nl;

	for (;;) {
		line = w->in + w->in_at;
		nl = memchr(line, '\n', w->in_len - w->in_at);
		if (!nl) {
			more(w);
			continue;
		}
		w->in_at = (size_t)(nl + 1 - w->in);
		if (nl - line < 4 || line[3] != '-')
			return line[0] - '0';
	}
}

void
wire_want(struct wire *w, int digit)
{
	if (wire_reply(w) != digit)
		w->p->bad++;
}
