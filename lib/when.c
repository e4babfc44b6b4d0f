#include "lib/when.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
	DAYS = 7,
	DAY_MIN = 3,
	DAY_S = 24 * 3600,
	YEAR_MIN = 1970,
	YEAR_MAX = 9999,
};

static const char *const day_name[DAYS] = {"Sunday", "Monday", "Tuesday",
    "Wednesday", "Thursday", "Friday", "Saturday"};
static const char month[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* n digits; -1 when they are none. */
static int
number(const char *s, size_t n)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

/* "HH:MM", at is where it begins in the text. */
static int
clock_parse(
    struct tm *tm, const char *s, size_t len, size_t at, struct where *w)
{
	if (len != 5 || s[2] != ':')
		return where_set(w, at, "a time such as 23:30 is expected");
	tm->tm_hour = number(s, 2);
	tm->tm_min = number(s + 3, 2);
	if (tm->tm_hour < 0 || tm->tm_hour > 23)
		return where_set(w, at, "the hour is not 00 to 23");
	if (tm->tm_min < 0 || tm->tm_min > 59)
		return where_set(w, at + 3, "the minute is not 00 to 59");
	return 0;
}

/* mktime makes a good date of everything: it must be what was asked for. */
static int
made(int64_t *out, const struct tm *want, struct where *w)
{
	struct tm tm = *want;
	time_t t = mktime(&tm);

	if (tm.tm_mday != want->tm_mday || tm.tm_mon != want->tm_mon)
		return where_set(w, 0, "there is no such day");
	if (tm.tm_hour != want->tm_hour || tm.tm_min != want->tm_min)
		return where_set(
		    w, 0, "the clock is put forward over this time");
	*out = t;
	return 0;
}

/* The first of two when the clock shows it twice: that of the offset which the
 * zone had the day before.  mktime takes either, as its last call was. */
static int
first_of(int64_t *out, struct tm *want, struct where *w)
{
	struct tm before, tm;
	time_t t;

	want->tm_isdst = -1;
	if (made(out, want, w) < 0)
		return -1;
	t = (time_t)*out;
	if (!localtime_r(&t, &tm))
		return 0;
	t -= DAY_S;
	if (!localtime_r(&t, &before) || before.tm_gmtoff <= tm.tm_gmtoff)
		return 0;
	t = (time_t)*out - (before.tm_gmtoff - tm.tm_gmtoff);
	if (localtime_r(&t, &tm) && tm.tm_hour == want->tm_hour &&
	    tm.tm_min == want->tm_min && tm.tm_mday == want->tm_mday)
		*out = t;
	return 0;
}

static int
date_parse(struct tm *tm, const char *s, size_t len, struct where *w)
{
	int year;

	if (len < 11 || s[4] != '-' || s[7] != '-' ||
	    (s[10] != ' ' && s[10] != 'T'))
		return where_set(w, 0,
		    "a date such as \"2026-11-22 03:00\" or a day such as "
		    "\"Sun 23:30\" is expected");
	year = number(s, 4);
	tm->tm_mon = number(s + 5, 2) - 1;
	tm->tm_mday = number(s + 8, 2);
	if (year < YEAR_MIN || year > YEAR_MAX)
		return where_set(w, 0, "the year is not 1970 to 9999");
	if (tm->tm_mon < 0 || tm->tm_mon > 11)
		return where_set(w, 5, "the month is not 01 to 12");
	if (tm->tm_mday < 1 || tm->tm_mday > 31)
		return where_set(w, 8, "the day is not 01 to 31");
	tm->tm_year = year - 1900;
	return clock_parse(tm, s + 11, len - 11, 11, w);
}

static int
day_of(const char *s, size_t len)
{
	for (int i = 0; len >= DAY_MIN && i < DAYS; i++)
		if (len <= strlen(day_name[i]) &&
		    strncasecmp(s, day_name[i], len) == 0)
			return i;
	return -1;
}

/* The next such day of the week whose time is not over. */
static int
weekday_parse(int64_t *out, const char *s, size_t len, size_t word, int64_t now,
    struct where *w)
{
	int day = day_of(s, word);
	time_t t = (time_t)now;
	struct tm today, tm;

	if (day < 0)
		return where_set(w, 0, "no day of the week, MON to SUN");
	if (!localtime_r(&t, &today))
		return where_set(w, 0, "there is no local time");
	tm = (struct tm){.tm_year = today.tm_year, .tm_mon = today.tm_mon};
	if (clock_parse(&tm, s + word + 1, len - word - 1, word + 1, w) < 0)
		return -1;
	for (int i = 0; i <= DAYS; i++) {
		struct tm at = {.tm_year = tm.tm_year,
		    .tm_mon = tm.tm_mon,
		    .tm_mday = today.tm_mday + i,
		    .tm_hour = 12};

		/* noon is never left out: it finds the date */
		if (mktime(&at) == -1 || at.tm_wday != day)
			continue;
		at.tm_hour = tm.tm_hour;
		at.tm_min = tm.tm_min;
		if (first_of(out, &at, w) < 0)
			return -1;
		if (*out >= now)
			return 0;
	}
	return where_set(w, 0, "there is no such time");
}

int
when_parse(
    int64_t *out, const char *s, size_t len, int64_t now, struct where *w)
{
	const char *blank = memchr(s, ' ', len);
	size_t word = blank ? (size_t)(blank - s) : len;
	struct tm tm = {.tm_sec = 0};
	int64_t t = now;
	int r;

	if (blank && word && (s[0] < '0' || s[0] > '9'))
		r = weekday_parse(&t, s, len, word, now, w);
	else if ((r = date_parse(&tm, s, len, w)) == 0)
		r = first_of(&t, &tm, w);
	if (r == 0)
		*out = t;
	return r;
}

static void
broken_down(struct tm *tm, int64_t t)
{
	time_t when = (time_t)t;

	if (!localtime_r(&when, tm))
		*tm = (struct tm){.tm_mday = 1, .tm_year = 70};
}

const char *
when_iso(char *out, int64_t t)
{
	struct tm tm;

	broken_down(&tm, t);
	snprintf(out, WHEN_MAX, "%04d-%02d-%02dT%02d:%02d:%02d",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
	return out;
}

const char *
when_words(char *out, int64_t t)
{
	struct tm tm;

	broken_down(&tm, t);
	snprintf(out, WHEN_MAX, "%.3s %d %.3s %04d %02d:%02d:%02d",
	    day_name[tm.tm_wday], tm.tm_mday, month[tm.tm_mon],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return out;
}
