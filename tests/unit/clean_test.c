#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/clean.h"

static void
leaves_nothing_that_could_steer_a_terminal(void **state)
{
	static const char text[] = "a\0b\x1b[2J\r\n\t\x7f \xc3\xa9~";
	static const char want[] = "\na?b?[2J???? \xc3\xa9~";
	stralloc out = {0};

	(void)state;
	assert_int_equal(sa_puts(&out, "\n"), 0);
	assert_int_equal(
	    clean_put(&out, (struct bytes){text, sizeof text - 1}), 0);
	assert_int_equal(out.len, sizeof want - 1);
	assert_memory_equal(out.s, want, out.len);
	assert_int_equal(clean_put(&out, (struct bytes){NULL, 0}), 0);
	assert_int_equal(out.len, sizeof want - 1);
	sa_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_nothing_that_could_steer_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
