#include "lib/relaytrace.h"

#include <errno.h>
#include <stdlib.h>

enum { ROOM = 64 }; /* hosts at first */

int
relaytrace_name(const struct relay_config *config, uint32_t number,
    struct bytes *name, uint32_t *index)
{
	struct netserver s = {.name = bytes_z("LOCALHOST")};
	int r = 1;

	if (number == RELAY_GATE)
		s.name = config->tableless;
	else if (config->table)
		r = nettable_server(config->table, number, &s);
	else if (config->nmydomain)
		s.name = bytes_z(config->mydomain[0]);
	if (r == 0)
		errno = EPROTO;
	if (r != 1)
		return -1;
	*name = s.name;
	if (index)
		*index = s.index;
	return 0;
}

int
relaytrace_upper(stralloc *out, struct bytes b)
{
	char *s;

	if (sa_put(out, b.s, b.len) < 0)
		return -1;
	s = out->s + out->len - b.len;
	for (size_t i = 0; i < b.len; i++)
		if (s[i] >= 'a' && s[i] <= 'z')
			s[i] = (char)(s[i] - 'a' + 'A');
	return 0;
}

/* Which host a recipient is on: they are still in their order. */
static struct relaytrace_host *
host_of(const struct relaytrace *t, uint64_t n)
{
	size_t lo = 0, hi = t->hosts, mid;

	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (t->host[mid].first <= n)
			lo = mid;
		else
			hi = mid;
	}
	return &t->host[lo];
}

static int
learn(void *arg, const struct relay_move *m)
{
	struct relaytrace *t = arg;
	struct relaytrace_host *h = &t->host[t->hosts - 1];

	if (m->way == RELAY_FORWARD)
		t->went[m->n] = m->hop;
	else if (m->way == RELAY_LOCAL)
		t->went[m->n] = RELAYTRACE_LOCAL;
	else
		t->went[m->n] = RELAYTRACE_DIRECT;
	if (m->n < h->first)
		h = host_of(t, m->n);
	if (m->n == h->first) {
		h->rule = m->rule;
		h->nearest = m->nearest;
	}
	return 0;
}

/* As the table calls it, or its domain in upper case. */
static int
host_name(struct relaytrace *t, struct bytes domain)
{
	const struct nettable *table = t->config->table;
	struct nethost h;

	if (table && nettable_host(table, domain, &h) < 0)
		return -1;
	if (table && h.name[0])
		return sa_puts(&t->names, h.name);
	return relaytrace_upper(&t->names, domain);
}

static int
host_new(struct relaytrace *t, struct bytes domain, uint64_t first)
{
	struct relaytrace_host *bigger, h = {.first = first, .rule = ""};
	size_t room = t->host_room ? 2 * t->host_room : ROOM;

	h.at = t->names.len;
	if (host_name(t, domain) < 0)
		return -1;
	h.len = t->names.len - h.at;
	if (t->hosts == t->host_room) {
		bigger = reallocarray(t->host, room, sizeof *bigger);
		if (!bigger)
			return -1;
		t->host = bigger;
		t->host_room = room;
	}
	t->host[t->hosts++] = h;
	return 0;
}

static int
add_all(struct relaytrace *t)
{
	struct bytes address, domain;
	stralloc last = {0};
	int r = -1;

	for (uint64_t n = 0; n < t->count; n++) {
		address = t->get(t->arg, n);
		domain = relay_domain(address);
		if (n == 0 || domain.len != last.len ||
		    memcmp(domain.s, last.s, last.len) != 0) {
			last.len = 0;
			if (host_new(t, domain, n) < 0 ||
			    sa_put(&last, domain.s, domain.len) < 0)
				goto done;
		}
		t->host[t->hosts - 1].n++;
		if (relay_add(&t->relay, address, address) < 0)
			goto done;
	}
	r = relay_end(&t->relay);
done:
	sa_free(&last);
	return r;
}

/* How many servers the numbers may be of, with the gate. */
static size_t
server_count(const struct relaytrace *t)
{
	if (!t->config->table)
		return 2;
	return (size_t)nettable_facts(t->config->table)->servers + 1;
}

static uint32_t
self_of(const struct relaytrace *t)
{
	return t->config->table ? nettable_self(t->config->table) : 0;
}

/* The servers that are nearest to hosts, each once. */
static int
paths_make(struct relaytrace *t)
{
	size_t n = server_count(t);
	unsigned char *seen = calloc(n, 1);
	uint32_t to;

	t->path = reallocarray(NULL, n, sizeof *t->path);
	if (!seen || !t->path) {
		free(seen);
		return -1;
	}
	for (size_t i = 0; i < t->hosts; i++) {
		to = t->host[i].nearest;
		if (to == self_of(t) || seen[(uint32_t)(to + 1)]++)
			continue;
		t->path[t->paths++] = (struct relaytrace_server){.number = to};
	}
	free(seen);
	return 0;
}

/* qsort_r: by index; the gate has none, but is then the only one. */
static int
by_index(const void *a, const void *b, void *arg)
{
	const struct relaytrace_server *x = a, *y = b;
	const struct relaytrace *t = arg;
	uint32_t i = 0, j = 0;
	struct bytes name;

	if (relaytrace_name(t->config, x->number, &name, &i) < 0 ||
	    relaytrace_name(t->config, y->number, &name, &j) < 0)
		return 0;
	return i < j ? -1 : i > j;
}

static int
was_left(const struct relaytrace *t, uint32_t went)
{
	return (uint32_t)(went + 1) < t->slots;
}

size_t
relaytrace_forward(const struct relaytrace *t, uint32_t number)
{
	uint32_t slot =
	    was_left(t, number) ? t->slot[(uint32_t)(number + 1)] : 0;

	return slot ? slot - 1 : t->forwards;
}

static int
forwards_make(struct relaytrace *t)
{
	size_t n = server_count(t);
	uint64_t *count = calloc(n, sizeof *count);

	t->slots = n;
	t->slot = calloc(n, sizeof *t->slot);
	t->forward = reallocarray(NULL, n, sizeof *t->forward);
	if (!count || !t->slot || !t->forward) {
		free(count);
		return -1;
	}
	for (uint64_t i = 0; i < t->count; i++)
		if (was_left(t, t->went[i]))
			count[(uint32_t)(t->went[i] + 1)]++;
	for (size_t i = 0; i < n; i++)
		if (count[i])
			t->forward[t->forwards++] = (struct relaytrace_server){
			    (uint32_t)i - 1, count[i]};
	free(count);
	qsort_r(t->forward, t->forwards, sizeof *t->forward, by_index, t);
	for (size_t i = 0; i < t->forwards; i++)
		t->slot[(uint32_t)(t->forward[i].number + 1)] = (uint32_t)i + 1;
	return 0;
}

static int
by_name(const void *a, const void *b, void *arg)
{
	const struct relaytrace_host *x = a, *y = b;
	const struct relaytrace *t = arg;
	size_t len = x->len < y->len ? x->len : y->len;
	int d = memcmp(t->names.s + x->at, t->names.s + y->at, len);

	if (d)
		return d;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* By name; what the table knows under two names becomes one host. */
static void
hosts_sort(struct relaytrace *t)
{
	struct relaytrace_host *h = t->host, *last = h;

	if (t->hosts == 0)
		return;
	qsort_r(h, t->hosts, sizeof *h, by_name, t);
	for (size_t i = 1; i < t->hosts; i++)
		if (h[i].len == last->len &&
		    memcmp(t->names.s + h[i].at, t->names.s + last->at,
			last->len) == 0)
			last->n += h[i].n;
		else
			*++last = h[i];
	t->hosts = (size_t)(last - h) + 1;
}

int
relaytrace_make(struct relaytrace *t, const struct relay_config *config,
    struct bytes (*get)(void *arg, uint64_t n), void *arg, uint64_t count)
{
	*t = (struct relaytrace){
	    .config = config, .get = get, .arg = arg, .count = count};
	t->went = reallocarray(NULL, count + 1, sizeof *t->went);
	if (!t->went || relay_begin(&t->relay, config, learn, t) < 0 ||
	    add_all(t) < 0 || paths_make(t) < 0 || forwards_make(t) < 0)
		return -1;
	relay_free(&t->relay);
	hosts_sort(t);
	return 0;
}

void
relaytrace_free(struct relaytrace *t)
{
	relay_free(&t->relay);
	free(t->went);
	free(t->host);
	free(t->path);
	free(t->forward);
	free(t->slot);
	sa_free(&t->names);
	*t = (struct relaytrace){0};
}
