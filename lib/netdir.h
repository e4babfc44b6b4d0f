/* netdir.h - the network of a directory of tables */
#ifndef LSV_NETDIR_H
#define LSV_NETDIR_H

#include "lib/netdiag.h"
#include "lib/network.h"

enum { NETDIR_FILE_MAX = 512 << 20 }; /* bytes of a table */

/* network_table - the name of the table that is read as the i-th, from 0
 *
 * Returns it, in lower case; NULL behind the last
 */
const char *network_table(unsigned i);

/* network_read_dir - read the tables of a directory and join them
 *
 * Read are, in this order and by their names in any case: local.overrides,
 * bitearn.nodes, peers.names, intpeers.names, aliases.names, domain.names,
 * service.names.  All may be missing, but not the second, third and fourth
 * together.
 * n       all zero bytes, or with today set; network_free in any case. Without
 *         today the clock is asked
 * dir     its path
 * d       all zero bytes at first; netdiag_end is called. When it has errors
 *         afterwards the network is not to be used
 * Returns 0; -1 with errno when the directory or a file cannot be read, which d
 *         tells as an error, or ENOMEM
 */
int network_read_dir(struct network *n, const char *dir, struct netdiag *d);

#endif
