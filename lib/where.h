/* where.h - what a parser says about text it cannot take */
#ifndef LSV_WHERE_H
#define LSV_WHERE_H

#include <stddef.h>

/* struct where - the place and the reason of a parse error
 *
 * at      offset of the offending byte from the start of the text
 * why     a constant phrase that fits behind "line 7: "
 */
struct where {
	size_t at;
	const char *why;
};

/* where_set - record an error and return -1, for `return where_set(...)`
 *
 * w       receives at and why; may be NULL when nobody asks
 * at      offset in bytes
 * why     constant text, not copied
 * Returns -1, always
 */
static inline int
where_set(struct where *w, size_t at, const char *why)
{
	if (w) {
		w->at = at;
		w->why = why;
	}
	return -1;
}

#endif
