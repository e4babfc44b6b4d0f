/* lib/conn.c with TLS on; without it see conn_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conn.h"
#include "tests/unit/loopback.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tlspeer.h"

static struct cert root, good;

/* A connection over loopback; its other end is not started yet. */
struct host {
	int listener;
	struct conn c;
	struct tls_client *client;
	struct peer peer;
};

static uint64_t
in_ms(uint64_t ms)
{
	return clock_mono_ms() + ms;
}

static int
make_certs(void **state)
{
	cert_make(&root, &(struct cert_order){.common = "Root", .ca = 1});
	cert_make(&good,
	    &(struct cert_order){.common = "relay",
		.names = "DNS:relay.example",
		.issuer = &root});
	if (scratch_enter(state) < 0)
		return -1;
	cert_save(&root, "ca.pem");
	return 0;
}

static int
free_certs(void **state)
{
	cert_free(&root);
	cert_free(&good);
	return scratch_leave(state);
}

static int
set_up(void **state)
{
	struct host *h = calloc(1, sizeof(*h));
	char why[TLS_WHY_MAX];
	unsigned port = 0;

	if (h == NULL)
		return -1;
	h->listener = loopback_listen("127.0.0.1", &port, 5);
	h->client = tls_client_new("ca.pem", why);
	h->peer.cert = &good;
	conn_init(&h->c);
	if (h->listener < 0 || h->client == NULL ||
	    conn_open(&h->c, "127.0.0.1", port, in_ms(5000)) < 0)
		return -1;
	h->peer.fd = loopback_take(h->listener);
	*state = h;
	return h->peer.fd < 0 ? -1 : 0;
}

static int
tear_down(void **state)
{
	struct host *h = *state;

	conn_free(&h->c);
	peer_free(&h->peer);
	tls_client_free(h->client);
	close(h->listener);
	free(h);
	return 0;
}

static void
secure(struct host *h, enum peer_play play)
{
	h->peer.play = play;
	peer_start(&h->peer);
	assert_int_equal(
	    conn_tls(&h->c, h->client, "relay.example", 1, in_ms(10000)), 0);
}

static void
sends_and_reads_through_tls(void **state)
{
	struct host *h = *state;
	char in[64];
	size_t got;

	secure(h, PEER_ECHO);
	assert_int_equal(h->c.wrote, 0);
	assert_int_equal(conn_put(&h->c, "EHLO me\r\n", 9), 9);
	assert_int_equal(conn_io(&h->c, in, sizeof(in), &got, in_ms(5000)), 0);
	assert_int_equal(got, 9);
	assert_memory_equal(in, "EHLO me\r\n", 9);
	assert_int_equal(h->c.wrote, 9); /* not what became of it */
	assert_int_equal(conn_io(&h->c, in, sizeof(in), &got, in_ms(20)), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_string_equal(conn_why(&h->c, ETIMEDOUT), "timed out");
	conn_close(&h->c);
	peer_end(&h->peer);
}

static void
reads_all_of_a_record_with_a_small_buffer(void **state)
{
	struct host *h = *state;
	char in[10], text[1000], back[1000];
	size_t got, at = 0;

	secure(h, PEER_ECHO);
	memset(text, 'a', sizeof(text));
	assert_int_equal(conn_put(&h->c, text, sizeof(text)), sizeof(text));
	while (at < sizeof(text)) {
		assert_int_equal(
		    conn_io(&h->c, in, sizeof(in), &got, in_ms(5000)), 0);
		assert_true(got <= sizeof(in));
		memcpy(back + at, in, got);
		at += got;
	}
	assert_memory_equal(text, back, sizeof(text));
	conn_close(&h->c);
	peer_end(&h->peer);
}

static void
keeps_both_directions_moving_through_tls(void **state)
{
	static char in[65536], out[65536];
	struct host *h = *state;
	size_t sent = 0, came = 0, got, n, k;

	secure(h, PEER_FLOOD);
	while (came < PEER_MUCH || h->c.wrote < PEER_MUCH) {
		do {
			n = PEER_MUCH - sent < sizeof(out) ? PEER_MUCH - sent
							   : sizeof(out);
			k = conn_put(&h->c, out, n);
			sent += k;
		} while (n > 0 && k == n);
		if (conn_io(&h->c, in, sizeof(in), &got, in_ms(9000)) < 0)
			break;
		came += got;
	}
	peer_end(&h->peer);
	assert_int_equal(came, PEER_MUCH);
	assert_int_equal(h->peer.count, PEER_MUCH);
}

static void
sends_a_body_from_a_file_through_tls(void **state)
{
	struct host *h = *state;
	int fd = memfd_create("body", MFD_CLOEXEC), r;
	char *text = malloc(PEER_MUCH), in[64];
	size_t i, got;

	assert_non_null(text);
	memset(text, 'x', PEER_MUCH);
	for (i = 62; i < PEER_MUCH; i += 64)
		memcpy(text + i, "\r\n", 2);
	assert_int_equal(write(fd, text, PEER_MUCH), PEER_MUCH);
	secure(h, PEER_SWALLOW);
	conn_body(&h->c, fd, 0, PEER_MUCH, CONN_PLAIN);
	while ((r = conn_fill(&h->c)) == 0)
		assert_int_equal(
		    conn_io(&h->c, in, sizeof(in), &got, in_ms(9000)), 0);
	assert_int_equal(r, 1);
	while (h->c.head < h->c.tail)
		conn_io(&h->c, in, sizeof(in), &got, in_ms(20));
	assert_int_equal(h->c.wrote, PEER_MUCH);
	conn_close(&h->c);
	peer_end(&h->peer);
	assert_int_equal(h->peer.count, PEER_MUCH);
	close(fd);
	free(text);
}

static void
bytes_sent_in_clear_before_it_end_the_handshake(void **state)
{
	struct host *h = *state;

	assert_int_equal(send(h->peer.fd, "250 injected\r\n", 14, 0), 14);
	assert_int_equal(
	    conn_tls(&h->c, h->client, "relay.example", 0, in_ms(5000)), -1);
	assert_int_equal(errno, EPROTO);
	assert_string_equal(conn_why(&h->c, EPROTO), "wrong version number");
	close(h->peer.fd);
}

static void
says_why_a_certificate_is_wrong(void **state)
{
	struct host *h = *state;

	peer_start(&h->peer);
	assert_int_equal(
	    conn_tls(&h->c, h->client, "mx.example", 1, in_ms(5000)), -1);
	assert_string_equal(conn_why(&h->c, errno),
	    "certificate verify failed: hostname mismatch: mx.example");
	conn_close(&h->c);
	assert_string_equal(conn_why(&h->c, EPROTO), "TLS failed");
	peer_end(&h->peer);
}

static void
waits_for_a_silent_host_until_the_deadline(void **state)
{
	struct host *h = *state;
	uint64_t start = clock_mono_ms();

	assert_int_equal(
	    conn_tls(&h->c, h->client, "relay.example", 0, in_ms(100)), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_true(clock_mono_ms() - start < 3000);
	close(h->peer.fd);
}

static void
begins_only_when_nothing_is_under_way(void **state)
{
	struct host *h = *state;

	assert_int_equal(conn_put(&h->c, "x", 1), 1);
	assert_int_equal(
	    conn_tls(&h->c, h->client, "relay.example", 0, in_ms(100)), -1);
	assert_int_equal(errno, EBUSY);
	h->c.tail = 0;
	secure(h, PEER_ECHO);
	assert_int_equal(
	    conn_tls(&h->c, h->client, "relay.example", 0, in_ms(100)), -1);
	assert_int_equal(errno, EBUSY);
	conn_close(&h->c);
	peer_end(&h->peer);
}

static void
a_stream_that_was_cut_off_is_no_end(void **state)
{
	struct host *h = *state;
	char in[64];
	size_t got;

	secure(h, PEER_HUNG_UP);
	assert_int_equal(conn_io(&h->c, in, sizeof(in), &got, in_ms(5000)), 0);
	assert_int_equal(got, 5);
	assert_int_equal(conn_io(&h->c, in, sizeof(in), &got, in_ms(5000)), -1);
	assert_int_equal(errno, EPIPE);
	assert_non_null(strstr(conn_why(&h->c, errno), "unexpected eof"));
	peer_end(&h->peer);
}

static void
leaves_no_password_behind(void **state)
{
	struct host *h = *state;
	char in[64];
	size_t got;

	secure(h, PEER_ECHO);
	conn_put(&h->c, "AUTH PLAIN secret", 17);
	assert_int_equal(conn_io(&h->c, in, sizeof(in), &got, in_ms(5000)), 0);
	conn_close(&h->c);
	assert_null(memmem(h->c.queue, CONN_QUEUE, "secret", 6));
	peer_end(&h->peer);
}

static void
connects_from_an_address_of_ours(void **state)
{
	struct host *h = *state;
	struct sockaddr_in from = {0};
	socklen_t len = sizeof(from);
	unsigned port = h->c.port;
	struct conn c;
	int fd;

	close(h->peer.fd);
	conn_init(&c);
	assert_int_equal(
	    conn_open_from(&c, "127.0.0.1", port, "127.0.0.9", in_ms(5000)), 0);
	fd = accept4(h->listener, (struct sockaddr *)&from, &len, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ntohl(from.sin_addr.s_addr), 0x7f000009);
	close(fd);
	assert_int_equal(
	    conn_open_from(&c, "127.0.0.1", port, "::1", in_ms(5000)), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
	assert_int_equal(
	    conn_open_from(&c, "127.0.0.1", port, "192.0.2.1", in_ms(5000)),
	    -1);
	assert_int_equal(errno, EADDRNOTAVAIL);
	assert_int_equal(
	    conn_open_from(&c, "127.0.0.1", port, "me", in_ms(5000)), -1);
	assert_int_equal(errno, EINVAL);
	conn_free(&c);
}

#define with_host(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    with_host(sends_and_reads_through_tls),
	    with_host(reads_all_of_a_record_with_a_small_buffer),
	    with_host(keeps_both_directions_moving_through_tls),
	    with_host(sends_a_body_from_a_file_through_tls),
	    with_host(bytes_sent_in_clear_before_it_end_the_handshake),
	    with_host(says_why_a_certificate_is_wrong),
	    with_host(waits_for_a_silent_host_until_the_deadline),
	    with_host(begins_only_when_nothing_is_under_way),
	    with_host(a_stream_that_was_cut_off_is_no_end),
	    with_host(leaves_no_password_behind),
	    with_host(connects_from_an_address_of_ours),
	};

	return cmocka_run_group_tests(tests, make_certs, free_certs);
}
