#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conn.h"
#include "tests/unit/loopback.h"

/* The other end: listens on loopback, takes one connection. */
struct host {
	int fd, peer;
	unsigned port;
	struct conn c;
};

static uint64_t
in_ms(uint64_t ms)
{
	return clock_mono_ms() + ms;
}

static int
set_up(void **state)
{
	struct host *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return -1;
	h->fd = loopback_listen("127.0.0.1", &h->port, 5);
	conn_init(&h->c);
	if (h->fd < 0 || conn_open(&h->c, "127.0.0.1", h->port, in_ms(5000)))
		return -1;
	h->peer = loopback_take(h->fd);
	*state = h;
	return h->peer < 0 ? -1 : 0;
}

static int
tear_down(void **state)
{
	struct host *h = *state;

	conn_free(&h->c);
	if (h->peer >= 0)
		close(h->peer);
	close(h->fd);
	free(h);
	return 0;
}

/* A file that holds text. */
static int
file_of(const char *text, size_t len)
{
	int fd = memfd_create("body", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	return fd;
}

/* Read exactly len bytes at the other end, while our side sends. */
static void
expect_sent(struct host *h, const char *text, size_t len)
{
	char *buf = malloc(len + 1), in[16];
	size_t at = 0, got;
	ssize_t n;

	assert_non_null(buf);
	while (at < len) {
		if (conn_io(&h->c, in, sizeof(in), &got, 0) < 0)
			assert_int_equal(errno, ETIMEDOUT);
		n = recv(h->peer, buf + at, len - at, 0);
		assert_true(n > 0);
		at += (size_t)n;
	}
	assert_memory_equal(buf, text, len);
	assert_int_equal(
	    recv(h->peer, buf, 1, MSG_DONTWAIT), -1); /* and no more */
	free(buf);
}

static void
is_closed_after_it_could_not_connect(void **state)
{
	struct host *h = *state;

	close(h->fd); /* nobody listens there now */
	assert_int_equal(
	    conn_open(&h->c, "127.0.0.1", h->port, in_ms(5000)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(h->c.fd, -1);
	assert_memory_equal(h->c.peer, "127.0.0.1:", 10);
	assert_int_equal(conn_open(&h->c, "127.0.0.1", 0, in_ms(5000)), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(h->c.fd, -1);
	assert_string_equal(h->c.peer, "");
	h->port = 0;
	h->fd = loopback_listen("127.0.0.1", &h->port, 5);
	assert_int_equal(
	    conn_open(&h->c, "127.0.0.1", h->port, in_ms(5000)), 0);
	assert_int_equal(h->c.port, h->port);
}

static void
sends_what_is_queued_and_reads_what_comes(void **state)
{
	struct host *h = *state;
	char in[16];
	size_t got;

	assert_int_equal(conn_put(&h->c, "EHLO me\r\n", 9), 9);
	assert_int_equal(conn_put(&h->c, "NOOP\r\n", 6), 6);
	expect_sent(h, "EHLO me\r\nNOOP\r\n", 15);
	assert_int_equal(h->c.wrote, 15);
	assert_int_equal(send(h->peer, "250 ok\r\n", 8, 0), 8);
	assert_int_equal(conn_io(&h->c, in, sizeof(in), &got, in_ms(5000)), 0);
	assert_int_equal(got, 8);
	assert_memory_equal(in, "250 ok\r\n", 8);
}

static void
waits_no_longer_than_the_deadline(void **state)
{
	struct host *h = *state;
	uint64_t start = clock_mono_ms();
	char in[16];
	size_t got;

	assert_int_equal(conn_io(&h->c, in, sizeof(in), &got, 0), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_true(clock_mono_ms() - start < 1000);
	assert_int_equal(conn_io(&h->c, in, sizeof(in), &got, in_ms(100)), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_true(clock_mono_ms() - start >= 100);
	assert_true(clock_mono_ms() - start < 5000);
}

static void
reads_the_last_words_of_a_host_that_closes(void **state)
{
	struct host *h = *state;
	char in[64];
	size_t got;

	assert_int_equal(send(h->peer, "421 bye\r\n", 9, 0), 9);
	close(h->peer);
	h->peer = -1;
	/* the first send is answered by a reset, the second one fails */
	conn_put(&h->c, "MAIL\r\n", 6);
	assert_int_equal(conn_io(&h->c, in, sizeof(in), &got, in_ms(5000)), 0);
	assert_int_equal(got, 9);
	poll(NULL, 0, 20);
	conn_put(&h->c, "MAIL\r\n", 6);
	assert_int_equal(conn_io(&h->c, in, sizeof(in), &got, in_ms(5000)), -1);
	assert_true(errno == EPIPE || errno == ECONNRESET);
}

/* A host that is not gone while nothing can be sent to it. */
static void
refuse_all(struct host *h)
{
	int pair[2], small = 1;

	/* of a packet too large for the buffer nothing is taken */
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(
	    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)),
	    0);
	assert_int_equal(dup2(pair[0], h->c.fd), h->c.fd);
	assert_int_equal(dup2(pair[1], h->peer), h->peer);
	close(pair[0]);
	close(pair[1]);
}

static void
tells_a_host_to_which_it_cannot_send_that_no_more_comes(void **state)
{
	static char much[CONN_QUEUE];
	struct host *h = *state;
	char in[16];
	size_t got;

	refuse_all(h);
	conn_put(&h->c, much, sizeof(much));
	assert_int_equal(conn_io(&h->c, in, sizeof(in), &got, in_ms(20)), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_equal(recv(h->peer, in, sizeof(in), MSG_DONTWAIT), 0);
	assert_int_equal(write(h->peer, "421 bye\r\n", 9), 9);
	close(h->peer);
	h->peer = -1;
	assert_int_equal(conn_io(&h->c, in, sizeof(in), &got, in_ms(5000)), 0);
	assert_int_equal(got, 9);
	assert_int_equal(conn_io(&h->c, in, sizeof(in), &got, in_ms(5000)), -1);
	assert_int_equal(errno, EMSGSIZE);
}

static void
tells_a_close_from_a_reset(void **state)
{
	struct linger hard = {.l_onoff = 1, .l_linger = 0};
	struct host *h = *state;
	char in[64];
	size_t got;

	setsockopt(h->peer, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(h->peer);
	h->peer = -1;
	assert_int_equal(conn_io(&h->c, in, sizeof(in), &got, in_ms(5000)), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(
	    conn_open(&h->c, "127.0.0.1", h->port, in_ms(5000)), 0);
	close(loopback_take(h->fd));
	assert_int_equal(conn_io(&h->c, in, sizeof(in), &got, in_ms(5000)), -1);
	assert_int_equal(errno, EPIPE);
	assert_string_equal(conn_error(EPIPE), "closed by the other side");
}

enum { MUCH = 8 << 20 };

/* A host that says all it has before it listens at all. */
static void *
talks_first(void *arg)
{
	struct host *h = arg;
	char *buf = calloc(1, 65536);
	size_t at;
	ssize_t n = 0;

	for (at = 0; buf != NULL && n >= 0 && at < MUCH; at += (size_t)n)
		n = send(h->peer, buf, 65536, MSG_NOSIGNAL);
	for (at = 0; buf != NULL && n >= 0 && at < MUCH; at += (size_t)n) {
		n = recv(h->peer, buf, 65536, 0);
		if (n == 0)
			break;
	}
	free(buf);
	return at == MUCH ? arg : NULL;
}

static void
keeps_both_directions_moving(void **state)
{
	struct host *h = *state;
	static char in[65536], out[65536];
	size_t sent = 0, came = 0, got, n, k;
	pthread_t peer;
	void *done;

	assert_int_equal(pthread_create(&peer, NULL, talks_first, h), 0);
	while (came < MUCH || h->c.wrote < MUCH) {
		do { /* until there is no room or no more */
			n = MUCH - sent < sizeof(out) ? MUCH - sent
						      : sizeof(out);
			k = conn_put(&h->c, out, n);
			sent += k;
		} while (n > 0 && k == n);
		if (conn_io(&h->c, in, sizeof(in), &got,
			in_ms(came < MUCH || sent < MUCH ? 9000 : 20)) < 0)
			assert_true(errno == ETIMEDOUT && sent == MUCH);
		came += got;
	}
	pthread_join(peer, &done);
	assert_non_null(done);
	assert_int_equal(came, MUCH);
}

/* Queue a body as a worker does, sending when there is no room. */
static int
send_body(struct host *h)
{
	char in[16];
	size_t got;
	int r;

	while ((r = conn_fill(&h->c)) == 0)
		if (conn_io(&h->c, in, sizeof(in), &got, in_ms(5000)) < 0)
			return -1;
	return r;
}

static void
doubles_dots_of_a_body_from_a_file(void **state)
{
	struct host *h = *state;
	int fd = file_of("head\n.\r\na.b\r\n..\r\ntail", 21);

	assert_int_equal(conn_put(&h->c, "DATA\r\n", 6), 6);
	conn_body(&h->c, fd, 5, 12, CONN_DOTS);
	assert_int_equal(conn_put(&h->c, "too early", 9), 0);
	assert_int_equal(send_body(h), 1);
	assert_int_equal(conn_body_bytes(&h->c), 14);
	assert_int_equal(conn_put(&h->c, ".\r\n", 3), 3);
	expect_sent(h, "DATA\r\n..\r\na.b\r\n...\r\n.\r\n", 23);
	close(fd);
}

static void *
swallows(void *arg)
{
	struct host *h = arg;
	char *buf = malloc(MUCH);
	size_t at = 0;
	ssize_t n = 1;

	while (buf != NULL && n > 0 && at < MUCH) {
		n = recv(h->peer, buf + at, MUCH - at, 0);
		at += n > 0 ? (size_t)n : 0;
	}
	return buf;
}

static void
sends_a_large_body_whole(void **state)
{
	struct host *h = *state;
	char *text = malloc(MUCH);
	pthread_t peer;
	void *came;
	size_t i;
	int fd, dots;

	assert_non_null(text);
	memset(text, 'x', MUCH);
	for (i = 62; i < MUCH; i += 64)
		memcpy(text + i, "\r\n", 2);
	fd = file_of(text, MUCH);
	for (dots = 0; dots < 2; dots++) { /* both ways of reading it */
		assert_int_equal(pthread_create(&peer, NULL, swallows, h), 0);
		conn_body(&h->c, fd, 0, MUCH, dots ? CONN_DOTS : CONN_PLAIN);
		assert_int_equal(send_body(h), 1);
		assert_int_equal(conn_body_bytes(&h->c), MUCH);
		while (h->c.head < h->c.tail) {
			char in[16];
			size_t got;

			conn_io(&h->c, in, sizeof(in), &got, in_ms(20));
		}
		pthread_join(peer, &came);
		assert_memory_equal(came, text, MUCH);
		free(came);
	}
	free(text);
	close(fd);
}

static void
refuses_a_body_that_is_not_what_was_said(void **state)
{
	static const struct {
		const char *text;
		uint64_t size;
		int dots, err;
	} table[] = {
	    {"a\r\n", 4, 0, ENODATA},
	    {"a\r\n", 4, 1, ENODATA},
	    {"a\r\n.\r\n", 6, 0, EBADMSG},
	    {"a\r\nb", 4, 0, EBADMSG},
	    {"a\r\nb", 4, 1, EBADMSG},
	    {"a\n", 2, 0, EBADMSG},
	    {"\n", 1, 0, EBADMSG},
	};
	struct host *h = *state;
	size_t i;
	int fd;

	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		fd = file_of(table[i].text, strlen(table[i].text));
		conn_body(&h->c, fd, 0, table[i].size,
		    table[i].dots ? CONN_DOTS : CONN_PLAIN);
		assert_int_equal(conn_fill(&h->c), -1);
		assert_int_equal(errno, table[i].err);
		close(fd);
	}
	conn_body(&h->c, -1, 0, 0, CONN_PLAIN);
	assert_int_equal(conn_fill(&h->c), 1);
	conn_body(&h->c, 9999, 0, 1, CONN_PLAIN);
	assert_int_equal(conn_fill(&h->c), -1);
	assert_int_equal(errno, EBADF);
}

static void
starts_afresh_when_opened_again(void **state)
{
	struct host *h = *state;

	conn_put(&h->c, "never sent", 10);
	conn_close(&h->c);
	conn_close(&h->c);
	close(h->peer);
	assert_int_equal(
	    conn_open(&h->c, "127.0.0.1", h->port, in_ms(5000)), 0);
	h->peer = loopback_take(h->fd);
	assert_int_equal(h->c.wrote, 0);
	conn_put(&h->c, "new", 3);
	expect_sent(h, "new", 3);
	assert_int_equal(h->c.wrote, 3);
}

#define with_host(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    with_host(is_closed_after_it_could_not_connect),
	    with_host(sends_what_is_queued_and_reads_what_comes),
	    with_host(waits_no_longer_than_the_deadline),
	    with_host(reads_the_last_words_of_a_host_that_closes),
	    with_host(tells_a_host_to_which_it_cannot_send_that_no_more_comes),
	    with_host(tells_a_close_from_a_reset),
	    with_host(keeps_both_directions_moving),
	    with_host(doubles_dots_of_a_body_from_a_file),
	    with_host(sends_a_large_body_whole),
	    with_host(refuses_a_body_that_is_not_what_was_said),
	    with_host(starts_afresh_when_opened_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
