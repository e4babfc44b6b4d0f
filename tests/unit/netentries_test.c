#include "lib/netentries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/netbuild.h"

enum { MANY = 20000 };

static struct network net;
static struct netentries all;

static void
build(const char *text)
{
	assert_int_equal(netbuild(&net, text), 0);
	assert_int_equal(netentries_make(&all, &net), 0);
}

static int
destroy(void **state)
{
	(void)state;
	netentries_free(&all);
	network_free(&net);
	return 0;
}

/* The entry of a name; NULL when there is none, and never two. */
static const struct netentry *
entry(const char *name)
{
	const struct netentry *found = NULL;

	for (uint32_t i = 0; i < all.n; i++) {
		if (!bytes_same(network_text(&net, all.entry[i].name), name))
			continue;
		assert_null(found);
		found = &all.entry[i];
	}
	return found;
}

static uint32_t
node(const char *name)
{
	return network_node(&net, bytes_z(name));
}

static void
joins_a_domain_and_the_suffix_of_its_name(void **state)
{
	const struct netentry *e;

	(void)state;
	build("link A B -\nserver A 1 b\n"
	      "domain cern.example A\ndomain *.cern.example B\n"
	      "domain *.ch A\n");
	e = entry("cern.example");
	assert_non_null(e);
	assert_int_equal(e->node[NETENTRY_EXACT], node("A"));
	assert_int_equal(e->place[NETENTRY_EXACT].line, 3);
	assert_int_equal(e->node[NETENTRY_BELOW], node("B"));
	assert_int_equal(e->place[NETENTRY_BELOW].line, 4);
	e = entry("ch");
	assert_non_null(e);
	assert_int_equal(e->node[NETENTRY_EXACT], NETWORK_NONE);
	assert_null(entry("*.ch"));
}

static void
has_nodes_aliases_and_servers(void **state)
{
	const struct netentry *e;

	(void)state;
	build("link A B -\nserver A 1 b\nalias OLD B\nalias LOST NOBODY\n");
	e = entry("a");
	assert_non_null(e);
	assert_int_equal(e->node[NETENTRY_EXACT], node("A"));
	e = entry("old");
	assert_non_null(e);
	assert_int_equal(e->node[NETENTRY_EXACT], node("B"));
	assert_null(entry("lost"));
	e = entry("listserv.a.example");
	assert_non_null(e);
	assert_int_equal(e->node[NETENTRY_EXACT], node("A"));
}

static void
lets_a_node_go_before_whatever_has_its_name(void **state)
{
	const struct netentry *e;

	(void)state;
	build("link A B -\nserver A 1 b\nalias B A\nalias x.example A\n"
	      "domain x.example B\n");
	e = entry("b");
	assert_non_null(e);
	assert_int_equal(e->node[NETENTRY_EXACT], node("B"));
	e = entry("x.example");
	assert_non_null(e);
	assert_int_equal(e->place[NETENTRY_EXACT].line, 4);
}

static void
finds_room_for_many(void **state)
{
	char name[32];
	uint32_t i;
	const struct netplace at = {NETWORK_NONE, 0};

	(void)state;
	assert_int_equal(network_add_node(&net, NULL, bytes_z("A"), 1, at), 0);
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "%sd%u.example", i % 2 ? "*." : "",
		    i / 2);
		assert_int_equal(
		    network_add_domain(&net, NULL, bytes_z(name), 0, at), 0);
	}
	assert_int_equal(network_finish(&net, NULL), 0);
	assert_int_equal(netentries_make(&all, &net), 0);
	assert_int_equal(all.n, MANY / 2 + 1);
}

static void
is_empty_without_a_network(void **state)
{
	(void)state;
	assert_int_equal(netentries_make(&all, &net), 0);
	assert_int_equal(all.n, 0);
}

#define TEST(f) cmocka_unit_test_teardown(f, destroy)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(joins_a_domain_and_the_suffix_of_its_name),
	    TEST(has_nodes_aliases_and_servers),
	    TEST(lets_a_node_go_before_whatever_has_its_name),
	    TEST(finds_room_for_many),
	    TEST(is_empty_without_a_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
