#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/nettables.h"

static void
an_alias_has_one_node_or_domain(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes", ":node.A :internet.a.example\n");
	nettables_z(&t, "aliases",
	    "* comment\n"
	    ":nick.VERS2601\n"
	    ":nick.OLD :node.A :lastup.ADD 20260101 x@y :cks.1\n"
	    ":nick.OLD2 :node.a.example :cks.2\n"
	    ":nick.old :node.A :cks.3\n"
	    ":nick.NONE :cks.1\n"
	    ":nick.*.x :node.A :cks.1\n"
	    ":nick.TWO :node.A B :cks.1\n"
	    ":nick.U :node.A :node2.B :cks.1\n");
	nettables_finish(&t);
	nettables_said(&t,
	    "aliases:5: nick: two entries for one alias: old\n"
	    "aliases:6: nick: alias without a node: NONE\n"
	    "aliases:7: nick: not the name of a node or domain: *.x\n"
	    "aliases:8: nick: not the name of a node or domain: TWO\n",
	    "aliases:9: node2: unknown tag\n");
	nettables_host(&t, "OLD", "A");
	nettables_host(&t, "OLD2.BITNET", "A");
	assert_string_equal(t.n.file[1].version, "2601");
	assert_int_equal(t.n.file[1].entries, 7);
	nettables_free(&t);
}

static void
domains_are_those_of_a_node_or_server(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "peers", ":nick.SRV :index.1 :node.A :domains.*.at\n");
	nettables_z(&t, "domain",
	    ":nick.*.CH :node.A\n"
	    ":nick.cern.example :node.srv :domains1.*.LI x.example\n"
	    "     :domains2.*.it\n"
	    ":nick.*.de :node.NOBODY\n"
	    ":nick.*.fr\n"
	    ":nick.*.at :node.A\n"
	    ":nick.* :node.A :domains.y..z\n");
	nettables_finish(&t);
	nettables_host(&t, "www.ch", "A");
	nettables_host(&t, "cern.example", "A");
	nettables_host(&t, "a.li", "A");
	nettables_host(&t, "x.example", "A");
	nettables_host(&t, "y.it", "A");
	nettables_host(&t, "y.de", "");
	nettables_said(&t,
	    "domain:5: nick: domain without a node: *.fr\n"
	    "domain:7: nick: not the name of a domain: *\n"
	    "domain:7: domains: not the name of a domain: y..z\n",
	    "domain:4: node: domain of an unknown node; it is left out: "
	    "NOBODY\n"
	    "domain:6: nick: domain listed before; the first one keeps it: "
	    "*.at\n");
	nettables_free(&t);
}

static void
service_areas_have_members(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes", ":node.A\n");
	nettables_z(&t, "service",
	    ":nick.ALPS :include.A *.CH\n *.at :exclude.epfl.ch\n"
	    ":nick.SEA :name.All the rest\n"
	    ":nick.alps :include.A\n"
	    ":nick.BAD NAME :include.A\n"
	    ":nick.WORSE :include.A @ :exclude.*\n");
	nettables_finish(&t);
	nettables_said(&t,
	    "service:4: nick: two entries for one service area: alps\n"
	    "service:5: nick: not the name of a service area: BAD NAME\n"
	    "service:6: include: not the name of a node or domain: @\n"
	    "service:6: exclude: not the name of a node or domain: *\n",
	    "");
	assert_int_equal(t.n.nareas, 3);
	assert_int_equal(t.n.area[0].count, 4);
	assert_int_equal(t.n.member[3].exclude, 1);
	assert_int_equal(t.n.area[1].count, 0);
	assert_int_equal(t.n.area[2].first, 4);
	nettables_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_alias_has_one_node_or_domain),
	    cmocka_unit_test(domains_are_those_of_a_node_or_server),
	    cmocka_unit_test(service_areas_have_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
