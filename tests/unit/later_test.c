#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/claim.h"
#include "lib/clock.h"
#include "lib/later.h"
#include "tests/unit/mailmake.h"
#include "tests/unit/pooltree.h"
#include "tests/unit/scratch.h"

enum { HOUR_MS = 3600 * 1000, POOL_C = 2 };

static struct pools pools;
static struct later later;

static int
enter(void **state)
{
	if (scratch_enter(state) < 0 || pooltree_make() < 0)
		return -1;
	later = (struct later){.due_us = 0};
	return pools_open(&pools);
}

static int
leave(void **state)
{
	later_free(&later);
	pooltree_close(&pools);
	return scratch_leave(state);
}

/* A file in later/ of pool C, due in so many milliseconds. */
static void
put(const char *name, int64_t ms)
{
	char path[128], line[64];
	int64_t due = (int64_t)clock_wall_us() + ms * 1000;

	snprintf(path, sizeof path, "pool/C/later/%s", name);
	snprintf(line, sizeof line, "L %lld 3\n", (long long)due);
	assert_true(mail_make(path, 2, line) > 0);
}

static int
is_in(const char *state, const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "pool/C/%s/%s", state, name);
	return access(path, F_OK) == 0;
}

static int
scan(void)
{
	return later_scan(&later, &pools, 0, POOL_DEFAULT, HOUR_MS);
}

static void
brings_back_what_is_due_and_leaves_the_rest(void **state)
{
	(void)state;
	put(MAIL_A, -10);
	put(MAIL_B, 60000);
	assert_int_equal(scan(), LATER_BACK);
	assert_true(is_in("now", MAIL_A));
	assert_true(is_in("later", MAIL_B));
	assert_true(later_wait_ms(&later) > 50000);
	assert_true(later_wait_ms(&later) <= 60001);
}

static void
looks_at_nothing_before_something_is_due(void **state)
{
	(void)state;
	assert_int_equal(scan(), 0);
	put(MAIL_A, -10);
	assert_int_equal(scan(), 0);
	assert_true(is_in("later", MAIL_A));
	later_due(&later, 1);
	assert_int_equal(later_wait_ms(&later), 0);
	assert_int_equal(scan(), LATER_BACK);
}

static void
takes_a_time_of_another_clock_for_due(void **state)
{
	(void)state;
	put(MAIL_A, INT64_C(2) * HOUR_MS);
	assert_int_equal(scan(), LATER_BACK);
	assert_true(is_in("now", MAIL_A));
}

static void
passes_over_a_file_that_another_has_claimed(void **state)
{
	struct claim c;
	struct where w;

	(void)state;
	put(MAIL_A, -10);
	assert_int_equal(
	    claim_open(&c, pools.dir[POOL_C][POOL_LATER], MAIL_A, &w), 0);
	assert_int_equal(scan(), 0);
	assert_true(is_in("later", MAIL_A));
	assert_true(later_wait_ms(&later) <= 1001);
	claim_close(&c);
	later_due(&later, 1);
	assert_int_equal(scan(), LATER_BACK);
}

static void
sees_that_a_file_was_put_off_once_more(void **state)
{
	char line[64];

	(void)state;
	put(MAIL_A, 300);
	assert_int_equal(scan(), 0);
	snprintf(line, sizeof line, "L %llu 4\n",
	    (unsigned long long)clock_wall_us() + 60000000);
	assert_int_equal(
	    mail_append("pool/C/later/" MAIL_A, line, strlen(line)), 0);
	usleep(310000);
	assert_int_equal(scan(), 0);
	assert_true(is_in("later", MAIL_A));
	assert_true(later_wait_ms(&later) > 50000);
}

static void
only_scan(void *arg)
{
	*(int *)arg = scan();
}

static void
puts_a_damaged_file_where_a_person_looks(void **state)
{
	int res;

	(void)state;
	assert_int_equal(scratch_file("pool/C/later/" MAIL_A, "x\n", 2), 0);
	assert_string_equal(scratch_stderr(only_scan, &res),
	    MAIL_A " held why=\"it cannot be read\"\n");
	assert_int_equal(res, 0);
	assert_true(is_in("held", MAIL_A));
}

static void
says_that_it_cannot_bring_back(void **state)
{
	(void)state;
	put(MAIL_A, -10);
	assert_int_equal(scratch_file("pool/C/now/" MAIL_A, "", 0), 0);
	assert_int_equal(scan(), LATER_TROUBLE);
	assert_int_equal(errno, EEXIST);
	assert_true(is_in("later", MAIL_A));
	assert_true(later_wait_ms(&later) <= 1001);
}

static void
looks_only_at_the_places_it_is_told(void **state)
{
	(void)state;
	put(MAIL_A, -10);
	assert_int_equal(
	    later_scan(&later, &pools, POOL_PEER, POOL_PEER, HOUR_MS), 0);
	assert_true(is_in("later", MAIL_A));
}

static void
doubles_the_delay_with_every_try_up_to_the_longest(void **state)
{
	(void)state;
	assert_int_equal(later_delay_us(100, 1000, 0), 100000);
	assert_int_equal(later_delay_us(100, 1000, 1), 200000);
	assert_int_equal(later_delay_us(100, 1000, 3), 800000);
	assert_int_equal(later_delay_us(100, 1000, 4), 1000000);
	assert_int_equal(later_delay_us(100, 1000, UINT32_MAX), 1000000);
	assert_int_equal(later_delay_us(5000, 1000, 0), 1000000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(brings_back_what_is_due_and_leaves_the_rest),
	    TEST(looks_at_nothing_before_something_is_due),
	    TEST(takes_a_time_of_another_clock_for_due),
	    TEST(passes_over_a_file_that_another_has_claimed),
	    TEST(sees_that_a_file_was_put_off_once_more),
	    TEST(puts_a_damaged_file_where_a_person_looks),
	    TEST(says_that_it_cannot_bring_back),
	    TEST(looks_only_at_the_places_it_is_told),
	    TEST(doubles_the_delay_with_every_try_up_to_the_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
