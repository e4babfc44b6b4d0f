/* intake.h - what no message may be, checked while its bytes go by */
#ifndef LSV_INTAKE_H
#define LSV_INTAKE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/where.h"

enum { INTAKE_LINE_MAX = 64 << 10 }; /* bytes of a line, its LF included */

/* struct intake - one message; zeroed but for the limits at first
 *
 * max     bytes it may have
 * max_lines lines it may have, its header's included; 0 for any number
 * size    bytes so far
 * lines   line ends so far
 * line    bytes of the line under way
 */
struct intake {
	uint64_t max, max_lines;
	uint64_t size, lines;
	size_t line;
};

/* intake_check - look at the next bytes
 *
 * s, len  they follow those of the last call
 * w       at is an offset into s; why is "the message is too big", "the message
 *         has too many lines", "the message holds a NUL byte" or "the message
 *         has a line over 64 KiB"
 * Returns 0; -1, and then the message is given up
 * Note    lines over 998 bytes are for lib/fold.h
 */
int intake_check(struct intake *t, const char *s, size_t len, struct where *w);

/* intake_too_big - was its size the reason, in bytes or lines; 1 or 0 */
int intake_too_big(const struct intake *t);

#endif
