/* netpeers.h - PEERS NAMES and INTPEERS NAMES: the servers of the network
 *
 *	:nick.CEARN     :index.12 :userid.LISTSERV :node.CEARN
 *	     :internet.LISTSERV.CERN.EXAMPLE :backbone.YES
 *	     :domains.*.CERN.EXAMPLE *.CH
 *	     :links1.FRMOP11(P,64k) DEARN(V1,,8.5)
 *
 * :index. has to be there.  The node is that of :node., else of the first name
 * of :internet., else of the nick: without :node. the node that has the name as
 * a domain will do.  One that no table has named yet is made.
 * Source: network.md 4.2.
 */
#ifndef LSV_NETPEERS_H
#define LSV_NETPEERS_H

#include "lib/netread.h"

/* netpeers_read - add what a table tells
 *
 * table   NETOVER_PEERS or NETOVER_INTPEERS; both are read alike
 * from    its text, at most 4 GiB; 0 bytes: only local entries
 * Returns 0; -1 with errno ENOMEM
 */
int netpeers_read(const struct netread *r, enum netover_table table,
    const struct netsource *from);

#endif
