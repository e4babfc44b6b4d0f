/* LDFLAGS: -Wl,--wrap=malloc,--wrap=realloc */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sitecheck.h"

#define GOOD "NODE=lsv.example.org\nPOSTMASTER=joe@example.org\n"

static struct sitecheck check;

/* The allocation that fails, counted from 1; 0 for none. */
static unsigned allocations, failing;

void *__real_malloc(size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_realloc(void *p, size_t n);

static int
fails_now(void)
{
	if (++allocations != failing)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *
__wrap_malloc(size_t n)
{
	return fails_now() ? NULL : __real_malloc(n);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails_now() ? NULL : __real_realloc(p, n);
}

static void
read_text(const char *s)
{
	assert_int_equal(sitecheck_read(&check, s, strlen(s)), 0);
}

/* All remarks, one a line: "line:column level text". */
static void
expect(const char *text, const char *remarks)
{
	static const char *const level[] = {"note", "warning", "error"};
	char got[4096];
	size_t n = 0;

	read_text(text);
	got[0] = 0;
	for (size_t i = 0; i < check.nremark; i++)
		n += (size_t)snprintf(got + n, sizeof got - n, "%u:%u %s %s\n",
		    check.remark[i].line, check.remark[i].column,
		    level[check.remark[i].level],
		    sitecheck_said(&check, &check.remark[i]));
	assert_string_equal(got, remarks);
	sitecheck_free(&check);
}

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
	expect(GOOD, "");
	expect("# a site\nexport NODE POSTMASTER\n" GOOD
	       "MYDOMAIN=\"$NODE lists.example.org\"\nMAXBSMTP=50\n"
	       "SMTP_FORWARD_1=2*relay.example.org\n",
	    "");
}

static void
lists_every_error_in_the_order_of_the_file(void **state)
{
	(void)state;
	expect("NOED=a.b\n"
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
	expect(GOOD "MYDOMAIN=\"$NODE \\\n   b_c.d\"\n",
	    "4:5 error MYDOMAIN: '_' cannot stand in the name of a host; it "
	    "must be full names of hosts, separated by blanks\n");
	expect("MYORG=x,y\nPOSTMASTER=joe@a.b\nNODE=$MYORG.a\n",
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
	expect(text,
	    "4:1 warning MAXBSMTP is set again: the value of line 3 is not "
	    "used\n");
	read_text(text);
	assert_int_equal(check.nset, 5);
	t = setting("MAXBSMTP", 0);
	assert_true(t != NULL && t->n == 20);
	assert_string_equal(
	    sitecheck_value(&check, setting("MAXBSMTP", 0)), "20");
	assert_int_equal(check.set[3].number, 1); /* sorted */
	assert_int_equal(check.set[4].number, 2);
	sitecheck_free(&check);
	/* an error is one also when a good value follows */
	read_text(GOOD "MAXBSMTP=x\nMAXBSMTP=20\n");
	assert_int_equal(check.count[SITECHECK_ERROR], 1);
	sitecheck_free(&check);
}

static void
notes_what_is_not_used_yet(void **state)
{
	(void)state;
	expect(GOOD "MYORG=us\nCREATEPW=secret\nSORT_RECIPIENTS=x\n",
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
	read_text(text);
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
	read_text(GOOD "SPAM_BLACKLIST_FROM=\"> >> a@b >\"\n");
	assert_int_equal(check.count[SITECHECK_ERROR], 3);
	sitecheck_free(&check);
	read_text(GOOD "FILTER_ALSO=\"a@b >c@d *@e, \"\nFILTER_ALLOW=>x\n");
	assert_int_equal(check.count[SITECHECK_ERROR], 2);
	sitecheck_free(&check);
}

/* Said once, at the first of them; a table is no variable of LISTSERV. */
static void
warns_that_listserv_ignores_the_lists_without_spam_exit(void **state)
{
	(void)state;
	expect(GOOD "SPAM_WHITELIST_FROM=\nSPAM_BLACKLIST_TO=a@b\n"
		    "SPAM_BLACKLIST_FROM=c@d\n",
	    "4:19 warning SPAM_BLACKLIST_TO: without SPAM_EXIT, LISTSERV "
	    "ignores the white and blacklists; lsv does not\n");
	expect(GOOD "SPAM_BLACKLIST_FROM=c@d\nSPAM_EXIT=SAEXIT\n", "");
	expect(GOOD "SPAM_BLACKLIST_FROM_TABLE=/x\nSPAM_WHITELIST_TO=\n", "");
}

static void
compares_settings_with_each_other(void **state)
{
	(void)state;
	expect(GOOD "RETRY_MIN=5h\n",
	    "3:11 error RETRY_MIN is longer than RETRY_MAX\n");
	expect(GOOD "RETRY_MAX=1m\n",
	    "3:11 error RETRY_MIN is longer than RETRY_MAX\n");
	expect(GOOD "RETRY_MAX=1m\nRETRY_MIN=1m\n", "");
	expect(GOOD "RETRY_MAX=x\nRETRY_MIN=5h\n",
	    "3:11 error RETRY_MAX: not a duration (a number, then ms, s, m, h "
	    "or d); it must be a duration from 10ms to 7d\n");
	expect(GOOD "QUEUE_LIFE=1m\n",
	    "3:12 warning RETRY_MIN is longer than QUEUE_LIFE: there is only "
	    "one attempt\n");
	expect(GOOD "MYDOMAIN=b.c\n",
	    "3:10 warning MYDOMAIN does not name NODE, which is taken for its "
	    "first item\n");
	expect(GOOD "MYDOMAIN=\"b.c LSV.example.ORG\"\n", "");
}

static void
refuses_people_that_are_the_server_itself(void **state)
{
	static const char *const loops[] = {"LISTSERV@lsv.example.org",
	    "owner-listserv@lsv.example.org",
	    "listserv-request@lists.example.org"};
	char text[512];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof text,
		    "POSTMASTER=\"joe@x.y %s\"\nNODE=lsv.example.org\n"
		    "MYDOMAIN=\"$NODE lists.example.org\"\n",
		    loops[i]);
		expect(text,
		    "1:13 error POSTMASTER: an address of the server itself; "
		    "its mail would go round in circles\n");
	}
	expect(GOOD "BOUNCES_TO=listserv@elsewhere.example.org\n", "");
	expect(GOOD "BOUNCES_TO=postmaster@lsv.example.org\n",
	    "3:12 warning BOUNCES_TO: mail from postmaster@ and "
	    "listserv-maintainer@ is taken for a loop; name the address of a "
	    "person\n");
}

/* The three configurations of LISTSERV's tech tip about pools. */
static void
warns_of_pools_without_a_worker(void **state)
{
	static const char rest[] =
	    " warning pools C to Z have no worker: mail that a list or a job "
	    "assigns there goes through SMTP_FORWARD\n";
	char want[512];

	(void)state;
	expect(GOOD "SMTP_FORWARD=SCOOBY.EXAMPLE.ORG\n"
		    "SMTP_FORWARD_1=2*SCOOBY.EXAMPLE.ORG\n"
		    "SMTP_FORWARD_2=SCRAPPY.EXAMPLE.ORG\n",
	    "");
	snprintf(want, sizeof want, "5:16%s", rest);
	expect(GOOD "DEFAULT_LIST_POOL=A\nSMTP_FORWARD=SCOOBY.EXAMPLE.ORG\n"
		    "SMTP_FORWARD_1=2*SCOOBY.EXAMPLE.ORG;POOL=A-\n"
		    "SMTP_FORWARD_2=SCRAPPY.EXAMPLE.ORG;POOL=B\n",
	    want);
	expect(GOOD "DEFAULT_LIST_POOL=A\nSMTP_FORWARD=MTA.EXAMPLE.ORG\n"
		    "SMTP_FORWARD_1=MTA.EXAMPLE.ORG;POOL=A-\n"
		    "SMTP_FORWARD_2=MTA.EXAMPLE.COM;POOL=B\n",
	    want);
	expect(GOOD "DEFAULT_LIST_POOL=A\nSMTP_FORWARD=SCOOBY.EXAMPLE.ORG\n"
		    "SMTP_FORWARD_1=2*SCOOBY.EXAMPLE.ORG;POOL=A\n"
		    "SMTP_FORWARD_2=SCRAPPY.EXAMPLE.ORG;POOL=B\n"
		    "SMTP_FORWARD_3=SHAGGY.EXAMPLE.ORG;POOL=-\n",
	    want);
	/* assigned ones by name, each once, where they are assigned */
	expect(GOOD "SMTP_FORWARD_9=a.b;POOL=ADEFGHIJKLMNOPQRSTUVWXY\n"
		    "DEFAULT_LIST_POOL=\"C A\"\nDEFAULT_DIST_POOL=c\n",
	    "3:16 warning pool - has no worker: its mail goes through "
	    "SMTP_FORWARD\n"
	    "3:16 warning pools B and Z have no worker: mail that a list or a "
	    "job assigns there goes through SMTP_FORWARD\n"
	    "4:20 warning pool C has no worker: its mail goes through "
	    "SMTP_FORWARD\n");
	expect(GOOD "DEFAULT_LIST_POOL=-\nDEFAULT_DIST_POOL=B\n"
		    "SMTP_FORWARD_1=a.b;POOL=ACDEHIJKLMNOPQRSTUVWXYZ\n",
	    "3:19 warning pool - has no worker: its mail goes through "
	    "SMTP_FORWARD\n"
	    "4:19 warning pool B has no worker: its mail goes through "
	    "SMTP_FORWARD\n"
	    "5:16 warning pools F and G have no worker: mail that a list or a "
	    "job assigns there goes through SMTP_FORWARD\n");
	expect(GOOD "SMTP_FORWARD_1=a.b;POOL=-\n"
		    "SMTP_FORWARD_2=a.b;POOL=BCDEFGHIJKLMNOPQRSTUVWXYZ\n",
	    "3:16 warning pool A has no worker: mail that a list or a job "
	    "assigns there goes through SMTP_FORWARD\n");
	/* none at all: everything goes through SMTP_FORWARD, as it should */
	expect(GOOD "DEFAULT_LIST_POOL=C\n", "");
	/* what a wrong entry would serve is not known */
	expect(GOOD "SMTP_FORWARD_1=a.b;POOL=A\nSMTP_FORWARD_2=a.b;POOL=1\n",
	    "4:25 error SMTP_FORWARD_2: not a pool: letters A to Z and '-', or "
	    "'*' alone for all; it must be [count*]host[:port][(window,...)]"
	    "[;host...][;POOL=pools][;OPTION=value...]\n");
}

static void
refuses_more_workers_than_there_is_room_for(void **state)
{
	(void)state;
	expect(GOOD "SMTP_FORWARD_1=100*a.b\nSMTP_FORWARD_2=100*a.b\n"
		    "SMTP_FORWARD_3=55*a.b\n",
	    "");
	expect(GOOD "SMTP_FORWARD_1=100*a.b\nSMTP_FORWARD_2=100*a.b\n"
		    "SMTP_FORWARD_3=56*a.b\n",
	    "5:16 error more than 255 workers in all: there "
	    "is no room for these\n");
}

static void
warns_of_a_password_for_an_unknown_host(void **state)
{
	(void)state;
	expect(GOOD "SMTP_FORWARD_1=a.b;AUTH=x;TLS=verify\n", "");
	expect(GOOD "SMTP_FORWARD=a.b;AUTH=x\n"
		    "SMTP_FORWARD_1=a.b;AUTH=x;TLS=encrypt\n",
	    "3:14 warning AUTH= without TLS=verify: the "
	    "password goes to whoever answers for the host\n"
	    "4:16 warning AUTH= without TLS=verify: the "
	    "password goes to whoever answers for the host\n");
}

/* As expect, with a file of passwords, or why there is none of use. */
static void
expect_logins(const char *text, const char *passwords, const char *why,
    const char *remarks)
{
	char copy[200];
	struct authfile f = {NULL, 0};
	char got[1024] = "";
	size_t n = 0;

	if (passwords) {
		f.len = (size_t)snprintf(copy, sizeof copy, "%s", passwords);
		f.text = copy;
	}
	read_text(text);
	assert_int_equal(sitecheck_logins(&check, text, &f, why), 0);
	for (size_t i = 0; i < check.nremark; i++)
		n += (size_t)snprintf(got + n, sizeof got - n, "%u:%u %s\n",
		    check.remark[i].line, check.remark[i].column,
		    sitecheck_said(&check, &check.remark[i]));
	assert_string_equal(got, remarks);
	assert_int_equal(
	    check.count[SITECHECK_WARNING] + check.count[SITECHECK_ERROR],
	    check.nremark);
	sitecheck_free(&check);
}

static void
warns_of_names_that_the_file_of_passwords_has_not(void **state)
{
	static const char two[] =
	    GOOD "SMTP_FORWARD=a.b;AUTH=ISP;TLS=verify\n"
		 "MAXBSMTP=0\n"
		 "SMTP_FORWARD_1=a.b;AUTH=bulk;TLS=verify\n";

	(void)state;
	expect_logins(two, "isp joe secret\nbulk joe secret\n", NULL,
	    "4:10 MAXBSMTP: too small; it must be a number from 1 to 1000\n");
	expect_logins(two, "isp joe secret\n", NULL,
	    "4:10 MAXBSMTP: too small; it must be a number from 1 to 1000\n"
	    "5:16 AUTH=bulk: the file auth has no such name; without a "
	    "password nothing is sent\n");
	expect_logins(two, NULL, "others may use it",
	    "3:14 AUTH=ISP: the file auth cannot be used: others may use it; "
	    "without a password nothing is sent\n"
	    "4:10 MAXBSMTP: too small; it must be a number from 1 to 1000\n"
	    "5:16 AUTH=bulk: the file auth cannot be used: others may use it; "
	    "without a password nothing is sent\n");
	expect_logins(GOOD "SMTP_FORWARD=a.b\n", NULL, NULL, "");
}

static void
reports_what_is_missing_in_an_empty_file(void **state)
{
	(void)state;
	expect("",
	    "1:1 error NODE is not set; every site has to set it\n"
	    "1:1 error POSTMASTER is not set; every site has to set it\n");
	expect("NODE=x\n",
	    "1:6 error NODE: not a full name: it needs a domain "
	    "(host.example.com); it must be the full name of a host\n"
	    "2:1 error POSTMASTER is not set; every site has to set it\n");
}

/* Memory may run out anywhere: the file then never counts as good. */
static void
never_takes_a_file_for_good_when_memory_runs_out(void **state)
{
	stralloc text = {0};
	unsigned tries = 0;
	int r;

	(void)state;
	sa_puts(&text, GOOD "MYDOMAIN=\"$NODE b.c\"\n");
	for (unsigned i = 1; i <= 200; i++) {
		sa_puts(&text, "SMTP_FORWARD_");
		sa_addu(&text, i);
		sa_puts(&text, "=a.b\nSPAM_ALERT=1\n");
	}
	do {
		allocations = 0;
		failing = ++tries;
		r = sitecheck_read(&check, text.s, text.len);
		if (allocations >= failing)
			assert_true(r < 0 || check.count[SITECHECK_ERROR] > 0);
		sitecheck_free(&check);
	} while (allocations >= failing);
	failing = 0;
	assert_int_equal(r, 0);
	assert_true(tries > 200);
	sa_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_nothing_to_say_about_a_good_file),
	    cmocka_unit_test(lists_every_error_in_the_order_of_the_file),
	    cmocka_unit_test(names_every_entry_of_a_spam_list_that_is_none),
	    cmocka_unit_test(
		warns_that_listserv_ignores_the_lists_without_spam_exit),
	    cmocka_unit_test(
		finds_the_place_behind_substitutions_and_joined_lines),
	    cmocka_unit_test(takes_the_last_of_two_values_and_warns),
	    cmocka_unit_test(notes_what_is_not_used_yet),
	    cmocka_unit_test(compares_settings_with_each_other),
	    cmocka_unit_test(refuses_people_that_are_the_server_itself),
	    cmocka_unit_test(warns_of_pools_without_a_worker),
	    cmocka_unit_test(refuses_more_workers_than_there_is_room_for),
	    cmocka_unit_test(warns_of_a_password_for_an_unknown_host),
	    cmocka_unit_test(warns_of_names_that_the_file_of_passwords_has_not),
	    cmocka_unit_test(reports_what_is_missing_in_an_empty_file),
	    cmocka_unit_test(never_takes_a_file_for_good_when_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
