#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/netdir.h"
#include "tests/unit/cputime.h"
#include "tests/unit/nettables.h"
#include "tests/unit/scratch.h"

enum { SERVERS = 10000, NODES = 100000, SUFFIXES = 100 };
enum { MEMORY_MAX = 300 * 1024 }; /* KiB */

static void
write_table(const char *name, const char *text)
{
	assert_int_equal(scratch_file(name, text, strlen(text)), 0);
}

static void
read_here(struct nettables *t, int want)
{
	t->n.today = 20000;
	assert_int_equal(network_read_dir(&t->n, ".", &t->d), want);
}

static void
reads_all_tables_by_their_names_in_any_case(void **state)
{
	struct nettables t = {0};

	(void)state;
	write_table("BITEARN.NODES",
	    ":node.VERS2401\n:node.A :links.B\n:node.B :links.A\n");
	write_table("Peers.Names", ":nick.A :index.1 :domains.*.example\n");
	write_table("intpeers.names", ":nick.c.example.org :index.2\n");
	write_table("Aliases.NAMES", ":nick.OLD :node.A\n");
	write_table("domain.names", ":nick.*.ch :node.B\n");
	write_table("service.names", ":nick.ALPS :include.*.ch\n");
	write_table(
	    "LOCAL.overrides", "# ours\n:nick.*.li :table.DOMAIN :node.B\n");
	write_table("other.names", "no table\n");
	read_here(&t, 0);
	nettables_said(&t, "", "");
	nettables_links(&t, "A", "B:P:9600:104167");
	nettables_host(&t, "x.ch", "B");
	nettables_host(&t, "x.li", "B");
	nettables_host(&t, "old", "A");
	nettables_host(&t, "c.example.org", "C.EXAMPLE.ORG");
	assert_int_equal(t.n.nareas, 1);
	assert_int_equal(t.n.nfiles, 7);
	assert_string_equal(t.n.file[0].name, "LOCAL.overrides");
	assert_int_equal(t.n.file[0].entries, 1);
	assert_string_equal(t.n.file[1].version, "2401");
	nettables_free(&t);
}

static void
one_of_three_tables_has_to_be_there(void **state)
{
	struct nettables t = {0};

	(void)state;
	write_table("aliases.names", ":nick.OLD :node.A\n");
	read_here(&t, 0);
	nettables_said(&t,
	    "there is none of the tables: bitearn.nodes, peers.names, "
	    "intpeers.names\n",
	    "aliases.names:1: node: alias of an unknown node; it is left out: "
	    "A\n");
	nettables_free(&t);
}

static void
two_tables_of_one_name_are_an_error(void **state)
{
	struct nettables t = {0};

	(void)state;
	write_table("peers.names", ":nick.A :index.1\n");
	write_table("PEERS.names", ":nick.A :index.1\n");
	read_here(&t, 0);
	assert_int_equal(t.d.count[NETDIAG_ERROR], 1);
	assert_non_null(strstr(
	    t.d.text[NETDIAG_ERROR].s, ": there are two of this name: "));
	nettables_free(&t);
}

static void
what_cannot_be_read_is_named(void **state)
{
	struct nettables t = {0};

	(void)state;
	assert_int_equal(mkdir("peers.names", 0700), 0);
	errno = 0;
	read_here(&t, -1);
	nettables_said(
	    &t, "peers.names: unable to read it: Invalid argument\n", "");
	nettables_free(&t);
	t.n.today = 1;
	assert_int_equal(network_read_dir(&t.n, "./nowhere", &t.d), -1);
	assert_int_equal(errno, ENOENT);
	nettables_said(&t,
	    "./nowhere: unable to read it: No such file or directory\n", "");
	nettables_free(&t);
}

static void
the_clock_tells_which_table_is_old(void **state)
{
	struct nettables t = {0};

	(void)state;
	write_table("peers.names",
	    ":nick.VERS9301 :lastup.REP 19930331 a@b.example\n:nick.A "
	    ":index.1\n");
	assert_int_equal(network_read_dir(&t.n, ".", &t.d), 0);
	nettables_said(&t, "",
	    "peers.names:1: nick: table is older than 2 months: VERS9301\n");
	nettables_free(&t);
}

static void
reads_the_examples_of_the_manual(void **state)
{
	struct nettables t = {0};

	(void)state;
	write_table("peers.names",
	    ":nick.VERS2611 :lastup.REP 20261112 admin@hub.example\n"
	    ":nick.HUB   :index.1 :internet.LISTSERV.HUB.EXAMPLE\n"
	    "     :backbone.YES :domains.*.HUB.EXAMPLE\n"
	    "     :links.NORTH(P,64k) SOUTH(P,2M)\n"
	    ":nick.NORTH :index.2 :internet.LISTS.NORTH.EXAMPLE\n"
	    "     :domains.*.NORTH.EXAMPLE *.NO *.SE\n"
	    "     :links.HUB(P,64k)\n"
	    ":nick.SOUTH :index.3 :internet.LISTS.SOUTH.EXAMPLE\n"
	    "     :domains1.*.SOUTH.EXAMPLE *.IT\n"
	    "     :domains2.*.ES *.PT\n"
	    "     :links.HUB(P,2M)\n"
	    ":nick.OLDSRV :index.4 :links.HUB\n");
	write_table("aliases.names", ":nick.OLDHUB :node.HUB\n");
	write_table("domain.names", ":nick.*.CH :node.SOUTH :domains.*.LI\n");
	write_table("service.names",
	    ":nick.ALPS :include.SOUTH *.CH :exclude.EPFL.CH\n");
	write_table("local.overrides",
	    "# 2026-11-20 leased line to the north is 2M by now\n"
	    ":nick.HUB   :op.REP :index.1 :internet.LISTSERV.HUB.EXAMPLE\n"
	    "     :backbone.YES :domains.*.HUB.EXAMPLE\n"
	    "     :links.NORTH(P,2M,,A) SOUTH(P,2M)\n"
	    ":nick.OLDSRV :op.DEL\n"
	    ":nick.*.LAB.EXAMPLE :table.DOMAIN :op.ADD :node.HUB\n");
	read_here(&t, 0);
	nettables_said(&t, "", "");
	nettables_links(&t, "LISTSERV.HUB.EXAMPLE",
	    "LISTS.NORTH.EXAMPLE:P:2000000:500+A "
	    "LISTS.SOUTH.EXAMPLE:P:2000000:500");
	nettables_host(&t, "oldhub", "LISTSERV.HUB.EXAMPLE");
	nettables_host(&t, "x.lab.example", "LISTSERV.HUB.EXAMPLE");
	nettables_host(&t, "epfl.ch", "LISTS.SOUTH.EXAMPLE");
	nettables_host(&t, "oldsrv", "");
	nettables_free(&t);
}

/* --- a large network ------------------------------------------------------ */

static void
write_nodes(FILE *f)
{
	for (int i = 0; i < NODES; i++) {
		fprintf(f, ":node.N%06d :type.NJE :country.DE.BAY\n", i);
		fprintf(f, "     :links1.N%06d(P,64k) N%06d(P,64k)\n",
		    (i + 1) % NODES, (i + NODES - 1) % NODES);
		fprintf(f, "     :lastup.ADD 20040105 RZ1B@N000000\n");
	}
}

static void
write_peers(FILE *f)
{
	for (int i = 0; i < SERVERS; i++) {
		fprintf(
		    f, ":nick.N%06d :index.%d :backbone.YES\n", 10 * i, i + 1);
		for (int k = 0; k < SUFFIXES; k++)
			fprintf(f, "%s*.D%d.EXAMPLE%s",
			    k % 10 ? " " : "     :domains.", SUFFIXES * i + k,
			    k % 10 == 9 ? "\n" : "");
	}
}

static void
write_large(const char *name, void (*what)(FILE *))
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	what(f);
	assert_int_equal(fclose(f), 0);
}

static void
a_million_suffixes_take_three_seconds_and_300_mib(void **state)
{
	struct nettables t = {0};
	struct rusage used;
	double start;

	(void)state;
	write_large("bitearn.nodes", write_nodes);
	write_large("peers.names", write_peers);
	start = cpu_s();
	read_here(&t, 0);
	assert_true(cpu_s() - start < cpu_limit(3));
	assert_int_equal(getrusage(RUSAGE_SELF, &used), 0);
	assert_true(used.ru_maxrss < MEMORY_MAX || getenv("LSV_SANITIZED"));
	nettables_said(&t, "", "");
	assert_int_equal(t.n.nnodes, NODES);
	assert_int_equal(t.n.ndomains, SERVERS * SUFFIXES);
	nettables_host(&t, "www.d999999.example", "N099990");
	nettables_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		reads_all_tables_by_their_names_in_any_case, scratch_enter,
		scratch_leave),
	    cmocka_unit_test_setup_teardown(one_of_three_tables_has_to_be_there,
		scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(two_tables_of_one_name_are_an_error,
		scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		what_cannot_be_read_is_named, scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(the_clock_tells_which_table_is_old,
		scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		reads_the_examples_of_the_manual, scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		a_million_suffixes_take_three_seconds_and_300_mib,
		scratch_enter, scratch_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
