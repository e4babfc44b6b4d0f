#include "lib/relaylinks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/netsim.h"
#include "tests/unit/scratch.h"

static uint32_t
node(const struct netsim *s, const char *name)
{
	uint32_t n = network_node(&s->net, bytes_z(name));

	assert_int_not_equal(n, NETWORK_NONE);
	return n;
}

static uint64_t
crossed(const struct netsim *s, const struct relaylinks *l, const char *from,
    const char *to)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < s->net.nlinks; i++)
		if (s->net.link[i].from == node(s, from) &&
		    s->net.link[i].to == node(s, to))
			n += l->crossed[i];
	return n;
}

static void
send(struct relaylinks *l, const struct netsim *s, const char *from,
    const char *to)
{
	assert_int_equal(relaylinks_send(l, node(s, from), node(s, to)), 0);
}

static void
a_copy_crosses_each_link_of_the_shortest_way(void **state)
{
	struct netsim s = {0};
	struct relaylinks l;

	(void)state;
	netsim_links(&s, "A-B/1 B-C/1 A-C/5 C-D/2.5");
	netsim_ready(&s);
	assert_int_equal(relaylinks_begin(&l, &s.net), 0);
	send(&l, &s, "A", "D");
	assert_int_equal(l.links, 3);
	assert_int_equal(l.cost, 4503); /* three nodes are passed */
	assert_int_equal(crossed(&s, &l, "A", "B"), 1);
	assert_int_equal(crossed(&s, &l, "B", "A"), 0);
	assert_int_equal(crossed(&s, &l, "A", "C"), 0);
	assert_int_equal(crossed(&s, &l, "C", "D"), 1);
	send(&l, &s, "D", "C");
	assert_int_equal(crossed(&s, &l, "D", "C"), 1);
	assert_int_equal(l.copies, 2);
	send(&l, &s, "D", "D");
	assert_int_equal(l.links, 4);
	assert_int_equal(l.copies, 3);
	relaylinks_clear(&l);
	assert_int_equal(l.links + l.cost + l.copies, 0);
	assert_int_equal(crossed(&s, &l, "C", "D"), 0);
	relaylinks_free(&l);
	netsim_free(&s);
}

static void
what_cannot_be_reached_is_counted_apart(void **state)
{
	struct netsim s = {0};
	struct relaylinks l;

	(void)state;
	netsim_links(&s, "A-B C-D");
	netsim_ready(&s);
	assert_int_equal(relaylinks_begin(&l, &s.net), 0);
	send(&l, &s, "A", "D");
	assert_int_equal(relaylinks_send(&l, node(&s, "A"), NETWORK_NONE), 0);
	assert_int_equal(l.lost, 2);
	assert_int_equal(l.copies, 2);
	assert_int_equal(l.links, 0);
	relaylinks_free(&l);
	netsim_free(&s);
}

static void
copies_for_one_node_may_travel_together(void **state)
{
	struct netsim s = {0};
	struct relaywalk w;
	struct relaylinks relayed, direct;
	struct relaylinks_job job = {.node = s.node};

	(void)state;
	netsim_links(&s, "A-B B-C B-D");
	netsim_servers(&s, "A B");
	netsim_recipients(&s, "a@C b@C c@C d@D e@nowhere f@nowhere");
	netsim_ready(&s);
	netsim_walk(&s, &w, 0, NULL, NULL);
	job.walk = &w;
	job.count = s.count;
	assert_int_equal(relaylinks_begin(&relayed, &s.net), 0);
	assert_int_equal(relaylinks_begin(&direct, &s.net), 0);
	for (job.together = 0; job.together < 2; job.together++) {
		relaylinks_clear(&relayed);
		relaylinks_clear(&direct);
		assert_int_equal(relaylinks_relayed(&relayed, &job), 0);
		assert_int_equal(relaylinks_direct(&direct, &job), 0);
		assert_int_equal(relayed.links, job.together ? 3 : 5);
		assert_int_equal(direct.links, job.together ? 4 : 8);
		/* those that nobody knows, and the job for B */
		assert_int_equal(relayed.copies, job.together ? 5 : 7);
		assert_int_equal(direct.copies, job.together ? 4 : 6);
		assert_int_equal(relayed.lost, 2);
	}
	relaylinks_free(&relayed);
	relaylinks_free(&direct);
	relaywalk_free(&w);
	netsim_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_copy_crosses_each_link_of_the_shortest_way),
	    cmocka_unit_test(what_cannot_be_reached_is_counted_apart),
	    cmocka_unit_test(copies_for_one_node_may_travel_together),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
