#include "lib/window.h"

#include <strings.h>
#include <time.h>

enum {
	DAYS = 7,
	DAY_S = 24 * 3600,
	WEEK_S = DAYS * DAY_S,
};

/* What is left of a text. */
struct rest {
	const char *s;
	size_t len, at;
	struct where *w;
};

static int
fail(const struct rest *r, size_t at, const char *why)
{
	return where_set(r->w, at, why);
}

static int
is_at(const struct rest *r, char c)
{
	return r->at < r->len && r->s[r->at] == c;
}

static int
is_digit_at(const struct rest *r, size_t at)
{
	return at < r->len && r->s[at] >= '0' && r->s[at] <= '9';
}

static int
is_blank_at(const struct rest *r)
{
	return is_at(r, ' ') || is_at(r, '\t');
}

/* "MON": its number from Monday, -1 for none. */
static int
take_day(struct rest *r)
{
	static const char days[DAYS][4] = {
	    "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"};

	for (int i = 0; i < DAYS; i++)
		if (r->len - r->at >= 3 &&
		    strncasecmp(r->s + r->at, days[i], 3) == 0) {
			r->at += 3;
			return i;
		}
	return fail(r, r->at, "not a day: MON, TUE, WED, THU, FRI, SAT or SUN");
}

/* "MON" or "MON-FRI" */
static int
take_range(struct rest *r, uint8_t *days)
{
	int from = take_day(r), to = from;

	if (from >= 0 && is_at(r, '-')) {
		r->at++;
		to = take_day(r);
	}
	if (from < 0 || to < 0)
		return -1;
	for (int i = from;; i = (i + 1) % DAYS) {
		*days = (uint8_t)(*days | 1U << i);
		if (i == to)
			return 0;
	}
}

/* "MON-FRI+SUN " with the blanks behind. */
static int
take_days(struct rest *r, uint8_t *days)
{
	*days = 0;
	for (;;) {
		if (take_range(r, days) < 0)
			return -1;
		if (!is_at(r, '+'))
			break;
		r->at++;
	}
	if (r->at < r->len && !is_blank_at(r))
		return fail(r, r->at, "'-', '+' or a blank must follow a day");
	while (is_blank_at(r))
		r->at++;
	if (r->at == r->len)
		return fail(r, r->at, "hours are missing: HH:MM-HH:MM");
	return 0;
}

/* Two digits up to max. */
static int
take_two(struct rest *r, unsigned max, const char *why, unsigned *out)
{
	unsigned n = 0;

	for (size_t i = r->at; i < r->at + 2; i++) {
		if (!is_digit_at(r, i))
			return fail(r, r->at, why);
		n = n * 10 + (unsigned)(r->s[i] - '0');
	}
	if (is_digit_at(r, r->at + 2) || n > max)
		return fail(r, r->at, why);
	r->at += 2;
	*out = n;
	return 0;
}

static int
take_time(struct rest *r, int is_end, uint16_t *out)
{
	size_t start = r->at;
	unsigned hour = 0, minute = 0;

	if (take_two(r, 24,
		"not an hour of two digits, 00 to 23 (24:00 as an "
		"end)",
		&hour) < 0)
		return -1;
	if (!is_at(r, ':'))
		return fail(r, r->at, "':' must follow the hour");
	r->at++;
	if (take_two(r, 59, "not a minute of two digits, 00 to 59", &minute) <
	    0)
		return -1;
	if (hour == 24 && minute != 0)
		return fail(r, start, "a day ends at 24:00");
	if (hour == 24 && !is_end)
		return fail(r, start,
		    "24:00 is an end only; a day begins at "
		    "00:00");
	*out = (uint16_t)(hour * 60 + minute);
	return 0;
}

int
window_parse(struct window *out, const char *s, size_t len, struct where *w)
{
	struct rest r = {.s = s, .len = len, .w = w};
	struct window got = {.days = WINDOW_ALL_DAYS};

	if (len == 0)
		return fail(&r, 0, "a window is missing: [days ]HH:MM-HH:MM");
	if (!is_digit_at(&r, 0) && take_days(&r, &got.days) < 0)
		return -1;
	if (take_time(&r, 0, &got.from) < 0)
		return -1;
	if (!is_at(&r, '-'))
		return fail(&r, r.at, "'-' must stand between both times");
	r.at++;
	if (take_time(&r, 1, &got.to) < 0)
		return -1;
	if (r.at < len)
		return fail(&r, r.at, "nothing may follow the window");
	if (got.from == got.to)
		return fail(&r, len - 5,
		    "it would close when it opens; a whole day is 00:00-24:00");
	*out = got;
	return 0;
}

/* The clock on the wall: second of the week from Monday 0:00, and the offset
 * of the zone; -1 for a time that has no date. */
static int64_t
wall(int64_t t, long *offset)
{
	time_t at = (time_t)t;
	struct tm tm;

	if (!localtime_r(&at, &tm))
		return -1;
	*offset = tm.tm_gmtoff;
	return ((tm.tm_wday + 6) % DAYS) * (int64_t)DAY_S + tm.tm_hour * 3600L +
	    tm.tm_min * 60L + tm.tm_sec;
}

static int
opens_on(const struct window *w, int64_t day)
{
	return w->days >> day & 1;
}

static int
is_open(const struct window *w, size_t n, int64_t second)
{
	int64_t day = second / DAY_S % DAYS, minute = second % DAY_S / 60;

	for (size_t i = 0; i < n; i++) {
		int night = w[i].to < w[i].from;

		if (opens_on(&w[i], day) && minute >= w[i].from &&
		    (night || minute < w[i].to))
			return 1;
		if (night && minute < w[i].to &&
		    opens_on(&w[i], (day + DAYS - 1) % DAYS))
			return 1;
	}
	return 0;
}

/* Seconds to the next minute at which a window opens or closes while the clock
 * runs evenly, a day at most. */
static int64_t
to_next(const struct window *w, size_t n, int64_t second)
{
	int64_t best = DAY_S;

	for (size_t i = 0; i < n; i++)
		for (int64_t day = 0; day < DAYS; day++) {
			int64_t edge[2] = {w[i].from, w[i].to};

			if (!opens_on(&w[i], day))
				continue;
			edge[1] += w[i].to < w[i].from ? WINDOW_DAY_END : 0;
			for (int k = 0; k < 2; k++) {
				int64_t ahead = day * DAY_S + edge[k] * 60 -
				    second + WEEK_S;

				ahead %= WEEK_S;
				if (ahead > 0 && ahead < best)
					best = ahead;
			}
		}
	return best;
}

/* The second at which the zone's offset becomes another one: after from, at to
 * at the latest. */
static int64_t
clock_change(int64_t from, int64_t to, long offset)
{
	while (to - from > 1) {
		int64_t mid = from + (to - from) / 2;
		long there = 0;

		wall(mid, &there);
		if (there == offset)
			from = mid;
		else
			to = mid;
	}
	return to;
}

/* As windows_at, for one window or more and a time that has a date. */
static int64_t
next_change(
    const struct window *w, size_t n, int64_t t, int64_t second, long offset)
{
	int open = is_open(w, n, second);
	int64_t at = t;

	while (at - t < WINDOW_AHEAD_S) {
		int64_t next = at + to_next(w, n, second);
		long there = 0;

		second = wall(next, &there);
		if (there != offset) {
			next = clock_change(at, next, offset);
			second = wall(next, &offset);
		}
		if (second < 0)
			break;
		if (is_open(w, n, second) != open)
			return next;
		at = next;
	}
	return INT64_MAX;
}

int
windows_at(const struct window *w, size_t n, int64_t t, int64_t *until)
{
	long offset = 0;
	int64_t second = n ? wall(t, &offset) : -1;

	if (until)
		*until = second < 0 ? INT64_MAX
				    : next_change(w, n, t, second, offset);
	if (n == 0)
		return 1;
	return second >= 0 && is_open(w, n, second);
}
