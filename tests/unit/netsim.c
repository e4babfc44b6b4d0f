#include "tests/unit/netsim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/addr.h"

static const struct netplace nowhere = {NETWORK_NONE, 0};

uint64_t
netsim_next(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint32_t
below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(netsim_next(state) % n);
}

static uint32_t
node(struct netsim *s, struct bytes name)
{
	uint32_t n = network_node(&s->net, name);

	if (n == NETWORK_NONE)
		assert_int_equal(
		    network_add_node(&s->net, &n, name, 1, nowhere), 0);
	return n;
}

static void
link_both(struct netsim *s, struct bytes a, struct bytes b, uint32_t resistance)
{
	struct netlink as = {.place = nowhere,
	    .speed = NETWORK_SPEED,
	    .resistance = resistance,
	    .rated = resistance != 0};
	uint32_t x = node(s, a), y = node(s, b);

	assert_int_equal(network_add_link(&s->net, x, b, &as), 0);
	assert_int_equal(network_add_link(&s->net, y, a, &as), 0);
}

/* The next word of a text, and what is in it up to a byte; 0 at the end. */
static int
word(struct bytes *text, char cut, struct bytes *a, struct bytes *b)
{
	struct bytes w = bytes_word(text);
	const char *p;

	if (w.len == 0)
		return 0;
	p = memchr(w.s, cut, w.len);
	*a = (struct bytes){w.s, p ? (size_t)(p - w.s) : w.len};
	*b = p ? (struct bytes){p + 1, (size_t)(w.s + w.len - p - 1)}
	       : (struct bytes){w.s + w.len, 0};
	return 1;
}

void
netsim_links(struct netsim *s, const char *text)
{
	struct bytes left = bytes_z(text), a, b;
	const char *slash;
	double resistance;

	while (word(&left, '-', &a, &b)) {
		resistance = 0;
		slash = memchr(b.s, '/', b.len);
		if (slash) {
			resistance = strtod(slash + 1, NULL);
			b.len = (size_t)(slash - b.s);
		}
		link_both(s, a, b, (uint32_t)(resistance * 1000 + 0.5));
	}
}

static void
server(struct netsim *s, struct bytes name, uint32_t index, int backbone)
{
	struct netpeer_new p = {.name = name,
	    .node = node(s, name),
	    .index = index,
	    .place = nowhere,
	    .backbone = backbone};

	assert_int_equal(network_add_peer(&s->net, NULL, &p), 0);
}

void
netsim_servers(struct netsim *s, const char *text)
{
	struct bytes left = bytes_z(text), name, index;
	uint32_t n = 0;

	while (word(&left, '=', &name, &index)) {
		n = index.len ? (uint32_t)strtoul(index.s, NULL, 10) : n + 1;
		if (*name.s == '-')
			server(
			    s, (struct bytes){name.s + 1, name.len - 1}, n, 0);
		else
			server(s, name, n, 1);
	}
}

void
netsim_domains(struct netsim *s, const char *text)
{
	struct bytes left = bytes_z(text), name, domain;

	while (word(&left, '=', &name, &domain))
		assert_int_equal(network_add_domain(&s->net, NULL, domain,
				     node(s, name), nowhere),
		    0);
}

static void
recipient(struct netsim *s, struct bytes address)
{
	assert_in_range(s->count, 0, NETSIM_RCPTS - 1);
	s->rcpt[s->count] = strndup(address.s, address.len);
	assert_non_null(s->rcpt[s->count++]);
}

void
netsim_recipients(struct netsim *s, const char *text)
{
	struct bytes left = bytes_z(text), w;

	while ((w = bytes_word(&left)).len)
		recipient(s, w);
}

static struct bytes
name_of(char *out, const char *kind, uint32_t n)
{
	return (struct bytes){out, (size_t)snprintf(out, 24, "%s%u", kind, n)};
}

static void
random_links(struct netsim *s, uint64_t *r, uint32_t nodes, int rated)
{
	uint32_t more = below(r, nodes), a, b;
	char from[24], to[24];

	for (uint32_t i = 1; i < nodes + more; i++) {
		a = i < nodes ? i : below(r, nodes);
		b = below(r, i < nodes ? i : nodes);
		if (a != b)
			link_both(s, name_of(from, "N", a), name_of(to, "N", b),
			    rated ? 1 + below(r, 50000) : 0);
	}
}

void
netsim_random(struct netsim *s, uint64_t seed, unsigned variant, int rated)
{
	uint64_t r = seed, links = seed + variant * UINT64_C(0x100000001);
	uint32_t nodes = 2 + below(&r, 40), servers = 1 + below(&r, nodes);
	uint32_t density = 1 + below(&r, 100), index = 0;
	uint32_t rcpts = below(&r, NETSIM_RCPTS / 4);
	char name[24], text[64];

	random_links(s, &links, nodes, rated);
	for (uint32_t i = 0; i < nodes && index < servers; i++)
		if (i == 0 || below(&r, 2))
			server(s, name_of(name, "N", i), ++index,
			    below(&r, 100) < density);
	for (uint32_t i = 0; i < rcpts; i++) {
		snprintf(text, sizeof text, "u%u@%s%u", i,
		    below(&r, 20) ? "n" : "unknown", below(&r, nodes));
		recipient(s, bytes_z(text));
	}
}

static int
by_key(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;
	stralloc p = {0}, q = {0};
	size_t n;
	int d;

	assert_int_equal(addr_key(&p, *x, strlen(*x)), 0);
	assert_int_equal(addr_key(&q, *y, strlen(*y)), 0);
	n = p.len < q.len ? p.len : q.len;
	d = memcmp(p.s, q.s, n);
	if (d == 0)
		d = p.len < q.len ? -1 : p.len > q.len;
	sa_free(&p);
	sa_free(&q);
	return d;
}

void
netsim_ready(struct netsim *s)
{
	const char *above = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ".";

	assert_int_equal(network_finish(&s->net, NULL), 0);
	assert_int_equal(relaytables_open(&s->tables, &s->net, above), 0);
	qsort(s->rcpt, s->count, sizeof s->rcpt[0], by_key);
	for (unsigned i = 0; i < s->count; i++)
		s->node[i] = network_host(
		    &s->net, bytes_z(strrchr(s->rcpt[i], '@') + 1), NULL);
}

const struct nettable *
netsim_table(struct netsim *s, const char *name)
{
	const struct nettable *t;
	uint32_t number = network_peer(&s->net, bytes_z(name));

	assert_int_not_equal(number, NETWORK_NONE);
	assert_int_equal(relaytables_get(&s->tables, number, &t), 0);
	return t;
}

struct bytes
netsim_get(void *arg, uint64_t n)
{
	const struct netsim *s = arg;

	assert_in_range(n, 0, s->count - 1);
	return bytes_z(s->rcpt[n]);
}

/* struct walker - a netsim and who wants to hear of the moves */
struct walker {
	struct netsim *s;
	int (*moved)(void *arg, const struct relaywalk_stop *stop,
	    const struct relay_move *m);
	void *arg;
};

static struct bytes
walker_get(void *arg, uint64_t n)
{
	const struct walker *w = arg;

	return netsim_get(w->s, n);
}

static int
walker_table(void *arg, uint32_t number, const struct nettable **t)
{
	const struct walker *w = arg;

	return relaytables_get(&w->s->tables, number, t);
}

static int
walker_named(void *arg, struct bytes name, uint32_t *number)
{
	const struct walker *w = arg;

	return relaytables_named(&w->s->tables, name, number);
}

static int
walker_moved(
    void *arg, const struct relaywalk_stop *stop, const struct relay_move *m)
{
	const struct walker *w = arg;

	return w->moved ? w->moved(w->arg, stop, m) : 0;
}

void
netsim_walk(struct netsim *s, struct relaywalk *w, uint32_t start,
    int (*moved)(void *arg, const struct relaywalk_stop *stop,
	const struct relay_move *m),
    void *arg)
{
	struct walker walker = {s, moved, arg};
	struct relaywalk_config c = {.get = walker_get,
	    .count = s->count,
	    .start = start,
	    .table = walker_table,
	    .named = walker_named,
	    .moved = walker_moved,
	    .arg = &walker};

	assert_int_equal(relaywalk_make(w, &c), 0);
}

uint64_t *
netsim_cost(const struct network *net, int hops)
{
	const uint32_t n = net->nnodes;
	uint64_t *d = malloc(sizeof *d * n * n), by;
	const struct netlink *l;

	assert_non_null(d);
	for (uint32_t i = 0; i < n * n; i++)
		d[i] = i / n == i % n ? 0 : NETPATH_FAR;
	for (uint32_t i = 0; i < net->nlinks; i++) {
		l = &net->link[i];
		by = hops
		    ? 1000
		    : (uint64_t)l->resistance + net->node[l->from].resistance;
		if (by < d[l->from * n + l->to])
			d[l->from * n + l->to] = by;
	}
	for (uint32_t k = 0; k < n; k++)
		for (uint32_t i = 0; i < n; i++)
			for (uint32_t j = 0; j < n; j++) {
				by = d[i * n + k];
				if (by == NETPATH_FAR ||
				    d[k * n + j] == NETPATH_FAR)
					continue;
				by += d[k * n + j];
				if (by < d[i * n + j])
					d[i * n + j] = by;
			}
	return d;
}

void
netsim_free(struct netsim *s)
{
	relaytables_close(&s->tables);
	network_free(&s->net);
	for (unsigned i = 0; i < s->count; i++)
		free(s->rcpt[i]);
	*s = (struct netsim){0};
}
