#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/pools.h"
#include "tests/unit/pooltree.h"
#include "tests/unit/scratch.h"

static void
opens_every_pool_and_state(void **state)
{
	struct pools p;
	struct stat a, b;
	char path[64];

	(void)state;
	assert_int_equal(pooltree_make(), 0);
	assert_int_equal(pools_open(&p), 0);
	for (unsigned i = 0; i < POOL_PLACES; i++)
		for (int s = 0; s < POOL_STATES; s++) {
			snprintf(path, sizeof path, "pool/%s/%s", pool_dir(i),
			    pool_state_name((enum pool_state)s));
			assert_int_equal(fstat(p.dir[i][s], &a), 0);
			assert_int_equal(stat(path, &b), 0);
			assert_true(a.st_ino == b.st_ino);
		}
	assert_int_equal(faccessat(p.top, "finished", F_OK, 0), 0);
	pooltree_close(&p);
}

static void
says_that_one_is_missing(void **state)
{
	struct pools p;

	(void)state;
	assert_int_equal(pools_open(&p), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(pooltree_make(), 0);
	assert_int_equal(rmdir("pool/Q/held"), 0);
	assert_int_equal(pools_open(&p), -1);
	assert_int_equal(errno, ENOENT);
	close(p.top);
	close(p.finished);
}

static void
gives_each_letter_a_place_and_all_else_the_last(void **state)
{
	(void)state;
	for (unsigned i = 0; i < POOL_COUNT; i++)
		assert_int_equal(pool_index(pool_letter(i)), i);
	assert_int_equal(pool_index('A'), 0);
	assert_int_equal(pool_index('-'), POOL_DEFAULT);
	assert_int_equal(pool_index('a'), POOL_DEFAULT);
	assert_int_equal(pool_index(0), POOL_DEFAULT);
	assert_int_equal(pool_letter(POOL_DEFAULT), '-');
}

static void
a_file_for_another_server_has_a_place_of_its_own(void **state)
{
	struct mailhead h = {.pool = 'B'};

	(void)state;
	assert_int_equal(pool_place(&h), 1);
	h.server = bytes_z("LISTSERV@UGA");
	assert_int_equal(pool_place(&h), POOL_PEER);
	assert_string_equal(pool_trigger(POOL_PEER), "peer/trigger");
	assert_string_equal(pool_trigger(1), "trigger");
}

static void
names_each_place_and_its_directory(void **state)
{
	(void)state;
	for (unsigned i = 0; i < POOL_PLACES; i++)
		assert_int_equal(pool_named(pool_name(i)), i);
	for (unsigned i = 0; i < POOL_PLACES; i++)
		assert_int_equal(pool_named(pool_dir(i)), i);
	assert_string_equal(pool_name(POOL_DEFAULT), "-");
	assert_string_equal(pool_dir(POOL_DEFAULT), "default");
	assert_string_equal(pool_dir(0), "A");
	assert_int_equal(pool_named("z"), 25);
	assert_int_equal(pool_named("Peer"), POOL_PEER);
	assert_int_equal(pool_named("AA"), -1);
	assert_int_equal(pool_named(""), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_enter, scratch_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(opens_every_pool_and_state),
	    TEST(says_that_one_is_missing),
	    TEST(gives_each_letter_a_place_and_all_else_the_last),
	    TEST(a_file_for_another_server_has_a_place_of_its_own),
	    TEST(names_each_place_and_its_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
