#include "lib/network.h"

#include <errno.h>

#include "lib/netname.h"

enum { ROOM_FIRST = 64, KEY_MAX = NETWORK_DOMAIN_MAX + 2 };

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static char
same(char c)
{
	return c;
}

/* Room for one more of n elements. */
static int
grow(void **array, uint32_t *room, uint32_t n, size_t size, uint32_t max)
{
	size_t want;
	void *p;

	if (n < *room)
		return 0;
	if (n >= max) {
		errno = EOVERFLOW;
		return -1;
	}
	want = *room ? (size_t)*room + *room / 2 : ROOM_FIRST;
	if (want > max)
		want = max;
	p = realloc(*array, want * size);
	if (!p)
		return -1;
	*array = p;
	*room = (uint32_t)want;
	return 0;
}

/* A string, each byte through a function. */
static int
put(struct network *n, struct nettext *t, struct bytes b, char (*way)(char))
{
	if (b.len > UINT32_MAX - n->text.len) {
		errno = EOVERFLOW;
		return -1;
	}
	t->at = (uint32_t)n->text.len;
	t->len = (uint32_t)b.len;
	if (sa_put(&n->text, b.s, b.len) < 0)
		return -1;
	for (size_t i = t->at; i < n->text.len; i++)
		n->text.s[i] = way(n->text.s[i]);
	return 0;
}

struct bytes
network_text(const struct network *n, struct nettext t)
{
	if (t.len == 0)
		return (struct bytes){"", 0};
	return (struct bytes){n->text.s + t.at, t.len};
}

/* A name in the case of the array; it has to fit. */
static struct bytes
cased(char *key, struct bytes name, char (*way)(char))
{
	for (size_t i = 0; i < name.len; i++)
		key[i] = way(name.s[i]);
	return (struct bytes){key, name.len};
}

/* Where a name is found whatever its case. */
static uint32_t
find_any(const struct netindex *x, struct netnamed a, struct bytes name,
    char (*way)(char))
{
	char key[KEY_MAX];

	if (name.len == 0 || name.len > sizeof key)
		return NETWORK_NONE;
	return netindex_find(x, a, cased(key, name, way));
}

static struct netnamed
named(const struct network *n, const void *array, size_t size)
{
	return (struct netnamed){array, size, &n->text};
}

uint32_t
network_node(const struct network *n, struct bytes name)
{
	return find_any(
	    &n->nodes, named(n, n->node, sizeof *n->node), name, upper);
}

uint32_t
network_peer(const struct network *n, struct bytes name)
{
	return find_any(
	    &n->peers, named(n, n->peer, sizeof *n->peer), name, upper);
}

uint32_t
network_domain(const struct network *n, struct bytes name)
{
	return find_any(
	    &n->domains, named(n, n->domain, sizeof *n->domain), name, lower);
}

uint32_t
network_alias(const struct network *n, struct bytes old)
{
	return find_any(
	    &n->aliases, named(n, n->alias, sizeof *n->alias), old, upper);
}

/* "*.b.c" and "*.c" of "a.b.c", and "*.a.b.c" first. */
static uint32_t
find_suffix(const struct network *n, struct bytes host)
{
	char key[KEY_MAX];
	size_t len = host.len + 2;
	uint32_t d;

	if (host.len > NETWORK_DOMAIN_MAX)
		return NETWORK_NONE;
	cased(key + 2, host, lower);
	for (size_t at = 2; at < len; at++) {
		if (at > 2 && key[at - 1] != '.')
			continue;
		key[at - 2] = '*';
		key[at - 1] = '.';
		d = netindex_find(&n->domains,
		    named(n, n->domain, sizeof *n->domain),
		    (struct bytes){key + at - 2, len - at + 2});
		if (d != NETWORK_NONE)
			return d;
	}
	return NETWORK_NONE;
}

/* A node is meant by "X.BITNET" too. */
static struct bytes
plain(struct bytes name)
{
	if (name.len > 7 && bytes_ends(name, ".BITNET"))
		name.len -= 7;
	return name;
}

uint32_t
network_host(const struct network *n, struct bytes host, uint32_t *domain)
{
	struct bytes name = plain(host);
	uint32_t v, a, d;

	if (domain)
		*domain = NETWORK_NONE;
	v = network_node(n, name);
	if (v != NETWORK_NONE)
		return v;
	a = network_alias(n, name);
	if (a != NETWORK_NONE && n->alias[a].node != NETWORK_NONE)
		return n->alias[a].node;
	a = network_peer(n, name);
	if (a != NETWORK_NONE)
		return n->peer[a].node;
	d = network_domain(n, host);
	if (d == NETWORK_NONE)
		d = find_suffix(n, host);
	if (domain)
		*domain = d;
	return d == NETWORK_NONE ? NETWORK_NONE : n->domain[d].node;
}

/* --- adding --------------------------------------------------------------- */

static int
invalid(void)
{
	errno = EINVAL;
	return -1;
}

/* What was there already. */
static int
exists(uint32_t *number, uint32_t there)
{
	if (number)
		*number = there;
	errno = EEXIST;
	return -1;
}

static int
added(uint32_t *number, uint32_t *count)
{
	if (number)
		*number = *count;
	++*count;
	return 0;
}

int
network_add_file(struct network *n, uint32_t *number, struct bytes name)
{
	struct netfile *f;

	if (n->nfiles == NETWORK_FILES_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	f = &n->file[n->nfiles];
	*f = (struct netfile){0};
	if (name.len > NETWORK_FILE_NAME_MAX)
		name.len = NETWORK_FILE_NAME_MAX;
	cased(f->name, name, same);
	return added(number, &n->nfiles);
}

int
network_add_node(struct network *n, uint32_t *number, struct bytes name,
    uint32_t resistance, struct netplace place)
{
	struct netnode *v;
	uint32_t there;
	void *p = n->node;

	name = plain(name);
	if (!netname_nje(name) &&
	    (!netname_domain(name) || name.len > NETWORK_NAME_MAX))
		return invalid();
	there = network_node(n, name);
	if (there != NETWORK_NONE)
		return exists(number, there);
	if (grow(&p, &n->nodes_room, n->nnodes, sizeof *v, NETWORK_NODES_MAX) <
	    0)
		return -1;
	n->node = p;
	v = &n->node[n->nnodes];
	*v = (struct netnode){
	    .place = place, .resistance = resistance, .domain = NETWORK_NONE};
	if (put(n, &v->name, name, upper) < 0 ||
	    netindex_add(
		&n->nodes, named(n, n->node, sizeof *n->node), n->nnodes) < 0)
		return -1;
	return added(number, &n->nnodes);
}

/* Thousandths of 1,000,000 / speed. */
static uint32_t
resistance_of(uint32_t speed)
{
	if (speed == 0)
		return NETWORK_COST_MAX;
	return (uint32_t)((UINT64_C(1000000000) + speed / 2) / speed);
}

int
network_add_link(
    struct network *n, uint32_t from, struct bytes to, const struct netlink *as)
{
	struct netlink *l;
	void *p = n->link;

	to = plain(to);
	if (from >= n->nnodes || !netname_token(to))
		return invalid();
	if (grow(&p, &n->links_room, n->nlinks, sizeof *l, NETWORK_LINKS_MAX) <
	    0)
		return -1;
	n->link = p;
	l = &n->link[n->nlinks];
	*l = *as;
	l->from = from;
	l->to = NETWORK_NONE;
	if (l->resistance == 0)
		l->resistance = resistance_of(l->speed);
	if (put(n, &l->name, to, upper) < 0)
		return -1;
	n->nlinks++;
	return 0;
}

int
network_add_domain(struct network *n, uint32_t *number, struct bytes name,
    uint32_t node, struct netplace place)
{
	struct netdomain *d;
	uint32_t there;
	void *p = n->domain;
	int suffix = netname_suffix(name);

	if (node >= n->nnodes || (!suffix && !netname_domain(name)))
		return invalid();
	there = network_domain(n, name);
	if (there != NETWORK_NONE)
		return exists(number, there);
	if (grow(&p, &n->domains_room, n->ndomains, sizeof *d,
		NETWORK_DOMAINS_MAX) < 0)
		return -1;
	n->domain = p;
	d = &n->domain[n->ndomains];
	*d = (struct netdomain){
	    .place = place, .node = node, .suffix = (uint8_t)suffix};
	if (put(n, &d->name, name, lower) < 0 ||
	    netindex_add(&n->domains, named(n, n->domain, sizeof *n->domain),
		n->ndomains) < 0)
		return -1;
	if (!suffix && n->node[node].domain == NETWORK_NONE)
		n->node[node].domain = n->ndomains;
	return added(number, &n->ndomains);
}

/* Is it the first server with that index?  1, 0, or -1 ENOMEM. */
static int
take_index(struct network *n, uint32_t index)
{
	unsigned char bit = (unsigned char)(1U << (index & 7));

	if (!n->taken)
		n->taken = calloc(NETWORK_INDEX_MAX / 8 + 1, 1);
	if (!n->taken)
		return -1;
	if (n->taken[index / 8] & bit)
		return 0;
	n->taken[index / 8] |= bit;
	return 1;
}

static int
put_peer(struct network *n, struct netpeer *to, const struct netpeer_new *p)
{
	struct bytes userid = p->userid.len ? p->userid : bytes_z("LISTSERV");

	*to = (struct netpeer){.place = p->place,
	    .node = p->node,
	    .index = p->index,
	    .backbone = p->backbone != 0};
	if (put(n, &to->name, p->name, upper) < 0 ||
	    put(n, &to->userid, userid, upper) < 0 ||
	    put(n, &to->host, p->host, lower) < 0 ||
	    put(n, &to->key, p->key, same) < 0 ||
	    put(n, &to->version, p->version, same) < 0 ||
	    put(n, &to->title, p->title, same) < 0 ||
	    put(n, &to->admin, p->admin, same) < 0)
		return -1;
	return 0;
}

int
network_add_peer(
    struct network *n, uint32_t *number, const struct netpeer_new *p)
{
	uint32_t there = network_peer(n, p->name);
	void *array = n->peer;
	int first;

	if (!netname_token(p->name) || p->node >= n->nnodes || p->index == 0 ||
	    p->index > NETWORK_INDEX_MAX ||
	    (p->host.len && !netname_domain(p->host)))
		return invalid();
	if (there != NETWORK_NONE)
		return exists(number, there);
	if (p->host.len &&
	    network_add_domain(n, NULL, p->host, p->node, p->place) < 0 &&
	    errno != EEXIST)
		return -1;
	if (grow(&array, &n->peers_room, n->npeers, sizeof *n->peer,
		NETWORK_PEERS_MAX) < 0)
		return -1;
	n->peer = array;
	first = take_index(n, p->index);
	if (first < 0 || put_peer(n, &n->peer[n->npeers], p) < 0 ||
	    netindex_add(
		&n->peers, named(n, n->peer, sizeof *n->peer), n->npeers) < 0)
		return -1;
	if (!first)
		n->peer[n->npeers].index = 0;
	added(number, &n->npeers);
	if (!first)
		errno = EADDRINUSE;
	return first ? 0 : -1;
}

int
network_add_alias(
    struct network *n, struct bytes old, struct bytes new, struct netplace at)
{
	struct netalias *a;
	void *p = n->alias;

	old = plain(old);
	new = plain(new);
	if ((!netname_nje(old) && !netname_domain(old)) ||
	    (!netname_token(new) && !netname_domain(new)))
		return invalid();
	if (network_alias(n, old) != NETWORK_NONE)
		return exists(NULL, 0);
	if (grow(&p, &n->aliases_room, n->naliases, sizeof *a,
		NETWORK_ALIASES_MAX) < 0)
		return -1;
	n->alias = p;
	a = &n->alias[n->naliases];
	*a = (struct netalias){.place = at, .node = NETWORK_NONE};
	if (put(n, &a->old, old, upper) < 0 ||
	    put(n, &a->new, new, upper) < 0 ||
	    netindex_add(&n->aliases, named(n, n->alias, sizeof *n->alias),
		n->naliases) < 0)
		return -1;
	return added(NULL, &n->naliases);
}

int
network_add_area(struct network *n, uint32_t *number, struct bytes name,
    struct netplace place)
{
	struct netarea *a;
	uint32_t there;
	void *p = n->area;

	if (!netname_token(name))
		return invalid();
	there = find_any(
	    &n->areas, named(n, n->area, sizeof *n->area), name, upper);
	if (there != NETWORK_NONE)
		return exists(number, there);
	if (grow(&p, &n->areas_room, n->nareas, sizeof *a, NETWORK_AREAS_MAX) <
	    0)
		return -1;
	n->area = p;
	a = &n->area[n->nareas];
	*a = (struct netarea){.place = place, .first = n->nmembers};
	if (put(n, &a->name, name, upper) < 0 ||
	    netindex_add(
		&n->areas, named(n, n->area, sizeof *n->area), n->nareas) < 0)
		return -1;
	return added(number, &n->nareas);
}

int
network_add_member(struct network *n, struct bytes name, int exclude)
{
	void *p = n->member;

	if (n->nareas == 0 ||
	    (!netname_nje(name) && !netname_domain(name) &&
		!netname_suffix(name)))
		return invalid();
	if (grow(&p, &n->members_room, n->nmembers, sizeof *n->member,
		NETWORK_MEMBERS_MAX) < 0)
		return -1;
	n->member = p;
	n->member[n->nmembers].exclude = exclude != 0;
	if (put(n, &n->member[n->nmembers].name, name, upper) < 0)
		return -1;
	n->nmembers++;
	n->area[n->nareas - 1].count++;
	return 0;
}

void
network_free(struct network *n)
{
	sa_free(&n->text);
	free(n->node);
	free(n->link);
	free(n->peer);
	free(n->domain);
	free(n->alias);
	free(n->area);
	free(n->member);
	free(n->taken);
	free(n->first);
	netindex_free(&n->nodes);
	netindex_free(&n->peers);
	netindex_free(&n->domains);
	netindex_free(&n->aliases);
	netindex_free(&n->areas);
	*n = (struct network){0};
}
