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

/* Source: the test vectors of the authors of FNV */
static void
hashes_as_fnv_1a_does(void **state)
{
	(void)state;
	assert_true(bytes_hash(bytes_z("")) == UINT64_C(0xcbf29ce484222325));
	assert_true(bytes_hash(bytes_z("a")) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(
	    bytes_hash(bytes_z("foobar")) == UINT64_C(0x85944171f73967e8));
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

static void
compares_in_whatever_case(void **state)
{
	(void)state;
	assert_int_equal(bytes_same(bytes_z("Owner-X"), "oWNER-x"), 1);
	assert_int_equal(bytes_same(bytes_z("owner"), "owner-x"), 0);
	assert_int_equal(bytes_same(bytes_z("owner-x"), "owner"), 0);
	assert_int_equal(bytes_same((struct bytes){"ab\0", 3}, "ab"), 0);
	assert_int_equal(bytes_same((struct bytes){"\0b", 2}, "ab"), 0);
	assert_int_equal(bytes_same((struct bytes){NULL, 0}, "a"), 0);
	assert_int_equal(bytes_same((struct bytes){NULL, 0}, ""), 1);
	assert_int_equal(bytes_same(bytes_z("[x"), "{x"), 0);
}

static void
knows_how_bytes_begin_and_end(void **state)
{
	struct bytes b = {"Owner-X-REQUEST!", 15};

	(void)state;
	assert_int_equal(bytes_starts(b, "owner-"), 1);
	assert_int_equal(bytes_starts(b, ""), 1);
	assert_int_equal(bytes_starts(b, "owner-x-request"), 1);
	assert_int_equal(bytes_starts(b, "owner-x-request!"), 0);
	assert_int_equal(bytes_starts(b, "wner"), 0);
	assert_int_equal(bytes_ends(b, "-request"), 1);
	assert_int_equal(bytes_ends(b, "owner-x-request"), 1);
	assert_int_equal(bytes_ends(b, "-owner-x-request"), 0);
	assert_int_equal(bytes_ends(b, "-reques"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_a_line_apart_word_by_word),
	    cmocka_unit_test(takes_each_blank_for_an_end),
	    cmocka_unit_test(takes_any_other_byte_for_a_part_of_the_word),
	    cmocka_unit_test(compares_the_whole),
	    cmocka_unit_test(hashes_as_fnv_1a_does),
	    cmocka_unit_test(compares_in_whatever_case),
	    cmocka_unit_test(knows_how_bytes_begin_and_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
