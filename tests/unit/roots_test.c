#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "lib/bytes.h"
#include "lib/roots.h"

static void
has_the_standard_places(void **state)
{
	(void)state;
	unsetenv("LSV_ETC");
	unsetenv("LSV_SPOOL");
	unsetenv("LSV_LIB");
	unsetenv("LSV_RUN");
	assert_string_equal(root_etc(), "/etc/lsv");
	assert_string_equal(root_spool(), "/var/spool/lsv");
	assert_string_equal(root_lib(), "/var/lib/lsv");
	assert_string_equal(root_run(), "/run/lsv");
}

static void
lets_the_environment_move_them(void **state)
{
	(void)state;
	setenv("LSV_ETC", "/a/etc", 1);
	setenv("LSV_SPOOL", "/a/spool", 1);
	setenv("LSV_LIB", "/a/lib", 1);
	setenv("LSV_RUN", "/a/run", 1);
	assert_string_equal(root_etc(), "/a/etc");
	assert_string_equal(root_spool(), "/a/spool");
	assert_string_equal(root_lib(), "/a/lib");
	assert_string_equal(root_run(), "/a/run");
}

static void
takes_no_relative_path(void **state)
{
	(void)state;
	setenv("LSV_SPOOL", "spool", 1);
	assert_string_equal(root_spool(), "/var/spool/lsv");
	setenv("LSV_SPOOL", "", 1);
	assert_string_equal(root_spool(), "/var/spool/lsv");
}

static void
joins_a_root_and_a_path(void **state)
{
	stralloc out = {0};

	(void)state;
	assert_int_equal(root_path(&out, "/etc/lsv", "site.cdb"), 0);
	assert_string_equal(out.s, "/etc/lsv/site.cdb");
	assert_int_equal(out.len, 17);
	assert_int_equal(root_path(&out, "/", "x"), 0);
	assert_string_equal(out.s, "//x");
	sa_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_the_standard_places),
	    cmocka_unit_test(lets_the_environment_move_them),
	    cmocka_unit_test(takes_no_relative_path),
	    cmocka_unit_test(joins_a_root_and_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
