#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/netlinks.h"
#include "tests/unit/nettables.h"

static struct netlink
good(const char *word, const char *name)
{
	struct netlink l = {0};
	struct bytes b = {"", 0};
	struct where w = {9, NULL};

	assert_int_equal(netlinks_parse(&l, &b, bytes_z(word), &w), 0);
	assert_int_equal(w.at, 0);
	assert_true(bytes_eq(b, name));
	return l;
}

static void
bad(const char *word, size_t at, const char *why)
{
	struct netlink l = {.speed = 77};
	struct bytes name;
	struct where w = {0, NULL};

	assert_int_equal(netlinks_parse(&l, &name, bytes_z(word), &w), -1);
	assert_int_equal(w.at, at);
	assert_string_equal(w.why, why);
	assert_int_equal(l.speed, 77);
}

static void
a_name_alone_is_a_permanent_link_of_9600_bit_s(void **state)
{
	const char *const same[] = {"TREARN", "TREARN()", "TREARN(,)",
	    "TREARN(,,)", "TREARN(,,,)", "TREARN(P)"};

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		struct netlink l = good(same[i], "TREARN");

		assert_int_equal(l.type, NETLINK_P);
		assert_int_equal(l.speed, 9600);
		assert_int_equal(l.resistance, 0);
		assert_false(l.rated);
		assert_false(l.oneway);
	}
}

static void
types_are_p_d_and_v_with_the_switches(void **state)
{
	(void)state;
	assert_int_equal(good("A(d)", "A").type, NETLINK_D);
	assert_int_equal(good("A(V0)", "A").type, NETLINK_V);
	assert_int_equal(good("A(V0)", "A").switches, 0);
	assert_int_equal(good("A(v12)", "A").switches, 12);
	bad("A(V)", 2, "type of a link is not P, D or V and a number");
	bad("A(V256)", 2, "type of a link is not P, D or V and a number");
	bad("A(V-1)", 2, "type of a link is not P, D or V and a number");
	bad("A(X)", 2, "type of a link is not P, D or V and a number");
	bad("A(PP)", 2, "type of a link is not P, D or V and a number");
}

static void
speeds_have_k_or_m_and_a_fraction(void **state)
{
	(void)state;
	assert_int_equal(good("A(,64k)", "A").speed, 64000);
	assert_int_equal(good("A(,64K)", "A").speed, 64000);
	assert_int_equal(good("A(P,2.15M)", "A").speed, 2150000);
	assert_int_equal(good("A(,1000M)", "A").speed, 1000000000);
	assert_int_equal(good("A(,0.064M)", "A").speed, 64000);
	assert_int_equal(good("A(,1)", "A").speed, 1);
	assert_int_equal(good("A(,0)", "A").speed, 0);
	assert_true(good("A(,0)", "A").rated);
	bad("A(,1001M)", 3, "speed of a link is not 0 to 1000M");
	bad("A(,-1)", 3, "speed of a link is not 0 to 1000M");
	bad("A(,1.5)", 3, "speed of a link is not 0 to 1000M");
	bad("A(,1.2345k)", 3, "speed of a link is not 0 to 1000M");
	bad("A(,k)", 3, "speed of a link is not 0 to 1000M");
	bad("A(,1.k)", 3, "speed of a link is not 0 to 1000M");
	bad("A(,.5k)", 3, "speed of a link is not 0 to 1000M");
	bad("A(,1G)", 3, "speed of a link is not 0 to 1000M");
	bad("A(,99999999999999999999M)", 3,
	    "speed of a link is not 0 to 1000M");
}

static void
resistances_are_thousandths_from_0001_to_99999999(void **state)
{
	const char *const none[] = {"A(,,0)", "A(,,0.000)", "A(,,-1)",
	    "A(,,inf)", "A(,,nan)", "A(,,1e5)", "A(,,100000)",
	    "A(,,99999.9999)", "A(,,0.0001)", "A(,,1.)", "A(,,.5)",
	    "A(,,1.2.3)", "A(,,99999999999999999999999)", "A(,,+1)",
	    "A(,,0x10)"};

	(void)state;
	assert_int_equal(good("A(,,22.5)", "A").resistance, 22500);
	assert_int_equal(good("A(,,0.001)", "A").resistance, 1);
	assert_int_equal(good("A(,,99999.999)", "A").resistance, 99999999);
	assert_int_equal(good("A(P,64k,20)", "A").resistance, 20000);
	assert_int_equal(good("A(P,64k,20)", "A").speed, 64000);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		bad(none[i], 4,
		    "resistance of a link is not 0.001 to 99999.999");
}

static void
option_a_is_one_way_and_others_are_not_known(void **state)
{
	struct netlink l;
	struct bytes name;
	struct where w = {0, NULL};

	(void)state;
	assert_true(good("A(,,,A)", "A").oneway);
	assert_true(good("A(V1,64k,8.5,a)", "A").oneway);
	assert_int_equal(netlinks_parse(&l, &name, bytes_z("A(,,,XA)"), &w), 0);
	assert_true(l.oneway);
	assert_int_equal(w.at, 1);
	assert_int_equal(
	    netlinks_parse(&l, &name, bytes_z("A(,,,B,C)"), &w), 0);
	assert_false(l.oneway);
	assert_int_equal(w.at, 1);
}

static void
brackets_have_to_match_and_names_to_be_names(void **state)
{
	(void)state;
	bad("", 0, "no link");
	bad("A(P", 2, "link without a closing bracket");
	bad("A(", 1, "link without a closing bracket");
	bad("A)", 0, "bracket that was not opened");
	bad("A(P)x", 4, "link without a closing bracket");
	bad("(P)", 0, "link to what is no name of a node");
	bad("A@B", 0, "link to what is no name of a node");
	bad("A((P)", 2, "type of a link is not P, D or V and a number");
}

static void
a_speed_makes_a_resistance_of_a_million_by_it(void **state)
{
	struct nettables t = {0};

	(void)state;
	nettables_z(&t, "nodes",
	    ":node.A :links.B C(,64k) D(,1000M) E(,1) F(,0) G(,64k,20)\n"
	    ":node.B\n:node.C\n:node.D\n:node.E\n:node.F\n:node.G\n");
	nettables_finish(&t);
	nettables_links(&t, "A",
	    "B:P:9600:104167 C:P:64000:15625 D:P:1000000000:1 "
	    "E:P:1:1000000000 F:P:0:99999999 G:P:64000:20000");
	assert_int_equal(t.n.rated, 5);
	nettables_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_name_alone_is_a_permanent_link_of_9600_bit_s),
	    cmocka_unit_test(types_are_p_d_and_v_with_the_switches),
	    cmocka_unit_test(speeds_have_k_or_m_and_a_fraction),
	    cmocka_unit_test(resistances_are_thousandths_from_0001_to_99999999),
	    cmocka_unit_test(option_a_is_one_way_and_others_are_not_known),
	    cmocka_unit_test(brackets_have_to_match_and_names_to_be_names),
	    cmocka_unit_test(a_speed_makes_a_resistance_of_a_million_by_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
