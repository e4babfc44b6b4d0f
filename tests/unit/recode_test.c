#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/recode.h"

static void
assert_text(const char *in, size_t len, const char *charset, const char *want)
{
	stralloc out = {0};

	assert_int_equal(sa_puts(&out, ">"), 0);
	assert_int_equal(
	    recode_utf8(&out, (struct bytes){in, len}, charset), 0);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s + 1, want);
	sa_free(&out);
}

static void
assert_z(const char *in, const char *charset, const char *want)
{
	assert_text(in, strlen(in), charset, want);
}

static void
reads_what_mail_is_written_in(void **state)
{
	(void)state;
	assert_z("J\xc3\xb6rg", "", "J\xc3\xb6rg");
	assert_z("J\xc3\xb6rg", "UTF-8", "J\xc3\xb6rg");
	assert_z("J\xf6rg", "iso-8859-1", "J\xc3\xb6rg");
	assert_z("\xb1", "iso-8859-2", "\xc4\x85");
	assert_z("\xc1", "KOI8-R", "\xd0\xb0");
	assert_z("\xe4", "windows-1251", "\xd0\xb4");
	assert_z("\x1b$B;3\x1b(B!", "iso-2022-jp", "\xe5\xb1\xb1!");
	assert_z("\xc4\xe3", "GB2312", "\xe4\xbd\xa0");
}

static void
reads_wide_characters(void **state)
{
	(void)state;
	assert_int_equal(recode_is_wide("UTF-16"), 1);
	assert_int_equal(recode_is_wide("utf-32BE"), 1);
	assert_int_equal(recode_is_wide("utf-8"), 0);
	assert_int_equal(recode_is_wide(""), 0);
	assert_text("\xff\xfe/\0/\0\xf6\0", 8, "UTF-16", "//\xc3\xb6");
	assert_text("\0/\0\xf6", 4, "utf-16be", "/\xc3\xb6");
}

static void
shows_what_is_wrong_as_question_marks(void **state)
{
	(void)state;
	assert_z("a\xffz", "utf-8", "a?z");
	assert_z("a\xc3", "utf-8", "a?");
	assert_z("a\xf6z", "us-ascii", "a?z");
	assert_z("a\xf6z", "x-unknown", "a?z");
	assert_z("a\xf6z", "iso-2022-cn-ext", "a?z");
	assert_z("\xff\xff"
		 "ab",
	    "euc-jp", "??ab");
	assert_text("a\0b", 3, "utf-16be", "\xe6\x84\x80?");
}

static void
reads_texts_of_any_length(void **state)
{
	static char in[100000];
	stralloc out = {0};

	(void)state;
	memset(in, '\xb1', sizeof in);
	assert_int_equal(
	    recode_utf8(&out, (struct bytes){in, sizeof in}, "iso-8859-2"), 0);
	assert_int_equal(out.len, 2 * sizeof in);
	for (size_t i = 0; i < out.len; i += 2)
		assert_memory_equal(out.s + i, "\xc4\x85", 2);
	sa_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_what_mail_is_written_in),
	    cmocka_unit_test(reads_wide_characters),
	    cmocka_unit_test(shows_what_is_wrong_as_question_marks),
	    cmocka_unit_test(reads_texts_of_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
