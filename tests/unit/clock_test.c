#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"

/* 7 Jun 2011 00:00:01 UTC */
#define JUNE (UINT64_C(1307404801) * 1000000)

static int
in_zone(const char *zone)
{
	if (setenv("TZ", zone, 1) < 0)
		return -1;
	tzset();
	return 0;
}

static void
dates_a_message_in_universal_time(void **state)
{
	char out[CLOCK_RFC5322_MAX];
	size_t len;

	(void)state;
	assert_int_equal(in_zone("EST5"), 0);
	len = clock_rfc5322(out, JUNE);
	assert_int_equal(len, strlen(out));
	assert_string_equal(out, "Tue, 7 Jun 2011 00:00:01 +0000");
	clock_rfc5322(out, 0);
	assert_string_equal(out, "Thu, 1 Jan 1970 00:00:00 +0000");
}

static void
prints_the_time_of_the_log_in_local_time(void **state)
{
	char out[CLOCK_LSV_MAX];
	size_t len;

	(void)state;
	assert_int_equal(in_zone("UTC0"), 0);
	len = clock_lsv(out, JUNE);
	assert_int_equal(len, strlen(out));
	assert_string_equal(out, "7 Jun 2011 00:00:01");
	assert_int_equal(in_zone("EST5"), 0);
	clock_lsv(out, JUNE);
	assert_string_equal(out, "6 Jun 2011 19:00:01");
}

static void
names_the_local_day(void **state)
{
	char out[CLOCK_DAY_LEN + 1];

	(void)state;
	assert_int_equal(in_zone("UTC0"), 0);
	clock_day(out, JUNE);
	assert_string_equal(out, "20110607");
	assert_int_equal(in_zone("EST5"), 0);
	clock_day(out, JUNE);
	assert_string_equal(out, "20110606");
}

static void
survives_times_far_outside_the_calendar(void **state)
{
	char date[CLOCK_RFC5322_MAX], lsv[CLOCK_LSV_MAX];
	char d[CLOCK_DAY_LEN + 1];

	(void)state;
	assert_true(clock_rfc5322(date, UINT64_MAX) < sizeof date);
	assert_true(clock_lsv(lsv, UINT64_MAX) < sizeof lsv);
	clock_day(d, UINT64_MAX);
	assert_int_equal(strlen(d), CLOCK_DAY_LEN);
}

static void
goes_forward(void **state)
{
	uint64_t mono = clock_mono_ms(), wall = clock_wall_us();
	uint64_t us = clock_mono_us();
	struct timespec t = {.tv_nsec = 3000000};

	(void)state;
	nanosleep(&t, NULL);
	assert_true(clock_mono_ms() > mono);
	assert_true(clock_mono_us() >= us + 3000);
	us = clock_mono_us() / 1000U; /* one clock: it is never behind */
	mono = clock_mono_ms();
	assert_true(us <= mono && mono <= clock_mono_us() / 1000U);
	assert_true(clock_wall_us() != wall);
	assert_true(wall > UINT64_C(1600000000000000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dates_a_message_in_universal_time),
	    cmocka_unit_test(prints_the_time_of_the_log_in_local_time),
	    cmocka_unit_test(names_the_local_day),
	    cmocka_unit_test(survives_times_far_outside_the_calendar),
	    cmocka_unit_test(goes_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
