/* window.h - hours of the week in which something is open */
#ifndef LSV_WINDOW_H
#define LSV_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "lib/where.h"

enum {
	WINDOW_DAY_END = 24 * 60, /* minutes; the "24:00" of a day */
	WINDOW_ALL_DAYS = 0x7f,
	WINDOW_AHEAD_S = 35 * 86400, /* how far windows_at looks: a change of
	                              * clocks skips a window for a week */
};

/* struct window - the same hours of one or several days of the week
 *
 * days    bit 0 is Monday, bit 6 Sunday: the days on which it opens
 * from    minute of the day at which it opens, 0..1439
 * to      minute at which it closes, itself outside, 0..1440; below from when
 *         that is on the day after; never from itself
 */
struct window {
	uint8_t days;
	uint16_t from, to;
};

/* window_parse - read "[days ]HH:MM-HH:MM"
 *
 * out     filled on success only
 * s, len  the whole text, without blanks around it.  Days are MON TUE WED THU
 *         FRI SAT SUN in any case, with '-' for a range (over the end of the
 *         week too: SAT-MON) and '+' between several; all days without them.
 *         24:00 is an end only
 * w       where and why, when it is none
 * Returns 0; -1 with *w
 * Source  LISTSERV's "(00:00-05:00)" behind a host; days, midnight and 24:00
 *         are ours
 */
int window_parse(
    struct window *out, const char *s, size_t len, struct where *w);

/* windows_at - is one of these windows open?
 *
 * w, n    any order, overlapping or not; none (n 0) is always open
 * t       seconds since 1970
 * until   receives the first second after t at which the answer is another,
 *         INT64_MAX when it stays as it is (WINDOW_AHEAD_S at least); may
 *         be NULL
 * Returns 1 open, 0 closed
 *
 * What counts is what a clock on the wall shows, in the zone of tzset(3): an
 * hour that the clock shows twice is open twice, one that it leaves out is not
 * open that day.  The first call reads the zone's file, unless tzset did: a
 * process that gives up the right to open files calls tzset before
 */
int windows_at(const struct window *w, size_t n, int64_t t, int64_t *until);

#endif
