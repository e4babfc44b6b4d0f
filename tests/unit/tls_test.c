#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/tls.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tlspeer.h"

/* A root that the client trusts, one it does not, and what they signed. */
static struct cert root, stranger, middle;
static struct cert good, expired, early, self, unknown, other, ip, chained;

static const struct cert_order of_root = {.common = "Test Root", .ca = 1};

static int
make_certs(void **state)
{
	cert_make(&root, &of_root);
	cert_make(
	    &stranger, &(struct cert_order){.common = "Elsewhere", .ca = 1});
	cert_make(&middle,
	    &(struct cert_order){.common = "Middle", .ca = 1, .issuer = &root});
	cert_make(&good,
	    &(struct cert_order){.common = "relay",
		.names = "DNS:relay.example,DNS:*.wild.example",
		.issuer = &root});
	cert_make(&expired,
	    &(struct cert_order){.common = "relay",
		.names = "DNS:relay.example",
		.issuer = &root,
		.from_s = -7200,
		.until_s = -3600});
	cert_make(&early,
	    &(struct cert_order){.common = "relay",
		.names = "DNS:relay.example",
		.issuer = &root,
		.from_s = 3600,
		.until_s = 7200});
	cert_make(&self,
	    &(struct cert_order){
		.common = "relay.example", .names = "DNS:relay.example"});
	cert_make(&unknown,
	    &(struct cert_order){.common = "relay",
		.names = "DNS:relay.example",
		.issuer = &stranger});
	cert_make(&other,
	    &(struct cert_order){.common = "relay.example",
		.names = "DNS:other.example",
		.issuer = &root});
	cert_make(&ip,
	    &(struct cert_order){.common = "relay",
		.names = "IP:192.0.2.1,IP:2001:db8::1",
		.issuer = &root});
	cert_make(&chained,
	    &(struct cert_order){.common = "relay",
		.names = "DNS:relay.example",
		.issuer = &middle});
	if (scratch_enter(state) < 0)
		return -1;
	cert_save(&root, "ca.pem");
	return 0;
}

static int
free_certs(void **state)
{
	struct cert *all[] = {&root, &stranger, &middle, &good, &expired,
	    &early, &self, &unknown, &other, &ip, &chained};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(struct cert *); i++)
		cert_free(all[i]);
	return scratch_leave(state);
}

/* Both ends. */
struct pair {
	struct tls_client *client;
	struct tls *tls;
	struct peer peer;
	int fd;
};

static struct tls_client *
new_client(void)
{
	char why[TLS_WHY_MAX];
	struct tls_client *c = tls_client_new("ca.pem", why);

	assert_non_null(c);
	return c;
}

/* Wait for what TLS waits for; 0 after 10 s. */
static int
wait_for(const struct pair *p)
{
	struct pollfd f = {.fd = p->fd, .events = tls_events(p->tls)};

	assert_true(f.events == POLLIN || f.events == POLLOUT);
	return poll(&f, 1, 10000);
}

static int
shake_hands(struct pair *p)
{
	int r;

	while ((r = tls_handshake(p->tls)) == 0)
		assert_int_equal(wait_for(p), 1);
	return r;
}

/* A handshake as of a new connection; p->client stays over several. */
static int
meet(struct pair *p, const char *host, int verify)
{
	int fd[2], r, err;

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	if (p->client == NULL)
		p->client = new_client();
	p->fd = fd[0];
	p->peer.fd = fd[1];
	peer_start(&p->peer);
	p->tls = tls_new(p->client, p->fd, host, 25, verify);
	assert_non_null(p->tls);
	r = shake_hands(p);
	err = errno;
	if (r == 1)
		assert_string_equal(tls_why(p->tls), "");
	errno = err;
	return r;
}

static void
part(struct pair *p)
{
	tls_free(p->tls);
	p->tls = NULL;
	close(p->fd);
	peer_end(&p->peer);
}

static void
forget(struct pair *p)
{
	peer_free(&p->peer);
	tls_client_free(p->client);
	p->client = NULL;
}

/* Read exactly n bytes. */
static void
expect(struct pair *p, const char *text, size_t n)
{
	char buf[64];
	size_t at = 0;
	ssize_t k;

	while (at < n) {
		k = tls_read(p->tls, buf + at, n - at);
		if (k < 0) {
			assert_int_equal(errno, EAGAIN);
			assert_int_equal(wait_for(p), 1);
		} else {
			assert_true(k > 0);
			at += (size_t)k;
		}
	}
	assert_memory_equal(buf, text, n);
}

static void
say(struct pair *p, const char *text, size_t n)
{
	ssize_t k;

	while ((k = tls_write(p->tls, text, n)) < 0) {
		assert_int_equal(errno, EAGAIN);
		assert_int_equal(wait_for(p), 1);
	}
	assert_int_equal(k, n);
}

/* The errno and reading of the end of a stream. */
static ssize_t
last_read(struct pair *p)
{
	char buf[16];
	ssize_t k;

	while ((k = tls_read(p->tls, buf, sizeof(buf))) < 0 && errno == EAGAIN)
		assert_int_equal(wait_for(p), 1);
	return k;
}

static void
speaks_tls_with_a_host_it_can_verify(void **state)
{
	struct pair p = {.peer = {.cert = &good}};
	struct tls_facts f;

	(void)state;
	assert_int_equal(meet(&p, "relay.example", 1), 1);
	say(&p, "EHLO me\r\n", 9);
	expect(&p, "EHLO me\r\n", 9);
	tls_facts(p.tls, &f);
	assert_string_equal(f.version, "TLSv1.3");
	assert_true(strlen(f.cipher) > 0);
	assert_int_equal(f.verified, 1);
	assert_int_equal(f.resumed, 0);
	assert_string_equal(f.subject, "CN=relay");
	assert_string_equal(f.issuer, "CN=Test Root");
	assert_int_equal(strlen(f.from), 23);
	assert_int_equal(strlen(f.until), 23);
	assert_true(strcmp(f.from, f.until) < 0);
	part(&p);
	assert_true(p.peer.ok);
	assert_string_equal(p.peer.name, "relay.example");
	forget(&p);
}

/* What a certificate may be, with verify and without it. */
static const struct {
	const struct cert *cert;
	const char *host;
	const char *why; /* part of the reason; NULL: it is right */
} certificates[] = {
    {&good, "relay.example", NULL},
    {&good, "RELAY.example", NULL},
    {&good, "mx.wild.example", NULL},
    {&good, "a.mx.wild.example", "hostname mismatch: a.mx.wild.example"},
    {&good, "192.0.2.1", "IP address mismatch: 192.0.2.1"},
    {&expired, "relay.example", "certificate has expired"},
    {&early, "relay.example", "certificate is not yet valid"},
    {&self, "relay.example", "self-signed certificate"},
    {&unknown, "relay.example", "self-signed certificate in certificate chain"},
    {&other, "relay.example", "hostname mismatch: relay.example"},
    {&ip, "192.0.2.1", NULL},
    {&ip, "2001:db8::1", NULL},
    {&ip, "192.0.2.2", "IP address mismatch"},
    {&chained, "relay.example", NULL},
};

static void
verify_ends_it_when_a_certificate_is_wrong(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(certificates) / sizeof(*certificates); i++) {
		struct pair p = {.peer = {.cert = certificates[i].cert}};
		const char *why = certificates[i].why;
		int r = meet(&p, certificates[i].host, 1), err = errno;

		assert_int_equal(r, why == NULL ? 1 : -1);
		if (why != NULL) {
			assert_int_equal(err, EPROTO);
			assert_non_null(strstr(
			    tls_why(p.tls), "certificate verify failed: "));
			assert_non_null(strstr(tls_why(p.tls), why));
		}
		part(&p);
		forget(&p);
	}
}

static void
without_verify_it_goes_on_and_tells(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(certificates) / sizeof(*certificates); i++) {
		struct pair p = {.peer = {.cert = certificates[i].cert}};
		struct tls_facts f;

		assert_int_equal(meet(&p, certificates[i].host, 0), 1);
		say(&p, "NOOP", 4);
		expect(&p, "NOOP", 4);
		tls_facts(p.tls, &f);
		assert_int_equal(f.verified, certificates[i].why == NULL);
		assert_int_equal(f.not_why[0] == '\0', f.verified);
		part(&p);
		forget(&p);
	}
}

static void
an_address_is_not_asked_for_by_name(void **state)
{
	struct pair p = {.peer = {.cert = &ip}};

	(void)state;
	assert_int_equal(meet(&p, "192.0.2.1", 1), 1);
	part(&p);
	assert_string_equal(p.peer.name, "");
	forget(&p);
}

static void
tls_1_2_is_the_oldest_version(void **state)
{
	static const struct {
		int max;
		const char *version;
	} table[] = {
	    {TLS1_VERSION, NULL},
	    {TLS1_1_VERSION, NULL},
	    {TLS1_2_VERSION, "TLSv1.2"},
	    {TLS1_3_VERSION, "TLSv1.3"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct pair p = {.peer = {.cert = &good,
				     .min = TLS1_VERSION,
				     .max = table[i].max}};
		int r = meet(&p, "relay.example", 0);

		assert_int_equal(r, table[i].version != NULL ? 1 : -1);
		if (r < 0)
			assert_non_null(strstr(tls_why(p.tls), "version"));
		part(&p);
		if (r > 0)
			assert_string_equal(p.peer.version, table[i].version);
		forget(&p);
	}
}

static void
what_is_no_tls_ends_the_handshake(void **state)
{
	static const char *const texts[] = {
	    "250 2.0.0 injected\r\n", "220 again\r\n", "\0\0\0\0\0\0\0\0"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct pair p = {.client = new_client()};
		int fd[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
		p.fd = fd[0];
		p.tls = tls_new(p.client, p.fd, "relay.example", 25, 0);
		assert_non_null(p.tls);
		assert_int_equal(write(fd[1], texts[i], 8), 8);
		assert_int_equal(shake_hands(&p), -1);
		assert_int_equal(errno, EPROTO);
		assert_string_equal(tls_why(p.tls), "wrong version number");
		tls_free(p.tls);
		tls_client_free(p.client);
		close(fd[0]);
		close(fd[1]);
	}
}

static void
a_close_in_the_handshake_is_no_signal(void **state)
{
	struct pair p = {.client = new_client()};
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	p.fd = fd[0];
	p.tls = tls_new(p.client, p.fd, "relay.example", 25, 1);
	assert_non_null(p.tls);
	assert_int_equal(tls_handshake(p.tls), 0);
	assert_int_equal(tls_events(p.tls), POLLIN);
	close(fd[1]);
	assert_int_equal(shake_hands(&p), -1);
	assert_true(errno == EPIPE || errno == ECONNRESET);
	assert_true(strlen(tls_why(p.tls)) > 0);
	tls_free(p.tls);
	/* and before it: the first byte cannot be sent */
	p.tls = tls_new(p.client, p.fd, "relay.example", 25, 1);
	assert_non_null(p.tls);
	assert_int_equal(shake_hands(&p), -1);
	assert_int_equal(errno, EPIPE);
	assert_string_equal(tls_why(p.tls), "closed by the other side");
	tls_free(p.tls);
	tls_client_free(p.client);
	close(fd[0]);
}

static void
a_huge_chain_ends_the_handshake(void **state)
{
	struct pair p = {.peer = {.max = TLS1_2_VERSION}};
	struct cert fat;
	int v;

	(void)state;
	cert_make(&fat,
	    &(struct cert_order){.common = "relay",
		.names = "DNS:relay.example",
		.issuer = &root,
		.padding = TLS_CHAIN_MAX});
	p.peer.cert = &fat;
	for (v = 0; v < 2; v++) { /* both versions */
		p.peer.max = v == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
		assert_int_equal(meet(&p, "relay.example", 0), -1);
		assert_int_equal(errno, EPROTO);
		assert_non_null(
		    strstr(tls_why(p.tls), "excessive message size"));
		part(&p);
		forget(&p);
	}
	cert_free(&fat);
}

static void
a_deep_chain_is_not_verified(void **state)
{
	struct cert step[12], leaf;
	struct pair p = {.peer = {.cert = &leaf}};
	size_t i;

	(void)state;
	for (i = 0; i < 12; i++)
		cert_make(&step[i],
		    &(struct cert_order){.common = "step",
			.ca = 1,
			.issuer = i > 0 ? &step[i - 1] : &root});
	cert_make(&leaf,
	    &(struct cert_order){.common = "relay",
		.names = "DNS:relay.example",
		.issuer = &step[11]});
	assert_int_equal(meet(&p, "relay.example", 1), -1);
	assert_non_null(strstr(tls_why(p.tls), "certificate verify failed"));
	part(&p);
	forget(&p);
	cert_free(&leaf);
	for (i = 0; i < 12; i++)
		cert_free(&step[i]);
}

static void
uses_a_session_once_more_at_the_same_host_only(void **state)
{
	int v;

	(void)state;
	for (v = 0; v < 2; v++) {
		struct pair p = {
		    .peer = {.cert = &good,
			.max = v == 0 ? TLS1_2_VERSION : TLS1_3_VERSION}};
		struct tls_facts f;
		int i;

		for (i = 0; i < 4; i++) {
			assert_int_equal(meet(&p, "relay.example", 1), 1);
			say(&p, "NOOP", 4);
			expect(&p, "NOOP", 4); /* tickets come before it */
			tls_facts(p.tls, &f);
			assert_int_equal(f.resumed, i > 0);
			assert_int_equal(f.verified, 1);
			part(&p);
			assert_int_equal(p.peer.resumed, i > 0);
		}
		/* a session without a check is none for one with it */
		assert_int_equal(meet(&p, "relay.example", 0), 1);
		part(&p);
		assert_int_equal(p.peer.resumed, 0);
		assert_int_equal(meet(&p, "mx.wild.example", 1), 1);
		part(&p);
		assert_int_equal(p.peer.resumed, 0);
		forget(&p);
	}
}

static void
more_hosts_than_sessions_are_kept_do_no_harm(void **state)
{
	struct pair p = {.peer = {.cert = &good}};
	char host[32];
	int i;

	(void)state;
	for (i = 0; i < 2 * TLS_SESSIONS + 3; i++) {
		snprintf(host, sizeof(host), "h%d.wild.example", i);
		assert_int_equal(meet(&p, host, 1), 1);
		say(&p, "NOOP", 4);
		expect(&p, "NOOP", 4);
		part(&p);
	}
	assert_int_equal(meet(&p, host, 1), 1);
	part(&p);
	assert_int_equal(p.peer.resumed, 1);
	forget(&p);
}

static void
tells_the_end_of_a_stream_from_one_cut_off(void **state)
{
	struct pair p = {.peer = {.cert = &good, .play = PEER_GOODBYE}};
	struct pair q = {.peer = {.cert = &good, .play = PEER_HUNG_UP}};

	(void)state;
	assert_int_equal(meet(&p, "relay.example", 1), 1);
	expect(&p, "hello", 5);
	assert_int_equal(last_read(&p), 0);
	part(&p);
	forget(&p);
	assert_int_equal(meet(&q, "relay.example", 1), 1);
	expect(&q, "hello", 5);
	assert_int_equal(last_read(&q), -1);
	assert_int_equal(errno, EPIPE);
	assert_non_null(strstr(tls_why(q.tls), "unexpected eof"));
	/* and writing to it afterwards raises no signal */
	assert_int_equal(tls_write(q.tls, "x", 1), -1);
	assert_non_null(strstr(tls_why(q.tls), "unexpected eof"));
	part(&q);
	forget(&q);
}

static void
does_not_renegotiate(void **state)
{
	struct pair p = {.peer = {.cert = &good,
			     .max = TLS1_2_VERSION,
			     .play = PEER_RENEGOTIATE}};

	(void)state;
	assert_int_equal(meet(&p, "relay.example", 1), 1);
	/* it is told so, which the other end takes for the end */
	assert_true(last_read(&p) <= 0);
	part(&p);
	assert_true(p.peer.ok);
	forget(&p);
}

static void
takes_new_keys_at_any_time(void **state)
{
	struct pair p = {.peer = {.cert = &good, .play = PEER_UPDATE_KEY}};
	int i;

	(void)state;
	assert_int_equal(meet(&p, "relay.example", 1), 1);
	for (i = 0; i < 20; i++) {
		say(&p, "EHLO me\r\n", 9);
		expect(&p, "EHLO me\r\n", 9);
	}
	part(&p);
	forget(&p);
}

static void
a_full_kernel_is_told_and_the_same_bytes_go_on(void **state)
{
	struct pair p = {.peer = {.cert = &good, .play = PEER_SWALLOW}};
	char *text = calloc(1, PEER_MUCH), *moved = calloc(1, PEER_MUCH);
	size_t at = 0, full = 0;

	(void)state;
	assert_non_null(text);
	assert_non_null(moved);
	assert_int_equal(meet(&p, "relay.example", 1), 1);
	while (at < PEER_MUCH) {
		/* the rest may lie elsewhere after EAGAIN */
		ssize_t k = tls_write(
		    p.tls, (full & 1 ? moved : text) + at, PEER_MUCH - at);

		if (k < 0) {
			assert_int_equal(errno, EAGAIN);
			assert_int_equal(wait_for(&p), 1);
			full++;
		} else {
			assert_true(k > 0);
			at += (size_t)k;
		}
	}
	assert_true(full > 0);
	part(&p);
	assert_int_equal(p.peer.count, PEER_MUCH);
	forget(&p);
	free(text);
	free(moved);
}

static void
memory_does_not_grow_with_connections(void **state)
{
	struct pair p = {.peer = {.cert = &good}};
	size_t before = 0, after;
	int i;

	(void)state;
	for (i = 0; i < 120; i++) {
		assert_int_equal(meet(&p, "relay.example", 1), 1);
		say(&p, "NOOP", 4);
		expect(&p, "NOOP", 4);
		part(&p);
		if (i == 19)
			before = mallinfo2().uordblks;
	}
	after = mallinfo2().uordblks;
	/* both ends live here; the sanitizers count nothing */
	assert_true(after <= before + 65536);
	forget(&p);
}

static void
says_what_is_wrong_with_a_file_of_certificates(void **state)
{
	char why[TLS_WHY_MAX];

	(void)state;
	assert_null(tls_client_new("absent.pem", why));
	assert_int_equal(errno, EINVAL);
	assert_true(strlen(why) > 0);
	assert_int_equal(scratch_file("no.pem", "no certificate\n", 15), 0);
	assert_null(tls_client_new("no.pem", why));
	assert_int_equal(errno, EINVAL);
	assert_true(strlen(why) > 0);
	tls_client_free(NULL);
	tls_free(NULL);
}

static void
a_host_without_a_name_is_an_error(void **state)
{
	struct tls_client *c = new_client();
	char name[TLS_HOST_MAX + 2];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_null(tls_new(c, 0, "", 25, 0));
	assert_int_equal(errno, EINVAL);
	assert_null(tls_new(c, 0, name, 25, 0));
	assert_int_equal(errno, EINVAL);
	tls_client_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(speaks_tls_with_a_host_it_can_verify),
	    cmocka_unit_test(verify_ends_it_when_a_certificate_is_wrong),
	    cmocka_unit_test(without_verify_it_goes_on_and_tells),
	    cmocka_unit_test(an_address_is_not_asked_for_by_name),
	    cmocka_unit_test(tls_1_2_is_the_oldest_version),
	    cmocka_unit_test(what_is_no_tls_ends_the_handshake),
	    cmocka_unit_test(a_close_in_the_handshake_is_no_signal),
	    cmocka_unit_test(a_huge_chain_ends_the_handshake),
	    cmocka_unit_test(a_deep_chain_is_not_verified),
	    cmocka_unit_test(uses_a_session_once_more_at_the_same_host_only),
	    cmocka_unit_test(more_hosts_than_sessions_are_kept_do_no_harm),
	    cmocka_unit_test(tells_the_end_of_a_stream_from_one_cut_off),
	    cmocka_unit_test(does_not_renegotiate),
	    cmocka_unit_test(takes_new_keys_at_any_time),
	    cmocka_unit_test(a_full_kernel_is_told_and_the_same_bytes_go_on),
	    cmocka_unit_test(memory_does_not_grow_with_connections),
	    cmocka_unit_test(says_what_is_wrong_with_a_file_of_certificates),
	    cmocka_unit_test(a_host_without_a_name_is_an_error),
	};

	return cmocka_run_group_tests(tests, make_certs, free_certs);
}
