#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/sums.h"
#include "tests/unit/seenmake.h"

static char first[ID_NAME_MAX];

/* A sum told by one letter, seen on a list. */
static int
hit(char c, const char *list, const char *id, uint64_t now_us)
{
	return sums_hit(&seen, seenmake_sum(c), bytes_z(list), id, now_us);
}

static int
posting(enum sums_kind kind, const char *list, const char *key, const char *id,
    uint64_t now_us)
{
	return sums_posting(
	    &seen, first, kind, bytes_z(list), bytes_z(key), id, now_us);
}

static int
poster(const char *list, const char *address, uint64_t now_us)
{
	return sums_poster(&seen, bytes_z(list), bytes_z(address), now_us);
}

static void
posted(const char *list, const char *address, uint64_t now_us)
{
	assert_int_equal(
	    sums_posted(&seen, bytes_z(list), bytes_z(address), now_us), 0);
}

/* --- sums ----------------------------------------------------------------- */

static void
counts_the_lists_of_a_sum(void **state)
{
	(void)state;
	assert_int_equal(hit('x', "A-L", A, NOON), 1);
	assert_int_equal(hit('y', "A-L", A, NOON), 1);
	assert_int_equal(hit('x', "B-L", B, NOON + HOUR), 2);
	seenmake_again(1);
	assert_int_equal(hit('x', "C-L", C, NOON + HOUR), 3);
	assert_int_equal(hit('y', "B-L", C, NOON + HOUR), 2);
}

static void
counts_a_list_once_however_often_and_however_written(void **state)
{
	(void)state;
	assert_int_equal(hit('x', "A-L", A, NOON), 1);
	assert_int_equal(hit('x', "A-L", B, NOON), 1);
	assert_int_equal(hit('x', "a-l", C, NOON), 1);
}

static void
never_counts_a_message_twice_on_its_list(void **state)
{
	(void)state;
	assert_int_equal(hit('x', "A-L", A, NOON), 1);
	assert_int_equal(hit('x', "B-L", B, NOON), 2);
	seenmake_again(1);
	assert_int_equal(hit('x', "B-L", B, NOON + 1), 2);
	assert_int_equal(hit('x', "A-L", A, NOON + 2), 2);
}

static void
forgets_lists_of_a_day_ago(void **state)
{
	(void)state;
	assert_int_equal(hit('x', "A-L", A, NOON), 1);
	assert_int_equal(hit('x', "B-L", B, NOON + 20 * HOUR), 2);
	assert_int_equal(hit('x', "C-L", C, NOON + 25 * HOUR), 2);
	/* what comes again is not a day old */
	assert_int_equal(hit('x', "B-L", C, NOON + 40 * HOUR), 2);
	assert_int_equal(hit('x', "D-L", C, NOON + 50 * HOUR), 2);
	/* the one that was asked about again keeps its time */
	assert_int_equal(hit('y', "A-L", A, NOON), 1);
	assert_int_equal(hit('y', "A-L", A, NOON + 20 * HOUR), 1);
	assert_int_equal(hit('y', "B-L", B, NOON + 25 * HOUR), 1);
}

static void
counts_after_the_clock_was_set_back(void **state)
{
	(void)state;
	assert_int_equal(hit('x', "A-L", A, NOON + 5 * HOUR), 1);
	assert_int_equal(hit('x', "B-L", B, NOON), 2);
	assert_int_equal(hit('x', "C-L", C, NOON - 30 * HOUR), 1);
	assert_int_equal(hit('x', "C-L", C, 0), 1);
	assert_int_equal(hit('x', "C-L", C, UINT64_MAX), 1);
}

static void
stops_counting_at_the_maximum(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < SUMS_LISTS_MAX + 5; i++) {
		snprintf(name, sizeof name, "L%d", i);
		assert_int_equal(hit('x', name, A, NOON),
		    i < SUMS_LISTS_MAX ? i + 1 : SUMS_LISTS_MAX);
	}
	assert_int_equal(hit('x' - 1, "A-L", A, NOON), 1);
}

static void
refuses_an_id_that_is_none(void **state)
{
	char longest[ID_NAME_MAX + 1];

	(void)state;
	memset(longest, 'a', sizeof longest);
	longest[ID_NAME_MAX] = 0;
	errno = 0;
	assert_int_equal(hit('x', "A-L", longest, NOON), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(posting(SUMS_ID, "A-L", "x", "", NOON), -1);
	longest[ID_NAME_MAX - 1] = 0;
	assert_int_equal(hit('x', "A-L", longest, NOON), 1);
}

static void
needs_memory_to_be_open_for_writing(void **state)
{
	(void)state;
	seen_end(&seen, 0);
	assert_int_equal(hit('x', "A-L", A, NOON), -1);
	assert_int_equal(posting(SUMS_ID, "A-L", "x", A, NOON), -1);
	assert_int_equal(seenmake_told('x', "a@x", A, NOON), -1);
	assert_int_equal(poster("A-L", "a@x", NOON), -1);
	assert_int_equal(
	    sums_posted(&seen, bytes_z("A-L"), bytes_z("a@x"), NOON), -1);
	assert_int_equal(seen_begin(&seen), 0);
}

/* --- postings ------------------------------------------------------------- */

static void
tells_a_posting_that_came_before(void **state)
{
	(void)state;
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", A, NOON), 0);
	assert_int_equal(posting(SUMS_ID, "A-L", "2@x", B, NOON), 0);
	seenmake_again(1);
	assert_int_equal(posting(SUMS_ID, "a-l", "1@x", C, NOON + HOUR), 1);
	assert_string_equal(first, A);
	assert_int_equal(posting(SUMS_ID, "A-L", "1@X", C, NOON + HOUR), 0);
}

static void
takes_the_same_posting_to_two_lists_for_two(void **state)
{
	(void)state;
	assert_int_equal(posting(SUMS_BODY, "A-L", "x", A, NOON), 0);
	assert_int_equal(posting(SUMS_BODY, "B-L", "x", B, NOON), 0);
	assert_int_equal(posting(SUMS_ID, "A-L", "x", C, NOON), 0);
	assert_int_equal(posting(SUMS_BODY, "B-L", "x", C, NOON), 1);
	assert_string_equal(first, B);
}

static void
never_takes_a_posting_for_its_own_copy(void **state)
{
	(void)state;
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", A, NOON), 0);
	seenmake_again(1);
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", A, NOON + HOUR), 0);
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", B, NOON + HOUR), 1);
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", A, NOON + HOUR), 0);
}

static void
remembers_message_ids_for_a_week_and_bodies_for_a_day(void **state)
{
	(void)state;
	assert_int_equal(posting(SUMS_ID, "A-L", "x", A, NOON), 0);
	assert_int_equal(posting(SUMS_BODY, "A-L", "x", A, NOON), 0);
	assert_int_equal(posting(SUMS_BODY, "A-L", "x", B, NOON + DAY - 1), 1);
	assert_int_equal(posting(SUMS_BODY, "A-L", "x", B, NOON + DAY), 0);
	assert_int_equal(
	    posting(SUMS_ID, "A-L", "x", B, NOON + 7 * DAY - 1), 1);
	assert_int_equal(posting(SUMS_ID, "A-L", "x", B, NOON + 7 * DAY), 0);
}

static void
asks_about_a_posting_without_recording_it(void **state)
{
	struct bytes list = bytes_z("A-L"), key = bytes_z("1@x");

	(void)state;
	assert_int_equal(
	    sums_was_posting(&seen, first, SUMS_ID, list, key, A, NOON), 0);
	assert_int_equal(
	    sums_was_posting(&seen, first, SUMS_ID, list, key, B, NOON), 0);
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", A, NOON), 0);
	assert_int_equal(
	    sums_was_posting(&seen, first, SUMS_ID, list, key, B, NOON), 1);
	assert_string_equal(first, A);
	assert_int_equal(
	    sums_was_posting(&seen, first, SUMS_ID, list, key, A, NOON), 0);
}

static void
forgets_what_is_not_kept(void **state)
{
	(void)state;
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", A, NOON), 0);
	assert_int_equal(hit('x', "A-L", A, NOON), 1);
	seenmake_again(0);
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", B, NOON), 0);
	assert_int_equal(hit('x', "B-L", B, NOON), 1);
}

static void
takes_keys_and_names_of_any_length(void **state)
{
	static char big[100000];
	struct bytes all = {big, sizeof big}, most = {big, sizeof big - 1};
	struct bytes list = bytes_z("A-L"), none = {NULL, 0};

	(void)state;
	memset(big, 'x', sizeof big);
	assert_int_equal(
	    sums_posting(&seen, first, SUMS_ID, list, all, A, NOON), 0);
	assert_int_equal(
	    sums_posting(&seen, first, SUMS_ID, list, most, B, NOON), 0);
	assert_int_equal(
	    sums_posting(&seen, first, SUMS_ID, none, none, C, NOON), 0);
	assert_int_equal(sums_posted(&seen, list, all, NOON), 0);
	assert_int_equal(sums_poster(&seen, list, all, NOON), 1);
	assert_int_equal(sums_poster(&seen, list, none, NOON), 0);
}

/* --- posters -------------------------------------------------------------- */

static void
knows_who_has_posted_to_which_list(void **state)
{
	(void)state;
	assert_int_equal(poster("A-L", "joe@x.example", NOON), 0);
	posted("A-L", "joe@x.example", NOON);
	seenmake_again(1);
	assert_int_equal(poster("A-L", "joe@x.example", NOON), 1);
	assert_int_equal(poster("a-l", "Joe@X.Example", NOON + DAY), 1);
	assert_int_equal(poster("B-L", "joe@x.example", NOON), 0);
	assert_int_equal(poster("A-L", "jim@x.example", NOON), 0);
}

static void
forgets_who_has_not_posted_for_400_days(void **state)
{
	(void)state;
	posted("A-L", "joe@x", NOON);
	assert_int_equal(poster("A-L", "joe@x", NOON + 400 * DAY - 1), 1);
	assert_int_equal(poster("A-L", "joe@x", NOON + 400 * DAY), 0);
	posted("A-L", "joe@x", NOON + DAY - 1); /* the day's is kept */
	assert_int_equal(poster("A-L", "joe@x", NOON + 400 * DAY), 0);
	posted("A-L", "joe@x", NOON + 300 * DAY);
	assert_int_equal(poster("A-L", "joe@x", NOON + 700 * DAY - 1), 1);
}

/* --- sweeping ------------------------------------------------------------- */

static void
fill(void)
{
	char name[16];

	for (int i = 0; i < 20; i++) {
		uint64_t us = NOON - (uint64_t)i * DAY;

		snprintf(name, sizeof name, "L%d", i);
		assert_true(hit('x', name, A, us) > 0);
		assert_int_equal(posting(SUMS_ID, name, "x", A, us), 0);
		assert_int_equal(posting(SUMS_BODY, name, "x", A, us), 0);
		posted(name, "joe@x", NOON - (uint64_t)i * 40 * DAY);
		assert_int_equal(seenmake_told('x', name, A, us), 1);
	}
}

static void
sweeps_what_is_old_and_nothing_else(void **state)
{
	(void)state;
	for (size_t step = 1; step <= 1000; step *= 10) {
		fill();
		seenmake_sweep(NOON, step);
		assert_int_equal(seenmake_entries(seen.sums), 1);
		assert_int_equal(seenmake_entries(seen.postings), 8);
		assert_int_equal(seenmake_entries(seen.posters), 10);
		assert_int_equal(seenmake_entries(seen.alerts), 7);
		assert_int_equal(hit('x', "L0", B, NOON), 1);
		assert_int_equal(posting(SUMS_ID, "L6", "x", B, NOON), 1);
		assert_int_equal(poster("L9", "joe@x", NOON), 1);
		seenmake_sweep(NOON + 1000 * DAY, step);
		assert_int_equal(seenmake_entries(seen.sums), 0);
		assert_int_equal(seenmake_entries(seen.postings), 0);
		assert_int_equal(seenmake_entries(seen.posters), 0);
		assert_int_equal(seenmake_entries(seen.alerts), 0);
	}
}

static void
sweeps_what_was_recorded_in_the_future(void **state)
{
	(void)state;
	fill();
	seenmake_sweep(NOON - 2000 * DAY, 7);
	assert_int_equal(seenmake_entries(seen.sums), 0);
	assert_int_equal(seenmake_entries(seen.postings), 0);
	assert_int_equal(seenmake_entries(seen.posters), 0);
	assert_int_equal(seenmake_entries(seen.alerts), 0);
}

static void
removes_entries_that_are_not_of_its_making(void **state)
{
	struct bytes odd = bytes_z("odd"), v = bytes_z("v");
	const unsigned table[] = {
	    seen.sums, seen.alerts, seen.posters, seen.postings};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		assert_int_equal(
		    store_put(&seen.store, table[i], odd, v, 0), 1);
	seenmake_sweep(NOON, 3);
	assert_int_equal(seenmake_entries(seen.sums) +
		seenmake_entries(seen.alerts) + seenmake_entries(seen.posters) +
		seenmake_entries(seen.postings),
	    0);
}

static void
does_not_sweep_without_a_store(void **state)
{
	struct sums_sweep at = {.table = 0};

	(void)state;
	/* a transaction is under way */
	assert_int_equal(sums_sweep(&seen, &at, NOON, 10), -1);
	seenmake_again(0);
}

#define test(t)                                                                \
	cmocka_unit_test_setup_teardown(t, seenmake_enter, seenmake_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    test(counts_the_lists_of_a_sum),
	    test(counts_a_list_once_however_often_and_however_written),
	    test(never_counts_a_message_twice_on_its_list),
	    test(forgets_lists_of_a_day_ago),
	    test(counts_after_the_clock_was_set_back),
	    test(stops_counting_at_the_maximum),
	    test(refuses_an_id_that_is_none),
	    test(needs_memory_to_be_open_for_writing),
	    test(tells_a_posting_that_came_before),
	    test(takes_the_same_posting_to_two_lists_for_two),
	    test(never_takes_a_posting_for_its_own_copy),
	    test(remembers_message_ids_for_a_week_and_bodies_for_a_day),
	    test(asks_about_a_posting_without_recording_it),
	    test(forgets_what_is_not_kept),
	    test(takes_keys_and_names_of_any_length),
	    test(knows_who_has_posted_to_which_list),
	    test(forgets_who_has_not_posted_for_400_days),
	    test(sweeps_what_is_old_and_nothing_else),
	    test(sweeps_what_was_recorded_in_the_future),
	    test(removes_entries_that_are_not_of_its_making),
	    test(does_not_sweep_without_a_store),
	};

	return cmocka_run_group_tests_name("sums", tests, NULL, NULL);
}
