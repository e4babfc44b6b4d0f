#include "tests/unit/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int
loopback_listen(const char *addr, unsigned *port, int backlog)
{
	struct sockaddr_in four = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
	struct sockaddr_in6 six = {
	    .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)*port)};
	int family = strchr(addr, ':') ? AF_INET6 : AF_INET;
	struct sockaddr *to = family == AF_INET ? (void *)&four : (void *)&six;
	socklen_t len = family == AF_INET ? sizeof(four) : sizeof(six);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(family, addr,
	    family == AF_INET ? (void *)&four.sin_addr
			      : (void *)&six.sin6_addr);
	if (fd < 0 || bind(fd, to, len) < 0 || listen(fd, backlog) < 0 ||
	    getsockname(fd, to, &len) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
	return fd;
}

int
loopback_take(int listener)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	return accept4(listener, (struct sockaddr *)&addr, &len, SOCK_CLOEXEC);
}
