#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/siteload.h"
#include "tests/unit/scratch.h"
#include "tests/unit/sitetext.h"

#define BASE "NODE=n.example\nPOSTMASTER=a@n.example\n"

static int
trusts(const struct site *s, const char *address)
{
	return site_trusts(s, bytes_z(address));
}

static void
trusts_no_server_by_default(void **state)
{
	struct site s;

	(void)state;
	sitetext_apply(BASE);
	assert_int_equal(site_read(&s, "."), 0);
	assert_string_equal(s.dist2_unsigned, "");
	assert_false(trusts(&s, "LISTSERV@cearn.example"));
	assert_false(trusts(&s, ""));
	assert_false(trusts(&s, "@"));
	assert_int_equal(s.peer_maxsize, 7 << 20);
	site_free(&s);
}

static void
allows_those_of_dist_allowed_users_to_distribute(void **state)
{
	struct site s;

	(void)state;
	sitetext_apply(BASE);
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.dist_security, 1);
	assert_false(site_dist_allows(&s, bytes_z("joe@x.example")));
	site_free(&s);
	sitetext_apply(BASE "DIST_SECURITY=0\n"
			    "DIST_ALLOWED_USERS=\"jim@x.example "
			    "Joe@X.Example\"\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.dist_security, 0);
	assert_true(site_dist_allows(&s, bytes_z("joe@x.example")));
	assert_true(site_dist_allows(&s, bytes_z("jim@x.example")));
	assert_false(site_dist_allows(&s, bytes_z("x.example")));
	assert_false(site_dist_allows(&s, bytes_z("jo@x.example")));
	site_free(&s);
}

static void
trusts_servers_by_host_and_by_address(void **state)
{
	struct site s;

	(void)state;
	sitetext_apply(BASE "DIST2_UNSIGNED=\"cearn.example "
			    "LISTSERV@Dearn.Example\"\nPEER_MAXSIZE=100K\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.peer_maxsize, 100 << 10);
	assert_true(trusts(&s, "LISTSERV@cearn.example"));
	assert_true(trusts(&s, "anybody@CEARN.EXAMPLE"));
	assert_true(trusts(&s, "listserv@dearn.example"));
	assert_false(trusts(&s, "joe@dearn.example"));
	assert_false(trusts(&s, "LISTSERV@x.cearn.example"));
	assert_false(trusts(&s, "LISTSERV@cearn.example.org"));
	assert_false(trusts(&s, "cearn.example"));
	assert_false(trusts(&s, "LISTSERV@"));
	assert_false(trusts(&s, "\"x@cearn.example\"@y.example"));
	assert_true(trusts(&s, "\"x@y\"@cearn.example"));
	site_free(&s);
}

static void
takes_hosts_and_addresses_and_nothing_else(void **state)
{
	(void)state;
	sitetext_expect(BASE "DIST2_UNSIGNED=\"a.example b@c.example\"\n", "");
	sitetext_expect(BASE "DIST2_UNSIGNED=\"a.example, b.example\"\n",
	    "3:26 error DIST2_UNSIGNED: items are separated by blanks, "
	    "not by ','; it must be mail addresses or full names of hosts, "
	    "separated by blanks\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_enter, scratch_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(trusts_no_server_by_default),
	    TEST(trusts_servers_by_host_and_by_address),
	    TEST(allows_those_of_dist_allowed_users_to_distribute),
	    TEST(takes_hosts_and_addresses_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
