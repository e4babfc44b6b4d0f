#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sitevalue.h"
#include "lib/sitevar.h"

static void
the_table_is_sorted_and_every_name_is_found(void **state)
{
	size_t n;
	const struct sitevar *v = sitevar_table(&n);

	(void)state;
	assert_true(n > 70);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			assert_true(strcmp(v[i - 1].name, v[i].name) < 0);
		assert_ptr_equal(sitevar_find(v[i].name, NULL), &v[i]);
		assert_true(strlen(v[i].name) + 3 < SITEVAR_NAME_MAX);
		assert_true(strlen(v[i].what) > 0);
		assert_true(v[i].min <= v[i].max);
	}
}

static void
every_default_is_a_value_of_its_variable(void **state)
{
	size_t n;
	const struct sitevar *v = sitevar_table(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		const char *s = v[i].standard;
		struct where w = {0, ""};
		struct sitevalue got;

		if (!s || v[i].flags & SITEVAR_DERIVED)
			continue;
		if (sitevalue_read(&got, &v[i], s, strlen(s), &w) < 0)
			fail_msg("%s=%s: %s", v[i].name, s, w.why);
	}
}

/* What a program reads always has a value; no limit is one, too, and
 * no entry. */
static void
what_is_in_force_has_a_default_or_is_required(void **state)
{
	size_t n;
	const struct sitevar *v = sitevar_table(&n);

	(void)state;
	for (size_t i = 0; i < n; i++)
		if (v[i].flags & SITEVAR_USED &&
		    !(v[i].flags & (SITEVAR_REQUIRED | SITEVAR_NUMBERED)) &&
		    v[i].kind != SITEVAR_BANDWIDTH &&
		    v[i].kind != SITEVAR_RATE && v[i].kind != SITEVAR_PATH &&
		    v[i].kind != SITEVAR_PROGRAM && v[i].item != SITEVAR_SPAM &&
		    v[i].item != SITEVAR_FILTER && v[i].item != SITEVAR_PEERS &&
		    strcmp(v[i].name, "DIST_ALLOWED_USERS") != 0)
			assert_non_null(v[i].standard);
}

static void
names_are_found_in_any_case_and_with_their_number(void **state)
{
	unsigned n = 7;
	char name[SITEVAR_NAME_MAX];
	const struct sitevar *v;

	(void)state;
	assert_string_equal(sitevar_find("node", &n)->name, "NODE");
	assert_int_equal(n, 0);
	v = sitevar_find("Smtp_Forward_12", &n);
	assert_string_equal(v->name, "SMTP_FORWARD_n");
	assert_int_equal(n, 12);
	sitevar_name(name, v, n);
	assert_string_equal(name, "SMTP_FORWARD_12");
	sitevar_name(name, v, 0);
	assert_string_equal(name, "SMTP_FORWARD_n");
	assert_non_null(sitevar_find("SMTP_FORWARD_999999999", &n));
	assert_null(sitevar_find("SMTP_FORWARD_1000000000", &n));
	assert_null(sitevar_find("SMTP_FORWARD_0", &n));
	assert_null(sitevar_find("SMTP_FORWARD_01", &n));
	assert_null(sitevar_find("SMTP_FORWARD_", &n));
	assert_null(sitevar_find("SMTP_FORWARD_1x", &n));
	assert_null(sitevar_find("SMTP_FORWARD_n", &n));
	assert_non_null(sitevar_find("SMTP_FORWARD_n", NULL));
	assert_null(sitevar_find("", NULL));
	assert_null(sitevar_find("NODES", NULL));
}

static void
suggests_the_nearest_name_only_when_it_is_near(void **state)
{
	static const char *const t[][2] = {
	    {"NOED", "NODE"},
	    {"NODES", "NODE"},
	    {"MYDOMIAN", "MYDOMAIN"},
	    {"my_domain", "MYDOMAIN"},
	    {"POSTMASTERS", "POSTMASTER"},
	    {"MAXBSMPT", "MAXBSMTP"},
	    {"SMTP_FOWARD", "SMTP_FORWARD"},
	    {"SMTP_FOWARD_3", "SMTP_FORWARD_3"},
	    {"SMTPFORWARD_12", "SMTP_FORWARD_12"},
	    {"SMTP_FORWARD_N", "SMTP_FORWARD_1"},
	    {"SPAM_WHITELIST_FORM", "SPAM_WHITELIST_FROM"},
	    {"XYZ", NULL},
	    {"", NULL},
	    {"N", NULL},
	    {"COMPLETELY_DIFFERENT", NULL},
	    {"A_NAME_THAT_IS_LONGER_THAN_ANY_OF_THE_KNOWN_ONES", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		char got[SITEVAR_NAME_MAX] = "";
		int r = sitevar_suggest(got, t[i][0]);

		if (r != (t[i][1] != NULL) || (r && strcmp(got, t[i][1]) != 0))
			fail_msg("%s: %s", t[i][0], r ? got : "nothing");
	}
}

static void
says_in_words_what_a_value_must_be(void **state)
{
	static const char *const t[][2] = {
	    {"MAXBSMTP", "a number from 1 to 1000"},
	    {"SIZELIM", "a size from 1K to 64M"},
	    {"KEEP_DONE_BYTES", "a size from 0 to 1024G"},
	    {"RETRY_MAX", "a duration from 10ms to 7d"},
	    {"IDLE", "a duration from 0ms to 1h"},
	    {"SYNC", "a duration from 1ms to 10s, or transaction"},
	    {"SYSTEM_CHANGELOG",
		"one of 0, 1, SINGLE, WEEKLY, MONTHLY, YEARLY"},
	    {"SPAM_ALERT", "0 or 1"},
	    {"NODE", "the full name of a host"},
	    {"FOREIGN_ANTI_VIRUS", "one word"},
	    {"SPAM_EXIT", "a name of letters and digits, or a path from / on"},
	    {"SPAM_REJECT", "one of BOUNCE, DISCARD, HOLD"},
	    {"SPAM_BLACKLIST_TO",
		"addresses, '*' allowed, '>' in front, separated by blanks"},
	    {"FILTER_ALSO", "addresses, '*' allowed, separated by blanks"},
	    {"DEFAULT_LOOPCHECK",
		"Normal, Full, None[,Allow-Bounces], or some of Noorigin, "
		"Nobody, NoCRC, NoSpam, Spam-Delay(n)"},
	    {"SPAM_BLACKLIST_TO_TABLE", "the path of a file, from / on"},
	    {"RUNMODE",
		"NETWORKED, STANDALONE, or TABLELESS and the full name of a "
		"host"},
	    {"MYORG", "any text"},
	    {"SMTP_FORWARD", "host[:port][;OPTION=value...]"},
	    {"SMTP_FORWARD_n",
		"[count*]host[:port][(window,...)][;host...][;POOL=pools]"
		"[;OPTION=value...]"},
	    {"SMTP_RATE_LIMIT",
		"[pools:]number and kbps, Mbps or Gbps, separated by blanks"},
	    {"SMTP_MESSAGE_LIMIT",
		"[pools:]number and /s, /m, /h or /d, separated by blanks"},
	    {"POOL_ORDER", "one of FAIR, FIFO"},
	    {"DELAY_WARN", "a duration from 0ms to 60d"},
	    {"DEFAULT_LIST_POOL",
		"1 to 2 pools (A to Z or -), separated by blanks"},
	    {"DEFAULT_DIST_POOL", "one pool (A to Z or -)"},
	    {"POSTMASTER",
		"mail addresses, Hide: and Quiet:, separated by blanks"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		stralloc got = {0};

		assert_int_equal(
		    sitevar_wants(&got, sitevar_find(t[i][0], NULL)), 0);
		sa_0(&got);
		assert_string_equal(got.s, t[i][1]);
		sa_free(&got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_table_is_sorted_and_every_name_is_found),
	    cmocka_unit_test(every_default_is_a_value_of_its_variable),
	    cmocka_unit_test(what_is_in_force_has_a_default_or_is_required),
	    cmocka_unit_test(names_are_found_in_any_case_and_with_their_number),
	    cmocka_unit_test(suggests_the_nearest_name_only_when_it_is_near),
	    cmocka_unit_test(says_in_words_what_a_value_must_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
