#include "lib/share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void
finds_its_own_directory(void **state)
{
	stralloc dir = {0};

	(void)state;
	assert_int_equal(share_programs(&dir), 0);
	assert_int_equal(dir.s[0], '/');
	assert_int_equal(dir.s[dir.len], 0);
	assert_string_equal(dir.s + dir.len - strlen("/tests"), "/tests");
	sa_free(&dir);
}

static void
finds_the_tables_of_the_source_tree(void **state)
{
	int dir = share_open();

	(void)state;
	assert_true(dir >= 0);
	assert_int_equal(faccessat(dir, "spool.tab", R_OK, 0), 0);
	assert_int_equal(faccessat(dir, "service/lsv-score/run", X_OK, 0), 0);
	assert_int_equal(fcntl(dir, F_GETFD), FD_CLOEXEC);
	close(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_its_own_directory),
	    cmocka_unit_test(finds_the_tables_of_the_source_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
