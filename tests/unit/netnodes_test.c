#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/nettables.h"

static void
reads_the_entry_of_the_document(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.DFVLROPE :type.NJE :ref.DFVLROP1\n"
	    "     :nodenum.0420 :connect.19860124\n"
	    "     :machine.IBM 4381 :system.IBM MVS/SP :netsoft.JES2\n"
	    "     :links1.DFVLROP1(,1.5M) DFVLROP2(,64k) DFVLRST1\n"
	    "     :userinfo.P_GLAS\n"
	    "     :net.EARN :country.DE.BAY\n"
	    "     :lastup.ADD 19871217 RZ1B@DFVLROP1 :cks.45671\n"
	    ":node.DFVLROP1 :links1.DFVLROPE(,1.5M)\n"
	    ":node.DFVLROP2 :links1.DFVLROPE(,64k)\n"
	    ":node.DFVLRST1 :links1.DFVLROPE\n");
	nettables_finish(&t);
	nettables_said(&t, "", "");
	nettables_links(&t, "DFVLROPE",
	    "DFVLROP1:P:1500000:667 DFVLROP2:P:64000:15625 "
	    "DFVLRST1:P:9600:104167");
	assert_int_equal(t.n.node[0].resistance, NETWORK_NODE_COST);
	nettables_free(&t);
}

static void
every_tag_of_the_document_is_known(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.VERS8808 :links1.CEARN(P,9600) :fclass.* :fformat.ND PU\n"
	    " :msgs.Y :noderesist.0.001 :appl1.X :genrouts.X :updnodes.X\n"
	    " :remark1.BASE(8807) 88/07/12 12:42:57\n"
	    " :remark2.VERSION(8808) PRE(8807) 88/08/14 11:28:12 "
	    ":totcks.275\n"
	    ":node.A :type.NJE :ref.A :nodenum.0001 :routtab.JES2 V2 O=25\n"
	    " :cks.43782 :connect.19860124 :country.DE :net.EARN :nsv.Y\n"
	    " :nodedesc.x :fclass.* :fformat.ND PU PR LP CD VD\n"
	    " :internet.a.example :machine.x :msgs.Y :netsoft.x\n"
	    " :servers1.MAILER@A(MAIL,PU,M,BSMTP,P_gruben)\n"
	    " :servers2.SMTP@A(MAIL,PU,M,BSMTP OUTONLY,P_horch)\n"
	    " :system.x :x400.x :admin.P_gruben :netop.x :techinfo.x\n"
	    " :useradm.x :userinfo.x :p_gruben.Joe Gruben;x@y :a_loc.Str. 1\n"
	    " :fax.+49 :phone.+49 :remark1.x :lastup.REP 19880701 MEYER@A\n"
	    ":node.EARN_DE :type.MEMBER :name.x :address.x\n"
	    ":node.EARN_DE_1 :type.SITE :member.EARN_DE\n");
	nettables_finish(&t);
	nettables_said(&t, "", "");
	assert_int_equal(t.n.nnodes, 1);
	nettables_free(&t);
}

static void
names_of_nodes_are_checked(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.TOOLONGNA\n:node.1A\n:node.A-B\n:node.a.example\n"
	    ":node.earn :type.SITE\n:node.X :type.WHAT\n:node.GOOD\n"
	    ":node.good\n");
	nettables_said(&t,
	    "nodes:1: node: name of a node is not a letter and up to 7 "
	    "letters and digits: TOOLONGNA\n"
	    "nodes:2: node: name of a node is not a letter and up to 7 "
	    "letters and digits: 1A\n"
	    "nodes:3: node: name of a node is not a letter and up to 7 "
	    "letters and digits: A-B\n"
	    "nodes:4: node: name of a node is not a letter and up to 7 "
	    "letters and digits: a.example\n"
	    "nodes:5: node: name of a member or site is not words joined by "
	    "'_': earn\n"
	    "nodes:8: node: two entries for one node: good\n",
	    "nodes:6: type: unknown type; the entry is left out: WHAT\n");
	assert_int_equal(t.n.nnodes, 1);
	nettables_free(&t);
}

static void
resistances_below_zero_and_without_end_are_errors(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.A :noderesist.-1\n:node.B :noderesist.inf\n"
	    ":node.C :noderesist.100000\n:node.D :noderesist.0\n"
	    ":node.E :links.A(,,-0.5)\n :links2.B(,,inf)\n");
	nettables_said(&t,
	    "nodes:1: noderesist: resistance of a node is not 0 to 99999.999: "
	    "-1\n"
	    "nodes:2: noderesist: resistance of a node is not 0 to 99999.999: "
	    "inf\n"
	    "nodes:3: noderesist: resistance of a node is not 0 to 99999.999: "
	    "100000\n"
	    "nodes:5: links: resistance of a link is not 0.001 to 99999.999: "
	    "A(,,-0.5)\n"
	    "nodes:6: links2: resistance of a link is not 0.001 to 99999.999: "
	    "B(,,inf)\n",
	    "");
	assert_int_equal(t.n.node[3].resistance, 0);
	nettables_free(&t);
}

static void
unknown_options_of_links_are_warned_of(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes", ":node.A :links.B(,,,AZ)\n:node.B\n");
	nettables_finish(&t);
	nettables_links(&t, "A", "B:P:9600:104167+A");
	nettables_said(&t, "",
	    "nodes:1: links: unknown options of a link; they are left out: "
	    "B(,,,AZ)\n");
	nettables_free(&t);
}

static void
the_first_domain_is_that_of_the_node(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.A :internet.HASBAR.UVA.NL bar.uva.nl\n"
	    " b_r.example\n"
	    ":node.B :internet.bar.UVA.nl b.example\n"
	    " :links.A(,,,A)\n"
	    ":node.C :internet.nodot -x.example\n");
	nettables_finish(&t);
	nettables_said(&t,
	    "nodes:5: internet: not the name of a domain: nodot\n"
	    "nodes:5: internet: not the name of a domain: -x.example\n",
	    "nodes:3: internet: domain listed before; the first one keeps it: "
	    "bar.UVA.nl\n");
	assert_true(
	    bytes_eq(network_text(&t.n, t.n.domain[t.n.node[0].domain].name),
		"hasbar.uva.nl"));
	nettables_host(&t, "BAR.uva.nl", "A");
	nettables_host(&t, "b_r.example", "A");
	nettables_host(&t, "b.example", "B");
	nettables_free(&t);
}

static void
old_names_lead_to_the_new_node_unless_they_still_exist(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.B :newnode.NEW\n"
	    ":node.NEW :oldnode.A B old.example b.example\n"
	    " :internet.new.example\n"
	    ":node.C :internet.b.example :oldnode.A\n");
	nettables_finish(&t);
	nettables_said(&t, "",
	    "nodes:4: oldnode: old name listed before; the first one keeps "
	    "it: A\n");
	nettables_host(&t, "A", "NEW");
	nettables_host(&t, "B", "B");
	nettables_host(&t, "old.example", "NEW");
	nettables_host(&t, "b.example", "C");
	nettables_free(&t);
}

static void
new_names_have_to_exist_and_to_be_first(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.A :newnode.NOWHERE\n"
	    ":node.B :newnode.second.example\n"
	    ":node.C :newnode.first.example\n"
	    ":node.D :newnode.D\n"
	    ":node.E :internet.first.example second.example\n");
	nettables_said(&t, "",
	    "nodes:1: newnode: new name of a node is not known: NOWHERE\n"
	    "nodes:2: newnode: new name is not the first domain of its node: "
	    "second.example\n"
	    "nodes:4: newnode: new name of a node is its own: D\n");
	nettables_free(&t);
}

static void
odd_numbers_are_warned_of(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.A :nodenum.0001 :cks.65535\n"
	    ":node.B :nodenum.1 :cks.65536\n"
	    ":node.C :nodenum.x :cks.-1\n"
	    ":node.D :nodenum.0 :cks.1\n:node.E :nodenum.65535 :cks.1\n");
	nettables_said(&t, "",
	    "nodes:2: nodenum: two nodes have the same number: 1\n"
	    "nodes:2: cks: check sum is not 0 to 65535: 65536\n"
	    "nodes:3: nodenum: number of a node is not 1 to 65535: x\n"
	    "nodes:3: cks: check sum is not 0 to 65535: -1\n"
	    "nodes:4: nodenum: number of a node is not 1 to 65535: 0\n");
	nettables_free(&t);
}

static void
a_cut_table_is_an_error(void **state)
{
	const char text[] = ":node.A :links.B :cks.1\n:node.B :links.A :ck";
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes", text);
	nettables_said(&t,
	    "nodes:2: a colon that begins no tag\n"
	    "nodes:2: the file ends within a line: it has been cut\n",
	    "");
	nettables_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_the_entry_of_the_document),
	    cmocka_unit_test(every_tag_of_the_document_is_known),
	    cmocka_unit_test(names_of_nodes_are_checked),
	    cmocka_unit_test(resistances_below_zero_and_without_end_are_errors),
	    cmocka_unit_test(unknown_options_of_links_are_warned_of),
	    cmocka_unit_test(the_first_domain_is_that_of_the_node),
	    cmocka_unit_test(
		old_names_lead_to_the_new_node_unless_they_still_exist),
	    cmocka_unit_test(new_names_have_to_exist_and_to_be_first),
	    cmocka_unit_test(odd_numbers_are_warned_of),
	    cmocka_unit_test(a_cut_table_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
