#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/bodyloop.h"
#include "lib/verdict.h"

static struct header_facts facts;
static struct verdict_in in;

static int
setup(void **state)
{
	(void)state;
	header_facts_free(&facts);
	facts = (struct header_facts){0};
	in = (struct verdict_in){.class = CLASS_POST,
	    .size = 1000,
	    .lines = 20,
	    .facts = &facts,
	    .sender = bytes_z("joe@example.com"),
	    .list = bytes_z("TEST"),
	    .list_known = 1,
	    .send = LISTTAB_PUBLIC,
	    .max = 10000,
	    .list_id = bytes_z("test.lists.example.org"),
	    .trace = bytes_z("TEST@lists.example.org")};
	return 0;
}

static void
decided(enum verdict_act act, enum verdict_rule rule)
{
	struct verdict v = verdict_decide(&in);

	assert_string_equal(verdict_act_name(v.act), verdict_act_name(act));
	assert_string_equal(verdict_rule_name(v.rule), verdict_rule_name(rule));
}

/* Give the message a header field of these facts. */
static void
fact(stralloc *sa, const char *line)
{
	assert_int_equal(sa_puts(sa, line), 0);
}

static void
passes_a_posting_to_a_public_list(void **state)
{
	(void)state;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	facts.auto_submitted = AUTO_NO;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	facts.auto_submitted = AUTO_GENERATED;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	facts.received = VERDICT_RECEIVED_MAX;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	fact(&facts.list_ids, "<other.example.net>\n");
	fact(&facts.traces,
	    "OTHER@lists.example.org 0647c1a2b3d4e.9f02c4d1aa\n");
	decided(VERDICT_PASS, RULE_ACCEPTED);
}

static void
drops_what_has_been_through_the_list(void **state)
{
	(void)state;
	fact(&facts.list_ids, "Test <Test.Lists.Example.ORG>\n");
	decided(VERDICT_DROP, RULE_LOOP);
	setup(NULL);
	fact(
	    &facts.traces, "test@lists.example.org 0647c1a2b3d4e.9f02c4d1aa\n");
	decided(VERDICT_DROP, RULE_LOOP);
}

static void
drops_what_went_through_too_many_hosts(void **state)
{
	(void)state;
	facts.received = VERDICT_RECEIVED_MAX + 1;
	for (int c = 0; c < CLASSES; c++) {
		in.class = (enum spool_class)c;
		decided(VERDICT_DROP, RULE_HOPS);
	}
}

static void
takes_only_the_classes_of_intake(void **state)
{
	(void)state;
	in.class = CLASS_MAIL;
	decided(VERDICT_BAD, RULE_CLASS);
	in.class = CLASS_DIST;
	decided(VERDICT_BAD, RULE_CLASS);
	in.class = CLASS_PEER;
	decided(VERDICT_BAD, RULE_CLASS);
}

static void
treats_reports_to_the_list_as_bounces(void **state)
{
	(void)state;
	in.sender.len = 0;
	decided(VERDICT_FORWARD, RULE_BOUNCE);
	setup(NULL);
	facts.report = 1;
	decided(VERDICT_FORWARD, RULE_BOUNCE);
	in.send = LISTTAB_CLOSED;
	decided(VERDICT_FORWARD, RULE_BOUNCE);
}

static void
forwards_bounces_also_of_lists_that_are_gone(void **state)
{
	(void)state;
	in.class = CLASS_BOUNCE;
	in.sender.len = 0;
	in.trace = bytes_z("owner-TEST@lists.example.org");
	decided(VERDICT_FORWARD, RULE_BOUNCE);
	in.list_known = 0;
	decided(VERDICT_FORWARD, RULE_BOUNCE);
	/* the report about a posting quotes no header of ours as its own */
	fact(
	    &facts.traces, "TEST@lists.example.org 0647c1a2b3d4e.9f02c4d1aa\n");
	decided(VERDICT_FORWARD, RULE_BOUNCE);
	fact(&facts.traces,
	    "owner-TEST@lists.example.org 0647c1a2b3d4e.9f02c4d1aa\n");
	decided(VERDICT_DROP, RULE_LOOP);
}

static void
sets_postings_to_an_unknown_list_aside(void **state)
{
	(void)state;
	in.list_known = 0;
	decided(VERDICT_BAD, RULE_UNKNOWN_LIST);
}

static void
drops_automatic_answers_to_postings(void **state)
{
	(void)state;
	facts.auto_submitted = AUTO_REPLIED;
	decided(VERDICT_DROP, RULE_AUTO_REPLY);
}

static void
holds_postings_to_the_size_of_the_list(void **state)
{
	(void)state;
	in.max = 999;
	decided(VERDICT_REPLY, RULE_SIZE);
	in.max = 1000;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	in.max_lines = 19;
	decided(VERDICT_REPLY, RULE_SIZE);
	in.max_lines = 20;
	decided(VERDICT_PASS, RULE_ACCEPTED);
}

static void
obeys_send(void **state)
{
	(void)state;
	in.send = LISTTAB_PRIVATE;
	decided(VERDICT_REPLY, RULE_SUBSCRIBERS_ONLY);
	in.is_subscriber = 1;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	in.send = LISTTAB_OWNER;
	decided(VERDICT_REPLY, RULE_OWNERS_ONLY);
	in.is_owner = 1;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	in.is_subscriber = 0;
	in.send = LISTTAB_PRIVATE;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	in.send = LISTTAB_CLOSED;
	decided(VERDICT_REPLY, RULE_CLOSED);
}

static void
passes_command_mail_on(void **state)
{
	(void)state;
	in.class = CLASS_COMMAND;
	decided(VERDICT_PASS, RULE_COMMAND);
	in.list = bytes_z("");
	in.list_known = 0;
	decided(VERDICT_PASS, RULE_COMMAND);
}

/* lsv-command knows which servers may send jobs. */
static void
passes_the_jobs_of_servers_on(void **state)
{
	(void)state;
	in.class = CLASS_COMMAND;
	in.sender = bytes_z("LISTSERV@cearn.example");
	in.filter = FILTER_MACHINE;
	decided(VERDICT_DROP, RULE_FILTERED);
	in.server = 1;
	decided(VERDICT_PASS, RULE_COMMAND);
	in.filter = FILTER_DENIED;
	decided(VERDICT_DROP, RULE_FILTERED);
	in.filter = FILTER_MACHINE;
	in.sender = bytes_z("owner-x@example.com");
	decided(VERDICT_PASS, RULE_COMMAND);
	facts.auto_submitted = AUTO_GENERATED;
	decided(VERDICT_PASS, RULE_COMMAND);
	in.sender = bytes_z("");
	decided(VERDICT_PASS, RULE_COMMAND);
	facts.auto_submitted = AUTO_ABSENT;
	in.sender = bytes_z("LISTSERV@cearn.example");
	in.sender_ours = 1;
	decided(VERDICT_DROP, RULE_FILTERED);
	in.sender_ours = 0;
	facts.auto_submitted = AUTO_REPLIED;
	decided(VERDICT_DROP, RULE_FILTERED);
	facts.auto_submitted = AUTO_ABSENT;
	facts.report = 1;
	decided(VERDICT_DROP, RULE_FILTERED);
	facts.report = 0;
	in.spam_sum = -1;
	in.reject = SITE_SPAM_DISCARD;
	decided(VERDICT_DROP, RULE_BLACKLISTED);
	in.class = CLASS_POST;
	in.spam_sum = 0;
	decided(VERDICT_DROP, RULE_FILTERED);
}

static void
rejects_what_has_less_than_no_points(void **state)
{
	(void)state;
	in.spam_sum = -1;
	decided(VERDICT_REPORT, RULE_BLACKLISTED);
	in.reject = SITE_SPAM_DISCARD;
	decided(VERDICT_DROP, RULE_BLACKLISTED);
	in.reject = SITE_SPAM_HOLD;
	decided(VERDICT_HOLD, RULE_BLACKLISTED);
	in.spam_sum = 0;
	decided(VERDICT_PASS, RULE_ACCEPTED);
}

static void
rejects_command_mail_as_well(void **state)
{
	(void)state;
	in.class = CLASS_COMMAND;
	in.spam_sum = -1;
	decided(VERDICT_REPORT, RULE_BLACKLISTED);
	in.list = bytes_z("");
	in.list_known = 0;
	decided(VERDICT_REPORT, RULE_BLACKLISTED);
	in.spam_sum = 5;
	decided(VERDICT_PASS, RULE_COMMAND);
}

/* Size, form and loops come before the lists, and Send= behind them. */
static void
a_whitelist_opens_no_other_door(void **state)
{
	(void)state;
	in.spam_sum = 1;
	decided(VERDICT_PASS, RULE_WHITELISTED);
	in.send = LISTTAB_PRIVATE;
	decided(VERDICT_REPLY, RULE_SUBSCRIBERS_ONLY);
	in.is_subscriber = 1;
	decided(VERDICT_PASS, RULE_WHITELISTED);
	in.send = LISTTAB_CLOSED;
	decided(VERDICT_REPLY, RULE_CLOSED);
	in.send = LISTTAB_PUBLIC;
	in.max = 999;
	decided(VERDICT_REPLY, RULE_SIZE);
	fact(
	    &facts.traces, "TEST@lists.example.org 0647c1a2b3d4e.9f02c4d1aa\n");
	decided(VERDICT_DROP, RULE_LOOP);
}

static void
the_score_has_its_place_in_the_order(void **state)
{
	(void)state;
	in.spam_sum = -1;
	in.send = LISTTAB_CLOSED;
	decided(VERDICT_REPORT, RULE_BLACKLISTED);
	in.max = 999;
	decided(VERDICT_REPLY, RULE_SIZE);
	facts.auto_submitted = AUTO_REPLIED;
	decided(VERDICT_DROP, RULE_AUTO_REPLY);
	fact(&facts.list_ids, "<test.lists.example.org>\n");
	decided(VERDICT_DROP, RULE_LOOP);
	in.list_known = 0;
	decided(VERDICT_BAD, RULE_UNKNOWN_LIST);
	in.class = CLASS_PEER;
	decided(VERDICT_BAD, RULE_CLASS);
	facts.received = VERDICT_RECEIVED_MAX + 1;
	decided(VERDICT_DROP, RULE_HOPS);
}

static void
a_bounce_that_is_recognised_has_no_score(void **state)
{
	(void)state;
	in.class = CLASS_BOUNCE;
	in.sender.len = 0;
	in.spam_sum = -1;
	decided(VERDICT_FORWARD, RULE_BOUNCE);
}

/* At the address of a list it may be anything, and nobody is told of it. */
static void
a_bounce_elsewhere_has_one(void **state)
{
	(void)state;
	in.sender.len = 0;
	in.spam_sum = 1;
	decided(VERDICT_FORWARD, RULE_BOUNCE);
	in.spam_sum = -1;
	decided(VERDICT_DROP, RULE_BLACKLISTED);
	assert_string_equal(verdict_decide(&in).unanswered, "null-sender");
	in.reject = SITE_SPAM_HOLD;
	decided(VERDICT_HOLD, RULE_BLACKLISTED);
	assert_null(verdict_decide(&in).unanswered);
}

static void
a_list_or_a_person_may_switch_the_score_off(void **state)
{
	(void)state;
	in.spam_off = 1;
	in.spam_sum = -3;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	in.spam_sum = 3;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	in.spam_sum = -3;
	in.sender.len = 0;
	decided(VERDICT_FORWARD, RULE_BOUNCE);
	setup(NULL);
	in.spam_off = 1;
	in.spam_sum = -3;
	in.class = CLASS_COMMAND;
	decided(VERDICT_PASS, RULE_COMMAND);
}

static void
reports_only_to_those_who_may_be_answered(void **state)
{
	struct verdict v;

	(void)state;
	in.spam_sum = -1;
	facts.auto_submitted = AUTO_GENERATED;
	v = verdict_decide(&in);
	assert_int_equal(v.act, VERDICT_DROP);
	assert_int_equal(v.rule, RULE_BLACKLISTED);
	assert_string_equal(v.unanswered, "automatic");
	facts.auto_submitted = AUTO_ABSENT;
	facts.precedence = bytes_z("bulk");
	assert_string_equal(verdict_decide(&in).unanswered, "bulk");
	facts.precedence = (struct bytes){NULL, 0};
	fact(&facts.list_ids, "<other.example.net>\n");
	assert_string_equal(verdict_decide(&in).unanswered, "bulk");
	in.reject = SITE_SPAM_DISCARD;
	assert_null(verdict_decide(&in).unanswered);
}

static void
unanswered(const char *why)
{
	struct verdict v;

	in.class = CLASS_COMMAND;
	v = verdict_decide(&in);
	assert_int_equal(v.act, VERDICT_DROP);
	assert_string_equal(v.unanswered, why);
}

static void
never_answers_machines(void **state)
{
	static const char *const machine[] = {"MAILER-DAEMON@example.com",
	    "listserv@example.com", "Owner-x@example.com", "x-request@a.b",
	    "no-reply@a.b", "noreply+12@a.b", "x-bounces@a.b", "x-owner@a.b",
	    "bounce-123@a.b", "bounces@a.b", "postmaster@a.b", "majordomo@a.b"};

	(void)state;
	for (size_t i = 0; i < sizeof machine / sizeof machine[0]; i++) {
		in.sender = bytes_z(machine[i]);
		unanswered("machine");
	}
	in.sender = bytes_z("mailer-daemons-friend@example.com");
	assert_null(verdict_unanswerable(&in));
}

static void
never_answers_automatic_or_bulk_mail(void **state)
{
	static const char *const bulk[] = {"bulk", "Junk", "LIST"};

	(void)state;
	in.sender.len = 0;
	unanswered("null-sender");
	setup(NULL);
	facts.report = 1;
	unanswered("report");
	setup(NULL);
	facts.auto_submitted = AUTO_OTHER;
	unanswered("automatic");
	facts.auto_submitted = AUTO_GENERATED;
	unanswered("automatic");
	for (size_t i = 0; i < 3; i++) {
		setup(NULL);
		facts.precedence = bytes_z(bulk[i]);
		unanswered("bulk");
	}
	facts.precedence = bytes_z("first-class");
	assert_null(verdict_unanswerable(&in));
	fact(&facts.list_ids, "<x.example.net>\n");
	unanswered("bulk");
	setup(NULL);
	in.sender_ours = 1;
	unanswered("own-address");
}

static void
drops_copies_of_a_posting(void **state)
{
	(void)state;
	in.copy = 1;
	decided(VERDICT_DROP, RULE_COPY);
	in.origin = 1;
	in.same_body = 1;
	decided(VERDICT_DROP, RULE_COPY);
	fact(&facts.list_ids, "<test.lists.example.org>\n");
	decided(VERDICT_DROP, RULE_LOOP);
}

static void
says_so_to_who_posts_the_same_text_twice(void **state)
{
	(void)state;
	in.same_body = 1;
	decided(VERDICT_REPLY, RULE_SAME_BODY);
	in.sender = bytes_z("mailer-daemon@example.com");
	decided(VERDICT_DROP, RULE_SAME_BODY);
	setup(NULL);
	in.same_body = 1;
	in.send = LISTTAB_CLOSED;
	decided(VERDICT_REPLY, RULE_CLOSED);
	setup(NULL);
	in.same_body = 1;
	in.spam_sum = 1;
	decided(VERDICT_REPLY, RULE_SAME_BODY);
}

static void
gives_owners_what_a_mail_system_wrote(void **state)
{
	(void)state;
	in.origin = 1;
	decided(VERDICT_FORWARD, RULE_ORIGIN);
	in.spam_sum = -1;
	decided(VERDICT_REPORT, RULE_BLACKLISTED);
	setup(NULL);
	in.body = BODYLOOP_TRACE;
	decided(VERDICT_FORWARD, RULE_BODY_LOOP);
	in.loop = LOOP_NOBODY;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	in.loop = LOOP_NOCRC | LOOP_NOORIGIN;
	decided(VERDICT_FORWARD, RULE_BODY_LOOP);
}

static void
looks_for_addresses_in_the_body_with_full_only(void **state)
{
	(void)state;
	in.body = BODYLOOP_ADDRESS;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	in.loop = LOOP_NORMAL;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	in.loop = LOOP_FULL;
	decided(VERDICT_FORWARD, RULE_BODY_LOOP);
}

static void
a_second_delivery_to_the_same_address_is_a_loop(void **state)
{
	(void)state;
	in.to = bytes_z("test@lists.example.org");
	fact(&facts.delivered, "test@lists.example.org\nann@example.net\n");
	decided(VERDICT_PASS, RULE_ACCEPTED);
	fact(&facts.delivered,
	    "test@lists.example.org\nann@example.net\n"
	    "Test@Lists.example.org\n");
	decided(VERDICT_DROP, RULE_LOOP);
	in.loop = LOOP_NONE;
	decided(VERDICT_PASS, RULE_ACCEPTED);
}

static void
with_loopcheck_none_only_our_own_trace_counts(void **state)
{
	(void)state;
	in.loop = LOOP_NONE;
	in.body = BODYLOOP_TRACE | BODYLOOP_ADDRESS;
	facts.auto_submitted = AUTO_REPLIED;
	fact(&facts.list_ids, "<test.lists.example.org>\n");
	decided(VERDICT_PASS, RULE_ACCEPTED);
	in.sender = bytes_z("");
	decided(VERDICT_FORWARD, RULE_BOUNCE);
	in.loop |= LOOP_ALLOW_BOUNCES;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	facts.report = 1;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	fact(
	    &facts.traces, "TEST@lists.example.org 0647c1a2b3d4e.9f02c4d1aa\n");
	decided(VERDICT_DROP, RULE_LOOP);
}

static void
answers_people_who_are_filtered_and_no_programs(void **state)
{
	(void)state;
	in.filter = FILTER_DENIED;
	decided(VERDICT_REPLY, RULE_FILTERED);
	in.filter = FILTER_MACHINE;
	decided(VERDICT_DROP, RULE_FILTERED);
	in.spam_sum = 1;
	decided(VERDICT_DROP, RULE_FILTERED);
	in.class = CLASS_COMMAND;
	decided(VERDICT_DROP, RULE_FILTERED);
	in.filter = FILTER_DENIED;
	decided(VERDICT_REPLY, RULE_FILTERED);
	in.class = CLASS_BOUNCE;
	decided(VERDICT_FORWARD, RULE_BOUNCE);
	setup(NULL);
	in.filter = FILTER_DENIED;
	in.sender = bytes_z("");
	decided(VERDICT_FORWARD, RULE_BOUNCE);
}

static void
asks_the_exit_about_what_would_go_on(void **state)
{
	(void)state;
	in.exit_on = 1;
	decided(VERDICT_SCAN, RULE_ACCEPTED);
	in.send = LISTTAB_PRIVATE;
	decided(VERDICT_SCAN, RULE_SUBSCRIBERS_ONLY);
	in.sender.len = 0; /* he would not be answered */
	facts.report = 0;
	decided(VERDICT_FORWARD, RULE_BOUNCE);
	setup(NULL);
	in.exit_on = 1;
	in.send = LISTTAB_PRIVATE;
	in.sender = bytes_z("mailer-daemon@example.com");
	decided(VERDICT_DROP, RULE_SUBSCRIBERS_ONLY);
	setup(NULL);
	in.exit_on = 1;
	in.class = CLASS_COMMAND;
	decided(VERDICT_SCAN, RULE_COMMAND);
	in.class = CLASS_BOUNCE;
	decided(VERDICT_FORWARD, RULE_BOUNCE);
}

static void
asks_no_exit_where_something_else_decides(void **state)
{
	(void)state;
	in.exit_on = 1;
	in.spam_sum = 1;
	decided(VERDICT_PASS, RULE_WHITELISTED);
	in.spam_sum = -1;
	decided(VERDICT_REPORT, RULE_BLACKLISTED);
	in.spam_off = 1;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	in.spam_off = in.spam_sum = 0;
	in.size = in.max + 1;
	decided(VERDICT_REPLY, RULE_SIZE);
	in.size = 1;
	in.list_known = 0;
	decided(VERDICT_BAD, RULE_UNKNOWN_LIST);
}

static void
does_what_the_exit_says(void **state)
{
	(void)state;
	in.exit_on = 1;
	in.exit = VERDICT_EXIT_GO_ON;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	in.exit = VERDICT_EXIT_WHITELISTED;
	decided(VERDICT_PASS, RULE_WHITELISTED);
	in.exit = VERDICT_EXIT_REJECTED;
	decided(VERDICT_REPORT, RULE_EXIT);
	in.reject = SITE_SPAM_DISCARD;
	decided(VERDICT_DROP, RULE_EXIT);
	in.reject = SITE_SPAM_HOLD;
	decided(VERDICT_HOLD, RULE_EXIT);
	in.class = CLASS_COMMAND;
	decided(VERDICT_HOLD, RULE_EXIT);
	in.exit = VERDICT_EXIT_WHITELISTED;
	decided(VERDICT_PASS, RULE_COMMAND);
}

static void
forgets_an_answer_that_the_lists_or_the_site_overtook(void **state)
{
	(void)state;
	in.exit_on = 1;
	in.exit = VERDICT_EXIT_REJECTED;
	in.spam_sum = 1;
	decided(VERDICT_PASS, RULE_WHITELISTED);
	in.spam_sum = 0;
	in.exit_on = 0;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	in.exit = VERDICT_EXIT_WHITELISTED;
	decided(VERDICT_PASS, RULE_ACCEPTED);
}

static void
does_with_what_the_exit_did_not_judge_as_the_site_wants(void **state)
{
	(void)state;
	in.exit_on = 1;
	in.exit = VERDICT_EXIT_FAILED;
	decided(VERDICT_DEFER, RULE_EXIT_FAILED);
	in.exit_fail = SITE_EXIT_HOLD;
	decided(VERDICT_HOLD, RULE_EXIT_FAILED);
	in.exit_fail = SITE_EXIT_ACCEPT;
	decided(VERDICT_PASS, RULE_ACCEPTED);
	in.class = CLASS_COMMAND;
	decided(VERDICT_PASS, RULE_COMMAND);
}

static void
stops_what_an_alert_is_about(void **state)
{
	(void)state;
	in.alert = 1;
	decided(VERDICT_REPORT, RULE_SPAM_ALERT);
	in.quarantine = 1; /* there is nothing left to wait for */
	decided(VERDICT_REPORT, RULE_SPAM_ALERT);
	in.reject = SITE_SPAM_DISCARD;
	decided(VERDICT_DROP, RULE_SPAM_ALERT);
	in.reject = SITE_SPAM_HOLD;
	decided(VERDICT_HOLD, RULE_SPAM_ALERT);
	in.reject = SITE_SPAM_BOUNCE;
	in.sender = bytes_z("noreply@example.com");
	decided(VERDICT_DROP, RULE_SPAM_ALERT);
}

static void
lets_wait_whom_the_list_does_not_know(void **state)
{
	(void)state;
	in.quarantine = 1;
	decided(VERDICT_HOLD, RULE_QUARANTINE);
	in.exit_on = 1;
	decided(VERDICT_SCAN, RULE_ACCEPTED);
	in.exit = VERDICT_EXIT_GO_ON;
	decided(VERDICT_HOLD, RULE_QUARANTINE);
	in.exit = VERDICT_EXIT_WHITELISTED;
	decided(VERDICT_PASS, RULE_WHITELISTED);
	in.exit = VERDICT_EXIT_REJECTED;
	decided(VERDICT_REPORT, RULE_EXIT);
}

static void
leaves_to_the_detector_only_what_would_be_distributed(void **state)
{
	(void)state;
	in.alert = in.quarantine = 1;
	in.spam_sum = 1;
	decided(VERDICT_PASS, RULE_WHITELISTED);
	in.spam_sum = -1;
	decided(VERDICT_REPORT, RULE_BLACKLISTED);
	in.spam_sum = 0;
	in.send = LISTTAB_CLOSED;
	decided(VERDICT_REPLY, RULE_CLOSED);
	in.class = CLASS_COMMAND;
	decided(VERDICT_PASS, RULE_COMMAND);
	in.class = CLASS_BOUNCE;
	decided(VERDICT_FORWARD, RULE_BOUNCE);
}

static void
has_a_word_and_a_sentence_for_every_rule(void **state)
{
	(void)state;
	for (int i = 0; i < RULES; i++) {
		assert_non_null(verdict_rule_name((enum verdict_rule)i));
		assert_non_null(verdict_rule_why((enum verdict_rule)i));
		assert_null(
		    strchr(verdict_rule_name((enum verdict_rule)i), ' '));
	}
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(passes_a_posting_to_a_public_list),
	    TEST(drops_what_has_been_through_the_list),
	    TEST(drops_what_went_through_too_many_hosts),
	    TEST(takes_only_the_classes_of_intake),
	    TEST(treats_reports_to_the_list_as_bounces),
	    TEST(forwards_bounces_also_of_lists_that_are_gone),
	    TEST(sets_postings_to_an_unknown_list_aside),
	    TEST(drops_automatic_answers_to_postings),
	    TEST(holds_postings_to_the_size_of_the_list),
	    TEST(obeys_send),
	    TEST(passes_command_mail_on),
	    TEST(passes_the_jobs_of_servers_on),
	    TEST(rejects_what_has_less_than_no_points),
	    TEST(rejects_command_mail_as_well),
	    TEST(a_whitelist_opens_no_other_door),
	    TEST(the_score_has_its_place_in_the_order),
	    TEST(a_bounce_that_is_recognised_has_no_score),
	    TEST(a_bounce_elsewhere_has_one),
	    TEST(a_list_or_a_person_may_switch_the_score_off),
	    TEST(reports_only_to_those_who_may_be_answered),
	    TEST(never_answers_machines),
	    TEST(never_answers_automatic_or_bulk_mail),
	    TEST(drops_copies_of_a_posting),
	    TEST(says_so_to_who_posts_the_same_text_twice),
	    TEST(gives_owners_what_a_mail_system_wrote),
	    TEST(looks_for_addresses_in_the_body_with_full_only),
	    TEST(a_second_delivery_to_the_same_address_is_a_loop),
	    TEST(with_loopcheck_none_only_our_own_trace_counts),
	    TEST(answers_people_who_are_filtered_and_no_programs),
	    TEST(asks_the_exit_about_what_would_go_on),
	    TEST(asks_no_exit_where_something_else_decides),
	    TEST(does_what_the_exit_says),
	    TEST(forgets_an_answer_that_the_lists_or_the_site_overtook),
	    TEST(does_with_what_the_exit_did_not_judge_as_the_site_wants),
	    TEST(stops_what_an_alert_is_about),
	    TEST(lets_wait_whom_the_list_does_not_know),
	    TEST(leaves_to_the_detector_only_what_would_be_distributed),
	    TEST(has_a_word_and_a_sentence_for_every_rule),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	header_facts_free(&facts);
	return r;
}
