#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/tlscert.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tlspeer.h"

static struct cert root, stranger;

static int
make_roots(void **state)
{
	cert_make(&root, &(struct cert_order){.common = "Root", .ca = 1});
	cert_make(
	    &stranger, &(struct cert_order){.common = "Stranger", .ca = 1});
	if (scratch_enter(state) < 0)
		return -1;
	cert_save(&root, "ca.pem");
	return 0;
}

static int
free_roots(void **state)
{
	cert_free(&root);
	cert_free(&stranger);
	return scratch_leave(state);
}

/* A certificate, and what is seen of it over a connection to a host. */
static void
look(struct tlscert *c, const struct cert_order *order, const char *host)
{
	char why[TLS_WHY_MAX];
	struct cert cert;
	struct peer peer = {.cert = &cert};
	struct tls_client *client = tls_client_new("ca.pem", why);
	struct tls *tls;
	int fd[2], r;

	assert_non_null(client);
	cert_make(&cert, order);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	peer.fd = fd[1];
	peer_start(&peer);
	tls = tls_new(client, fd[0], host, 25, 0);
	assert_non_null(tls);
	while ((r = tls_handshake(tls)) == 0) {
		struct pollfd p = {.fd = fd[0], .events = tls_events(tls)};

		assert_int_equal(poll(&p, 1, 10000), 1);
	}
	assert_int_equal(r, 1);
	assert_int_equal(tlscert_look(c, tls, host), 1);
	tls_free(tls);
	close(fd[0]);
	peer_end(&peer);
	peer_free(&peer);
	tls_client_free(client);
	cert_free(&cert);
}

static void
expect(const struct cert_order *order, const char *host, const char *names,
    const char *name_why, const char *chain_why)
{
	struct tlscert c = {.names = {0}};

	look(&c, order, host);
	assert_int_equal(c.names.len, strlen(names));
	assert_memory_equal(c.names.s ? c.names.s : "", names, c.names.len);
	assert_string_equal(c.name_why, name_why);
	assert_string_equal(c.chain_why, chain_why);
	tlscert_free(&c);
	tlscert_free(&c);
}

static void
finds_nothing_wrong_with_a_good_one(void **state)
{
	(void)state;
	expect(&(struct cert_order){.common = "relay",
		   .names = "DNS:relay.example,DNS:*.wild.example,IP:192.0.2.1,"
			    "IP:2001:db8::1",
		   .issuer = &root},
	    "relay.example",
	    "relay.example\n*.wild.example\n192.0.2.1\n2001:db8::1\n", "", "");
	expect(&(struct cert_order){.common = "relay",
		   .names = "DNS:*.wild.example",
		   .issuer = &root},
	    "a.wild.example", "*.wild.example\n", "", "");
	expect(
	    &(struct cert_order){
		.common = "relay", .names = "IP:2001:db8::1", .issuer = &root},
	    "2001:db8::1", "2001:db8::1\n", "", "");
}

static void
tells_a_wrong_name_from_a_wrong_chain(void **state)
{
	const struct cert_order right = {.common = "relay",
				    .names = "DNS:relay.example",
				    .issuer = &root},
				expired = {.common = "relay",
				    .names = "DNS:relay.example",
				    .issuer = &root,
				    .from_s = -7200,
				    .until_s = -3600},
				unknown = {.common = "relay",
				    .names = "DNS:relay.example",
				    .issuer = &stranger},
				self = {.common = "relay.example"};

	(void)state;
	expect(&right, "other.example", "relay.example\n", "hostname mismatch",
	    "");
	expect(
	    &right, "192.0.2.1", "relay.example\n", "IP address mismatch", "");
	expect(&expired, "relay.example", "relay.example\n", "",
	    "certificate has expired");
	expect(&unknown, "relay.example", "relay.example\n", "",
	    "self-signed certificate in certificate chain");
	expect(&unknown, "other.example", "relay.example\n",
	    "hostname mismatch",
	    "self-signed certificate in certificate chain");
	expect(&self, "relay.example", "", "", "self-signed certificate");
}

static void
shows_no_control_bytes_of_a_name(void **state)
{
	(void)state;
	expect(&(struct cert_order){.common = "relay",
		   .names = "DNS:a\033[2J\303\251.example",
		   .issuer = &root},
	    "relay.example", "a?[2J??.example\n", "hostname mismatch", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_nothing_wrong_with_a_good_one),
	    cmocka_unit_test(tells_a_wrong_name_from_a_wrong_chain),
	    cmocka_unit_test(shows_no_control_bytes_of_a_name),
	};

	return cmocka_run_group_tests(tests, make_roots, free_roots);
}
