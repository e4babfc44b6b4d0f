/* when.h - times as people write them: by the clock on the wall */
#ifndef LSV_WHEN_H
#define LSV_WHEN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/where.h"

enum { WHEN_MAX = 80 }; /* bytes that when_iso and when_words may write */

/* when_parse - read "2026-11-22 03:00" or "Sun 23:30", local time
 *
 * out     seconds since 1970; unchanged on failure.  A time that the clock
 *         shows twice is the first of them
 * s, len  the whole text; a date and a time with ' ' or 'T' between, or a day
 *         of the week in English, three letters or more of it, and a time
 * now     seconds since 1970: a day of the week is the next that is not over
 * w       where and why not; a time that the clock leaves out is an error
 * Returns 0; -1 with *w
 */
int when_parse(
    int64_t *out, const char *s, size_t len, int64_t now, struct where *w);

/* when_iso - "2026-11-22T03:00:00", local time
 *
 * out     WHEN_MAX bytes
 * t       seconds since 1970
 * Returns out
 * Source  ISO 8601-1:2019, local date and time
 */
const char *when_iso(char *out, int64_t t);

/* when_words - "Sun 22 Nov 2026 03:00:00", local time; as when_iso */
const char *when_words(char *out, int64_t t);

#endif
