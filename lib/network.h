/* network.h - nodes, links and servers of a network, as its tables tell
 *
 * The model is memory only: parsers of tables (netnodes.h, netpeers.h,
 * netnames.h) and tests add to it, network_finish joins what they added.
 * Everything has a number, which is its place in an array; numbers never change
 * but for those of links, which network_finish sorts.  network_read_dir
 * (netdir.h) does it all for the tables of a directory.
 *
 * A host is known by the name of its node, by an alias, or by its domain: the
 * domain itself wins over every suffix, a longer suffix over a shorter one, and
 * "*.x" stands for every name below x and for x.
 *
 * The cost of a path is the sum of the resistances of its links and of all its
 * nodes but the last one (network.md 4.1).
 */
#ifndef LSV_NETWORK_H
#define LSV_NETWORK_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/netdiag.h"
#include "lib/netindex.h"
#include "lib/ofat.h"

enum {
	NETWORK_NODES_MAX = 1000000,
	NETWORK_LINKS_MAX = 4000000,
	NETWORK_PEERS_MAX = 100000,
	NETWORK_DOMAINS_MAX = 4000000,
	NETWORK_ALIASES_MAX = 1000000,
	NETWORK_AREAS_MAX = 10000,
	NETWORK_MEMBERS_MAX = 1000000, /* of all areas */
	NETWORK_FILES_MAX = 16,
	NETWORK_INDEX_MAX = 999999, /* largest :index. */
	NETWORK_NAME_MAX = 64,      /* bytes of the name of a node or server */
	NETWORK_DOMAIN_MAX = 255,   /* bytes of a domain, and 2 for "*." */
	NETWORK_FILE_NAME_MAX = 31, /* bytes of the name of a table */
	NETWORK_VERSION_MAX = 31,

	/* thousandths */
	NETWORK_NODE_COST = 1,         /* the default of :noderesist. */
	NETWORK_COST_MAX = 99999999,   /* the largest resistance */
	NETWORK_SPEED = 9600,          /* bit/s, the default */
	NETWORK_SPEED_MAX = 1000000000 /* bit/s */
};

/* No node, server, domain, file. */
#define NETWORK_NONE UINT32_MAX

/* struct netplace - where something was said
 *
 * file    number of the file, NETWORK_NONE when it came from no file
 * line    from 1; 0 when it came from no file
 */
struct netplace {
	uint32_t file, line;
};

/* struct netfile - a table that was read
 *
 * name    as it is called in its directory
 * version "8808", the yynn of its version entry; "" when it has none
 * entries so many, without the version entry
 */
struct netfile {
	char name[NETWORK_FILE_NAME_MAX + 1];
	char version[NETWORK_VERSION_MAX + 1];
	uint32_t entries;
};

/* struct netnode - a vertex
 *
 * name        upper case: a name of NJE, or a domain when it has none
 * resistance  thousandths, of each path that goes on from here
 * domain      the first of its domains, without '*', else NETWORK_NONE
 */
struct netnode {
	struct nettext name;
	struct netplace place;
	uint32_t resistance, domain;
};

enum netlink_type {
	NETLINK_P, /* permanent */
	NETLINK_D, /* dial-up: to be avoided if there is another path */
	NETLINK_V  /* virtual, crossing that many switches; 0: direct */
};

/* struct netlink - the way from one node to another, in that direction only
 *
 * name        of the neighbour, as it was given
 * to          its number, known when the network is finished
 * speed       bit/s; 0: it is not for traffic
 * resistance  thousandths, at least 1: given, or 1,000,000,000 / speed
 * rated       1: its speed or resistance was given, not the default
 * oneway      1: option A, that the neighbour does not answer it is meant
 */
struct netlink {
	struct nettext name;
	struct netplace place;
	uint32_t from, to, speed, resistance;
	uint8_t type, switches, rated, oneway;
};

/* struct netpeer - a server
 *
 * name        its nick, upper case: CEARN, LISTSERV.VT.EDU
 * userid      upper case, LISTSERV
 * host        domain its mail goes to, lower case; may be empty
 * key         its :key., as written
 * version, title, admin
 *             its :version., :name., :admin., as written
 * node        number of its node
 * index       1 to NETWORK_INDEX_MAX; 0 when another server was first to have
 *             the same one
 * backbone    1: it passes on what goes to other servers
 */
struct netpeer {
	struct nettext name;
	struct netplace place;
	struct nettext userid, host, key, version, title, admin;
	uint32_t node, index;
	uint8_t backbone;
};

/* struct netdomain - hosts of a node
 *
 * name        lower case, as it is written: "cern.example", "*.ch"
 * suffix      1: it begins with "*."
 * node        where mail for them goes
 */
struct netdomain {
	struct nettext name;
	struct netplace place;
	uint32_t node;
	uint8_t suffix;
};

/* struct netalias - another name of a host
 *
 * old         upper case: the name of a node, or a domain
 * new         upper case: another alias, a node, a server or a domain
 * node        where that is in the end, known when the network is finished;
 *             NETWORK_NONE: nowhere, so the alias is good for nothing
 * renamed     1: the node once had this name; who still has it, wins
 */
struct netalias {
	struct nettext old;
	struct netplace place;
	struct nettext new;
	uint32_t node;
	uint8_t renamed;
};

/* struct netarea - a service area, of members first to first + count - 1 */
struct netarea {
	struct nettext name; /* upper case */
	struct netplace place;
	uint32_t first, count;
};

/* struct netmember - whom a service area has
 *
 * name        upper case: a node, a domain, or "*." and a domain
 * exclude     1: whom it has not
 */
struct netmember {
	struct nettext name;
	uint8_t exclude;
};

/* struct network - all of it; all zero bytes at first
 *
 * rated       so many links have a speed or resistance that was given; when
 *             none has, a path costs as many thousands as it has links
 * today       days since 1970, to tell old tables; 0: nobody asks
 * taken       a bit for each index of a server
 * first       when finished: the links of node v are first[v] to
 *             first[v + 1] - 1, by number of the neighbour; else NULL
 */
struct network {
	struct netfile file[NETWORK_FILES_MAX];
	uint32_t nfiles;
	uint32_t today;
	stralloc text;

	struct netnode *node;
	uint32_t nnodes, nodes_room;
	struct netlink *link;
	uint32_t nlinks, links_room, rated;
	struct netpeer *peer;
	uint32_t npeers, peers_room;
	struct netdomain *domain;
	uint32_t ndomains, domains_room;
	struct netalias *alias;
	uint32_t naliases, aliases_room;
	struct netarea *area;
	uint32_t nareas, areas_room;
	struct netmember *member;
	uint32_t nmembers, members_room;

	unsigned char *taken;
	uint32_t *first;
	struct netindex nodes, peers, domains, aliases, areas;
};

/* What the functions that add have in common: names are given in any case; they
 * are copied. place is {NETWORK_NONE, 0} for what no file said. number receives
 * the number, with EEXIST that of the one that was there; it may be NULL.
 * All return 0; -1 with errno
 *	EINVAL    the name can be none
 *	EEXIST    there is one of that name; it stays as it is
 *	EOVERFLOW there are too many of them, or over 4 GiB of text
 *	ENOMEM
 * After network_finish nothing may be added.
 */

/* network_add_file - a table; its name is cut when too long */
int network_add_file(struct network *n, uint32_t *number, struct bytes name);

/* network_add_node - a node
 *
 * name        1 to 8 letters and digits, a letter first; or a domain
 * resistance  thousandths
 */
int network_add_node(struct network *n, uint32_t *number, struct bytes name,
    uint32_t resistance, struct netplace place);

/* network_add_link - a link
 *
 * from        number of a node
 * to          name of the neighbour: node, server, alias or domain, which may
 *             be added later
 * as          type, switches, speed, resistance (0: made of the speed), rated,
 *             oneway, place; the rest is not looked at
 */
int network_add_link(struct network *n, uint32_t from, struct bytes to,
    const struct netlink *as);

/* struct netpeer_new - what network_add_peer wants; see struct netpeer */
struct netpeer_new {
	struct bytes name, userid, host, key, version, title, admin;
	struct netplace place;
	uint32_t node, index;
	int backbone;
};

/* network_add_peer - a server
 *
 * p       name and host as for nodes; userid empty: LISTSERV; the host is added
 *         to the domains of its node, unless it is one of another
 * Returns also -1 with EADDRINUSE when its index is taken: it was added then,
 *         with index 0, and *number is its own
 */
int network_add_peer(
    struct network *n, uint32_t *number, const struct netpeer_new *p);

/* network_add_domain - a domain of a node, or with "*." a suffix */
int network_add_domain(struct network *n, uint32_t *number, struct bytes name,
    uint32_t node, struct netplace place);

/* network_add_alias - another name of a node or domain, known or not */
int network_add_alias(
    struct network *n, struct bytes old, struct bytes new, struct netplace at);

/* network_add_area - a service area */
int network_add_area(struct network *n, uint32_t *number, struct bytes name,
    struct netplace place);

/* network_add_member - a member of the area that was added last */
int network_add_member(struct network *n, struct bytes name, int exclude);

/* network_text - the bytes of a string; valid until something is added */
struct bytes network_text(const struct network *n, struct nettext t);

/* network_node, network_peer, network_domain, network_alias - find by name, in
 * any case
 *
 * name    of a node; the nick of a server; a domain as it was added, so
 *         "*.x" finds the suffix only; the old name of an alias
 * Returns the number, or NETWORK_NONE
 */
uint32_t network_node(const struct network *n, struct bytes name);
uint32_t network_peer(const struct network *n, struct bytes name);
uint32_t network_domain(const struct network *n, struct bytes name);
uint32_t network_alias(const struct network *n, struct bytes old);

/* network_host - the node that a host belongs to
 *
 * host    name of a node, with or without ".BITNET", an alias, the nick of a
 *         server, a domain, or below a suffix: the first of these that it is;
 *         aliases only when finished
 * domain  receives the number of the domain that decided, or NETWORK_NONE; may
 *         be NULL
 * Returns the number of the node, or NETWORK_NONE
 */
uint32_t network_host(
    const struct network *n, struct bytes host, uint32_t *domain);

/* network_finish - join what was added
 *
 * Links get the numbers of their neighbours and are sorted; those to unknown
 * nodes, and from a node to itself, are taken out.  Aliases are followed.
 * d       receives warnings, and errors for loops of aliases; may be NULL
 * Returns 0; -1 with errno ENOMEM
 */
int network_finish(struct network *n, struct netdiag *d);

/* network_free - give its memory back; all zero bytes again */
void network_free(struct network *n);

#endif
