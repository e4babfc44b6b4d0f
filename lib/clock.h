/* clock.h - the two clocks, and dates for people */
#ifndef LSV_CLOCK_H
#define LSV_CLOCK_H

#include <stddef.h>
#include <stdint.h>

enum {
	CLOCK_RFC5322_MAX = 40, /* bytes that clock_rfc5322 may write */
	CLOCK_DAY_LEN = 8,      /* YYYYMMDD */
	CLOCK_LSV_MAX = 40,     /* bytes that clock_lsv may write */
};

/* clock_wall_us - now, in microseconds since 1970: for names, logs and due
 * times.  It may be set back or forward at any time. */
uint64_t clock_wall_us(void);

/* clock_mono_ms - milliseconds of a clock that only goes forward: for
 * time-outs and deadlines inside one process. */
uint64_t clock_mono_ms(void);

/* clock_mono_us - the same in microseconds */
uint64_t clock_mono_us(void);

/* clock_rfc5322 - a date for a header field, in UTC
 *
 * out     CLOCK_RFC5322_MAX bytes: "Sun, 22 Nov 2026 10:00:00 +0000" and NUL
 * us      microseconds since 1970
 * Returns the length without the NUL
 * Source  RFC 5322 section 3.3
 */
size_t clock_rfc5322(char *out, uint64_t us);

/* clock_lsv - a date as LISTSERV's log prints it, in local time
 *
 * out     CLOCK_LSV_MAX bytes: "7 Jun 2011 00:00:01" and NUL
 * us      microseconds since 1970
 * Returns the length without the NUL
 */
size_t clock_lsv(char *out, uint64_t us);

/* clock_day - the local day as YYYYMMDD
 *
 * out     CLOCK_DAY_LEN + 1 bytes
 * us      microseconds since 1970
 */
void clock_day(char *out, uint64_t us);

#endif
