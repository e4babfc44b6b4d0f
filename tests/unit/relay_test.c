#include "lib/relay.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/cputime.h"
#include "tests/unit/netsim.h"
#include "tests/unit/scratch.h"

/* struct heard - what was decided, a line each: "address way rule hop"
 *
 * fail_at the decision, counted from 1, at which to fail; 0: never
 */
struct heard {
	stralloc text;
	uint64_t n, fail_at;
};

static int
hear(void *arg, const struct relay_move *m)
{
	static const char *const way[] = {"local", "direct", "forward"};
	struct heard *h = arg;
	char text[128];

	if (++h->n == h->fail_at) {
		errno = ENOSPC;
		return -1;
	}
	snprintf(text, sizeof text, "%.*s %s %s", (int)m->line.len, m->line.s,
	    way[m->way], m->rule);
	assert_int_equal(sa_puts(&h->text, text), 0);
	if (m->way == RELAY_FORWARD) {
		snprintf(text, sizeof text, " %" PRIu32, m->hop);
		assert_int_equal(
		    sa_puts(&h->text, m->hop == RELAY_GATE ? " gate" : text),
		    0);
	}
	assert_int_equal(sa_puts(&h->text, "\n"), 0);
	return 0;
}

/* What is decided about "X@A Y@B ..."; to be given to free. */
static char *
decide(const struct relay_config *c, const char *recipients)
{
	struct bytes left = bytes_z(recipients), w;
	struct heard h = {0};
	struct relay r;

	assert_int_equal(relay_begin(&r, c, hear, &h), 0);
	while ((w = bytes_word(&left)).len)
		assert_int_equal(relay_add(&r, w, w), 0);
	assert_int_equal(relay_end(&r), 0);
	assert_int_equal(sa_0(&h.text), 0);
	assert_int_equal(h.n, r.n);
	relay_free(&r);
	return h.text.s ? h.text.s : strdup("");
}

static void
decides(const struct relay_config *c, const char *recipients, const char *moves)
{
	char *is = decide(c, recipients);

	assert_string_equal(is, moves);
	free(is);
}

/* A to E in a row, F beside B; servers on A, B, D and, no backbone, on E. */
static void
row(struct netsim *s)
{
	*s = (struct netsim){0};
	netsim_links(s, "A-B B-C C-D D-E E-G B-F A-X");
	netsim_servers(s, "A B D -E");
	netsim_domains(s, "D=d.example F=*.f.example G=g.example");
	netsim_ready(s);
}

static void
each_rule_has_its_word(void **state)
{
	struct netsim s;
	struct relay_config c = {0};

	(void)state;
	row(&s);
	c.table = netsim_table(&s, "A");
	decides(&c, "x@A x@X x@nowhere.example",
	    "x@A local local\nx@X direct nearest-here\n"
	    "x@nowhere.example direct unknown-host\n");
	decides(&c, "x@C", "x@C direct single\n");
	decides(&c, "x@C x@g.example y@g.example",
	    "x@C forward relayed 1\nx@g.example forward relayed 1\n"
	    "y@g.example forward relayed 1\n");
	netsim_free(&s);
}

static void
a_single_recipient_goes_by_the_next_server_if_that_is_his_own(void **state)
{
	struct netsim s;
	struct relay_config c = {0};

	(void)state;
	row(&s);
	c.table = netsim_table(&s, "A");
	decides(&c, "x@B", "x@B forward relayed 1\n");
	decides(&c, "x@D", "x@D direct single\n"); /* B is the next one */
	decides(&c, "x@y.f.example", "x@y.f.example direct single\n");
	netsim_free(&s);
}

static void
the_first_of_a_group_comes_with_the_second(void **state)
{
	struct netsim s;
	struct relay_config c = {0};

	(void)state;
	row(&s);
	c.table = netsim_table(&s, "A");
	decides(&c, "a@C b@X c@D d@g.example",
	    "b@X direct nearest-here\na@C forward relayed 1\n"
	    "c@D forward relayed 1\nd@g.example forward relayed 1\n");
	netsim_free(&s);
}

static void
no_server_that_was_visited_gets_the_job(void **state)
{
	struct netsim s;
	struct relay_config c = {0};
	static const char *const name[] = {"b", "Z B", "  B Q", "b.example"};

	(void)state;
	s = (struct netsim){0};
	netsim_links(&s, "A-B B-C C-D");
	{
		struct netpeer_new p = {.name = bytes_z("B"),
		    .host = bytes_z("b.example"),
		    .node = network_node(&s.net, bytes_z("B")),
		    .index = 9,
		    .place = {NETWORK_NONE, 0},
		    .backbone = 1};

		netsim_servers(&s, "A");
		assert_int_equal(network_add_peer(&s.net, NULL, &p), 0);
	}
	netsim_ready(&s);
	c.table = netsim_table(&s, "A");
	decides(
	    &c, "a@C b@D", "a@C forward relayed 1\nb@D forward relayed 1\n");
	for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
		c.visited = bytes_z(name[i]);
		decides(
		    &c, "a@C b@D", "a@C direct visited\nb@D direct visited\n");
	}
	c.visited = bytes_z("BB Bb.example C");
	decides(
	    &c, "a@C b@D", "a@C forward relayed 1\nb@D forward relayed 1\n");
	netsim_free(&s);
}

static void
a_job_goes_through_sixteen_servers_and_no_more(void **state)
{
	struct netsim s;
	struct relay_config c = {.hops = RELAY_HOPS_MAX};

	(void)state;
	row(&s);
	c.table = netsim_table(&s, "A");
	decides(&c, "x@A x@C y@C x@X",
	    "x@A local local\nx@C direct hops\ny@C direct hops\n"
	    "x@X direct nearest-here\n");
	c.hops = RELAY_HOPS_MAX - 1;
	decides(
	    &c, "x@C y@C", "x@C forward relayed 1\ny@C forward relayed 1\n");
	netsim_free(&s);
}

/* Hosts far from everything, but from S a little less. */
static void
who_would_take_a_much_longer_way_is_sent_to_directly(void **state)
{
	struct netsim s = {0};
	struct relay_config c = {0};

	(void)state;
	netsim_links(&s,
	    "A-P/50 P-S/50 P-H/49 P-I/50 S-H/98 A-J/100 S-J/30 "
	    "A-K/100 S-K/50");
	netsim_servers(&s, "A S");
	netsim_ready(&s);
	c.table = netsim_table(&s, "A");
	/* all are nearer to S, but for I, which is as near to us */
	decides(&c, "x@H y@H", "x@H direct detour\ny@H direct detour\n");
	decides(&c, "x@I y@I",
	    "x@I direct nearest-here\n"
	    "y@I direct nearest-here\n");
	decides(&c, "x@J y@J",
	    "x@J forward relayed 1\n"
	    "y@J forward relayed 1\n");
	decides(&c, "x@S y@K",
	    "y@K direct detour\n"
	    "x@S forward relayed 1\n");
	netsim_free(&s);
}

static void
without_a_table_all_is_delivered_here(void **state)
{
	static const char *const mine[] = {"lists.example", "example"};
	struct relay_config c = {.mydomain = mine, .nmydomain = 2};

	(void)state;
	decides(&c, "a@lists.example b@EXAMPLE c@other.example",
	    "a@lists.example local local\nb@EXAMPLE local local\n"
	    "c@other.example direct off\n");
}

static void
tableless_leaves_all_but_one_to_its_host(void **state)
{
	static const char *const mine[] = {"lists.example"};
	struct relay_config c = {.mydomain = mine,
	    .nmydomain = 1,
	    .tableless = bytes_z("gate.example")};

	(void)state;
	decides(&c, "a@lists.example b@x.example",
	    "a@lists.example local local\nb@x.example direct single\n");
	decides(&c, "b@Gate.Example", "b@Gate.Example forward relayed gate\n");
	decides(&c, "b@x.example c@y.example c@lists.example d@y.example",
	    "b@x.example forward relayed gate\n"
	    "c@y.example forward relayed gate\n"
	    "c@lists.example local local\n"
	    "d@y.example forward relayed gate\n");
	c.visited = bytes_z("GATE.EXAMPLE");
	decides(&c, "b@x.example c@y.example",
	    "b@x.example direct visited\nc@y.example direct visited\n");
	c.visited.len = 0;
	c.hops = RELAY_HOPS_MAX;
	decides(&c, "b@x.example", "b@x.example direct hops\n");
}

static void
who_names_himself_as_the_gate_has_none(void **state)
{
	static const char *const mine[] = {"lists.example"};
	struct relay_config c = {.mydomain = mine,
	    .nmydomain = 1,
	    .tableless = bytes_z("LISTS.example")};

	(void)state;
	decides(&c, "b@x.example c@y.example",
	    "b@x.example direct off\nc@y.example direct off\n");
}

static void
our_own_domains_are_local_whatever_the_table_says(void **state)
{
	static const char *const mine[] = {"d.example"};
	struct netsim s;
	struct relay_config c = {.mydomain = mine, .nmydomain = 1};

	(void)state;
	row(&s);
	c.table = netsim_table(&s, "A");
	decides(&c, "x@d.example y@d.example",
	    "x@d.example local local\ny@d.example local local\n");
	netsim_free(&s);
}

static void
odd_addresses_are_somebodys_too(void **state)
{
	struct netsim s;
	struct relay_config c = {0};

	(void)state;
	row(&s);
	c.table = netsim_table(&s, "A");
	decides(&c, "nodomain \"a@B\"@C trailing@ x@[192.0.2.1] x@c.bitnet",
	    "nodomain local local\ntrailing@ local local\n"
	    "x@[192.0.2.1] direct unknown-host\n"
	    "\"a@B\"@C forward relayed 1\nx@c.bitnet forward relayed 1\n");
	netsim_free(&s);
}

static void
a_line_may_be_more_than_the_address(void **state)
{
	struct netsim s;
	struct relay_config c = {0};
	struct heard h = {0};
	struct relay r;
	char line[] = "x@C\tJoe";

	(void)state;
	row(&s);
	c.table = netsim_table(&s, "A");
	assert_int_equal(relay_begin(&r, &c, hear, &h), 0);
	assert_int_equal(relay_add(&r, bytes_z("x@C"), bytes_z(line)), 0);
	memset(line, 'z', sizeof line - 1); /* held back by then */
	assert_int_equal(relay_add(&r, bytes_z("y@C"), bytes_z("y@C\tJim")), 0);
	assert_int_equal(relay_end(&r), 0);
	assert_int_equal(sa_0(&h.text), 0);
	assert_string_equal(h.text.s,
	    "x@C\tJoe forward relayed 1\ny@C\tJim forward relayed 1\n");
	relay_free(&r);
	sa_free(&h.text);
	netsim_free(&s);
}

static void
a_run_of_one_domain_asks_the_table_once(void **state)
{
	struct netsim s;
	struct relay_config c = {0};
	struct heard h = {0};
	struct relay r;

	(void)state;
	row(&s);
	c.table = netsim_table(&s, "A");
	assert_int_equal(relay_begin(&r, &c, hear, &h), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(
		    relay_add(&r, bytes_z("x@C"), bytes_z("x@C")), 0);
	assert_int_equal(r.looked, 1);
	assert_int_equal(relay_add(&r, bytes_z("x@X"), bytes_z("x")), 0);
	assert_int_equal(relay_add(&r, bytes_z("x@C"), bytes_z("x")), 0);
	assert_int_equal(r.looked, 3);
	assert_int_equal(r.n, 102);
	relay_free(&r);
	sa_free(&h.text);
	netsim_free(&s);
}

static void
who_cannot_take_a_decision_stops_it(void **state)
{
	struct netsim s;
	struct relay_config c = {0};
	struct heard h = {.fail_at = 1};
	struct relay r;

	(void)state;
	row(&s);
	c.table = netsim_table(&s, "A");
	assert_int_equal(relay_begin(&r, &c, hear, &h), 0);
	assert_int_equal(relay_add(&r, bytes_z("x@C"), bytes_z("x")), 0);
	errno = 0;
	assert_int_equal(relay_add(&r, bytes_z("y@C"), bytes_z("y")), -1);
	assert_int_equal(errno, ENOSPC);
	relay_free(&r);
	h.n = 0;
	assert_int_equal(relay_begin(&r, &c, hear, &h), 0);
	assert_int_equal(relay_add(&r, bytes_z("x@C"), bytes_z("x")), 0);
	assert_int_equal(relay_end(&r), -1);
	relay_free(&r);
	sa_free(&h.text);
	netsim_free(&s);
}

/* --- speed ---------------------------------------------------------------- */

enum { MANY = 1000000, DOMAINS = 100000, SERVERS = 100 };

static int
tally(void *arg, const struct relay_move *m)
{
	uint64_t *way = arg;

	way[m->way]++;
	return 0;
}

static void
many_domains(struct netsim *s)
{
	char text[96];

	for (unsigned i = 1; i < SERVERS; i++) {
		snprintf(text, sizeof text, "N%u-N%u", i, i / 2);
		netsim_links(s, text);
	}
	for (unsigned i = 0; i < SERVERS; i++) {
		snprintf(text, sizeof text, "N%u=%u", i, i + 1);
		netsim_servers(s, text);
	}
	for (unsigned i = 0; i < DOMAINS; i++) {
		snprintf(text, sizeof text, "N%u=d%u.example", i % SERVERS, i);
		netsim_domains(s, text);
	}
	netsim_ready(s);
}

static void
a_million_recipients_in_a_hundred_thousand_domains_take_a_second(void **state)
{
	struct netsim s = {0};
	struct relay_config c = {0};
	uint64_t way[3] = {0};
	double best = 1e9, took;
	struct relay r;
	char text[64];
	int len;

	(void)state;
	many_domains(&s);
	c.table = netsim_table(&s, "N0");
	for (int round = 0; round < 3; round++) {
		memset(way, 0, sizeof way);
		assert_int_equal(relay_begin(&r, &c, tally, way), 0);
		took = cpu_s();
		for (unsigned i = 0; i < MANY; i++) {
			len = snprintf(text, sizeof text, "u%u@d%u.example", i,
			    i / (MANY / DOMAINS));
			assert_int_equal(
			    relay_add(&r, (struct bytes){text, (size_t)len},
				(struct bytes){text, (size_t)len}),
			    0);
		}
		assert_int_equal(relay_end(&r), 0);
		took = cpu_s() - took;
		if (took < best)
			best = took;
		assert_int_equal(r.looked, DOMAINS);
		relay_free(&r);
	}
	assert_int_equal(way[0] + way[1] + way[2], MANY);
	assert_in_range(way[RELAY_FORWARD], MANY / 2, MANY);
	print_message("%u recipients in %.3f s\n", (unsigned)MANY, best);
	assert_true(best < cpu_limit(1));
	netsim_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_rule_has_its_word),
	    cmocka_unit_test(
		a_single_recipient_goes_by_the_next_server_if_that_is_his_own),
	    cmocka_unit_test(the_first_of_a_group_comes_with_the_second),
	    cmocka_unit_test(no_server_that_was_visited_gets_the_job),
	    cmocka_unit_test(a_job_goes_through_sixteen_servers_and_no_more),
	    cmocka_unit_test(
		who_would_take_a_much_longer_way_is_sent_to_directly),
	    cmocka_unit_test(without_a_table_all_is_delivered_here),
	    cmocka_unit_test(tableless_leaves_all_but_one_to_its_host),
	    cmocka_unit_test(who_names_himself_as_the_gate_has_none),
	    cmocka_unit_test(our_own_domains_are_local_whatever_the_table_says),
	    cmocka_unit_test(odd_addresses_are_somebodys_too),
	    cmocka_unit_test(a_line_may_be_more_than_the_address),
	    cmocka_unit_test(a_run_of_one_domain_asks_the_table_once),
	    cmocka_unit_test(who_cannot_take_a_decision_stops_it),
	    cmocka_unit_test(
		a_million_recipients_in_a_hundred_thousand_domains_take_a_second),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
