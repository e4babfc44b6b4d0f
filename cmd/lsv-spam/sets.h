/* sets.h - the white and blacklists that lsv-spam test looks into */
#ifndef LSV_SPAM_SETS_H
#define LSV_SPAM_SETS_H

#include "lib/site.h"
#include "lib/spamscore.h"

/* struct sets - the four lists and where they come from
 *
 * site    the configuration
 * config  path of the site.cfg it was made of
 * set     by enum spam_list, as spamscore takes them
 */
struct sets {
	struct site site;
	stralloc config;
	struct spamset set[SPAM_LISTS];
};

/* sets_read - load them; what keeps it from that ends the program
 *
 * s       zeroed
 * config  path of a site.cfg, of which everything is read, its tables too;
 *         NULL: what is in force, and the tables that lsv-table made
 */
void sets_read(struct sets *s, const char *config);

/* sets_free - give the memory back */
void sets_free(struct sets *s);

#endif
