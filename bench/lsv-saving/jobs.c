/* jobs.c - distributions from some servers to recipients anywhere */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/common/buf.h"
#include "bench/lsv-saving/saving.h"
#include "lib/addr.h"
#include "lib/msg.h"
#include "lib/progress.h"

enum { ADDRESS_MAX = 96 };

/* struct one - a distribution
 *
 * rcpt    its recipients, sorted; node: where each is
 */
struct one {
	const struct network *net;
	struct relaytables tables;
	struct relaywalk walk;
	struct relaylinks links;
	struct rcpt {
		char key[ADDRESS_MAX], address[ADDRESS_MAX];
		size_t key_len;
		uint32_t node;
	} * rcpt;
	uint32_t *node, count, start;
	uint64_t state;
};

static void
need(int r, const char *what)
{
	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to ", what);
}

static uint32_t
below(struct one *o, uint32_t n)
{
	uint64_t z = o->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return (uint32_t)((z >> 32) * n >> 32);
}

static void
address(struct one *o, uint32_t i, uint32_t node)
{
	struct bytes name = network_text(o->net, o->net->node[node].name);
	struct rcpt *r = &o->rcpt[i];
	stralloc key = {0};

	snprintf(r->address, sizeof r->address, "u%u@%.*s", (unsigned)i,
	    (int)name.len, name.s);
	need(addr_key(&key, r->address, strlen(r->address)), "sort");
	if (key.len > sizeof r->key)
		msg_die(LSV_PERM, "a name is too long");
	memcpy(r->key, key.s, key.len);
	r->key_len = key.len;
	r->node = node;
	sa_free(&key);
}

static int
by_key(const void *a, const void *b)
{
	const struct rcpt *x = a, *y = b;
	size_t len = x->key_len < y->key_len ? x->key_len : y->key_len;
	int d = memcmp(x->key, y->key, len);

	return d ? d : x->key_len < y->key_len ? -1 : x->key_len > y->key_len;
}

/* A node that has no recipient yet, and is not the start. */
static uint32_t
another_node(struct one *o, uint32_t i)
{
	uint32_t node, k;

	for (;;) {
		node = below(o, o->net->nnodes);
		for (k = 0; k < i && o->rcpt[k].node != node; k++)
			;
		if (k == i && node != o->net->peer[o->start].node)
			return node;
	}
}

static void
choose(struct one *o, const struct jobs *jobs)
{
	const struct network *net = o->net;

	do
		o->start = below(o, net->npeers);
	while (!net->peer[o->start].backbone);
	for (uint32_t i = 0; i < o->count; i++)
		address(o, i,
		    jobs->exact ? another_node(o, i) : below(o, net->nnodes));
	qsort(o->rcpt, o->count, sizeof *o->rcpt, by_key);
	for (uint32_t i = 0; i < o->count; i++)
		o->node[i] = o->rcpt[i].node;
}

/* --- functions of relaywalk ------------------------------------------------ */

static struct bytes
get(void *arg, uint64_t n)
{
	const struct one *o = arg;

	return bytes_z(o->rcpt[n].address);
}

static int
table(void *arg, uint32_t server, const struct nettable **t)
{
	struct one *o = arg;

	return relaytables_get(&o->tables, server, t);
}

static int
named(void *arg, struct bytes name, uint32_t *server)
{
	struct one *o = arg;

	return relaytables_named(&o->tables, name, server);
}

/* --- counting -------------------------------------------------------------- */

static void
add(struct count *c, struct relaylinks *l)
{
	if (l->lost)
		msg_die(LSV_PERM, "a recipient was not reached");
	c->links += l->links;
	c->cost += l->cost;
	c->copies += l->copies;
	relaylinks_clear(l);
}

static void
count(struct one *o, struct sum *s)
{
	struct relaylinks_job job = {
	    .walk = &o->walk, .node = o->node, .count = o->count};

	need(relaylinks_relayed(&o->links, &job), "count");
	add(&s->relayed, &o->links);
	need(relaylinks_direct(&o->links, &job), "count");
	add(&s->direct, &o->links);
	job.together = 1;
	need(relaylinks_relayed(&o->links, &job), "count");
	add(&s->together[0], &o->links);
	need(relaylinks_direct(&o->links, &job), "count");
	add(&s->together[1], &o->links);
}

static void
count_stops(const struct one *o, struct sum *s)
{
	s->stops += o->walk.stops - 1;
	s->first += o->walk.stop[0].served;
	for (uint32_t i = 0; i < o->walk.stops; i++) {
		s->first += o->walk.stop[i].hops == 1;
		if (o->walk.stop[i].hops > s->hops)
			s->hops = o->walk.stop[i].hops;
	}
	if (o->walk.twice)
		msg_die(LSV_PERM, "a recipient was served twice");
	for (uint32_t i = 0; i < o->count; i++)
		if (o->walk.served[i] == RELAYWALK_NONE)
			msg_die(LSV_PERM, "a recipient was not served");
}

static void
count_steiner(const struct one *o, int equal, struct sum *s)
{
	uint32_t node[TERMINALS_MAX];
	uint64_t cost;

	memcpy(node, o->node, o->count * sizeof *node);
	node[o->count] = o->net->peer[o->start].node;
	cost = steiner_cost(o->net, equal, node, o->count + 1);
	if (cost == UINT64_MAX)
		msg_die(LSV_PERM, "the network does not hang together");
	s->steiner += cost;
}

static void
run_one(struct one *o, const struct jobs *jobs, struct sum *s)
{
	struct relaywalk_config c = {.get = get,
	    .count = o->count,
	    .table = table,
	    .named = named,
	    .arg = o};

	choose(o, jobs);
	c.start = o->start;
	need(relaywalk_make(&o->walk, &c), "follow a job");
	count_stops(o, s);
	count(o, s);
	if (jobs->exact)
		count_steiner(o, jobs->equal, s);
	relaywalk_free(&o->walk);
}

void
saving_run(struct sum *s, const struct jobs *jobs, const struct network *net)
{
	const char *above = getenv("TMPDIR");
	struct one o = {
	    .net = net, .count = jobs->recipients, .state = jobs->seed};
	struct progress bar;

	if (jobs->exact &&
	    (jobs->recipients >= TERMINALS_MAX ||
		jobs->recipients >= net->nnodes / 2))
		msg_die(LSV_PERM, "too many recipients for an exact tree");
	o.rcpt = mem_get(jobs->recipients * sizeof *o.rcpt);
	o.node = mem_get(jobs->recipients * sizeof *o.node);
	need(relaytables_open(&o.tables, net, above ? above : "/tmp"),
	    "make tables");
	need(relaylinks_begin(&o.links, net), "count");
	progress_begin(&bar, "jobs", jobs->jobs);
	for (uint32_t i = 0; i < jobs->jobs; i++) {
		run_one(&o, jobs, s);
		progress_at(&bar, i + 1);
	}
	progress_end(&bar, jobs->jobs);
	relaylinks_free(&o.links);
	relaytables_close(&o.tables);
	free(o.rcpt);
	free(o.node);
}
