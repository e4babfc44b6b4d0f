/* nettables.h - tables of a network from strings, and what was said of them */
#ifndef LSV_TESTS_NETTABLES_H
#define LSV_TESTS_NETTABLES_H

#include "lib/netover.h"
#include "lib/network.h"

/* struct nettables - a network being read; all zero bytes at first */
struct nettables {
	struct network n;
	struct netdiag d;
	struct netover over;
};

/* nettables_read - read one table, which is called as its kind
 *
 * what    "nodes", "peers", "intpeers", "aliases", "domain", "service", or
 *         "local" for local overrides, which come first
 * text    as long as the tables are
 */
void nettables_read(
    struct nettables *t, const char *what, const char *text, size_t len);

/* nettables_z - the same for a string */
void nettables_z(struct nettables *t, const char *what, const char *text);

/* nettables_local - entries that stand in local overrides only */
void nettables_local(struct nettables *t, const char *what);

/* nettables_finish - network_finish */
void nettables_finish(struct nettables *t);

/* nettables_said - exactly these errors and warnings, LF behind each */
void nettables_said(
    const struct nettables *t, const char *errors, const char *warnings);

/* nettables_host - the node of a host; "" when there is none */
void nettables_host(
    const struct nettables *t, const char *host, const char *node);

/* nettables_links - all links of a node, blanks between them, as
 * "NAME:TYPE:SPEED:THOUSANDTHS" with type P, D or V and the switches, and "+A" behind
 * those that are one way */
void nettables_links(
    const struct nettables *t, const char *node, const char *want);

/* nettables_free - give its memory back */
void nettables_free(struct nettables *t);

#endif
