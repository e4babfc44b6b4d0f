/* netover.h - local.overrides: what this site has instead of entries of tables
 *
 * Entries as in the tables themselves, each with
 *
 *	:op.ADD    a new entry
 *	:op.REP    in the place of the one of that name
 *	:op.DEL    as if there were none; has no other tags
 *
 * and without ":op." ADD or REP, whichever it is.  What begins with ":node." is
 * of BITEARN NODES; what begins with ":nick." is of PEERS NAMES, or of the table
 * that ":table." names: INTPEERS, ALIASES, DOMAIN, SERVICE.  Lines that begin
 * with '*' or '#' are comments.  A table is read as if the entries stood in it.
 */
#ifndef LSV_NETOVER_H
#define LSV_NETOVER_H

#include "lib/nettag.h"

enum netover_table {
	NETOVER_NODES,
	NETOVER_PEERS,
	NETOVER_INTPEERS,
	NETOVER_ALIASES,
	NETOVER_DOMAIN,
	NETOVER_SERVICE,
};

enum netover_op { NETOVER_ANY, NETOVER_ADD, NETOVER_REP, NETOVER_DEL };

/* struct netover_entry - one of them; points into the text
 *
 * used    1: the table had an entry of that name
 */
struct netover_entry {
	enum netover_table table;
	enum netover_op op;
	struct bytes name, text;
	uint32_t line;
	int used;
};

/* struct netover - all of them, n sorted by table and name; all zero bytes at
 * first */
struct netover {
	struct netsource from;
	struct netover_entry *entry;
	size_t n, room;
};

/* netover_read - read local overrides
 *
 * from    is used as long as the overrides are
 * d       errors: unknown operation or table, two entries for the same
 * Returns 0; -1 with errno ENOMEM
 */
int netover_read(
    struct netover *o, const struct netsource *from, struct netdiag *d);

/* netover_find - the override of an entry; NULL when there is none
 *
 * o       NULL: there are none
 * name    in any case
 */
struct netover_entry *netover_find(
    const struct netover *o, enum netover_table table, struct bytes name);

/* netover_source - the text of one, to be read with the tags of its table */
struct netsource netover_source(
    const struct netover *o, const struct netover_entry *e);

/* netover_free - give its memory back; all zero bytes again */
void netover_free(struct netover *o);

#endif
