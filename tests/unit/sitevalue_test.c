#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sitevalue.h"

struct good {
	const char *name;
	const char *value;
	uint64_t n;
};

struct bad {
	const char *name;
	const char *value;
	size_t at;
	const char *why; /* a part of the reason */
};

static void
reads_values_in_their_units(void **state)
{
	static const struct good t[] = {
	    {"MAXBSMTP", "1", 1},
	    {"MAXBSMTP", "1000", 1000},
	    {"SIZELIM", "64M", 64 << 20},
	    {"SIZELIM", "2048", 2048},
	    {"KEEP_DONE_BYTES", "1024G", 1ULL << 40},
	    {"RETRY_MIN", "200ms", 200},
	    {"RETRY_MIN", "30", 30000},
	    {"QUEUE_LIFE", "5d", 432000000},
	    {"SYNC", "200ms", 200},
	    {"SYNC", "transaction", 0},
	    {"SYNC", "TRANSACTION", 0},
	    {"IDLE", "0", 0},
	    {"SPAM_ALERT", "1", 1},
	    {"MYDOMAIN", "a.b", 1},
	    {"MYDOMAIN", "  a.b\t c.d  ", 2},
	    {"POSTMASTER", "joe@a.b Hide: ann@a.b quiet: ed@a.b", 5},
	    {"POSTMASTER", "hide: joe@a.b", 2},
	    {"BOUNCES_TO", "joe+x@a.b", 1},
	    {"DEFAULT_LIST_POOL", "b -", 2},
	    {"DEFAULT_LIST_POOL", "-", 1},
	    {"DEFAULT_DIST_POOL", "z", 1},
	    {"SMTP_FORWARD", "a.b", FORWARD_ALL_POOLS},
	    {"SMTP_FORWARD_n", "2*a.b;POOL=CA", 5},
	    {"DELAY_WARN", "0", 0},
	    {"MAXDIST", "100000", 100000},
	    {"RUNMODE", "NETWORKED", 0},
	    {"RUNMODE", "standalone ", 1},
	    {"RUNMODE", "Tableless swgate.lsoft.com", 0},
	    {"FILTER_ALSO", "", 0},
	    {"SPAM_WHITELIST_FROM", "", 0},
	    {"SPAM_WHITELIST_FROM", ">>a@b *@c d", 3},
	    {"FILTER_ALSO", "*@BADNODE.COM *@*,x", 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct where w = {0, ""};
		struct sitevalue got = {.n = 77};

		if (sitevalue_read(&got, sitevar_find(t[i].name, NULL),
			t[i].value, strlen(t[i].value), &w) < 0)
			fail_msg("%s=%s: %s", t[i].name, t[i].value, w.why);
		assert_int_equal(got.n, t[i].n);
	}
}

static void
says_where_a_value_is_wrong_and_why(void **state)
{
	static const struct bad t[] = {
	    {"RUNMODE", "", 0, "not NETWORKED, TABLELESS host or STANDALONE"},
	    {"RUNMODE", "ALONE", 0,
		"not NETWORKED, TABLELESS host or STANDALONE"},
	    {"RUNMODE", "NETWORKED a.b", 10, "nothing may follow this word"},
	    {"RUNMODE", "TABLELESS ", 10,
		"the name of a host has to follow TABLELESS"},
	    {"RUNMODE", "TABLELESS a.b c.d", 14, "one host is enough"},
	    {"MAXDIST", "0", 0, "too small"},
	    {"MAXDIST", "100001", 0, "too large"},
	    {"DEFAULT_LOOPCHECK", "NoCRC, Full", 0,
		"Normal, Full and None of Loopcheck= stand alone, or with "
		"NoSpam and Spam-Delay(n)"},
	    {"DEFAULT_LOOPCHECK", "NoSpam,Spam-Delay(x)", 7,
		"Spam-Delay(n) takes minutes, at most 10080"},
	    {"MAXBSMTP", "0", 0, "too small"},
	    {"MAXBSMTP", "1001", 0, "too large"},
	    {"MAXBSMTP", "99999999999999999999999", 0, "too large"},
	    {"MAXBSMTP", "-1", 0, "not a number"},
	    {"MAXBSMTP", "ten", 0, "not a number"},
	    {"MAXBSMTP", "", 0, "not a number"},
	    {"MAXBSMTP", "5 ", 0, "not a number"},
	    {"SIZELIM", "65M", 0, "too large"},
	    {"SIZELIM", "1", 0, "too small"},
	    {"SIZELIM", "1T", 0, "not a size"},
	    {"RETRY_MIN", "5x", 0, "not a duration"},
	    {"RETRY_MIN", "1ms", 0, "too small"},
	    {"RETRY_MIN", "2d", 0, "too large"},
	    {"SYNC", "never", 0, "not a duration"},
	    {"SYNC", "0", 0, "too small"},
	    {"SPAM_ALERT", "yes", 0, "neither 0 nor 1"},
	    {"SPAM_ALERT", "2", 0, "too large"},
	    {"NODE", "", 0, "missing"},
	    {"NODE", "listserv", 0, "not a full name"},
	    {"NODE", "192.0.2.1", 8, "number"},
	    {"MYDOMAIN", "", 0, "too few"},
	    {"MYDOMAIN", "a.b c_d.e", 5, "'_'"},
	    {"MYDOMAIN", "a.b,c.d", 3, "','"},
	    {"POSTMASTER", "", 0, "too few"},
	    {"POSTMASTER", "joe", 0, "@"},
	    {"POSTMASTER", "joe@a.b, ann@a.b", 7, "','"},
	    {"POSTMASTER", "joe@a.b Quiet:ann@a.b", 8, "word of its own"},
	    {"POSTMASTER", "Hide:joe@a.b", 0, "word of its own"},
	    {"POSTMASTER", "Quiet: joe@a.b", 0, "nobody"},
	    {"POSTMASTER", "Hide: Quiet: joe@a.b", 6, "nobody"},
	    {"POSTMASTER", "Hide:", 0, "no address"},
	    {"BOUNCES_TO", "joe@a.b Quiet: ann@a.b", 8, "@"},
	    {"DEFAULT_LIST_POOL", "A,B", 1, "','"},
	    {"DEFAULT_LIST_POOL", "A B C", 4, "too many"},
	    {"DEFAULT_LIST_POOL", "AB", 0, "not a pool"},
	    {"DEFAULT_LIST_POOL", "A 1", 2, "not a pool"},
	    {"DEFAULT_LIST_POOL", "*", 0, "not a pool"},
	    {"SPAM_REJECT", "DEFER", 0, "words allowed"},
	    {"SPAM_WHITELIST_BOUNCE", "256", 0, "too large"},
	    {"SPAM_BLACKLIST_TO_TABLE", "", 0, "begins with '/'"},
	    {"SPAM_BLACKLIST_TO_TABLE", "spam/to", 0, "begins with '/'"},
	    {"SPAM_EXIT", "", 0, "a name is missing"},
	    {"SPAM_EXIT", "sa/exit", 2, "letters and digits only"},
	    {"SPAM_EXIT", "../x", 0, "letters and digits only"},
	    {"SPAM_EXIT", "SA EXIT", 2, "letters and digits only"},
	    {"SPAM_EXIT", "sa-exit", 2, "letters and digits only"},
	    {"SPAM_EXIT_FAIL", "BOUNCE", 0, "not one of the words allowed"},
	    {"SYSTEM_CHANGELOG", "DAILY", 0, "words allowed"},
	    {"SYSTEM_CHANGELOG", "0 1", 1, "more than one"},
	    {"SMTP_FORWARD", "2*a.b", 0, "SMTP_FORWARD_n"},
	    {"SMTP_FORWARD", "a.b;POOL=A", 9, "SMTP_FORWARD_n"},
	    {"SMTP_FORWARD_n", "2*a.b;c.d;", 10, "must follow"},
	    {"SMTP_RATE_LIMIT", "12Mbps A:1", 10, "kbps, Mbps or Gbps"},
	    {"SMTP_MESSAGE_LIMIT", "12Mbps", 2, "/s, /m, /h or /d"},
	    {"POOL_ORDER", "LIFO", 0, "words allowed"},
	    {"DELAY_WARN", "61d", 0, "too large"},
	    {"DELAY_WARN", "never", 0, "not a duration"},
	    {"DEFAULT_DIST_POOL", "A B", 2, "too many"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct where w = {99, ""};
		struct sitevalue got;

		if (sitevalue_read(&got, sitevar_find(t[i].name, NULL),
			t[i].value, strlen(t[i].value), &w) == 0)
			fail_msg("accepted: %s=%s", t[i].name, t[i].value);
		if (w.at != t[i].at || !strstr(w.why, t[i].why))
			fail_msg("%s=%s: %zu: %s", t[i].name, t[i].value, w.at,
			    w.why);
	}
}

static void
knows_the_27_pools(void **state)
{
	int n = 0;

	(void)state;
	for (int c = 0; c < 256; c++)
		n += sitevalue_pool((char)c) == (char)c && c != 0;
	assert_int_equal(n, 27);
	assert_int_equal(sitevalue_pool('q'), 'Q');
	assert_int_equal(sitevalue_pool('-'), '-');
	assert_int_equal(sitevalue_pool('*'), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_values_in_their_units),
	    cmocka_unit_test(says_where_a_value_is_wrong_and_why),
	    cmocka_unit_test(knows_the_27_pools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
