/* mimetype.h - the value of a Content-Type field
 *
 * Comments, blanks and folding are left out wherever they may stand.  What
 * cannot be read ends the parameters: nothing is guessed.
 */
#ifndef LSV_MIMETYPE_H
#define LSV_MIMETYPE_H

#include <stddef.h>

#include "lib/bytes.h"

/* struct mimetype - type and subtype, as they were written; both empty when there
 * is none that can be read
 *
 * rest    where the parameters begin, for mimetype_param
 */
struct mimetype {
	struct bytes type, subtype, rest;
};

/* mimetype_parse - take a value apart
 *
 * m       points into the value
 * value   raw
 * Source  RFC 2045 section 5.1
 */
void mimetype_parse(struct mimetype *m, struct bytes value);

/* mimetype_param - the next parameter
 *
 * rest    moved on behind it
 * name    receives its name
 * value   receives its value without quotes, but with its backslashes:
 *         mimetype_plain takes them away.  One that should have had quotes,
 *         such as a=b/c=d, is taken as most readers of mail take it
 * Returns 1; 0 when there is no further one
 */
int mimetype_param(struct bytes *rest, struct bytes *name, struct bytes *value);

/* mimetype_boundary - the value of a boundary parameter without the blanks at its
 * end, which a delimiter does not have either (RFC 2046 section 5.1.1)
 */
struct bytes mimetype_boundary(struct bytes value);

/* mimetype_plain - a value without its backslashes
 *
 * out     receives room bytes at most, no NUL
 * Returns its length; room + 1 when it is longer than room
 */
size_t mimetype_plain(char *out, size_t room, struct bytes value);

#endif
