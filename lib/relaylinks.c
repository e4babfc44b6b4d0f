#include "lib/relaylinks.h"

#include <stdlib.h>

int
relaylinks_begin(struct relaylinks *l, const struct network *net)
{
	*l = (struct relaylinks){.net = net};
	l->crossed = calloc((size_t)net->nlinks + 1, sizeof *l->crossed);
	return l->crossed ? netgraph_of(&l->graph, net) : -1;
}

void
relaylinks_clear(struct relaylinks *l)
{
	for (uint32_t i = 0; i < l->net->nlinks; i++)
		l->crossed[i] = 0;
	l->links = l->cost = l->copies = l->lost = 0;
}

void
relaylinks_free(struct relaylinks *l)
{
	free(l->crossed);
	netgraph_free(&l->graph);
	if (l->known)
		netways_free(&l->ways);
	*l = (struct relaylinks){0};
}

static int
ways_from(struct relaylinks *l, uint32_t from)
{
	if (l->known && l->from == from)
		return 0;
	if (l->known)
		netways_free(&l->ways);
	l->known = 1;
	l->from = from;
	return netpath_find(&l->ways, &l->graph, &from, 1);
}

/* The first of the links between two neighbours that may be used.  Links are in
 * order, so it is looked for by halves. */
static uint32_t
link_between(const struct network *net, uint32_t from, uint32_t to)
{
	uint32_t lo = net->first[from], hi = net->first[from + 1];
	const uint32_t end = hi;
	uint32_t mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (net->link[mid].to < to)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo + 1 < end && net->link[lo].speed == 0 &&
	    net->link[lo + 1].to == to)
		lo++;
	return lo;
}

int
relaylinks_send(struct relaylinks *l, uint32_t from, uint32_t to)
{
	uint32_t before;

	if (ways_from(l, from) < 0)
		return -1;
	l->copies++;
	if (to == NETWORK_NONE || l->ways.cost[to] == NETPATH_FAR) {
		l->lost++;
		return 0;
	}
	l->cost += l->ways.cost[to];
	for (; to != from; to = before) {
		before = l->ways.from[to];
		l->crossed[link_between(l->net, before, to)]++;
		l->links++;
	}
	return 0;
}

/* The recipients by the stop they are served from, those of each stop in their
 * order; where those of stop i end is in end[i]. */
static uint32_t *
by_stop(const struct relaylinks_job *job, uint64_t *end)
{
	const struct relaywalk *w = job->walk;
	uint32_t *order = reallocarray(NULL, job->count + 1, sizeof *order);
	uint64_t at = 0;

	if (!order)
		return NULL;
	for (uint32_t i = 0; i < w->stops; i++) {
		end[i] = at;
		at += w->stop[i].served;
	}
	for (uint64_t n = 0; n < job->count; n++)
		if (w->served[n] != RELAYWALK_NONE)
			order[end[w->served[n]]++] = (uint32_t)n;
	return order;
}

/* Copies from one node to some recipients.
 *
 * sent    of each node the stamp of who sent something there last
 */
static int
send_all(struct relaylinks *l, const struct relaylinks_job *job, uint32_t from,
    const uint32_t *order, uint64_t count, uint32_t *sent, uint32_t stamp)
{
	uint32_t to;

	for (uint64_t i = 0; i < count; i++) {
		to = job->node[order ? order[i] : i];
		if (job->together && to != NETWORK_NONE) {
			if (sent[to] == stamp)
				continue;
			sent[to] = stamp;
		}
		if (relaylinks_send(l, from, to) < 0)
			return -1;
	}
	return 0;
}

static uint32_t
node_of(const struct relaylinks *l, const struct relaywalk *w, uint32_t stop)
{
	return l->net->peer[w->stop[stop].server].node;
}

/* What a stop sends: to those it serves, and to the stops that come from it,
 * which follow one another; child is the first of them, and then the first of
 * the next stop. */
static int
send_stop(struct relaylinks *l, const struct relaylinks_job *job, uint32_t stop,
    const uint32_t *order, uint32_t *sent, uint32_t *child)
{
	const struct relaywalk *w = job->walk;
	uint32_t from = node_of(l, w, stop);

	if (send_all(
		l, job, from, order, w->stop[stop].served, sent, stop + 1) < 0)
		return -1;
	for (; *child < w->stops && w->stop[*child].from == stop; (*child)++)
		if (relaylinks_send(l, from, node_of(l, w, *child)) < 0)
			return -1;
	return 0;
}

int
relaylinks_relayed(struct relaylinks *l, const struct relaylinks_job *job)
{
	const struct relaywalk *w = job->walk;
	uint64_t *end = reallocarray(NULL, w->stops, sizeof *end);
	uint32_t *sent = calloc((size_t)l->net->nnodes + 1, sizeof *sent);
	uint32_t *order = end ? by_stop(job, end) : NULL;
	uint32_t child = 1;
	int r = sent && order ? 0 : -1;

	for (uint32_t i = 0; r == 0 && i < w->stops; i++)
		r = send_stop(l, job, i, order + end[i] - w->stop[i].served,
		    sent, &child);
	free(order);
	free(sent);
	free(end);
	return r;
}

int
relaylinks_direct(struct relaylinks *l, const struct relaylinks_job *job)
{
	uint32_t *sent = calloc((size_t)l->net->nnodes + 1, sizeof *sent);
	int r = -1;

	if (sent)
		r = send_all(l, job, node_of(l, job->walk, 0), NULL, job->count,
		    sent, 1);
	free(sent);
	return r;
}
