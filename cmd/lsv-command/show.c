/* show.c - SHOW and PATH: the server, and the network as its tables have it */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "build/config.h"
#include "cmd/lsv-command/command.h"
#include "lib/clock.h"
#include "lib/relaytrace.h"

enum {
	SERVERS_SHOWN = 2000,
	WORDS_MAX = 50, /* hosts of one PATH */
	HOPS_SHOWN = 64,
};

#define TEXT(b) (int)(b).len, (b).s

static int
no_table(struct command_context *c)
{
	return say(c, "This server has no tables of the network.\n");
}

/* 12.5, or a word when there is no way. */
static const char *
cost_text(char room[32], uint64_t cost)
{
	if (cost == NETTABLE_FAR)
		return "no way";
	snprintf(room, 32, "%" PRIu64 ".%03" PRIu64, cost / 1000, cost % 1000);
	return room;
}

/* --- SHOW VERSION ------------------------------------------------------------------- */

static int
show_sources(struct command_context *c, const struct nettable *t)
{
	const struct netfacts *f = nettable_facts(t);
	struct nettable_source s;

	for (uint32_t i = 0; i < f->files; i++) {
		if (nettable_source(t, i, &s) != 1) {
			errno = EPROTO;
			return -1;
		}
		if (say(c, "  %-20.*s %6" PRIu32 " entries%s%.*s\n",
			TEXT(s.name), s.entries,
			s.version.len ? ", version " : "", TEXT(s.version)) < 0)
			return -1;
	}
	return 0;
}

static int
show_version(struct command_context *c)
{
	const struct nettable *t = network_table(c);
	const struct netfacts *f;
	char date[CLOCK_LSV_MAX];

	if (say(c, "lsv %s, compatible with LISTSERV, on %s.\n", LSV_VERSION,
		c->site->node) < 0)
		return -1;
	if (c->site->standalone)
		return say(c, "It runs alone (RUNMODE=STANDALONE).\n");
	if (c->site->tableless[0])
		return say(
		    c, "Its network is that of %s.\n", c->site->tableless);
	if (!t)
		return no_table(c);
	f = nettable_facts(t);
	clock_lsv(date, f->made_us);
	if (say(c, "Master nodes file version %.*s, compiled on %s from\n",
		f->version.len ? (int)f->version.len : 1,
		f->version.len ? f->version.s : "-", date) < 0)
		return -1;
	return show_sources(c, t);
}

/* --- servers --------------------------------------------------------------------------- */

static int
say_server(struct command_context *c, const struct netserver *s)
{
	char cost[32];

	return say(c, " %-8.*s (%03" PRIu32 ") %-8s %10s  %.*s@%.*s\n",
	    TEXT(s->name), s->index, s->backbone ? "backbone" : "",
	    s->self ? "here" : cost_text(cost, s->cost), TEXT(s->userid),
	    TEXT(s->host));
}

/* Those for which a function says so. */
static int
say_servers(struct command_context *c, const struct nettable *t,
    int (*wanted)(const struct netserver *s, uint32_t arg), uint32_t arg)
{
	uint32_t n = nettable_facts(t)->servers, shown = 0;
	struct netserver s;

	for (uint32_t i = 0; i < n; i++) {
		if (nettable_server(t, i, &s) != 1) {
			errno = EPROTO;
			return -1;
		}
		if (!wanted(&s, arg))
			continue;
		if (shown++ < SERVERS_SHOWN && say_server(c, &s) < 0)
			return -1;
	}
	if (shown > SERVERS_SHOWN)
		return say(
		    c, " ... and %" PRIu32 " more.\n", shown - SERVERS_SHOWN);
	return shown ? 0 : say(c, " none\n");
}

static int
any(const struct netserver *s, uint32_t arg)
{
	(void)s;
	(void)arg;
	return 1;
}

static int
is_next(const struct netserver *s, uint32_t arg)
{
	return !s->self && s->via == arg;
}

static int
show_network(struct command_context *c)
{
	const struct nettable *t = network_table(c);
	const struct netfacts *f;

	if (!t)
		return no_table(c);
	f = nettable_facts(t);
	if (say(c,
		"%" PRIu32 " servers, %" PRIu32 " nodes, %" PRIu32
		" links; %" PRIu32 " servers are in reach.  Cost is from "
		"here.\n\n",
		f->servers, f->nodes, f->links, f->reached) < 0)
		return -1;
	return say_servers(c, t, any, 0);
}

static int
unknown_server(struct command_context *c, struct bytes name)
{
	return say(c, "No server is called \"") < 0 || say_s(c, name) < 0
	    ? -1
	    : say(c, "\".\n");
}

/* The server of a word; without a word ourselves.  1; 0, and he is told; -1. */
static int
take_server(struct command_context *c, const struct nettable *t,
    struct bytes *args, struct netserver *s)
{
	struct bytes word = cmd_word(args);
	int r = word.len ? nettable_named(t, word, s)
			 : nettable_server(t, nettable_self(t), s);

	return r == 0 ? unknown_server(c, word) : r;
}

static int
show_links(struct command_context *c, struct bytes args)
{
	const struct nettable *t = network_table(c);
	struct netserver s;
	int r;

	if (!t)
		return no_table(c);
	r = take_server(c, t, &args, &s);
	if (r != 1)
		return r;
	if (say(c, "On the ways from here, next behind %.*s:\n\n",
		TEXT(s.name)) < 0)
		return -1;
	return say_servers(c, t, is_next, s.number);
}

/* --- nodes and ways ------------------------------------------------------------------------ */

static int
show_server(struct command_context *c, const struct netserver *s)
{
	if (say(c, " It has the server\n") < 0 || say_server(c, s) < 0)
		return -1;
	return say(c, " of %.*s:%" PRIu32 "%s%.*s\n", TEXT(s->file), s->line,
	    s->version.len ? ", version " : "", TEXT(s->version));
}

static int
show_nodentry(struct command_context *c, struct bytes args)
{
	const struct nettable *t = network_table(c);
	struct bytes word = cmd_word(&args);
	struct netserver s;
	struct nethost h;
	char cost[32];
	int r;

	if (!t)
		return no_table(c);
	if (word.len == 0)
		return say(c, "SHOW NODENTRY which node?\n");
	r = nettable_host(t, word, &h);
	if (r < 0)
		return -1;
	if (r == 0)
		return say(c, "%s is in no table.\n", h.name);
	if (say(c, "%s: entry %s, %.*s:%" PRIu32 "\n", h.name, h.by,
		TEXT(h.file), h.line) < 0 ||
	    say(c, " Cost from here: %s\n", cost_text(cost, h.here)) < 0)
		return -1;
	r = nettable_server(t, h.server, &s);
	if (r != 1)
		return -1;
	if (h.own)
		return show_server(c, &s);
	return say(c, " Nearest server, at cost %s from it:\n",
		   cost_text(cost, h.cost)) < 0
	    ? -1
	    : say_server(c, &s);
}

/* The line of RFC 1429. */
static int
say_path(struct command_context *c, const struct nettable *t, uint32_t number)
{
	uint32_t hop[HOPS_SHOWN];
	ssize_t n = nettable_path(t, number, hop, HOPS_SHOWN);
	struct netserver s;

	if (n < 0 || nettable_server(t, number, &s) != 1 ||
	    say(c, " %-8.*s:", TEXT(s.name)) < 0)
		return -1;
	if (n == 0 && say(c, s.self ? " here" : " no way") < 0)
		return -1;
	for (ssize_t i = 0; i < n && i < HOPS_SHOWN; i++)
		if (nettable_server(t, hop[i], &s) != 1 ||
		    say(c, i + 1 < n ? " %-8.*s" : " %.*s", TEXT(s.name)) < 0)
			return -1;
	return say(c, "\n");
}

static int
show_paths(struct command_context *c, struct bytes args)
{
	const struct nettable *t = network_table(c);
	struct bytes rest = args, first = cmd_word(&rest);
	struct netserver s;
	int r;

	if (!t)
		return no_table(c);
	if (first.len == 0)
		return say(c, "SHOW PATHS to which server?\n");
	if (cmd_trim(rest).len) { /* from, to */
		r = take_server(c, t, &args, &s);
		if (r != 1)
			return r;
		if (!s.self)
			return say(c,
			    "This server knows the ways from itself only; ask "
			    "%.*s@%.*s.\n",
			    TEXT(s.userid), TEXT(s.host));
	}
	r = take_server(c, t, &args, &s);
	if (r != 1)
		return r;
	return say(c, "Path information:\n\n") < 0 ? -1
						   : say_path(c, t, s.number);
}

static int
path_host(
    struct command_context *c, const struct nettable *t, struct bytes word)
{
	struct netserver s;
	struct nethost h;
	struct bytes host = relay_domain(word);
	char cost[32];
	int r = nettable_host(t, host.len ? host : word, &h);

	if (r < 0 || nettable_server(t, h.server, &s) != 1)
		return -1;
	if (say(c, "%-25s goes to %-8.*s (%03" PRIu32 ") - %s", h.name,
		TEXT(s.name), s.index, r ? h.by : "unknown host") < 0)
		return -1;
	if (r && say(c, ", cost %s\n", cost_text(cost, h.here)) < 0)
		return -1;
	if (r == 0)
		return say(c, "\n");
	return s.self ? 0 : say_path(c, t, s.number);
}

int
command_path(struct command_context *c, struct bytes args)
{
	const struct nettable *t = network_table(c);
	struct bytes word;
	int r = 0;

	if (!t)
		return no_table(c);
	if (cmd_trim(args).len == 0)
		return say(c, "PATH to which host?\n");
	for (int n = 0; n < WORDS_MAX && r == 0; n++) {
		word = cmd_word(&args);
		if (word.len == 0)
			break;
		r = path_host(c, t, word);
	}
	return r;
}

/* --- SHOW ------------------------------------------------------------------------------------ */

static int
show_version_of(struct command_context *c, struct bytes args)
{
	(void)args;
	return show_version(c);
}

static int
show_network_of(struct command_context *c, struct bytes args)
{
	(void)args;
	return show_network(c);
}

int
command_show(struct command_context *c, struct bytes args)
{
	static const struct {
		const char *name;
		size_t least;
		int (*run)(struct command_context *c, struct bytes args);
	} what[] = {{"VERSION", 3, show_version_of},
	    {"NETWORK", 3, show_network_of}, {"LINKS", 4, show_links},
	    {"NODENTRY", 4, show_nodentry}, {"PATHS", 4, show_paths}};
	struct bytes word = cmd_word(&args);

	for (size_t i = 0; i < sizeof what / sizeof what[0]; i++)
		if (word.len >= what[i].least &&
		    word.len <= strlen(what[i].name) &&
		    strncasecmp(word.s, what[i].name, word.len) == 0)
			return what[i].run(c, args);
	return say(c,
	    "SHOW VERSION, SHOW NETWORK, SHOW LINKS, SHOW NODENTRY node, or "
	    "SHOW PATHS to?\n");
}
