#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/pools.h"
#include "lib/schedule.h"

static void
zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

/* "2026-11-22 03:00": what the clock of the zone shows. */
static int64_t
local(const char *text)
{
	struct tm tm = {.tm_isdst = -1};
	const char *end = strptime(text, "%Y-%m-%d %H:%M", &tm);

	if (!end || *end)
		fail_msg("not a time: %s", text);
	tm.tm_isdst = -1;
	return mktime(&tm);
}

static struct site_forward
entry(const char *value)
{
	struct site_forward f = {.n = 1, .line = 1};
	struct where w = {0, NULL};

	if (forward_parse(&f.f, value, strlen(value), &w) < 0)
		fail_msg("%s: %zu: %s", value, w.at, w.why);
	return f;
}

struct moment {
	const char *value;
	const char *at;    /* local */
	int target;        /* -1: idle */
	const char *until; /* local; "" for never */
};

static void
check_moments(const struct moment *t, size_t n, const uint8_t *down)
{
	for (size_t i = 0; i < n; i++) {
		struct site_forward f = entry(t[i].value);
		int64_t at = local(t[i].at), until = 0, want = INT64_MAX;
		int target = schedule_at(&f, down, at, &until);

		if (t[i].until[0])
			want = local(t[i].until);
		if (target != t[i].target || until != want)
			fail_msg("%s at %s: %d until %lld, not %lld",
			    t[i].value, t[i].at, target, (long long)until,
			    (long long)want);
		assert_int_equal(schedule_at(&f, down, at, NULL), target);
	}
}

#define CHECK(t, down) check_moments((t), sizeof(t) / sizeof((t)[0]), (down))

#define NIGHT "UNIXSERVER.BAR.COM(00:00-05:00);SMTP.BAZ.NET"
#define NOON "SMTP.BAZ.NET(10:00-14:00)"

/* The reference page: the first worker uses UNIXSERVER.BAR.COM from midnight
 * until 5:00 AM and SMTP.BAZ.NET the rest of the day, the second SMTP.BAZ.NET
 * all the time, the third SMTP.BAZ.NET from 10:00 AM until 2:00 PM. */
static void
does_what_the_manual_says_of_its_example(void **state)
{
	static const struct moment t[] = {
	    {NIGHT, "2026-11-22 00:00", 0, "2026-11-22 05:00"},
	    {NIGHT, "2026-11-22 04:59", 0, "2026-11-22 05:00"},
	    {NIGHT, "2026-11-22 05:00", 1, "2026-11-23 00:00"},
	    {NIGHT, "2026-11-22 12:00", 1, "2026-11-23 00:00"},
	    {NIGHT, "2026-11-22 23:59", 1, "2026-11-23 00:00"},
	    {"SMTP.BAZ.NET", "2026-11-22 03:00", 0, ""},
	    {"SMTP.BAZ.NET", "2026-11-22 12:00", 0, ""},
	    {NOON, "2026-11-22 09:59", -1, "2026-11-22 10:00"},
	    {NOON, "2026-11-22 10:00", 0, "2026-11-22 14:00"},
	    {NOON, "2026-11-22 13:59", 0, "2026-11-22 14:00"},
	    {NOON, "2026-11-22 14:00", -1, "2026-11-23 10:00"},
	    {NOON, "2026-11-22 03:00", -1, "2026-11-22 10:00"},
	    {"2*UNIXSERVER.BAR.COM", "2026-11-22 03:00", 0, ""},
	    {"UNIXSERVER.BAR.COM;SMTP.BAZ.NET", "2026-11-22 03:00", 0, ""},
	};

	(void)state;
	zone("Europe/Berlin");
	CHECK(t, NULL);
	zone("America/New_York");
	CHECK(t, NULL);
}

static void
the_workers_of_the_tech_tip_are_always_busy(void **state)
{
	static const char *const t[] = {"2*SCOOBY.EXAMPLE.ORG",
	    "SCRAPPY.EXAMPLE.ORG", "2*SCOOBY.EXAMPLE.ORG;POOL=A-",
	    "SCRAPPY.EXAMPLE.ORG;POOL=B", "MTA.EXAMPLE.ORG;POOL=A-",
	    "MTA.EXAMPLE.COM;POOL=B", "2*SCOOBY.EXAMPLE.ORG;POOL=A",
	    "SHAGGY.EXAMPLE.ORG;POOL=-"};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct site_forward f = entry(t[i]);
		int64_t until = 0;

		assert_int_equal(schedule_at(&f, NULL, 0, &until), 0);
		assert_true(until == INT64_MAX);
	}
}

/* Both hosts of the example, in the night in which the clock changes. */
static void
changes_hosts_when_the_clock_shows_it_in_both_nights(void **state)
{
	static const struct {
		const char *zone, *at;
		int64_t hours; /* of UNIXSERVER.BAR.COM */
	} t[] = {
	    {"Europe/Berlin", "2026-03-29 00:00", 4},
	    {"Europe/Berlin", "2026-10-25 00:00", 6},
	    {"Europe/Berlin", "2026-11-22 00:00", 5},
	    {"America/New_York", "2026-03-08 00:00", 4},
	    {"America/New_York", "2026-11-01 00:00", 6},
	    {"America/New_York", "2026-11-22 00:00", 5},
	};
	struct site_forward f = entry(NIGHT);
	int64_t until = 0;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		int64_t at;

		zone(t[i].zone);
		at = local(t[i].at);
		assert_int_equal(schedule_at(&f, NULL, at, &until), 0);
		assert_int_equal(until - at, t[i].hours * 3600);
		assert_int_equal(schedule_at(&f, NULL, until, &until), 1);
	}
}

#define WEEK                                                                   \
	"day.example(MON-FRI 08:00-18:00);night.example(22:00-06:00);"         \
	"end.example(SAT-SUN 00:00-24:00)"

static void
takes_the_first_host_that_is_open(void **state)
{
	static const struct moment t[] = {
	    {WEEK, "2026-11-20 12:00", 0, "2026-11-20 18:00"},
	    {WEEK, "2026-11-20 18:00", -1, "2026-11-20 22:00"},
	    {WEEK, "2026-11-20 22:00", 1, "2026-11-21 06:00"},
	    {WEEK, "2026-11-21 06:00", 2, "2026-11-21 22:00"},
	    {WEEK, "2026-11-21 23:00", 1, "2026-11-22 06:00"},
	    {WEEK, "2026-11-22 12:00", 2, "2026-11-22 22:00"},
	    {WEEK, "2026-11-23 05:59", 1, "2026-11-23 06:00"},
	    {WEEK, "2026-11-23 06:00", -1, "2026-11-23 08:00"},
	};

	(void)state;
	zone("Europe/Berlin");
	CHECK(t, NULL);
}

static void
hands_over_when_a_host_is_down_and_takes_it_back(void **state)
{
	static const struct moment first_down[] = {
	    {"a.b;c.d", "2026-11-22 12:00", 1, ""},
	    {"a.b(00:00-24:00);c.d;e.f", "2026-11-22 12:00", 1, ""},
	    {NIGHT, "2026-11-22 03:00", 1, ""},
	    {WEEK, "2026-11-20 12:00", -1, "2026-11-20 22:00"},
	    {NOON, "2026-11-22 12:00", -1, ""},
	};
	static const struct moment second_down[] = {
	    {"a.b;c.d", "2026-11-22 12:00", 0, ""},
	    {NIGHT, "2026-11-22 03:00", 0, "2026-11-22 05:00"},
	    {NIGHT, "2026-11-22 12:00", -1, "2026-11-23 00:00"},
	    {WEEK, "2026-11-20 23:00", -1, "2026-11-21 00:00"},
	};
	static const struct moment both_down[] = {
	    {"a.b;c.d", "2026-11-22 12:00", -1, ""},
	    {"a.b;c.d;e.f", "2026-11-22 12:00", 2, ""},
	};

	(void)state;
	zone("Europe/Berlin");
	CHECK(first_down, ((const uint8_t[]){1, 0, 0}));
	CHECK(second_down, ((const uint8_t[]){0, 1, 0}));
	CHECK(both_down, ((const uint8_t[]){1, 1, 0}));
}

/* A host that opens behind one that stays open changes nothing. */
static void
until_is_when_another_host_is_used(void **state)
{
	static const struct moment t[] = {
	    {"a.b;c.d(10:00-12:00)", "2026-11-22 09:00", 0, ""},
	    {"a.b(08:00-20:00);c.d(10:00-12:00)", "2026-11-22 09:00", 0,
		"2026-11-22 20:00"},
	    {"a.b(10:00-12:00);c.d(08:00-20:00)", "2026-11-22 09:00", 1,
		"2026-11-22 10:00"},
	    {"a.b(10:00-12:00);c.d(08:00-20:00)", "2026-11-22 12:00", 1,
		"2026-11-22 20:00"},
	    {"a.b(12:00-13:00);c.d(09:00-12:00);c.d(12:00-14:00)",
		"2026-11-22 09:00", 1, "2026-11-22 12:00"},
	};

	(void)state;
	zone("Europe/Berlin");
	CHECK(t, NULL);
}

static uint32_t
unserved(const char *const *values, size_t n)
{
	struct site_forward forwards[4];
	struct site s = {.forwards = forwards, .nforwards = n};

	for (size_t i = 0; i < n; i++)
		forwards[i] = entry(values[i]);
	return schedule_unserved(&s);
}

static void
the_relay_of_last_resort_serves_what_no_worker_does(void **state)
{
	static const char *const scooby[] = {
	    "2*SCOOBY.EXAMPLE.ORG;POOL=A-", "SCRAPPY.EXAMPLE.ORG;POOL=B"};
	static const char *const shaggy[] = {"2*SCOOBY.EXAMPLE.ORG;POOL=A",
	    "SCRAPPY.EXAMPLE.ORG;POOL=B", "SHAGGY.EXAMPLE.ORG;POOL=-"};
	static const char *const all[] = {"a.b;POOL=Q", "c.d"};

	(void)state;
	assert_int_equal(unserved(NULL, 0), FORWARD_ALL_POOLS);
	assert_int_equal(unserved(scooby, 2), 0x3fffffc); /* C to Z */
	assert_int_equal(unserved(shaggy, 3), 0x3fffffc);
	assert_int_equal(unserved(shaggy, 2), 0x7fffffc); /* and '-' */
	assert_int_equal(unserved(shaggy + 2, 1), 0x3ffffff);
	assert_int_equal(unserved(all, 2), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(does_what_the_manual_says_of_its_example),
	    cmocka_unit_test(the_workers_of_the_tech_tip_are_always_busy),
	    cmocka_unit_test(
		changes_hosts_when_the_clock_shows_it_in_both_nights),
	    cmocka_unit_test(takes_the_first_host_that_is_open),
	    cmocka_unit_test(hands_over_when_a_host_is_down_and_takes_it_back),
	    cmocka_unit_test(until_is_when_another_host_is_used),
	    cmocka_unit_test(
		the_relay_of_last_resort_serves_what_no_worker_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
