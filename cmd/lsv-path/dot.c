/* dot.c - the picture of a map, by graphviz */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/lsv-path/path.h"
#include "lib/fio.h"
#include "lib/msg.h"

enum { SVG_MAX = 256 << 20 }; /* bytes */

static const char style[] =
    "digraph network {\n"
    "bgcolor=white; fontname=\"sans-serif\"; rankdir=LR;\n"
    "node [fontname=\"sans-serif\" fontsize=11 shape=ellipse "
    "color=\"#999999\" fontcolor=\"#555555\"];\n"
    "edge [fontname=\"sans-serif\" fontsize=10];\n";

/* --- the text ------------------------------------------------------------- */

/* A name between quotes; those of tables have no others in them. */
static int
put_name(stralloc *out, const struct network *net, uint32_t node)
{
	struct bytes b = network_text(net, net->node[node].name);

	if (sa_puts(out, "\"") < 0)
		return -1;
	for (size_t i = 0; i < b.len; i++)
		if (((b.s[i] == '"' || b.s[i] == '\\') &&
			sa_puts(out, "\\") < 0) ||
		    sa_put(out, &b.s[i], 1) < 0)
			return -1;
	return sa_puts(out, "\"");
}

static int
put_edge(stralloc *out, const struct network *net, uint32_t from, uint32_t to,
    const char *how)
{
	return put_name(out, net, from) < 0 || sa_puts(out, " -> ") < 0 ||
		put_name(out, net, to) < 0 || sa_puts(out, how) < 0
	    ? -1
	    : 0;
}

static int
put_node(
    stralloc *out, const struct network *net, uint32_t node, const char *how)
{
	return put_name(out, net, node) < 0 || sa_puts(out, how) < 0 ? -1 : 0;
}

/* All nodes, and the servers among them: boxes, those of the backbone bold. */
static int
put_nodes(const struct map *m, stralloc *out)
{
	const struct network *net = &m->p->net;
	const struct netpeer *s;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < net->nnodes; i++)
		if (m->drawn[i])
			r = put_node(out, net, i, ";\n");
	for (uint32_t i = 0; r == 0 && i < net->npeers; i++) {
		s = &net->peer[i];
		r = put_node(out, net, s->node,
		    s->backbone
			? " [shape=box style=bold color=black "
			  "fontcolor=black];\n"
			: " [shape=box color=black fontcolor=black];\n");
	}
	if (r == 0)
		r = put_node(out, net, net->peer[m->p->start].node,
		    " [style=\"bold,filled\" fillcolor=\"#fff2b3\"];\n");
	return r;
}

/* The link back, if there is one, and it is the second of the two. */
static int
was_drawn(const struct network *net, const struct netlink *l)
{
	if (l->to > l->from)
		return 0;
	for (uint32_t i = net->first[l->to]; i < net->first[l->to + 1]; i++)
		if (net->link[i].to == l->from && net->link[i].speed)
			return 1;
	return 0;
}

static uint64_t
crossed(const struct map *m, const struct netlink *l)
{
	const struct network *net = &m->p->net;
	uint64_t n = 0;

	for (uint32_t i = net->first[l->from]; i < net->first[l->from + 1]; i++)
		if (net->link[i].to == l->to)
			n += m->relayed.crossed[i];
	for (uint32_t i = net->first[l->to]; i < net->first[l->to + 1]; i++)
		if (net->link[i].to == l->from)
			n += m->relayed.crossed[i];
	return n;
}

static int
put_link(const struct map *m, stralloc *out, const struct netlink *l)
{
	static const char *const style_of[] = {"solid", "dashed", "dotted"};
	uint64_t n = crossed(m, l);
	char how[160], label[48] = "";

	if (n)
		snprintf(label, sizeof label, " label=\"%" PRIu64 "\"", n);
	snprintf(how, sizeof how,
	    " [dir=%s style=%s color=\"%s\" fontcolor=\"#777777\"%s];\n",
	    l->oneway ? "forward" : "none",
	    style_of[l->type <= NETLINK_V ? l->type : 0],
	    n ? "#777777" : "#bbbbbb", label);
	return put_edge(out, &m->p->net, l->from, l->to, how);
}

/* Links, with the copies that crossed them; parallel ones once. */
static int
put_links(const struct map *m, stralloc *out)
{
	const struct network *net = &m->p->net;
	const struct netlink *l;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < net->nlinks; i++) {
		l = &net->link[i];
		if (l->speed == 0 || !m->drawn[l->from] || !m->drawn[l->to] ||
		    was_drawn(net, l))
			continue;
		if (i > net->first[l->from] && l[-1].to == l->to)
			continue;
		r = put_link(m, out, l);
	}
	return r;
}

static uint32_t
node_of(const struct map *m, uint32_t stop)
{
	return m->p->net.peer[m->walk.stop[stop].server].node;
}

/* From server to server, with the recipients that are passed on. */
static int
put_forwards(const struct map *m, stralloc *out)
{
	const struct relaywalk *w = &m->walk;
	char how[160];
	int r = 0;

	for (uint32_t i = 1; r == 0 && i < w->stops; i++) {
		snprintf(how, sizeof how,
		    " [color=\"#0050b0\" fontcolor=\"#0050b0\" penwidth=2 "
		    "label=\"%" PRIu64 "\"];\n",
		    w->stop[i].count);
		r = put_edge(out, &m->p->net, node_of(m, w->stop[i].from),
		    node_of(m, i), how);
	}
	return r;
}

/* struct served - recipients of a node that are served from a stop; those that
 * nobody knows have no node */
struct served {
	uint32_t stop, node;
};

static int
by_place(const void *a, const void *b)
{
	const struct served *x = a, *y = b;

	if (x->stop != y->stop)
		return x->stop < y->stop ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

static int
put_delivery(
    const struct map *m, stralloc *out, const struct served *s, uint64_t n)
{
	const struct network *net = &m->p->net;
	uint32_t from = node_of(m, s->stop);
	char how[160];

	snprintf(how, sizeof how,
	    " [color=\"#208020\" fontcolor=\"#208020\" style=%s "
	    "label=\"%" PRIu64 "\"];\n",
	    from == s->node ? "dotted" : "solid", n);
	if (s->node != NETWORK_NONE)
		return put_edge(out, net, from, s->node, how);
	return put_name(out, net, from) < 0 ||
		sa_puts(out, " -> \"unknown hosts\"") < 0 ||
		sa_puts(out, how) < 0
	    ? -1
	    : 0;
}

/* From servers to the nodes that they deliver to, with how many recipients. */
static int
put_deliveries(const struct map *m, stralloc *out)
{
	uint64_t count = m->p->rcpts.n, n;
	struct served *all = reallocarray(NULL, count + 1, sizeof *all);
	int r = all ? 0 : -1;

	for (uint64_t i = 0; r == 0 && i < count; i++)
		all[i] = (struct served){m->walk.served[i], m->node[i]};
	if (r == 0)
		qsort(all, count, sizeof *all, by_place);
	for (uint64_t i = 0; r == 0 && i < count; i += n) {
		n = 1;
		while (i + n < count && by_place(&all[i], &all[i + n]) == 0)
			n++;
		r = put_delivery(m, out, &all[i], n);
	}
	free(all);
	return r;
}

int
dot_text(const struct map *m, stralloc *out)
{
	if (sa_puts(out, style) < 0 || put_nodes(m, out) < 0 ||
	    put_links(m, out) < 0)
		return -1;
	if (m->p->trace &&
	    (put_forwards(m, out) < 0 || put_deliveries(m, out) < 0))
		return -1;
	return sa_puts(out, "}\n");
}

/* --- graphviz ------------------------------------------------------------- */

static int
memory_file(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		msg_diesys(LSV_TEMP, "unable to make a file in memory");
	return fd;
}

static pid_t
start(int in, int out, int many)
{
	static char dot[] = "dot", svg[] = "-Tsvg", sfdp[] = "-Ksfdp",
		    overlap[] = "-Goverlap=prism";
	char *ranked[] = {dot, svg, NULL};
	char *free_form[] = {dot, svg, sfdp, overlap, NULL};
	posix_spawn_file_actions_t a;
	pid_t pid = -1;
	int e;

	e = posix_spawn_file_actions_init(&a);
	if (e == 0)
		e = posix_spawn_file_actions_adddup2(&a, in, STDIN_FILENO);
	if (e == 0)
		e = posix_spawn_file_actions_adddup2(&a, out, STDOUT_FILENO);
	if (e == 0)
		e = posix_spawnp(
		    &pid, dot, &a, NULL, many ? free_form : ranked, environ);
	if (e == 0) {
		posix_spawn_file_actions_destroy(&a);
		return pid;
	}
	errno = e;
	if (e == ENOENT)
		msg_die(LSV_PERM,
		    "there is no dot to draw with: it is in the package "
		    "graphviz");
	msg_diesys(LSV_TEMP, "unable to run dot");
}

void
dot_run(stralloc *svg, const stralloc *text, int many)
{
	int in = memory_file("dot"), out = memory_file("svg"), status;
	pid_t pid;

	if (fio_pwrite(in, text->s, text->len, 0) < 0)
		msg_diesys(LSV_TEMP, "unable to write");
	pid = start(in, out, many);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			msg_diesys(LSV_TEMP, "unable to wait for dot");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		msg_die(LSV_TEMP, "dot was unable to draw it");
	if (lseek(out, 0, SEEK_SET) < 0 || fio_read_fd(out, svg, SVG_MAX) < 0)
		msg_diesys(LSV_TEMP, "unable to read what dot drew");
	if (svg->len == 0)
		msg_die(LSV_TEMP, "dot drew nothing");
	close(in);
	close(out);
}
