#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/limits.h"

typedef int parser(
    struct limits *l, const char *s, size_t len, struct where *w);

static void
assert_near(double got, double want)
{
	if (fabs(got - want) > want * 1e-12)
		fail_msg("%.17g, not %.17g", got, want);
}

static double
pool_of(const double *pool, char letter)
{
	return pool[pool_index(letter)];
}

static void
reads_the_bandwidth_of_the_manual(void **state)
{
	static const char text[] = "12Mbps AB:1.5Mbps C:150kbps";
	struct limits l = {.rps_all = 7, .rps[3] = 8};
	struct where w;

	(void)state;
	assert_int_equal(limits_rate_parse(&l, text, strlen(text), &w), 0);
	assert_near(l.bps_all, 12e6);
	assert_near(pool_of(l.bps, 'A'), 1.5e6); /* each for itself */
	assert_near(pool_of(l.bps, 'B'), 1.5e6);
	assert_near(pool_of(l.bps, 'C'), 150e3);
	assert_true(pool_of(l.bps, 'D') == 0 && pool_of(l.bps, '-') == 0);
	assert_true(l.rps_all == 7 && l.rps[3] == 8); /* not its own */
}

static void
reads_rates_of_recipients(void **state)
{
	static const char text[] = "600/h B:20/s";
	struct limits l = {.bps_all = 7};
	struct where w;

	(void)state;
	assert_int_equal(limits_message_parse(&l, text, strlen(text), &w), 0);
	assert_near(l.rps_all, 600.0 / 3600);
	assert_near(pool_of(l.rps, 'B'), 20);
	assert_true(pool_of(l.rps, 'A') == 0);
	assert_true(l.bps_all == 7);
}

static void
reads_one_item_or_many_in_any_case_and_order(void **state)
{
	static const char text[] = "  -:2GBPS\tz:0.5kBps 999999999.999999mbps ";
	static const char rates[] = "a-:86400/D  60/M z:0.5/S";
	struct limits l = {.bps[0] = 5, .rps[1] = 5};
	struct where w;

	(void)state;
	assert_int_equal(limits_rate_parse(&l, text, strlen(text), &w), 0);
	assert_near(pool_of(l.bps, '-'), 2e9);
	assert_near(pool_of(l.bps, 'Z'), 500);
	assert_near(l.bps_all, 999999999.999999e6);
	assert_true(l.bps[0] == 0); /* what is not named is unlimited */
	assert_int_equal(limits_message_parse(&l, rates, strlen(rates), &w), 0);
	assert_near(pool_of(l.rps, 'A'), 1);
	assert_near(pool_of(l.rps, '-'), 1);
	assert_near(pool_of(l.rps, 'Z'), 0.5);
	assert_near(l.rps_all, 1);
	assert_true(l.rps[1] == 0);
	assert_int_equal(limits_rate_parse(&l, "A:1kbps", 7, &w), 0);
	assert_true(l.bps_all == 0);
}

static void
says_where_a_limit_is_wrong_and_what_was_expected(void **state)
{
	static const char unit[] = "kbps, Mbps or Gbps must follow the number";
	static const char per[] = "/s, /m, /h or /d must follow the number";
	static const char comma[] =
	    "limits are separated by blanks, decimals by '.'; not by ','";
	static const char again[] = "the whole server has a limit already";
	static const char pool[] = "not a pool: A to Z or -";
	static const char decimals[] =
	    "1 to 6 digits must follow the decimal point";
	static const struct {
		parser *parse;
		const char *text;
		size_t at;
		const char *why;
	} t[] = {
	    {limits_rate_parse, "", 0, "a limit is missing"},
	    {limits_rate_parse, "  ", 2, "a limit is missing"},
	    {limits_rate_parse, "12", 2, unit},
	    {limits_rate_parse, "12bps", 2, unit},
	    {limits_rate_parse, "12M", 2, unit},
	    {limits_rate_parse, "12Mbit", 2, unit},
	    {limits_rate_parse, "12 Mbps", 2, unit},
	    {limits_rate_parse, "12Mbps,AB:1Mbps", 6, comma},
	    {limits_rate_parse, "12Mbpss", 2, unit},
	    {limits_rate_parse, "600/h", 3, unit},
	    {limits_rate_parse, "Mbps", 0, "not a number"},
	    {limits_rate_parse, "-1Mbps", 0, "not a number"},
	    {limits_rate_parse, "1,5Mbps", 1, comma},
	    {limits_rate_parse, "1.Mbps", 2, decimals},
	    {limits_rate_parse, "1.1234567Mbps", 2, decimals},
	    {limits_rate_parse, ".5Mbps", 0, "not a number"},
	    {limits_rate_parse, "1234567890kbps", 0,
		"a number has 9 digits at most"},
	    {limits_rate_parse, "0kbps", 0, "a limit is larger than 0"},
	    {limits_rate_parse, "A:0.000000kbps", 2,
		"a limit is larger than 0"},
	    {limits_rate_parse, "1kbps 2kbps", 6, again},
	    {limits_rate_parse, "A:1kbps BA:2kbps", 9,
		"this pool has a limit already"},
	    {limits_rate_parse, "AA:1kbps", 1, "this pool has a limit already"},
	    {limits_rate_parse, "A1:1kbps", 1, pool},
	    {limits_rate_parse, "*:1kbps", 0, pool},
	    {limits_rate_parse, ":1kbps", 0,
		"pools are missing before ':': A to Z or -"},
	    {limits_rate_parse, "A:B:1kbps", 2, "not a number"},
	    {limits_rate_parse, "A: 1kbps", 2, "not a number"},
	    {limits_message_parse, "", 0, "a limit is missing"},
	    {limits_message_parse, "600", 3, per},
	    {limits_message_parse, "600/hour", 3, per},
	    {limits_message_parse, "600 /h", 3, per},
	    {limits_message_parse, "20Mbps", 2, per},
	    {limits_message_parse, "20/s B:30/", 9, per},
	    {limits_message_parse, "20/s 1/h", 5, again},
	    {limits_message_parse, "B:20/s C:x/s", 9, "not a number"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct where w = {99, ""};
		struct limits l = {.bps_all = 3, .rps_all = 4};

		if (t[i].parse(&l, t[i].text, strlen(t[i].text), &w) == 0)
			fail_msg("accepted: %s", t[i].text);
		if (w.at != t[i].at || strcmp(w.why, t[i].why) != 0)
			fail_msg("%s: %zu: %s", t[i].text, w.at, w.why);
		assert_true(l.bps_all == 3 && l.rps_all == 4);
	}
}

static void
a_single_rate_stays_as_it_was_on_failure(void **state)
{
	double rate = 5;

	(void)state;
	assert_int_equal(limits_per_second(&rate, "1/w", 3, NULL), -1);
	assert_true(rate == 5);
	assert_int_equal(limits_per_second(&rate, "90/m", 4, NULL), 0);
	assert_near(rate, 1.5);
	assert_int_equal(limits_per_second(&rate, "1/s\0", 4, NULL), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_the_bandwidth_of_the_manual),
	    cmocka_unit_test(reads_rates_of_recipients),
	    cmocka_unit_test(reads_one_item_or_many_in_any_case_and_order),
	    cmocka_unit_test(says_where_a_limit_is_wrong_and_what_was_expected),
	    cmocka_unit_test(a_single_rate_stays_as_it_was_on_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
