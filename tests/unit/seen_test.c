#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/seen.h"
#include "tests/unit/seenmake.h"

static char first[ID_NAME_MAX];

/* A message told by one letter. */
static int
digest(char c, const char *id, uint64_t now_us)
{
	unsigned char d[SEEN_DIGEST_LEN];

	memset(d, c, sizeof d);
	return seen_digest(&seen, first, d, id, now_us);
}

static void
recognises_a_message_under_another_id(void **state)
{
	(void)state;
	assert_int_equal(digest('x', A, NOON), 0);
	assert_int_equal(digest('y', B, NOON), 0);
	assert_int_equal(digest('x', C, NOON), 1);
	assert_string_equal(first, A);
	seenmake_again(1);
	assert_int_equal(digest('x', C, NOON + HOUR), 1);
	assert_string_equal(first, A);
}

static void
never_takes_a_message_for_its_own_duplicate(void **state)
{
	(void)state;
	assert_int_equal(digest('x', A, NOON), 0);
	seenmake_again(1);
	assert_int_equal(digest('x', A, NOON + HOUR), 0);
	assert_int_equal(digest('x', B, NOON + HOUR), 1);
	assert_string_equal(first, A);
}

static void
forgets_what_was_not_kept(void **state)
{
	(void)state;
	assert_int_equal(digest('x', A, NOON), 0);
	assert_int_equal(
	    seen_allow(&seen, A, SEEN_REPLY, bytes_z("joe"), 1, NOON), 1);
	seenmake_again(0);
	assert_int_equal(digest('x', B, NOON), 0);
	assert_int_equal(
	    seen_allow(&seen, B, SEEN_REPLY, bytes_z("joe"), 1, NOON), 1);
}

static void
recognises_it_for_a_day_and_over_midnight(void **state)
{
	(void)state;
	assert_int_equal(digest('x', A, NOON), 0);
	assert_int_equal(digest('x', B, NOON + DAY - 1), 1);
	assert_int_equal(digest('x', B, NOON + DAY), 0);
	assert_int_equal(digest('x', C, NOON + DAY), 1);
	assert_string_equal(first, B);
}

static void
recognises_it_when_the_clock_was_set_back(void **state)
{
	(void)state;
	assert_int_equal(digest('x', A, NOON), 0);
	assert_int_equal(digest('x', B, NOON - 2 * HOUR), 1);
}

static int
allow(const char *id, enum seen_kind kind, const char *who, uint64_t now_us)
{
	return seen_allow(&seen, id, kind, bytes_z(who), 2, now_us);
}

static void
counts_a_day_by_kind_and_name(void **state)
{
	(void)state;
	assert_int_equal(allow("1", SEEN_REPLY, "joe", NOON), 1);
	assert_int_equal(allow("2", SEEN_REPLY, "joe", NOON), 1);
	assert_int_equal(allow("3", SEEN_REPLY, "joe", NOON), 0);
	assert_int_equal(allow("4", SEEN_REPLY, "ann", NOON), 1);
	assert_int_equal(allow("5", SEEN_FORWARD, "joe", NOON), 1);
	assert_int_equal(allow("6", SEEN_REPLY, "joe", NOON + 11 * HOUR), 0);
	assert_int_equal(allow("7", SEEN_REPLY, "joe", NOON + 12 * HOUR), 1);
}

static void
counts_a_message_once_and_stays_with_its_answer(void **state)
{
	(void)state;
	assert_int_equal(allow(A, SEEN_REPLY, "joe", NOON), 1);
	assert_int_equal(allow(A, SEEN_REPLY, "joe", NOON), 1);
	assert_int_equal(allow(A, SEEN_REPLY, "joe", NOON), 1);
	assert_int_equal(allow(B, SEEN_REPLY, "joe", NOON), 1);
	assert_int_equal(allow(C, SEEN_REPLY, "joe", NOON), 0);
	seenmake_again(1);
	assert_int_equal(allow(A, SEEN_REPLY, "joe", NOON + HOUR), 1);
	assert_int_equal(allow(C, SEEN_REPLY, "joe", NOON + 20 * HOUR), 0);
}

static void
tells_whether_it_said_yes(void **state)
{
	(void)state;
	assert_int_equal(seen_was_allowed(&seen, A), 0);
	assert_int_equal(
	    seen_allow(&seen, A, SEEN_REPLY, bytes_z("joe"), 1, NOON), 1);
	assert_int_equal(
	    seen_allow(&seen, B, SEEN_REPLY, bytes_z("joe"), 1, NOON), 0);
	assert_int_equal(seen_was_allowed(&seen, A), 1);
	assert_int_equal(seen_was_allowed(&seen, B), 0);
}

static void
allows_nothing_where_the_maximum_is_none(void **state)
{
	(void)state;
	assert_int_equal(
	    seen_allow(&seen, A, SEEN_FORWARD, bytes_z("X"), 0, NOON), 0);
}

static void
refuses_names_over_its_maximum(void **state)
{
	static char who[SEEN_WHO_MAX + 1];

	(void)state;
	memset(who, 'a', sizeof who);
	assert_int_equal(seen_allow(&seen, A, SEEN_REPLY,
			     (struct bytes){who, SEEN_WHO_MAX}, 1, NOON),
	    1);
	assert_int_equal(seen_allow(&seen, B, SEEN_REPLY,
			     (struct bytes){who, SEEN_WHO_MAX + 1}, 1, NOON),
	    -1);
}

static ssize_t
sweep(uint64_t now_us, size_t max)
{
	ssize_t n;

	assert_int_equal(seen_end(&seen, 1), 0);
	n = seen_sweep(&seen, now_us, max);
	assert_int_equal(seen_begin(&seen), 0);
	return n;
}

static void
sweeps_what_is_too_old_and_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(digest('x', A, NOON), 0);
	assert_int_equal(allow(A, SEEN_REPLY, "joe", NOON), 1);
	assert_int_equal(digest('y', B, NOON + 2 * DAY), 0);
	assert_int_equal(allow(B, SEEN_REPLY, "joe", NOON + 2 * DAY), 1);
	assert_int_equal(sweep(NOON + 2 * DAY, 100), 3);
	assert_int_equal(sweep(NOON + 2 * DAY, 100), 0);
	assert_int_equal(digest('y', C, NOON + 2 * DAY), 1);
	assert_int_equal(seen_was_allowed(&seen, B), 1);
	assert_int_equal(seen_was_allowed(&seen, A), 0);
}

static void
sweeps_in_steps(void **state)
{
	char id[ID_NAME_MAX];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(id, sizeof id, "0647c1a2b3d4e.%010x", i);
		assert_int_equal(digest((char)i, id, NOON), 0);
	}
	assert_int_equal(sweep(NOON + 3 * DAY, 64), 64);
	assert_int_equal(sweep(NOON + 3 * DAY, 64), 36);
	assert_int_equal(sweep(NOON + 3 * DAY, 64), 0);
}

static void
sweeps_what_was_recorded_under_a_wrong_clock(void **state)
{
	(void)state;
	assert_int_equal(digest('x', A, NOON + 1000 * DAY), 0);
	assert_int_equal(allow(A, SEEN_REPLY, "joe", NOON + 1000 * DAY), 1);
	assert_int_equal(digest('y', B, NOON), 0);
	assert_int_equal(sweep(NOON, 100), 3);
	assert_int_equal(digest('y', C, NOON), 1);
}

static void
a_reader_finds_nothing_before_anything_was_recorded(void **state)
{
	struct seen reader;

	(void)state;
	seen_end(&seen, 0);
	seen_close(&seen);
	assert_int_equal(seen_open_read(&reader, "score"), 0);
	assert_int_equal(seen_look(&reader), 0);
	assert_int_equal(seen_look(&reader), 0);
	seen_close(&reader);
	assert_int_equal(mkdir("empty", 0700), 0);
	errno = 0;
	assert_int_equal(seen_open_read(&reader, "empty"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(seen_open(&seen, "score"), 0);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, seenmake_enter, seenmake_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(recognises_a_message_under_another_id),
	    TEST(never_takes_a_message_for_its_own_duplicate),
	    TEST(forgets_what_was_not_kept),
	    TEST(recognises_it_for_a_day_and_over_midnight),
	    TEST(recognises_it_when_the_clock_was_set_back),
	    TEST(counts_a_day_by_kind_and_name),
	    TEST(counts_a_message_once_and_stays_with_its_answer),
	    TEST(tells_whether_it_said_yes),
	    TEST(allows_nothing_where_the_maximum_is_none),
	    TEST(refuses_names_over_its_maximum),
	    TEST(sweeps_what_is_too_old_and_nothing_else),
	    TEST(sweeps_in_steps),
	    TEST(sweeps_what_was_recorded_under_a_wrong_clock),
	    TEST(a_reader_finds_nothing_before_anything_was_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
