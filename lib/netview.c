#include "lib/netview.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/network.h"

static int
compare(const void *one, const void *other)
{
	uint64_t a, b;

	memcpy(&a, one, sizeof a);
	memcpy(&b, other, sizeof b);
	return (a > b) - (a < b);
}

/* Numbers of servers in the order of their indexes, those without one last. */
static void
sort_by_index(
    const struct network *net, uint32_t *server, uint64_t *room, size_t n)
{
	uint64_t index;
	size_t i;

	for (i = 0; i < n; i++) {
		index = net->peer[server[i]].index;
		room[i] = (index ? index : UINT32_MAX) << 32 | server[i];
	}
	qsort(room, n, sizeof *room, compare);
	for (i = 0; i < n; i++)
		server[i] = (uint32_t)room[i];
}

/* The servers that can be reached. */
static int
list_servers(struct netview *v)
{
	const struct network *net = v->net;
	uint64_t *room = calloc(net->npeers, sizeof *room);
	uint32_t i, n = 1;

	v->server = calloc(net->npeers, sizeof *v->server);
	if (!room || !v->server) {
		free(room);
		return -1;
	}
	v->server[0] = v->self;
	for (i = 0; i < net->npeers; i++)
		if (i != v->self &&
		    v->here.cost[net->peer[i].node] != NETPATH_FAR)
			v->server[n++] = i;
	v->nserver = n;
	sort_by_index(net, v->server + 1, room, n - 1);
	free(room);
	return 0;
}

static int
find_nearest(struct netview *v, const struct netgraph *g)
{
	uint32_t *node = calloc(v->nserver, sizeof *node), i;
	int r;

	if (!node)
		return -1;
	for (i = 0; i < v->nserver; i++)
		node[i] = v->net->peer[v->server[i]].node;
	r = netpath_find(&v->near, g, node, v->nserver);
	free(node);
	return r;
}

/* The server of each node that passes on what crosses it, in the place of the
 * first one. */
static void
place_backbone(struct netview *v)
{
	const struct network *net = v->net;
	uint32_t i, s;

	for (i = v->nserver; i-- > 0;) { /* the preferred one is put last */
		s = v->server[i];
		if (net->peer[s].backbone || s == v->self)
			v->first[net->peer[s].node] = s;
	}
}

/* One step: the node before this one is known, or it is the start. */
static void
cross(struct netview *v, uint32_t node)
{
	uint32_t from = v->here.from[node], own = v->first[node];

	if (from == NETPATH_NONE) {
		v->first[node] = NETPATH_NONE;
		v->last[node] = v->self;
		return;
	}
	v->last[node] = own != NETPATH_NONE ? own : v->last[from];
	if (v->first[from] != NETPATH_NONE)
		v->first[node] = v->first[from];
}

/* What each way crosses: that of a node is that of the node before it, and its
 * own server. last says which nodes are known. */
static int
find_crossed(struct netview *v)
{
	uint32_t n = v->net->nnodes, i, at, deep, *chain;

	v->first = malloc(((size_t)n + 1) * sizeof *v->first);
	v->last = malloc(((size_t)n + 1) * sizeof *v->last);
	chain = malloc(((size_t)n + 1) * sizeof *chain);
	if (!v->first || !v->last || !chain) {
		free(chain);
		return -1;
	}
	memset(v->first, 0xff, n * sizeof *v->first); /* NETPATH_NONE */
	memset(v->last, 0xff, n * sizeof *v->last);
	place_backbone(v);
	for (i = 0; i < n; i++) {
		if (v->here.cost[i] == NETPATH_FAR)
			continue;
		deep = 0;
		for (at = i; at != NETPATH_NONE && v->last[at] == NETPATH_NONE;
		     at = v->here.from[at])
			chain[deep++] = at;
		while (deep > 0)
			cross(v, chain[--deep]);
	}
	free(chain);
	return 0;
}

int
netview_make(struct netview *v, const struct network *net, uint32_t self)
{
	struct netgraph g;
	int r = -1;

	*v = (struct netview){.net = net, .self = self};
	if (self >= net->npeers) {
		errno = EINVAL;
		return -1;
	}
	if (netgraph_of(&g, net) == 0 &&
	    netpath_find(&v->here, &g, &net->peer[self].node, 1) == 0 &&
	    list_servers(v) == 0 && find_nearest(v, &g) == 0 &&
	    find_crossed(v) == 0)
		r = 0;
	v->hops = g.hops;
	netgraph_free(&g);
	return r;
}

/* The node before that of a server on the way there; NETPATH_NONE when it is
 * our own, or there is no way. */
static uint32_t
node_before(const struct netview *v, uint32_t server)
{
	return v->here.from[v->net->peer[server].node];
}

static int
reached(const struct netview *v, uint32_t server)
{
	return v->here.cost[v->net->peer[server].node] != NETPATH_FAR;
}

uint32_t
netview_hop(const struct netview *v, uint32_t server)
{
	uint32_t node = node_before(v, server);

	if (!reached(v, server))
		return NETPATH_NONE;
	if (node == NETPATH_NONE || v->first[node] == NETPATH_NONE)
		return server;
	return v->first[node];
}

uint32_t
netview_via(const struct netview *v, uint32_t server)
{
	uint32_t node = node_before(v, server);

	if (!reached(v, server))
		return NETPATH_NONE;
	return node == NETPATH_NONE ? v->self : v->last[node];
}

uint32_t
netview_nearest(const struct netview *v, uint32_t node, uint64_t *cost)
{
	*cost = v->near.cost[node];
	if (*cost == NETPATH_FAR)
		return v->self;
	return v->server[v->near.source[node]];
}

void
netview_free(struct netview *v)
{
	netways_free(&v->here);
	netways_free(&v->near);
	free(v->server);
	free(v->first);
	free(v->last);
	*v = (struct netview){0};
}
