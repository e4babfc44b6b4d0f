/* netnodes.h - BITEARN NODES: the nodes of the network and their links
 *
 * Source: network.md 4.1. Entries of type NJE are nodes; those of type MEMBER
 * and SITE are organisations, which have no part in routing.
 */
#ifndef LSV_NETNODES_H
#define LSV_NETNODES_H

#include "lib/netread.h"

/* netnodes_read - add what the table tells
 *
 * from    its text, at most 4 GiB; 0 bytes: only local entries
 * Returns 0; -1 with errno ENOMEM
 */
int netnodes_read(const struct netread *r, const struct netsource *from);

#endif
