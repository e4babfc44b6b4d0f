#include "lib/netview.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/netbuild.h"

enum { NETWORKS = 400, NODES = 24, TEXT = 16384 };

static uint32_t seed;

static uint32_t
below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(seed >> 4) * n >> 28);
}

static uint32_t
peer(const struct network *n, const char *name)
{
	return network_peer(n, bytes_z(name));
}

static void
build(struct network *n, struct netview *v, const char *text, const char *self)
{
	assert_int_equal(netbuild(n, text), 0);
	assert_int_equal(netview_make(v, n, peer(n, self)), 0);
}

static void
destroy(struct network *n, struct netview *v)
{
	netview_free(v);
	network_free(n);
}

static void
crosses_backbone_servers_only(void **state)
{
	struct network n;
	struct netview v;

	(void)state;
	build(&n, &v,
	    "link A B -\nlink B C -\nlink C D -\nlink D E -\n"
	    "server A 1 -\nserver B 2 -\nserver C 3 b\nserver D 4 b\n"
	    "server E 5 -\n",
	    "A");
	assert_int_equal(netview_hop(&v, peer(&n, "A")), peer(&n, "A"));
	assert_int_equal(netview_hop(&v, peer(&n, "B")), peer(&n, "B"));
	assert_int_equal(netview_hop(&v, peer(&n, "C")), peer(&n, "C"));
	assert_int_equal(netview_hop(&v, peer(&n, "E")), peer(&n, "C"));
	assert_int_equal(netview_via(&v, peer(&n, "E")), peer(&n, "D"));
	assert_int_equal(netview_via(&v, peer(&n, "D")), peer(&n, "C"));
	assert_int_equal(netview_via(&v, peer(&n, "C")), peer(&n, "A"));
	assert_int_equal(netview_via(&v, peer(&n, "B")), peer(&n, "A"));
	destroy(&n, &v);
}

static void
is_itself_nearest_where_others_are_as_near(void **state)
{
	static const char text[] = "link A X -\nlink X B -\nlink X C -\n"
				   "server A 9 -\nserver B 3 -\nserver C 2 -\n";
	struct network n;
	struct netview v;
	uint64_t cost;
	uint32_t x;

	(void)state;
	build(&n, &v, text, "A");
	x = network_node(&n, bytes_z("X"));
	assert_int_equal(netview_nearest(&v, x, &cost), peer(&n, "A"));
	assert_int_equal(cost, 1000);
	destroy(&n, &v);
	build(&n, &v,
	    "link A D -\nlink D X -\nlink X B -\nlink X C -\n"
	    "server A 9 -\nserver B 3 -\nserver C 2 -\n",
	    "A");
	x = network_node(&n, bytes_z("X"));
	assert_int_equal(netview_nearest(&v, x, &cost), peer(&n, "C"));
	destroy(&n, &v);
}

static void
leaves_out_servers_that_cannot_be_reached(void **state)
{
	struct network n;
	struct netview v;
	uint64_t cost;

	(void)state;
	build(&n, &v,
	    "link A B -\narc C A -\nlink C D -\nlink X Y -\n"
	    "server A 1 b\nserver B 2 b\nserver C 3 b\n",
	    "A");
	assert_int_equal(netview_hop(&v, peer(&n, "C")), NETPATH_NONE);
	assert_int_equal(netview_via(&v, peer(&n, "C")), NETPATH_NONE);
	assert_int_equal(
	    netview_nearest(&v, network_node(&n, bytes_z("D")), &cost),
	    peer(&n, "A"));
	assert_int_equal(cost, NETPATH_FAR);
	assert_int_equal(v.nserver, 2);
	destroy(&n, &v);
}

static void
knows_no_view_of_a_server_that_is_not_there(void **state)
{
	struct network n;
	struct netview v;

	(void)state;
	assert_int_equal(netbuild(&n, "link A B -\nserver A 1 b\n"), 0);
	assert_int_equal(netview_make(&v, &n, 1), -1);
	assert_int_equal(errno, EINVAL);
	destroy(&n, &v);
}

/* A text of netbuild, of rated and unrated links, one-way ones, dialled ones
 * and such of speed 0, and of servers anywhere. */
static void
make_random(char *text)
{
	static const char *const odd[] = {"d", "0", "-"};
	uint32_t nodes = 2 + below(NODES - 1), i, links, kind = below(3);
	char cost[16], *p = text;

	links = nodes + below(nodes * 2);
	for (i = 0; i < links; i++) {
		if (below(12) == 0)
			snprintf(cost, sizeof cost, "%s", odd[below(3)]);
		else if (kind == 0)
			snprintf(cost, sizeof cost, "-");
		else
			snprintf(cost, sizeof cost, "%u",
			    1 + below(kind == 1 ? 3 : 9000));
		p += sprintf(p, "%s N%u N%u %s\n", below(6) ? "link" : "arc",
		    below(nodes), below(nodes), cost);
	}
	p += sprintf(p, "server N0 %u b\n", 1000 + below(2));
	for (i = 1; i < nodes; i++)
		if (below(3))
			p += sprintf(p, "server N%u %u %s\n", i,
			    1 + below(2000), below(2) ? "b" : "-");
}

/* What Floyd and Warshall know: whether there is a way, its dialled links and
 * its cost. */
struct way {
	int known;
	uint64_t dials, cost;
};

static struct way way[NODES][NODES];

static void
shorten(struct way *w, int known, uint64_t dials, uint64_t cost)
{
	if (!known ||
	    (w->known &&
		(w->dials < dials || (w->dials == dials && w->cost <= cost))))
		return;
	*w = (struct way){1, dials, cost};
}

static void
floyd_warshall(const struct network *n)
{
	uint32_t i, j, k;

	memset(way, 0, sizeof way);
	for (i = 0; i < n->nnodes; i++)
		way[i][i].known = 1;
	for (i = 0; i < n->nlinks; i++)
		if (n->link[i].speed)
			shorten(&way[n->link[i].from][n->link[i].to], 1,
			    n->link[i].type == NETLINK_D,
			    n->rated ? n->link[i].resistance +
				    n->node[n->link[i].from].resistance
				     : 1000);
	for (k = 0; k < n->nnodes; k++)
		for (i = 0; i < n->nnodes; i++)
			for (j = 0; j < n->nnodes; j++)
				shorten(&way[i][j],
				    way[i][k].known && way[k][j].known,
				    way[i][k].dials + way[k][j].dials,
				    way[i][k].cost + way[k][j].cost);
}

/* The cost from server to node is the least that any of the servers has. */
static void
assert_nearest(const struct network *n, const struct netview *v, uint32_t node)
{
	uint32_t self = n->peer[v->self].node, s, at, near;
	const struct way *best = NULL, *w;
	uint64_t cost;

	near = netview_nearest(v, node, &cost);
	for (s = 0; s < n->npeers; s++) {
		at = n->peer[s].node;
		w = &way[at][node];
		if (!way[self][at].known || !w->known)
			continue;
		if (!best || w->dials < best->dials ||
		    (w->dials == best->dials && w->cost < best->cost))
			best = w;
	}
	if (!best) {
		assert_int_equal(cost, NETPATH_FAR);
		assert_int_equal(near, v->self);
		return;
	}
	assert_int_equal(cost, best->cost);
	w = &way[n->peer[near].node][node];
	assert_true(w->known && w->cost == cost && w->dials == best->dials);
	w = &way[self][node];
	if (w->known && w->cost == cost && w->dials == best->dials)
		assert_int_equal(near, v->self);
}

/* The servers on the way are on a shortest way, each nearer than the one before
 * it, and all but the last pass on. */
static void
assert_path(const struct network *n, const struct netview *v, uint32_t s)
{
	uint32_t self = n->peer[v->self].node, at, via, first = s;
	const struct way *to = &way[self][n->peer[s].node], *here, *on;

	if (!to->known) {
		assert_int_equal(netview_hop(v, s), NETPATH_NONE);
		return;
	}
	assert_int_equal(v->here.cost[n->peer[s].node], to->cost);
	for (at = s; at != v->self; at = via) {
		first = at;
		via = netview_via(v, at);
		here = &way[self][n->peer[via].node];
		on = &way[n->peer[via].node][n->peer[at].node];
		assert_true(here->known && on->known);
		assert_int_equal(
		    here->cost + on->cost, way[self][n->peer[at].node].cost);
		assert_true(here->cost < way[self][n->peer[at].node].cost ||
		    via == v->self);
		assert_true(at == s || n->peer[at].backbone);
	}
	assert_int_equal(netview_hop(v, s), first);
}

static void
agrees_with_all_ways_of_random_networks(void **state)
{
	static char text[TEXT];
	struct network n;
	struct netview v;
	uint32_t i, k, self;

	(void)state;
	for (i = 0; i < NETWORKS; i++) {
		seed = i * 2654435761U;
		make_random(text);
		assert_int_equal(netbuild(&n, text), 0);
		floyd_warshall(&n);
		self = below(n.npeers);
		assert_int_equal(netview_make(&v, &n, self), 0);
		for (k = 0; k < n.nnodes; k++)
			assert_nearest(&n, &v, k);
		for (k = 0; k < n.npeers; k++)
			assert_path(&n, &v, k);
		destroy(&n, &v);
	}
}

/* However a job goes from server to server, each by its own view, it comes to
 * the server that is nearest. */
static void
comes_nearer_with_every_hop(void **state)
{
	static char text[TEXT];
	static struct netview v[NODES];
	struct network n;
	uint32_t i, k, at, target, hops;
	uint64_t cost;

	(void)state;
	for (i = 0; i < NETWORKS / 4; i++) {
		seed = i * 2246822519U;
		make_random(text);
		assert_int_equal(netbuild(&n, text), 0);
		for (k = 0; k < n.npeers; k++)
			assert_int_equal(netview_make(&v[k], &n, k), 0);
		for (k = 0; k < n.nnodes; k++) {
			for (at = 0, hops = 0;; at = target, hops++) {
				target = netview_nearest(&v[at], k, &cost);
				if (target == at)
					break;
				target = netview_hop(&v[at], target);
				assert_true(hops < n.npeers);
			}
		}
		for (k = 0; k < n.npeers; k++)
			netview_free(&v[k]);
		network_free(&n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(crosses_backbone_servers_only),
	    cmocka_unit_test(is_itself_nearest_where_others_are_as_near),
	    cmocka_unit_test(leaves_out_servers_that_cannot_be_reached),
	    cmocka_unit_test(knows_no_view_of_a_server_that_is_not_there),
	    cmocka_unit_test(agrees_with_all_ways_of_random_networks),
	    cmocka_unit_test(comes_nearer_with_every_hop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
