#include "lib/netpath.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/network.h"

enum { NETWORKS = 600, NODES = 40, ARCS = 200, SOURCES = 6 };

/* A random number below n. */
static uint32_t seed;

static uint32_t
below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(seed >> 4) * n >> 28);
}

/* struct random - a network whose costs are small, so that ways are often as
 * short as others */
struct random {
	struct netarc arc[ARCS];
	uint32_t nodes, arcs, source[SOURCES], sources;
};

static void
make_random(struct random *r)
{
	uint32_t i, most = below(4) == 0 ? 3 : 50;

	r->nodes = 1 + below(NODES);
	r->arcs = below(ARCS + 1) * r->nodes / NODES;
	for (i = 0; i < r->arcs; i++)
		r->arc[i] = (struct netarc){.from = below(r->nodes),
		    .to = below(r->nodes),
		    .cost = 1 + below(most),
		    .dial = below(8) == 0};
	r->sources = 1 + below(SOURCES);
	for (i = 0; i < r->sources; i++)
		r->source[i] = below(r->nodes);
}

/* struct naive - what is known of a node; by comparing all arcs until nothing
 * gets better */
struct naive {
	uint64_t dials, cost;
	uint32_t source;
	int known;
};

static int
naive_better(const struct naive *a, const struct naive *b)
{
	if (!b->known)
		return 1;
	if (a->dials != b->dials)
		return a->dials < b->dials;
	if (a->cost != b->cost)
		return a->cost < b->cost;
	return a->source < b->source;
}

static struct naive
over(const struct naive *from, const struct netarc *a)
{
	struct naive n = *from;

	n.dials += a->dial != 0;
	n.cost += a->cost;
	return n;
}

static void
bellman_ford(struct naive *node, const struct random *r)
{
	struct naive n;
	uint32_t i;
	int changed = 1;

	memset(node, 0, NODES * sizeof *node);
	for (i = r->sources; i-- > 0;)
		node[r->source[i]] = (struct naive){0, 0, i, 1};
	while (changed) {
		changed = 0;
		for (i = 0; i < r->arcs; i++) {
			if (!node[r->arc[i].from].known)
				continue;
			n = over(&node[r->arc[i].from], &r->arc[i]);
			if (!naive_better(&n, &node[r->arc[i].to]))
				continue;
			node[r->arc[i].to] = n;
			changed = 1;
		}
	}
}

/* The node before one: of those that its way may come from the first. */
static uint32_t
naive_before(const struct naive *node, const struct random *r, uint32_t which)
{
	uint32_t i, best = NETPATH_NONE;
	struct naive n;

	if (!node[which].known || node[which].cost == 0)
		return best;
	for (i = 0; i < r->arcs; i++) {
		if (r->arc[i].to != which || !node[r->arc[i].from].known)
			continue;
		n = over(&node[r->arc[i].from], &r->arc[i]);
		if (!naive_better(&node[which], &n) && n.cost > 0 &&
		    r->arc[i].from < best)
			best = r->arc[i].from;
	}
	return best;
}

static void
assert_as_naive(const struct random *r)
{
	struct naive node[NODES];
	struct netgraph g;
	struct netways w;
	uint32_t i;

	bellman_ford(node, r);
	assert_int_equal(netgraph_make(&g, r->nodes, r->arc, r->arcs), 0);
	assert_int_equal(netpath_find(&w, &g, r->source, r->sources), 0);
	for (i = 0; i < r->nodes; i++) {
		assert_int_equal(
		    w.cost[i], node[i].known ? node[i].cost : NETPATH_FAR);
		assert_int_equal(w.dials[i], node[i].dials);
		assert_int_equal(
		    w.source[i], node[i].known ? node[i].source : UINT32_MAX);
		assert_int_equal(w.from[i], naive_before(node, r, i));
	}
	netways_free(&w);
	netgraph_free(&g);
}

static void
finds_what_comparing_all_links_finds(void **state)
{
	static struct random r;
	uint32_t i;

	(void)state;
	for (i = 0; i < NETWORKS; i++) {
		seed = i * 2654435761U;
		make_random(&r);
		assert_as_naive(&r);
	}
}

static void
goes_round_a_dialled_link_however_long_that_is(void **state)
{
	const struct netarc arc[] = {{0, 1, 1, 1}, {0, 2, 1000000, 0},
	    {2, 1, 1000000, 0}, {1, 3, 5, 1}, {0, 3, 7, 1}};
	const uint32_t source = 0;
	struct netgraph g;
	struct netways w;

	(void)state;
	assert_int_equal(netgraph_make(&g, 4, arc, 5), 0);
	assert_int_equal(netpath_find(&w, &g, &source, 1), 0);
	assert_int_equal(w.cost[1], 2000000);
	assert_int_equal(w.dials[1], 0);
	assert_int_equal(w.from[1], 2);
	assert_int_equal(w.cost[3], 7);
	assert_int_equal(w.dials[3], 1);
	netways_free(&w);
	netgraph_free(&g);
}

static void
prefers_the_source_that_is_named_first(void **state)
{
	const struct netarc arc[] = {
	    {0, 1, 4, 0}, {2, 1, 4, 0}, {1, 3, 1, 0}, {2, 3, 5, 0}};
	const uint32_t source[] = {2, 0, 2};
	struct netgraph g;
	struct netways w;

	(void)state;
	assert_int_equal(netgraph_make(&g, 4, arc, 4), 0);
	assert_int_equal(netpath_find(&w, &g, source, 3), 0);
	assert_int_equal(w.source[1], 0);
	assert_int_equal(w.from[1], 2);
	assert_int_equal(w.from[3], 1); /* of two ways, by the lower number */
	assert_int_equal(w.source[2], 0);
	assert_int_equal(w.source[0], 1);
	netways_free(&w);
	netgraph_free(&g);
}

static void
refuses_arcs_and_sources_of_no_node(void **state)
{
	const struct netarc bad[] = {{0, 2, 1, 0}, {2, 0, 1, 0}, {0, 1, 0, 0},
	    {0, 1, NETPATH_COST_MAX + 1, 0}};
	const uint32_t source = 2;
	struct netgraph g;
	struct netways w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(netgraph_make(&g, 2, &bad[i], 1), -1);
		assert_int_equal(errno, EINVAL);
		netgraph_free(&g);
	}
	assert_int_equal(netgraph_make(&g, 2, bad, 0), 0);
	assert_int_equal(netpath_find(&w, &g, &source, 1), -1);
	assert_int_equal(errno, EINVAL);
	netways_free(&w);
	netgraph_free(&g);
}

static void
adds_up_the_dearest_links_without_overflow(void **state)
{
	enum { LONG = 100000 };
	struct netarc *arc = calloc(LONG, sizeof *arc);
	const uint32_t source = 0;
	struct netgraph g;
	struct netways w;
	uint32_t i;

	(void)state;
	assert_non_null(arc);
	for (i = 0; i < LONG; i++)
		arc[i] = (struct netarc){i, i + 1, NETPATH_COST_MAX, 1};
	assert_int_equal(netgraph_make(&g, LONG + 1, arc, LONG), 0);
	assert_int_equal(netpath_find(&w, &g, &source, 1), 0);
	assert_int_equal(w.cost[LONG], LONG * NETPATH_COST_MAX);
	assert_int_equal(w.dials[LONG], LONG);
	netways_free(&w);
	netgraph_free(&g);
	free(arc);
}

/* A network of three nodes: A - B - C, and A - C by speeds that are given. */
static void
make_network(struct network *n, const struct netlink *ac)
{
	const struct netplace nowhere = {NETWORK_NONE, 0};
	const struct netlink plain = {
	    .speed = 9600, .resistance = 104167, .place = {NETWORK_NONE, 0}};

	assert_int_equal(
	    network_add_node(n, NULL, bytes_z("A"), 1, nowhere), 0);
	assert_int_equal(
	    network_add_node(n, NULL, bytes_z("B"), 70, nowhere), 0);
	assert_int_equal(
	    network_add_node(n, NULL, bytes_z("C"), 1, nowhere), 0);
	assert_int_equal(network_add_link(n, 0, bytes_z("B"), &plain), 0);
	assert_int_equal(network_add_link(n, 1, bytes_z("C"), &plain), 0);
	if (ac)
		assert_int_equal(network_add_link(n, 0, bytes_z("C"), ac), 0);
	assert_int_equal(network_finish(n, NULL), 0);
}

static uint64_t
cost_to_c(const struct netlink *ac, int hops)
{
	const uint32_t source = 0;
	struct network n = {0};
	struct netgraph g;
	struct netways w;
	uint64_t cost;

	make_network(&n, ac);
	assert_int_equal(netgraph_of(&g, &n), 0);
	assert_int_equal(g.hops, hops);
	assert_int_equal(netpath_find(&w, &g, &source, 1), 0);
	cost = w.cost[2];
	netways_free(&w);
	netgraph_free(&g);
	network_free(&n);
	return cost;
}

static void
counts_links_where_nothing_is_rated(void **state)
{
	(void)state;
	assert_int_equal(cost_to_c(NULL, 1), 2 * NETPATH_HOP);
}

static void
adds_links_and_all_nodes_but_the_last(void **state)
{
	const struct netlink dear = {.speed = 9600,
	    .resistance = 90000000,
	    .rated = 1,
	    .place = {NETWORK_NONE, 0}};
	const struct netlink cheap = {.speed = 2000000,
	    .resistance = 500,
	    .rated = 1,
	    .place = {NETWORK_NONE, 0}};

	(void)state;
	assert_int_equal(cost_to_c(&dear, 0), 104167 + 1 + 104167 + 70);
	assert_int_equal(cost_to_c(&cheap, 0), 500 + 1);
}

static void
leaves_out_links_of_speed_0(void **state)
{
	const struct netlink off = {.speed = 0,
	    .resistance = 1,
	    .rated = 1,
	    .place = {NETWORK_NONE, 0}};

	(void)state;
	assert_int_equal(cost_to_c(&off, 0), 104167 + 1 + 104167 + 70);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_what_comparing_all_links_finds),
	    cmocka_unit_test(goes_round_a_dialled_link_however_long_that_is),
	    cmocka_unit_test(prefers_the_source_that_is_named_first),
	    cmocka_unit_test(refuses_arcs_and_sources_of_no_node),
	    cmocka_unit_test(adds_up_the_dearest_links_without_overflow),
	    cmocka_unit_test(counts_links_where_nothing_is_rated),
	    cmocka_unit_test(adds_links_and_all_nodes_but_the_last),
	    cmocka_unit_test(leaves_out_links_of_speed_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
