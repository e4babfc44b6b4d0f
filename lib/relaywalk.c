#include "lib/relaywalk.h"

#include <errno.h>
#include <stdlib.h>

enum { ROOM = 16 }; /* stops and recipients of a stop at first */

static int
list_add(struct relaywalk_list *l, uint32_t n)
{
	uint64_t room = l->room ? 2 * l->room : ROOM;
	uint32_t *bigger;

	if (l->count == l->room) {
		bigger = reallocarray(l->n, room, sizeof *bigger);
		if (!bigger)
			return -1;
		l->n = bigger;
		l->room = room;
	}
	l->n[l->count++] = n;
	return 0;
}

static void
list_free(struct relaywalk_list *l)
{
	free(l->n);
	sa_free(&l->trail);
}

static int
stop_new(struct relaywalk *w, uint32_t server, uint32_t from)
{
	uint32_t room = w->room ? 2 * w->room : ROOM;
	struct relaywalk_stop *stop;
	struct relaywalk_list *list;

	if (w->stops == w->room) {
		stop = reallocarray(w->stop, room, sizeof *stop);
		if (stop)
			w->stop = stop;
		list = reallocarray(w->list, room, sizeof *list);
		if (list)
			w->list = list;
		if (!stop || !list)
			return -1;
		w->room = room;
	}
	w->stop[w->stops] = (struct relaywalk_stop){
	    .server = server,
	    .from = from,
	    .hops = from == RELAYWALK_NONE ? 0 : w->stop[from].hops + 1,
	};
	w->list[w->stops++] = (struct relaywalk_list){0};
	return 0;
}

/* The stop that gets what is left to a server of the table in use. */
static int
child_of(struct relaywalk *w, uint32_t hop, uint32_t *stop)
{
	struct netserver s;
	uint32_t server;
	int r;

	if (w->child[hop] == RELAYWALK_NONE) {
		r = nettable_server(w->table, hop, &s);
		if (r == 0)
			errno = EPROTO;
		if (r != 1 ||
		    w->config->named(w->config->arg, s.name, &server) < 0 ||
		    stop_new(w, server, w->at) < 0)
			return -1;
		w->child[hop] = w->stops - 1;
	}
	*stop = w->child[hop];
	return 0;
}

static int
serve(struct relaywalk *w, uint32_t n)
{
	if (w->served[n] != RELAYWALK_NONE)
		w->twice++;
	w->served[n] = w->at;
	w->stop[w->at].served++;
	return 0;
}

static int
moved(void *arg, const struct relay_move *m)
{
	struct relaywalk *w = arg;
	struct relay_move told = *m;
	uint32_t stop;

	told.n = w->list[w->at].n[m->n];
	if (w->config->moved &&
	    w->config->moved(w->config->arg, &w->stop[w->at], &told) < 0)
		return -1;
	if (m->way != RELAY_FORWARD)
		return serve(w, (uint32_t)told.n);
	if (child_of(w, m->hop, &stop) < 0)
		return -1;
	w->stop[stop].count++;
	return list_add(&w->list[stop], (uint32_t)told.n);
}

/* The names of the servers that have had the job, for the stops after this. */
static int
trail_make(struct relaywalk *w)
{
	struct relaywalk_list *l = &w->list[w->at];
	uint32_t from = w->stop[w->at].from;
	struct netserver s;
	int r = nettable_server(w->table, nettable_self(w->table), &s);

	if (r == 0)
		errno = EPROTO;
	if (r != 1 ||
	    (from != RELAYWALK_NONE &&
		sa_put(&l->trail, w->list[from].trail.s,
		    w->list[from].trail.len) < 0))
		return -1;
	return sa_put(&l->trail, s.name.s, s.name.len) < 0 ||
		sa_put(&l->trail, " ", 1) < 0
	    ? -1
	    : 0;
}

static int
children_make(struct relaywalk *w)
{
	size_t n = nettable_facts(w->table)->servers;
	uint32_t *bigger;

	if (n > w->children) {
		bigger = reallocarray(w->child, n, sizeof *bigger);
		if (!bigger)
			return -1;
		w->child = bigger;
		w->children = n;
	}
	for (size_t i = 0; i < n; i++)
		w->child[i] = RELAYWALK_NONE;
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* What came to a stop, in the order all recipients have. */
static int
stop_relay(struct relaywalk *w, const struct relay_config *c)
{
	const struct relaywalk_config *walk = w->config;
	uint64_t count = w->list[w->at].count;
	uint32_t *n = w->list[w->at].n;
	struct relay r;
	struct bytes address;
	int failed = relay_begin(&r, c, moved, w) < 0;

	if (count)
		qsort(n, count, sizeof *n, by_number);
	for (uint64_t i = 0; !failed && i < count; i++) {
		address = walk->get(walk->arg, n[i]);
		failed = relay_add(&r, address, address) < 0;
	}
	failed = failed || relay_end(&r) < 0;
	relay_free(&r);
	return failed ? -1 : 0;
}

static int
stop_run(struct relaywalk *w, uint32_t at)
{
	const struct relaywalk_stop *stop = &w->stop[at];
	struct relay_config c = {.hops = stop->hops};
	const stralloc *trail;

	w->at = at;
	if (w->config->table(w->config->arg, stop->server, &w->table) < 0 ||
	    trail_make(w) < 0 || children_make(w) < 0)
		return -1;
	c.table = w->table;
	if (stop->from != RELAYWALK_NONE) {
		trail = &w->list[stop->from].trail;
		c.visited = (struct bytes){trail->s, trail->len};
	}
	if (stop_relay(w, &c) < 0)
		return -1;
	free(w->list[at].n);
	w->list[at].n = NULL;
	return 0;
}

int
relaywalk_make(struct relaywalk *w, const struct relaywalk_config *config)
{
	*w = (struct relaywalk){.config = config};
	w->served = reallocarray(NULL, config->count + 1, sizeof *w->served);
	if (!w->served || stop_new(w, config->start, RELAYWALK_NONE) < 0)
		return -1;
	for (uint64_t n = 0; n < config->count; n++) {
		w->served[n] = RELAYWALK_NONE;
		if (list_add(&w->list[0], (uint32_t)n) < 0)
			return -1;
	}
	w->stop[0].count = config->count;
	for (uint32_t at = 0; at < w->stops; at++)
		if (stop_run(w, at) < 0)
			return -1;
	return 0;
}

void
relaywalk_free(struct relaywalk *w)
{
	for (uint32_t i = 0; i < w->stops; i++)
		list_free(&w->list[i]);
	free(w->list);
	free(w->stop);
	free(w->served);
	free(w->child);
	*w = (struct relaywalk){0};
}
