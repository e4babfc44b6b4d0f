#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/breaker.h"

static void
opens_at_the_tenth_failure_in_a_row(void **state)
{
	struct breaker b = {.failures = 0};

	(void)state;
	for (int i = 0; i < BREAKER_FAILURES - 1; i++) {
		assert_int_equal(breaker_asks(&b, 5), 1);
		assert_int_equal(breaker_result(&b, 0, 5), 0);
	}
	assert_int_equal(breaker_result(&b, 1, 5), 0);
	for (int i = 0; i < BREAKER_FAILURES - 1; i++)
		assert_int_equal(breaker_result(&b, 0, 5), 0);
	assert_int_equal(breaker_asks(&b, 5), 1);
	assert_int_equal(breaker_result(&b, 0, 5), 1);
	assert_int_equal(b.failures, BREAKER_FAILURES);
	/* those that were under way then change nothing */
	assert_int_equal(breaker_result(&b, 0, 6), 0);
	assert_int_equal(breaker_asks(&b, 6), 0);
}

static void
tries_one_in_a_minute_while_it_is_open(void **state)
{
	struct breaker b = {.failures = 0};

	(void)state;
	for (int i = 0; i < BREAKER_FAILURES; i++)
		breaker_result(&b, 0, 1000);
	assert_int_equal(breaker_asks(&b, 999 + BREAKER_PROBE_MS), 0);
	assert_int_equal(breaker_asks(&b, 1000 + BREAKER_PROBE_MS), 1);
	assert_int_equal(breaker_asks(&b, 1000 + 9 * BREAKER_PROBE_MS), 0);
	assert_int_equal(breaker_result(&b, 0, 70000), 0);
	assert_int_equal(breaker_asks(&b, 70000), 0);
	assert_int_equal(breaker_asks(&b, 70000 + BREAKER_PROBE_MS), 1);
}

static void
closes_with_the_first_success(void **state)
{
	struct breaker b = {.failures = 0};

	(void)state;
	for (int i = 0; i < BREAKER_FAILURES; i++)
		breaker_result(&b, 0, 1000);
	assert_int_equal(breaker_asks(&b, 1000 + BREAKER_PROBE_MS), 1);
	assert_int_equal(breaker_result(&b, 1, 70000), -1);
	assert_int_equal(breaker_asks(&b, 70000), 1);
	assert_int_equal(breaker_asks(&b, 70000), 1);
	assert_int_equal(b.failures, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(opens_at_the_tenth_failure_in_a_row),
	    cmocka_unit_test(tries_one_in_a_minute_while_it_is_open),
	    cmocka_unit_test(closes_with_the_first_success),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("breaker", tests, NULL, NULL);
}
