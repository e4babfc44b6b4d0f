/* sets.h - the white and blacklists that lsv-spam test looks into */
#ifndef LSV_SPAM_SETS_H
#define LSV_SPAM_SETS_H

#include "lib/site.h"
#include "lib/spamscore.h"

/* struct sets - the four lists and where they come from
 *
 * set     by enum spam_list, as spamscore takes them
 * config  path of the site.cfg
 * line    of it that sets the variable of each list; 0: none does
 * table   path of the text file of each list; empty: it has none
 * bounce, reject  SPAM_WHITELIST_BOUNCE, SPAM_REJECT
 */
struct sets {
	struct spamset set[SPAM_LISTS];
	stralloc config;
	unsigned line[SPAM_LISTS];
	stralloc table[SPAM_LISTS];
	unsigned bounce;
	enum site_spam_reject reject;
};

/* sets_read - load them; what keeps it from that ends the program
 *
 * s       zeroed
 * config  path of a site.cfg, of which everything is read, its tables too;
 *         NULL: what is in force, and the tables that lsv-table made
 */
void sets_read(struct sets *s, const char *config);

/* sets_variable - the variable of a list: "SPAM_WHITELIST_FROM" */
const char *sets_variable(enum spam_list list);

/* sets_free - give the memory back */
void sets_free(struct sets *s);

#endif
