#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/when.h"

/* Sun 22 Nov 2026 10:00:00 UTC */
static const int64_t sunday = 1795341600;

static void
zone(const char *tz)
{
	setenv("TZ", tz, 1);
	tzset();
}

static void
means(const char *text, const char *iso)
{
	char out[WHEN_MAX];
	struct where w = {0, ""};
	int64_t t;

	if (when_parse(&t, text, strlen(text), sunday, &w) < 0)
		fail_msg("%s: %s", text, w.why);
	assert_string_equal(when_iso(out, t), iso);
}

static void
refuses(const char *text, size_t at, const char *why)
{
	struct where w = {0, ""};
	int64_t t = 7;

	assert_int_equal(when_parse(&t, text, strlen(text), sunday, &w), -1);
	assert_int_equal(t, 7);
	assert_string_equal(w.why, why);
	assert_int_equal(w.at, at);
}

static void
reads_dates_of_the_local_clock(void **state)
{
	(void)state;
	zone("Europe/Berlin");
	means("2026-11-22 03:00", "2026-11-22T03:00:00");
	means("2026-07-01T23:59", "2026-07-01T23:59:00");
	means("2028-02-29 00:00", "2028-02-29T00:00:00");
}

static void
a_day_of_the_week_is_the_next_that_is_not_over(void **state)
{
	(void)state;
	zone("UTC");
	means("Sun 23:30", "2026-11-22T23:30:00");
	means("sunday 10:00", "2026-11-22T10:00:00");
	means("Sun 09:59", "2026-11-29T09:59:00");
	means("MON 00:00", "2026-11-23T00:00:00");
	means("Sat 12:00", "2026-11-28T12:00:00");
	means("thurs 12:00", "2026-11-26T12:00:00");
}

static void
says_what_is_wrong(void **state)
{
	static const char what[] = "a date such as \"2026-11-22 03:00\" or a "
				   "day such as \"Sun 23:30\" is expected";

	(void)state;
	zone("UTC");
	refuses("", 0, what);
	refuses("noon", 0, what);
	refuses("2026-11-22", 0, what);
	refuses("2026/11/22 03:00", 0, what);
	refuses("Su 23:30", 0, "no day of the week, MON to SUN");
	refuses("Sunday! 23:30", 0, "no day of the week, MON to SUN");
	refuses("Sun 24:00", 4, "the hour is not 00 to 23");
	refuses("Sun 3:00", 4, "a time such as 23:30 is expected");
	refuses("2026-11-22 03:60", 14, "the minute is not 00 to 59");
	refuses("2026-13-22 03:00", 5, "the month is not 01 to 12");
	refuses("2026-11-00 03:00", 8, "the day is not 01 to 31");
	refuses("2026-02-30 03:00", 0, "there is no such day");
	refuses("1969-02-01 03:00", 0, "the year is not 1970 to 9999");
}

/* mktime remembers the offset of its last call: both before and after. */
static void
is_the_first(const char *tz, const char *text, int64_t want)
{
	static const char *const other[] = {
	    "2026-12-01 12:00", "2026-07-01 12:00", "2020-07-01 12:00"};
	struct where w;
	int64_t t;

	zone(tz);
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
		assert_int_equal(when_parse(&t, other[i], 16, sunday, &w), 0);
		assert_int_equal(when_parse(&t, text, 16, sunday, &w), 0);
		assert_int_equal(t, want);
	}
}

static void
knows_the_hours_that_clocks_leave_out_and_show_twice(void **state)
{
	(void)state;
	zone("Europe/Berlin");
	refuses(
	    "2026-03-29 02:30", 0, "the clock is put forward over this time");
	/* a day may begin with the hour that is left out */
	zone("EET-2EEST,M4.5.5/0,M10.5.4/24");
	refuses(
	    "2026-04-24 00:30", 0, "the clock is put forward over this time");
	/* 02:30 summer time is 00:30 UTC, winter time comes an hour later */
	is_the_first("Europe/Berlin", "2026-10-25 02:30", 1792888200);
	/* the same where summer is the standard */
	is_the_first(
	    "IST-1GMT0,M10.5.0,M3.5.0/1", "2026-10-25 01:30", 1792888200);
	/* and where the zone itself went from four hours to three */
	is_the_first("Europe/Volgograd", "2020-12-27 01:30", 1609018200);
}

static void
prints_times_in_words(void **state)
{
	char out[WHEN_MAX];

	(void)state;
	zone("UTC");
	assert_string_equal(
	    when_words(out, sunday), "Sun 22 Nov 2026 10:00:00");
	assert_string_equal(when_iso(out, 0), "1970-01-01T00:00:00");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_dates_of_the_local_clock),
	    cmocka_unit_test(a_day_of_the_week_is_the_next_that_is_not_over),
	    cmocka_unit_test(says_what_is_wrong),
	    cmocka_unit_test(
		knows_the_hours_that_clocks_leave_out_and_show_twice),
	    cmocka_unit_test(prints_times_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
