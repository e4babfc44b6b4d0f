/* write.c - the network as tables, and hosts to be looked up */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/common/buf.h"
#include "bench/lsv-netgen/netgen.h"
#include "lib/msg.h"

#include <errno.h>

enum { FLUSH = 1 << 20, TAG = 200 /* bytes of one tag, about */ };

/* struct links - the links of each node, one after another */
struct links {
	uint32_t *first, *other;
	uint8_t *kind;
};

static const char *const kind[KINDS] = {
    "(P,45M)", "(P,2M)", "(P,64k)", "", "(D,19.2k)"};

static int
create(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		msg_diesys(LSV_PERM, "unable to make ", name);
	return fd;
}

static void
flush(struct buf *b, int fd, size_t limit)
{
	if (b->len > limit && buf_write(b, fd) < 0)
		msg_diesys(LSV_TEMP, "unable to write");
}

static void
finish(struct buf *b, int fd)
{
	flush(b, fd, 0);
	if (close(fd) < 0)
		msg_diesys(LSV_TEMP, "unable to write");
	buf_free(b);
}

/* A number as letters, at least two: 0 is "aa". */
static const char *
letters(uint32_t n)
{
	static char out[16];
	char *p = out + sizeof out - 1;

	*p = '\0';
	do {
		*--p = (char)('a' + n % 26);
		n /= 26;
	} while (n > 0 || p > out + sizeof out - 3);
	return p;
}

static const char *
node_name(uint32_t n)
{
	static char out[16];
	static const char digit[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char *p = out + sizeof out - 1;

	*p = '\0';
	do {
		*--p = digit[n % 36];
		n /= 36;
	} while (n > 0);
	*--p = 'N';
	return p;
}

/* A suffix: most are two labels below a country, some three. */
static void
put_domain(struct buf *b, const struct gen *g, uint32_t i)
{
	const char *sub = i % 5 == 0 ? "dept." : i % 7 == 0 ? "lab." : "";

	buf_fmt(b, "%sd%x.", sub, i);
	buf_puts(b, letters(g->node[g->server[i]].region));
}

static void
put_host(struct buf *b, const struct gen *g, uint32_t node)
{
	buf_fmt(b, "n%u.net.", node);
	buf_puts(b, letters(g->node[node].region));
}

static void
sort_links(const struct gen *g, struct links *l)
{
	uint32_t i, *at;

	l->first = mem_get((g->nodes + 1) * sizeof *l->first);
	l->other = mem_get((size_t)g->links * 2 * sizeof *l->other);
	l->kind = mem_get((size_t)g->links * 2);
	for (i = 0; i < g->nodes; i++)
		l->first[i + 1] = l->first[i] + g->node[i].degree;
	at = mem_get(g->nodes * sizeof *at);
	for (i = 0; i < g->nodes; i++)
		at[i] = l->first[i];
	for (i = 0; i < g->links; i++) {
		l->kind[at[g->link[i].a]] = g->link[i].kind;
		l->other[at[g->link[i].a]++] = g->link[i].b;
		l->kind[at[g->link[i].b]] = g->link[i].kind;
		l->other[at[g->link[i].b]++] = g->link[i].a;
	}
	free(at);
}

/* ":links1.A B" and so on, each on a line of its own. */
static void
put_links(struct buf *b, const struct links *l, uint32_t node)
{
	unsigned tag = 0;
	size_t start = 0;
	uint32_t i;

	for (i = l->first[node]; i < l->first[node + 1]; i++) {
		if (tag == 0 || b->len - start > TAG) {
			buf_fmt(
			    b, "%s     :links%u.", tag ? "\n" : "", tag + 1);
			tag++;
			start = b->len;
		} else {
			buf_puts(b, " ");
		}
		buf_puts(b, node_name(l->other[i]));
		buf_puts(b, kind[l->kind[i]]);
	}
	if (tag)
		buf_puts(b, "\n");
}

static void
write_nodes(const struct gen *g)
{
	struct buf b = {0};
	struct links l;
	int fd = create("bitearn.nodes");
	uint32_t i;

	sort_links(g, &l);
	buf_puts(&b, ":node.VERS2611 :remark1.BASE(2611) 26/11/22 12:00:00\n");
	for (i = 0; i < g->nodes; i++) {
		buf_puts(&b, ":node.");
		buf_puts(&b, node_name(i));
		buf_puts(&b, " :type.NJE\n     :internet.");
		put_host(&b, g, i);
		buf_puts(&b, "\n");
		put_links(&b, &l, i);
		buf_puts(&b, "     :net.BENCH :country.");
		buf_puts(&b, letters(g->node[i].region));
		buf_puts(&b,
		    " :machine.IBM 4381 :system.IBM MVS/SP"
		    " :lastup.ADD 20261122 KEEPER@N0\n");
		flush(&b, fd, FLUSH);
	}
	finish(&b, fd);
	free(l.first);
	free(l.other);
	free(l.kind);
}

/* The suffixes of each server, one after another, by first. */
static uint32_t *
sort_domains(const struct gen *g, uint32_t *first)
{
	uint32_t *sorted = mem_get((g->domains + 1) * sizeof *sorted), i;

	for (i = 0; i < g->nodes; i++)
		first[i + 1] = first[i] + g->node[i].domains;
	for (i = 0; i < g->domains; i++)
		sorted[first[g->server[i]]++] = i;
	for (i = g->nodes; i > 0; i--)
		first[i] = first[i - 1];
	first[0] = 0;
	return sorted;
}

static void
put_server(struct buf *b, const struct gen *g, uint32_t node, uint32_t index)
{
	buf_fmt(
	    b, ":nick.%s :index.%u :userid.LISTSERV", node_name(node), index);
	buf_fmt(b, " :node.%s\n     :internet.listserv.", node_name(node));
	put_host(b, g, node);
	buf_fmt(b, " :backbone.%s :version.1 :name.Server %u\n",
	    g->node[node].backbone ? "YES" : "NO", index);
}

static void
write_servers(const struct gen *g)
{
	uint32_t *first = mem_get((g->nodes + 1) * sizeof *first);
	uint32_t *domain = sort_domains(g, first), i, k, index = 0;
	struct buf b = {0};
	int fd = create("peers.names");
	unsigned tag;
	size_t start;

	for (i = 0; i < g->nodes; i++) {
		if (!g->node[i].server)
			continue;
		put_server(&b, g, i, ++index);
		for (k = first[i], tag = 0, start = 0; k < first[i + 1]; k++) {
			if (tag == 0 || b.len - start > TAG) {
				buf_fmt(&b, "%s     :domains%u.",
				    tag ? "\n" : "", tag + 1);
				tag++;
				start = b.len;
			} else {
				buf_puts(&b, " ");
			}
			buf_puts(&b, "*.");
			put_domain(&b, g, domain[k]);
		}
		buf_puts(&b, tag ? "\n" : "");
		flush(&b, fd, FLUSH);
	}
	finish(&b, fd);
	free(first);
	free(domain);
}

/* Of ten hosts seven are below a suffix, one is that of a node, one is a node
 * by its name, and one is not known. */
static void
write_hosts(struct gen *g, uint32_t hosts)
{
	struct buf b = {0};
	int fd = create("hosts");
	uint32_t i, what;

	for (i = 0; i < hosts; i++) {
		what = gen_below(g, 10);
		if (what < 7 && g->domains > 0) {
			buf_fmt(&b, "%s",
			    what < 4       ? "mail."
				: what < 6 ? "ws17.cs."
					   : "");
			put_domain(&b, g, gen_below(g, g->domains));
		} else if (what == 8) {
			put_host(&b, g, gen_below(g, g->nodes));
		} else if (what == 9) {
			buf_puts(&b, node_name(gen_below(g, g->nodes)));
			buf_puts(&b, ".BITNET");
		} else {
			buf_fmt(
			    &b, "www.x%x.example", gen_below(g, UINT32_MAX));
		}
		buf_puts(&b, "\n");
		flush(&b, fd, FLUSH);
	}
	finish(&b, fd);
}

void
gen_write(struct gen *g, uint32_t hosts)
{
	write_nodes(g);
	write_servers(g);
	write_hosts(g, hosts);
}
