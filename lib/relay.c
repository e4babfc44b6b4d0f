#include "lib/relay.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/addr.h"

/* struct relay_group - what goes to one server
 *
 * held    its first recipient, whose line is copied, until a second one comes
 * own     1: the held one is on that server's own host
 */
struct relay_group {
	struct relay_move held;
	stralloc line;
	int holds, own;
};

enum { ROOM = 16 }; /* groups at first */

int
relay_begin(struct relay *r, const struct relay_config *config,
    relay_emit *emit, void *arg)
{
	*r = (struct relay){.config = config, .emit = emit, .arg = arg};
	return 0;
}

/* The table's own servers are few: where a group is, by the server's number,
 * with the gate (the largest number there is) in front of all others. */
static int
slot_for(struct relay *r, uint32_t hop, uint32_t **slot)
{
	size_t at = (uint32_t)(hop + 1), n = r->slots;
	uint32_t *bigger;

	if (at >= n) {
		n = at + 1 > 2 * n ? at + 1 : 2 * n;
		bigger = reallocarray(r->slot, n, sizeof *bigger);
		if (!bigger)
			return -1;
		memset(bigger + r->slots, 0, (n - r->slots) * sizeof *bigger);
		r->slot = bigger;
		r->slots = n;
	}
	*slot = &r->slot[at];
	return 0;
}

static struct relay_group *
group_new(struct relay *r)
{
	struct relay_group *bigger;
	size_t room = r->room ? 2 * r->room : ROOM;

	if (r->groups == r->room) {
		bigger = reallocarray(r->group, room, sizeof *bigger);
		if (!bigger)
			return NULL;
		r->group = bigger;
		r->room = room;
	}
	r->group[r->groups] = (struct relay_group){0};
	return &r->group[r->groups++];
}

/* Holds the first recipient of a group back. */
static int
group_begin(struct relay *r, uint32_t *slot, const struct relay_move *m)
{
	struct relay_group *g = group_new(r);

	if (!g || sa_put(&g->line, m->line.s, m->line.len) < 0)
		return -1;
	g->held = *m;
	g->holds = 1;
	g->own = r->own;
	*slot = (uint32_t)r->groups;
	return 0;
}

static int
group_release(struct relay *r, struct relay_group *g)
{
	struct relay_move m = g->held;
	int failed;

	m.line = (struct bytes){g->line.s, g->line.len};
	failed = r->emit(r->arg, &m) < 0;
	g->holds = 0;
	sa_free(&g->line);
	return failed ? -1 : 0;
}

static int
group_add(struct relay *r, const struct relay_move *m)
{
	struct relay_group *g;
	uint32_t *slot;

	if (slot_for(r, m->hop, &slot) < 0)
		return -1;
	if (*slot == 0)
		return group_begin(r, slot, m);
	g = &r->group[*slot - 1];
	if (g->holds && group_release(r, g) < 0)
		return -1;
	return r->emit(r->arg, m);
}

struct bytes
relay_domain(struct bytes address)
{
	size_t at = addr_at(address.s, address.len);

	if (at < address.len)
		at++; /* the '@' itself */
	return (struct bytes){address.s + at, address.len - at};
}

int
relay_may_visit(struct bytes visited, struct bytes name)
{
	struct bytes word;

	while (visited.len) {
		word = bytes_word(&visited);
		if (word.len && word.len == name.len &&
		    strncasecmp(word.s, name.s, name.len) == 0)
			return 0;
	}
	return 1;
}

static int
may_visit(const struct relay *r, const struct netserver *s)
{
	struct bytes visited = r->config->visited;

	return relay_may_visit(visited, s->name) &&
	    relay_may_visit(visited, s->node) &&
	    relay_may_visit(visited, s->host);
}

static void
decided(struct relay *r, enum relay_way way, const char *rule)
{
	r->last.way = way;
	r->last.rule = rule;
}

static int
is_mine(const struct relay_config *c, struct bytes domain)
{
	for (size_t i = 0; i < c->nmydomain; i++)
		if (bytes_same(domain, c->mydomain[i]))
			return 1;
	return 0;
}

/* Without a table there is at most one way out, and none that leads back. */
static void
decide_tableless(struct relay *r, struct bytes domain)
{
	const struct relay_config *c = r->config;

	if (c->tableless.len == 0 || is_mine(c, c->tableless)) {
		decided(r, RELAY_DIRECT, "off");
		return;
	}
	r->last.hop = r->last.nearest = RELAY_GATE;
	if (c->hops >= RELAY_HOPS_MAX)
		decided(r, RELAY_DIRECT, "hops");
	else if (!relay_may_visit(c->visited, c->tableless))
		decided(r, RELAY_DIRECT, "visited");
	else
		decided(r, RELAY_FORWARD, "relayed");
	r->own = domain.len == c->tableless.len &&
	    strncasecmp(domain.s, c->tableless.s, domain.len) == 0;
}

static int
server_get(const struct nettable *t, uint32_t number, struct netserver *out)
{
	int r = nettable_server(t, number, out);

	if (r == 0)
		errno = EPROTO;
	return r == 1 ? 0 : -1;
}

/* Is it farther by the next server than it should be?  Who is sent to directly
 * costs the way from here; by the next server he costs the way from there, and
 * all together, at least two, cost the way to it.  When each of them saves half
 * of that or more, the servers never cost more than sending directly. */
static int
is_detour(const struct nethost *h, const struct netserver *to,
    const struct netserver *next)
{
	uint64_t on = to->cost - next->cost + h->cost;

	if (h->here == NETTABLE_FAR)
		return 0;
	return h->here < on || 2 * (h->here - on) < next->cost;
}

/* Towards the server nearest to the recipient.  On the way there each server
 * must be nearer to it than the one before: on a shortest path that is so when
 * the next one is some way off, and not farther than the last. */
static int
decide_way(struct relay *r, const struct nethost *h)
{
	const struct relay_config *c = r->config;
	struct netserver to, next;

	if (server_get(c->table, h->server, &to) < 0)
		return -1;
	if (to.hop == NETTABLE_NONE) {
		decided(r, RELAY_DIRECT, "unreachable");
		return 0;
	}
	if (server_get(c->table, to.hop, &next) < 0)
		return -1;
	r->last.hop = to.hop;
	r->own = h->own && to.hop == h->server;
	if (next.self || next.cost == 0 || next.cost > to.cost)
		decided(r, RELAY_DIRECT, "backwards");
	else if (is_detour(h, &to, &next))
		decided(r, RELAY_DIRECT, "detour");
	else if (c->hops >= RELAY_HOPS_MAX)
		decided(r, RELAY_DIRECT, "hops");
	else if (!may_visit(r, &next))
		decided(r, RELAY_DIRECT, "visited");
	else
		decided(r, RELAY_FORWARD, "relayed");
	return 0;
}

static int
decide_by_table(struct relay *r, struct bytes domain)
{
	const struct nettable *t = r->config->table;
	struct nethost h;
	int known = nettable_host(t, domain, &h);

	r->looked++;
	if (known < 0)
		return -1;
	r->last.nearest = known ? h.server : nettable_self(t);
	if (!known)
		decided(r, RELAY_DIRECT, "unknown-host");
	else if (h.local)
		decided(r, RELAY_LOCAL, "local");
	else if (h.server == nettable_self(t))
		decided(r, RELAY_DIRECT, "nearest-here");
	else
		return decide_way(r, &h);
	return 0;
}

static int
decide(struct relay *r, struct bytes domain)
{
	const struct nettable *t = r->config->table;

	r->own = 0;
	r->last.hop = 0;
	r->last.nearest = t ? nettable_self(t) : 0;
	if (domain.len == 0 || is_mine(r->config, domain))
		decided(r, RELAY_LOCAL, "local");
	else if (t)
		return decide_by_table(r, domain);
	else
		decide_tableless(r, domain);
	return 0;
}

/* A run of recipients of one domain is decided about once. */
static int
decide_again(struct relay *r, struct bytes domain)
{
	if (r->n && domain.len == r->domain.len && r->domain.len &&
	    memcmp(domain.s, r->domain.s, domain.len) == 0)
		return 0;
	r->domain.len = 0;
	if (decide(r, domain) < 0)
		return -1;
	return sa_put(&r->domain, domain.s, domain.len);
}

int
relay_add(struct relay *r, struct bytes address, struct bytes line)
{
	struct relay_move m;

	if (decide_again(r, relay_domain(address)) < 0)
		return -1;
	m = r->last;
	m.n = r->n++;
	m.line = line;
	if (m.way == RELAY_FORWARD)
		return group_add(r, &m);
	return r->emit(r->arg, &m);
}

int
relay_end(struct relay *r)
{
	struct relay_group *g;

	for (size_t i = 0; i < r->groups; i++) {
		g = &r->group[i];
		if (!g->holds)
			continue;
		if (!g->own) {
			g->held.way = RELAY_DIRECT;
			g->held.rule = "single";
		}
		if (group_release(r, g) < 0)
			return -1;
	}
	return 0;
}

void
relay_free(struct relay *r)
{
	for (size_t i = 0; i < r->groups; i++)
		sa_free(&r->group[i].line);
	free(r->group);
	free(r->slot);
	sa_free(&r->domain);
	*r = (struct relay){0};
}
