#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/window.h"

enum { SET = 4 };

static void
zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

/* "2026-11-22 03:00" or with seconds; UTC. */
static int64_t
utc(const char *text)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%d %H:%M", &tm);

	if (end && *end)
		end = strptime(end, ":%S", &tm);
	if (!end || *end)
		fail_msg("not a time: %s", text);
	return timegm(&tm);
}

/* Windows separated by commas, as they stand in a value. */
static size_t
windows(struct window out[SET], const char *text)
{
	size_t n = 0;

	while (*text) {
		size_t len = strcspn(text, ",");
		struct where w;

		assert_true(n < SET);
		if (window_parse(&out[n++], text, len, &w) < 0)
			fail_msg("%s: %zu: %s", text, w.at, w.why);
		text += len + (text[len] == ',');
	}
	return n;
}

static void
reads_days_and_hours(void **state)
{
	static const struct {
		const char *text;
		struct window want;
	} t[] = {
	    {"00:00-05:00", {0x7f, 0, 300}},
	    {"10:00-14:00", {0x7f, 600, 840}},
	    {"22:00-06:00", {0x7f, 1320, 360}},
	    {"00:00-24:00", {0x7f, 0, 1440}},
	    {"22:00-00:00", {0x7f, 1320, 0}},
	    {"23:59-24:00", {0x7f, 1439, 1440}},
	    {"MON-FRI 08:00-18:00", {0x1f, 480, 1080}},
	    {"SAT-SUN 00:00-24:00", {0x60, 0, 1440}},
	    {"MON+WED 09:30-09:31", {0x05, 570, 571}},
	    {"mon-tue+Thu+sat-SUN \t 01:02-03:04", {0x6b, 62, 184}},
	    {"SAT-MON 01:00-02:00", {0x61, 60, 120}},
	    {"SUN-SUN 01:00-02:00", {0x40, 60, 120}},
	    {"TUE-MON 01:00-02:00", {0x7f, 60, 120}},
	    {"MON+MON 01:00-02:00", {0x01, 60, 120}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct where w = {0, NULL};
		struct window got;

		if (window_parse(&got, t[i].text, strlen(t[i].text), &w) < 0)
			fail_msg("%s: %zu: %s", t[i].text, w.at, w.why);
		assert_int_equal(got.days, t[i].want.days);
		assert_int_equal(got.from, t[i].want.from);
		assert_int_equal(got.to, t[i].want.to);
	}
}

static void
says_where_a_window_is_wrong_and_what_was_expected(void **state)
{
	static const char hour[] =
	    "not an hour of two digits, 00 to 23 (24:00 as an end)";
	static const char minute[] = "not a minute of two digits, 00 to 59";
	static const char day[] =
	    "not a day: MON, TUE, WED, THU, FRI, SAT or SUN";
	static const char behind_day[] = "'-', '+' or a blank must follow a "
					 "day";
	static const char colon[] = "':' must follow the hour";
	static const char dash[] = "'-' must stand between both times";
	static const struct {
		const char *text;
		size_t at;
		const char *why;
	} t[] = {
	    {"", 0, "a window is missing: [days ]HH:MM-HH:MM"},
	    {"0:00-05:00", 0, hour},
	    {"9-17", 0, hour},
	    {"000:00-05:00", 0, hour},
	    {"25:00-05:00", 0, hour},
	    {"99:00-05:00", 0, hour},
	    {"00:00-5:00", 6, hour},
	    {"00:00-25:00", 6, hour},
	    {"00:00-", 6, hour},
	    {"00:00--05:00", 6, hour},
	    {"0", 0, hour},
	    {"00", 2, colon},
	    {"00.00-05.00", 2, colon},
	    {"00:0-05:00", 3, minute},
	    {"00:60-05:00", 3, minute},
	    {"00:000-05:00", 3, minute},
	    {"00:00-05:", 9, minute},
	    {"00:00-05:61", 9, minute},
	    {"00:00", 5, dash},
	    {"00:00 05:00", 5, dash},
	    {"24:00-05:00", 0, "24:00 is an end only; a day begins at 00:00"},
	    {"00:00-24:30", 6, "a day ends at 24:00"},
	    {"24:01-05:00", 0, "a day ends at 24:00"},
	    {"05:00-05:00", 6,
		"it would close when it opens; a whole day is 00:00-24:00"},
	    {"MON 00:00-00:00", 10,
		"it would close when it opens; a whole day is 00:00-24:00"},
	    {"00:00-05:00 ", 11, "nothing may follow the window"},
	    {"00:00-05:00PM", 11, "nothing may follow the window"},
	    {"MO 00:00-05:00", 0, day},
	    {"DAILY 00:00-05:00", 0, day},
	    {"MON-FR 00:00-05:00", 4, day},
	    {"MON- 00:00-05:00", 4, day},
	    {"MON+ 00:00-05:00", 4, day},
	    {"MON+", 4, day},
	    {"MONDAY 00:00-05:00", 3, behind_day},
	    {"MON-WED-FRI 00:00-05:00", 7, behind_day},
	    {"MON,TUE 00:00-05:00", 3, behind_day},
	    {"MON00:00-05:00", 3, behind_day},
	    {"MON", 3, "hours are missing: HH:MM-HH:MM"},
	    {"MON ", 4, "hours are missing: HH:MM-HH:MM"},
	    {"MON -", 4, hour},
	    {"MON 8:00-18:00", 4, hour},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct where w = {99, ""};
		struct window got = {.from = 7};

		if (window_parse(&got, t[i].text, strlen(t[i].text), &w) == 0)
			fail_msg("accepted: %s", t[i].text);
		if (w.at != t[i].at || strcmp(w.why, t[i].why) != 0)
			fail_msg("%s: %zu: %s", t[i].text, w.at, w.why);
		assert_int_equal(got.from, 7);
	}
}

struct moment {
	const char *windows;
	const char *at; /* UTC */
	int open;
	const char *until; /* UTC, "" for never */
};

static void
check_moments(const struct moment *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct window w[SET];
		size_t count = windows(w, t[i].windows);
		int64_t until = -1, want = INT64_MAX;
		int open = windows_at(w, count, utc(t[i].at), &until);

		if (t[i].until[0])
			want = utc(t[i].until);
		if (open != t[i].open || until != want)
			fail_msg("%s at %s: %d until %lld, not %lld",
			    t[i].windows, t[i].at, open, (long long)until,
			    (long long)want);
		assert_int_equal(
		    windows_at(w, count, utc(t[i].at), NULL), open);
	}
}

#define CHECK(t) check_moments((t), sizeof(t) / sizeof((t)[0]))

/* 22 November 2026 is a Sunday; Berlin is an hour ahead of UTC. */
static void
opens_and_closes_by_the_local_clock(void **state)
{
	static const struct moment t[] = {
	    {"", "2026-11-22 03:00", 1, ""},
	    {"00:00-24:00", "2026-11-22 03:00", 1, ""},
	    {"00:00-12:00,12:00-24:00", "2026-11-22 03:00", 1, ""},
	    {"22:00-06:00,06:00-22:00", "2026-11-22 03:00", 1, ""},
	    {"00:00-05:00", "2026-11-22 03:00", 1, "2026-11-22 04:00"},
	    {"00:00-05:00", "2026-11-22 03:59:59", 1, "2026-11-22 04:00"},
	    {"00:00-05:00", "2026-11-22 04:00", 0, "2026-11-22 23:00"},
	    {"00:00-05:00", "2026-11-21 22:59:59", 0, "2026-11-21 23:00"},
	    {"00:00-05:00", "2026-11-21 23:00", 1, "2026-11-22 04:00"},
	    {"10:00-14:00", "2026-11-22 13:00", 0, "2026-11-23 09:00"},
	    {"10:00-14:00,12:00-16:00", "2026-11-22 12:00", 1,
		"2026-11-22 15:00"},
	    {"10:00-14:00,14:00-16:00", "2026-11-22 12:00", 1,
		"2026-11-22 15:00"},
	};

	(void)state;
	zone("Europe/Berlin");
	CHECK(t);
}

static void
a_window_past_midnight_belongs_to_the_day_it_opens(void **state)
{
	static const struct moment t[] = {
	    {"22:00-06:00", "2026-11-22 20:59:59", 0, "2026-11-22 21:00"},
	    {"22:00-06:00", "2026-11-22 21:00", 1, "2026-11-23 05:00"},
	    {"22:00-06:00", "2026-11-22 23:00", 1, "2026-11-23 05:00"},
	    {"22:00-06:00", "2026-11-23 05:00", 0, "2026-11-23 21:00"},
	    {"22:00-24:00,00:00-06:00", "2026-11-22 21:00", 1,
		"2026-11-23 05:00"},
	    {"22:00-24:00", "2026-11-22 22:00", 1, "2026-11-22 23:00"},
	    {"22:00-00:00", "2026-11-22 22:00", 1, "2026-11-22 23:00"},
	    {"22:00-00:00", "2026-11-22 23:00", 0, "2026-11-23 21:00"},
	    {"FRI 22:00-06:00", "2026-11-20 21:00", 1, "2026-11-21 05:00"},
	    {"FRI 22:00-06:00", "2026-11-21 04:00", 1, "2026-11-21 05:00"},
	    {"FRI 22:00-06:00", "2026-11-21 05:00", 0, "2026-11-27 21:00"},
	    {"FRI 22:00-06:00", "2026-11-21 21:00", 0, "2026-11-27 21:00"},
	    {"FRI 22:00-06:00", "2026-11-20 03:00", 0, "2026-11-20 21:00"},
	    {"SUN 22:00-06:00", "2026-11-23 03:00", 1, "2026-11-23 05:00"},
	    {"MON 22:00-06:00", "2026-11-23 03:00", 0, "2026-11-23 21:00"},
	};

	(void)state;
	zone("Europe/Berlin");
	CHECK(t);
}

static void
opens_on_the_days_it_names(void **state)
{
	static const struct moment t[] = {
	    {"MON-FRI 08:00-18:00", "2026-11-20 16:00", 1, "2026-11-20 17:00"},
	    {"MON-FRI 08:00-18:00", "2026-11-20 17:00", 0, "2026-11-23 07:00"},
	    {"MON-FRI 08:00-18:00", "2026-11-22 10:00", 0, "2026-11-23 07:00"},
	    {"SAT-SUN 00:00-24:00", "2026-11-21 00:00", 1, "2026-11-22 23:00"},
	    {"SAT-SUN 00:00-24:00", "2026-11-22 23:00", 0, "2026-11-27 23:00"},
	    {"MON+WED 10:00-11:00", "2026-11-23 10:00", 0, "2026-11-25 09:00"},
	    {"MON+WED 10:00-11:00", "2026-11-25 10:00", 0, "2026-11-30 09:00"},
	    {"SAT-MON 10:00-11:00", "2026-11-23 09:00", 1, "2026-11-23 10:00"},
	    {"SAT-MON 10:00-11:00", "2026-11-23 10:00", 0, "2026-11-28 09:00"},
	    {"MON-FRI 22:00-06:00,SAT-SUN 00:00-24:00", "2026-11-20 21:00", 1,
		"2026-11-22 23:00"},
	};

	(void)state;
	zone("Europe/Berlin");
	CHECK(t);
}

/* 29 March 2026: at 01:00 UTC the clock goes from 02:00 to 03:00.
 * 25 October 2026: at 01:00 UTC it goes from 03:00 back to 02:00. */
static void
follows_the_clock_in_berlin_when_summer_begins_and_ends(void **state)
{
	static const struct moment t[] = {
	    /* a night of 4 and one of 6 hours */
	    {"00:00-05:00", "2026-03-28 23:00", 1, "2026-03-29 03:00"},
	    {"00:00-05:00", "2026-10-24 22:00", 1, "2026-10-25 04:00"},
	    {"22:00-06:00", "2026-03-28 21:00", 1, "2026-03-29 04:00"},
	    {"22:00-06:00", "2026-10-24 20:00", 1, "2026-10-25 05:00"},
	    /* what the clock does not show is not open */
	    {"02:15-02:45", "2026-03-28 12:00", 0, "2026-03-30 00:15"},
	    {"01:30-02:30", "2026-03-29 00:45", 1, "2026-03-29 01:00"},
	    {"02:30-04:00", "2026-03-29 00:59:59", 0, "2026-03-29 01:00"},
	    {"02:30-04:00", "2026-03-29 01:00", 1, "2026-03-29 02:00"},
	    {"SUN 02:10-02:20", "2026-03-22 02:00", 0, "2026-04-05 00:10"},
	    /* what it shows twice is open twice */
	    {"02:15-02:45", "2026-10-25 00:15", 1, "2026-10-25 00:45"},
	    {"02:15-02:45", "2026-10-25 00:45", 0, "2026-10-25 01:15"},
	    {"02:15-02:45", "2026-10-25 01:15", 1, "2026-10-25 01:45"},
	    {"02:15-02:45", "2026-10-25 01:45", 0, "2026-10-26 01:15"},
	    {"02:30-03:30", "2026-10-25 00:30", 1, "2026-10-25 01:00"},
	    {"02:30-03:30", "2026-10-25 01:00", 0, "2026-10-25 01:30"},
	    {"02:30-03:30", "2026-10-25 01:30", 1, "2026-10-25 02:30"},
	    {"02:00-03:00", "2026-10-25 00:00", 1, "2026-10-25 02:00"},
	};

	(void)state;
	zone("Europe/Berlin");
	CHECK(t);
}

/* 8 March 2026: at 07:00 UTC from 02:00 to 03:00; 1 November: at 06:00 UTC from
 * 02:00 back to 01:00. */
static void
follows_the_clock_in_new_york_when_summer_begins_and_ends(void **state)
{
	static const struct moment t[] = {
	    {"22:00-06:00", "2026-03-08 03:00", 1, "2026-03-08 10:00"},
	    {"22:00-06:00", "2026-11-01 02:00", 1, "2026-11-01 11:00"},
	    {"00:00-05:00", "2026-03-08 05:00", 1, "2026-03-08 09:00"},
	    {"00:00-05:00", "2026-11-01 04:00", 1, "2026-11-01 10:00"},
	    {"02:30-04:00", "2026-03-08 06:59", 0, "2026-03-08 07:00"},
	    {"02:30-04:00", "2026-03-08 07:00", 1, "2026-03-08 08:00"},
	    {"02:15-02:45", "2026-03-07 12:00", 0, "2026-03-09 06:15"},
	    {"01:15-01:45", "2026-11-01 05:15", 1, "2026-11-01 05:45"},
	    {"01:15-01:45", "2026-11-01 05:45", 0, "2026-11-01 06:15"},
	    {"01:15-01:45", "2026-11-01 06:15", 1, "2026-11-01 06:45"},
	    {"SUN 01:30-01:40", "2026-11-01 05:40", 0, "2026-11-01 06:30"},
	    {"SUN 01:30-01:40", "2026-11-01 06:40", 0, "2026-11-08 06:30"},
	};

	(void)state;
	zone("America/New_York");
	CHECK(t);
}

/* Samoa had no 30 December 2011, which would have been a Friday. */
static void
a_day_that_the_calendar_leaves_out_is_not_waited_for(void **state)
{
	static const struct moment t[] = {
	    {"FRI 00:00-24:00", "2011-12-29 12:00", 0, "2012-01-05 10:00"},
	    {"THU-SAT 00:00-24:00", "2011-12-29 12:00", 1, "2011-12-31 10:00"},
	};

	(void)state;
	zone("Pacific/Apia");
	CHECK(t);
}

static void
works_in_zones_of_quarter_hours_and_in_utc(void **state)
{
	static const struct moment kathmandu[] = {
	    {"08:00-09:00", "2026-11-22 02:15", 1, "2026-11-22 03:15"},
	    {"08:00-09:00", "2026-11-22 02:14", 0, "2026-11-22 02:15"},
	};
	static const struct moment plain[] = {
	    {"08:00-09:00", "2026-11-22 08:00", 1, "2026-11-22 09:00"},
	};

	(void)state;
	zone("Asia/Kathmandu");
	CHECK(kathmandu);
	zone("UTC");
	CHECK(plain);
}

/* What the clock shows, asked in another way: "%u %H%M". */
static int
shown_open(const char *const *shown, size_t n, int64_t t)
{
	time_t at = (time_t)t;
	struct tm tm;
	char now[8];

	localtime_r(&at, &tm);
	strftime(now, sizeof now, "%u %H%M", &tm);
	for (size_t i = 0; i + 1 < n; i += 2)
		if (strcmp(shown[i], now) <= 0 && strcmp(now, shown[i + 1]) < 0)
			return 1;
	return 0;
}

static void
until_is_the_first_minute_that_differs(void **state)
{
	static const char *const zones[] = {
	    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"};
	static const char *const starts[] = {"2026-03-07 00:00",
	    "2026-03-28 00:00", "2026-04-04 00:00", "2026-10-03 00:00",
	    "2026-10-24 00:00", "2026-10-31 00:00"};
	static const char text[] =
	    "SAT 22:00-03:10,SUN 01:30-02:20,SUN-MON 02:40-02:50";
	static const char *const shown[] = {"6 2200", "6 9999", "7 0000",
	    "7 0310", "7 0130", "7 0220", "7 0240", "7 0250", "1 0240",
	    "1 0250"};
	static const int64_t three_days = 259200;
	size_t nshown = sizeof shown / sizeof shown[0];
	struct window w[SET];
	size_t n = windows(w, text);

	(void)state;
	for (size_t z = 0; z < sizeof zones / sizeof zones[0]; z++)
		for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
			int64_t t = utc(starts[i]), end = t + three_days, until;
			int open;

			zone(zones[z]);
			open = windows_at(w, n, t, &until);
			for (; t < end; t += 60) {
				int now = shown_open(shown, nshown, t);

				if ((t < until ? open : !open) != now)
					fail_msg("%s: %s: %lld", zones[z],
					    starts[i], (long long)t);
				if (t >= until)
					open = windows_at(w, n, t, &until);
				assert_int_equal(open, now);
				assert_true(until > t);
			}
		}
}

static void
a_time_without_a_date_is_closed(void **state)
{
	struct window w[SET];
	size_t n = windows(w, "00:00-05:00");
	int64_t until = 0;

	(void)state;
	zone("UTC");
	assert_int_equal(windows_at(w, n, INT64_MAX, &until), 0);
	assert_true(until == INT64_MAX);
	assert_int_equal(windows_at(w, n, INT64_MIN, &until), 0);
	assert_true(until == INT64_MAX);
	assert_int_equal(windows_at(NULL, 0, INT64_MAX, &until), 1);
	assert_int_equal(windows_at(w, n, -3600, &until), 0);
	assert_true(until == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_days_and_hours),
	    cmocka_unit_test(
		says_where_a_window_is_wrong_and_what_was_expected),
	    cmocka_unit_test(opens_and_closes_by_the_local_clock),
	    cmocka_unit_test(
		a_window_past_midnight_belongs_to_the_day_it_opens),
	    cmocka_unit_test(opens_on_the_days_it_names),
	    cmocka_unit_test(
		follows_the_clock_in_berlin_when_summer_begins_and_ends),
	    cmocka_unit_test(
		follows_the_clock_in_new_york_when_summer_begins_and_ends),
	    cmocka_unit_test(
		a_day_that_the_calendar_leaves_out_is_not_waited_for),
	    cmocka_unit_test(works_in_zones_of_quarter_hours_and_in_utc),
	    cmocka_unit_test(until_is_the_first_minute_that_differs),
	    cmocka_unit_test(a_time_without_a_date_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
