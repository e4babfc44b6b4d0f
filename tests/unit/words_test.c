#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/words.h"
#include "tests/unit/cputime.h"

static const char *
decoded(const char *value)
{
	static char out[400];

	out[words_decode(out, sizeof out - 1, bytes_z(value))] = 0;
	return out;
}

#define IS(value, want) assert_string_equal(decoded(value), want)

static void
leaves_plain_text_as_it_is(void **state)
{
	(void)state;
	IS("", "");
	IS("Hello, world", "Hello, world");
	IS(" a\r\n b\xc3\xa9 \xe9", " a\r\n b\xc3\xa9 \xe9");
	IS("1 =? 2", "1 =? 2");
}

static void
decodes_words(void **state)
{
	(void)state;
	IS("=?UTF-8?Q?caf=C3=A9_bar?=", "caf\xc3\xa9 bar");
	IS("=?utf-8?b?Y2Fmw6k=?=", "caf\xc3\xa9");
	IS("=?ISO-8859-1?Q?caf=E9?=", "caf\xc3\xa9");
	IS("=?windows-1252?q?=80?=", "\xe2\x82\xac");
	IS("=?koi8-r?Q?=C1?=", "\xc1");
	IS("=?us-ascii*en?Q?a?=", "a");
	IS("Re: =?us-ascii?Q?a?= b", "Re: a b");
	IS("x=?us-ascii?Q?a?=y", "xay");
}

static void
joins_words_that_follow_each_other(void **state)
{
	(void)state;
	IS("=?utf-8?q?a?= =?utf-8?q?b?=", "ab");
	IS("=?utf-8?q?a?=\r\n\t=?utf-8?q?b?=", "ab");
	IS("=?utf-8?q?a?= c =?utf-8?q?b?=", "a c b");
	IS("=?utf-8?q?a=C3?= =?utf-8?q?=A9?=", "a\xc3\xa9");
	IS("=?utf-8?q?a=C3?= =?koi8-r?q?=A9?=", "a\xc3\xa9");
	IS("=?utf-8?q?a=C3?= x", "a\xc3 x");
	IS(" =?utf-8?q?a?= ", " a ");
}

static void
takes_what_is_no_word_for_text(void **state)
{
	(void)state;
	IS("=?utf-8?x?a?=", "=?utf-8?x?a?=");
	IS("=?utf-8?q?a", "=?utf-8?q?a");
	IS("=?utf-8?q", "=?utf-8?q");
	IS("=?"
	   "?q?a?=",
	    "=?"
	    "?q?a?=");
	IS("=?ut f?q?a?=", "=?ut f?q?a?=");
	IS("=?", "=?");
	IS("=?=?utf-8?q?a?=", "=?a");
	IS("=?utf-8?q?"
	   "?=",
	    "");
	IS("=?utf-8?q?=zz=?=", "=zz=");
	IS("=?utf-8?b?***?=", "");
}

static void
stops_where_there_is_no_more_room(void **state)
{
	char out[4];

	(void)state;
	assert_int_equal(words_decode(out, 4, bytes_z("abcde")), 0);
	assert_int_equal(words_decode(out, 4, bytes_z("abcd")), 4);
	assert_int_equal(words_decode(out, 0, bytes_z("")), 0);
	assert_int_equal(words_decode(out, 4, (struct bytes){NULL, 0}), 0);
	assert_int_equal(
	    words_decode(out, 4, bytes_z("=?utf-8?q?abc=C3=A9x?=")), 3);
	assert_memory_equal(out, "abc", 3);
}

static void
takes_time_in_proportion_to_the_length(void **state)
{
	static const char piece[] = "=?x?q?aaa ";
	const size_t n = 1000000;
	double began = cpu_s();
	char *s = malloc(n * (sizeof piece - 1)), *out = malloc(16);

	(void)state;
	assert_non_null(s);
	assert_non_null(out);
	for (size_t i = 0; i < n; i++)
		memcpy(s + i * (sizeof piece - 1), piece, sizeof piece - 1);
	words_decode(out, 16, (struct bytes){s, n * (sizeof piece - 1)});
	for (size_t i = 0; i < n; i++)
		memcpy(s + i * 2, "=?", 2);
	words_decode(out, 16, (struct bytes){s, n * 2});
	assert_true(cpu_s() - began < cpu_limit(5));
	free(out);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_plain_text_as_it_is),
	    cmocka_unit_test(decodes_words),
	    cmocka_unit_test(joins_words_that_follow_each_other),
	    cmocka_unit_test(takes_what_is_no_word_for_text),
	    cmocka_unit_test(stops_where_there_is_no_more_room),
	    cmocka_unit_test(takes_time_in_proportion_to_the_length),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
