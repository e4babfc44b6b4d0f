/* netindex.h - finding the elements of an array by their names
 *
 * An element begins with a struct nettext, its name.  Names are compared byte
 * by byte.
 */
#ifndef LSV_NETINDEX_H
#define LSV_NETINDEX_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ofat.h"

/* struct nettext - a string: len bytes at an offset into a text of many */
struct nettext {
	uint32_t at, len;
};

/* struct netindex - all zero bytes at first
 *
 * slot    room of them, a power of 2; each 0, or the upper half of a name's hash
 *         and below it 1 + the number of the element
 * used    so many are not 0
 */
struct netindex {
	uint64_t *slot;
	size_t room, used;
};

/* struct netnamed - an array of elements, size bytes each, and the text that
 * their names are in */
struct netnamed {
	const void *array;
	size_t size;
	const stralloc *text;
};

/* netindex_find - the number of the element of a name
 *
 * Returns the number, or UINT32_MAX when there is none
 */
uint32_t netindex_find(
    const struct netindex *x, struct netnamed a, struct bytes name);

/* netindex_add - let an element be found
 *
 * number  of an element whose name no other one has
 * Returns 0; -1 with errno ENOMEM
 */
int netindex_add(struct netindex *x, struct netnamed a, uint32_t number);

/* netindex_free - give its memory back; all zero bytes again */
void netindex_free(struct netindex *x);

#endif
