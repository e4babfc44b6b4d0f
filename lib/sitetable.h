/* sitetable.h - keys of site.cdb beside the names of variables: for site.c, which
 * reads it, and sitemake.c, which writes it */
#ifndef LSV_SITETABLE_H
#define LSV_SITETABLE_H

#include <stdio.h>

#include "lib/sitevar.h"

/* The first entry, and what begins the keys of those that say in which line a
 * variable was set: no variable has such a name. */
#define SITETABLE_FORMAT ":format"
#define SITETABLE_VERSION "lsv-site 2"
#define SITETABLE_LINE ":line "

enum { SITETABLE_LINE_MAX = 8 + SITEVAR_NAME_MAX };

/* sitetable_line - the key of the line of a variable; its length, which is no
 * less than SITETABLE_LINE_MAX when there is no such variable */
static inline size_t
sitetable_line(char out[SITETABLE_LINE_MAX], const char *name)
{
	return (size_t)snprintf(
	    out, SITETABLE_LINE_MAX, "%s%s", SITETABLE_LINE, name);
}

#endif
