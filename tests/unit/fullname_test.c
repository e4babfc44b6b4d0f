#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/addrlist.h"
#include "lib/fullname.h"

static void
assert_name(const char *raw, const char *want)
{
	stralloc out = {0};

	assert_int_equal(fullname_put(&out, bytes_z(raw)), 0);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s, want);
	sa_free(&out);
}

static void
leaves_a_name_as_it_is(void **state)
{
	(void)state;
	assert_name("Joe H. Doe", "Joe H. Doe");
	assert_name("", "");
	assert_name("  \t Joe  Doe\r\n", "Joe  Doe");
	assert_name("J\xc3\xb6rg \xe6\x97\xa5", "J\xc3\xb6rg \xe6\x97\xa5");
}

static void
reads_what_is_no_utf8_as_latin(void **state)
{
	(void)state;
	assert_name("J\xf6rg", "J\xc3\xb6rg");
	assert_name("\x80 5", "\xe2\x82\xac 5");
	assert_name("\xc3\xb6\xf6", "\xc3\x83\xc2\xb6\xc3\xb6");
}

static void
shows_control_bytes_as_question_marks(void **state)
{
	(void)state;
	assert_name("a\x1b[2J\x7f"
		    "b\nc",
	    "a?[2J?b?c");
}

static void
cuts_a_long_name(void **state)
{
	char raw[4 * ADDR_NAME_MAX];
	stralloc out = {0};

	(void)state;
	memset(raw, '\xe9', sizeof raw);
	assert_int_equal(
	    fullname_put(&out, (struct bytes){raw, sizeof raw}), 0);
	assert_int_equal(out.len, ADDR_NAME_MAX);
	assert_memory_equal(out.s + ADDR_NAME_MAX - 2, "\xc3\xa9", 2);
	out.len = 0;
	raw[0] = 'x';
	assert_int_equal(
	    fullname_put(&out, (struct bytes){raw, sizeof raw}), 0);
	assert_int_equal(out.len, ADDR_NAME_MAX - 1);
	sa_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_a_name_as_it_is),
	    cmocka_unit_test(reads_what_is_no_utf8_as_latin),
	    cmocka_unit_test(shows_control_bytes_as_question_marks),
	    cmocka_unit_test(cuts_a_long_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
