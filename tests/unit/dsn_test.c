#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "lib/dsn.h"

#define JOB "660da8a518800.9f02c4d1aa"
#define REPORT JOB ".r"
#define AT 1795341600000000U /* Sun, 22 Nov 2026 10:00:00 +0000 */

static struct dsn d;
static stralloc out;

static struct dsn_job
posting(void)
{
	return (struct dsn_job){.node = bytes_z("node.example.org"),
	    .job = bytes_z(JOB),
	    .report = bytes_z(REPORT),
	    .to = bytes_z("owner-test-l@lists.example.org"),
	    .list = bytes_z("TEST-L@lists.example.org"),
	    .arrived_us = AT,
	    .now_us = AT + 60000000U};
}

static struct dsn_rcpt
refused(void)
{
	return (struct dsn_rcpt){.rcpt = bytes_z("joe@example.com"),
	    .action = DSN_FAILED,
	    .status = bytes_z("5.1.1"),
	    .host = bytes_z("127.0.0.1:25"),
	    .code = 550,
	    .text = bytes_z("No such user"),
	    .last_us = AT + 1000000U};
}

static void
assert_has(const char *want)
{
	assert_int_equal(sa_0(&out), 0);
	if (!strstr(out.s, want))
		fail_msg("no \"%s\" in:\n%s", want, out.s);
}

/* A report of one recipient, in out. */
static void
report_of(const struct dsn_rcpt *r)
{
	struct dsn_job j = posting();

	out.len = 0;
	dsn_begin(&d, &j);
	assert_int_equal(dsn_rcpt(&d, r), 0);
	assert_int_equal(dsn_end(&d, &out, bytes_z("A: b\n")), 0);
	dsn_free(&d);
}

static void
reports_a_posting_to_the_byte(void **state)
{
	static const char want[] =
	    "From: Mail delivery <postmaster@node.example.org>\r\n"
	    "To: owner-test-l@lists.example.org\r\n"
	    "Subject: Delivery report for TEST-L@lists.example.org:"
	    " 1 recipient not reached\r\n"
	    "Date: Sun, 22 Nov 2026 10:01:00 +0000\r\n"
	    "Message-ID: <" REPORT "@node.example.org>\r\n"
	    "Auto-Submitted: auto-replied\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; "
	    "report-type=delivery-status;\r\n"
	    "\tboundary=\"=_" REPORT "\"\r\n\r\n"
	    "This is a delivery report in MIME format.\r\n"
	    "\r\n--=_" REPORT "\r\n"
	    "Content-Type: text/plain\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n"
	    "This is the list server at node.example.org.\r\n\r\n"
	    "A posting to the list TEST-L@lists.example.org\r\n"
	    "that came in on Sun, 22 Nov 2026 10:00:00 +0000 (job " JOB
	    ")\r\ncould not be delivered to 1 recipient:\r\n\r\n"
	    "  joe@example.com\r\n"
	    "      refused, 127.0.0.1 said: 550 5.1.1 No such user\r\n\r\n"
	    "Refused (1 recipient): their host will not take the message,"
	    " and\r\nit is not tried again. Correct such an address or"
	    " remove it\r\nfrom the list, unless the reason is the message"
	    " itself.\r\n\r\n"
	    "All other recipients have it or are still being tried.\r\n"
	    "The maintainers of the server find more under the job named"
	    " above.\r\n"
	    "\r\n--=_" REPORT "\r\n"
	    "Content-Type: message/delivery-status\r\n\r\n"
	    "Reporting-MTA: dns; node.example.org\r\n"
	    "Original-Envelope-Id: " JOB "\r\n"
	    "Arrival-Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n\r\n"
	    "Final-Recipient: rfc822; joe@example.com\r\n"
	    "Action: failed\r\n"
	    "Status: 5.1.1\r\n"
	    "Remote-MTA: dns; [127.0.0.1]\r\n"
	    "Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n"
	    "Last-Attempt-Date: Sun, 22 Nov 2026 10:00:01 +0000\r\n\r\n"
	    "\r\n--=_" REPORT "\r\n"
	    "Content-Type: text/rfc822-headers\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n"
	    "A: b\r\n"
	    "\r\n--=_" REPORT "--\r\n";
	struct dsn_rcpt r = refused();

	(void)state;
	report_of(&r);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s, want);
	assert_int_equal(out.len, sizeof want - 1);
}

static void
reports_a_message_that_is_no_posting_to_its_sender(void **state)
{
	struct dsn_job j = posting();
	struct dsn_rcpt r = refused();

	(void)state;
	j.list = bytes_z("");
	out.len = 0;
	dsn_begin(&d, &j);
	assert_int_equal(dsn_rcpt(&d, &r), 0);
	r.action = DSN_EXPIRED;
	assert_int_equal(dsn_rcpt(&d, &r), 0);
	assert_int_equal(dsn_end(&d, &out, bytes_z("")), 0);
	dsn_free(&d);
	assert_has("Subject: Delivery report: 2 recipients not reached\r\n");
	assert_has("A message from owner-test-l@lists.example.org\r\n");
	assert_has("Refused (1 recipient)");
	assert_has("Check the address");
	assert_has("Given up (1 recipient)");
}

static void
reports_only_statuses_of_the_right_class(void **state)
{
	static const struct {
		enum dsn_action action;
		const char *status, *want;
	} table[] = {
	    {DSN_FAILED, "5.7.133", "Status: 5.7.133\r\n"},
	    {DSN_FAILED, "4.7.1", "Status: 5.0.0\r\n"},
	    {DSN_FAILED, "", "Status: 5.0.0\r\n"},
	    {DSN_FAILED, "5.1", "Status: 5.0.0\r\n"},
	    {DSN_FAILED, "5.1.", "Status: 5.0.0\r\n"},
	    {DSN_FAILED, "5.1.1\r\nX: y", "Status: 5.0.0\r\n"},
	    {DSN_FAILED, "5.1.1234", "Status: 5.0.0\r\n"},
	    {DSN_EXPIRED, "4.2.2", "Status: 4.2.2\r\n"},
	    {DSN_EXPIRED, "5.2.2", "Status: 4.4.7\r\n"},
	    {DSN_EXPIRED, "", "Status: 4.4.7\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct dsn_rcpt r = refused();

		r.action = table[i].action;
		r.status = bytes_z(table[i].status);
		report_of(&r);
		assert_has(table[i].want);
	}
}

static void
names_the_host_without_its_port(void **state)
{
	static const struct {
		const char *host, *want;
	} table[] = {
	    {"mx.example.com", "\r\nRemote-MTA: dns; mx.example.com\r\n"},
	    {"mx.example.com:2525", "\r\nRemote-MTA: dns; mx.example.com\r\n"},
	    {"192.0.2.1", "\r\nRemote-MTA: dns; [192.0.2.1]\r\n"},
	    {"[::1]:25", "\r\nRemote-MTA: dns; [::1]\r\n"},
	    {"[::1]", "\r\nRemote-MTA: dns; [::1]\r\n"},
	    {"::1", "\r\nRemote-MTA: dns; ::1\r\n"},
	    {"a\r\nb", "\r\nRemote-MTA: dns; a  b\r\n"},
	    {"-", "Status: 5.1.1\r\nDiagnostic-Code: "},
	    {"", "Status: 5.1.1\r\nDiagnostic-Code: "},
	    {":", "Status: 5.1.1\r\nDiagnostic-Code: "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct dsn_rcpt r = refused();

		r.host = bytes_z(table[i].host);
		report_of(&r);
		assert_has(table[i].want);
	}
}

static void
says_so_when_no_host_answered(void **state)
{
	struct dsn_rcpt r = {.rcpt = bytes_z("a@b"),
	    .action = DSN_EXPIRED,
	    .text = bytes_z("Connection refused")};

	(void)state;
	report_of(&r);
	assert_has("Diagnostic-Code: x-lsv; Connection refused\r\n\r\n");
	assert_has("      given up: Connection refused\r\n");
	r.text = bytes_z("");
	report_of(&r);
	assert_has("Diagnostic-Code: x-lsv; (no text)\r\n\r\n");
}

static void
lets_no_foreign_byte_make_a_line(void **state)
{
	struct dsn_rcpt r = refused();
	char text[DSN_REPLY_MAX + 1];

	(void)state;
	r.text = bytes_z("no\r\n\r\n--=_" REPORT "\r\nX: y\xc3\xa4");
	r.rcpt = bytes_z("a\r\nX: y=z+\\@b");
	report_of(&r);
	assert_has("550 5.1.1 no    --=_" REPORT "  X: y??\r\n");
	assert_has("Final-Recipient: utf-8; "
		   "a\\x{0D}\\x{0A}X:\\x{20}y\\x{3D}z\\x{2B}\\x{5C}@b\r\n");
	assert_has("  a??X: y");
	assert_null(strstr(out.s, "\nX: y"));

	memset(text, 'x', sizeof text);
	r = refused();
	r.text = (struct bytes){text, sizeof text};
	report_of(&r);
	assert_int_equal(sa_0(&out), 0);
	assert_int_equal(strspn(strstr(out.s, "smtp; 550 5.1.1 x") + 16, "x"),
	    DSN_REPLY_MAX);
}

static void
keeps_its_lines_short_whatever_the_address(void **state)
{
	struct dsn_rcpt r = refused();
	char rcpt[1000];
	size_t n;

	(void)state;
	memset(rcpt, 0xff, sizeof rcpt);
	for (int i = 0; i < 2; i++, memset(rcpt, 'a', sizeof rcpt)) {
		r.rcpt = (struct bytes){rcpt, sizeof rcpt};
		r.host = (struct bytes){rcpt, sizeof rcpt};
		report_of(&r);
		for (size_t at = 0; at < out.len; at += n + 1) {
			n = byte_chr(out.s + at, out.len - at, '\n');
			assert_true(n <= 999); /* with the CR */
		}
	}
}

static void
writes_addresses_beyond_ascii_as_the_standard_says(void **state)
{
	struct dsn_rcpt r = refused();

	(void)state;
	r.rcpt = bytes_z("j\xc3\xb6+x@\xf0\x9f\x98\x80\xff.org");
	report_of(&r);
	assert_has("Final-Recipient: utf-8; "
		   "j\\x{F6}\\x{2B}x@\\x{1F600}\\x{FFFD}.org\r\n");
	assert_has("Content-Type: text/plain; charset=utf-8\r\n");
	assert_has("  j=C3=B6+x@=F0=9F=98=80?.org\r\n");
}

/* A warning about two, of whom one was tried, in out. */
static void
warning(uint64_t next_us)
{
	struct dsn_job j = posting();
	struct dsn_rcpt tried = {.rcpt = bytes_z("joe@example.com"),
	    .action = DSN_DELAYED,
	    .status = bytes_z("4.2.1"),
	    .host = bytes_z("127.0.0.1:25"),
	    .code = 450,
	    .text = bytes_z("Mailbox busy"),
	    .last_us = AT + 1000000U};
	struct dsn_rcpt not = {.rcpt = bytes_z("ann@example.com"),
	    .action = DSN_DELAYED,
	    .status = bytes_z("5.7.0"),
	    .text = bytes_z("it was not tried yet")};

	j.list.len = 0;
	j.to = bytes_z("jane@example.org");
	j.next_us = next_us;
	j.until_us = AT + 432000000000U;
	out.len = 0;
	dsn_begin(&d, &j);
	assert_int_equal(dsn_rcpt(&d, &tried), 0);
	assert_int_equal(dsn_rcpt(&d, &not ), 0);
	assert_int_equal(dsn_end(&d, &out, bytes_z("A: b\n")), 0);
	dsn_free(&d);
}

static void
warns_of_a_delay_and_says_how_it_goes_on(void **state)
{
	(void)state;
	warning(AT + 3600000000U);
	assert_has(
	    "Subject: Delivery report: 2 recipients not reached yet\r\n");
	assert_has("A message from jane@example.org\r\n");
	assert_has("could not be delivered yet to 2 recipients:\r\n");
	assert_has("  joe@example.com\r\n      waiting, 127.0.0.1 said: 450 "
		   "4.2.1 Mailbox busy\r\n");
	assert_has("  ann@example.com\r\n      waiting: it was not tried yet");
	assert_has("next on Sun, 22 Nov 2026 11:00:00 +0000.");
	assert_has(
	    "Whoever was not reached on Fri, 27 Nov 2026 10:00:00 +0000");
	assert_has("Final-Recipient: rfc822; joe@example.com\r\n"
		   "Action: delayed\r\nStatus: 4.2.1\r\n"
		   "Remote-MTA: dns; [127.0.0.1]\r\n"
		   "Diagnostic-Code: smtp; 450 4.2.1 Mailbox busy\r\n"
		   "Last-Attempt-Date: Sun, 22 Nov 2026 10:00:01 +0000\r\n"
		   "Will-Retry-Until: Fri, 27 Nov 2026 10:00:00 +0000\r\n");
	assert_has("Final-Recipient: rfc822; ann@example.com\r\n"
		   "Action: delayed\r\nStatus: 4.0.0\r\n"
		   "Diagnostic-Code: x-lsv; it was not tried yet\r\n"
		   "Will-Retry-Until: ");
	assert_null(strstr(out.s, "failed"));
	assert_null(strstr(out.s, "Refused"));
	warning(0);
	assert_has("next as soon as it can.");
}

static void
says_that_the_server_itself_did_not_accept_it(void **state)
{
	struct dsn_rcpt r = {.rcpt = bytes_z("test-l@lists.example.org"),
	    .action = DSN_REJECTED,
	    .text = bytes_z("this site takes it for spam")};

	(void)state;
	report_of(&r);
	assert_has("Action: failed\r\nStatus: 5.7.1\r\n"
		   "Diagnostic-Code: x-lsv; this site takes it for spam\r\n");
	assert_has("  test-l@lists.example.org\r\n      not accepted: this "
		   "site takes it for spam\r\n");
	assert_has("This server did not accept the message");
	assert_has("postmaster@node.example.org, and name the job " JOB ".");
	assert_has("Subject: Delivery report for TEST-L@lists.example.org: 1 "
		   "recipient not reached\r\n");
	r.status = bytes_z("5.7.26");
	report_of(&r);
	assert_has("Status: 5.7.26\r\n");
	r.status = bytes_z("4.7.1");
	report_of(&r);
	assert_has("Status: 5.7.1\r\n");
}

static void
lists_so_many_recipients_and_counts_the_others(void **state)
{
	struct dsn_job j = posting();
	struct dsn_rcpt r = refused();
	stralloc rcpt = {0};
	size_t before;

	(void)state;
	out.len = 0;
	dsn_begin(&d, &j);
	for (unsigned i = 1; i <= DSN_RCPT_MAX + 2; i++) {
		rcpt.len = 0;
		sa_puts(&rcpt, "user");
		sa_addu(&rcpt, i);
		assert_int_equal(sa_puts(&rcpt, "@example.com"), 0);
		r.rcpt = (struct bytes){rcpt.s, rcpt.len};
		r.action = i % 2 ? DSN_FAILED : DSN_EXPIRED;
		before = d.people.len + d.status.len;
		assert_int_equal(dsn_rcpt(&d, &r), 0);
		assert_int_equal(
		    d.people.len + d.status.len > before, i <= DSN_RCPT_MAX);
	}
	assert_int_equal(dsn_end(&d, &out, bytes_z("A: b\n")), 0);
	dsn_free(&d);
	sa_free(&rcpt);
	assert_has("could not be delivered to 1002 recipients:");
	assert_has("Final-Recipient: rfc822; user1000@example.com\r\n");
	assert_has("and 2 recipients more that this report does not list.");
	assert_has("Refused (501 recipients)");
	assert_has("Given up (501 recipients)");
	assert_null(strstr(out.s, "user1001"));
}

static void
attaches_no_more_than_the_beginning_of_a_large_header(void **state)
{
	struct dsn_job j = posting();
	struct dsn_rcpt r = refused();
	stralloc header = {0};

	(void)state;
	while (header.len <= DSN_HEADER_MAX)
		assert_int_equal(sa_puts(&header, "X: 1\n--=_" JOB "\n"), 0);
	out.len = 0;
	dsn_begin(&d, &j);
	assert_int_equal(dsn_rcpt(&d, &r), 0);
	assert_int_equal(
	    dsn_end(&d, &out, (struct bytes){header.s, header.len}), 0);
	dsn_free(&d);
	sa_free(&header);
	assert_true(out.len < (size_t)2 * DSN_HEADER_MAX);
	assert_has("X: 1\r\n--=3D_" JOB "\r\n");
	assert_null(strstr(out.s, "--=_" JOB "\r\n"));
}

static void
refuses_a_job_whose_names_are_none(void **state)
{
	struct dsn_job bad[7];
	struct dsn_rcpt r = refused();

	(void)state;
	for (size_t i = 0; i < 7; i++)
		bad[i] = posting();
	bad[0].node = bytes_z("a\r\nX: y");
	bad[1].job = bytes_z("a b");
	bad[2].report = bytes_z("");
	bad[3].to = bytes_z("");
	bad[4].to = bytes_z("a@b\r\nX: y");
	bad[5].list = bytes_z("a\n@b");
	out.len = 0;
	for (size_t i = 0; i < 7; i++) {
		dsn_begin(&d, &bad[i]);
		if (i < 6) /* the last has no recipient */
			assert_int_equal(dsn_rcpt(&d, &r), 0);
		errno = 0;
		assert_int_equal(dsn_end(&d, &out, bytes_z("A: b\n")), -1);
		assert_int_equal(errno, EINVAL);
		assert_int_equal(out.len, 0);
		dsn_free(&d);
	}
}

static int
release(void **state)
{
	(void)state;
	sa_free(&out);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reports_a_posting_to_the_byte),
	    cmocka_unit_test(
		reports_a_message_that_is_no_posting_to_its_sender),
	    cmocka_unit_test(reports_only_statuses_of_the_right_class),
	    cmocka_unit_test(names_the_host_without_its_port),
	    cmocka_unit_test(says_so_when_no_host_answered),
	    cmocka_unit_test(lets_no_foreign_byte_make_a_line),
	    cmocka_unit_test(keeps_its_lines_short_whatever_the_address),
	    cmocka_unit_test(
		writes_addresses_beyond_ascii_as_the_standard_says),
	    cmocka_unit_test(warns_of_a_delay_and_says_how_it_goes_on),
	    cmocka_unit_test(says_that_the_server_itself_did_not_accept_it),
	    cmocka_unit_test(lists_so_many_recipients_and_counts_the_others),
	    cmocka_unit_test(
		attaches_no_more_than_the_beginning_of_a_large_header),
	    cmocka_unit_test(refuses_a_job_whose_names_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
