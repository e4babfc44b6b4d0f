#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/listhdr.h"
#include "lib/suboptions.h"

static struct listhdr h;

static void
take(const char *text)
{
	struct where w = {0, NULL};

	if (listhdr_parse(&h, text, strlen(text), &w) < 0)
		fail_msg("line %zu: %s", w.at, w.why);
}

/* The reason why a header is refused, and its line in *line. */
static const char *
refused(const char *text, size_t *line)
{
	struct where w = {0, NULL};

	assert_int_equal(listhdr_parse(&h, text, strlen(text), &w), -1);
	*line = w.at;
	return w.why;
}

static void
assert_items(const stralloc *sa, const char *want)
{
	stralloc out = {0};
	struct bytes one;
	size_t at = 0;

	while (listhdr_next(sa, &at, &one)) {
		assert_int_equal(sa_put(&out, one.s, one.len), 0);
		assert_int_equal(sa_puts(&out, " "), 0);
	}
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s, want);
	sa_free(&out);
}

static void
assert_value(const char *keyword, const char *want)
{
	stralloc out = {0};

	assert_int_equal(listhdr_value(&h, &out, keyword), want != NULL);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s, want ? want : "");
	sa_free(&out);
}

static int
free_header(void **state)
{
	(void)state;
	listhdr_free(&h);
	return 0;
}

static void
reads_a_header_as_it_comes_from_another_server(void **state)
{
	(void)state;
	take("* My test list\n"
	     "* Owner= Joe@Example.com\n"
	     "* Owner= Quiet:\n"
	     "* Owner= ann@example.com (Ann Example)\n"
	     "* Send= Private\n"
	     "* Subscription= Open,Confirm\n"
	     "* Reply-To= List,Ignore\n"
	     "* Validate= No\n"
	     "* Errors-To= Owner\n"
	     "* Notebook= Yes,D:\\LISTS\\PRIVATE,Weekly,Private\n"
	     "* Default-Options= Repro, Noack\n"
	     "* Sizelim= 100K\n"
	     "*\n"
	     "* What it is about.\n");
	assert_int_equal(sa_0(&h.title), 0);
	assert_string_equal(h.title.s, "My test list");
	assert_items(&h.owners, "Joe@example.com ");
	assert_items(&h.quiet_owners, "ann@example.com ");
	assert_int_equal(h.send, LISTTAB_PRIVATE);
	assert_int_equal(h.send_less, 0);
	assert_int_equal(h.subscription, SUBSCRIPTION_OPEN);
	assert_int_equal(h.subscription_confirm, 1);
	assert_int_equal(h.reply, REPLY_LIST);
	assert_int_equal(h.reply_ignore, 1);
	assert_int_equal(h.errors, ERRORS_OWNERS);
	assert_int_equal(h.options, SUB_REPRO | SUB_NOACK);
	assert_int_equal(h.bytes, 102400);
	assert_int_equal(h.lines, 0);
	assert_value("NOTEBOOK", "Yes,D:\\LISTS\\PRIVATE,Weekly,Private");
	assert_value("OWNER",
	    "Joe@Example.com,Quiet:,ann@example.com "
	    "(Ann Example)");
	assert_value("EXIT", NULL);
	assert_int_equal(sa_0(&h.text), 0);
	assert_string_equal(h.text.s, "What it is about.\n");
	assert_int_equal(sa_0(&h.notes), 0);
	assert_string_equal(
	    h.notes.s, "line 10: Notebook= is kept, but not obeyed yet\n");
}

static void
knows_who_may_review(void **state)
{
	size_t line;

	(void)state;
	take("* T\n* Owner= a@b\n");
	assert_int_equal(h.review, REVIEW_DEFAULT);
	take("* T\n* Owner= a@b\n* Review= Private,Owner\n");
	assert_int_equal(h.review, REVIEW_PRIVATE);
	take("* T\n* Owner= a@b\n* Review= Owners\n");
	assert_int_equal(h.review, REVIEW_OWNER);
	take("* T\n* Owner= a@b\n* Review= Postmaster\n* Review= public\n");
	assert_int_equal(h.review, REVIEW_PUBLIC);
	take("* T\n* Owner= a@b\n* Review= (OTHER-L)\n");
	assert_int_equal(h.review, REVIEW_OWNER);
	assert_true(h.notes.len > 0);
	assert_string_equal(
	    refused("* T\n* Owner= a@b\n* Review= Everybody\n", &line),
	    "Review= is Public, Private, Owner or Postmaster");
	assert_int_equal(line, 3);
}

static void
knows_what_is_to_be_confirmed(void **state)
{
	size_t line;

	(void)state;
	take("* T\n* Owner= a@b\n");
	assert_int_equal(h.validate, VALIDATE_NO);
	take("* T\n* Owner= a@b\n* Validate= Yes,Confirm\n");
	assert_int_equal(h.validate, VALIDATE_YES);
	take("* T\n* Owner= a@b\n* Validate= All,Confirm,NoPW\n");
	assert_int_equal(h.validate, VALIDATE_ALL);
	assert_int_equal(h.notes.len, 0);
	assert_string_equal(
	    refused("* T\n* Owner= a@b\n* Validate= Perhaps\n", &line),
	    "Validate= is No, Yes or All, Confirm and NoPW");
	assert_int_equal(line, 3);
}

static void
has_the_defaults_of_listserv(void **state)
{
	(void)state;
	take("* T\n* Owner= a@b\n");
	assert_int_equal(h.send, LISTTAB_PUBLIC);
	assert_int_equal(h.subscription, SUBSCRIPTION_BY_OWNER);
	assert_int_equal(h.reply, REPLY_LIST);
	assert_int_equal(h.reply_ignore, 0);
	assert_int_equal(h.errors, ERRORS_OWNERS);
	assert_int_equal(h.pool, 0);
	assert_int_equal(h.options, 0);
	assert_int_equal(h.verp, 0);
	assert_int_equal(h.no_spam_check, 0);
	assert_int_equal(h.notes.len, 0);
}

static void
takes_all_ways_to_write_a_keyword(void **state)
{
	static const char *const ways[] = {"* T\n* Owner= a@b,c@d,e@f\n",
	    "* T\n* Owner=a@b,c@d,e@f\n", "* T\n* Owner= a@b, c@d, e@f\n",
	    "* T\n* OWNER = a@b,c@d , e@f\n", "* T\n* Owner =a@b,c@d,,e@f\n",
	    "* T\n* Owner= a@b\n* owner= c@d\n* Owner= e@f\n",
	    "* T\r\n*Owner=a@b Owner= c@d Owner=e@f\r\n"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof ways / sizeof *ways; i++) {
		take(ways[i]);
		assert_items(&h.owners, "a@b c@d e@f ");
	}
}

static void
takes_several_keywords_in_one_line(void **state)
{
	(void)state;
	take("* T\n* Owner= a@b (Joe Doe) Send= Owner Reply-To=None\n");
	assert_items(&h.owners, "a@b ");
	assert_int_equal(h.send, LISTTAB_OWNER);
	assert_int_equal(h.reply, REPLY_NONE);
}

static void
does_not_take_an_address_with_an_equals_sign_for_a_keyword(void **state)
{
	(void)state;
	take("* T\n* Owner= a=b@c.d, x@y\n");
	assert_items(&h.owners, "a=b@c.d x@y ");
}

static void
takes_the_first_line_as_the_title(void **state)
{
	(void)state;
	take("*\n* A title with a=b in it\n* Owner= a@b\n");
	assert_int_equal(sa_0(&h.title), 0);
	assert_string_equal(h.title.s, "A title with a=b in it");
	take("* Owner= a@b\n* Not the title\n");
	assert_int_equal(h.title.len, 0);
}

static void
hides_lines_in_turn(void **state)
{
	size_t line;

	(void)state;
	take("* T\n*.HH ON\n* Owner= a@b\n* .hh off\n* Send= Closed\n");
	assert_items(&h.owners, "a@b ");
	assert_int_equal(h.send, LISTTAB_CLOSED);
	assert_string_equal(
	    refused("* T\n*.HH OFF\n", &line), ".HH is ON or OFF, in turn");
	assert_int_equal(line, 2);
	refused("* T\n*.HH ON\n*.HH ON\n", &line);
	assert_int_equal(line, 3);
}

static void
weighs_what_send_says(void **state)
{
	static const struct {
		const char *text;
		enum listtab_send send;
		int less, confirm;
	} table[] = {
	    {"* T\n* Owner= a@b\n* Send= Public,Confirm\n", LISTTAB_PUBLIC, 0,
		1},
	    {"* T\n* Owner= a@b\n* Send= Private,Owner\n", LISTTAB_PRIVATE, 0,
		0},
	    {"* T\n* Owner= a@b\n* Send= Editor,Hold\n", LISTTAB_OWNER, 1, 0},
	    {"* T\n* Owner= a@b\n* Send= (OTHER-L)\n", LISTTAB_OWNER, 1, 0},
	    {"* T\n* Owner= a@b\n* Send= x@y\n", LISTTAB_OWNER, 1, 0},
	    {"* T\n* Owner= a@b\n* Send= Public,Editor\n", LISTTAB_OWNER, 1, 0},
	    {"* T\n* Owner= a@b\n* Send= Closed\n", LISTTAB_CLOSED, 0, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		take(table[i].text);
		assert_int_equal(h.send, table[i].send);
		assert_int_equal(h.send_less, table[i].less);
		assert_int_equal(h.send_confirm, table[i].confirm);
	}
}

static void
reads_loopcheck_from_one_line_or_several(void **state)
{
	size_t line;

	(void)state;
	take("* T\n* Owner= a@b\n");
	assert_int_equal(h.loop.flags, 0);
	take("* T\n* Owner= a@b\n* Loopcheck= NoCRC,Spam-Delay(7)\n"
	     "* Loopcheck= NoSpam\n");
	assert_int_equal(
	    h.loop.flags, LOOP_GIVEN | LOOP_NOCRC | LOOP_NOSPAM | LOOP_DELAY);
	assert_int_equal(h.loop.delay_min, 7);
	assert_int_equal(h.notes.len, 0);
	take("* T\n* Owner= a@b\n* Loopcheck= Notocount\n");
	assert_int_equal(h.loop.flags, LOOP_GIVEN);
	assert_true(h.notes.len > 0);
	refused("* T\n* Owner= a@b\n* Loopcheck= Hardly\n", &line);
	assert_int_equal(line, 3);
	refused("* T\n* Owner= a@b\n* Loopcheck= Full\n"
		"* Loopcheck= NoCRC\n",
	    &line);
	refused("* T\n* Owner= a@b\n* Loopcheck= Allow-Bounces\n", &line);
}

static void
reads_who_may_not_post(void **state)
{
	size_t line;

	(void)state;
	take("* T\n* Owner= a@b\n");
	assert_int_equal(h.filter, FILTER_NONE);
	assert_int_equal(h.unsafe, 0);
	take("* T\n* Owner= a@b\n* Safe= No\n* Filter= Also,*@HOST2.EDU\n"
	     "* Filter= X400MAIL@*,Allow,niceguy@host2.edu, Allow, c@d\n");
	assert_int_equal(h.filter, FILTER_ALSO);
	assert_items(&h.filter_deny, "*@HOST2.EDU X400MAIL@* ");
	assert_items(&h.filter_allow, "niceguy@host2.edu c@d ");
	assert_int_equal(h.unsafe, 1);
	assert_int_equal(h.notes.len, 0);
	take("* T\n* Owner= a@b\n* Filter= safe,allow,root@host1.edu\n"
	     "* Safe= Yes\n");
	assert_int_equal(h.filter, FILTER_SAFE);
	assert_int_equal(h.filter_deny.len, 0);
	assert_items(&h.filter_allow, "root@host1.edu ");
	assert_int_equal(h.unsafe, 0);
	take("* T\n* Owner= a@b\n* Filter= Only\n");
	assert_int_equal(h.filter, FILTER_ONLY);
	refused("* T\n* Owner= a@b\n* Filter= *@x\n", &line);
	assert_int_equal(line, 3);
	refused("* T\n* Owner= a@b\n* Filter= Allow,*@x\n", &line);
	refused("* T\n* Owner= a@b\n* Filter= Also,>*@x\n", &line);
	refused("* T\n* Owner= a@b\n* Filter= Also,a b@x\n", &line);
	refused("* T\n* Owner= a@b\n* Safe= Perhaps\n", &line);
}

static void
reads_who_delivers_postings(void **state)
{
	(void)state;
	take("* T\n* Owner= a@b\n");
	assert_int_equal(h.via, VIA_DISTRIBUTE);
	take("* T\n* Owner= a@b\n* Mail-Via= Direct\n");
	assert_int_equal(h.via, VIA_DIRECT);
	assert_int_equal(h.notes.len, 0);
	take("* T\n* Owner= a@b\n* Mail-Via= Dist2\n");
	assert_int_equal(h.via, VIA_DISTRIBUTE);
	assert_int_equal(h.notes.len, 0);
	take("* T\n* Owner= a@b\n* Mail-Via= Carrier\n");
	assert_int_equal(h.via, VIA_DISTRIBUTE);
	assert_true(h.notes.len > 0);
}

static void
tells_the_table_what_it_is_to_know(void **state)
{
	struct listtab t = {.old = 1};

	(void)state;
	take("* T\n* Owner= a@b\n* Send= Private\n* Sizelim= 20\n"
	     "* Loopcheck= Full\n* Filter= Also,x@y\n* Safe= No\n"
	     "* Misc-Options= NO_SPAM_CHECK\n");
	listhdr_tab(&h, &t);
	assert_int_equal(t.send, LISTTAB_PRIVATE);
	assert_int_equal(t.lines, 20);
	assert_int_equal(t.loop.flags, LOOP_GIVEN | LOOP_FULL);
	assert_true(t.filter && t.unsafe && t.no_spam_check && !t.old);
}

static void
counts_a_bare_sizelim_in_lines(void **state)
{
	(void)state;
	take("* T\n* Owner= a@b\n* Sizelim= 250\n");
	assert_int_equal(h.lines, 250);
	assert_int_equal(h.bytes, 0);
	take("* T\n* Owner= a@b\n* Sizelim= 1M\n");
	assert_int_equal(h.lines, 0);
	assert_int_equal(h.bytes, 1048576);
}

static void
reads_pools_errors_to_and_a_reply_address(void **state)
{
	(void)state;
	take("* T\n* Owner= a@b\n* Delivery-Pool= b\n* Errors-To= x@y,"
	     "Postmaster\n* Reply-To= \"c@d\",Ignore\n* Misc-Options= VERP,"
	     "NO_RFC2369\n");
	assert_int_equal(h.pool, 'B');
	assert_int_equal(h.pool_admin, 'B');
	assert_int_equal(h.errors, ERRORS_POSTMASTER);
	assert_items(&h.errors_to, "x@y ");
	assert_int_equal(h.verp, 1);
	assert_int_equal(h.reply, REPLY_ADDRESS);
	take("* T\n* Owner= a@b\n* Delivery-Pool= B,-\n* Errors-To= None\n"
	     "* Reply-To= c@d\n");
	assert_int_equal(h.pool, 'B');
	assert_int_equal(h.pool_admin, '-');
	assert_int_equal(h.errors, ERRORS_OWNERS);
	assert_int_equal(h.reply_address.len, 3);
	assert_memory_equal(h.reply_address.s, "c@d", 3);
	assert_int_equal(h.verp, 0);
	take("* T\n* Owner= a@b\n* Misc-Options= Verp,no_spam_check\n");
	assert_int_equal(h.verp, 1);
	assert_int_equal(h.no_spam_check, 1);
	assert_int_equal(h.notes.len, 0);
}

static void
refuses_with_the_line_and_the_reason(void **state)
{
	static const struct {
		const char *text;
		size_t line;
		const char *why;
	} table[] = {
	    {"* T\nOwner= a@b\n", 2, "line does not begin with *"},
	    {"* T\n\n* Owner= a@b\n", 2, "line does not begin with *"},
	    {"* T\n* Owner= a@b\n* Sizelim= big\n", 3,
		"Sizelim= is a number of lines, nK or nM"},
	    {"* T\n* Sizelim= 1K,2K\n", 2, "Sizelim= is given twice"},
	    {"* T\n* Owner= joe\n", 2, "no @ in the address"},
	    {"* T\n* Owner= a@b c@d\n", 2, "addresses are separated by commas"},
	    {"* T\n* Delivery-Pool= AB\n", 2,
		"Delivery-Pool= is x or x,y, each A to Z or -"},
	    {"* T\n* Delivery-Pool= A,B,C\n", 2,
		"Delivery-Pool= has more than two pools"},
	    {"* T\n* Send= Sometimes\n", 2,
		"Send= has a word that it does not know"},
	    {"* T\n* Reply-To= List,Sender\n", 2,
		"Reply-To= has more than one destination"},
	    {"* T\n* Confidential= Maybe\n", 2,
		"Confidential= is No, Yes or Service"},
	    {"* T\n* \x01\n", 2, "control byte in the line"},
	    {"* T\n* Owner= a@b\n* Send= Closed,Owner\n", 3,
		"Send= Closed allows nobody else beside it"},
	    {"* T\n* Owner= Quiet:,a@b\n", 2,
		"no Owner= that is an address and does not follow Quiet:"},
	    {"", 0, "no Owner= that is an address and does not follow Quiet:"},
	};
	size_t i, line;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		assert_string_equal(
		    refused(table[i].text, &line), table[i].why);
		assert_int_equal(line, table[i].line);
	}
}

static void
bounds_lines_and_the_whole(void **state)
{
	static char big[LISTHDR_MAX + 8];
	struct where w;

	(void)state;
	memset(big, 'x', sizeof big);
	big[0] = '*';
	assert_int_equal(listhdr_parse(&h, big, LISTHDR_LINE_MAX + 1, &w), -1);
	assert_string_equal(w.why, "line over 512 bytes");
	memset(big, '\n', sizeof big);
	assert_int_equal(listhdr_parse(&h, big, sizeof big, &w), -1);
	assert_string_equal(w.why, "header over 65536 bytes");
}

static void
keeps_a_keyword_it_does_not_know(void **state)
{
	(void)state;
	take("* T\n* Owner= a@b\n* Onwer= c@d\n");
	assert_value("ONWER", "c@d");
	assert_int_equal(sa_0(&h.notes), 0);
	assert_string_equal(
	    h.notes.s, "line 3: Onwer= is no keyword known here; it is kept\n");
}

#define TEST(name) cmocka_unit_test_teardown(name, free_header)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(reads_a_header_as_it_comes_from_another_server),
	    TEST(has_the_defaults_of_listserv),
	    TEST(knows_who_may_review),
	    TEST(knows_what_is_to_be_confirmed),
	    TEST(takes_all_ways_to_write_a_keyword),
	    TEST(takes_several_keywords_in_one_line),
	    TEST(does_not_take_an_address_with_an_equals_sign_for_a_keyword),
	    TEST(takes_the_first_line_as_the_title),
	    TEST(hides_lines_in_turn),
	    TEST(weighs_what_send_says),
	    TEST(reads_loopcheck_from_one_line_or_several),
	    TEST(reads_who_delivers_postings),
	    TEST(reads_who_may_not_post),
	    TEST(tells_the_table_what_it_is_to_know),
	    TEST(counts_a_bare_sizelim_in_lines),
	    TEST(reads_pools_errors_to_and_a_reply_address),
	    TEST(refuses_with_the_line_and_the_reason),
	    TEST(bounds_lines_and_the_whole),
	    TEST(keeps_a_keyword_it_does_not_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
