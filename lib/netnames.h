/* netnames.h - ALIASES, DOMAIN and SERVICE NAMES
 *
 *	:nick.OLDNODE :node.NEWNODE           a host under another name
 *	:nick.*.CH :node.CEARN                hosts that a node serves
 *	     :domains.CERN.EXAMPLE *.LI       and more of them
 *	:nick.ALPS :include.CEARN *.CH        a service area
 *	     :exclude.EPFL.CH
 *
 * Source: network.md 4.3.
 */
#ifndef LSV_NETNAMES_H
#define LSV_NETNAMES_H

#include "lib/netread.h"

/* netnames_aliases, netnames_domains, netnames_areas - add what one of them
 * tells
 *
 * from    its text, at most 4 GiB; 0 bytes: only local entries
 * Nodes of domains have to be known by now, those of aliases by the end.
 * Returns 0; -1 with errno ENOMEM
 */
int netnames_aliases(const struct netread *r, const struct netsource *from);
int netnames_domains(const struct netread *r, const struct netsource *from);
int netnames_areas(const struct netread *r, const struct netsource *from);

#endif
