#include "lib/netpath.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/network.h"

enum {
	NODES_MAX = 1 << 23,   /* so that the cost of a way fits in 64 bits */
	LINKS_MAX = INT32_MAX, /* one bit of a number says DIAL */
	NOT_IN_HEAP = 0,
};

#define DIAL (UINT32_C(1) << 31)

/* The links one after another, those of a node together: counted first, then
 * each put at the end of the place that is left for its node. */
static void
lay_out(struct netgraph *g, const struct netarc *arcs, size_t narcs)
{
	uint32_t i, at = 0, n;
	size_t k;

	for (k = 0; k < narcs; k++)
		g->first[arcs[k].from]++;
	for (i = 0; i < g->nodes; i++) {
		n = g->first[i];
		g->first[i] = at;
		at += n;
	}
	for (k = 0; k < narcs; k++) {
		i = g->first[arcs[k].from]++;
		g->to[i] = arcs[k].to | (arcs[k].dial ? DIAL : 0);
		g->cost[i] = arcs[k].cost;
	}
	for (i = g->nodes; i > 0; i--)
		g->first[i] = g->first[i - 1];
	g->first[0] = 0;
}

static int
arcs_ok(uint32_t nodes, const struct netarc *arcs, size_t narcs)
{
	size_t k;

	if (nodes > NODES_MAX || narcs > LINKS_MAX)
		return 0;
	for (k = 0; k < narcs; k++)
		if (arcs[k].from >= nodes || arcs[k].to >= nodes ||
		    arcs[k].cost == 0 || arcs[k].cost > NETPATH_COST_MAX)
			return 0;
	return 1;
}

int
netgraph_make(
    struct netgraph *g, uint32_t nodes, const struct netarc *arcs, size_t narcs)
{
	*g = (struct netgraph){.nodes = nodes, .arcs = (uint32_t)narcs};
	if (!arcs_ok(nodes, arcs, narcs)) {
		errno = EINVAL;
		return -1;
	}
	g->first = calloc((size_t)nodes + 1, sizeof *g->first);
	g->to = calloc(narcs + 1, sizeof *g->to);
	g->cost = calloc(narcs + 1, sizeof *g->cost);
	if (!g->first || !g->to || !g->cost)
		return -1;
	lay_out(g, arcs, narcs);
	return 0;
}

int
netgraph_of(struct netgraph *g, const struct network *net)
{
	struct netarc *arc = calloc((size_t)net->nlinks + 1, sizeof *arc);
	const struct netlink *l;
	size_t n = 0;
	uint32_t i;
	int r;

	*g = (struct netgraph){0};
	if (!arc)
		return -1;
	for (i = 0; i < net->nlinks; i++) {
		l = &net->link[i];
		if (l->speed == 0)
			continue;
		arc[n++] = (struct netarc){.from = l->from,
		    .to = l->to,
		    .cost = net->rated ? (uint64_t)l->resistance +
			    net->node[l->from].resistance
				       : NETPATH_HOP,
		    .dial = l->type == NETLINK_D};
	}
	r = netgraph_make(g, net->nnodes, arc, n);
	g->hops = net->rated == 0;
	free(arc);
	return r;
}

void
netgraph_free(struct netgraph *g)
{
	free(g->first);
	free(g->to);
	free(g->cost);
	*g = (struct netgraph){0};
}

/* The nodes that a way is known to, the nearest one on top: a heap whose places
 * count from 1. */
struct search {
	const struct netgraph *g;
	struct netways *w;
	uint32_t *heap, *place; /* place of each node, or NOT_IN_HEAP */
	uint32_t n;
};

static int
nearer(const struct netways *w, uint32_t a, uint32_t b)
{
	if (w->dials[a] != w->dials[b])
		return w->dials[a] < w->dials[b];
	return w->cost[a] < w->cost[b];
}

static void
put(struct search *s, uint32_t place, uint32_t node)
{
	s->heap[place] = node;
	s->place[node] = place;
}

static void
rise(struct search *s, uint32_t node)
{
	uint32_t at = s->place[node];

	if (at == NOT_IN_HEAP)
		at = ++s->n;
	for (; at > 1 && nearer(s->w, node, s->heap[at / 2]); at /= 2)
		put(s, at, s->heap[at / 2]);
	put(s, at, node);
}

static uint32_t
take_nearest(struct search *s)
{
	uint32_t top = s->heap[1], last = s->heap[s->n--], at = 1, child;

	for (; (child = at * 2) <= s->n; at = child) {
		if (child < s->n &&
		    nearer(s->w, s->heap[child + 1], s->heap[child]))
			child++;
		if (!nearer(s->w, s->heap[child], last))
			break;
		put(s, at, s->heap[child]);
	}
	if (s->n > 0)
		put(s, at, last);
	s->place[top] = NOT_IN_HEAP;
	return top;
}

/* Is the way to a node over from, of so many dials and such a cost, better than
 * the one that is known? */
static int
better(const struct netways *w, uint32_t node, uint32_t from, uint32_t dials,
    uint64_t cost)
{
	if (w->cost[node] == NETPATH_FAR)
		return 1;
	if (dials != w->dials[node])
		return dials < w->dials[node];
	if (cost != w->cost[node])
		return cost < w->cost[node];
	if (w->source[from] != w->source[node])
		return w->source[from] < w->source[node];
	return from < w->from[node];
}

/* Every link costs something, so a node that was taken is never reached again
 * by a way that is as short. */
static void
go_on(struct search *s, uint32_t from)
{
	const struct netgraph *g = s->g;
	struct netways *w = s->w;
	uint32_t i, to, dials;
	uint64_t cost;

	for (i = g->first[from]; i < g->first[from + 1]; i++) {
		to = g->to[i] & ~DIAL;
		dials = w->dials[from] + (g->to[i] & DIAL ? 1 : 0);
		cost = w->cost[from] + g->cost[i];
		if (!better(w, to, from, dials, cost))
			continue;
		w->dials[to] = dials;
		w->cost[to] = cost;
		w->from[to] = from;
		w->source[to] = w->source[from];
		rise(s, to);
	}
}

static int
begin(struct search *s, const uint32_t *source, size_t n)
{
	struct netways *w = s->w;
	size_t i;

	for (i = 0; i < n; i++) {
		if (source[i] >= s->g->nodes) {
			errno = EINVAL;
			return -1;
		}
		if (w->cost[source[i]] == 0)
			continue; /* listed before */
		w->cost[source[i]] = 0;
		w->source[source[i]] = (uint32_t)i;
		rise(s, source[i]);
	}
	return 0;
}

static int
ways_make(struct netways *w, uint32_t nodes)
{
	size_t n = (size_t)nodes + 1;

	*w = (struct netways){0};
	w->cost = malloc(n * sizeof *w->cost);
	w->dials = calloc(n, sizeof *w->dials);
	w->from = malloc(n * sizeof *w->from);
	w->source = malloc(n * sizeof *w->source);
	if (!w->cost || !w->dials || !w->from || !w->source)
		return -1;
	memset(w->cost, 0xff, n * sizeof *w->cost); /* NETPATH_FAR */
	memset(w->from, 0xff, n * sizeof *w->from); /* NETPATH_NONE */
	memset(w->source, 0xff, n * sizeof *w->source);
	return 0;
}

int
netpath_find(struct netways *w, const struct netgraph *g,
    const uint32_t *source, size_t n)
{
	struct search s = {.g = g, .w = w};
	int r = -1;

	s.heap = malloc(((size_t)g->nodes + 1) * sizeof *s.heap);
	s.place = calloc((size_t)g->nodes + 1, sizeof *s.place);
	if (ways_make(w, g->nodes) < 0 || !s.heap || !s.place)
		goto done;
	if (begin(&s, source, n) < 0)
		goto done;
	while (s.n > 0)
		go_on(&s, take_nearest(&s));
	r = 0;
done:
	free(s.heap);
	free(s.place);
	return r;
}

void
netways_free(struct netways *w)
{
	free(w->cost);
	free(w->dials);
	free(w->from);
	free(w->source);
	*w = (struct netways){0};
}
