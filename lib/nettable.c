#include "lib/nettable.h"

#include <errno.h>

#include "lib/keyfilter.h"
#include "lib/nettablecore.h"

static int
damaged(void)
{
	errno = EPROTO;
	return -1;
}

int
nettable_lower(char *out, struct bytes name)
{
	size_t i;
	char c;

	if (name.len == 0 || name.len > NETHOST_MAX)
		return 0;
	for (i = 0; i < name.len; i++) {
		c = name.s[i];
		if ((unsigned char)c <= ' ')
			return 0;
		out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return 1;
}

static int
text_at(const struct nettable *t, uint32_t at, struct bytes *out)
{
	const unsigned char *p;

	if (t->texts.len < 2 || at > t->texts.len - 2)
		return damaged();
	p = (const unsigned char *)t->texts.s + at;
	out->s = t->texts.s + at + 2;
	out->len = (size_t)(p[0] | p[1] << 8);
	if (out->len > t->texts.len - 2 - at)
		return damaged();
	return 0;
}

static int
read_numbers(struct nettable *t, const char *h)
{
	struct netfacts *f = &t->facts;

	f->self = nettable_get32(h + HEAD_SELF);
	f->servers = nettable_get32(h + HEAD_SERVERS);
	f->nodes = nettable_get32(h + HEAD_NODES);
	f->entries = nettable_get32(h + HEAD_ENTRIES);
	f->links = nettable_get32(h + HEAD_LINKS);
	f->reached = nettable_get32(h + HEAD_REACHED);
	f->files = nettable_get32(h + HEAD_SOURCES);
	f->hops = nettable_get32(h + HEAD_HOPS) != 0;
	f->made_us = nettable_get64(h + HEAD_MADE);
	if (f->self >= f->servers ||
	    t->files.len != (uint64_t)f->files * SOURCE_LEN ||
	    t->servers.len != (uint64_t)f->servers * SERVER_LEN ||
	    t->nodes.len != (uint64_t)f->nodes * NODE_LEN ||
	    !keyfilter_ok(t->filter))
		return damaged();
	if (text_at(t, nettable_get32(h + HEAD_VERSION), &f->version) < 0)
		return -1;
	return text_at(t, nettable_get32(h + HEAD_DIGEST), &f->digest);
}

/* The head, and where its parts are. */
static int
read_head(struct nettable *t)
{
	struct bytes *const part[NETTABLE_PARTS] = {
	    [PART_SOURCES] = &t->files,
	    [PART_TEXTS] = &t->texts,
	    [PART_SERVERS] = &t->servers,
	    [PART_NODES] = &t->nodes,
	    [PART_FILTER] = &t->filter,
	};
	struct bytes h, rest;
	uint64_t len;
	int i;

	if (table_find(&t->table, NETTABLE_HEAD, NETTABLE_HEAD_LEN, &h.s,
		&h.len) != 1 ||
	    h.len < HEAD_LEN || !bytes_starts(h, NETTABLE_FORMAT))
		return damaged();
	rest = (struct bytes){h.s + HEAD_LEN, h.len - HEAD_LEN};
	for (i = 0; i < NETTABLE_PARTS; i++) {
		len = nettable_get64(h.s + HEAD_PARTS + (size_t)i * 8);
		if (len > rest.len)
			return damaged();
		*part[i] = (struct bytes){rest.s, (size_t)len};
		rest.s += len;
		rest.len -= (size_t)len;
	}
	return rest.len ? damaged() : read_numbers(t, h.s);
}

int
nettable_open(struct nettable *t, const char *path)
{
	if (table_open(&t->table, path) < 0)
		return -1;
	if (read_head(t) == 0)
		return 0;
	nettable_close(t);
	return damaged();
}

int
nettable_refresh(struct nettable *t)
{
	struct nettable new = {0};
	struct stat st;

	if (stat(t->table.path, &st) < 0)
		return -1;
	if (table_same(&st, &t->table.seen))
		return 0;
	if (nettable_open(&new, t->table.path) < 0)
		return -1;
	nettable_close(t);
	*t = new;
	return 1;
}

void
nettable_close(struct nettable *t)
{
	table_close(&t->table);
	*t = (struct nettable){0};
}

const struct netfacts *
nettable_facts(const struct nettable *t)
{
	return &t->facts;
}

uint32_t
nettable_self(const struct nettable *t)
{
	return t->facts.self;
}

/* The name of a file; empty when an entry came from none. */
static int
file_name(const struct nettable *t, uint32_t number, struct bytes *out)
{
	if (number == NETTABLE_NO_FILE)
		return text_at(t, 0, out);
	if (number >= t->facts.files)
		return damaged();
	return text_at(t,
	    nettable_get32(
		t->files.s + (size_t)number * SOURCE_LEN + SOURCE_NAME),
	    out);
}

int
nettable_source(
    const struct nettable *t, uint32_t number, struct nettable_source *out)
{
	const char *p;

	if (number >= t->facts.files)
		return 0;
	p = t->files.s + (size_t)number * SOURCE_LEN;
	out->entries = nettable_get32(p + SOURCE_ENTRIES);
	if (text_at(t, nettable_get32(p + SOURCE_NAME), &out->name) < 0 ||
	    text_at(t, nettable_get32(p + SOURCE_VERSION), &out->version) < 0)
		return -1;
	return 1;
}

static const char *
server_at(const struct nettable *t, uint32_t number)
{
	return t->servers.s + (size_t)number * SERVER_LEN;
}

/* The record of a node, or NULL. */
static const char *
node_at(const struct nettable *t, uint32_t node)
{
	if (node >= t->facts.nodes) {
		damaged();
		return NULL;
	}
	return t->nodes.s + (size_t)node * NODE_LEN;
}

static int
server_texts(const struct nettable *t, const char *p, struct netserver *s)
{
	const char *node = node_at(t, nettable_get32(p + SERVER_NODE));

	if (!node)
		return -1;
	if (text_at(t, nettable_get32(node + NODE_NAME), &s->node) < 0 ||
	    text_at(t, nettable_get32(p + SERVER_NAME), &s->name) < 0 ||
	    text_at(t, nettable_get32(p + SERVER_USERID), &s->userid) < 0 ||
	    text_at(t, nettable_get32(p + SERVER_HOST), &s->host) < 0 ||
	    text_at(t, nettable_get32(p + SERVER_VERSION), &s->version) < 0 ||
	    text_at(t, nettable_get32(p + SERVER_KEY), &s->key) < 0)
		return -1;
	return file_name(t, (unsigned char)p[SERVER_FILE], &s->file);
}

static int
server_or_none(const struct nettable *t, uint32_t number)
{
	return number < t->facts.servers || number == NETTABLE_NONE;
}

int
nettable_server(
    const struct nettable *t, uint32_t number, struct netserver *out)
{
	const char *p;

	if (number >= t->facts.servers)
		return 0;
	p = server_at(t, number);
	*out = (struct netserver){.number = number,
	    .index = nettable_get32(p + SERVER_INDEX),
	    .backbone = p[SERVER_BACKBONE] != 0,
	    .self = number == t->facts.self,
	    .cost = nettable_get64(p + SERVER_COST),
	    .hop = nettable_get32(p + SERVER_HOP),
	    .via = nettable_get32(p + SERVER_VIA),
	    .line = nettable_get32(p + SERVER_LINE)};
	if (!server_or_none(t, out->hop) || !server_or_none(t, out->via))
		return damaged();
	return server_texts(t, p, out) < 0 ? -1 : 1;
}

/* The server whose number is under a key. */
static int
server_under(const struct nettable *t, const char *key, size_t len,
    struct netserver *out)
{
	struct bytes v;
	int r = table_find(&t->table, key, len, &v.s, &v.len);

	if (r <= 0)
		return r;
	if (v.len != 4)
		return damaged();
	r = nettable_server(t, nettable_get32(v.s), out);
	return r == 0 ? damaged() : r;
}

int
nettable_named(
    const struct nettable *t, struct bytes name, struct netserver *out)
{
	char key[NETHOST_MAX + 1] = {NETTABLE_BY_NAME};

	if (!nettable_lower(key + 1, name))
		return 0;
	return server_under(t, key, name.len + 1, out);
}

int
nettable_indexed(
    const struct nettable *t, uint32_t index, struct netserver *out)
{
	char key[5] = {NETTABLE_BY_INDEX};

	nettable_put32(key + 1, index);
	return server_under(t, key, sizeof key, out);
}

static uint32_t
via_of(const struct nettable *t, uint32_t number)
{
	return nettable_get32(server_at(t, number) + SERVER_VIA);
}

/* From the end to us. The places of a way are counted before they are filled,
 * for they are seen in the wrong order. */
ssize_t
nettable_path(
    const struct nettable *t, uint32_t number, uint32_t *hops, size_t room)
{
	const struct netfacts *f = &t->facts;
	uint32_t at, n = 0, left;

	if (number >= f->servers) {
		errno = EINVAL;
		return -1;
	}
	if (via_of(t, number) == NETTABLE_NONE)
		return 0;
	for (at = number; at != f->self; at = via_of(t, at))
		if (at >= f->servers || ++n >= f->servers)
			return damaged();
	for (at = number, left = n; left-- > 0; at = via_of(t, at))
		if (left < room)
			hops[left] = at;
	return n;
}

/* struct place - what an entry says */
struct place {
	uint32_t node, line;
	unsigned char file;
};

static void
place_get(struct place *out, const char *p)
{
	out->node = nettable_get32(p);
	out->line = nettable_get32(p + 4);
	out->file = (unsigned char)p[8];
}

/* The entry of a name: that of the name itself if want has NETTABLE_EXACT and
 * there is one, or that of the suffix.
 * hash    of the name, see lib/keyfilter.h
 * Returns which of them; 0; -1. */
static int
entry_of(const struct nettable *t, struct bytes key, uint64_t hash, int want,
    struct place *out)
{
	struct bytes v;
	int r, has;

	if (!keyfilter_may_have(t->filter, hash))
		return 0;
	r = table_find(&t->table, key.s, key.len, &v.s, &v.len);
	if (r <= 0)
		return r;
	has = v.len > 0 ? v.s[0] : 0;
	if (has < NETTABLE_EXACT || has > (NETTABLE_EXACT | NETTABLE_BELOW) ||
	    v.len != (has == 3 ? 2 : 1) * NETTABLE_PLACE + 1)
		return damaged();
	if (has & want & NETTABLE_EXACT) {
		place_get(out, v.s + 1);
		return NETTABLE_EXACT;
	}
	if (has & want & NETTABLE_BELOW) {
		place_get(out, v.s + v.len - NETTABLE_PLACE);
		return NETTABLE_BELOW;
	}
	return 0;
}

/* struct match - the entry that decides about a host
 *
 * key     the part of the host that it fits
 * kind    NETTABLE_EXACT, NETTABLE_BELOW; 0: there is none
 * node    the host was given as a node
 */
struct match {
	struct bytes key;
	int kind, node;
	struct place place;
};

static const char bitnet[] = ".bitnet";
enum {
	BITNET = sizeof bitnet - 1,
	LEVELS = NETHOST_MAX + 1, /* a host of dots only has so many */
};

/* A node: one word, perhaps with .bitnet behind it. */
static int
match_node(const struct nettable *t, struct bytes host, struct match *m)
{
	if (host.len > BITNET && bytes_ends(host, bitnet))
		host.len -= BITNET;
	if (memchr(host.s, '.', host.len))
		return 0;
	m->node = 1;
	m->key = host;
	m->kind =
	    entry_of(t, host, keyfilter_hash(host), NETTABLE_EXACT, &m->place);
	return m->kind;
}

/* A domain, and then what is behind each of its dots. What the filter says of
 * all of them is fetched at once: this takes a third off the time. */
static int
match_domain(const struct nettable *t, struct bytes host, struct match *m)
{
	uint64_t hash[LEVELS];
	struct bytes key[LEVELS];
	const char *dot;
	size_t n = 0, i;

	key[0] = host;
	for (;;) {
		hash[n] = keyfilter_hash(key[n]);
		keyfilter_fetch(t->filter, hash[n]);
		dot = memchr(key[n].s, '.', key[n].len);
		if (!dot || ++n == LEVELS)
			break;
		key[n].s = dot + 1;
		key[n].len = (size_t)(host.s + host.len - key[n].s);
	}
	for (i = 0; i <= n && i < LEVELS; i++) {
		m->key = key[i];
		m->kind = entry_of(t, key[i], hash[i],
		    NETTABLE_BELOW | (i == 0 ? NETTABLE_EXACT : 0), &m->place);
		if (m->kind != 0)
			return m->kind;
	}
	return 0;
}

/* A name as people see it. */
static void
show(char *out, struct bytes name)
{
	size_t i, n = name.len < NETHOST_MAX ? name.len : NETHOST_MAX;
	char c;

	for (i = 0; i < n; i++) {
		c = name.s[i];
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		out[i] = c;
		if ((unsigned char)c <= ' ' || c == 0x7f)
			out[i] = '?';
	}
	out[n] = '\0';
}

static void
show_entry(char *out, const struct match *m)
{
	if (m->kind == NETTABLE_BELOW) {
		*out++ = '*';
		*out++ = '.';
	}
	memcpy(out, m->key.s, m->key.len);
	out[m->key.len] = '\0';
}

/* What the node of the entry that decides has to say. */
static int
fill(const struct nettable *t, const struct match *m, struct nethost *out)
{
	const char *p = node_at(t, m->place.node);
	uint32_t self = t->facts.self;
	struct bytes name;

	if (!p)
		return -1;
	out->known = 1;
	out->server = nettable_get32(p + NODE_SERVER);
	out->cost = nettable_get64(p + NODE_COST);
	out->here = nettable_get64(p + NODE_HERE);
	out->line = m->place.line;
	if (out->server >= t->facts.servers)
		return damaged();
	if (file_name(t, m->place.file, &out->file) < 0)
		return -1;
	if (m->kind == NETTABLE_EXACT) {
		out->own = out->cost == 0;
		out->local = m->place.node ==
		    nettable_get32(server_at(t, self) + SERVER_NODE);
	}
	if (!m->node) {
		show_entry(out->by, m);
		return 1;
	}
	if (text_at(t, nettable_get32(p + NODE_NAME), &name) < 0)
		return -1;
	show(out->name, name);
	show(out->by, m->key);
	return 1;
}

int
nettable_host(const struct nettable *t, struct bytes host, struct nethost *out)
{
	struct match m = {.kind = 0};
	char low[NETHOST_MAX];
	struct bytes h = {low, host.len};
	int r;

	out->server = t->facts.self;
	out->cost = out->here = NETTABLE_FAR;
	out->file = (struct bytes){"", 0};
	out->line = 0;
	out->known = out->local = out->own = 0;
	out->by[0] = '\0';
	show(out->name, host);
	if (!nettable_lower(low, host))
		return 0;
	r = match_node(t, h, &m);
	if (r == 0 && memchr(h.s, '.', h.len)) {
		m.node = 0;
		r = match_domain(t, h, &m);
	}
	return r <= 0 ? r : fill(t, &m, out);
}
