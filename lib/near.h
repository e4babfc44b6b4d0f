/* near.h - what somebody may have meant who mistyped a name */
#ifndef LSV_NEAR_H
#define LSV_NEAR_H

#include <stddef.h>

enum { NEAR_LEN_MAX = 64 }; /* bytes of a name */

/* near_distance - how many slips lie between two names
 *
 * A letter left out, put in or replaced, or two neighbours exchanged, each is
 * one; case does not count.
 * a, b    alen and blen bytes, at most NEAR_LEN_MAX
 * Returns how many; more than NEAR_LEN_MAX when one is longer than that
 * Source  the optimal string alignment distance
 */
unsigned near_distance(const char *a, size_t alen, const char *b, size_t blen);

#endif
