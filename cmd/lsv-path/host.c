/* host.c - which server is nearest to a host, by which way, and why */
#include <errno.h>
#include <stdio.h>

#include "cmd/lsv-path/path.h"
#include "lib/clean.h"
#include "lib/msg.h"

enum { HOPS_MAX = 1024 }; /* servers of one way that are shown */

/* struct answer - all about a host
 *
 * to      the nearest server
 * hop     the numbers of hops servers on the way there
 */
struct answer {
	struct bytes name;
	struct nethost host;
	struct netserver to;
	uint32_t hop[HOPS_MAX];
	ssize_t hops;
};

_Noreturn static void
die_table(const struct path *p)
{
	msg_diesys(LSV_PERM, "unable to use ", p->source.s);
}

static struct netserver
server(const struct path *p, uint32_t number)
{
	struct netserver s;
	int r = nettable_server(p->config.table, number, &s);

	if (r == 0)
		errno = EPROTO;
	if (r != 1)
		die_table(p);
	return s;
}

static void
look(const struct path *p, struct answer *a)
{
	const struct nettable *t = p->config.table;

	if (nettable_host(t, a->name, &a->host) < 0)
		die_table(p);
	a->to = server(p, a->host.server);
	a->hops = nettable_path(t, a->host.server, a->hop, HOPS_MAX);
	if (a->hops < 0)
		die_table(p);
	if (a->hops > HOPS_MAX)
		a->hops = HOPS_MAX;
}

static int
is_alias(const struct answer *a)
{
	return bytes_starts(a->host.file, "aliases");
}

/* What the entry that decided is. */
static const char *
kind(const struct answer *a)
{
	if (!a->host.known)
		return "unknown";
	if (a->host.by[0] == '*')
		return "suffix";
	if (is_alias(a))
		return "alias";
	return strchr(a->host.by, '.') ? "domain" : "node";
}

/* --- text ----------------------------------------------------------------- */

static void
put_cost(struct path *p, uint64_t cost)
{
	if (cost == NETTABLE_FAR)
		put(p, "unknown");
	else if (nettable_facts(p->config.table)->hops)
		putf(p, "%" PRIu64 " link%s", cost / 1000,
		    cost == 1000 ? "" : "s");
	else
		putf(p, "%" PRIu64 ".%03u", cost / 1000,
		    (unsigned)(cost % 1000));
}

static void
text_way(struct path *p, const struct answer *a)
{
	put(p, "\n  path     ");
	if (a->hops == 0)
		put(p, "none: it is this server");
	for (ssize_t i = 0; i < a->hops; i++) {
		put(p, i ? " " : "");
		put_bytes(p, server(p, a->hop[i]).name);
	}
	put(p, "\n  cost     ");
	put_cost(p, a->to.cost);
	put(p, " to it, ");
	put_cost(p, a->host.cost);
	put(p, " from there, ");
	put_cost(p, a->host.here);
	put(p, " directly");
}

static void
text_reason(struct path *p, const struct answer *a)
{
	static const struct {
		const char *kind, *words;
	} reason[] = {{"suffix", "a suffix"}, {"alias", "an alias"},
	    {"domain", "a domain"}, {"node", "a node"}};

	put(p, "\n  decided  ");
	if (!a->host.known) {
		put(p, "no entry knows it: this server delivers\n");
		return;
	}
	putf(p, "%s, ", a->host.by);
	for (size_t i = 0; i < sizeof reason / sizeof reason[0]; i++)
		if (strcmp(reason[i].kind, kind(a)) == 0)
			put(p, reason[i].words);
	if (a->host.line) {
		putf(p, " in line %" PRIu32 " of ", a->host.line);
		put_bytes(p, a->host.file);
	}
	put(p, "\n");
}

static void
text(struct path *p, const struct answer *a)
{
	put_bytes(p, a->name);
	put(p, "\n  nearest  ");
	put_bytes(p, a->to.name);
	putf(p, " (%03" PRIu32 "), ", a->to.index);
	put_bytes(p, a->to.userid);
	put(p, "@");
	put_bytes(p, a->to.host.len ? a->to.host : a->to.node);
	if (a->host.local)
		put(p, ", and its own node");
	text_way(p, a);
	text_reason(p, a);
}

/* --- JSON ----------------------------------------------------------------- */

static void
json_bytes(struct json *j, const char *key, struct bytes b)
{
	json_s(j, key, b.s, b.len);
}

static void
json_cost(struct json *j, const char *key, uint64_t cost)
{
	if (cost == NETTABLE_FAR)
		json_null(j, key);
	else
		json_u(j, key, cost);
}

static void
json_reason(struct json *j, const struct answer *a)
{
	json_z(j, "kind", kind(a));
	if (!a->host.known) {
		json_null(j, "by");
		json_null(j, "file");
		json_null(j, "line");
		return;
	}
	json_z(j, "by", a->host.by);
	json_bytes(j, "file", a->host.file);
	json_u(j, "line", a->host.line);
}

static void
as_json(struct path *p, const struct answer *a)
{
	struct json *j = &p->j;

	json_open(j, NULL, '{');
	json_bytes(j, "host", a->name);
	json_b(j, "known", a->host.known);
	json_b(j, "local", a->host.local);
	json_bytes(j, "server", a->to.name);
	json_u(j, "index", a->to.index);
	json_bytes(j, "userid", a->to.userid);
	json_bytes(j, "mail", a->to.host.len ? a->to.host : a->to.node);
	json_open(j, "path", '[');
	for (ssize_t i = 0; i < a->hops; i++)
		json_bytes(j, NULL, server(p, a->hop[i]).name);
	json_close(j, ']');
	json_cost(j, "cost_to_server", a->to.cost);
	json_cost(j, "cost_from_server", a->host.cost);
	json_cost(j, "cost_direct", a->host.here);
	json_reason(j, a);
	json_close(j, '}');
}

/* --- without a table ------------------------------------------------------ */

static void
tableless(struct path *p, struct bytes name)
{
	struct bytes gate = p->config.tableless;
	int local = site_serves(&p->site, name) != NULL;

	if (p->json) {
		json_open(&p->j, NULL, '{');
		json_bytes(&p->j, "host", name);
		json_b(&p->j, "known", 0);
		json_b(&p->j, "local", local);
		json_bytes(&p->j, "gate", local ? bytes_z("") : gate);
		json_close(&p->j, '}');
		return;
	}
	put_bytes(p, name);
	if (local)
		put(p, "\n  a domain of this server\n");
	else if (gate.len == 0)
		put(p, "\n  RUNMODE=STANDALONE: this server delivers\n");
	else
		putf(p,
		    "\n  RUNMODE=TABLELESS: left to %.*s, but for a single "
		    "recipient\n",
		    (int)gate.len, gate.s);
}

int
host_tell(struct path *p, const char *name)
{
	const char *at = strrchr(name, '@');
	struct answer a = {.hops = 0};
	stralloc clean = {0};

	if (clean_put(&clean, bytes_z(at ? at + 1 : name)) < 0)
		die_memory();
	a.name = (struct bytes){clean.s ? clean.s : "", clean.len};
	if (p->config.table) {
		look(p, &a);
		if (p->json)
			as_json(p, &a);
		else
			text(p, &a);
	} else {
		tableless(p, a.name);
		a.host.known = 1;
	}
	sa_free(&clean);
	return a.host.known;
}
