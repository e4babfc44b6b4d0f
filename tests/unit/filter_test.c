#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/filter.h"

static struct spamset site_also, site_allow, deny, allow;
static struct filter f;

/* Patterns separated by blanks. */
static void
fill(struct spamset *set, const char *patterns)
{
	struct bytes left = bytes_z(patterns), one;
	struct where w;

	spamset_free(set);
	while (left.len) {
		one = bytes_word(&left);
		assert_int_equal(spamset_add(set, one.s, one.len, &w), 0);
	}
	assert_int_equal(spamset_seal(set), 0);
}

static int
setup(void **state)
{
	(void)state;
	spamset_free(&site_also);
	spamset_free(&site_allow);
	spamset_free(&deny);
	spamset_free(&allow);
	f = (struct filter){.site_also = &site_also,
	    .site_allow = &site_allow,
	    .deny = &deny,
	    .allow = &allow};
	return 0;
}

static int
leave(void **state)
{
	return setup(state);
}

static enum filter_result
of(const char *address)
{
	return filter_address(&f, bytes_z(address));
}

static void
without_any_setting_stops_programs_only(void **state)
{
	(void)state;
	assert_int_equal(of("joe@example.org"), FILTER_PASSES);
	assert_int_equal(of("root@example.org"), FILTER_PASSES);
	assert_int_equal(of("listserv@example.org"), FILTER_MACHINE);
	assert_int_equal(of("majordomo@example.org"), FILTER_MACHINE);
	assert_int_equal(of("mailer-daemon@example.org"), FILTER_MACHINE);
	assert_int_equal(of("x-bounces@example.org"), FILTER_PASSES);
	assert_int_equal(of(""), FILTER_PASSES);
}

static void
an_unsafe_list_gets_the_safe_filter(void **state)
{
	(void)state;
	f.safe = 1;
	assert_int_equal(of("root@example.org"), FILTER_MACHINE);
	assert_int_equal(of("x-bounces@example.org"), FILTER_MACHINE);
	assert_int_equal(of("owner-x@example.org"), FILTER_MACHINE);
	assert_int_equal(of("listserv@example.org"), FILTER_MACHINE);
	assert_int_equal(of("joe@example.org"), FILTER_PASSES);
}

static void
filter_safe_asks_for_it_and_allow_exempts(void **state)
{
	(void)state;
	f.how = FILTER_SAFE;
	fill(&allow, "root@host1.edu");
	assert_int_equal(of("root@host1.edu"), FILTER_PASSES);
	assert_int_equal(of("root@host2.edu"), FILTER_MACHINE);
}

static void
filter_also_adds_to_the_built_in_one(void **state)
{
	(void)state;
	f.how = FILTER_ALSO;
	fill(&deny, "*@host2.edu x400mail@* *@*.xyz.edu");
	fill(&allow, "niceguy@host2.edu");
	assert_int_equal(of("joe@host2.edu"), FILTER_DENIED);
	assert_int_equal(of("niceguy@host2.edu"), FILTER_PASSES);
	assert_int_equal(of("x400mail@example.org"), FILTER_DENIED);
	assert_int_equal(of("joe@sub.xyz.edu"), FILTER_DENIED);
	assert_int_equal(of("listserv@example.org"), FILTER_MACHINE);
	assert_int_equal(of("joe@example.org"), FILTER_PASSES);
}

static void
filter_only_takes_the_place_of_the_built_in_one(void **state)
{
	(void)state;
	f.how = FILTER_ONLY;
	f.safe = 1;
	fill(&deny, "*@host2.edu");
	assert_int_equal(of("listserv@example.org"), FILTER_PASSES);
	assert_int_equal(of("root@example.org"), FILTER_PASSES);
	assert_int_equal(of("root@host2.edu"), FILTER_DENIED);
}

static void
nothing_exempts_from_what_the_site_bans(void **state)
{
	(void)state;
	fill(&site_also, "*@badnode.com");
	fill(&site_allow, "*@badnode.com listserv@friend.example");
	f.how = FILTER_ONLY;
	fill(&allow, "*@badnode.com");
	assert_int_equal(of("joe@badnode.com"), FILTER_DENIED);
	f.how = FILTER_NONE;
	assert_int_equal(of("joe@badnode.com"), FILTER_DENIED);
	assert_int_equal(of("listserv@friend.example"), FILTER_PASSES);
	assert_int_equal(of("listserv@other.example"), FILTER_MACHINE);
}

static void
the_patterns_of_a_list_do_not_count_for_commands(void **state)
{
	(void)state;
	fill(&deny, "*");
	f.how = FILTER_NONE;
	assert_int_equal(of("joe@example.org"), FILTER_PASSES);
}

static void
takes_the_patterns_of_spam_lists_without_points(void **state)
{
	struct where w = {0, NULL};

	(void)state;
	assert_int_equal(filter_pattern("*@a.b", 5, &w), 0);
	assert_int_equal(filter_pattern("x400mail@*", 10, &w), 0);
	assert_int_equal(filter_pattern(">a@b", 4, &w), -1);
	assert_string_equal(w.why, "a pattern of a filter has no '>'");
	assert_int_equal(filter_pattern("", 0, &w), -1);
	assert_int_equal(filter_pattern("a b@c", 5, &w), -1);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, leave)
	const struct CMUnitTest tests[] = {
	    TEST(without_any_setting_stops_programs_only),
	    TEST(an_unsafe_list_gets_the_safe_filter),
	    TEST(filter_safe_asks_for_it_and_allow_exempts),
	    TEST(filter_also_adds_to_the_built_in_one),
	    TEST(filter_only_takes_the_place_of_the_built_in_one),
	    TEST(nothing_exempts_from_what_the_site_bans),
	    TEST(the_patterns_of_a_list_do_not_count_for_commands),
	    TEST(takes_the_patterns_of_spam_lists_without_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
