#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/lmtp.h"

/* What a client says, and the replies; MAIL and RCPT are always taken. */
static const char *
talk(struct lmtp *l, const char *s)
{
	size_t len = strlen(s), at = 0, used;
	int r = LMTP_MORE;

	l->out.len = 0;
	while (at < len && r != LMTP_QUIT && r != LMTP_DATA) {
		r = lmtp_next(l, s + at, len - at, &used);
		at += used;
		if (r == LMTP_MAIL || r == LMTP_RCPT)
			assert_int_equal(lmtp_answer(l, 1, 0, "2.1.0 ok"), 0);
	}
	assert_int_equal(sa_0(&l->out), 0);
	return l->out.s ? l->out.s : "";
}

static void
hundred_recipients_are_taken_and_not_one_more(void **state)
{
	struct lmtp l = {.name = "n", .max = 1000};

	(void)state;
	talk(&l, "LHLO x\r\nMAIL FROM:<a@b>\r\n");
	for (int i = 0; i < LMTP_RCPT_MAX; i++)
		assert_string_equal(
		    talk(&l, "RCPT TO:<\"a>b\"@c>\r\n"), "250 2.1.0 ok\r\n");
	assert_string_equal(
	    talk(&l, "RCPT TO:<a@c>\r\n"), "452 4.5.3 too many recipients\r\n");
	assert_int_equal(l.rcpts, LMTP_RCPT_MAX);
	lmtp_free(&l);
}

static void
smtp_is_refused_and_commands_have_an_order(void **state)
{
	struct lmtp l = {.name = "n", .max = 1000};

	(void)state;
	assert_memory_equal(talk(&l, "EHLO x\r\n"), "500 5.5.1", 9);
	assert_memory_equal(talk(&l, "MAIL FROM:<a@b>\r\n"), "503 5.5.1", 9);
	talk(&l, "LHLO x\r\n");
	assert_memory_equal(talk(&l, "DATA\r\n"), "503 5.5.1", 9);
	assert_memory_equal(
	    talk(&l, "MAIL FROM:<> SIZE=1001\r\n"), "552 5.3.4", 9);
	assert_memory_equal(talk(&l, "NOOP\n"), "500 5.5.2", 9);
	lmtp_free(&l);
}

static void
an_address_beyond_ascii_needs_smtputf8(void **state)
{
	static const char give[] =
	    "553 5.6.7 give SMTPUTF8 for this address\r\n";
	struct lmtp l = {.name = "n", .max = 1000};

	(void)state;
	talk(&l, "LHLO x\r\n");
	assert_string_equal(talk(&l, "MAIL FROM:<\xc3\xb6@b>\r\n"), give);
	assert_string_equal(talk(&l, "MAIL FROM:<\xc3@b> SMTPUTF8\r\n"),
	    "501 5.5.2 the address is no UTF-8\r\n");
	talk(&l, "MAIL FROM:<a@b>\r\n");
	assert_string_equal(talk(&l, "RCPT TO:<\xc3\xb6@b>\r\n"), give);
	assert_int_equal(l.rcpts, 0);
	assert_string_equal(
	    talk(&l, "RSET\r\nMAIL FROM:<\xc3\xb6@b> SMTPUTF8\r\n"),
	    "250 2.0.0 forgotten\r\n250 2.1.0 ok\r\n");
	assert_string_equal(
	    talk(&l, "RCPT TO:<\xc3\xb6@b>\r\n"), "250 2.1.0 ok\r\n");
	assert_int_equal(l.rcpts, 1);
	lmtp_free(&l);
}

static void
after_twenty_mistakes_it_is_over(void **state)
{
	struct lmtp l = {.name = "n", .max = 1000};

	(void)state;
	for (int i = 1; i < LMTP_ERRORS_MAX; i++)
		assert_memory_equal(talk(&l, "what\r\n"), "500 5.5.2", 9);
	assert_string_equal(
	    talk(&l, "what\r\nNOOP\r\n"), "421 4.7.0 too many errors\r\n");
	lmtp_free(&l);
}

static void
a_line_that_is_too_long_is_one_mistake(void **state)
{
	struct lmtp l = {.name = "n", .max = 1000};
	char line[LMTP_LINE_MAX + 2];

	(void)state;
	memset(line, 'x', sizeof line);
	memcpy(line, "NOOP ", 5);
	memcpy(line + LMTP_LINE_MAX - 2, "\r\n", 3);
	assert_memory_equal(talk(&l, line), "250 2.0.0", 9);
	memcpy(line + LMTP_LINE_MAX - 2, "x\r\n", 4);
	assert_string_equal(
	    talk(&l, line), "500 5.5.2 the line is too long\r\n");
	assert_memory_equal(talk(&l, "NOOP\r\n"), "250 2.0.0", 9);
	lmtp_free(&l);
}

/* The message in the bytes, and how it ended. */
static int
message(struct lmtp *l, const char *s, char *to, size_t room)
{
	size_t used, n;
	int r;

	talk(l, "RSET\r\nLHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
	r = lmtp_data(l, s, strlen(s), &used, to, room - 1, &n);
	to[n] = 0;
	return r;
}

static void
dots_are_undone_and_lines_end_with_lf(void **state)
{
	struct lmtp l = {.name = "n", .max = 1000};
	char to[100];

	(void)state;
	assert_int_equal(
	    message(&l, "a\r\n..b\r\n.c\r\n\r\n.\r\nQUIT\r\n", to, sizeof to),
	    LMTP_DOT);
	assert_string_equal(to, "a\n.b\nc\n\n");
	assert_null(l.flaw);
	lmtp_free(&l);
}

static void
nothing_else_is_the_end_of_a_message(void **state)
{
	static const char *const no_end[] = {"a\n.\n", "a\n.\r\n", "a\r\n.\n",
	    "a\r.\r\n", "a\r\n.\r\r\n", "a\r.\r", "\n.\r\n"};
	struct lmtp l = {.name = "n", .max = 1000};
	char to[100];

	(void)state;
	for (size_t i = 0; i < sizeof no_end / sizeof *no_end; i++) {
		assert_int_equal(
		    message(&l, no_end[i], to, sizeof to), LMTP_MORE);
		assert_non_null(l.flaw);
		lmtp_done(&l);
	}
	lmtp_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hundred_recipients_are_taken_and_not_one_more),
	    cmocka_unit_test(smtp_is_refused_and_commands_have_an_order),
	    cmocka_unit_test(an_address_beyond_ascii_needs_smtputf8),
	    cmocka_unit_test(after_twenty_mistakes_it_is_over),
	    cmocka_unit_test(a_line_that_is_too_long_is_one_mistake),
	    cmocka_unit_test(dots_are_undone_and_lines_end_with_lf),
	    cmocka_unit_test(nothing_else_is_the_end_of_a_message),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
