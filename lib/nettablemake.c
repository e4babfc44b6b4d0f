/* nettablemake.c - the maker of a nettable */
#include <errno.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/keyfilter.h"
#include "lib/netentries.h"
#include "lib/nettable.h"
#include "lib/nettablecore.h"
#include "lib/netview.h"
#include "lib/network.h"
#include "lib/table.h"

enum {
	CDB_HEAD = 2048,  /* bytes of a table without entries */
	CDB_PER_KEY = 24, /* bytes of an entry besides its key and value */
};

/* struct maker - a table being made
 *
 * to      where it goes; NULL only counts
 * part    what is put behind the head, by enum nettable_part
 * version, digest   their places among the texts
 */
struct maker {
	const struct network *net;
	struct netview view;
	struct netentries entries;
	struct table_make *to;
	stralloc part[NETTABLE_PARTS];
	uint32_t version, digest;
	struct nettable_made made;
};

static int
add(struct maker *m, const void *key, size_t klen, const void *value,
    size_t vlen)
{
	m->made.bytes += klen + vlen + CDB_PER_KEY;
	return m->to ? table_make_add(m->to, key, klen, value, vlen) : 0;
}

/* A text goes into the table; its place there. */
static int
put_text(struct maker *m, struct bytes text, uint32_t *at)
{
	char head[2];

	*at = 0;
	if (text.len == 0 && m->part[PART_TEXTS].len > 0)
		return 0;
	if (text.len > NETTABLE_TEXT)
		text.len = NETTABLE_TEXT;
	if (m->part[PART_TEXTS].len > UINT32_MAX - 2 - NETTABLE_TEXT) {
		errno = EFBIG;
		return -1;
	}
	*at = (uint32_t)m->part[PART_TEXTS].len;
	head[0] = (char)(text.len & 0xff);
	head[1] = (char)(text.len >> 8);
	if (sa_put(&m->part[PART_TEXTS], head, sizeof head) < 0)
		return -1;
	return sa_put(&m->part[PART_TEXTS], text.s, text.len);
}

static int
put_nodes(struct maker *m)
{
	const struct network *net = m->net;
	char p[NODE_LEN];
	uint64_t cost;
	uint32_t i, name;

	for (i = 0; i < net->nnodes; i++) {
		if (put_text(m, network_text(net, net->node[i].name), &name) <
		    0)
			return -1;
		nettable_put32(
		    p + NODE_SERVER, netview_nearest(&m->view, i, &cost));
		nettable_put32(p + NODE_NAME, name);
		nettable_put64(p + NODE_COST, cost);
		nettable_put64(p + NODE_HERE, m->view.here.cost[i]);
		if (sa_put(&m->part[PART_NODES], p, sizeof p) < 0)
			return -1;
	}
	return 0;
}

static unsigned char
file_of(struct netplace place)
{
	if (place.file >= NETTABLE_NO_FILE)
		return NETTABLE_NO_FILE;
	return (unsigned char)place.file;
}

static int
server_text(struct maker *m, char *p, struct nettext t)
{
	uint32_t at;

	if (put_text(m, network_text(m->net, t), &at) < 0)
		return -1;
	nettable_put32(p, at);
	return 0;
}

static int
put_server(struct maker *m, char *p, uint32_t number)
{
	const struct netpeer *s = &m->net->peer[number];
	uint64_t cost = m->view.here.cost[s->node];

	m->made.facts.reached += cost != NETTABLE_FAR;
	nettable_put64(p + SERVER_COST, cost);
	nettable_put32(p + SERVER_INDEX, s->index);
	nettable_put32(p + SERVER_NODE, s->node);
	nettable_put32(p + SERVER_HOP, netview_hop(&m->view, number));
	nettable_put32(p + SERVER_VIA, netview_via(&m->view, number));
	nettable_put32(p + SERVER_LINE, s->place.line);
	p[SERVER_FILE] = (char)file_of(s->place);
	p[SERVER_BACKBONE] = s->backbone != 0;
	if (server_text(m, p + SERVER_NAME, s->name) < 0 ||
	    server_text(m, p + SERVER_USERID, s->userid) < 0 ||
	    server_text(m, p + SERVER_HOST, s->host) < 0 ||
	    server_text(m, p + SERVER_VERSION, s->version) < 0)
		return -1;
	return server_text(m, p + SERVER_KEY, s->key);
}

static int
put_servers(struct maker *m)
{
	char p[SERVER_LEN];
	uint32_t i;

	for (i = 0; i < m->net->npeers; i++)
		if (put_server(m, p, i) < 0 ||
		    sa_put(&m->part[PART_SERVERS], p, sizeof p) < 0)
			return -1;
	return 0;
}

static int
put_sources(struct maker *m)
{
	const struct netfile *f = m->net->file;
	char p[SOURCE_LEN];
	uint32_t i, at;

	for (i = 0; i < m->net->nfiles; i++, f++) {
		if (put_text(m, bytes_z(f->name), &at) < 0)
			return -1;
		nettable_put32(p + SOURCE_NAME, at);
		if (put_text(m, bytes_z(f->version), &at) < 0)
			return -1;
		nettable_put32(p + SOURCE_VERSION, at);
		nettable_put32(p + SOURCE_ENTRIES, f->entries);
		if (sa_put(&m->part[PART_SOURCES], p, sizeof p) < 0)
			return -1;
	}
	return 0;
}

/* The version that is named first: that of the nodes, if they have one. */
static struct bytes
version_of(const struct network *net)
{
	uint32_t i;

	for (i = 0; i < net->nfiles; i++)
		if (net->file[i].version[0] != '\0')
			return bytes_z(net->file[i].version);
	return bytes_z("");
}

static void
put_numbers(char *h, const struct netfacts *f)
{
	memcpy(h, NETTABLE_FORMAT, HEAD_SELF);
	nettable_put32(h + HEAD_SELF, f->self);
	nettable_put32(h + HEAD_SERVERS, f->servers);
	nettable_put32(h + HEAD_NODES, f->nodes);
	nettable_put32(h + HEAD_ENTRIES, f->entries);
	nettable_put32(h + HEAD_LINKS, f->links);
	nettable_put32(h + HEAD_REACHED, f->reached);
	nettable_put32(h + HEAD_SOURCES, f->files);
	nettable_put32(h + HEAD_HOPS, (uint32_t)f->hops);
	nettable_put64(h + HEAD_MADE, f->made_us);
}

/* The head, when all its parts are complete. */
static int
put_head(struct maker *m)
{
	stralloc all = {0};
	char h[HEAD_LEN];
	int i, r = -1;

	put_numbers(h, &m->made.facts);
	nettable_put32(h + HEAD_VERSION, m->version);
	nettable_put32(h + HEAD_DIGEST, m->digest);
	for (i = 0; i < NETTABLE_PARTS; i++)
		nettable_put64(h + HEAD_PARTS + (size_t)i * 8, m->part[i].len);
	if (sa_put(&all, h, sizeof h) < 0)
		goto done;
	for (i = 0; i < NETTABLE_PARTS; i++)
		if (sa_put(&all, m->part[i].s, m->part[i].len) < 0)
			goto done;
	r = add(m, NETTABLE_HEAD, NETTABLE_HEAD_LEN, all.s, all.len);
done:
	sa_free(&all);
	return r;
}

/* One entry: which kinds of it there are, and the place of each. */
static int
put_entry(struct maker *m, struct keyfilter *filter, const struct netentry *e)
{
	char name[NETHOST_MAX], value[1 + NETENTRY_KINDS * NETTABLE_PLACE];
	struct bytes key = network_text(m->net, e->name);
	char *p = value + 1;
	int kind;

	if (!nettable_lower(name, key))
		return 0; /* no host can have it */
	value[0] = 0;
	for (kind = 0; kind < NETENTRY_KINDS; kind++) {
		if (e->node[kind] == NETWORK_NONE)
			continue;
		value[0] |=
		    kind == NETENTRY_EXACT ? NETTABLE_EXACT : NETTABLE_BELOW;
		nettable_put32(p, e->node[kind]);
		nettable_put32(p + 4, e->place[kind].line);
		p[8] = (char)file_of(e->place[kind]);
		p += NETTABLE_PLACE;
		m->made.facts.entries++;
	}
	key.s = name;
	keyfilter_add(filter, key);
	return add(m, key.s, key.len, value, (size_t)(p - value));
}

static int
put_entries(struct maker *m)
{
	struct keyfilter filter;
	uint32_t i;
	int r = -1;

	if (keyfilter_make(&filter, m->entries.n) < 0)
		return -1;
	for (i = 0; i < m->entries.n; i++)
		if (put_entry(m, &filter, &m->entries.entry[i]) < 0)
			goto done;
	r = sa_put(&m->part[PART_FILTER], filter.s, filter.len);
done:
	keyfilter_free(&filter);
	return r;
}

/* A look-up finds what was added first. */
static int
put_name(struct maker *m, struct nettext name, uint32_t number)
{
	char key[NETHOST_MAX + 1] = {NETTABLE_BY_NAME}, value[4];
	struct bytes text = network_text(m->net, name);

	if (!nettable_lower(key + 1, text))
		return 0; /* it has no such name */
	nettable_put32(value, number);
	return add(m, key, text.len + 1, value, sizeof value);
}

/* Of names before nodes and hosts, of each by index, ourselves first. */
static int
put_names(struct maker *m)
{
	const struct network *net = m->net;
	char key[5] = {NETTABLE_BY_INDEX}, value[4];
	uint32_t i;

	for (i = 0; i < net->npeers; i++) {
		if (put_name(m, net->peer[i].name, i) < 0)
			return -1;
		nettable_put32(value, i);
		nettable_put32(key + 1, net->peer[i].index);
		if (net->peer[i].index &&
		    add(m, key, sizeof key, value, sizeof value) < 0)
			return -1;
	}
	for (i = 0; i < net->npeers; i++)
		if (put_name(m, net->node[net->peer[i].node].name, i) < 0)
			return -1;
	for (i = 0; i < net->npeers; i++)
		if (put_name(m, net->peer[i].host, i) < 0)
			return -1;
	return 0;
}

/* The texts that are read first come first. */
static int
put_all(struct maker *m, struct bytes digest)
{
	uint32_t empty;

	if (put_text(m, bytes_z(""), &empty) < 0 ||
	    put_text(m, version_of(m->net), &m->version) < 0 ||
	    put_text(m, digest, &m->digest) < 0 || put_sources(m) < 0 ||
	    put_nodes(m) < 0 || put_servers(m) < 0 || put_entries(m) < 0 ||
	    put_names(m) < 0)
		return -1;
	return put_head(m);
}

static uint32_t
usable_links(const struct network *net)
{
	uint32_t i, n = 0;

	for (i = 0; i < net->nlinks; i++)
		n += net->link[i].speed != 0;
	return n;
}

static int
make(struct maker *m, uint32_t self, struct bytes digest)
{
	const struct network *net = m->net;

	if (netview_make(&m->view, net, self) < 0 ||
	    netentries_make(&m->entries, net) < 0)
		return -1;
	m->made = (struct nettable_made){.bytes = CDB_HEAD,
	    .facts = {.self = self,
		.servers = net->npeers,
		.nodes = net->nnodes,
		.links = usable_links(net),
		.files = net->nfiles,
		.hops = m->view.hops,
		.made_us = clock_wall_us()}};
	return put_all(m, digest);
}

int
nettable_make(const struct network *net, uint32_t self, struct bytes digest,
    int dir, const char *name, mode_t mode, struct nettable_made *made)
{
	struct maker m = {.net = net};
	struct table_make to = {0};
	int i, r = -1;

	if (name && table_make_begin(&to, dir, name) < 0)
		return -1;
	m.to = name ? &to : NULL;
	if (make(&m, self, digest) < 0)
		goto done;
	r = name ? table_make_finish(&to, mode) : 0;
	if (made)
		*made = m.made;
done:
	if (name)
		table_make_abandon(&to);
	netview_free(&m.view);
	netentries_free(&m.entries);
	for (i = 0; i < NETTABLE_PARTS; i++)
		sa_free(&m.part[i]);
	return r;
}

uint32_t
nettable_find_self(const struct network *net, struct bytes name)
{
	uint32_t number = network_peer(net, name), node, domain, i;

	if (number != NETWORK_NONE)
		return number;
	node = network_host(net, name, &domain);
	if (domain != NETWORK_NONE && net->domain[domain].suffix)
		return NETTABLE_NONE; /* it is near to a server only */
	for (i = 0; i < net->npeers; i++)
		if (net->peer[i].node == node)
			return i;
	return NETTABLE_NONE;
}
