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
static const struct smtp_offers dsn = {.bits = SMTP_PIPELINING | SMTP_SIZE |
	SMTP_8BITMIME | SMTP_SMTPUTF8 | SMTP_DSN};
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
	struct smtp_mail m = {"owner-l@x", 9, 4096, 1, NULL, {0}};
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
	struct smtp_mail m = {"", 0, UINT64_MAX, 0, NULL, {0}};
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
needs_smtputf8_for_a_header_that_is_utf8(void **state)
{
	struct smtp_offers eight = {.bits = SMTP_8BITMIME};
	struct smtp_mail m = {"", 0, 10, 2, NULL, {0}};
	struct smtp_txn t = {0};
	struct smtp_reply why;

	(void)state;
	assert_int_equal(smtptxn_begin(&t, &m, &eight, &why), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(why.enh, "5.6.9");
	assert_int_equal(smtptxn_begin(&t, &m, &all, &why), 0);
	assert_int_equal(smtptxn_rcpt(&t, "a@x", 3, 0, &all, &why), 0);
	assert_int_equal(smtptxn_end(&t, &all, 0), 0);
	assert_commands(&t,
	    "MAIL FROM:<> SIZE=10 BODY=8BITMIME SMTPUTF8\r\n"
	    "RCPT TO:<a@x>\r\nDATA\r\n");
	sa_free(&t.cmd);
}

static void
has_room_for_the_longest_sender_and_every_parameter(void **state)
{
	char sender[SMTP_ADDR_MAX + 1], want[800], job[SMTP_ENVID_MAX];
	struct smtp_mail m = {NULL, SMTP_ADDR_MAX, UINT64_MAX, 1, NULL,
	    {SMTP_NOTIFY_FAILURE, {job, sizeof(job)}}};
	struct smtp_txn t = {0};
	struct smtp_reply why;

	(void)state;
	memset(sender, 'a', sizeof(sender));
	memset(job, 'j', sizeof(job));
	memcpy(sender + SMTP_ADDR_MAX - 2, "@x\303", 3);
	sender[0] = '\303';
	m.sender = sender;
	assert_int_equal(smtptxn_begin(&t, &m, &dsn, &why), 0);
	assert_int_equal(smtptxn_rcpt(&t, "a@x", 3, 0, &dsn, &why), 0);
	assert_int_equal(smtptxn_end(&t, &dsn, 1), 0);
	snprintf(want, sizeof(want),
	    "RSET\r\n"
	    "MAIL FROM:<%.*s> SIZE=18446744073709551615 BODY=8BITMIME "
	    "SMTPUTF8 RET=HDRS ENVID=%.*s\r\n"
	    "RCPT TO:<a@x> NOTIFY=FAILURE ORCPT=rfc822;a@x\r\n"
	    "BDAT 18446744073709551615 LAST\r\n",
	    SMTP_ADDR_MAX, sender, SMTP_ENVID_MAX, job);
	assert_commands(&t, want);
	m.len++;
	assert_int_equal(smtptxn_begin(&t, &m, &dsn, &why), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(why.enh, "5.1.7");
	sa_free(&t.cmd);
}

/* The commands of a mail to one. */
static void
assert_dsn(struct smtp_dsn d, const char *rcpt, const char *want)
{
	struct smtp_mail m = {"s@x", 3, 9, 0, NULL, d};
	struct smtp_txn t = {0};
	struct smtp_reply why;

	assert_int_equal(smtptxn_begin(&t, &m, &dsn, &why), 0);
	assert_int_equal(
	    smtptxn_rcpt(&t, rcpt, strlen(rcpt), 0, &dsn, &why), 0);
	assert_int_equal(smtptxn_end(&t, &dsn, 0), 0);
	assert_commands(&t, want);
	sa_free(&t.cmd);
}

static void
says_to_hosts_with_dsn_what_to_report(void **state)
{
	struct smtp_dsn d = {SMTP_NOTIFY_FAILURE, {"a+b", 3}};

	(void)state;
	assert_dsn(d, "j=r@y",
	    "MAIL FROM:<s@x> SIZE=9 RET=HDRS ENVID=a+2Bb\r\n"
	    "RCPT TO:<j=r@y> NOTIFY=FAILURE ORCPT=rfc822;j+3Dr@y\r\nDATA\r\n");
	assert_dsn(d, "\303\266@y",
	    "MAIL FROM:<s@x> SIZE=9 SMTPUTF8 RET=HDRS ENVID=a+2Bb\r\n"
	    "RCPT TO:<\303\266@y> NOTIFY=FAILURE ORCPT=utf-8;\\x{F6}@y\r\n"
	    "DATA\r\n");
	d.envid.len = 0;
	assert_dsn(d, "a@y",
	    "MAIL FROM:<s@x> SIZE=9 RET=HDRS\r\n"
	    "RCPT TO:<a@y> NOTIFY=FAILURE ORCPT=rfc822;a@y\r\nDATA\r\n");
	d.notify = SMTP_NOTIFY_NEVER;
	assert_dsn(d, "a@y",
	    "MAIL FROM:<s@x> SIZE=9\r\nRCPT TO:<a@y> NOTIFY=NEVER\r\nDATA\r\n");
	d.notify = SMTP_NOTIFY_UNSAID;
	assert_dsn(
	    d, "a@y", "MAIL FROM:<s@x> SIZE=9\r\nRCPT TO:<a@y>\r\nDATA\r\n");
}

static void
leaves_out_what_is_too_long_for_dsn(void **state)
{
	char job[SMTP_ENVID_MAX + 2], addr[200], want[800];
	struct smtp_dsn d = {SMTP_NOTIFY_FAILURE, {job, SMTP_ENVID_MAX}};

	(void)state;
	memset(job, 'j', sizeof(job) - 1);
	job[SMTP_ENVID_MAX + 1] = 0;
	snprintf(want, sizeof(want),
	    "MAIL FROM:<s@x> SIZE=9 RET=HDRS ENVID=%.100s\r\n"
	    "RCPT TO:<a@y> NOTIFY=FAILURE ORCPT=rfc822;a@y\r\nDATA\r\n",
	    job);
	assert_dsn(d, "a@y", want);
	d.envid.len++;
	memset(addr, '=', sizeof(addr));
	memcpy(addr + 164, "a@y", 4); /* 7 + 3 * 164 + 3 = 502 */
	snprintf(want, sizeof(want),
	    "MAIL FROM:<s@x> SIZE=9 RET=HDRS\r\n"
	    "RCPT TO:<%s> NOTIFY=FAILURE\r\nDATA\r\n",
	    addr);
	assert_dsn(d, addr, want);
}

static void
knows_a_refusal_of_dsn(void **state)
{
	struct smtp_txn t = {.dsn = SMTP_NOTIFY_FAILURE};
	struct smtpreply p = {.reply = {.code = 501, .enh = "5.0.0"}};

	(void)state;
	assert_true(smtptxn_no_dsn(&t, SMTP_MAIL, &p));
	p.enh_given = 1;
	assert_false(smtptxn_no_dsn(&t, SMTP_MAIL, &p));
	strcpy(p.reply.enh, "5.5.4");
	assert_true(smtptxn_no_dsn(&t, SMTP_RCPT, &p));
	p.reply.code = 550;
	assert_false(smtptxn_no_dsn(&t, SMTP_RCPT, &p));
	p.reply.code = 555;
	t.dsn = SMTP_NOTIFY_NEVER; /* which MAIL does not say */
	assert_true(smtptxn_no_dsn(&t, SMTP_RCPT, &p));
	assert_false(smtptxn_no_dsn(&t, SMTP_MAIL, &p));
	t.dsn = SMTP_NOTIFY_UNSAID;
	assert_false(smtptxn_no_dsn(&t, SMTP_RCPT, &p));
}

static void
takes_no_more_than_a_thousand(void **state)
{
	struct smtp_mail m = {"s@x", 3, 1, 0, NULL, {0}};
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

static void
keeps_refusals_until_they_are_told_or_doubted(void **state)
{
	struct smtp_txn t = {.n = 3, .mail_bad = 1};
	struct smtp_reply no = {550, "5.1.1", 4, "who?"};
	struct smtp_refusal r;
	size_t at = 0;

	(void)state;
	assert_int_equal(smtptxn_held(&t, &at, &r), 0);
	assert_int_equal(smtptxn_hold(&t, 0, &no), 0);
	no.code = 553;
	assert_int_equal(smtptxn_hold(&t, 2, &no), 0);
	assert_int_equal(smtptxn_held(&t, &at, &r), 1);
	assert_int_equal(r.i, 0);
	assert_int_equal(r.reply.code, 550);
	assert_string_equal(r.reply.text, "who?");
	assert_int_equal(smtptxn_held(&t, &at, &r), 1);
	assert_int_equal(r.i, 2);
	assert_int_equal(r.reply.code, 553);
	assert_int_equal(smtptxn_held(&t, &at, &r), 0);
	smtptxn_doubt(&t);
	assert_false(t.mail_bad);
	at = 0;
	assert_int_equal(smtptxn_held(&t, &at, &r), 0);
	sa_free(&t.held);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(puts_the_commands_in_order),
	    cmocka_unit_test(names_no_parameter_that_was_not_offered),
	    cmocka_unit_test(needs_smtputf8_for_a_header_that_is_utf8),
	    cmocka_unit_test(
		has_room_for_the_longest_sender_and_every_parameter),
	    cmocka_unit_test(says_to_hosts_with_dsn_what_to_report),
	    cmocka_unit_test(leaves_out_what_is_too_long_for_dsn),
	    cmocka_unit_test(knows_a_refusal_of_dsn),
	    cmocka_unit_test(takes_no_more_than_a_thousand),
	    cmocka_unit_test(tells_replies_to_another_command_from_refusals),
	    cmocka_unit_test(keeps_refusals_until_they_are_told_or_doubted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
