/* grow.c - nodes and their links, one node after the other */
#include <stdlib.h>

#include "bench/common/buf.h"
#include "bench/lsv-netgen/netgen.h"

enum {
	LINKS_PER_NODE = 2,
	TRIANGLE =
	    50,       /* percent of second links, to a neighbour of the first */
	ABROAD = 3,   /* percent of links that leave the region */
	TRIES = 8,    /* before a link is not made */
	REGION = 950, /* nodes of one region, on average */
	TENTH = 10,   /* of the servers are backbone */
};

/* struct ends - both ends of all links of a region, so that an end picked at
 * random is a node with many links */
struct ends {
	uint32_t *node;
	uint32_t n, room;
};

static struct ends *ends;

uint32_t
gen_below(struct gen *g, uint32_t n)
{
	uint64_t z = g->seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return (uint32_t)((z >> 32) * n >> 32);
}

static void
end_add(struct ends *e, uint32_t node)
{
	uint32_t *new;

	if (e->n == e->room) {
		e->room = e->room ? e->room * 2 : 64;
		new = mem_get(e->room * sizeof *new);
		for (uint32_t i = 0; i < e->n; i++)
			new[i] = e->node[i];
		free(e->node);
		e->node = new;
	}
	e->node[e->n++] = node;
}

static int
linked(const struct gen *g, uint32_t a, uint32_t b, uint32_t since)
{
	for (uint32_t i = since; i < g->links; i++)
		if ((g->link[i].a == a && g->link[i].b == b) ||
		    (g->link[i].a == b && g->link[i].b == a))
			return 1;
	return 0;
}

/* Links are made by the newer node only, so that those it has already are the
 * last ones: since is the first of them. */
static int
join(struct gen *g, uint32_t a, uint32_t b, uint32_t since)
{
	uint32_t ra = g->node[a].region, rb = g->node[b].region;

	if (a == b || g->node[b].degree >= DEGREE_MAX || linked(g, a, b, since))
		return 0;
	/* most are slow, those between regions fast */
	g->link[g->links++] = (struct genlink){.a = a,
	    .b = b,
	    .kind = (uint8_t)(ra != rb       ? 0
		    : gen_below(g, 100) == 0 ? 4
		    : gen_below(g, 10) == 0  ? 1
					     : 2 + gen_below(g, 2))};
	g->node[a].degree++;
	g->node[b].degree++;
	end_add(&ends[ra], a);
	end_add(&ends[rb], b);
	return 1;
}

static uint32_t
pick(struct gen *g, uint32_t region)
{
	const struct ends *e = &ends[region];

	if (e->n == 0)
		return g->first[region];
	return e->node[gen_below(g, e->n)];
}

/* The other end of a link of a node, made in its region: one of the last. */
static uint32_t
neighbour(struct gen *g, uint32_t node, uint32_t region)
{
	const struct ends *e = &ends[region];
	uint32_t i, at;

	for (i = 0; i < 200 && i < e->n; i++) {
		at = e->n - 1 - gen_below(g, e->n);
		if (e->node[at] == node) /* ends are put down in pairs */
			return e->node[at ^ 1];
	}
	return pick(g, region);
}

static void
link_node(struct gen *g, uint32_t node)
{
	uint32_t region = g->node[node].region, since = g->links, first, other;
	int i, tries;

	first = pick(g, region);
	for (tries = 0; !join(g, node, first, since) && tries < TRIES; tries++)
		first = pick(g, region);
	for (i = 1; i < LINKS_PER_NODE; i++)
		for (tries = 0; tries < TRIES; tries++) {
			if (gen_below(g, 100) < TRIANGLE)
				other = neighbour(g, first, region);
			else
				other = pick(g, region);
			if (gen_below(g, 100) < ABROAD)
				other = pick(g, gen_below(g, region + 1));
			if (join(g, node, other, since))
				break;
		}
}

/* The first node of each region hangs on those of up to three others. */
static void
link_hub(struct gen *g, uint32_t region)
{
	uint32_t since = g->links, i, other;

	for (i = 0; i < 3 && region > 0; i++) {
		other = gen_below(g, region);
		if (i == 0 || gen_below(g, 2))
			join(g, g->first[region], g->first[other], since);
	}
}

/* Sizes differ: a region has between a fifth and nearly twice the average. */
static void
divide(struct gen *g)
{
	uint32_t r, i, left, share;

	g->regions = 1 + g->nodes / REGION;
	g->first = mem_get((g->regions + 1) * sizeof *g->first);
	for (r = 1; r < g->regions; r++) {
		left = g->nodes - g->first[r - 1];
		share = left / (g->regions - r + 1);
		g->first[r] = g->first[r - 1] + 1 + share / 5 +
		    gen_below(g, share * 8 / 5);
		if (g->first[r] > g->nodes - (g->regions - r))
			g->first[r] = g->nodes - (g->regions - r);
	}
	g->first[g->regions] = g->nodes;
	for (r = 0; r < g->regions; r++)
		for (i = g->first[r]; i < g->first[r + 1]; i++)
			g->node[i].region = r;
}

static int
by_degree(const void *a, const void *b, void *node)
{
	const uint32_t *x = a, *y = b;
	const struct gennode *n = node;

	if (n[*x].degree != n[*y].degree)
		return n[*x].degree < n[*y].degree ? 1 : -1;
	return *x < *y ? -1 : 1;
}

static void
place_servers(struct gen *g)
{
	uint32_t i, at, n = 0;

	g->top = mem_get(g->servers * sizeof *g->top);
	for (i = 0; n < g->servers; i++) {
		at = gen_below(g, g->nodes);
		if (i < g->servers * 20) { /* nodes with many links first */
			at = g->link[gen_below(g, g->links)].a;
			if (gen_below(g, 2))
				at = pick(g, g->node[at].region);
		}
		if (g->node[at].server)
			continue;
		g->node[at].server = 1;
		g->top[n++] = at;
	}
	qsort_r(g->top, n, sizeof *g->top, by_degree, g->node);
	for (i = 0; i < 1 + n / TENTH; i++)
		g->node[g->top[i]].backbone = 1;
}

/* Large servers serve more. */
static void
place_domains(struct gen *g)
{
	uint32_t i, at, span;

	g->server = mem_get((g->domains + 1) * sizeof *g->server);
	for (i = 0; i < g->domains; i++) {
		do {
			span = 1 + gen_below(g, g->servers);
			at = g->top[gen_below(g, span)];
		} while (g->node[at].domains >= DOMAINS_MAX);
		g->node[at].domains++;
		g->server[i] = at;
	}
}

void
gen_make(struct gen *g)
{
	uint32_t r, i;

	g->node = mem_get(g->nodes * sizeof *g->node);
	g->link =
	    mem_get(((size_t)g->nodes * LINKS_PER_NODE + 8) * sizeof *g->link);
	divide(g);
	ends = mem_get(g->regions * sizeof *ends);
	for (r = 0; r < g->regions; r++) {
		link_hub(g, r);
		for (i = g->first[r] + 1; i < g->first[r + 1]; i++)
			link_node(g, i);
	}
	place_servers(g);
	place_domains(g);
}
