#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/logline.h"
#include "lib/logparse.h"

#define ID "0647c1a2b3d4e.9f02c4d1aa"

static struct logevent e;
static struct bytes key;
static stralloc value;

static int
parse(const char *s)
{
	return logparse_event(&e, s, strlen(s), NULL);
}

static int
value_is(const char *want)
{
	return bytes_eq((struct bytes){value.s, value.len}, want);
}

static void
finds_id_event_and_fields(void **state)
{
	(void)state;
	assert_int_equal(parse(ID ".000012 routed list=TEST rcpts=3"), 0);
	assert_true(bytes_eq(e.id, ID ".000012"));
	assert_true(bytes_eq(e.event, "routed"));
	assert_int_equal(logparse_field(&e.rest, &key, &value), 1);
	assert_true(bytes_eq(key, "list") && value_is("TEST"));
	assert_int_equal(logparse_field(&e.rest, &key, &value), 1);
	assert_true(bytes_eq(key, "rcpts") && value_is("3"));
	assert_int_equal(logparse_field(&e.rest, &key, &value), 0);
	assert_int_equal(parse("- host-down"), 0);
	assert_int_equal(e.id.len, 0);
	assert_true(bytes_eq(e.event, "host-down"));
	assert_int_equal(logparse_field(&e.rest, &key, &value), 0);
	sa_free(&value);
}

static void
takes_quotes_off(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("- bad why=\"a \\\"b\\\" \\\\ c=d\" file=\"\" n=1"), 0);
	assert_int_equal(logparse_find(&e, "why", &value), 1);
	assert_true(value_is("a \"b\" \\ c=d"));
	assert_int_equal(logparse_find(&e, "file", &value), 1);
	assert_true(value_is(""));
	assert_int_equal(logparse_find(&e, "n", &value), 1);
	assert_true(value_is("1"));
	assert_int_equal(logparse_find(&e, "c", &value), 0);
	assert_true(value_is("1"));
	sa_free(&value);
}

static void
reads_every_line_that_logline_writes(void **state)
{
	static const struct bytes values[] = {{"plain", 5}, {"", 0},
	    {"two words", 9}, {"q\"uo\\te", 7}, {"a=b", 3},
	    {"\xc3\xa4\xff", 3}};
	struct logline l;

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		log_begin(&l, ID, "sent");
		log_s(&l, "x", values[i].s, values[i].len);
		log_u(&l, "ms", UINT64_MAX);
		assert_int_equal(logparse_event(&e, l.text, l.len, NULL), 0);
		assert_int_equal(logparse_find(&e, "x", &value), 1);
		assert_int_equal(value.len, values[i].len);
		if (value.len)
			assert_memory_equal(value.s, values[i].s, value.len);
		assert_int_equal(logparse_find(&e, "ms", &value), 1);
		assert_true(value_is("18446744073709551615"));
	}
	sa_free(&value);
}

static void
reads_a_line_that_was_cut(void **state)
{
	(void)state;
	assert_int_equal(parse("- bad why=\"half of it"), 0);
	assert_int_equal(logparse_find(&e, "why", &value), 1);
	assert_true(value_is("half of it"));
	assert_int_equal(parse("- bad why=\"half\\"), 0);
	assert_int_equal(logparse_find(&e, "why", &value), 1);
	assert_int_equal(parse("- bad n=1 wh"), 0);
	assert_int_equal(logparse_find(&e, "n", &value), 1);
	assert_int_equal(logparse_find(&e, "why", &value), 0);
	sa_free(&value);
}

static void
knows_what_is_no_event(void **state)
{
	static const char *const no[] = {"", "-", "- ", "lsv-route: fatal: no",
	    "0647c1a2b3d4e routed", ID, ID " ", ID " Two", ID " 2x", ID "  x"};

	(void)state;
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		if (parse(no[i]) != -1)
			fail_msg("taken: %s", no[i]);
}

static void
refuses_fields_that_are_none(void **state)
{
	static const char *const no[] = {
	    "- x word", "- x =1", "- x  a=1", "- x A=1", "- x a=\"b\"c"};

	(void)state;
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
		assert_int_equal(parse(no[i]), 0);
		if (logparse_field(&e.rest, &key, &value) != -1)
			fail_msg("taken: %s", no[i]);
		assert_int_equal(errno, EINVAL);
	}
	sa_free(&value);
}

static void
reads_the_stamp_of_s6_log(void **state)
{
	static const char line[] = "2026-11-22 01:47:19.123456789  - up";
	struct logstamp t;

	(void)state;
	assert_int_equal(logparse_stamp(&t, line, sizeof line - 1), 31);
	assert_int_equal(t.year, 2026);
	assert_int_equal(t.month, 11);
	assert_int_equal(t.day, 22);
	assert_int_equal(t.hour, 1);
	assert_int_equal(t.minute, 47);
	assert_int_equal(t.second, 19);
	assert_int_equal(t.us, 123456);
	assert_int_equal(logparse_stamp(&t, line, 29), 29);
	assert_int_equal(logparse_stamp(&t, line, 28), 0);
}

static void
sees_that_there_is_no_stamp(void **state)
{
	static const char *const no[] = {"2026-13-22 01:47:19.123456789  x",
	    "2026-00-22 01:47:19.123456789  x",
	    "2026-11-00 01:47:19.123456789  x",
	    "2026-11-22T01:47:19.123456789  x",
	    "2026-11-22 01:60:19.123456789  x",
	    "2026-11-22 01:47:19.12345678x  x",
	    "lsv-route: warning: something is wrong"};
	struct logstamp t;

	(void)state;
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		if (logparse_stamp(&t, no[i], strlen(no[i])) != 0)
			fail_msg("taken: %s", no[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_id_event_and_fields),
	    cmocka_unit_test(takes_quotes_off),
	    cmocka_unit_test(reads_every_line_that_logline_writes),
	    cmocka_unit_test(reads_a_line_that_was_cut),
	    cmocka_unit_test(knows_what_is_no_event),
	    cmocka_unit_test(refuses_fields_that_are_none),
	    cmocka_unit_test(reads_the_stamp_of_s6_log),
	    cmocka_unit_test(sees_that_there_is_no_stamp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
