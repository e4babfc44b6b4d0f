/* network.h - lsv-table network */
#ifndef LSV_TABLE_NETWORK_H
#define LSV_TABLE_NETWORK_H

#include "cmd/lsv-table/table.h"
#include "lib/netdigest.h"
#include "lib/nettable.h"
#include "lib/network.h"

/* What became of the table. */
enum netfate {
	NETFATE_KEPT,    /* the old one stays: something is wrong */
	NETFATE_SAME,    /* the old one is of the same tables */
	NETFATE_CHECKED, /* none was wanted */
	NETFATE_MADE,
};

/* struct netjob - one run
 *
 * source  directory of the tables
 * self    name of this server; NULL for --check
 * path    where the table goes; at, name: its directory, open, and its name
 * old     the table that is there, if it can be opened
 * digest, size  of the tables that are read
 * ours    texts to be freed in the end, nours of them
 */
struct netjob {
	const struct options *o;
	const char *source, *self, *path, *name;
	int at, code;
	enum netfate fate;
	struct nettable old;
	char digest[NETDIGEST_LEN + 1];
	uint64_t size, ms;
	struct network net;
	struct netdiag diag;
	struct nettable_made made;
	char *ours[3];
	size_t nours;
};

/* netjob_print - say on standard output what became of it */
void netjob_print(const struct netjob *j);

/* netjob_complain - errors and warnings of the tables, on standard error */
void netjob_complain(const struct netjob *j);

/* netjob_no_self - say that there is no such server, and which may be meant */
void netjob_no_self(const struct netjob *j);

#endif
