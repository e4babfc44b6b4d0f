#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/plan.h"

static struct plan p;
static struct where w;

static int
parse(const char *s)
{
	return plan_parse(&p, s, strlen(s), &w);
}

static void
writes_its_lines(void **state)
{
	stralloc out = {0};

	(void)state;
	assert_int_equal(plan_start(&out, 100, bytes_z("a@b.example")), 0);
	assert_int_equal(
	    plan_wave(&out, 16, 1600, (struct bytes){"ed\0\xff", 4}), 0);
	assert_int_equal(plan_end(&out, 31, 3070), 0);
	assert_int_equal(plan_warned(&out, 17), 0);
	assert_int_equal(plan_reported(&out), 0);
	assert_true(bytes_eq((struct bytes){out.s, out.len},
	    "C 100 a@b.example\nW 16 1600 656400ff\nE 31 3070\nD 17\nP\n"));
	assert_int_equal(plan_parse(&p, out.s, out.len, &w), 0);
	assert_int_equal(p.chunk, 100);
	assert_string_equal(p.poster, "a@b.example");
	assert_int_equal(p.chunks, 31);
	assert_int_equal(p.rcpts, 3070);
	assert_int_equal(p.key_len, 4);
	assert_memory_equal(p.key, "ed\0\xff", 4);
	assert_true(p.ended && p.reported);
	assert_int_equal(p.warned_us, 17);
	assert_int_equal(p.length, out.len);
	sa_free(&out);
}

static void
writes_no_poster_as_a_dash(void **state)
{
	static char longer[PLAN_POSTER_MAX + 2];
	const struct bytes none[] = {
	    {NULL, 0}, bytes_z("a\nb"), {longer, PLAN_POSTER_MAX + 1}};
	stralloc out = {0};

	(void)state;
	memset(longer, 'x', sizeof longer - 1);
	for (int i = 0; i < 3; i++) {
		out.len = 0;
		assert_int_equal(plan_start(&out, 7, none[i]), 0);
		assert_true(
		    bytes_eq((struct bytes){out.s, out.len}, "C 7 -\n"));
	}
	assert_int_equal(parse("C 7 -\n"), 0);
	assert_string_equal(p.poster, "");
	sa_free(&out);
}

static void
lets_the_last_wave_count(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("C 2 -\nW 8 16 6161\nW 40 80 62\nW 40 80 62\n"), 0);
	assert_int_equal(p.chunks, 40);
	assert_int_equal(p.rcpts, 80);
	assert_int_equal(p.key_len, 1);
	assert_int_equal(p.key[0], 'b');
	assert_false(p.ended);
	assert_int_equal(parse("C 2 -\nW 3 5 \nE 3 5\n"), 0);
	assert_int_equal(p.key_len, 0);
	assert_true(p.ended);
}

static void
does_not_count_a_torn_last_line(void **state)
{
	static const char text[] = "C 2 -\nW 8 16 6161\nW 40 80 6262\n";
	size_t whole = strlen("C 2 -\nW 8 16 6161\n");

	(void)state;
	for (size_t n = whole; n < sizeof text - 1; n++) {
		assert_int_equal(plan_parse(&p, text, n, &w), 0);
		assert_int_equal(p.chunks, 8);
		assert_int_equal(p.length, whole);
	}
}

static void
does_not_count_a_last_line_that_a_power_cut_left_in_part(void **state)
{
	static const char text[] = "C 2 -\nW 8 16 6161\nW 4\0\0\0\0\0\0262\n";

	(void)state;
	assert_int_equal(plan_parse(&p, text, sizeof text - 1, &w), 0);
	assert_int_equal(p.chunks, 8);
	assert_int_equal(p.length, 18);
	/* but in the middle it is damage: what follows was durable */
	assert_int_equal(
	    plan_parse(&p, "C 2 -\nW 4\0\0 6\nE 8 16\n", 22, &w), -1);
}

static void
refuses_damage(void **state)
{
	static const char start[] = "C 2 -\nW 1 2 ";
	static char longkey[2 * PLAN_KEY_MAX + 32];
	const size_t at = sizeof start - 1, most = 2 * (size_t)PLAN_KEY_MAX;
	static const char *const bad[] = {"", "C 2", "W 1 2 61\n", "P\n",
	    "C 0 -\n", "C x -\n", "C 4294967296 -\n", "C 2 -\nC 2 -\n",
	    "C 2 -\nX\n", "C 2 -\n\nP\n", "C 2 -\nW 1 2 6\n",
	    "C 2 -\nW 1 2 6g\n", "C 2 -\nW 1\n", "C 2 -\nW 1000000 2 61\n",
	    "C 2 -\nW 8 16 61\nW 7 16 61\n", "C 2 -\nW 8 16 61\nW 9 15 61\n",
	    "C 2 -\nE 8 16\nW 9 18 61\n", "C 2 -\nD 1\n",
	    "C 2 -\nE 8 16\nD x\n", "C 2 -\nE 8 16\nD\n",
	    "C 2 -\nW 8 16 61\nE 7 16\n"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		w.why = NULL;
		if (parse(bad[i]) != -1)
			fail_msg("taken: %s", bad[i]);
		assert_non_null(w.why);
	}
	memcpy(longkey, start, at);
	memset(longkey + at, '6', most);
	memcpy(longkey + at + most, "\n", 2);
	assert_int_equal(parse(longkey), 0);
	assert_int_equal(p.key_len, PLAN_KEY_MAX);
	memcpy(longkey + at + most, "66\n", 4);
	assert_int_equal(parse(longkey), -1);
}

static void
says_where_the_damage_is(void **state)
{
	(void)state;
	assert_int_equal(parse("C 2 -\nW 8 16 61\nnonsense\n"), -1);
	assert_int_equal(w.at, 16);
	assert_string_equal(w.why, "not a plan line");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_its_lines),
	    cmocka_unit_test(writes_no_poster_as_a_dash),
	    cmocka_unit_test(lets_the_last_wave_count),
	    cmocka_unit_test(does_not_count_a_torn_last_line),
	    cmocka_unit_test(
		does_not_count_a_last_line_that_a_power_cut_left_in_part),
	    cmocka_unit_test(refuses_damage),
	    cmocka_unit_test(says_where_the_damage_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
