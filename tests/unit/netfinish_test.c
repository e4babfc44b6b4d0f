#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "tests/unit/nettables.h"

enum { MANY = 10000, CHAIN = 200000 };

static void
links_are_sorted_and_point_at_nodes(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.A :links.D C B\n:node.B :links.A\n:node.C :links.A\n"
	    ":node.D :links.A\n:node.E\n");
	nettables_finish(&t);
	nettables_links(&t, "A",
	    "B:P:9600:104167 C:P:9600:104167 "
	    "D:P:9600:104167");
	nettables_links(&t, "D", "A:P:9600:104167");
	nettables_links(&t, "E", "");
	nettables_said(&t, "", "");
	assert_int_equal(t.n.rated, 0);
	nettables_free(&t);
}

static void
links_to_nowhere_and_to_oneself_are_left_out(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.A :links.NOWHERE(,64k) A(,64k) B\n:node.B :links.A\n");
	nettables_finish(&t);
	nettables_links(&t, "A", "B:P:9600:104167");
	assert_int_equal(t.n.rated, 0);
	nettables_said(&t, "",
	    "nodes:1: links: unknown neighbour; the link is left out: "
	    "NOWHERE\n"
	    "nodes:1: links: link from a node to itself; it is left out: A\n");
	nettables_free(&t);
}

static void
one_sided_links_are_warned_of_unless_they_are_meant_so(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.A\n"
	    " :links.B C(,,,A)\n"
	    ":node.B\n:node.C\n");
	nettables_finish(&t);
	nettables_links(&t, "B", "");
	nettables_links(&t, "A", "B:P:9600:104167 C:P:9600:104167+A");
	nettables_said(&t, "",
	    "nodes:2: links: one-sided link: the neighbour does not list it; "
	    "used in this direction only: B\n");
	nettables_free(&t);
}

static void
attributes_that_differ_are_warned_of_once(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.A :links.B(,64k) C(D) D(V1) E(,,5) F(,64k,,A)\n"
	    ":node.B :links.A(,9600)\n"
	    ":node.C :links.A(P)\n"
	    ":node.D :links.A(V2)\n"
	    ":node.E :links.A(,,5.0)\n"
	    ":node.F :links.A(,128k)\n");
	nettables_finish(&t);
	nettables_said(&t, "",
	    "nodes:1: links: the neighbour lists this link with other "
	    "attributes: B\n"
	    "nodes:1: links: the neighbour lists this link with other "
	    "attributes: C\n"
	    "nodes:1: links: the neighbour lists this link with other "
	    "attributes: D\n");
	nettables_links(&t, "B", "A:P:9600:104167");
	nettables_free(&t);
}

static void
a_neighbour_listed_twice_has_two_links(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.A :links1.B(,64k) :links2.B(D)\n:node.B :links.A(,64k) "
	    "A(D)\n");
	nettables_finish(&t);
	nettables_links(&t, "A", "B:P:64000:15625 B:D:9600:104167");
	nettables_said(&t, "",
	    "nodes:1: links: neighbour listed twice; the cheaper link is used: "
	    "B\n"
	    "nodes:2: links: neighbour listed twice; the cheaper link is used: "
	    "A\n");
	nettables_free(&t);
}

static void
a_node_may_have_ten_thousand_links(void **state)
{
	struct nettables t = {0};
	stralloc text = {0};
	char line[64];

	(void)state;
	assert_int_equal(sa_puts(&text, ":node.HUB\n"), 0);
	for (int i = 0; i < MANY; i++) {
		snprintf(line, sizeof line, " :links.N%d(,64k)\n", i);
		assert_int_equal(sa_puts(&text, line), 0);
	}
	for (int i = MANY; i-- > 0;) {
		snprintf(line, sizeof line, ":node.N%d :links.HUB(,64k)\n", i);
		assert_int_equal(sa_puts(&text, line), 0);
	}
	nettables_read(&t, "nodes", text.s, text.len);
	nettables_finish(&t);
	nettables_said(&t, "", "");
	assert_int_equal(t.n.nlinks, 2 * MANY);
	assert_int_equal(t.n.first[1] - t.n.first[0], MANY);
	for (uint32_t i = 1; i < MANY; i++)
		assert_true(t.n.link[i - 1].to < t.n.link[i].to);
	nettables_links(&t, "N77", "HUB:P:64000:15625");
	sa_free(&text);
	nettables_free(&t);
}

static void
aliases_are_followed_in_any_order(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(
	    &t, "nodes", ":node.A :internet.a.example *.deep.example\n");
	nettables_z(&t, "peers", ":nick.SRV :index.1 :node.A\n");
	nettables_z(&t, "aliases",
	    ":nick.OLD3 :node.OLD2\n"
	    ":nick.OLD1 :node.A.BITNET\n"
	    ":nick.OLD2 :node.old1\n"
	    ":nick.old.example :node.A.example\n"
	    ":nick.older.example :node.OLD.EXAMPLE\n"
	    ":nick.S :node.srv\n"
	    ":nick.D :node.x.deep.example\n");
	nettables_finish(&t);
	nettables_said(&t, "", "");
	nettables_host(&t, "old1", "A");
	nettables_host(&t, "OLD2.bitnet", "A");
	nettables_host(&t, "OLD3", "A");
	nettables_host(&t, "older.EXAMPLE", "A");
	nettables_host(&t, "S", "A");
	nettables_host(&t, "D", "A");
	nettables_free(&t);
}

static void
a_link_may_name_a_server_an_alias_or_a_domain(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.A :links.SRV(,,,A) OLD(,,,A) b.example(,,,A) "
	    "x.b.example(,,,A)\n"
	    ":node.B :internet.b.example *.b.example :oldnode.OLD\n:node.C\n");
	nettables_z(&t, "peers", ":nick.SRV :index.1 :node.C\n");
	nettables_finish(&t);
	nettables_links(
	    &t, "A", "B:P:9600:104167+A B:P:9600:104167+A C:P:9600:104167+A");
	nettables_said(&t, "",
	    "nodes:1: links: unknown neighbour; the link is left out: "
	    "X.B.EXAMPLE\n"
	    "nodes:1: links: neighbour listed twice; the cheaper link is used: "
	    "B.EXAMPLE\n");
	nettables_free(&t);
}

static void
aliases_that_go_round_are_errors(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes", ":node.A\n");
	nettables_z(&t, "aliases",
	    ":nick.X :node.X\n"
	    ":nick.P :node.Q\n"
	    ":nick.Q :node.R\n"
	    ":nick.R :node.Q\n"
	    ":nick.T :node.P\n");
	nettables_finish(&t);
	nettables_said(&t,
	    "aliases:1: node: aliases go round in a circle: X\n"
	    "aliases:3: node: aliases go round in a circle: Q\n",
	    "aliases:5: node: alias of an unknown node; it is left out: P\n");
	nettables_host(&t, "X", "");
	nettables_host(&t, "P", "");
	nettables_host(&t, "T", "");
	nettables_free(&t);
}

static void
a_very_long_chain_of_aliases_is_followed(void **state)
{
	struct nettables t = {0};
	char old[16], new[16];

	(void)state;
	nettables_z(&t, "nodes", ":node.A\n");
	for (int i = 0; i < CHAIN; i++) {
		snprintf(old, sizeof old, "C%06d", i);
		snprintf(new, sizeof new, "C%06d", i + 1);
		if (i + 1 == CHAIN)
			memcpy(new, "A", 2);
		assert_int_equal(
		    network_add_alias(&t.n, bytes_z(old), bytes_z(new),
			(struct netplace){NETWORK_NONE, 0}),
		    0);
	}
	nettables_finish(&t);
	nettables_said(&t, "", "");
	nettables_host(&t, "C000000", "A");
	nettables_host(&t, "C100000", "A");
	nettables_free(&t);
}

static void
an_alias_with_the_name_of_something_is_warned_of(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes", ":node.A\n:node.B :internet.b.example\n");
	nettables_z(&t, "aliases",
	    ":nick.B :node.A\n:nick.b.example :node.A\n:nick.U :node.NOBODY\n");
	nettables_finish(&t);
	nettables_host(&t, "B", "B");
	nettables_host(&t, "b.example", "A");
	nettables_said(&t, "",
	    "aliases:3: node: alias of an unknown node; it is left out: "
	    "NOBODY\n"
	    "aliases:1: nick: alias has the name of a node, which wins: B\n"
	    "aliases:2: nick: alias has the name of a domain; the alias wins: "
	    "B.EXAMPLE\n");
	nettables_free(&t);
}

static void
service_areas_of_unknown_nodes_are_warned_of(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes", ":node.A\n");
	nettables_z(&t, "service", ":nick.X :include.A *.ch B c.example\n");
	nettables_finish(&t);
	nettables_said(
	    &t, "", "service:1: include: service area of an unknown node: B\n");
	nettables_free(&t);
}

static void
an_empty_network_is_one(void **state)
{
	struct network n = {0};

	(void)state;
	assert_int_equal(network_finish(&n, NULL), 0);
	assert_non_null(n.first);
	network_free(&n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(links_are_sorted_and_point_at_nodes),
	    cmocka_unit_test(links_to_nowhere_and_to_oneself_are_left_out),
	    cmocka_unit_test(
		one_sided_links_are_warned_of_unless_they_are_meant_so),
	    cmocka_unit_test(attributes_that_differ_are_warned_of_once),
	    cmocka_unit_test(a_neighbour_listed_twice_has_two_links),
	    cmocka_unit_test(a_node_may_have_ten_thousand_links),
	    cmocka_unit_test(aliases_are_followed_in_any_order),
	    cmocka_unit_test(a_link_may_name_a_server_an_alias_or_a_domain),
	    cmocka_unit_test(aliases_that_go_round_are_errors),
	    cmocka_unit_test(a_very_long_chain_of_aliases_is_followed),
	    cmocka_unit_test(an_alias_with_the_name_of_something_is_warned_of),
	    cmocka_unit_test(service_areas_of_unknown_nodes_are_warned_of),
	    cmocka_unit_test(an_empty_network_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
