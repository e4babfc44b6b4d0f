/* nettable.h - the network as this server sees it: which server is nearest to
 * a host, and over which others the way goes
 *
 * Compiled for one server out of the tables of the network, into one file that
 * is made whole and put in place by rename; lsv-table(8) makes it.  Names of
 * hosts are compared without regard to case.
 *
 * An entry of the network is a node (one word, an NJE name), a domain name, or
 * a suffix "*.cern.example", which stands for cern.example and all below it.
 * The longest entry that fits a host decides, an exact one before a suffix.
 * NAME.bitnet is the node NAME.
 */
#ifndef LSV_NETTABLE_H
#define LSV_NETTABLE_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/bytes.h"
#include "lib/ofat.h"
#include "lib/table.h"

struct network;

/* Below $LSV_LIB: where the table is, and its name there. */
#define NETTABLE_DIR "network"
#define NETTABLE_FILE "network.cdb"

#define NETTABLE_NONE UINT32_MAX /* no server */
#define NETTABLE_FAR UINT64_MAX  /* cost where there is no way */

enum {
	NETHOST_MAX = 255,    /* bytes of a host */
	NETTABLE_TEXT = 4096, /* bytes of one name, version or key, at most */
};

/* struct netfacts - what is known of a table
 *
 * self    number of this server
 * servers, nodes, entries, links   how many there are; entries: of names and
 *         suffixes, nodes and aliases included
 * reached servers that can be reached from here, this one included
 * files   how many it is made of
 * hops    1 when no speeds and resistances are known: a cost is the number of
 *         links times 1000
 * made_us when, microseconds since 1970
 * version of the nodes, or else of the first file that has one: "9302";
 *         empty when none has one
 * digest  16 hexadecimal digits of all files, not of who this server is: two
 *         servers with the same have the same tables
 */
struct netfacts {
	uint32_t self, servers, nodes, entries, links, reached, files;
	int hops;
	uint64_t made_us;
	struct bytes version, digest;
};

/* struct nettable_source - a file the table is made of
 *
 * name    "bitearn.nodes"
 * version "9302" or empty
 * entries how many it has
 */
struct nettable_source {
	struct bytes name, version;
	uint32_t entries;
};

/* struct netserver - a server; the texts are in the map, as those of every
 * struct here: valid until the table is refreshed or closed
 *
 * number  0 .. servers - 1, of this table alone
 * index   the one that all servers know it by, from 1
 * name    as it is shown: CEARN
 * userid  LISTSERV
 * host    lower case: its mail goes to userid@host
 * node    upper case
 * key     of :key., or empty
 * cost    from here to it, in thousandths; NETTABLE_FAR: it cannot be reached
 * hop     the first server after us on the way, itself perhaps; of ourselves:
 *         ourselves; NETTABLE_NONE: it cannot be reached
 * via     the last server before it on the way, likewise
 * file, line   the entry
 */
struct netserver {
	uint32_t number, index;
	struct bytes name, userid, host, node, version, key;
	int backbone, self;
	uint64_t cost;
	uint32_t hop, via;
	struct bytes file;
	uint32_t line;
};

/* struct nethost - where a host belongs; a plain value that may be copied, but
 * for file, which is in the map
 *
 * server  number of the nearest; ourselves when nothing is known
 * cost    from that server to the host, in thousandths; NETTABLE_FAR: not known
 * here    from us to the host, whatever servers there are; likewise
 * name    as a trace shows it: "TAMVM1", "ABC.COM"; NUL-terminated, upper
 *         case, with what is not printable as '?', cut when it is too long
 * by      the entry that decided: "TAMVM1", "*.cern.example"; empty: none did
 * file, line   where that entry is
 * known   an entry decided
 * local   it is our own node
 * own     it is the node of that server, and not just near to it
 */
struct nethost {
	uint32_t server;
	uint64_t cost, here;
	char name[NETHOST_MAX + 1];
	char by[NETHOST_MAX + 3];
	struct bytes file;
	uint32_t line;
	int known, local, own;
};

/* struct nettable - a table open for reading; zeroed is closed. The rest is
 * not for callers */
struct nettable {
	struct table table;
	struct netfacts facts;
	struct bytes files, servers, nodes, texts, filter;
};

/* nettable_open - map a table
 *
 * t       zeroed; stays closed on failure
 * path    remembered for nettable_refresh
 * Returns 0; -1 with errno ENOENT when there is none, EPROTO when the file is
 *         not a whole table, or what open, fstat and mmap said
 */
int nettable_open(struct nettable *t, const char *path);

/* nettable_refresh - open the file again if another one took its place
 *
 * Returns 1 when a new table is in use, 0 when it is the same; -1 with the
 *         errno of nettable_open: the old table stays in use
 */
int nettable_refresh(struct nettable *t);

/* nettable_close - give the map back; a closed table may be closed again */
void nettable_close(struct nettable *t);

/* nettable_facts - what is known of an open table */
const struct netfacts *nettable_facts(const struct nettable *t);

/* nettable_self - the number of this server */
uint32_t nettable_self(const struct nettable *t);

/* nettable_source - one of the files the table is made of
 *
 * number  0 .. files - 1
 * Returns 1; 0 when there is no such file; -1 with errno EPROTO when the table
 *         is damaged
 */
int nettable_source(
    const struct nettable *t, uint32_t number, struct nettable_source *out);

/* nettable_server - a server by its number
 *
 * Returns as nettable_source
 */
int nettable_server(
    const struct nettable *t, uint32_t number, struct netserver *out);

/* nettable_named - a server by its name, its node or its host, in any case
 *
 * Returns as nettable_source
 */
int nettable_named(
    const struct nettable *t, struct bytes name, struct netserver *out);

/* nettable_indexed - a server by the index that all servers know it by
 *
 * Returns as nettable_source
 */
int nettable_indexed(
    const struct nettable *t, uint32_t index, struct netserver *out);

/* nettable_path - the way from here to a server
 *
 * number  of the server
 * hops    receives the numbers of the servers crossed after us, the server
 *         itself as the last; at most room of them
 * Returns how many there are, which may be more than room; 0 when it is
 *         ourselves, or cannot be reached; -1 with errno EPROTO when the table
 *         is damaged, EINVAL when there is no such server
 */
ssize_t nettable_path(
    const struct nettable *t, uint32_t number, uint32_t *hops, size_t room);

/* nettable_host - the server that is nearest to a host
 *
 * host    domain of an address, or a bare node; any bytes
 * Returns 1 when it is known, 0 when not: out then says ourselves; -1 with
 *         errno EPROTO when the table is damaged
 */
int nettable_host(
    const struct nettable *t, struct bytes host, struct nethost *out);

/* struct nettable_made - what was written
 *
 * facts   of the table, its texts empty
 * bytes   of the file
 */
struct nettable_made {
	struct netfacts facts;
	uint64_t bytes;
};

/* nettable_find_self - which server of a network a name means
 *
 * name    of a server, its node or its host, in any case
 * Returns its number, which is the same in the table; NETTABLE_NONE
 */
uint32_t nettable_find_self(const struct network *net, struct bytes name);

/* nettable_make - compile a network for one server, durable and in place
 *
 * net     finished
 * self    number of this server
 * digest  of the files; see struct netfacts. May be empty
 * dir     directory descriptor or AT_FDCWD; nobody else writes tables there
 *         meanwhile
 * name    of the table; NULL only finds out what it would be
 * mode    of the file, whatever the umask
 * made    overwritten; may be NULL
 * Returns 0; -1 with errno ENOMEM, EINVAL when there is no such server, EFBIG,
 *         or as the functions table_make_*: the old table is then still in
 *         place
 */
int nettable_make(const struct network *net, uint32_t self, struct bytes digest,
    int dir, const char *name, mode_t mode, struct nettable_made *made);

#endif
