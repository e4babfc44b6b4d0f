/* sitemake.h - from a checked site.cfg to the table in force, lib/site.h */
#ifndef LSV_SITEMAKE_H
#define LSV_SITEMAKE_H

#include "lib/sitecheck.h"

/* site_compile - make the table of a checked file and put it in force
 *
 * c       without errors (count[SITECHECK_ERROR] is 0)
 * etc     the directory; the table is swapped in by rename and durable when 0
 *         is returned, mode 0644 whatever the umask, without the values of
 *         secret variables
 * Returns 0; -1 with errno (EINVAL when c has errors), the old table then still
 *         in force, except after a failed sync of the directory: see lib/table.h
 */
int site_compile(const struct sitecheck *c, const char *etc);

#endif
