#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "lib/network.h"

static const struct netplace nowhere = {NETWORK_NONE, 0};

static uint32_t
node(struct network *n, const char *name)
{
	uint32_t number = NETWORK_NONE;

	assert_int_equal(network_add_node(n, &number, bytes_z(name),
			     NETWORK_NODE_COST, nowhere),
	    0);
	return number;
}

static void
refuses(int r, int err)
{
	int e = errno;

	assert_int_equal(r, -1);
	assert_int_equal(e, err);
}

static void
assert_text(const struct network *n, struct nettext t, const char *want)
{
	assert_true(bytes_eq(network_text(n, t), want));
}

static void
a_node_is_found_in_any_case(void **state)
{
	struct network n = {0};
	uint32_t a = node(&n, "cearn"), b = node(&n, "lists.Example.org"), x;

	(void)state;
	assert_text(&n, n.node[a].name, "CEARN");
	assert_text(&n, n.node[b].name, "LISTS.EXAMPLE.ORG");
	assert_int_equal(network_node(&n, bytes_z("CEarn")), a);
	assert_int_equal(network_node(&n, bytes_z("LISTS.example.ORG")), b);
	assert_int_equal(network_node(&n, bytes_z("CEAR")), NETWORK_NONE);
	assert_int_equal(network_node(&n, bytes_z("")), NETWORK_NONE);
	refuses(network_add_node(&n, &x, bytes_z("CEARN"), 1, nowhere), EEXIST);
	assert_int_equal(x, a);
	refuses(network_add_node(&n, &x, bytes_z("CEARN.BITNET"), 1, nowhere),
	    EEXIST);
	refuses(network_add_node(&n, &x, bytes_z("1A"), 1, nowhere), EINVAL);
	refuses(network_add_node(&n, &x, bytes_z(""), 1, nowhere), EINVAL);
	network_free(&n);
	assert_int_equal(network_node(&n, bytes_z("CEARN")), NETWORK_NONE);
}

static void
a_domain_belongs_to_the_first_that_has_it(void **state)
{
	struct network n = {0};
	uint32_t a = node(&n, "A"), b = node(&n, "B"), x = 9;

	(void)state;
	assert_int_equal(
	    network_add_domain(&n, NULL, bytes_z("*.CH"), a, nowhere), 0);
	assert_int_equal(
	    network_add_domain(&n, &x, bytes_z("Cern.CH"), a, nowhere), 0);
	assert_int_equal(x, 1);
	assert_int_equal(n.node[a].domain, 1);
	assert_text(&n, n.domain[0].name, "*.ch");
	assert_int_equal(n.domain[0].suffix, 1);
	assert_int_equal(n.domain[1].suffix, 0);
	refuses(
	    network_add_domain(&n, &x, bytes_z("*.ch"), b, nowhere), EEXIST);
	assert_int_equal(x, 0);
	assert_int_equal(n.domain[0].node, a);
	assert_int_equal(n.node[b].domain, NETWORK_NONE);
	refuses(network_add_domain(&n, &x, bytes_z("ch"), b, nowhere), EINVAL);
	refuses(network_add_domain(&n, &x, bytes_z("*"), b, nowhere), EINVAL);
	refuses(network_add_domain(&n, &x, bytes_z("a.b"), 7, nowhere), EINVAL);
	network_free(&n);
}

static void
host(const struct network *n, const char *name, const char *want, int decided)
{
	uint32_t d, v = network_host(n, bytes_z(name), &d);

	if (!want) {
		assert_int_equal(v, NETWORK_NONE);
		return;
	}
	assert_int_not_equal(v, NETWORK_NONE);
	assert_text(n, n->node[v].name, want);
	assert_int_equal(d == NETWORK_NONE ? -1 : (int)d, decided);
}

static void
the_domain_wins_then_the_longest_suffix(void **state)
{
	struct network n = {0};

	(void)state;
	node(&n, "A");
	node(&n, "B");
	node(&n, "C");
	network_add_domain(&n, NULL, bytes_z("*.example"), 0, nowhere);
	network_add_domain(&n, NULL, bytes_z("*.cern.example"), 1, nowhere);
	network_add_domain(&n, NULL, bytes_z("www.cern.example"), 2, nowhere);
	host(&n, "x.example", "A", 0);
	host(&n, "EXAMPLE", "A", 0);
	host(&n, "cern.example", "B", 1);
	host(&n, "a.b.Cern.Example", "B", 1);
	host(&n, "www.CERN.example", "C", 2);
	host(&n, "a.www.cern.example", "B", 1);
	host(&n, "xcern.example", "A", 0);
	host(&n, "example.org", NULL, 0);
	host(&n, "", NULL, 0);
	host(&n, ".", NULL, 0);
	host(&n, "*.example", "A", 0);
	host(&n, "A", "A", -1);
	host(&n, "a.bitnet", "A", -1);
	host(&n, ".bitnet", NULL, 0);
	host(&n, "X.bitnet", NULL, 0);
	network_add_domain(&n, NULL, bytes_z("*.bitnet"), 1, nowhere);
	network_add_domain(&n, NULL, bytes_z("y.bitnet"), 2, nowhere);
	host(&n, "A.bitnet", "A", -1);
	host(&n, "X.bitnet", "B", 3);
	host(&n, "Y.bitnet", "C", 4);
	network_free(&n);
}

static void
a_host_of_any_length_may_be_asked_for(void **state)
{
	struct network n = {0};
	char name[2000];

	(void)state;
	memset(name, 'a', sizeof name);
	node(&n, "A");
	for (size_t len = 250; len < sizeof name; len += len < 270 ? 1 : 100)
		assert_int_equal(
		    network_host(&n, (struct bytes){name, len}, NULL),
		    NETWORK_NONE);
	network_free(&n);
}

static void
a_server_has_a_name_an_index_and_a_host(void **state)
{
	struct network n = {0};
	struct netpeer_new p = {.name = bytes_z("cearn"),
	    .host = bytes_z("LISTSERV.Cern.Example"),
	    .key = bytes_z("ed25519:Ab"),
	    .index = 12,
	    .backbone = 7,
	    .place = nowhere};
	uint32_t x;

	(void)state;
	refuses(network_add_peer(&n, &x, &p), EINVAL); /* no such node */
	node(&n, "CEARN");
	node(&n, "OTHER");
	assert_int_equal(network_add_peer(&n, &x, &p), 0);
	assert_int_equal(x, 0);
	assert_text(&n, n.peer[0].name, "CEARN");
	assert_text(&n, n.peer[0].userid, "LISTSERV");
	assert_text(&n, n.peer[0].host, "listserv.cern.example");
	assert_text(&n, n.peer[0].key, "ed25519:Ab");
	assert_int_equal(n.peer[0].backbone, 1);
	host(&n, "listserv.cern.example", "CEARN", 0);
	assert_int_equal(network_peer(&n, bytes_z("CEarn")), 0);
	refuses(network_add_peer(&n, &x, &p), EEXIST);

	p.name = bytes_z("TWO");
	p.node = 1; /* its host stays with the first */
	refuses(network_add_peer(&n, &x, &p), EADDRINUSE);
	assert_int_equal(x, 1);
	assert_int_equal(n.peer[1].index, 0);
	host(&n, "listserv.cern.example", "CEARN", 0);
	host(&n, "two", "OTHER", -1);

	p.name = bytes_z("THREE");
	p.index = NETWORK_INDEX_MAX + 1;
	refuses(network_add_peer(&n, &x, &p), EINVAL);
	p.index = 0;
	refuses(network_add_peer(&n, &x, &p), EINVAL);
	p.index = NETWORK_INDEX_MAX;
	assert_int_equal(network_add_peer(&n, &x, &p), 0);
	assert_int_equal(n.npeers, 3);
	network_free(&n);
}

static void
a_link_is_known_by_name_until_the_end(void **state)
{
	struct network n = {0};
	struct netlink l = {.speed = 64000, .place = nowhere};
	uint32_t a = node(&n, "A");

	(void)state;
	assert_int_equal(network_add_link(&n, a, bytes_z("b"), &l), 0);
	assert_text(&n, n.link[0].name, "B");
	assert_int_equal(n.link[0].to, NETWORK_NONE);
	assert_int_equal(n.link[0].resistance, 15625);
	refuses(network_add_link(&n, 1, bytes_z("B"), &l), EINVAL);
	refuses(network_add_link(&n, a, bytes_z("B C"), &l), EINVAL);
	network_free(&n);
}

static void
an_area_has_members(void **state)
{
	struct network n = {0};
	uint32_t x;

	(void)state;
	refuses(network_add_member(&n, bytes_z("A"), 0), EINVAL);
	assert_int_equal(network_add_area(&n, &x, bytes_z("alps"), nowhere), 0);
	assert_int_equal(network_add_member(&n, bytes_z("A"), 0), 0);
	assert_int_equal(network_add_member(&n, bytes_z("*.ch"), 1), 0);
	refuses(network_add_member(&n, bytes_z("*"), 1), EINVAL);
	assert_int_equal(network_add_area(&n, &x, bytes_z("sea"), nowhere), 0);
	assert_int_equal(network_add_member(&n, bytes_z("a.b"), 0), 0);
	refuses(network_add_area(&n, &x, bytes_z("ALPS"), nowhere), EEXIST);
	assert_int_equal(x, 0);
	assert_int_equal(n.area[0].count, 2);
	assert_int_equal(n.area[1].first, 2);
	assert_int_equal(n.area[1].count, 1);
	assert_text(&n, n.member[1].name, "*.CH");
	assert_int_equal(n.member[1].exclude, 1);
	network_free(&n);
}

static void
there_are_at_most_so_many_files(void **state)
{
	struct network n = {0};
	uint32_t x;

	(void)state;
	for (uint32_t i = 0; i < NETWORK_FILES_MAX; i++)
		assert_int_equal(
		    network_add_file(&n, &x,
			bytes_z("a-name-that-is-longer-than-thirty-one-bytes")),
		    0);
	assert_string_equal(n.file[x].name, "a-name-that-is-longer-than-thir");
	refuses(network_add_file(&n, &x, bytes_z("a")), EOVERFLOW);
	network_free(&n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_node_is_found_in_any_case),
	    cmocka_unit_test(a_domain_belongs_to_the_first_that_has_it),
	    cmocka_unit_test(the_domain_wins_then_the_longest_suffix),
	    cmocka_unit_test(a_host_of_any_length_may_be_asked_for),
	    cmocka_unit_test(a_server_has_a_name_an_index_and_a_host),
	    cmocka_unit_test(a_link_is_known_by_name_until_the_end),
	    cmocka_unit_test(an_area_has_members),
	    cmocka_unit_test(there_are_at_most_so_many_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
