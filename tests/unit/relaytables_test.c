#include "lib/relaytables.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/netsim.h"
#include "tests/unit/scratch.h"

/* A row of so many servers. */
static void
row(struct netsim *s, unsigned n)
{
	char text[64];

	*s = (struct netsim){0};
	for (unsigned i = 0; i < n; i++) {
		snprintf(text, sizeof text, "N%u-N%u", i, i + 1);
		netsim_links(s, text);
		snprintf(text, sizeof text, "N%u=%u", i, i + 1);
		netsim_servers(s, text);
	}
	assert_int_equal(network_finish(&s->net, NULL), 0);
	assert_int_equal(relaytables_open(&s->tables, &s->net, "."), 0);
}

static void
each_server_has_its_own_table(void **state)
{
	struct netsim s;
	const struct nettable *t;

	(void)state;
	row(&s, 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(relaytables_get(&s.tables, i, &t), 0);
		assert_int_equal(nettable_self(t), i);
	}
	netsim_free(&s);
}

static void
a_table_is_compiled_once_while_it_is_kept(void **state)
{
	struct netsim s;
	const struct nettable *t, *again;

	(void)state;
	row(&s, RELAYTABLES_MOST + 1);
	assert_int_equal(relaytables_get(&s.tables, 0, &t), 0);
	assert_int_equal(relaytables_get(&s.tables, 0, &again), 0);
	assert_ptr_equal(t, again);
	assert_int_equal(s.tables.made, 1);
	for (uint32_t i = 1; i <= RELAYTABLES_MOST; i++)
		assert_int_equal(relaytables_get(&s.tables, i, &t), 0);
	assert_int_equal(s.tables.made, RELAYTABLES_MOST + 1);
	assert_int_equal(relaytables_get(&s.tables, 0, &t), 0);
	assert_int_equal(nettable_self(t), 0);
	assert_int_equal(s.tables.made, RELAYTABLES_MOST + 2);
	netsim_free(&s);
}

static unsigned
files_here(void)
{
	DIR *d = opendir(".");
	struct dirent *e;
	unsigned n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void
nothing_is_left_in_the_directory(void **state)
{
	struct netsim s;
	const struct nettable *t;

	(void)state;
	row(&s, 2);
	assert_int_equal(relaytables_get(&s.tables, 0, &t), 0);
	assert_int_equal(files_here(), 0);
	assert_int_equal(relaytables_get(&s.tables, 9, &t), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(files_here(), 0);
	netsim_free(&s);
}

static void
without_a_directory_there_is_no_table(void **state)
{
	struct netsim s;
	const struct nettable *t;

	(void)state;
	row(&s, 2);
	relaytables_close(&s.tables);
	assert_int_equal(relaytables_open(&s.tables, &s.net, "./none"), 0);
	assert_int_equal(relaytables_get(&s.tables, 0, &t), -1);
	assert_int_equal(errno, ENOENT);
	netsim_free(&s);
}

static void
servers_are_found_by_name(void **state)
{
	struct netsim s;
	uint32_t n;

	(void)state;
	row(&s, 2);
	assert_int_equal(relaytables_named(&s.tables, bytes_z("n1"), &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(relaytables_named(&s.tables, bytes_z("N2"), &n), -1);
	assert_int_equal(errno, ENOENT);
	netsim_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_server_has_its_own_table),
	    cmocka_unit_test(a_table_is_compiled_once_while_it_is_kept),
	    cmocka_unit_test(nothing_is_left_in_the_directory),
	    cmocka_unit_test(without_a_directory_there_is_no_table),
	    cmocka_unit_test(servers_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
