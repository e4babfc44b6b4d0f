/* keysort.h - sorting many byte strings that begin alike */
#ifndef LSV_KEYSORT_H
#define LSV_KEYSORT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/bytes.h"

/* struct keysort - one string in the order
 *
 * chunk   not for the caller
 * n       which string it is, counted from 0 by the caller
 */
struct keysort {
	uint64_t chunk;
	uint32_t n;
};

/* keysort - sort strings as memcmp does, a shorter one before what it begins
 *
 * order   count places, each with its own n; in order afterwards. Of equal
 *         strings the one with the smaller n comes first
 * get     gives string n, at most 65,535 bytes; called with arg
 * Needs no memory; works on eight bytes at a time, so long common beginnings
 * (a million addresses in a few domains) cost one look each.
 * Source  J. Bentley and R. Sedgewick, "Fast algorithms for sorting and
 *         searching strings", 1997: multikey quicksort
 */
void keysort(struct keysort *order, size_t count,
    struct bytes (*get)(void *arg, uint32_t n), void *arg);

#endif
