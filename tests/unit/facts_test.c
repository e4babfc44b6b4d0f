#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/facts.h"

static struct header_facts facts;

static void
of(const char *message)
{
	struct header h;

	assert_int_equal(header_parse(&h, message, strlen(message), NULL), 0);
	assert_int_equal(header_facts(&facts, &h), 0);
}

static void
assert_value(struct bytes got, const char *want)
{
	assert_non_null(got.s);
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.s, want, got.len);
}

static void
gathers_the_fields_of_an_ordinary_message(void **state)
{
	(void)state;
	of("Return-Path: <joe@example.com>\nReceived: a\nreceived: b\n"
	   "FROM: Joe <joe@example.com>\nSender: jane@example.com\n"
	   "Reply-To: x@example.com\nSubject: Hello\n you\n"
	   "Date: Sun, 22 Nov 2026 10:00:00 +0000\n"
	   "Message-ID: <1@example.com>\nPrecedence: bulk \n\nbody");
	assert_value(facts.return_path, "<joe@example.com>");
	assert_value(facts.from, "Joe <joe@example.com>");
	assert_value(facts.sender, "jane@example.com");
	assert_value(facts.reply_to, "x@example.com");
	assert_value(facts.subject, "Hello\n you");
	assert_value(facts.date, "Sun, 22 Nov 2026 10:00:00 +0000");
	assert_value(facts.message_id, "<1@example.com>");
	assert_value(facts.precedence, "bulk");
	assert_int_equal(facts.received, 2);
	assert_int_equal(facts.auto_submitted, AUTO_ABSENT);
	assert_int_equal(facts.report, 0);
}

static void
has_nothing_of_what_the_message_before_had(void **state)
{
	(void)state;
	of("From: a\nList-Id: <x.y>\nX-LSV-Trace: A@b 1\n"
	   "Auto-Submitted: auto-replied\nContent-Type: multipart/report\n");
	of("To: b\n");
	assert_null(facts.from.s);
	assert_null(facts.message_id.s);
	assert_int_equal(facts.list_ids.len, 0);
	assert_int_equal(facts.traces.len, 0);
	assert_int_equal(facts.auto_submitted, AUTO_ABSENT);
	assert_int_equal(facts.report, 0);
}

static void
takes_the_first_field_that_is_not_blank(void **state)
{
	(void)state;
	of("From: \n \nFrom: a\nFrom: b\n\n");
	assert_value(facts.from, "a");
}

static void
classes_auto_submitted(void **state)
{
	static const struct {
		const char *fields;
		enum auto_submitted want;
	} table[] = {
	    {"A: b\n", AUTO_ABSENT},
	    {"Auto-Submitted: no\n", AUTO_NO},
	    {"Auto-Submitted: NO (a person)\n", AUTO_NO},
	    {"Auto-Submitted: auto-generated\n", AUTO_GENERATED},
	    {"Auto-Submitted: (x (y\\)) z)\n auto-replied; a=b\n",
		AUTO_REPLIED},
	    {"Auto-Submitted: auto-notified\n", AUTO_OTHER},
	    {"Auto-Submitted: nothing\n", AUTO_OTHER},
	    {"Auto-Submitted:\n", AUTO_OTHER},
	    {"Auto-Submitted: (no\n", AUTO_OTHER},
	    {"Auto-Submitted: auto-replied\nAuto-Submitted: no\n",
		AUTO_REPLIED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		of(table[i].fields);
		assert_int_equal(facts.auto_submitted, table[i].want);
	}
}

static void
knows_a_delivery_report_by_its_type(void **state)
{
	static const struct {
		const char *field;
		int want;
	} table[] = {
	    {"Content-Type: multipart/report; boundary=x\n", 1},
	    {"Content-Type: Multipart/REPORT\n", 1},
	    {"Content-Type: (a) multipart (b) /\n report(c);x=y\n", 1},
	    {"Content-Type: multipart/reports\n", 0},
	    {"Content-Type: multipart/mixed; x=multipart/report\n", 0},
	    {"Content-Type: multipart\n", 0},
	    {"Content-Type: multipart/\n", 0},
	    {"Content-Type: text/plain\nContent-Type: multipart/report\n", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		of(table[i].field);
		assert_int_equal(facts.report, table[i].want);
	}
}

static void
finds_the_lists_that_a_message_came_through(void **state)
{
	(void)state;
	of("List-Id: \"A < B\" <One.Example.ORG>\nList-ID: two.example.org\n"
	   "List-Id:\n <three.example.org>\nList-Id: < four.example.org >\n"
	   "List-Id: <cut\nlist-id:\n");
	assert_true(facts_list_id(&facts, bytes_z("one.example.org")));
	assert_true(facts_list_id(&facts, bytes_z("TWO.example.org")));
	assert_true(facts_list_id(&facts, bytes_z("three.example.org")));
	assert_true(facts_list_id(&facts, bytes_z("four.example.org")));
	assert_true(facts_list_id(&facts, bytes_z("cut")));
	assert_false(facts_list_id(&facts, bytes_z("ne.example.org")));
	assert_false(facts_list_id(&facts, bytes_z("five.example.org")));
	of("A: b\n");
	assert_false(facts_list_id(&facts, bytes_z("one.example.org")));
}

static void
counts_deliveries_to_an_address(void **state)
{
	(void)state;
	of("Delivered-To: test-l@lists.example.org\nDelivered-to:\n"
	   " TEST-L@Lists.example.org\nDelivered-To: other@example.org\n");
	assert_int_equal(
	    facts_delivered(&facts, bytes_z("test-l@lists.example.org")), 2);
	assert_int_equal(
	    facts_delivered(&facts, bytes_z("other@example.org")), 1);
	assert_int_equal(
	    facts_delivered(&facts, bytes_z("ther@example.org")), 0);
	of("A: b\n");
	assert_int_equal(
	    facts_delivered(&facts, bytes_z("other@example.org")), 0);
}

static void
finds_our_own_trace(void **state)
{
	(void)state;
	of("X-LSV-Trace: TEST-L@lists.example.org 0647c1a2b3d4e.9f02c4d1aa\n"
	   "x-lsv-trace:\n Other@node\n");
	assert_int_equal(facts_trace_count(&facts), 2);
	assert_true(facts_trace(&facts, bytes_z("test-l@lists.example.org")));
	assert_true(facts_trace(&facts, bytes_z("OTHER@node")));
	assert_false(facts_trace(&facts, bytes_z("est-l@lists.example.org")));
	assert_false(
	    facts_trace(&facts, bytes_z("test-l@lists.example.org.uk")));
	of("A: b\n");
	assert_int_equal(facts_trace_count(&facts), 0);
	assert_false(facts_trace(&facts, bytes_z("OTHER@node")));
}

static int
release(void **state)
{
	(void)state;
	header_facts_free(&facts);
	return facts.list_ids.s || facts.traces.s;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(gathers_the_fields_of_an_ordinary_message),
	    cmocka_unit_test(has_nothing_of_what_the_message_before_had),
	    cmocka_unit_test(takes_the_first_field_that_is_not_blank),
	    cmocka_unit_test(classes_auto_submitted),
	    cmocka_unit_test(knows_a_delivery_report_by_its_type),
	    cmocka_unit_test(finds_the_lists_that_a_message_came_through),
	    cmocka_unit_test(finds_our_own_trace),
	    cmocka_unit_test(counts_deliveries_to_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
