#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/near.h"

static unsigned
distance(const char *a, const char *b)
{
	unsigned d = near_distance(a, strlen(a), b, strlen(b));

	assert_int_equal(near_distance(b, strlen(b), a, strlen(a)), d);
	return d;
}

static void
counts_slips(void **state)
{
	(void)state;
	assert_int_equal(distance("", ""), 0);
	assert_int_equal(distance("query", "query"), 0);
	assert_int_equal(distance("query", "quer"), 1);
	assert_int_equal(distance("query", "quarry"), 2);
	assert_int_equal(distance("query", "qurey"), 1);
	assert_int_equal(distance("query", ""), 5);
	assert_int_equal(distance("abc", "xyz"), 3);
}

static void
does_not_look_at_case(void **state)
{
	(void)state;
	assert_int_equal(distance("Query", "qUERY"), 0);
	assert_int_equal(distance("QUREY", "query"), 1);
}

static void
gives_up_on_what_is_too_long(void **state)
{
	char long_one[NEAR_LEN_MAX + 2];

	(void)state;
	memset(long_one, 'x', sizeof long_one);
	assert_int_equal(
	    near_distance(long_one, NEAR_LEN_MAX, "", 0), NEAR_LEN_MAX);
	assert_true(
	    near_distance(long_one, NEAR_LEN_MAX + 1, "x", 1) > NEAR_LEN_MAX);
	assert_true(
	    near_distance("x", 1, long_one, NEAR_LEN_MAX + 1) > NEAR_LEN_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(counts_slips),
	    cmocka_unit_test(does_not_look_at_case),
	    cmocka_unit_test(gives_up_on_what_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
