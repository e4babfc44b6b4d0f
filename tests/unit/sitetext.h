/* sitetext.h - the site.cfg of a test, from its text to the table in force */
#ifndef LSV_SITETEXT_H
#define LSV_SITETEXT_H

#include "lib/sitecheck.h"

/* What every site has to set, in two lines. */
#define GOOD "NODE=lsv.example.org\nPOSTMASTER=joe@example.org\n"

/* sitetext_read - check a text, all of which must be looked at
 *
 * c       filled; end with sitecheck_free
 */
void sitetext_read(struct sitecheck *c, const char *text);

/* sitetext_remarks - all remarks, one a line: "line:column level text"
 *
 * Returns static memory
 */
const char *sitetext_remarks(const struct sitecheck *c);

/* sitetext_expect - the remarks about a text are these */
void sitetext_expect(const char *text, const char *remarks);

/* sitetext_apply - check a text, which must be good, and compile it into the
 * current directory */
void sitetext_apply(const char *text);

/* sitetext_table - a table made by hand in the current directory
 *
 * pair    keys and their values in turn, then NULL
 */
void sitetext_table(const char *const *pair);

#endif
