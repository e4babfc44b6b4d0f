#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/scananswer.h"

#define FILE_1 "lsv-answer 1\ncode: 2\nms: 12\nwhy: a virus\nend\n"

static struct scananswer
said(const char *why, size_t len)
{
	struct scananswer a = {.code = SCAN_REJECTED, .ms = 12};

	scananswer_why(&a, why, len);
	return a;
}

static void
expect_why(const char *why, const char *clean)
{
	assert_string_equal(said(why, strlen(why)).why, clean);
}

static void
expect_bad(const char *text, size_t at, const char *why)
{
	struct scananswer a;
	struct where w = {0, NULL};

	assert_int_equal(scananswer_parse(&a, text, strlen(text), &w), -1);
	assert_string_equal(w.why, why);
	assert_int_equal(w.at, at);
}

static void
writes_and_reads_every_code(void **state)
{
	static const char *const code[] = {"0", "1", "2", "failed"};
	struct scananswer a = said("a virus", 7), b;
	stralloc text = {0};

	(void)state;
	assert_int_equal(scananswer_format(&text, &a), 0);
	assert_int_equal(text.len, strlen(FILE_1));
	assert_memory_equal(text.s, FILE_1, text.len);
	for (int i = SCAN_GO_ON; i <= SCAN_FAILED; i++) {
		text.len = 0;
		a.code = (enum scan_code)i;
		a.ms = UINT64_MAX;
		assert_string_equal(scananswer_code(a.code), code[i]);
		assert_int_equal(scananswer_format(&text, &a), 0);
		assert_int_equal(
		    scananswer_parse(&b, text.s, text.len, NULL), 0);
		assert_int_equal(b.code, i);
		assert_true(b.ms == UINT64_MAX);
		assert_string_equal(b.why, "a virus");
	}
	sa_free(&text);
}

static void
makes_one_clean_line_of_what_an_exit_wrote(void **state)
{
	(void)state;
	expect_why("", "");
	expect_why(" \n\t ", "");
	expect_why("\n spam \r\n\t score 7 \n\n", "spam score 7");
	expect_why("a\001b\x7f"
		   "c\x1b[31m",
	    "a?b?c?[31m");
	expect_why("caf\xc3\xa9 \xe2\x82\xac", "caf\xc3\xa9 \xe2\x82\xac");
	expect_why("caf\xe9 \xc2\x9b"
		   "1m \xff",
	    "caf? ?1m ?");
	assert_string_equal(said("a\0b", 3).why, "a?b");
}

static void
ends_a_long_reason_before_a_character_that_would_be_cut(void **state)
{
	static char text[2000];
	struct scananswer a;

	(void)state;
	memset(text, 'x', sizeof text);
	a = said(text, sizeof text);
	assert_int_equal(strlen(a.why), SCANANSWER_WHY_MAX);
	memcpy(text + SCANANSWER_WHY_MAX - 2, "\xe2\x82\xac", 3);
	a = said(text, sizeof text);
	assert_int_equal(strlen(a.why), SCANANSWER_WHY_MAX - 2);
	/* nor does it end in a blank */
	memset(text + SCANANSWER_WHY_MAX - 1, ' ', 9);
	text[SCANANSWER_WHY_MAX - 2] = text[SCANANSWER_WHY_MAX - 3] = 'x';
	a = said(text, sizeof text);
	assert_int_equal(strlen(a.why), SCANANSWER_WHY_MAX - 1);
	assert_int_equal(a.why[SCANANSWER_WHY_MAX - 2], 'x');
}

static void
the_longest_answer_fits_into_the_file(void **state)
{
	static char text[SCANANSWER_WHY_MAX];
	struct scananswer a, b;
	stralloc out = {0};

	(void)state;
	memset(text, 'x', sizeof text);
	a = said(text, sizeof text);
	a.code = SCAN_FAILED;
	a.ms = UINT64_MAX;
	assert_int_equal(scananswer_format(&out, &a), 0);
	assert_true(out.len <= SCANANSWER_MAX);
	assert_int_equal(scananswer_parse(&b, out.s, out.len, NULL), 0);
	assert_string_equal(b.why, a.why);
	sa_free(&out);
}

static void
refuses_what_is_no_answer(void **state)
{
	(void)state;
	expect_bad("", 0, "not an answer of version 1");
	expect_bad("lsv-answer 2\ncode: 0\n", 0, "not an answer of version 1");
	expect_bad("lsv-answer 1\nms: 0\n", 13, "not the key expected here");
	expect_bad("lsv-answer 1\ncode: 3\nms: 0\nwhy: \nend\n", 13,
	    "not a code of an answer");
	expect_bad("lsv-answer 1\ncode: 0\nms: -1\nwhy: \nend\n", 21,
	    "not a number of the range");
	expect_bad("lsv-answer 1\ncode: 0\nms: 1\nwhy: a\x1b\nend\n", 27,
	    "not a reason");
	expect_bad("lsv-answer 1\ncode: 0\nms: 1\nwhy: \xe9\nend\n", 27,
	    "not a reason");
	expect_bad("lsv-answer 1\ncode: 0\nms: 1\nwhy: \n", 33,
	    "the head is cut short");
	expect_bad("lsv-answer 1\ncode: 0\nms: 1\nwhy: \nend\nx", 37,
	    "text behind the end");
}

static void
a_file_cut_anywhere_is_no_answer(void **state)
{
	struct scananswer a;

	(void)state;
	for (size_t n = 0; n < strlen(FILE_1); n++)
		assert_int_equal(scananswer_parse(&a, FILE_1, n, NULL), -1);
	assert_int_equal(scananswer_parse(&a, FILE_1, strlen(FILE_1), NULL), 0);
}

static void
a_reason_over_its_length_is_refused(void **state)
{
	char text[1200];
	struct scananswer a;
	size_t len = (size_t)snprintf(text, sizeof text,
	    "lsv-answer 1\ncode: 2\nms: 1\nwhy: %0901d\nend\n", 1);

	(void)state;
	assert_int_equal(scananswer_parse(&a, text, len, NULL), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_and_reads_every_code),
	    cmocka_unit_test(makes_one_clean_line_of_what_an_exit_wrote),
	    cmocka_unit_test(
		ends_a_long_reason_before_a_character_that_would_be_cut),
	    cmocka_unit_test(the_longest_answer_fits_into_the_file),
	    cmocka_unit_test(refuses_what_is_no_answer),
	    cmocka_unit_test(a_file_cut_anywhere_is_no_answer),
	    cmocka_unit_test(a_reason_over_its_length_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("scananswer", tests, NULL, NULL);
}
