#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "lib/listitem.h"

static struct listhdr h;
static struct where w;
static struct listitem p;

static int
fresh(void **state)
{
	(void)state;
	listhdr_free(&h);
	w = (struct where){0, NULL};
	p = (struct listitem){.h = &h, .line = 7, .w = &w};
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	listhdr_free(&h);
	return 0;
}

static int
take(const char *name, const char *value)
{
	return listitem_take(&p, bytes_z(name), bytes_z(value));
}

static void
assert_bytes(const stralloc *sa, const char *want, size_t len)
{
	assert_int_equal(sa->len, len);
	if (len)
		assert_memory_equal(sa->s, want, len);
}

static void
assert_notes(const char *want)
{
	assert_bytes(&h.notes, want, strlen(want));
}

static void
assert_refused(const char *name, const char *value, const char *why)
{
	fresh(NULL);
	assert_int_equal(take(name, value), -1);
	assert_int_equal(w.at, 7);
	assert_string_equal(w.why, why);
}

static void
cuts_blanks_off_both_ends(void **state)
{
	(void)state;
	assert_true(bytes_eq(listitem_trim(bytes_z(" \t a b\t ")), "a b"));
	assert_true(bytes_eq(listitem_trim(bytes_z(" \t ")), ""));
	assert_true(bytes_eq(listitem_trim(bytes_z("")), ""));
}

static void
knows_its_keywords_in_any_case(void **state)
{
	(void)state;
	assert_true(listitem_known(bytes_z("OWNER")));
	assert_true(listitem_known(bytes_z("Reply-To")));
	assert_true(listitem_known(bytes_z("x-tags")));
	assert_false(listitem_known(bytes_z("Owners")));
	assert_false(listitem_known(bytes_z("")));
}

static void
keeps_each_keyword_in_upper_case_with_its_value(void **state)
{
	static const char want[] = "CONFIDENTIAL\0Yes\0ACK\0No";

	(void)state;
	assert_int_equal(take("Confidential", "  Yes "), 0);
	assert_int_equal(take("ack", "No"), 0);
	assert_bytes(&h.keywords, want, sizeof want);
	assert_int_equal(h.confidential, 1);
}

static void
notes_what_it_keeps_and_does_not_obey(void **state)
{
	(void)state;
	assert_int_equal(take("Digest", "Yes"), 0);
	assert_int_equal(take("Nonsense", "Yes"), 0);
	assert_int_equal(take("Send", "Private,Confirm"), 0);
	assert_notes("line 7: Digest= is kept, but not obeyed yet\n"
		     "line 7: Nonsense= is no keyword known here; it is kept\n"
		     "line 7: Send= Confirm is kept, but not obeyed yet\n");
	assert_int_equal(h.send_confirm, 1);
}

static void
splits_a_value_at_commas_outside_quotes_and_parentheses(void **state)
{
	static const char want[] = "a@example.com\0b@example.com";

	(void)state;
	assert_int_equal(take("Owner",
			     "\"Ann, the \\\"first\\\"\" <a@example.com>,"
			     " ,b@example.com (Bob, too)"),
	    0);
	assert_bytes(&h.owners, want, sizeof want);
	assert_notes("");
}

static void
lets_quiet_count_for_all_owners_behind_it(void **state)
{
	(void)state;
	assert_int_equal(take("Owner", "a@example.com,Quiet:"), 0);
	assert_int_equal(take("Owner", "quiet: b@example.com"), 0);
	assert_int_equal(take("Owner", "Owner(other)"), 0);
	assert_bytes(&h.owners, "a@example.com", 14);
	assert_bytes(&h.quiet_owners, "b@example.com", 14);
	assert_notes(
	    "line 7: Owner= Owner(other) is kept, but not obeyed yet\n");
}

static void
takes_one_destination_of_replies(void **state)
{
	(void)state;
	assert_int_equal(take("Reply-To", "\"r@example.com\",Ignore"), 0);
	assert_int_equal(h.reply, REPLY_ADDRESS);
	assert_bytes(&h.reply_address, "r@example.com", 13);
	assert_int_equal(h.reply_ignore, 1);
	assert_refused("Reply-To", "List,Sender",
	    "Reply-To= has more than one destination");
	assert_refused("Reply-To", "somewhere",
	    "Reply-To= is List, Sender, Both, None or an address, and "
	    "Respect or Ignore");
}

static void
takes_a_size_in_lines_or_in_bytes(void **state)
{
	(void)state;
	assert_int_equal(take("Sizelim", "400"), 0);
	assert_int_equal(h.lines, 400);
	assert_int_equal(h.bytes, 0);
	fresh(NULL);
	assert_int_equal(take("Sizelim", "50K"), 0);
	assert_int_equal(h.bytes, 50 * 1024);
	assert_refused("Sizelim", "1,2", "Sizelim= is given twice");
	assert_refused(
	    "Sizelim", "0", "Sizelim= is a number of lines, nK or nM");
}

static void
takes_two_pools_at_most(void **state)
{
	(void)state;
	assert_int_equal(take("Delivery-Pool", "b"), 0);
	assert_int_equal(h.pool, 'B');
	assert_int_equal(h.pool_admin, 'B');
	assert_int_equal(take("Delivery-Pool", "-"), 0);
	assert_int_equal(h.pool, 'B');
	assert_int_equal(h.pool_admin, '-');
	assert_refused(
	    "Delivery-Pool", "A,B,C", "Delivery-Pool= has more than two pools");
	assert_refused("Delivery-Pool", "AB",
	    "Delivery-Pool= is x or x,y, each A to Z or -");
}

/* The host after List-Address= had a value. */
static const char *
host_of(const char *value)
{
	static char host[80];

	fresh(NULL);
	assert_true(take("List-Address", value) >= 0);
	snprintf(host, sizeof host, "%.*s", (int)h.host.len,
	    h.host.len ? h.host.s : "");
	return host;
}

static void
takes_the_host_of_the_addresses(void **state)
{
	(void)state;
	assert_string_equal(
	    host_of("LISTSERV.EXAMPLE.COM"), "LISTSERV.EXAMPLE.COM");
	assert_string_equal(
	    host_of("SHORT@lists.example.com"), "lists.example.com");
	assert_string_equal(host_of("LONG@FQDN"), "");
	assert_string_equal(host_of("LONG"), "");
	assert_refused("List-Address", "a@b@c.d",
	    "List-Address= has no full name of a host");
	assert_refused("List-Address", "x@10.0.0.1",
	    "List-Address= has no full name of a host");
	assert_refused(
	    "List-Address", "x@", "List-Address= has no full name of a host");
}

static void
needs_an_owner_at_the_end(void **state)
{
	(void)state;
	assert_int_equal(take("Owner", "Quiet:,a@example.com"), 0);
	assert_int_equal(listitem_end(&p), -1);
	assert_string_equal(
	    w.why, "no Owner= that is an address and does not follow Quiet:");
}

/* Who may post when Send= has a value, -1 when it is refused. */
static int
send_of(const char *value)
{
	fresh(NULL);
	assert_int_equal(take("Owner", "a@example.com"), 0);
	if (take("Send", value) < 0 || listitem_end(&p) < 0)
		return -1;
	return (int)h.send;
}

static void
weighs_all_that_send_names_at_the_end(void **state)
{
	(void)state;
	assert_int_equal(send_of(""), LISTTAB_PUBLIC);
	assert_int_equal(h.errors, ERRORS_OWNERS);
	assert_int_equal(send_of("Public"), LISTTAB_PUBLIC);
	assert_int_equal(send_of("Private,Owner"), LISTTAB_PRIVATE);
	assert_int_equal(send_of("Private,Public"), LISTTAB_PUBLIC);
	assert_int_equal(send_of("Owner"), LISTTAB_OWNER);
	assert_int_equal(h.send_less, 0);
	assert_int_equal(send_of("Editor"), LISTTAB_OWNER);
	assert_int_equal(h.send_less, 1);
	assert_int_equal(send_of("Private,Editor"), LISTTAB_PRIVATE);
	assert_int_equal(send_of("Public,Editor"), LISTTAB_OWNER);
	assert_int_equal(send_of("Closed"), LISTTAB_CLOSED);
	assert_int_equal(send_of("Closed,Owner"), -1);
	assert_string_equal(w.why, "Send= Closed allows nobody else beside it");
	assert_int_equal(send_of("Nobody"), -1);
	assert_string_equal(w.why, "Send= has a word that it does not know");
}

static void
lets_errors_go_where_they_are_sent(void **state)
{
	(void)state;
	assert_int_equal(take("Owner", "a@example.com"), 0);
	assert_int_equal(take("Errors-To", "Postmaster,e@example.com,No"), 0);
	assert_int_equal(listitem_end(&p), 0);
	assert_int_equal(h.errors, ERRORS_POSTMASTER);
	assert_bytes(&h.errors_to, "e@example.com", 14);
	assert_notes("line 7: Errors-To= No is kept, but not obeyed yet\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(cuts_blanks_off_both_ends),
	    TEST(knows_its_keywords_in_any_case),
	    TEST(keeps_each_keyword_in_upper_case_with_its_value),
	    TEST(notes_what_it_keeps_and_does_not_obey),
	    TEST(splits_a_value_at_commas_outside_quotes_and_parentheses),
	    TEST(lets_quiet_count_for_all_owners_behind_it),
	    TEST(takes_one_destination_of_replies),
	    TEST(takes_a_size_in_lines_or_in_bytes),
	    TEST(takes_two_pools_at_most),
	    TEST(takes_the_host_of_the_addresses),
	    TEST(needs_an_owner_at_the_end),
	    TEST(weighs_all_that_send_names_at_the_end),
	    TEST(lets_errors_go_where_they_are_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
