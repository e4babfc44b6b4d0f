/* netread.h - the entries of a table, with the local ones in their places */
#ifndef LSV_NETREAD_H
#define LSV_NETREAD_H

#include "lib/netover.h"
#include "lib/network.h"

enum { NETREAD_OLD = 62 }; /* days after which a table is old: 2 months */

/* struct netread - what tables are read into
 *
 * over    local overrides; NULL: none
 * d       what is wrong goes there; NULL: nobody asks
 */
struct netread {
	struct network *n;
	const struct netover *over;
	struct netdiag *d;
};

/* struct netread_kind - a kind of table
 *
 * known    nknown tags it has
 * version  called for the version entry; may be NULL
 * take     called for each other entry with a name.  Both return 0, or -1 with
 *          errno ENOMEM
 */
struct netread_kind {
	enum netover_table table;
	enum nettag_start start;
	int comments;
	const struct nettag_known *known;
	size_t nknown;
	int (*version)(void *arg, const struct nettag_entry *e);
	int (*take)(void *arg, const struct nettag_entry *e);
};

/* netread_entries - call take for each entry of a table
 *
 * from    may be a text of 0 bytes: then there is no such table, but local
 *         overrides may have entries of it
 * Returns 0; -1 with errno ENOMEM
 */
int netread_entries(const struct netread *r, const struct netread_kind *k,
    const struct netsource *from, void *arg);

/* netread_say - an error or a warning about a tag
 *
 * t       NULL: about the tag that begins the entry
 */
void netread_say(const struct netread *r, enum netdiag_kind kind,
    const struct nettag_entry *e, const struct nettag *t, const char *why,
    struct bytes detail);

/* netread_refused - say why something could not be added
 *
 * invalid, exists
 *         what to say for EINVAL, an error, and for EEXIST; NULL: nothing
 * kind    of the latter
 * Returns 0; -1 with errno ENOMEM
 */
int netread_refused(const struct netread *r, const struct nettag_entry *e,
    const struct nettag *t, const char *invalid, enum netdiag_kind kind,
    const char *exists, struct bytes detail);

/* netread_place - where a tag stands, or an entry when t is NULL */
struct netplace netread_place(
    const struct nettag_entry *e, const struct nettag *t);

#endif
