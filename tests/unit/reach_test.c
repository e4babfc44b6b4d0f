/* LDFLAGS: -Wl,--wrap=getaddrinfo */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/reach.h"
#include "tests/unit/loopback.h"

enum { MUCH_MS = 9000 };

/* Names of our own, besides those the machine knows. It runs in the child of
 * reach_open, or for numbers in the caller itself. */
static const struct name {
	const char *host;
	const char *addr; /* addresses, a blank behind each */
	int err;          /* EAI_... */
	unsigned times;   /* how often the last of them comes; 0: once */
} names[] = {
    {"none.test", "", EAI_NONAME, 0},
    {"nodata.test", "", EAI_NODATA, 0},
    {"later.test", "", EAI_AGAIN, 0},
    {"broken.test", "", EAI_FAIL, 0},
    {"memory.test", "", EAI_MEMORY, 0},
    {"empty.test", "", 0, 0},
    {"two.test", "127.0.0.2 127.0.0.3 ", 0, 0},
    {"either.test", "::1 127.0.0.3 ", 0, 0},
    {"sixteen.test", "127.0.0.2 ", 0, 15},
    {"fifteen.test", "127.0.0.2 ", 0, 15},
};

int __real_getaddrinfo(const char *host, const char *service,
    const struct addrinfo *want, struct addrinfo **list);
int __wrap_getaddrinfo(const char *host, const char *service,
    const struct addrinfo *want, struct addrinfo **list);

/* Number addr behind list, times over. */
static struct addrinfo **
add(struct addrinfo **list, const char *addr, unsigned times)
{
	const struct addrinfo want = {
	    .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};

	for (; times > 0; times--) {
		if (__real_getaddrinfo(addr, NULL, &want, list) != 0)
			_exit(9);
		while (*list != NULL)
			list = &(*list)->ai_next;
	}
	return list;
}

static int
answer(const struct name *n, struct addrinfo **list)
{
	const char *a = n->addr;
	unsigned times;
	char one[64];
	size_t len;

	*list = NULL;
	for (; *a != '\0'; a += len + 1) {
		len = strcspn(a, " ");
		snprintf(one, sizeof(one), "%.*s", (int)len, a);
		times = a[len + 1] == '\0' && n->times > 0 ? n->times : 1;
		list = add(list, one, times);
	}
	/* the seventeenth is the only one that answers */
	if (strcmp(n->host, "sixteen.test") == 0)
		add(add(list, "127.0.0.4", 1), "127.0.0.3", 1);
	return n->err;
}

int
__wrap_getaddrinfo(const char *host, const char *service,
    const struct addrinfo *want, struct addrinfo **list)
{
	size_t i;

	if (want->ai_flags & AI_NUMERICHOST)
		return __real_getaddrinfo(host, service, want, list);
	if (strcmp(host, "dies.test") == 0)
		_exit(0);
	while (strcmp(host, "hangs.test") == 0)
		pause();
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(host, names[i].host) == 0)
			return answer(&names[i], list);
	return __real_getaddrinfo(host, service, want, list);
}

static uint64_t
in_ms(uint64_t ms)
{
	return clock_mono_ms() + ms;
}
/* A port where nobody listens. */
static unsigned
dead_port(void)
{
	unsigned port = 0;
	int fd = loopback_listen("127.0.0.1", &port, 5);

	assert_true(fd >= 0);
	close(fd);
	return port;
}

static void
assert_peer(const char *peer, const char *addr, unsigned port)
{
	char want[REACH_PEER_MAX];

	snprintf(want, sizeof(want), "%s:%u", addr, port);
	assert_string_equal(peer, want);
}

/* It has reached addr, and is closed. */
static void
assert_reached(int fd, const char *peer, const char *addr, unsigned port)
{
	assert_true(fd >= 0);
	assert_peer(peer, addr, port);
	close(fd);
}

static void
assert_no_child_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void
connects_to_an_address_of_either_family(void **state)
{
	char peer[REACH_PEER_MAX];
	unsigned port = 0;
	int fd;

	(void)state;
	fd = loopback_listen("127.0.0.1", &port, 5);
	assert_true(fd >= 0);
	assert_reached(
	    reach_open("127.0.0.1", port, NULL, in_ms(MUCH_MS), peer), peer,
	    "127.0.0.1", port);
	close(fd);
	port = 0;
	fd = loopback_listen("::1", &port, 5);
	if (fd >= 0) { /* some machines have none */
		assert_reached(
		    reach_open("::1", port, NULL, in_ms(MUCH_MS), peer), peer,
		    "[::1]", port);
		close(fd);
	}
}

static void
gives_a_descriptor_that_never_blocks_and_is_not_inherited(void **state)
{
	char peer[REACH_PEER_MAX];
	socklen_t len = sizeof(int);
	unsigned port = 0;
	int host, fd, nodelay = 0;

	(void)state;
	host = loopback_listen("127.0.0.1", &port, 5);
	fd = reach_open("127.0.0.1", port, NULL, in_ms(MUCH_MS), peer);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &len);
	assert_true(nodelay);
	close(fd);
	close(host);
}

static void
finds_a_host_by_its_name(void **state)
{
	char peer[REACH_PEER_MAX];
	unsigned port = 0;
	int fd;

	(void)state;
	fd = loopback_listen(
	    "127.0.0.1", &port, 5); /* ::1 refuses, if it is tried */
	assert_reached(
	    reach_open("localhost", port, NULL, in_ms(MUCH_MS), peer), peer,
	    "127.0.0.1", port);
	assert_no_child_is_left();
	close(fd);
}

static void
tells_why_a_name_was_not_found(void **state)
{
	static const struct {
		const char *host;
		int err;
	} table[] = {{"none.test", ENOENT}, {"nodata.test", ENOENT},
	    {"empty.test", ENOENT}, {"later.test", EAGAIN},
	    {"broken.test", EAGAIN}, {"memory.test", ENOMEM},
	    {"dies.test", EAGAIN}};
	char peer[REACH_PEER_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		strcpy(peer, "old");
		assert_int_equal(
		    reach_open(table[i].host, 25, NULL, in_ms(MUCH_MS), peer),
		    -1);
		if (errno != table[i].err)
			fail_msg("%s: %s", table[i].host, strerror(errno));
		assert_string_equal(peer, "");
		assert_no_child_is_left();
	}
}

static void
kills_the_search_for_a_name_at_the_deadline(void **state)
{
	uint64_t start = clock_mono_ms();
	char peer[REACH_PEER_MAX];

	(void)state;
	assert_int_equal(
	    reach_open("hangs.test", 25, NULL, in_ms(200), peer), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_true(clock_mono_ms() - start >= 200);
	assert_true(clock_mono_ms() - start < 5000);
	assert_no_child_is_left();
}

static void
gives_up_a_name_that_nobody_has(void **state)
{
	uint64_t start = clock_mono_ms();
	char peer[REACH_PEER_MAX];

	(void)state;
	assert_int_equal(
	    reach_open("no-such-host.invalid", 25, NULL, in_ms(1000), peer),
	    -1);
	assert_true(errno == ENOENT || errno == EAGAIN || errno == ETIMEDOUT);
	assert_true(clock_mono_ms() - start < 5000);
}

static void
says_that_it_was_refused_and_where(void **state)
{
	char peer[REACH_PEER_MAX];
	unsigned port = dead_port();

	(void)state;
	assert_int_equal(
	    reach_open("127.0.0.1", port, NULL, in_ms(MUCH_MS), peer), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_peer(peer, "127.0.0.1", port);
	assert_int_equal(
	    reach_open("two.test", port, NULL, in_ms(MUCH_MS), peer), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_peer(peer, "127.0.0.3", port); /* the last one */
}

static void
refuses_ports_that_are_none(void **state)
{
	char peer[REACH_PEER_MAX] = "old";

	(void)state;
	assert_int_equal(
	    reach_open("127.0.0.1", 0, NULL, in_ms(MUCH_MS), peer), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(peer, "");
	assert_int_equal(
	    reach_open("127.0.0.1", 65536, NULL, in_ms(MUCH_MS), peer), -1);
	assert_int_equal(errno, EINVAL);
}

static void
tries_the_addresses_of_a_name_in_order(void **state)
{
	char peer[REACH_PEER_MAX];
	unsigned port = 0;
	int second, first;

	(void)state;
	second = loopback_listen("127.0.0.3", &port, 5);
	assert_true(second >= 0);
	assert_reached(reach_open("two.test", port, NULL, in_ms(MUCH_MS), peer),
	    peer, "127.0.0.3", port);
	assert_reached(
	    reach_open("either.test", port, NULL, in_ms(MUCH_MS), peer), peer,
	    "127.0.0.3", port);
	first = loopback_listen("127.0.0.2", &port, 5);
	assert_true(first >= 0);
	assert_reached(reach_open("two.test", port, NULL, in_ms(MUCH_MS), peer),
	    peer, "127.0.0.2", port);
	close(first);
	close(second);
}

static void
tries_sixteen_addresses_and_no_more(void **state)
{
	char peer[REACH_PEER_MAX];
	unsigned port = 0;
	int fd;

	(void)state;
	fd = loopback_listen("127.0.0.3", &port, 5);
	assert_true(fd >= 0);
	assert_int_equal(
	    reach_open("sixteen.test", port, NULL, in_ms(MUCH_MS), peer), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_peer(peer, "127.0.0.4", port); /* the sixteenth */
	close(fd);
}

/* A host whose queue is full: who comes now hears nothing. */
struct silent {
	int fd, waiting[8];
	unsigned port;
};

static void
fall_silent(struct silent *s, const char *addr)
{
	char peer[REACH_PEER_MAX];
	size_t i;

	s->fd = loopback_listen(addr, &s->port, 0);
	assert_true(s->fd >= 0);
	for (i = 0; i < 8; i++)
		s->waiting[i] =
		    reach_open(addr, s->port, NULL, in_ms(20), peer);
	assert_int_equal(s->waiting[7], -1);
	assert_int_equal(errno, ETIMEDOUT);
}

static void
silent_end(struct silent *s)
{
	size_t i;

	for (i = 0; i < 8; i++)
		if (s->waiting[i] >= 0)
			close(s->waiting[i]);
	close(s->fd);
}

static void
gives_up_a_silent_address_at_the_deadline(void **state)
{
	char peer[REACH_PEER_MAX];
	struct silent s = {0};
	uint64_t start;

	(void)state;
	fall_silent(&s, "127.0.0.2");
	start = clock_mono_ms();
	assert_int_equal(
	    reach_open("127.0.0.2", s.port, NULL, in_ms(200), peer), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_peer(peer, "127.0.0.2", s.port);
	assert_true(clock_mono_ms() - start >= 200);
	assert_true(clock_mono_ms() - start < 5000);
	assert_int_equal(/* only a look */
	    reach_open("127.0.0.2", s.port, NULL, 0, peer), -1);
	assert_int_equal(errno, ETIMEDOUT);
	silent_end(&s);
}

static void
leaves_time_for_the_address_behind_a_silent_one(void **state)
{
	char peer[REACH_PEER_MAX];
	struct silent s = {0};
	uint64_t start;
	int fd;

	(void)state;
	fall_silent(&s, "127.0.0.2");
	fd = loopback_listen("127.0.0.3", &s.port, 5);
	assert_true(fd >= 0);
	start = clock_mono_ms();
	assert_reached(reach_open("two.test", s.port, NULL, in_ms(1000), peer),
	    peer, "127.0.0.3", s.port);
	assert_true(clock_mono_ms() - start >= 500);
	assert_true(clock_mono_ms() - start < 950);
	/* fifteen shares of the time are not more than all of it */
	start = clock_mono_ms();
	assert_int_equal(
	    reach_open("fifteen.test", s.port, NULL, in_ms(300), peer), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_true(clock_mono_ms() - start >= 290);
	assert_true(clock_mono_ms() - start < 5000);
	close(fd);
	silent_end(&s);
}

static void
connects_from_an_address_of_ours(void **state)
{
	struct sockaddr_in from = {0};
	socklen_t len = sizeof(from);
	char peer[REACH_PEER_MAX];
	unsigned port = 0;
	int host, fd, it;

	(void)state;
	host = loopback_listen("127.0.0.3", &port, 5);
	/* of either.test, which has ::1 first, those of the family of from */
	fd = reach_open("either.test", port, "127.0.0.9", in_ms(MUCH_MS), peer);
	assert_true(fd >= 0);
	it = accept4(host, (struct sockaddr *)&from, &len, SOCK_CLOEXEC);
	assert_true(it >= 0);
	assert_int_equal(ntohl(from.sin_addr.s_addr), 0x7f000009);
	close(it);
	close(fd);
	close(host);
}

static void
tells_why_it_cannot_connect_from_there(void **state)
{
	static const struct {
		const char *host, *from;
		int err;
	} table[] = {
	    {"127.0.0.1", "192.0.2.1", EADDRNOTAVAIL},
	    {"127.0.0.1", "::1", EAFNOSUPPORT},
	    {"two.test", "::1", EAFNOSUPPORT},
	    {"::1", "127.0.0.1", EAFNOSUPPORT},
	    {"127.0.0.1", "me", EINVAL},
	    {"127.0.0.1", "localhost", EINVAL},
	    {"127.0.0.1", "", EINVAL},
	    {"127.0.0.1", "[::1]", EINVAL},
	};
	char peer[REACH_PEER_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		assert_int_equal(reach_open(table[i].host, 25, table[i].from,
				     in_ms(MUCH_MS), peer),
		    -1);
		if (errno != table[i].err)
			fail_msg("%s from %s: %s", table[i].host, table[i].from,
			    strerror(errno));
		/* only the first was tried at all */
		assert_string_equal(peer, i == 0 ? "127.0.0.1:25" : "");
	}
}

static void
lists_the_addresses_of_a_host_in_order(void **state)
{
	char got[REACH_ADDRESSES][REACH_PEER_MAX];

	(void)state;
	assert_int_equal(reach_find(got, "either.test", in_ms(MUCH_MS)), 2);
	assert_string_equal(got[0], "::1");
	assert_string_equal(got[1], "127.0.0.3");
	assert_int_equal(reach_find(got, "192.0.2.1", in_ms(MUCH_MS)), 1);
	assert_string_equal(got[0], "192.0.2.1");
	assert_int_equal(
	    reach_find(got, "sixteen.test", in_ms(MUCH_MS)), REACH_ADDRESSES);
	assert_int_equal(reach_find(got, "none.test", in_ms(MUCH_MS)), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(reach_find(got, "hangs.test", in_ms(200)), -1);
	assert_int_equal(errno, ETIMEDOUT);
}

static void
waits_for_events_until_the_deadline(void **state)
{
	uint64_t start = clock_mono_ms();
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(reach_wait(p[1], POLLOUT, 0), 0);
	assert_int_equal(reach_wait(p[0], POLLIN, 0), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_equal(reach_wait(p[0], POLLIN, in_ms(100)), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_true(clock_mono_ms() - start >= 100);
	close(p[1]);
	assert_int_equal(reach_wait(p[0], POLLIN, UINT64_MAX), 0); /* the end */
	close(p[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(connects_to_an_address_of_either_family),
	    cmocka_unit_test(
		gives_a_descriptor_that_never_blocks_and_is_not_inherited),
	    cmocka_unit_test(finds_a_host_by_its_name),
	    cmocka_unit_test(tells_why_a_name_was_not_found),
	    cmocka_unit_test(kills_the_search_for_a_name_at_the_deadline),
	    cmocka_unit_test(gives_up_a_name_that_nobody_has),
	    cmocka_unit_test(says_that_it_was_refused_and_where),
	    cmocka_unit_test(refuses_ports_that_are_none),
	    cmocka_unit_test(tries_the_addresses_of_a_name_in_order),
	    cmocka_unit_test(tries_sixteen_addresses_and_no_more),
	    cmocka_unit_test(gives_up_a_silent_address_at_the_deadline),
	    cmocka_unit_test(leaves_time_for_the_address_behind_a_silent_one),
	    cmocka_unit_test(connects_from_an_address_of_ours),
	    cmocka_unit_test(tells_why_it_cannot_connect_from_there),
	    cmocka_unit_test(lists_the_addresses_of_a_host_in_order),
	    cmocka_unit_test(waits_for_events_until_the_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
