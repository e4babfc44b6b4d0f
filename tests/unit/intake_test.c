#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/intake.h"

static int
check(struct intake *t, const char *s, struct where *w)
{
	return intake_check(t, s, strlen(s), w);
}

static void
takes_any_text_within_its_limits(void **state)
{
	struct intake t = {.max = 20};
	struct where w;

	(void)state;
	assert_int_equal(check(&t, "a: b\r\n\r\n", &w), 0);
	assert_int_equal(check(&t, "\r\xff.\n..\n", &w), 0);
	assert_int_equal(intake_check(&t, NULL, 0, &w), 0);
	assert_int_equal(t.size, 15);
	assert_int_equal(t.lines, 4);
}

static void
refuses_one_byte_too_many(void **state)
{
	struct intake t = {.max = 4};
	struct where w;

	(void)state;
	assert_int_equal(check(&t, "abcd", &w), 0);
	assert_false(intake_too_big(&t));
	assert_int_equal(check(&t, "e", &w), -1);
	assert_string_equal(w.why, "the message is too big");
	assert_true(intake_too_big(&t));
}

static void
refuses_one_line_too_many(void **state)
{
	struct intake t = {.max = 100, .max_lines = 2};
	struct where w;

	(void)state;
	assert_int_equal(check(&t, "a\nb\nc", &w), 0);
	assert_int_equal(check(&t, "\n", &w), -1);
	assert_string_equal(w.why, "the message has too many lines");
	assert_true(intake_too_big(&t));
}

static void
refuses_a_nul_and_tells_where(void **state)
{
	struct intake t = {.max = 100};
	struct where w;

	(void)state;
	assert_int_equal(intake_check(&t, "ab\0c", 4, &w), -1);
	assert_string_equal(w.why, "the message holds a NUL byte");
	assert_int_equal(w.at, 2);
	assert_false(intake_too_big(&t));
}

static void
measures_lines_over_the_steps(void **state)
{
	static char half[INTAKE_LINE_MAX / 2];
	struct intake t = {.max = 1 << 20};
	struct where w;

	(void)state;
	memset(half, 'x', sizeof half);
	assert_int_equal(intake_check(&t, half, sizeof half, &w), 0);
	assert_int_equal(intake_check(&t, half, sizeof half - 1, &w), 0);
	assert_int_equal(check(&t, "\nshort", &w), 0);
	assert_int_equal(intake_check(&t, half, sizeof half, &w), 0);
	assert_int_equal(intake_check(&t, half, sizeof half, &w), -1);
	assert_string_equal(w.why, "the message has a line over 64 KiB");
	assert_false(intake_too_big(&t));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_any_text_within_its_limits),
	    cmocka_unit_test(refuses_one_byte_too_many),
	    cmocka_unit_test(refuses_one_line_too_many),
	    cmocka_unit_test(refuses_a_nul_and_tells_where),
	    cmocka_unit_test(measures_lines_over_the_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
