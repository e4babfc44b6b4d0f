/* subfile.h - the text form of a subscriber, as imported and exported */
#ifndef LSV_LIST_SUBFILE_H
#define LSV_LIST_SUBFILE_H

#include "lib/lists.h"

/* struct subline - one line read; its memory is reused for the next */
struct subline {
	stralloc addr, name, key, rest;
	uint32_t options, day;
};

/* subfile_parse - read a line
 *
 *	addr [20261122 NOMAIL CONCEAL] Full Name
 *
 * The part in brackets may be missing, or either half of it; without it all
 * forms of addr_line() are understood.
 * l       addr, name, key, options and day are overwritten; options and day
 *         keep what the caller put there when the line does not say
 * s, len  without the end of line
 * Returns 1; 0 for an empty line or a comment ("#" alone or before a blank);
 *         -1 with w set, at an offset into s
 */
int subfile_parse(
    struct subline *l, const char *s, size_t len, struct where *w);

/* subfile_format - write a line, with its LF
 *
 * plain   1 leaves out the part in brackets
 * Returns 0; -1 with errno ENOMEM
 */
int subfile_format(stralloc *out, const struct subscriber *s, int plain);

/* subfile_free - give the memory back */
void subfile_free(struct subline *l);

#endif
