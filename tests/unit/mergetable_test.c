#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/mergetable.h"

static struct csv csv;
static stralloc names, text;
static struct merge merge;
static struct merge_copy copy;
static const char message[] = "Subject: &NAME;\r\n\r\n&CODE;\r\n";

static int
begin(void **state)
{
	struct where w;

	(void)state;
	names.len = text.len = 0;
	return merge_compile(
	    &merge, bytes_z("NAME CODE"), message, sizeof message - 1, &w);
}

static int
end(void **state)
{
	(void)state;
	merge_free(&merge);
	merge_done(&copy);
	csv_free(&csv);
	memset(&csv, 0, sizeof csv);
	return 0;
}

static void
record(const char *line)
{
	struct where w;
	size_t used;

	csv_free(&csv);
	memset(&csv, 0, sizeof csv);
	assert_int_equal(csv_next(&csv, line, strlen(line), 1, &used, &w), 1);
}

static void
takes_the_names_of_the_columns_in_any_case(void **state)
{
	struct where w;

	(void)state;
	record("to, name ,Code");
	assert_int_equal(mergetable_names(&names, &csv, &w), 0);
	assert_true(bytes_eq((struct bytes){names.s, names.len}, "NAME CODE"));
	names.len = 0;
	record("to");
	assert_int_equal(mergetable_names(&names, &csv, &w), 0);
	assert_int_equal(names.len, 0);
}

static void
assert_bad_names(const char *line, size_t at, const char *why)
{
	struct where w;

	names.len = 0;
	record(line);
	assert_int_equal(mergetable_names(&names, &csv, &w), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(w.at, at);
	assert_non_null(strstr(w.why, why));
}

static void
says_which_name_is_wrong(void **state)
{
	char line[1024] = "to";

	(void)state;
	assert_bad_names("to,a,1x", 2, "is no name of a field");
	assert_bad_names("to,", 1, "is no name of a field");
	assert_bad_names("to,a,b,A", 3, "is there twice");
	for (unsigned i = 0; i < 65; i++)
		snprintf(line + strlen(line), 8, ",F%u", i);
	assert_bad_names(line, 0, "more than 64 fields");
	strcpy(line, "to");
	for (unsigned i = 0; i < 30; i++)
		snprintf(line + strlen(line), 40, ",F%031u", i);
	assert_int_equal(strlen(line), 2 + 30 * 33);
	names.len = 0;
	record(line);
	assert_int_equal(
	    mergetable_names(&names, &csv, &(struct where){0, NULL}), 0);
}

static void
makes_the_row_of_a_recipient(void **state)
{
	struct merge_row row = {.date = bytes_z("D"), .id = bytes_z("i@d")};
	stralloc address = {0};
	const char *why;
	int field;

	(void)state;
	record(" Joe@EXAMPLE.com ,\"User, Joe\",");
	assert_int_equal(
	    mergetable_row(&row, &address, &csv, &merge, &copy, &field, &why),
	    0);
	assert_int_equal(mergetable_put(&text, &row), 0);
	assert_true(bytes_eq(
	    (struct bytes){text.s, text.len}, "Joe@example.com\tUser, Joe\t"));
	record("joe@example.com");
	text.len = 0;
	assert_int_equal(
	    mergetable_row(&row, &address, &csv, &merge, &copy, &field, &why),
	    0);
	assert_int_equal(mergetable_put(&text, &row), 0);
	assert_true(
	    bytes_eq((struct bytes){text.s, text.len}, "joe@example.com"));
	sa_free(&address);
}

static void
assert_bad_row(const char *line, int at, const char *what)
{
	struct merge_row row = {.date = bytes_z("D"), .id = bytes_z("i@d")};
	stralloc address = {0};
	const char *why;
	int field = 99;

	record(line);
	assert_int_equal(
	    mergetable_row(&row, &address, &csv, &merge, &copy, &field, &why),
	    -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(field, at);
	assert_non_null(strstr(why, what));
	sa_free(&address);
}

static void
says_which_value_is_wrong(void **state)
{
	static char line[40000];

	(void)state;
	assert_bad_row("joe,x,y", -1, "no @");
	assert_bad_row("joe@x.example,a,b,c", -2, "more cells than names");
	assert_bad_row("joe@x.example,a\001", 0, "control byte");
	assert_bad_row("joe@x.example,a,\377", 1, "UTF-8");
	strcpy(line, "joe@x.example,");
	memset(line + strlen(line), 'x', 33000);
	assert_bad_row(line, -2, "32,768 bytes");
}

static void
adds_the_fields_that_a_message_lacks(void **state)
{
	static const char all[] =
	    "To: x\nDate: x\nmessage-id: x\nContent-Type: x\n";
	struct header h;
	struct where w;

	(void)state;
	assert_int_equal(header_parse(&h, "From: x\n\n", 9, &w), 0);
	assert_int_equal(mergetable_head(&text, &h), 0);
	assert_true(bytes_eq((struct bytes){text.s, text.len},
	    "Date: &*DATE;\r\nMessage-ID: <&*MSGID;>\r\nTo: &*TO;\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n"));
	text.len = 0;
	assert_int_equal(header_parse(&h, all, strlen(all), &w), 0);
	assert_int_equal(mergetable_head(&text, &h), 0);
	assert_int_equal(text.len, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(takes_the_names_of_the_columns_in_any_case),
	    TEST(says_which_name_is_wrong),
	    TEST(makes_the_row_of_a_recipient),
	    TEST(says_which_value_is_wrong),
	    TEST(adds_the_fields_that_a_message_lacks),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	sa_free(&names);
	sa_free(&text);
	return r;
}
