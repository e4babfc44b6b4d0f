/* LDFLAGS: -Wl,--wrap=malloc,--wrap=realloc,--wrap=reallocarray */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/netnames.h"
#include "lib/netnodes.h"
#include "lib/netpeers.h"
#include "tests/unit/nettables.h"
#include "tests/unit/nomemory.h"

enum {
	SUMMER_1993 = 8582, /* 1993-07-01 */
	SUMMER_2026 = 20635 /* 2026-07-01 */
};

static void
the_first_entry_may_tell_the_version(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.VERS8808 :noderesist.0.5 :links1.A(P,9600)\n"
	    ":node.A\n:node.B :noderesist.2\n");
	nettables_z(&t, "peers", ":nick.A :index.1\n");
	assert_string_equal(t.n.file[0].version, "8808");
	assert_string_equal(t.n.file[1].version, "");
	assert_int_equal(t.n.file[0].entries, 2);
	assert_int_equal(t.n.file[1].entries, 1);
	assert_int_equal(t.n.nnodes, 2);
	assert_int_equal(t.n.nlinks, 0);
	assert_int_equal(t.n.node[0].resistance, 500);
	assert_int_equal(t.n.node[1].resistance, 2000);
	nettables_said(&t, "", "");
	nettables_free(&t);
}

static void
a_version_that_is_not_first_is_left_out(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes", ":node.A\n:node.VERS8808\n:node.VERSION\n");
	assert_int_equal(t.n.nnodes, 2);
	nettables_said(&t, "",
	    "nodes:2: node: version entry that is not the first; it is left "
	    "out: VERS8808\n");
	nettables_free(&t);
}

static void
assert_old(uint32_t today, const char *entry, int old)
{
	struct nettables t = {.n = {.today = today}};

	nettables_z(&t, "peers", entry);
	nettables_said(&t, "",
	    old ? "peers:1: nick: table is older than 2 months: VERS2604\n"
		: "");
	nettables_free(&t);
}

static void
a_table_older_than_two_months_is_warned_of(void **state)
{
	(void)state;
	assert_old(SUMMER_2026, ":nick.VERS2604\n", 0);
	assert_old(SUMMER_2026,
	    ":nick.VERS2604 :lastup.REP 20260430 a@b.example\n", 0);
	assert_old(SUMMER_2026,
	    ":nick.VERS2604 :lastup.REP 20260429 a@b.example\n", 1);
	assert_old(0, ":nick.VERS2604 :lastup.REP 19880429 a@b.example\n", 0);
	assert_old(SUMMER_2026,
	    ":nick.VERS2604 :remark1.BASE(2601) 26/01/12 12:42:57\n"
	    " :remark2.VERSION(2604) PRE(2603) 26/04/14 11:28:12\n",
	    1);
	assert_old(SUMMER_2026,
	    ":nick.VERS2604 :remark2.VERSION(2604) PRE(2603) 26/05/14 "
	    "11:28:12\n"
	    " :remark1.BASE(2601) 26/01/12 12:42:57\n",
	    0);
	assert_old(SUMMER_1993, ":nick.VERS2604 :remark.93/04/28 12:00\n", 1);
	assert_old(SUMMER_1993, ":nick.VERS2604 :remark.93/05/14 12:00\n", 0);
	assert_old(
	    SUMMER_2026, ":nick.VERS2604 :lastup.20261399 93/13/01\n", 0);
}

static void
local_entries_replace_remove_and_add(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "local",
	    ":node.A :op.REP :links.B(,64k)\n"
	    ":node.C :op.DEL\n"
	    ":node.D :op.ADD :links.A(,,,A)\n"
	    ":node.E :internet.e.example\n");
	nettables_z(&t, "nodes",
	    ":node.A :links.C\n:node.B :links.A(,64k)\n:node.C :links.A\n"
	    ":node.E\n");
	nettables_finish(&t);
	nettables_said(&t, "", "");
	nettables_links(&t, "A", "B:P:64000:15625");
	nettables_links(&t, "D", "A:P:9600:104167+A");
	nettables_host(&t, "C", "");
	nettables_host(&t, "e.example", "E");
	assert_int_equal(t.n.nnodes, 4);
	assert_int_equal(t.n.node[0].place.file, 0);
	assert_int_equal(t.n.node[0].place.line, 1);
	assert_int_equal(t.n.node[1].place.file, 1);
	nettables_free(&t);
}

static void
local_entries_that_do_not_fit_are_warned_of(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "local",
	    ":node.A :op.ADD\n:node.B :op.REP\n:node.C :op.DEL\n"
	    ":node.D :foo.X\n");
	nettables_z(&t, "nodes", ":node.A :links.X\n");
	nettables_said(&t, "",
	    "local:1: op: the table has such an entry by now; the local one "
	    "is used: A\n"
	    "local:2: op: the table has no such entry; it is added: B\n"
	    "local:3: op: the table has no such entry: C\n"
	    "local:4: foo: unknown tag\n");
	assert_int_equal(t.n.nlinks, 0);
	assert_int_equal(t.n.nnodes, 3);
	nettables_free(&t);
}

static void
a_bad_local_entry_is_said_once_with_its_own_line(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "local",
	    "#\n\n:node.A :op.REP\nhello\n :links.B(\n :noderesist.-1\n");
	nettables_z(&t, "nodes", ":node.A\n");
	nettables_said(&t,
	    "local:4: a line that neither begins an entry nor with a blank\n"
	    "local:6: noderesist: resistance of a node is not 0 to 99999.999: "
	    "-1\n"
	    "local:5: links: link without a closing bracket: B(\n",
	    "");
	nettables_free(&t);
}

static void
a_table_may_be_all_local(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "local",
	    ":node.A :links.B\n:node.B :links.A\n"
	    ":nick.A :op.ADD :index.1 :domains.*.example\n"
	    ":nick.B :table.INTPEERS :index.2 :node.B\n"
	    ":nick.OLD :table.ALIASES :node.A\n"
	    ":nick.*.org :table.DOMAIN :node.B\n"
	    ":nick.ALPS :table.SERVICE :include.A\n");
	nettables_local(&t, "nodes");
	nettables_local(&t, "peers");
	nettables_local(&t, "intpeers");
	nettables_local(&t, "aliases");
	nettables_local(&t, "domain");
	nettables_local(&t, "service");
	nettables_finish(&t);
	nettables_said(&t, "", "");
	nettables_host(&t, "old", "A");
	nettables_host(&t, "x.example", "A");
	nettables_host(&t, "x.org", "B");
	assert_int_equal(t.n.npeers, 2);
	assert_int_equal(t.n.nareas, 1);
	nettables_free(&t);
}

static struct netsource
source(const char *text)
{
	return (struct netsource){"f", NETWORK_NONE, 1, bytes_z(text)};
}

/* One of each, so that all arrays are made. */
static int
read_of_each(void)
{
	const struct netsource local =
	    source(":node.C :links.A\n:nick.OLD :table.ALIASES :op.DEL\n");
	const struct netsource nodes = source(
	    ":node.A :links.B :internet.a.example :oldnode.X :newnode.B\n"
	    ":node.B :links.A\n");
	const struct netsource peers = source(":nick.A :index.1\n");
	const struct netsource aliases = source(":nick.OLD :node.A\n");
	const struct netsource domains = source(":nick.*.ch :node.A\n");
	const struct netsource areas = source(":nick.ALPS :include.A\n");
	struct network n = {0};
	struct netover over = {0};
	const struct netread r = {&n, &over, NULL};
	int failed = netover_read(&over, &local, NULL) < 0 ||
	    netnodes_read(&r, &nodes) < 0 ||
	    netpeers_read(&r, NETOVER_PEERS, &peers) < 0 ||
	    netnames_aliases(&r, &aliases) < 0 ||
	    netnames_domains(&r, &domains) < 0 ||
	    netnames_areas(&r, &areas) < 0 || network_finish(&n, NULL) < 0;

	network_free(&n);
	netover_free(&over);
	return failed ? -1 : 0;
}

static void
no_lack_of_memory_is_taken_for_a_table(void **state)
{
	(void)state;
	nomemory_each(read_of_each, 12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_entry_may_tell_the_version),
	    cmocka_unit_test(a_version_that_is_not_first_is_left_out),
	    cmocka_unit_test(a_table_older_than_two_months_is_warned_of),
	    cmocka_unit_test(local_entries_replace_remove_and_add),
	    cmocka_unit_test(local_entries_that_do_not_fit_are_warned_of),
	    cmocka_unit_test(a_bad_local_entry_is_said_once_with_its_own_line),
	    cmocka_unit_test(a_table_may_be_all_local),
	    cmocka_unit_test(no_lack_of_memory_is_taken_for_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
