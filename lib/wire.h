/* wire.h - message bytes in the form that goes over the wire
 *
 * Wire form is: every line ends in CR LF, no CR or LF stands alone, no NUL, no
 * line is longer than WIRE_LINE_MAX, the last line is complete. Messages are
 * brought into it once, on the way in (wire_put); on the way out lines that
 * start with a dot get a second one (wire_stuff). Both take their input in
 * pieces of any size and give the same result for all of them.
 */
#ifndef LSV_WIRE_H
#define LSV_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/ofat.h"
#include "lib/where.h"

enum { WIRE_LINE_MAX = 998 }; /* bytes in a line, without CR LF */

/* A message being normalised; all zero bytes at its start. */
struct wire {
	uint64_t lines; /* complete lines put out */
	uint64_t bytes; /* put out, all line ends included */
	int eightbit;   /* 1: a byte above 127 occurred */
	int dots;       /* 1: a line starts with a dot */
	size_t column;  /* bytes of the line under way */
	int cr;         /* the last byte was a CR */
};

/* wire_put - append the wire form of the next piece of a message
 *
 * w       the message so far
 * out     the wire form is appended (at most 2 * len bytes)
 * p       len bytes; LF, CR LF, and CR alone each end a line
 * where   at is the number of the offending line, the first is 1
 * Returns 0; -1 with where and errno EINVAL for a NUL byte, EMSGSIZE for a line
 *         too long (which lib/fold.h may help), or ENOMEM (where says so too).
 *         Then the message is given up, w must not be used on
 * Source  RFC 5321 section 2.3.8 and 4.5.2; a CR or LF alone must not survive
 *         in front of a dot, or one message becomes two (CVE-2023-51764)
 */
int wire_put(struct wire *w, stralloc *out, const char *p, size_t len,
    struct where *where);

/* wire_end - complete the last line, if it is not
 *
 * Nothing comes of a message of no bytes.
 * Returns 0; -1 with errno ENOMEM
 */
int wire_end(struct wire *w, stralloc *out);

/* A body on its way out; all zero bytes at its start. */
struct wire_dots {
	int inside; /* the next byte does not start a line */
};

/* wire_stuff - copy wire form, doubling the dot that starts a line
 *
 * d       the body so far
 * out     at most room bytes are written
 * p       len bytes in wire form
 * used    set to how many bytes of p are in out; less than len only when room
 *         was short. Room for two bytes is enough to get on
 * Returns bytes written to out
 * Source  RFC 5321 section 4.5.2
 */
size_t wire_stuff(struct wire_dots *d, char *out, size_t room, const char *p,
    size_t len, size_t *used);

/* wire_no_dots - does no line of these bytes start with a dot?
 *
 * d       the body so far
 * p       len bytes in wire form
 * Returns 1: they can go out as they are; 0: a line starts with a dot
 */
int wire_no_dots(struct wire_dots *d, const char *p, size_t len);

#endif
