/* siteload.h - filling a struct site from site.cdb: for site.c,
 * sitenet.c and sitespam.c */
#ifndef LSV_SITELOAD_H
#define LSV_SITELOAD_H

#include "lib/bytes.h"
#include "lib/site.h"
#include "lib/sitevalue.h"
#include "lib/table.h"

/* siteload_keep - a copy with a NUL behind, in the memory of s
 *
 * Returns it; NULL with errno EPROTO when that is full, which cannot be with a
 *         table that site_compile wrote
 */
const char *siteload_keep(struct site *s, const char *p, size_t len);

/* siteload_value - what a variable says, or its default
 *
 * text    receives the text, value what it means
 * Returns 0; -1 with errno, EPROTO when it has neither or is none
 */
int siteload_value(const struct table *t, const char *name, struct bytes *text,
    struct sitevalue *value);

/* siteload_if_set - the same for a variable whose default comes from others
 *
 * Returns 1; 0 when it is not set; -1 with errno
 */
int siteload_if_set(const struct table *t, const char *name, struct bytes *text,
    struct sitevalue *value);

/* siteload_line - in which line of site.cfg a variable was set
 *
 * line    receives 0 when it was not
 * Returns 1; 0 when it was not; -1 with errno
 */
int siteload_line(const struct table *t, const char *name, unsigned *line);

/* siteload_spam - all about spam: the lists, the exit, loops and filters
 *
 * Returns 0; -1 with errno
 */
int siteload_spam(struct site *s, const struct table *t);

/* siteload_network - all about other servers
 *
 * Returns 0; -1 with errno
 */
int siteload_network(struct site *s, const struct table *t);

#endif
