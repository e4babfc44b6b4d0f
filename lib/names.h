/* names.h - the files of a spool directory, oldest first */
#ifndef LSV_NAMES_H
#define LSV_NAMES_H

#include <stddef.h>

#include "lib/ids.h"

/* struct names - names of ids.h, sorted
 *
 * name    n of them, NUL-terminated
 */
struct names {
	char (*name)[ID_NAME_MAX];
	size_t n, room;
};

/* names_read - list a directory
 *
 * l       overwritten; free with names_free
 * dir     directory descriptor; its offset is not touched
 * max     at most so many names (the rest another time)
 * other   called with each name that is none of ids.h (but not for names that
 *         begin with a dot); may be NULL
 * arg     given to other
 * Returns 0; -1 with errno: then the list is incomplete, never "empty"
 */
int names_read(struct names *l, int dir, size_t max,
    void (*other)(void *arg, const char *name), void *arg);

/* names_free - release a list */
void names_free(struct names *l);

#endif
