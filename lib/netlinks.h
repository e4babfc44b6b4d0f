/* netlinks.h - a link as tables write it
 *
 *	FRMOP11   FRMOP11(P,64k)   EB0UB011(V2)   CUNYVMV2(,,22.5,A)
 *
 * name(type,speed,resistance,options), each of the four may be empty or
 * missing.  Source: network.md 4.1, ":linksN.".
 */
#ifndef LSV_NETLINKS_H
#define LSV_NETLINKS_H

#include "lib/netread.h"
#include "lib/where.h"

/* netlinks_parse - read one
 *
 * l       type, switches, speed, resistance, rated and oneway are set, the rest
 *         is zero; unchanged on failure
 * name    of the neighbour, part of the word
 * word    no blanks
 * w       on success at is 1 when there are options that are not known, else 0
 * Returns 0; -1 with w set
 */
int netlinks_parse(
    struct netlink *l, struct bytes *name, struct bytes word, struct where *w);

/* netlinks_thousandths - a decimal number with up to 3 digits behind the point
 *
 * out     thousandths, from min to max; unchanged on failure
 * Returns 0; -1 with errno EINVAL or ERANGE
 */
int netlinks_thousandths(
    uint32_t *out, struct bytes s, uint32_t min, uint32_t max);

/* netlinks_add - add the links of a node
 *
 * from    number of the node
 * id      of the tag :links. among those of the table
 * Returns 0; -1 with errno ENOMEM
 */
int netlinks_add(const struct netread *r, const struct nettag_entry *e,
    unsigned id, uint32_t from);

#endif
