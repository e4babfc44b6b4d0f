#include "lib/relaywalk.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/ofat.h"
#include "tests/unit/netsim.h"
#include "tests/unit/scratch.h"

enum { NETWORKS = 3000, STOPS_MAX = 64 };

/* The example of the manual, over the only two topologies that fit its text. */
#define COMMON                                                                 \
	"FRECP11-T1 T1-T2 T2-CEARN CEARN-CZHRZU1A EARNET-IBACSATA "            \
	"DEARN-PSUVM DEARN-DKEARN DKEARN-NEUVM1 "
#define TOPOLOGY_A COMMON "CEARN-DEARN CEARN-T3 T3-EARNET"
#define TOPOLOGY_B COMMON "CEARN-T3 T3-DEARN CEARN-EARNET"

static void
manual(struct netsim *s, const char *links)
{
	*s = (struct netsim){0};
	netsim_links(s, links);
	netsim_servers(s, "FRECP11 CEARN DEARN DKEARN EARNET");
	netsim_recipients(s,
	    "Y@FRECP11 X@CEARN Y@CEARN X@CZHRZU1A X@NEUVM1 X@IBACSATA "
	    "X@EARNET X@PSUVM");
	netsim_ready(s);
}

/* struct told - what each server did, in words */
struct told {
	struct netsim *s;
	stralloc local[STOPS_MAX], direct[STOPS_MAX];
};

static void
append(stralloc *to, struct bytes text)
{
	if (to->len)
		assert_int_equal(sa_puts(to, ","), 0);
	assert_int_equal(sa_put(to, text.s, text.len), 0);
}

static int
tell(void *arg, const struct relaywalk_stop *stop, const struct relay_move *m)
{
	struct told *t = arg;
	uint32_t server = stop->server;

	assert_in_range(server, 0, STOPS_MAX - 1);
	if (m->way == RELAY_LOCAL)
		append(&t->local[server], m->line);
	else if (m->way == RELAY_DIRECT)
		append(&t->direct[server], m->line);
	if (m->way == RELAY_DIRECT && strcmp(m->rule, "single") == 0)
		assert_int_equal(sa_puts(&t->direct[server], " (single)"), 0);
	return 0;
}

static void
part(stralloc *out, const char *what, stralloc *who)
{
	if (who->len == 0)
		return;
	assert_int_equal(sa_puts(out, what), 0);
	assert_int_equal(sa_put(out, who->s, who->len), 0);
	assert_int_equal(sa_puts(out, ";"), 0);
	sa_free(who);
}

static void
put_name(stralloc *out, const struct netsim *s, uint32_t server)
{
	struct bytes name = network_text(&s->net, s->net.peer[server].name);

	assert_int_equal(sa_put(out, name.s, name.len), 0);
}

static void
put_forward(
    stralloc *out, const struct netsim *s, const struct relaywalk_stop *to)
{
	char text[64];

	assert_int_equal(sa_puts(out, " forward to LISTSERV@"), 0);
	put_name(out, s, to->server);
	snprintf(text, sizeof text, " for %u recipients;", (unsigned)to->count);
	assert_int_equal(sa_puts(out, text), 0);
}

/* The moves of all servers, a line each; of a server there is one stop. */
static char *
moves(struct netsim *s, struct relaywalk *w)
{
	struct told t = {.s = s};
	uint32_t stop[STOPS_MAX];
	stralloc out = {0};

	netsim_walk(s, w, 0, tell, &t);
	for (uint32_t i = 0; i < s->net.npeers; i++)
		stop[i] = RELAYWALK_NONE;
	for (uint32_t i = 0; i < w->stops; i++)
		stop[w->stop[i].server] = i;
	for (uint32_t i = 0; i < s->net.npeers; i++) {
		if (stop[i] == RELAYWALK_NONE)
			continue;
		put_name(&out, s, i);
		assert_int_equal(sa_puts(&out, ":"), 0);
		part(&out, " local ", &t.local[i]);
		part(&out, " direct ", &t.direct[i]);
		for (uint32_t j = 0; j < s->net.npeers; j++)
			if (stop[j] != RELAYWALK_NONE &&
			    w->stop[stop[j]].from == stop[i])
				put_forward(&out, s, &w->stop[stop[j]]);
		assert_int_equal(sa_puts(&out, "\n"), 0);
	}
	assert_int_equal(sa_0(&out), 0);
	return out.s;
}

#define MOVES                                                                  \
	"FRECP11: local Y@FRECP11; forward to LISTSERV@CEARN for 7 "           \
	"recipients;\n"                                                        \
	"CEARN: local X@CEARN,Y@CEARN; direct X@CZHRZU1A; forward to "         \
	"LISTSERV@DEARN for 2 recipients; forward to LISTSERV@EARNET for 2 "   \
	"recipients;\n"                                                        \
	"DEARN: direct X@PSUVM,X@NEUVM1 (single);\n"                           \
	"EARNET: local X@EARNET; direct X@IBACSATA;\n"

static void
each_server_moves_as_the_manual_tells(void **state)
{
	static const char *const topology[] = {TOPOLOGY_A, TOPOLOGY_B};
	struct netsim s;
	struct relaywalk w;
	char *text;

	(void)state;
	for (int i = 0; i < 2; i++) {
		manual(&s, topology[i]);
		text = moves(&s, &w);
		assert_string_equal(text, MOVES);
		free(text);
		relaywalk_free(&w);
		netsim_free(&s);
	}
}

/* struct crossings - links crossed in all, relayed and direct */
struct crossings {
	uint64_t relayed, direct, lost;
};

static void
count(const struct netsim *s, const struct relaywalk *w,
    struct relaylinks *relayed, struct relaylinks *direct)
{
	struct relaylinks_job job = {
	    .walk = w, .node = s->node, .count = s->count};

	assert_int_equal(relaylinks_begin(relayed, &s->net), 0);
	assert_int_equal(relaylinks_begin(direct, &s->net), 0);
	assert_int_equal(relaylinks_relayed(relayed, &job), 0);
	assert_int_equal(relaylinks_direct(direct, &job), 0);
}

/* "A-B relayed direct" for each link, both directions together, by name. */
static void
put_links(stralloc *out, const struct netsim *s,
    const struct relaylinks *relayed, const struct relaylinks *direct)
{
	const struct netlink *l, *back;
	struct bytes a, b;
	uint64_t r, d;
	char text[128];

	for (uint32_t i = 0; i < s->net.nlinks; i++)
		for (uint32_t j = i; j < s->net.nlinks; j++) {
			l = &s->net.link[i];
			back = &s->net.link[j];
			if (l->from != back->to || l->to != back->from)
				continue;
			a = network_text(&s->net, s->net.node[l->from].name);
			b = network_text(&s->net, s->net.node[l->to].name);
			r = relayed->crossed[i] + relayed->crossed[j];
			d = direct->crossed[i] + direct->crossed[j];
			snprintf(text, sizeof text, "%.*s-%.*s %u %u\n",
			    (int)a.len, a.s, (int)b.len, b.s, (unsigned)r,
			    (unsigned)d);
			assert_int_equal(sa_puts(out, text), 0);
		}
}

static struct crossings
cross(const char *links, stralloc *table)
{
	struct netsim s;
	struct relaywalk w;
	struct relaylinks relayed, direct;
	struct crossings c;

	manual(&s, links);
	netsim_walk(&s, &w, 0, NULL, NULL);
	count(&s, &w, &relayed, &direct);
	c = (struct crossings){relayed.links, direct.links, direct.lost};
	if (table) {
		put_links(table, &s, &relayed, &direct);
		assert_int_equal(sa_0(table), 0);
	}
	relaylinks_free(&relayed);
	relaylinks_free(&direct);
	relaywalk_free(&w);
	netsim_free(&s);
	return c;
}

static void
the_example_of_the_manual_crosses_11_links_and_not_32(void **state)
{
	static const char *const topology[] = {TOPOLOGY_A, TOPOLOGY_B};
	static const char *const table[] = {
	    "FRECP11-T1 1 7\nT1-T2 1 7\nT2-CEARN 1 7\nCEARN-CZHRZU1A 1 1\n"
	    "CEARN-DEARN 1 2\nCEARN-T3 1 2\nEARNET-IBACSATA 1 1\n"
	    "EARNET-T3 1 2\nDEARN-PSUVM 1 1\nDEARN-DKEARN 1 1\n"
	    "DKEARN-NEUVM1 1 1\n",
	    "FRECP11-T1 1 7\nT1-T2 1 7\nT2-CEARN 1 7\nCEARN-CZHRZU1A 1 1\n"
	    "CEARN-EARNET 1 2\nCEARN-T3 1 2\nEARNET-IBACSATA 1 1\n"
	    "DEARN-PSUVM 1 1\nDEARN-DKEARN 1 1\nDEARN-T3 1 2\n"
	    "DKEARN-NEUVM1 1 1\n"};
	stralloc text = {0};
	struct crossings c;

	(void)state;
	for (int i = 0; i < 2; i++) {
		c = cross(topology[i], &text);
		assert_int_equal(c.relayed, 11);
		assert_int_equal(c.direct, 32);
		assert_int_equal(c.lost, 0);
		assert_string_equal(text.s, table[i]);
		text.len = 0;
	}
	sa_free(&text);
}

/* The text without its word number n; 0 when it has none. */
static int
without_word(stralloc *out, const char *text, unsigned n)
{
	struct bytes left = bytes_z(text), w;
	unsigned i = 0;

	out->len = 0;
	while ((w = bytes_word(&left)).len)
		if (i++ != n) {
			assert_int_equal(sa_put(out, w.s, w.len), 0);
			assert_int_equal(sa_puts(out, " "), 0);
		}
	assert_int_equal(sa_0(out), 0);
	return n < i;
}

static void
any_link_taken_away_changes_both_numbers(void **state)
{
	static const char *const topology[] = {TOPOLOGY_A, TOPOLOGY_B};
	struct crossings c;
	stralloc links = {0};
	unsigned n;

	(void)state;
	for (int i = 0; i < 2; i++) {
		for (n = 0; without_word(&links, topology[i], n); n++) {
			c = cross(links.s, NULL);
			assert_int_not_equal(c.relayed, 11);
			assert_int_not_equal(c.direct, 32);
		}
		assert_int_equal(n, 11);
	}
	sa_free(&links);
}

/* --- any network --------------------------------------------------------- */

static void
no_server_is_on_its_own_way(const struct relaywalk *w)
{
	for (uint32_t i = 0; i < w->stops; i++) {
		assert_in_range(w->stop[i].hops, 0, RELAY_HOPS_MAX);
		for (uint32_t j = w->stop[i].from; j != RELAYWALK_NONE;
		     j = w->stop[j].from)
			assert_int_not_equal(
			    w->stop[i].server, w->stop[j].server);
	}
}

static void
all_are_served_once(const struct netsim *s, const struct relaywalk *w)
{
	uint64_t served = 0;

	assert_int_equal(w->twice, 0);
	for (unsigned n = 0; n < s->count; n++)
		assert_in_range(w->served[n], 0, w->stops - 1);
	for (uint32_t i = 0; i < w->stops; i++)
		served += w->stop[i].served;
	assert_int_equal(served, s->count);
}

static void
only_backbone_servers_pass_on(const struct netsim *s, const struct relaywalk *w)
{
	for (uint32_t i = 1; i < w->stops; i++)
		if (w->stop[i].from != 0)
			assert_true(s->net.peer[w->stop[w->stop[i].from].server]
					.backbone);
}

/* The same sums by distances that were found another way. */
static void
sums_are_right(const struct netsim *s, const struct relaywalk *w, int rated)
{
	uint64_t *d = netsim_cost(&s->net, !rated), relay = 0, direct = 0;
	uint32_t n = s->net.nnodes, from, start, to;
	struct relaylinks one, other;

	start = s->net.peer[w->stop[0].server].node;
	for (uint32_t i = 1; i < w->stops; i++) {
		from = s->net.peer[w->stop[w->stop[i].from].server].node;
		to = s->net.peer[w->stop[i].server].node;
		relay += d[from * n + to];
	}
	for (unsigned i = 0; i < s->count; i++) {
		if (s->node[i] == NETWORK_NONE)
			continue;
		from = s->net.peer[w->stop[w->served[i]].server].node;
		relay += d[from * n + s->node[i]];
		direct += d[start * n + s->node[i]];
	}
	assert_true(relay <= direct);
	count(s, w, &one, &other);
	assert_int_equal(one.cost, relay);
	assert_int_equal(other.cost, direct);
	if (!rated)
		assert_int_equal(one.links * 1000, relay);
	relaylinks_free(&one);
	relaylinks_free(&other);
	free(d);
}

static void
try_network(uint64_t seed, int rated, uint64_t *jobs)
{
	struct netsim s = {0};
	struct relaywalk w;

	netsim_random(&s, seed, 0, rated);
	netsim_ready(&s);
	netsim_walk(&s, &w, (uint32_t)(seed % s.net.npeers), NULL, NULL);
	all_are_served_once(&s, &w);
	no_server_is_on_its_own_way(&w);
	only_backbone_servers_pass_on(&s, &w);
	sums_are_right(&s, &w, rated);
	*jobs += w.stops - 1;
	relaywalk_free(&w);
	netsim_free(&s);
}

static void
every_recipient_is_reached_once_and_never_over_more_links(void **state)
{
	uint64_t jobs = 0;

	(void)state;
	for (uint64_t seed = 0; seed < NETWORKS; seed++)
		try_network(seed, 0, &jobs);
	assert_true(jobs > NETWORKS); /* or nothing was tried */
}

static void
with_resistances_the_way_never_costs_more(void **state)
{
	uint64_t jobs = 0;

	(void)state;
	for (uint64_t seed = 0; seed < NETWORKS; seed++)
		try_network(seed + NETWORKS, 1, &jobs);
	assert_true(jobs > NETWORKS);
}

/* --- servers that disagree ------------------------------------------------ */

/* struct two - the same servers with two opinions of the links */
struct two {
	struct netsim s[2];
	uint64_t seed;
};

static int
either_table(void *arg, uint32_t server, const struct nettable **t)
{
	struct two *two = arg;
	uint64_t state = two->seed + server;

	return relaytables_get(
	    &two->s[netsim_next(&state) % 2].tables, server, t);
}

static int
either_named(void *arg, struct bytes name, uint32_t *server)
{
	struct two *two = arg;

	return relaytables_named(&two->s[0].tables, name, server);
}

static struct bytes
either_get(void *arg, uint64_t n)
{
	struct two *two = arg;

	return netsim_get(&two->s[0], n);
}

static int
count_rule(
    void *arg, const struct relaywalk_stop *stop, const struct relay_move *m)
{
	uint64_t *visited = arg;

	(void)stop;
	*visited += strcmp(m->rule, "visited") == 0;
	return 0;
}

static uint64_t visits_refused;

static int
either_moved(
    void *arg, const struct relaywalk_stop *stop, const struct relay_move *m)
{
	(void)arg;
	return count_rule(&visits_refused, stop, m);
}

static void
two_tables(uint64_t seed)
{
	struct two two = {.seed = seed};
	struct relaywalk_config c = {.get = either_get,
	    .table = either_table,
	    .named = either_named,
	    .moved = either_moved,
	    .arg = &two};
	struct relaywalk w;

	for (unsigned i = 0; i < 2; i++) {
		netsim_random(&two.s[i], seed, i, 1);
		netsim_ready(&two.s[i]);
	}
	c.count = two.s[0].count;
	c.start = (uint32_t)(seed % two.s[0].net.npeers);
	assert_int_equal(relaywalk_make(&w, &c), 0);
	all_are_served_once(&two.s[0], &w);
	no_server_is_on_its_own_way(&w);
	relaywalk_free(&w);
	netsim_free(&two.s[0]);
	netsim_free(&two.s[1]);
}

static void
servers_that_disagree_make_no_loop(void **state)
{
	(void)state;
	visits_refused = 0;
	for (uint64_t seed = 0; seed < NETWORKS; seed++)
		two_tables(seed);
	assert_true(visits_refused > 100);
}

/* A row of servers, and recipients behind the last one. */
static void
after_sixteen_servers_the_rest_is_sent_directly(void **state)
{
	struct netsim s = {0};
	struct relaywalk w;
	char text[32];

	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		snprintf(text, sizeof text, "N%u-N%u", i, i + 1);
		netsim_links(&s, text);
	}
	for (unsigned i = 0; i < 30; i++) {
		snprintf(text, sizeof text, "N%u=%u", i, i + 1);
		netsim_servers(&s, text);
	}
	netsim_recipients(&s, "a@N30 b@N30 c@N30");
	netsim_ready(&s);
	netsim_walk(&s, &w, 0, NULL, NULL);
	assert_int_equal(w.stops, 17);
	assert_int_equal(w.stop[16].hops, 16);
	assert_int_equal(w.stop[16].served, 3);
	relaywalk_free(&w);
	netsim_free(&s);
}

/* --- errors --------------------------------------------------------------- */

static int
no_table(void *arg, uint32_t server, const struct nettable **t)
{
	if (server == 0)
		return either_table(arg, server, t);
	errno = EIO;
	return -1;
}

static int
no_such_server(void *arg, struct bytes name, uint32_t *server)
{
	(void)arg;
	(void)name;
	(void)server;
	errno = ENOENT;
	return -1;
}

static void
what_a_caller_cannot_say_ends_the_walk(void **state)
{
	struct two two = {0};
	struct relaywalk_config c = {.get = either_get,
	    .count = 8,
	    .table = no_table,
	    .named = either_named,
	    .arg = &two};
	struct relaywalk w;

	(void)state;
	manual(&two.s[0], TOPOLOGY_A);
	manual(&two.s[1], TOPOLOGY_A);
	assert_int_equal(relaywalk_make(&w, &c), -1);
	assert_int_equal(errno, EIO);
	relaywalk_free(&w);
	c.table = either_table;
	c.named = no_such_server;
	assert_int_equal(relaywalk_make(&w, &c), -1);
	assert_int_equal(errno, ENOENT);
	relaywalk_free(&w);
	netsim_free(&two.s[0]);
	netsim_free(&two.s[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_server_moves_as_the_manual_tells),
	    cmocka_unit_test(
		the_example_of_the_manual_crosses_11_links_and_not_32),
	    cmocka_unit_test(any_link_taken_away_changes_both_numbers),
	    cmocka_unit_test(
		every_recipient_is_reached_once_and_never_over_more_links),
	    cmocka_unit_test(with_resistances_the_way_never_costs_more),
	    cmocka_unit_test(servers_that_disagree_make_no_loop),
	    cmocka_unit_test(after_sixteen_servers_the_rest_is_sent_directly),
	    cmocka_unit_test(what_a_caller_cannot_say_ends_the_walk),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
