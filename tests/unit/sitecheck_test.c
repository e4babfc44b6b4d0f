/* LDFLAGS: -Wl,--wrap=malloc,--wrap=realloc,--wrap=reallocarray */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sitecheck.h"
#include "tests/unit/nomemory.h"
#include "tests/unit/sitetext.h"

static struct sitecheck check;

static const struct sitecheck_setting *
setting(const char *name, unsigned number)
{
	for (size_t i = 0; i < check.nset; i++)
		if (strcmp(check.set[i].var->name, name) == 0 &&
		    check.set[i].number == number)
			return &check.set[i];
	fail_msg("%s is not set", name);
	return NULL;
}

static void
has_nothing_to_say_about_a_good_file(void **state)
{
	(void)state;
	sitetext_expect(GOOD, "");
	sitetext_expect("# a site\nexport NODE POSTMASTER\n" GOOD
			"MYDOMAIN=\"$NODE lists.example.org\"\nMAXBSMTP=50\n"
			"SMTP_FORWARD_1=2*relay.example.org\n",
	    "");
}

static void
lists_every_error_in_the_order_of_the_file(void **state)
{
	(void)state;
	sitetext_expect("NOED=a.b\n"
			"MAXBSMTP=5000\n"
			"POSTMASTER=\"joe@example.org, ann@example.org\"\n"
			"  oops\n"
			"RETRY_MIN=soon\n"
			"SMTP_FORWARD_1=2*mail.example.org(00:00-25:00)\n"
			"QWERTZ=1\n",
	    "1:1 error NOED is not a variable of site.cfg; did you mean "
	    "NODE?\n"
	    "2:10 error MAXBSMTP: too large; it must be a number from 1 to "
	    "1000\n"
	    "3:28 error POSTMASTER: items are separated by blanks, not by "
	    "','; it must be mail addresses, Hide: and Quiet:, separated by "
	    "blanks\n"
	    "4:7 error '=' is missing behind the name\n"
	    "5:11 error RETRY_MIN: not a duration (a number, then ms, s, m, h "
	    "or d); it must be a duration from 10ms to 1d\n"
	    "6:41 error SMTP_FORWARD_1: not an hour of two digits, 00 to 23 "
	    "(24:00 as an end); it must be [count*]host[:port][(window,...)]"
	    "[;host...][;POOL=pools][;OPTION=value...]\n"
	    "7:1 error QWERTZ is not a variable of site.cfg\n"
	    "8:1 error NODE is not set; every site has to set it\n");
}

static void
finds_the_place_behind_substitutions_and_joined_lines(void **state)
{
	(void)state;
	sitetext_expect(GOOD "MYDOMAIN=\"$NODE \\\n   b_c.d\"\n",
	    "4:5 error MYDOMAIN: '_' cannot stand in the name of a host; it "
	    "must be full names of hosts, separated by blanks\n");
	sitetext_expect("MYORG=x,y\nPOSTMASTER=joe@a.b\nNODE=$MYORG.a\n",
	    "1:1 note MYORG is known but not used yet\n"
	    "3:6 error NODE: this byte cannot stand in the name of a host; it "
	    "must be the full name of a host\n");
}

static void
takes_the_last_of_two_values_and_warns(void **state)
{
	static const char text[] = GOOD "MAXBSMTP=10\nmaxbsmtp=20\n"
					"SMTP_FORWARD_2=a.b\n"
					"SMTP_FORWARD_1=a.b\n";
	const struct sitecheck_setting *t;

	(void)state;
	sitetext_expect(text,
	    "4:1 warning MAXBSMTP is set again: the value of line 3 is not "
	    "used\n");
	sitetext_read(&check, text);
	assert_int_equal(check.nset, 5);
	t = setting("MAXBSMTP", 0);
	assert_true(t != NULL && t->n == 20);
	assert_string_equal(
	    sitecheck_value(&check, setting("MAXBSMTP", 0)), "20");
	assert_int_equal(check.set[3].number, 1); /* sorted */
	assert_int_equal(check.set[4].number, 2);
	sitecheck_free(&check);
	/* an error is one also when a good value follows */
	sitetext_read(&check, GOOD "MAXBSMTP=x\nMAXBSMTP=20\n");
	assert_int_equal(check.count[SITECHECK_ERROR], 1);
	sitecheck_free(&check);
}

static void
notes_what_is_not_used_yet(void **state)
{
	(void)state;
	sitetext_expect(GOOD "MYORG=us\nCREATEPW=secret\nSORT_RECIPIENTS=x\n",
	    "3:1 note MYORG is known but not used yet\n"
	    "4:1 note CREATEPW is known but not used yet; its value is not "
	    "stored\n"
	    "5:1 note SORT_RECIPIENTS is known but not used yet\n"
	    "5:17 error SORT_RECIPIENTS: not a number; it must be a number "
	    "from 0 to 2\n");
}

static void
names_every_entry_of_a_spam_list_that_is_none(void **state)
{
	char text[1024], want[1024], many[300];

	(void)state;
	memset(many, '>', sizeof many);
	snprintf(text, sizeof text,
	    GOOD "SPAM_EXIT=SAEXIT\nSPAM_WHITELIST_TO=\"a@b \\\n %.254sx "
		 "%.255sy\"\n",
	    many, many);
	sitetext_read(&check, text);
	assert_int_equal(check.count[SITECHECK_ERROR], 1);
	assert_int_equal(check.set[check.nset - 1].good, 0);
	for (size_t i = 0; i < check.nremark; i++) {
		if (check.remark[i].level != SITECHECK_ERROR)
			continue;
		assert_int_equal(check.remark[i].line, 5);
		snprintf(want, sizeof want, " in the entry %.64s...", many);
		assert_non_null(
		    strstr(sitecheck_said(&check, &check.remark[i]), want));
		assert_memory_equal(sitecheck_said(&check, &check.remark[i]),
		    "SPAM_WHITELIST_TO: ", 19);
	}
	sitecheck_free(&check);
	sitetext_read(&check, GOOD "SPAM_BLACKLIST_FROM=\"> >> a@b >\"\n");
	assert_int_equal(check.count[SITECHECK_ERROR], 3);
	sitecheck_free(&check);
	sitetext_read(
	    &check, GOOD "FILTER_ALSO=\"a@b >c@d *@e, \"\nFILTER_ALLOW=>x\n");
	assert_int_equal(check.count[SITECHECK_ERROR], 2);
	sitecheck_free(&check);
}

static stralloc large;

/* What a remark says of memory counts as an error of the file, too. */
static int
read_large(void)
{
	int r = sitecheck_read(&check, large.s, large.len);

	if (r == 0 && check.count[SITECHECK_ERROR] > 0) {
		errno = ENOMEM;
		r = -1;
	}
	sitecheck_free(&check);
	return r;
}

/* Memory may run out anywhere: the file then never counts as good. */
static void
never_takes_a_file_for_good_when_memory_runs_out(void **state)
{
	(void)state;
	sa_puts(&large, GOOD "MYDOMAIN=\"$NODE b.c\"\n");
	for (unsigned i = 1; i <= 200; i++) {
		sa_puts(&large, "SMTP_FORWARD_");
		sa_addu(&large, i);
		sa_puts(&large, "=a.b\nSPAM_ALERT=1\n");
	}
	nomemory_each(read_large, 199);
	sa_free(&large);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_nothing_to_say_about_a_good_file),
	    cmocka_unit_test(lists_every_error_in_the_order_of_the_file),
	    cmocka_unit_test(
		finds_the_place_behind_substitutions_and_joined_lines),
	    cmocka_unit_test(takes_the_last_of_two_values_and_warns),
	    cmocka_unit_test(notes_what_is_not_used_yet),
	    cmocka_unit_test(names_every_entry_of_a_spam_list_that_is_none),
	    cmocka_unit_test(never_takes_a_file_for_good_when_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
