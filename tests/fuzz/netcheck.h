/* netcheck.h - what is true of every network that was read from tables */
#ifndef LSV_FUZZ_NETCHECK_H
#define LSV_FUZZ_NETCHECK_H

#include <string.h>

#include "lib/netover.h"
#include "lib/network.h"
#include "tests/fuzz/fuzz.h"

/* netcheck_part - take the first part of an input: parts end with a line "=" */
static inline struct bytes
netcheck_part(struct bytes *left)
{
	struct bytes part = *left;

	for (size_t i = 0; i + 1 < left->len; i++)
		if (left->s[i] == '=' && left->s[i + 1] == '\n' &&
		    (i == 0 || left->s[i - 1] == '\n')) {
			part.len = i;
			left->s += i + 2;
			left->len -= i + 2;
			return part;
		}
	left->s += left->len;
	left->len = 0;
	return part;
}

/* netcheck_source - a part as a table of the network */
static inline struct netsource
netcheck_source(struct network *n, const char *name, struct bytes *left)
{
	struct netsource from = {name, 0, 1, netcheck_part(left)};

	must(network_add_file(n, &from.file, bytes_z(name)) == 0);
	return from;
}

static inline void
netcheck_links(const struct network *n)
{
	uint32_t rated = 0;

	must(n->first[0] == 0 && n->first[n->nnodes] == n->nlinks);
	for (uint32_t v = 0; v < n->nnodes; v++) {
		must(n->first[v] <= n->first[v + 1]);
		for (uint32_t i = n->first[v]; i < n->first[v + 1]; i++) {
			const struct netlink *l = &n->link[i];

			must(l->from == v && l->to < n->nnodes && l->to != v);
			must(i == n->first[v] || l[-1].to <= l->to);
			must(l->resistance >= 1 && l->resistance <= 1000000000);
			must(l->speed <= NETWORK_SPEED_MAX);
			must(l->type <= NETLINK_V);
			rated += l->rated;
		}
	}
	must(rated == n->rated);
}

static inline void
netcheck_names(const struct network *n)
{
	for (uint32_t i = 0; i < n->nnodes; i++) {
		must(network_node(n, network_text(n, n->node[i].name)) == i);
		must(network_host(n, network_text(n, n->node[i].name), NULL) ==
		    i);
		must(n->node[i].resistance <= NETWORK_COST_MAX);
		must(n->node[i].domain == NETWORK_NONE ||
		    n->domain[n->node[i].domain].node == i);
	}
	for (uint32_t i = 0; i < n->npeers; i++) {
		must(network_peer(n, network_text(n, n->peer[i].name)) == i);
		must(n->peer[i].node < n->nnodes);
		must(n->peer[i].index <= NETWORK_INDEX_MAX);
	}
	for (uint32_t i = 0; i < n->ndomains; i++) {
		struct bytes name = network_text(n, n->domain[i].name);

		must(network_domain(n, name) == i);
		must(n->domain[i].node < n->nnodes);
		must(network_host(n, name, NULL) < n->nnodes);
	}
	for (uint32_t i = 0; i < n->naliases; i++)
		must(n->alias[i].node == NETWORK_NONE ||
		    n->alias[i].node < n->nnodes);
	for (uint32_t i = 0; i < n->nareas; i++)
		must(n->area[i].first + n->area[i].count <= n->nmembers);
}

static inline void
netcheck_diag(struct netdiag *d)
{
	netdiag_end(d);
	must(!d->failed);
	for (int k = 0; k < 2; k++) {
		const stralloc *t = &d->text[k];

		must((t->len != 0) == (d->count[k] != 0));
		for (size_t i = 0; i < t->len; i++)
			must(t->s[i] == '\n' || t->s[i] < 0 ||
			    (t->s[i] >= ' ' && t->s[i] != 0x7f));
		must(t->len == 0 || t->s[t->len - 1] == '\n');
	}
}

/* netcheck_end - finish a network, look at all of it, give its memory back */
static inline void
netcheck_end(struct network *n, struct netdiag *d, struct netover *over)
{
	must(network_finish(n, d) == 0);
	netcheck_links(n);
	netcheck_names(n);
	netcheck_diag(d);
	network_free(n);
	netdiag_free(d);
	netover_free(over);
}

#endif
