#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/journal.h"

static struct entry
delivered(void)
{
	return (struct entry){.op = OP_DELIVERED,
	    .first = 0,
	    .last = 99,
	    .code = 250,
	    .status = bytes_z("2.0.0"),
	    .when_us = 1795341600123456,
	    .host = bytes_z("127.0.0.1:25"),
	    .text = bytes_z("Ok: queued as 4F2")};
}

static void
writes_one_line_for_each_kind(void **state)
{
	struct entry e = delivered();
	stralloc out = {0};

	(void)state;
	assert_int_equal(journal_format(&out, &e), 0);
	e = (struct entry){.op = OP_LATER, .when_us = 17, .tries = 3};
	assert_int_equal(journal_format(&out, &e), 0);
	e = (struct entry){.op = OP_REPORTED};
	assert_int_equal(journal_format(&out, &e), 0);
	e = (struct entry){.op = OP_END};
	assert_int_equal(journal_format(&out, &e), 0);
	e = (struct entry){.op = OP_WARNED, .when_us = 18};
	assert_int_equal(journal_format(&out, &e), 0);
	e = (struct entry){
	    .op = OP_FAILED, .first = 7, .last = 7, .status = bytes_z("5.0.0")};
	assert_int_equal(journal_format(&out, &e), 0);
	assert_true(bytes_eq((struct bytes){out.s, out.len},
	    "D 0-99 250 2.0.0 1795341600123456 127.0.0.1:25 Ok: queued as 4F2\n"
	    "L 17 3\nP\nE\nW 18\nF 7-7 000 5.0.0 0 - \n"));
	sa_free(&out);
}

static void
lets_no_reply_forge_a_line(void **state)
{
	struct entry e = delivered(), back;
	stralloc out = {0};

	(void)state;
	e.text = (struct bytes){"a\nE\n\0\tb\x7f\xc3\xa4", 10};
	e.host = bytes_z("a b\nE");
	assert_int_equal(journal_format(&out, &e), 0);
	assert_int_equal(
	    journal_line(&back, out.s, out.len, 100, NULL), (ssize_t)out.len);
	assert_true(bytes_eq(back.host, "a_b?E"));
	assert_true(bytes_eq(back.text, "a?E???b?\xc3\xa4"));
	sa_free(&out);
}

static void
cuts_long_replies_and_hosts_so_that_a_line_has_a_maximum(void **state)
{
	static char longtext[4096];
	struct entry e = delivered(), back;
	stralloc out = {0};

	(void)state;
	memset(longtext, 'x', sizeof longtext);
	e.text = e.host = e.status = (struct bytes){longtext, sizeof longtext};
	e.first = e.last = UINT32_MAX - 1;
	e.when_us = INT64_MAX;
	assert_int_equal(journal_format(&out, &e), 0);
	assert_true(out.len <= JOURNAL_LINE_MAX);
	assert_int_equal(journal_line(&back, out.s, out.len, UINT32_MAX, NULL),
	    (ssize_t)out.len);
	assert_int_equal(back.text.len, JOURNAL_TEXT_MAX);
	assert_int_equal(back.host.len, JOURNAL_HOST_MAX);
	sa_free(&out);
}

static void
reads_back_what_it_wrote(void **state)
{
	struct entry e = delivered(), back;
	stralloc out = {0};

	(void)state;
	assert_int_equal(journal_format(&out, &e), 0);
	assert_int_equal(
	    journal_line(&back, out.s, out.len, 100, NULL), (ssize_t)out.len);
	assert_int_equal(back.op, OP_DELIVERED);
	assert_int_equal(back.first, 0);
	assert_int_equal(back.last, 99);
	assert_int_equal(back.code, 250);
	assert_true(bytes_eq(back.status, "2.0.0"));
	assert_int_equal(back.when_us, e.when_us);
	assert_true(bytes_eq(back.host, "127.0.0.1:25"));
	assert_true(bytes_eq(back.text, "Ok: queued as 4F2"));
	out.len = 0;
	e = (struct entry){.op = OP_LATER, .when_us = 17, .tries = 3};
	assert_int_equal(journal_format(&out, &e), 0);
	assert_true(journal_line(&back, out.s, out.len, 1, NULL) > 0);
	assert_int_equal(back.op, OP_LATER);
	assert_int_equal(back.when_us, 17);
	assert_int_equal(back.tries, 3);
	out.len = 0;
	e = (struct entry){.op = OP_WARNED, .when_us = 18};
	assert_int_equal(journal_format(&out, &e), 0);
	assert_true(journal_line(&back, out.s, out.len, 1, NULL) > 0);
	assert_int_equal(back.op, OP_WARNED);
	assert_int_equal(back.when_us, 18);
	out.len = 0;
	e = (struct entry){.op = OP_PACKED, .when_us = 19};
	assert_int_equal(journal_format(&out, &e), 0);
	assert_true(bytes_eq((struct bytes){out.s, out.len}, "K 19\n"));
	assert_true(journal_line(&back, out.s, out.len, 1, NULL) > 0);
	assert_int_equal(back.op, OP_PACKED);
	assert_int_equal(back.when_us, 19);
	sa_free(&out);
}

static void
waits_for_the_end_of_a_torn_line(void **state)
{
	static const char line[] = "D 0-0 250 2.0.0 1 h ok\n";
	struct entry e;
	char *cut;

	(void)state;
	for (size_t n = 1; n < sizeof line - 1; n++) {
		cut = malloc(n);
		assert_non_null(cut);
		memcpy(cut, line, n);
		assert_int_equal(journal_line(&e, cut, n, 1, NULL), 0);
		free(cut);
	}
	assert_int_equal(
	    journal_line(&e, line, sizeof line - 1, 1, NULL), sizeof line - 1);
}

static void
refuses_lines_that_are_none(void **state)
{
	static const char *const bad[] = {"\n", "X\n",
	    "DD 0-0 250 2.0.0 1 h t\n", "D\n", "D 0 250 2.0.0 1 h t\n",
	    "D 1-0 250 2.0.0 1 h t\n", "D 0-10 250 2.0.0 1 h t\n",
	    "D 10-10 250 2.0.0 1 h t\n", "D -1-0 250 2.0.0 1 h t\n",
	    "D 0-0 1000 2.0.0 1 h t\n", "D 0-0 abc 2.0.0 1 h t\n",
	    "D 0-0 250  1 h t\n", "D 0-0 250 2.0.0 x h t\n",
	    "D 0-0 250 2.0.0 1\n", "L\n", "L 1\n", "L x 1\n", "L 1 x\n",
	    "L 1 4294967296\n", "L 1 1 more\n", "E now\n", "P 1\n", " E\n",
	    "W\n", "W x\n", "W 1 1\n", "W 99999999999999999999\n"};
	struct entry e;
	struct where w;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		w = (struct where){0};
		if (journal_line(&e, bad[i], strlen(bad[i]), 10, &w) != -1)
			fail_msg("taken: %s", bad[i]);
		assert_string_equal(w.why, "not a journal line");
	}
}

static void
refuses_a_range_of_a_file_without_recipients(void **state)
{
	static const char line[] = "D 0-0 250 2.0.0 1 h ok\n";
	struct entry e;

	(void)state;
	assert_int_equal(journal_line(&e, line, sizeof line - 1, 0, NULL), -1);
}

static void
refuses_a_line_that_was_written_in_part_only(void **state)
{
	static const char line[] = "D 0-0 250 2.0.0 1 h o\0\0\0ed\n";
	struct entry e;

	(void)state;
	assert_int_equal(journal_line(&e, line, sizeof line - 1, 1, NULL), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_one_line_for_each_kind),
	    cmocka_unit_test(lets_no_reply_forge_a_line),
	    cmocka_unit_test(
		cuts_long_replies_and_hosts_so_that_a_line_has_a_maximum),
	    cmocka_unit_test(reads_back_what_it_wrote),
	    cmocka_unit_test(waits_for_the_end_of_a_torn_line),
	    cmocka_unit_test(refuses_lines_that_are_none),
	    cmocka_unit_test(refuses_a_range_of_a_file_without_recipients),
	    cmocka_unit_test(refuses_a_line_that_was_written_in_part_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
