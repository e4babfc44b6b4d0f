#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/bytes.h"

static void
takes_a_line_apart_word_by_word(void **state)
{
	struct bytes line = bytes_z("D 0-9 250");

	(void)state;
	assert_true(bytes_eq(bytes_word(&line), "D"));
	assert_true(bytes_eq(bytes_word(&line), "0-9"));
	assert_true(bytes_eq(line, "250"));
	assert_true(bytes_eq(bytes_word(&line), "250"));
	assert_int_equal(line.len, 0);
	assert_true(bytes_eq(bytes_word(&line), ""));
}

static void
takes_each_blank_for_an_end(void **state)
{
	struct bytes line = bytes_z(" a  ");

	(void)state;
	assert_true(bytes_eq(bytes_word(&line), ""));
	assert_true(bytes_eq(bytes_word(&line), "a"));
	assert_true(bytes_eq(bytes_word(&line), ""));
	assert_int_equal(line.len, 0);
}

static void
takes_any_other_byte_for_a_part_of_the_word(void **state)
{
	struct bytes line = {"a\0\t\n b", 6};

	(void)state;
	assert_int_equal(bytes_word(&line).len, 4);
	assert_true(bytes_eq(line, "b"));
}

static void
compares_the_whole(void **state)
{
	(void)state;
	assert_int_equal(bytes_eq((struct bytes){"abc", 2}, "ab"), 1);
	assert_int_equal(bytes_eq(bytes_z("abc"), "ab"), 0);
	assert_int_equal(bytes_eq(bytes_z("ab"), "abc"), 0);
	assert_int_equal(bytes_eq((struct bytes){"ab\0", 3}, "ab"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_a_line_apart_word_by_word),
	    cmocka_unit_test(takes_each_blank_for_an_end),
	    cmocka_unit_test(takes_any_other_byte_for_a_part_of_the_word),
	    cmocka_unit_test(compares_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
