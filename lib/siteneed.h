/* siteneed.h - the configuration, or the end of the program */
#ifndef LSV_SITENEED_H
#define LSV_SITENEED_H

#include "lib/site.h"

/* site_need - that in force
 *
 * s       overwritten.  Without it the program ends: with LSV_PERM when none was
 *         applied or it is damaged, else with LSV_TEMP
 */
void site_need(struct site *s);

#endif
