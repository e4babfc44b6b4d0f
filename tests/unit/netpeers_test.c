#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/nettables.h"

static void
assert_text(const struct nettables *t, struct nettext text, const char *want)
{
	assert_true(bytes_eq(network_text(&t->n, text), want));
}

static void
reads_the_entry_of_the_proposal(void **state)
{
	struct nettables t = {0};
	const struct netpeer *p;

	(void)state;
	nettables_z(&t, "peers",
	    ":nick.CEARN     :index.12 :userid.LISTSERV :node.CEARN "
	    ":internet.LISTSERV.CERN.EXAMPLE\n"
	    "     :backbone.YES :version.1 :name.CERN, Geneva "
	    ":admin.joe@cern.example\n"
	    "     :domains.*.CERN.EXAMPLE *.CH\n"
	    "     :links1.FRMOP11(P,64k) DEARN(V1,,8.5)\n"
	    "     :key.ed25519:AbC=        :lastup.REP 20240105 "
	    "admin@hub.example :cks.4711\n"
	    ":nick.FRMOP11 :index.1 :node.FRMOP11 :links.CEARN(P,64k)\n"
	    ":nick.DEARN :index.2 :node.DEARN :links.CEARN(V1,,8.5)\n");
	nettables_finish(&t);
	nettables_said(&t, "", "");
	p = &t.n.peer[network_peer(&t.n, bytes_z("cearn"))];
	assert_int_equal(p->index, 12);
	assert_int_equal(p->backbone, 1);
	assert_text(&t, p->userid, "LISTSERV");
	assert_text(&t, p->host, "listserv.cern.example");
	assert_text(&t, p->version, "1");
	assert_text(&t, p->title, "CERN, Geneva");
	assert_text(&t, p->admin, "joe@cern.example");
	assert_text(&t, p->key, "ed25519:AbC=");
	nettables_links(
	    &t, "CEARN", "FRMOP11:P:64000:15625 DEARN:V1:9600:8500");
	nettables_host(&t, "listserv.cern.example", "CEARN");
	nettables_host(&t, "www.cern.example", "CEARN");
	nettables_host(&t, "x.ch", "CEARN");
	nettables_free(&t);
}

static void
the_node_is_that_of_node_of_internet_or_the_nick(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes", ":node.A :noderesist.7 :internet.a.example\n");
	nettables_z(&t, "peers",
	    ":nick.VERS2601 :noderesist.3\n"
	    ":nick.ONE :index.1 :node.A :noderesist.5\n"
	    ":nick.TWO :index.2\n");
	nettables_z(&t, "intpeers",
	    ":nick.Three :index.3 :internet.LISTSERV.three.example "
	    "lists.three.example :noderesist.9\n"
	    ":nick.LISTSERV.FOUR.EXAMPLE :index.4\n"
	    ":nick.FIVE :index.5 :internet.a.example\n");
	nettables_finish(&t);
	nettables_said(&t, "", "");
	nettables_host(&t, "one", "A");
	nettables_host(&t, "five", "A");
	nettables_host(&t, "two", "TWO");
	nettables_host(&t, "three", "LISTSERV.THREE.EXAMPLE");
	nettables_host(&t, "lists.three.example", "LISTSERV.THREE.EXAMPLE");
	nettables_host(&t, "listserv.four.example", "LISTSERV.FOUR.EXAMPLE");
	assert_int_equal(t.n.node[0].resistance, 7000);
	assert_int_equal(t.n.node[1].resistance, 3000);
	assert_int_equal(t.n.node[2].resistance, 9000);
	nettables_free(&t);
}

static void
two_servers_may_be_on_one_node(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "peers",
	    ":nick.A :index.1 :node.A :internet.a.example :domains.*.ch\n"
	    ":nick.B :index.2 :node.A :internet.a.example :domains.*.ch "
	    "a.example\n");
	nettables_finish(&t);
	nettables_said(&t, "", "");
	assert_int_equal(t.n.npeers, 2);
	assert_int_equal(t.n.nnodes, 1);
	nettables_free(&t);
}

static void
an_index_has_to_be_there_and_a_number(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "peers",
	    ":nick.A\n:nick.B :index.0\n:nick.C :index.1000000\n"
	    ":nick.D :index.x1\n:nick.E\n :index.-1\n:nick.F :index.999999\n");
	nettables_said(&t,
	    "peers:1: nick: server without an index: A\n"
	    "peers:2: index: index is not 1 to 999999: 0\n"
	    "peers:3: index: index is not 1 to 999999: 1000000\n"
	    "peers:4: index: index is not 1 to 999999: x1\n"
	    "peers:6: index: index is not 1 to 999999: -1\n",
	    "");
	assert_int_equal(t.n.npeers, 1);
	nettables_free(&t);
}

static void
an_index_of_two_servers_stays_with_the_first(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "peers", ":nick.A :index.5\n");
	nettables_z(&t, "intpeers", ":nick.b.example :index.5\n");
	nettables_said(&t, "",
	    "intpeers:1: index: index of two servers; the first one keeps it: "
	    "b.example\n");
	assert_int_equal(t.n.peer[0].index, 5);
	assert_int_equal(t.n.peer[1].index, 0);
	nettables_free(&t);
}

static void
a_domain_of_two_servers_stays_with_the_first(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "peers",
	    ":nick.A :index.1 :domains.*.ch x.example\n"
	    ":nick.B :index.2 :node.B :internet.x.example\n :domains.*.CH "
	    "*.li\n");
	nettables_finish(&t);
	nettables_said(&t, "",
	    "peers:2: internet: domain listed before; the first one keeps it: "
	    "x.example\n"
	    "peers:3: domains: domain listed before; the first one keeps it: "
	    "*.CH\n");
	nettables_host(&t, "a.ch", "A");
	nettables_host(&t, "x.example", "A");
	nettables_host(&t, "a.li", "B");
	nettables_free(&t);
}

static void
what_is_malformed_is_an_error(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "peers",
	    ":nick.A :index.1 :backbone.MAYBE\n"
	    ":nick.B :index.2 :internet.192.0.2.1\n"
	    ":nick.C :index.3 :node.NO_SUCH-NAME\n"
	    ":nick.D :index.4 :domains.* ch *.\n"
	    ":nick.E :index.5 :key.two words\n"
	    ":nick.F :index.6 :userid.A@B\n"
	    ":nick.G H :index.7 :node.G\n"
	    ":nick.I :index.8 :noderesist.x\n"
	    ":nick.D :index.9 :node.D\n"
	    ":nick.J :index.10 :links.A(X)\n");
	nettables_said(&t,
	    "peers:1: backbone: neither YES nor NO: MAYBE\n"
	    "peers:2: internet: not the name of a domain: 192.0.2.1\n"
	    "peers:3: node: not the name of a node: NO_SUCH-NAME\n"
	    "peers:4: domains: not the name of a domain: *\n"
	    "peers:4: domains: not the name of a domain: ch\n"
	    "peers:4: domains: not the name of a domain: *.\n"
	    "peers:5: key: not one word of up to 1024 bytes: two words\n"
	    "peers:6: userid: not up to 64 letters, digits, '-', '_' and '.': "
	    "A@B\n"
	    "peers:7: nick: not the name of a server: G H\n"
	    "peers:8: noderesist: resistance of a node is not 0 to 99999.999: "
	    "x\n"
	    "peers:9: nick: two entries for one server: D\n"
	    "peers:10: links: type of a link is not P, D or V and a number: "
	    "A(X)\n",
	    "");
	nettables_free(&t);
}

static void
a_server_may_be_in_one_of_the_tables_only(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "peers", ":nick.A :index.1\n");
	nettables_z(&t, "intpeers", ":nick.a :index.1 :node.A\n");
	nettables_said(
	    &t, "intpeers:1: nick: two entries for one server: a\n", "");
	nettables_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_the_entry_of_the_proposal),
	    cmocka_unit_test(the_node_is_that_of_node_of_internet_or_the_nick),
	    cmocka_unit_test(two_servers_may_be_on_one_node),
	    cmocka_unit_test(an_index_has_to_be_there_and_a_number),
	    cmocka_unit_test(an_index_of_two_servers_stays_with_the_first),
	    cmocka_unit_test(a_domain_of_two_servers_stays_with_the_first),
	    cmocka_unit_test(what_is_malformed_is_an_error),
	    cmocka_unit_test(a_server_may_be_in_one_of_the_tables_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
