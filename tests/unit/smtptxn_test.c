#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/smtptxn.h"

static const struct smtp_offers all = {
    .bits = SMTP_PIPELINING | SMTP_SIZE | SMTP_8BITMIME | SMTP_SMTPUTF8};
static const struct smtp_offers none = {0};

static void
assert_commands(struct smtp_txn *t, const char *want)
{
	assert_int_equal(sa_0(&t->cmd), 0);
	assert_string_equal(t->cmd.s + t->from, want);
}

static void
puts_the_commands_in_order(void **state)
{
	struct smtp_mail m = {"owner-l@x", 9, 4096, 1, NULL};
	struct smtp_txn t = {0};
	struct smtp_reply why;

	(void)state;
	assert_int_equal(smtptxn_begin(&t, &m, &all, &why), 0);
	assert_int_equal(smtptxn_rcpt(&t, "a@x", 3, 9, &all, &why), 0);
	assert_int_equal(smtptxn_rcpt(&t, "b@y", 3, 10, &all, &why), 0);
	assert_int_equal(smtptxn_end(&t, &all, 0), 0);
	assert_commands(&t,
	    "MAIL FROM:<owner-l@x> SIZE=4096 BODY=8BITMIME\r\n"
	    "RCPT TO:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n");
	assert_int_equal(t.end[0] - t.from, 47);
	assert_int_equal(t.end[1] - t.end[0], 15);
	assert_int_equal(t.end[3], t.cmd.len);
	assert_int_equal(t.tag[1], 10);
	assert_int_equal(t.at, TXN_ENVELOPE);
	smtptxn_reset(&t);
	assert_int_equal(t.n, 0);
	assert_non_null(t.cmd.s);
	sa_free(&t.cmd);
}

static void
names_no_parameter_that_was_not_offered(void **state)
{
	struct smtp_mail m = {"", 0, UINT64_MAX, 0, NULL};
	struct smtp_txn t = {0};
	struct smtp_reply why;

	(void)state;
	assert_int_equal(smtptxn_begin(&t, &m, &none, &why), 0);
	assert_int_equal(smtptxn_rcpt(&t, "a@x", 3, 0, &none, &why), 0);
	assert_int_equal(smtptxn_end(&t, &none, 0), 0);
	assert_commands(&t, "MAIL FROM:<>\r\nRCPT TO:<a@x>\r\nDATA\r\n");
	sa_free(&t.cmd);
}

static void
has_room_for_the_longest_sender_and_every_parameter(void **state)
{
	struct smtp_mail m = {NULL, SMTP_ADDR_MAX, UINT64_MAX, 1, NULL};
	char sender[SMTP_ADDR_MAX + 1], want[600];
	struct smtp_txn t = {0};
	struct smtp_reply why;

	(void)state;
	memset(sender, 'a', sizeof(sender));
	memcpy(sender + SMTP_ADDR_MAX - 2, "@x\303", 3);
	sender[0] = '\303';
	m.sender = sender;
	assert_int_equal(smtptxn_begin(&t, &m, &all, &why), 0);
	assert_int_equal(smtptxn_rcpt(&t, "a@x", 3, 0, &all, &why), 0);
	assert_int_equal(smtptxn_end(&t, &all, 0), 0);
	snprintf(want, sizeof(want),
	    "MAIL FROM:<%.*s> SIZE=18446744073709551615 BODY=8BITMIME "
	    "SMTPUTF8\r\nRCPT TO:<a@x>\r\nDATA\r\n",
	    SMTP_ADDR_MAX, sender);
	assert_commands(&t, want);
	m.len++;
	assert_int_equal(smtptxn_begin(&t, &m, &all, &why), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(why.enh, "5.1.7");
	sa_free(&t.cmd);
}

static void
takes_no_more_than_a_thousand(void **state)
{
	struct smtp_mail m = {"s@x", 3, 1, 0, NULL};
	struct smtp_txn t = {0};
	struct smtp_reply why;
	uint32_t i;

	(void)state;
	assert_int_equal(smtptxn_begin(&t, &m, &all, &why), 0);
	for (i = 0; i < SMTP_RCPT_MAX; i++)
		assert_int_equal(smtptxn_rcpt(&t, "a@x", 3, i, &all, &why), 0);
	assert_int_equal(smtptxn_rcpt(&t, "a@x", 3, i, &all, &why), -1);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(smtptxn_end(&t, &all, 0), 0);
	assert_int_equal(t.end[SMTP_RCPT_MAX + 1], t.cmd.len);
	sa_free(&t.cmd);
}

static void
tells_replies_to_another_command_from_refusals(void **state)
{
	static struct smtp_txn t;

	(void)state;
	t.n = 2; /* MAIL is answered next */
	assert_false(smtptxn_lost(&t, 250));
	assert_true(smtptxn_lost(&t, 354));
	assert_true(smtptxn_lost(&t, 500));
	assert_true(smtptxn_lost(&t, 503));
	assert_false(smtptxn_lost(&t, 550));
	t.answered = 2; /* the second RCPT */
	assert_false(smtptxn_lost(&t, 250));
	assert_false(smtptxn_lost(&t, 500)); /* a line that it cannot read */
	assert_true(smtptxn_lost(&t, 502));
	t.answered = 3; /* DATA */
	t.accepted = 1;
	assert_true(smtptxn_lost(&t, 250));
	assert_false(smtptxn_lost(&t, 354));
	assert_true(smtptxn_lost(&t, 355));
	assert_true(smtptxn_lost(&t, 503));
	t.mail_bad = 1;
	assert_true(smtptxn_lost(&t, 354));
	assert_false(smtptxn_lost(&t, 503));
	t.mail_bad = 0;
	t.accepted = 0;
	assert_false(smtptxn_lost(&t, 354));
	assert_false(smtptxn_lost(&t, 503)); /* nobody to send it to */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(puts_the_commands_in_order),
	    cmocka_unit_test(names_no_parameter_that_was_not_offered),
	    cmocka_unit_test(
		has_room_for_the_longest_sender_and_every_parameter),
	    cmocka_unit_test(takes_no_more_than_a_thousand),
	    cmocka_unit_test(tells_replies_to_another_command_from_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
