/* steiner.c - the smallest tree that holds some nodes */
#include <stdlib.h>
#include <string.h>

#include "bench/common/buf.h"
#include "bench/lsv-saving/saving.h"
#include "lib/msg.h"

#define FAR UINT64_MAX

/* struct queue - nodes by cost, the smallest first; a binary heap */
struct queue {
	struct item {
		uint64_t cost;
		uint32_t node;
	} * item;
	size_t n, room;
};

static void
push(struct queue *q, uint64_t cost, uint32_t node)
{
	struct item *bigger;
	size_t i = q->n++, up;

	if (i == q->room) {
		q->room = q->room ? 2 * q->room : 1024;
		bigger = mem_get(q->room * sizeof *bigger);
		if (i)
			memcpy(bigger, q->item, i * sizeof *bigger);
		free(q->item);
		q->item = bigger;
	}
	for (; i > 0 && q->item[up = (i - 1) / 2].cost > cost; i = up)
		q->item[i] = q->item[up];
	q->item[i] = (struct item){cost, node};
}

static struct item
pop(struct queue *q)
{
	struct item first = q->item[0], last = q->item[--q->n];
	size_t i = 0, next;

	while ((next = 2 * i + 1) < q->n) {
		if (next + 1 < q->n &&
		    q->item[next + 1].cost < q->item[next].cost)
			next++;
		if (q->item[next].cost >= last.cost)
			break;
		q->item[i] = q->item[next];
		i = next;
	}
	q->item[i] = last;
	return first;
}

/* Costs so far, made those of the shortest ways on from there. */
static void
spread(const struct network *net, int equal, struct queue *q, uint64_t *cost)
{
	const struct netlink *l;
	struct item at;
	uint64_t by;

	for (uint32_t i = 0; i < net->nnodes; i++)
		if (cost[i] != FAR)
			push(q, cost[i], i);
	while (q->n) {
		at = pop(q);
		if (at.cost > cost[at.node])
			continue;
		for (uint32_t i = net->first[at.node];
		     i < net->first[at.node + 1]; i++) {
			l = &net->link[i];
			by = at.cost +
			    (equal ? NETPATH_HOP
				   : l->resistance +
					net->node[at.node].resistance);
			if (l->speed == 0 || by >= cost[l->to])
				continue;
			cost[l->to] = by;
			push(q, by, l->to);
		}
	}
}

/* The smallest tree of a set of nodes that ends at each node: two smaller sets
 * that meet there, and then a way on. */
static void
join(uint64_t *const *tree, unsigned set, uint32_t nodes)
{
	for (unsigned part = (set - 1) & set; part > (set ^ part);
	     part = (part - 1) & set)
		for (uint32_t i = 0; i < nodes; i++) {
			uint64_t a = tree[part][i], b = tree[set ^ part][i];

			if (a != FAR && b != FAR && a + b < tree[set][i])
				tree[set][i] = a + b;
		}
}

uint64_t
steiner_cost(
    const struct network *net, int equal, const uint32_t *node, unsigned n)
{
	const unsigned sets = 1U << (n - 1);
	uint64_t *tree[1 << (TERMINALS_MAX - 1)], found;
	struct queue q = {0};

	if (n < 2)
		return 0;
	if (n > TERMINALS_MAX)
		msg_die(LSV_PERM, "too many nodes for an exact tree");
	for (unsigned set = 1; set < sets; set++) {
		tree[set] = mem_get(net->nnodes * sizeof *tree[set]);
		for (uint32_t i = 0; i < net->nnodes; i++)
			tree[set][i] = FAR;
		if ((set & (set - 1)) == 0)
			tree[set][node[__builtin_ctz(set)]] = 0;
		else
			join(tree, set, net->nnodes);
		spread(net, equal, &q, tree[set]);
	}
	found = tree[sets - 1][node[n - 1]];
	for (unsigned set = 1; set < sets; set++)
		free(tree[set]);
	free(q.item);
	return found;
}
