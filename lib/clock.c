#include "lib/clock.h"

#include <stdio.h>
#include <time.h>

/* strftime would speak the language of the locale. */
static const char day[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char month[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static uint64_t
now_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000U + (uint64_t)t.tv_nsec / 1000U;
}

uint64_t
clock_wall_us(void)
{
	return now_us(CLOCK_REALTIME);
}

uint64_t
clock_mono_us(void)
{
	return now_us(CLOCK_MONOTONIC);
}

uint64_t
clock_mono_ms(void)
{
	return clock_mono_us() / 1000U;
}

static void
broken_down(struct tm *tm, uint64_t us, int utc)
{
	time_t t = (time_t)(us / 1000000U);

	*tm = (struct tm){.tm_mday = 1};
	if (utc)
		gmtime_r(&t, tm);
	else
		localtime_r(&t, tm);
}

static size_t
written(int n, size_t max)
{
	return n < 0 ? 0 : (size_t)n < max ? (size_t)n : max - 1;
}

size_t
clock_rfc5322(char *out, uint64_t us)
{
	struct tm tm;

	broken_down(&tm, us, 1);
	return written(
	    snprintf(out, CLOCK_RFC5322_MAX,
		"%s, %d %s %d %02d:%02d:%02d +0000", day[tm.tm_wday % 7],
		tm.tm_mday, month[tm.tm_mon % 12], tm.tm_year + 1900,
		tm.tm_hour, tm.tm_min, tm.tm_sec),
	    CLOCK_RFC5322_MAX);
}

size_t
clock_lsv(char *out, uint64_t us)
{
	struct tm tm;

	broken_down(&tm, us, 0);
	return written(snprintf(out, CLOCK_LSV_MAX, "%d %s %d %02d:%02d:%02d",
			   tm.tm_mday, month[tm.tm_mon % 12], tm.tm_year + 1900,
			   tm.tm_hour, tm.tm_min, tm.tm_sec),
	    CLOCK_LSV_MAX);
}

void
clock_day(char *out, uint64_t us)
{
	struct tm tm;
	char text[32];

	broken_down(&tm, us, 0);
	snprintf(text, sizeof text, "%04u%02u%02u",
	    (unsigned)(tm.tm_year + 1900) % 10000U,
	    (unsigned)(tm.tm_mon + 1) % 100U, (unsigned)tm.tm_mday % 100U);
	for (int i = 0; i < CLOCK_DAY_LEN; i++)
		out[i] = text[i];
	out[CLOCK_DAY_LEN] = 0;
}
