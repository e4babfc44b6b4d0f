/* LDFLAGS: -Wl,--wrap=malloc,--wrap=realloc,--wrap=reallocarray */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sitecheckcore.h"
#include "tests/unit/nomemory.h"
#include "tests/unit/sitetext.h"

static struct sitecheck check;

/* Said once, at the first of them; a table is no variable of LISTSERV. */
static void
the_host_of_tableless_is_another_one(void **state)
{
	static const char bad[] = "3:9 error RUNMODE: the host of TABLELESS is "
				  "this server itself\n";

	(void)state;
	sitetext_expect(GOOD "RUNMODE=TABLELESS LSV.example.org\n", bad);
	sitetext_expect(GOOD "RUNMODE=Tableless  lists.example.org\n"
			     "MYDOMAIN=\"$NODE lists.example.org\"\n",
	    bad);
	sitetext_expect(GOOD "RUNMODE=TABLELESS gate.example.org\n", "");
}

static void
warns_that_listserv_ignores_the_lists_without_spam_exit(void **state)
{
	(void)state;
	sitetext_expect(GOOD "SPAM_WHITELIST_FROM=\nSPAM_BLACKLIST_TO=a@b\n"
			     "SPAM_BLACKLIST_FROM=c@d\n",
	    "4:19 warning SPAM_BLACKLIST_TO: without SPAM_EXIT, LISTSERV "
	    "ignores the white and blacklists; lsv does not\n");
	sitetext_expect(GOOD "SPAM_BLACKLIST_FROM=c@d\nSPAM_EXIT=SAEXIT\n", "");
	sitetext_expect(
	    GOOD "SPAM_BLACKLIST_FROM_TABLE=/x\nSPAM_WHITELIST_TO=\n", "");
}

static void
compares_settings_with_each_other(void **state)
{
	(void)state;
	sitetext_expect(GOOD "RETRY_MIN=5h\n",
	    "3:11 error RETRY_MIN is longer than RETRY_MAX\n");
	sitetext_expect(GOOD "RETRY_MAX=1m\n",
	    "3:11 error RETRY_MIN is longer than RETRY_MAX\n");
	sitetext_expect(GOOD "RETRY_MAX=1m\nRETRY_MIN=1m\n", "");
	sitetext_expect(GOOD "RETRY_MAX=x\nRETRY_MIN=5h\n",
	    "3:11 error RETRY_MAX: not a duration (a number, then ms, s, m, h "
	    "or d); it must be a duration from 10ms to 7d\n");
	sitetext_expect(GOOD "QUEUE_LIFE=1m\n",
	    "3:12 warning RETRY_MIN is longer than QUEUE_LIFE: there is only "
	    "one attempt\n");
	sitetext_expect(GOOD "MYDOMAIN=b.c\n",
	    "3:10 warning MYDOMAIN does not name NODE, which is taken for its "
	    "first item\n");
	sitetext_expect(GOOD "MYDOMAIN=\"b.c LSV.example.ORG\"\n", "");
}

/* An error is said once: what it would have meant is not known. */
static void
compares_nothing_with_a_value_that_is_none(void **state)
{
	static const char bad[] =
	    "1:6 error NODE: not a full name: it needs a domain "
	    "(host.example.com); it must be the full name of a host\n";

	(void)state;
	sitetext_expect("NODE=x\nMYDOMAIN=a.b\nPOSTMASTER=joe@a.b\n", bad);
	sitetext_expect("NODE=x\nPOSTMASTER=listserv@x.y\n", bad);
	sitetext_expect("POSTMASTER=listserv@x.y\nNODE=x.y\nNODE=x\n",
	    "3:1 warning NODE is set again: the value of line 2 is not used\n"
	    "3:6 error NODE: not a full name: it needs a domain "
	    "(host.example.com); it must be the full name of a host\n");
	sitetext_expect(GOOD "RETRY_MIN=5h\nRETRY_MAX=1m\nRETRY_MAX=x\n",
	    "5:1 warning RETRY_MAX is set again: the value of line 4 is not "
	    "used\n"
	    "5:11 error RETRY_MAX: not a duration (a number, then ms, s, m, h "
	    "or d); it must be a duration from 10ms to 7d\n");
}

static void
reports_what_disagrees_at_the_later_of_the_two(void **state)
{
	(void)state;
	sitetext_expect(GOOD "RETRY_MIN=2h\nRETRY_MAX=1h\n",
	    "4:11 error RETRY_MIN is longer than RETRY_MAX\n");
	sitetext_expect(GOOD "RETRY_MAX=1h\nRETRY_MIN=2h\n",
	    "4:11 error RETRY_MIN is longer than RETRY_MAX\n");
	/* set again: the place of the value in force */
	sitetext_expect(GOOD "RETRY_MAX=1h\nRETRY_MIN=2h\nRETRY_MAX=1h\n",
	    "5:1 warning RETRY_MAX is set again: the value of line 3 is not "
	    "used\n"
	    "5:11 error RETRY_MIN is longer than RETRY_MAX\n");
	sitetext_expect(GOOD "RETRY_MAX=10s\nRETRY_MIN=10s\n"
			     "QUEUE_LIFE=9999ms\n",
	    "5:12 warning RETRY_MIN is longer than QUEUE_LIFE: there is only "
	    "one attempt\n");
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
		sitetext_expect(text,
		    "1:13 error POSTMASTER: an address of the server itself; "
		    "its mail would go round in circles\n");
	}
	sitetext_expect(GOOD "BOUNCES_TO=listserv@elsewhere.example.org\n", "");
	sitetext_expect(GOOD "BOUNCES_TO=listserv-maintainer@lsv.example.org\n",
	    "3:12 warning BOUNCES_TO: mail from postmaster@ and "
	    "listserv-maintainer@ is taken for a loop; name the address of a "
	    "person\n");
	sitetext_expect(GOOD "BOUNCES_TO=postmaster@lsv.example.org\n",
	    "3:12 warning BOUNCES_TO: mail from postmaster@ and "
	    "listserv-maintainer@ is taken for a loop; name the address of a "
	    "person\n");
}

static void
knows_the_server_by_whole_names_in_any_case(void **state)
{
	static const char node[] = "NODE=lsv.example.org\n";
	static const char *const others[] = {"listserver@lsv.example.org",
	    "my-listserv@lsv.example.org", "listserv@lsv.example.org.uk",
	    "listserv@my.lsv.example.org", "listserv@example.org",
	    "postmaster@example.org", "owner@lsv.example.org"};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		snprintf(
		    text, sizeof text, "%sPOSTMASTER=%s\n", node, others[i]);
		sitetext_expect(text, "");
	}
	/* behind Hide: and Quiet: as well; each kind is said once */
	snprintf(text, sizeof text,
	    "%sPOSTMASTER=\"joe@x.y Hide: POSTMASTER@LSV.example.org "
	    "listserv-MAINTAINER@lsv.Example.org Quiet: "
	    "Owner-Listserv@LSV.EXAMPLE.ORG LISTSERV@lsv.example.org\"\n",
	    node);
	sitetext_expect(text,
	    "2:13 error POSTMASTER: an address of the server itself; its mail "
	    "would go round in circles\n"
	    "2:13 warning POSTMASTER: mail from postmaster@ and "
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
	sitetext_expect(GOOD "SMTP_FORWARD=SCOOBY.EXAMPLE.ORG\n"
			     "SMTP_FORWARD_1=2*SCOOBY.EXAMPLE.ORG\n"
			     "SMTP_FORWARD_2=SCRAPPY.EXAMPLE.ORG\n",
	    "");
	snprintf(want, sizeof want, "5:16%s", rest);
	sitetext_expect(GOOD
	    "DEFAULT_LIST_POOL=A\nSMTP_FORWARD=SCOOBY.EXAMPLE.ORG\n"
	    "SMTP_FORWARD_1=2*SCOOBY.EXAMPLE.ORG;POOL=A-\n"
	    "SMTP_FORWARD_2=SCRAPPY.EXAMPLE.ORG;POOL=B\n",
	    want);
	sitetext_expect(GOOD
	    "DEFAULT_LIST_POOL=A\nSMTP_FORWARD=MTA.EXAMPLE.ORG\n"
	    "SMTP_FORWARD_1=MTA.EXAMPLE.ORG;POOL=A-\n"
	    "SMTP_FORWARD_2=MTA.EXAMPLE.COM;POOL=B\n",
	    want);
	sitetext_expect(GOOD
	    "DEFAULT_LIST_POOL=A\nSMTP_FORWARD=SCOOBY.EXAMPLE.ORG\n"
	    "SMTP_FORWARD_1=2*SCOOBY.EXAMPLE.ORG;POOL=A\n"
	    "SMTP_FORWARD_2=SCRAPPY.EXAMPLE.ORG;POOL=B\n"
	    "SMTP_FORWARD_3=SHAGGY.EXAMPLE.ORG;POOL=-\n",
	    want);
	/* assigned ones by name, each once, where they are assigned */
	sitetext_expect(GOOD "SMTP_FORWARD_9=a.b;POOL=ADEFGHIJKLMNOPQRSTUVWXY\n"
			     "DEFAULT_LIST_POOL=\"C A\"\nDEFAULT_DIST_POOL=c\n",
	    "3:16 warning pool - has no worker: its mail goes through "
	    "SMTP_FORWARD\n"
	    "3:16 warning pools B and Z have no worker: mail that a list or a "
	    "job assigns there goes through SMTP_FORWARD\n"
	    "4:20 warning pool C has no worker: its mail goes through "
	    "SMTP_FORWARD\n");
	sitetext_expect(GOOD
	    "DEFAULT_LIST_POOL=-\nDEFAULT_DIST_POOL=B\n"
	    "SMTP_FORWARD_1=a.b;POOL=ACDEHIJKLMNOPQRSTUVWXYZ\n",
	    "3:19 warning pool - has no worker: its mail goes through "
	    "SMTP_FORWARD\n"
	    "4:19 warning pool B has no worker: its mail goes through "
	    "SMTP_FORWARD\n"
	    "5:16 warning pools F and G have no worker: mail that a list or a "
	    "job assigns there goes through SMTP_FORWARD\n");
	sitetext_expect(GOOD
	    "SMTP_FORWARD_1=a.b;POOL=-\n"
	    "SMTP_FORWARD_2=a.b;POOL=BCDEFGHIJKLMNOPQRSTUVWXYZ\n",
	    "3:16 warning pool A has no worker: mail that a list or a job "
	    "assigns there goes through SMTP_FORWARD\n");
	/* none at all: everything goes through SMTP_FORWARD, as it should */
	sitetext_expect(GOOD "DEFAULT_LIST_POOL=C\n", "");
	/* what a wrong entry would serve is not known */
	sitetext_expect(GOOD
	    "SMTP_FORWARD_1=a.b;POOL=A\nSMTP_FORWARD_2=a.b;POOL=1\n",
	    "4:25 error SMTP_FORWARD_2: not a pool: letters A to Z and '-', or "
	    "'*' alone for all; it must be [count*]host[:port][(window,...)]"
	    "[;host...][;POOL=pools][;OPTION=value...]\n");
}

static void
refuses_more_workers_than_there_is_room_for(void **state)
{
	(void)state;
	sitetext_expect(GOOD "SMTP_FORWARD_1=100*a.b\nSMTP_FORWARD_2=100*a.b\n"
			     "SMTP_FORWARD_3=55*a.b\n",
	    "");
	sitetext_expect(GOOD "SMTP_FORWARD_1=100*a.b\nSMTP_FORWARD_2=100*a.b\n"
			     "SMTP_FORWARD_3=56*a.b\n",
	    "5:16 error more than 255 workers in all: there "
	    "is no room for these\n");
}

/* SMTP_FORWARD has no worker of its own; the entry named is the first in the
 * file for which there is no room. */
static void
counts_workers_in_the_order_of_the_file(void **state)
{
	(void)state;
	sitetext_expect(GOOD "SMTP_FORWARD_9=100*a.b\nSMTP_FORWARD=a.b\n"
			     "SMTP_FORWARD_8=100*a.b\nSMTP_FORWARD_1=55*a.b\n",
	    "");
	sitetext_expect(GOOD "SMTP_FORWARD_9=100*a.b\nSMTP_FORWARD_8=100*a.b\n"
			     "SMTP_FORWARD_2=56*a.b\nSMTP_FORWARD_1=a.b\n",
	    "5:16 error more than 255 workers in all: there is no room for "
	    "these\n");
}

static void
warns_of_a_password_for_an_unknown_host(void **state)
{
	(void)state;
	sitetext_expect(GOOD "SMTP_FORWARD_1=a.b;AUTH=x;TLS=verify\n", "");
	sitetext_expect(GOOD "SMTP_FORWARD=a.b;AUTH=x\n"
			     "SMTP_FORWARD_1=a.b;AUTH=x;TLS=encrypt\n",
	    "3:14 warning AUTH= without TLS=verify: the "
	    "password goes to whoever answers for the host\n"
	    "4:16 warning AUTH= without TLS=verify: the "
	    "password goes to whoever answers for the host\n");
}

/* As sitetext_expect, with a file of passwords, or why there is none of use. */
static void
expect_logins(const char *text, const char *passwords, const char *why,
    const char *remarks)
{
	char copy[200];
	struct authfile f = {NULL, 0};

	if (passwords) {
		f.len = (size_t)snprintf(copy, sizeof copy, "%s", passwords);
		f.text = copy;
	}
	sitetext_read(&check, text);
	assert_int_equal(sitecheck_logins(&check, text, &f, why), 0);
	assert_string_equal(sitetext_remarks(&check), remarks);
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
	    "4:10 error MAXBSMTP: too small; it must be a number from 1 to "
	    "1000\n");
	expect_logins(two, "isp joe secret\n", NULL,
	    "4:10 error MAXBSMTP: too small; it must be a number from 1 to "
	    "1000\n"
	    "5:16 warning AUTH=bulk: the file auth has no such name; without "
	    "a password nothing is sent\n");
	expect_logins(two, NULL, "others may use it",
	    "3:14 warning AUTH=ISP: the file auth cannot be used: others may "
	    "use it; without a password nothing is sent\n"
	    "4:10 error MAXBSMTP: too small; it must be a number from 1 to "
	    "1000\n"
	    "5:16 warning AUTH=bulk: the file auth cannot be used: others may "
	    "use it; without a password nothing is sent\n");
	expect_logins(GOOD "SMTP_FORWARD=a.b\n", NULL, NULL, "");
}

static void
names_a_login_as_long_as_one_may_be_at_every_relay_but_a_bad_one(void **state)
{
	char text[512], want[512], name[FORWARD_AUTH_MAX + 1];

	(void)state;
	memset(name, 'n', FORWARD_AUTH_MAX);
	name[FORWARD_AUTH_MAX] = 0;
	snprintf(text, sizeof text,
	    GOOD "SMTP_FORWARD_2=a.b;TLS=verify;AUTH=%s\n"
		 "SMTP_FORWARD_1=c.d;TLS=verify;AUTH=%s\n"
		 "SMTP_FORWARD_3=e.f;TLS=verify;AUTH=%s;POOL=1\n",
	    name, name, name);
	snprintf(want, sizeof want,
	    "3:16 warning AUTH=%s: the file auth has no such name; without a "
	    "password nothing is sent\n"
	    "4:16 warning AUTH=%s: the file auth has no such name; without a "
	    "password nothing is sent\n",
	    name, name);
	sitetext_read(&check, text);
	assert_int_equal(check.nremark, 1); /* of the third */
	assert_int_equal(
	    sitecheck_logins(&check, text, &(struct authfile){NULL, 0}, NULL),
	    0);
	assert_int_equal(check.nremark, 3);
	assert_memory_equal(sitetext_remarks(&check), want, strlen(want));
	sitecheck_free(&check);
}

static void
reports_what_is_missing_in_an_empty_file(void **state)
{
	(void)state;
	sitetext_expect("",
	    "1:1 error NODE is not set; every site has to set it\n"
	    "1:1 error POSTMASTER is not set; every site has to set it\n");
	sitetext_expect("NODE=x\n",
	    "1:6 error NODE: not a full name: it needs a domain "
	    "(host.example.com); it must be the full name of a host\n"
	    "2:1 error POSTMASTER is not set; every site has to set it\n");
}

/* Enough of everything for all that grows to grow. */
static const char *
poor_text(void)
{
	static char text[16384];
	char *to = stpcpy(text, "POSTMASTER=listserv@a.b\n");

	to = stpcpy(to, "MYDOMAIN=a.b\nRETRY_MIN=5h\nBOUNCES_TO=");
	to = stpcpy(to, "postmaster@a.b\nSPAM_BLACKLIST_TO=a@b\n");
	for (int i = 1; i <= 100; i++)
		to += sprintf(to, "SMTP_FORWARD_%d=a.b;AUTH=x;POOL=A\n", i);
	return text;
}

/* Only what is tested runs out of memory. */
static int
with_plenty(int (*run)(const char *text), const char *text)
{
	unsigned n = nomemory_failing;
	int r;

	nomemory_failing = 0;
	sitetext_read(&check, text);
	nomemory_failing = n;
	nomemory_count = 0;
	r = run(text);
	sitecheck_free(&check);
	return r;
}

static int
all_logins(const char *text)
{
	return sitecheck_logins(
	    &check, text, &(struct authfile){NULL, 0}, "others may use it");
}

static int
poor_logins(void)
{
	return with_plenty(all_logins, poor_text());
}

static int
all_together(const char *text)
{
	/* sitecheck_read said all of it before */
	size_t before = check.nremark;
	int r = sitecheck_together(&check, strlen(text));

	if (r == 0)
		assert_int_equal(check.nremark, 2 * before);
	return r;
}

static int
poor_together(void)
{
	return with_plenty(all_together, poor_text());
}

static void
says_when_there_is_no_memory_for_a_remark(void **state)
{
	(void)state;
	nomemory_each(poor_logins, 5);
	nomemory_each(poor_together, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_host_of_tableless_is_another_one),
	    cmocka_unit_test(
		warns_that_listserv_ignores_the_lists_without_spam_exit),
	    cmocka_unit_test(compares_settings_with_each_other),
	    cmocka_unit_test(compares_nothing_with_a_value_that_is_none),
	    cmocka_unit_test(reports_what_disagrees_at_the_later_of_the_two),
	    cmocka_unit_test(refuses_people_that_are_the_server_itself),
	    cmocka_unit_test(knows_the_server_by_whole_names_in_any_case),
	    cmocka_unit_test(warns_of_pools_without_a_worker),
	    cmocka_unit_test(refuses_more_workers_than_there_is_room_for),
	    cmocka_unit_test(counts_workers_in_the_order_of_the_file),
	    cmocka_unit_test(warns_of_a_password_for_an_unknown_host),
	    cmocka_unit_test(warns_of_names_that_the_file_of_passwords_has_not),
	    cmocka_unit_test(
		names_a_login_as_long_as_one_may_be_at_every_relay_but_a_bad_one),
	    cmocka_unit_test(reports_what_is_missing_in_an_empty_file),
	    cmocka_unit_test(says_when_there_is_no_memory_for_a_remark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
