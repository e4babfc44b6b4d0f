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

/* sets_file, sets_line - where an entry stands
 *
 * line    as struct spam_hit has it: 0 is an entry of the variable
 * Returns the path of its file; the number of its line there
 */
const char *sets_file(const struct sets *s, enum spam_list list, uint32_t line);
uint32_t sets_line(const struct sets *s, enum spam_list list, uint32_t line);

/* sets_place - the same as "FILE:LINE", added to out */
void sets_place(
    const struct sets *s, stralloc *out, enum spam_list list, uint32_t line);

/* sets_is_black - does the list take points away; 1 or 0 */
int sets_is_black(enum spam_list list);

/* sets_free - give the memory back */
void sets_free(struct sets *s);

#endif
