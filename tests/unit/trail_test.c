#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/spoolfile.h"
#include "lib/trail.h"

#define NUMBER "0647c1a2b3d4e.9f02c4d1aa"

static void
reads_the_parts_of_a_trail(void **state)
{
	struct trail t;

	(void)state;
	assert_int_equal(
	    trail_parse(&t,
		bytes_z("LISTS.EXAMPLE.ORG/20240105-4711 2 FRECP11 CEARN"),
		NULL),
	    0);
	assert_true(bytes_eq(t.origin, "LISTS.EXAMPLE.ORG"));
	assert_true(bytes_eq(t.number, "20240105-4711"));
	assert_int_equal(t.hops, 2);
	assert_true(bytes_eq(t.visited, "FRECP11 CEARN"));
}

static void
a_number_may_hold_a_slash(void **state)
{
	struct trail t;

	(void)state;
	assert_int_equal(trail_parse(&t, bytes_z("A/1/2 0"), NULL), 0);
	assert_true(bytes_eq(t.number, "1/2"));
	assert_int_equal(t.visited.len, 0);
}

static void
refuses_what_is_no_trail(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {{"", "no server and number"},
	    {"A 1", "no server and number"}, {"/1 1", "no server and number"},
	    {"A/ 1", "no server and number"},
	    {" A/1 1", "no server and number"},
	    {"A\x01/1 1", "no server and number"},
	    {"A/1", "not a number of hops"}, {"A/1 ", "not a number of hops"},
	    {"A/1 x", "not a number of hops"},
	    {"A/1 -1", "not a number of hops"},
	    {"A/1 1000", "not a number of hops"},
	    {"A/1  1", "not a number of hops"},
	    {"A/1 1 ", "not names of servers"},
	    {"A/1 1 A  B", "not names of servers"},
	    {"A/1 1 A ", "not names of servers"},
	    {"A/1 1 A\tB", "not names of servers"}};
	struct trail t;
	struct where w = {0};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(trail_parse(&t, bytes_z(bad[i].text), &w), -1);
		assert_string_equal(w.why, bad[i].why);
		assert_true(w.at <= strlen(bad[i].text));
	}
}

static void
adds_us_and_a_hop_when_a_job_goes_on(void **state)
{
	struct trail t = {
	    .origin = bytes_z("FRECP11"), .number = bytes_z(NUMBER)};
	stralloc out = {0}, on = {0};

	(void)state;
	assert_int_equal(trail_next(&out, &t, bytes_z("FRECP11")), 0);
	assert_true(bytes_eq(
	    (struct bytes){out.s, out.len}, "FRECP11/" NUMBER " 1 FRECP11"));
	assert_int_equal(
	    trail_parse(&t, (struct bytes){out.s, out.len}, NULL), 0);
	assert_int_equal(trail_next(&on, &t, bytes_z("CEARN")), 0);
	assert_true(bytes_eq((struct bytes){on.s, on.len},
	    "FRECP11/" NUMBER " 2 FRECP11 CEARN"));
	assert_int_equal(trail_next(&on, &t, bytes_z("")), -1);
	assert_int_equal(trail_next(&on, &t, bytes_z("A B")), -1);
	assert_int_equal(errno, EINVAL);
	sa_free(&out);
	sa_free(&on);
}

static void
a_trail_that_grows_too_long_is_not_written(void **state)
{
	static char names[SPOOL_TRAIL_MAX];
	struct trail t = {.origin = bytes_z("A"), .number = bytes_z("1")};
	stralloc out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof names; i++)
		names[i] = i % 100 == 99 ? ' ' : 'N';
	t.visited = (struct bytes){names, sizeof names - 20};
	assert_int_equal(trail_format(&out, &t), 0);
	assert_int_equal(sa_puts(&out, "x"), 0);
	t.hops = TRAIL_HOPS_MAX;
	assert_int_equal(
	    trail_next(&out, &t, bytes_z("A.SERVER.OF.SOME.LENGTH")), -1);
	assert_int_equal(errno, EINVAL);
	t.hops = 1;
	out.len = 1;
	assert_int_equal(
	    trail_next(&out, &t, bytes_z("A.SERVER.OF.SOME.LENGTH")), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(out.len, 1);
	sa_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_the_parts_of_a_trail),
	    cmocka_unit_test(a_number_may_hold_a_slash),
	    cmocka_unit_test(refuses_what_is_no_trail),
	    cmocka_unit_test(adds_us_and_a_hop_when_a_job_goes_on),
	    cmocka_unit_test(a_trail_that_grows_too_long_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
