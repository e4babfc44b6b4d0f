/* sitetry.h - a site.cfg that is not in force, to see what it would do */
#ifndef LSV_SITETRY_H
#define LSV_SITETRY_H

#include "lib/site.h"

/* site_try - the configuration that a text would become
 *
 * s       overwritten
 * path    of the text; one with errors ends the program, which names each with
 *         its place
 */
void site_try(struct site *s, const char *path);

#endif
