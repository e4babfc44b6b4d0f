#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/nettables.h"

static struct netover_entry *
find(const struct nettables *t, enum netover_table table, const char *name)
{
	return netover_find(&t->over, table, bytes_z(name));
}

static void
entries_are_found_by_table_and_name(void **state)
{
	struct nettables t = {0};
	struct netover_entry *e;

	(void)state;
	nettables_z(&t, "local",
	    "# this site\n"
	    ":node.CEARN :op.REP\n"
	    "  * no comment\n"
	    "* a comment\n"
	    "     :links.A\n"
	    ":nick.CEARN :op.DEL\n"
	    ":nick.*.CH :table.domain :op.add :node.X\n"
	    ":nick.X :table.ALIASES\n"
	    ":nick.X :table.SERVICE\n"
	    ":nick.X :table.INTPEERS\n"
	    ":nick.X :table.PEERS :op.ADD\n");
	assert_int_equal(t.over.n, 7);
	e = find(&t, NETOVER_NODES, "cearn");
	assert_non_null(e);
	assert_int_equal(e->op, NETOVER_REP);
	assert_int_equal(e->line, 2);
	assert_int_equal(netover_source(&t.over, e).line, 2);
	e = find(&t, NETOVER_PEERS, "CEARN");
	assert_int_equal(e->op, NETOVER_DEL);
	assert_int_equal(find(&t, NETOVER_DOMAIN, "*.ch")->op, NETOVER_ADD);
	assert_int_equal(find(&t, NETOVER_ALIASES, "X")->op, NETOVER_ANY);
	assert_int_equal(find(&t, NETOVER_SERVICE, "X")->line, 9);
	assert_int_equal(find(&t, NETOVER_INTPEERS, "X")->line, 10);
	assert_int_equal(find(&t, NETOVER_PEERS, "X")->line, 11);
	assert_null(find(&t, NETOVER_NODES, "X"));
	assert_null(find(&t, NETOVER_PEERS, "CEAR"));
	assert_null(find(&t, NETOVER_PEERS, "CEARNX"));
	assert_null(netover_find(NULL, NETOVER_PEERS, bytes_z("X")));
	nettables_said(&t, "", "");
	nettables_free(&t);
}

static void
unknown_tables_and_operations_are_errors(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "local",
	    ":nick.A :table.FOO\n"
	    ":nick.B\n :table.NODES\n"
	    ":node.C :table.PEERS\n"
	    ":node.D :op.SET\n"
	    ":node.E :op.\n");
	assert_int_equal(t.over.n, 1);
	nettables_said(&t,
	    "local:1: table: no table whose entries begin so: FOO\n"
	    "local:3: table: no table whose entries begin so: NODES\n"
	    "local:4: table: no table whose entries begin so: PEERS\n"
	    "local:5: op: operation is not ADD, REP or DEL: SET\n",
	    "");
	nettables_free(&t);
}

static void
two_entries_for_one_name_are_an_error(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(
	    &t, "local", ":node.A :op.DEL\n:nick.A :op.DEL\n:node.a :op.ADD\n");
	nettables_said(&t, "local:3: two entries for the same name: a\n", "");
	nettables_free(&t);
}

static void
no_overrides_are_fine(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "local", "");
	assert_int_equal(t.over.n, 0);
	assert_null(find(&t, NETOVER_NODES, "X"));
	nettables_said(&t, "", "");
	nettables_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(entries_are_found_by_table_and_name),
	    cmocka_unit_test(unknown_tables_and_operations_are_errors),
	    cmocka_unit_test(two_entries_for_one_name_are_an_error),
	    cmocka_unit_test(no_overrides_are_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
