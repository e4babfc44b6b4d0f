/* map.c - the network and the way of a distribution, drawn and counted */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/lsv-path/path.h"
#include "lib/fio.h"
#include "lib/msg.h"
#include "lib/progress.h"

enum {
	ALL_MAX = 300,    /* nodes of a network that is drawn whole */
	DRAWN_MAX = 2000, /* nodes of a picture */
	RANKED_MAX = 150, /* nodes that are put in ranks */
	MAP_MODE = 0644,
};

/* struct follower - a walk, and a bar for the tables that it needs */
struct follower {
	struct path *p;
	struct progress bar;
};

static struct bytes
follow_get(void *arg, uint64_t n)
{
	const struct follower *f = arg;

	return rcpts_get(f->p, n);
}

static int
follow_table(void *arg, uint32_t number, const struct nettable **t)
{
	struct follower *f = arg;

	progress_at(&f->bar, f->p->tables.made);
	return relaytables_get(&f->p->tables, number, t);
}

static int
follow_named(void *arg, struct bytes name, uint32_t *number)
{
	const struct follower *f = arg;

	return relaytables_named(&f->p->tables, name, number);
}

/* Each server on the way decides by its own table, made of the same texts. */
static void
follow(struct map *m)
{
	struct path *p = m->p;
	struct follower f = {.p = p};
	struct relaywalk_config c = {.get = follow_get,
	    .count = p->rcpts.n,
	    .start = p->start,
	    .table = follow_table,
	    .named = follow_named,
	    .arg = &f};
	int r;

	progress_begin(&f.bar, "tables of servers", 0);
	r = relaywalk_make(&m->walk, &c);
	progress_end(&f.bar, p->tables.made);
	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to follow the recipients");
}

static void
count(struct map *m)
{
	struct path *p = m->p;
	struct relaylinks_job job = {.walk = &m->walk, .count = p->rcpts.n};
	struct bytes address;
	size_t at;

	m->node = reallocarray(NULL, p->rcpts.n + 1, sizeof *m->node);
	if (!m->node)
		die_memory();
	for (uint64_t n = 0; n < p->rcpts.n; n++) {
		address = rcpts_get(p, n);
		at = address.len - relay_domain(address).len;
		m->node[n] = network_host(&p->net,
		    (struct bytes){address.s + at, address.len - at}, NULL);
	}
	job.node = m->node;
	if (relaylinks_relayed(&m->relayed, &job) < 0 ||
	    relaylinks_direct(&m->direct, &job) < 0)
		die_memory();
}

/* A small network is drawn whole; of a large one the servers, and the nodes that
 * something goes through. */
static void
choose(struct map *m)
{
	const struct network *net = &m->p->net;

	m->drawn = calloc((size_t)net->nnodes + 1, 1);
	if (!m->drawn)
		die_memory();
	for (uint32_t i = 0; i < net->nnodes; i++)
		m->drawn[i] = net->nnodes <= ALL_MAX;
	for (uint32_t i = 0; i < net->npeers; i++)
		m->drawn[net->peer[i].node] = 1;
	for (uint32_t i = 0; i < net->nlinks; i++)
		if (m->relayed.crossed[i])
			m->drawn[net->link[i].from] =
			    m->drawn[net->link[i].to] = 1;
	for (uint64_t n = 0; m->node && n < m->p->rcpts.n; n++)
		if (m->node[n] != NETWORK_NONE)
			m->drawn[m->node[n]] = 1;
	for (uint32_t i = 0; i < net->nnodes; i++)
		m->count += m->drawn[i];
}

/* In the place of the old picture, which stays when there is no new one. */
static void
save(const char *path, const stralloc *svg)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char *dir = strndup(path, (size_t)(name - path));
	int fd;

	if (!dir)
		die_memory();
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fio_replace(fd, name, svg->s, svg->len, MAP_MODE) < 0)
		msg_diesys(LSV_PERM, "unable to write ", path);
	fio_close(fd);
	free(dir);
}

static void
draw(const struct map *m)
{
	stralloc text = {0}, svg = {0};

	if (dot_text(m, &text) < 0)
		die_memory();
	dot_run(&svg, &text, m->count > RANKED_MAX);
	save(m->p->map, &svg);
	sa_free(&svg);
	sa_free(&text);
}

static void
check_size(const struct map *m)
{
	stralloc n = {0};

	if (m->count <= DRAWN_MAX)
		return;
	if (sa_addu(&n, m->count) < 0 || sa_0(&n) < 0)
		die_memory();
	msg_die(LSV_PERM, "unable to draw ", n.s,
	    " nodes: 2000 at most fit into a picture");
}

/* --- in words ------------------------------------------------------------- */

static struct bytes
server_name(const struct map *m, uint32_t stop)
{
	const struct network *net = &m->p->net;

	return network_text(net, net->peer[m->walk.stop[stop].server].name);
}

/* A stop, and those that come from it. */
static void
text_stop(const struct map *m, uint32_t stop)
{
	const struct relaywalk_stop *s = &m->walk.stop[stop];

	putf(m->p, "%*s", (int)(2 * s->hops), "");
	put_bytes(m->p, server_name(m, stop));
	putf(m->p, ": %" PRIu64 " recipient%s, %" PRIu64 " served here\n",
	    s->count, s->count == 1 ? "" : "s", s->served);
	for (uint32_t i = stop + 1; i < m->walk.stops; i++)
		if (m->walk.stop[i].from == stop)
			text_stop(m, i);
}

static void
text(const struct map *m)
{
	struct path *p = m->p;

	putf(p, "%s: %" PRIu32 " of %" PRIu32 " nodes, %" PRIu32 " servers\n",
	    p->map, m->count, p->net.nnodes, p->net.npeers);
	if (!p->trace)
		return;
	text_stop(m, 0);
	putf(p,
	    "%" PRIu64 " links crossed, %" PRIu64
	    " if all were sent directly\n",
	    m->relayed.links, m->direct.links);
}

static void
json_stops(struct map *m)
{
	struct json *j = &m->p->j;
	const struct relaywalk_stop *s;
	struct bytes name;

	json_open(j, "stops", '[');
	for (uint32_t i = 0; i < m->walk.stops; i++) {
		s = &m->walk.stop[i];
		name = server_name(m, i);
		json_open(j, NULL, '{');
		json_s(j, "server", name.s, name.len);
		if (s->from == RELAYWALK_NONE) {
			json_null(j, "from");
		} else {
			name = server_name(m, s->from);
			json_s(j, "from", name.s, name.len);
		}
		json_u(j, "hops", s->hops);
		json_u(j, "recipients", s->count);
		json_u(j, "served", s->served);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_u(j, "links_relayed", m->relayed.links);
	json_u(j, "links_direct", m->direct.links);
	json_u(j, "unreachable", m->direct.lost);
}

static void
as_json(struct map *m)
{
	struct path *p = m->p;

	json_z(&p->j, "map", p->map);
	json_u(&p->j, "nodes", p->net.nnodes);
	json_u(&p->j, "drawn", m->count);
	json_u(&p->j, "servers", p->net.npeers);
	if (p->trace)
		json_stops(m);
}

void
map_tell(struct path *p)
{
	struct map m = {.p = p};

	if (relaylinks_begin(&m.relayed, &p->net) < 0 ||
	    relaylinks_begin(&m.direct, &p->net) < 0)
		die_memory();
	if (p->trace) {
		follow(&m);
		count(&m);
	}
	choose(&m);
	check_size(&m);
	draw(&m);
	if (p->json)
		as_json(&m);
	else
		text(&m);
	relaywalk_free(&m.walk);
	relaylinks_free(&m.relayed);
	relaylinks_free(&m.direct);
	free(m.node);
	free(m.drawn);
}
