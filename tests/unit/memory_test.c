#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/memory.h"
#include "tests/unit/scratch.h"

#define A "0647c1a2b3d4e.9f02c4d1aa"
#define B "0647c1a2b3d4f.9f02c4d1ab"
#define NOON UINT64_C(1795348800000000)
#define HOUR UINT64_C(3600000000)

static struct memory m;

static int
enter(void **state)
{
	if (scratch_enter(state) < 0)
		return -1;
	return memory_open(&m, ".");
}

static int
leave(void **state)
{
	memory_close(&m);
	return scratch_leave(state);
}

static void
again(void)
{
	memory_close(&m);
	assert_int_equal(memory_open(&m, "."), 0);
}

static void
put(const char *key, const char *value)
{
	assert_int_equal(memory_put(&m, MEMORY_PASSWORDS, bytes_z(key),
			     MEMORY_FOREVER, bytes_z(value)),
	    0);
}

/* What stands there, in a transaction of its own; "" for nothing. */
static const char *
got(const char *key)
{
	static char out[64];
	struct bytes v = {"", 0};
	int r;

	assert_int_equal(memory_begin(&m, "look"), 0);
	r = memory_get(&m, MEMORY_PASSWORDS, bytes_z(key), NOON, &v);
	assert_int_not_equal(r, -1);
	if (r == 0)
		v.len = 0;
	memcpy(out, v.s, v.len);
	out[v.len] = 0;
	assert_int_equal(memory_end(&m, 1), 0);
	return out;
}

static void
run(const char *id, const char *key, const char *value)
{
	assert_int_equal(memory_begin(&m, id), 0);
	put(key, value);
	assert_int_equal(memory_end(&m, 1), 0);
}

static void
keeps_what_was_put(void **state)
{
	(void)state;
	run(A, "joe", "one");
	again();
	assert_string_equal(got("joe"), "one");
	assert_string_equal(got("jim"), "");
}

static void
forgets_a_transaction_that_was_not_kept(void **state)
{
	(void)state;
	assert_int_equal(memory_begin(&m, A), 0);
	put("joe", "one");
	assert_int_equal(memory_end(&m, 0), 0);
	assert_string_equal(got("joe"), "");
}

static void
takes_the_changes_of_a_message_back(void **state)
{
	char id[ID_NAME_MAX];

	(void)state;
	run(A, "joe", "one");
	run(A, "jim", "two");
	assert_int_equal(memory_begin(&m, B), 0);
	put("joe", "three");
	put("joe", "four");
	put("new", "five");
	assert_int_equal(memory_del(&m, MEMORY_PASSWORDS, bytes_z("jim")), 1);
	assert_int_equal(memory_end(&m, 1), 0);
	again();
	assert_int_equal(memory_undoable(&m, id), 1);
	assert_string_equal(id, B);
	assert_string_equal(got("joe"), "four");
	assert_int_equal(memory_undo(&m), 0);
	again();
	assert_string_equal(got("joe"), "one");
	assert_string_equal(got("jim"), "two");
	assert_string_equal(got("new"), "");
	assert_int_equal(memory_undoable(&m, id), 0);
	assert_int_equal(memory_undo(&m), 0);
	assert_string_equal(got("joe"), "one");
}

static void
only_the_last_message_can_be_taken_back(void **state)
{
	char id[ID_NAME_MAX];

	(void)state;
	run(A, "joe", "one");
	run(B, "jim", "two");
	assert_int_equal(memory_undoable(&m, id), 1);
	assert_string_equal(id, B);
	assert_int_equal(memory_undo(&m), 0);
	assert_string_equal(got("joe"), "one");
	assert_string_equal(got("jim"), "");
}

/* It changed nothing, and the one before it is still the last that did. */
static void
a_message_that_only_looks_takes_no_place(void **state)
{
	char id[ID_NAME_MAX];

	(void)state;
	run(A, "joe", "one");
	assert_string_equal(got("joe"), "one");
	assert_int_equal(memory_undoable(&m, id), 1);
	assert_string_equal(id, A);
}

static void
what_is_over_is_not_there(void **state)
{
	struct bytes v;

	(void)state;
	assert_int_equal(memory_begin(&m, A), 0);
	assert_int_equal(memory_put(&m, MEMORY_COOKIES, bytes_z("x"),
			     NOON + HOUR, bytes_z("")),
	    0);
	assert_int_equal(
	    memory_get(&m, MEMORY_COOKIES, bytes_z("x"), NOON, &v), 1);
	assert_int_equal(v.len, 0);
	assert_int_equal(
	    memory_get(&m, MEMORY_COOKIES, bytes_z("x"), NOON + HOUR, &v), 0);
	assert_int_equal(memory_end(&m, 1), 0);
}

static void
sweeps_what_is_over_and_nothing_else(void **state)
{
	struct bytes v;

	(void)state;
	run(A, "joe", "one");
	assert_int_equal(memory_begin(&m, B), 0);
	for (char c = 'a'; c < 'k'; c++)
		assert_int_equal(
		    memory_put(&m, MEMORY_JOBS, (struct bytes){&c, 1},
			c < 'f' ? NOON : NOON + HOUR, bytes_z("")),
		    0);
	assert_int_equal(memory_end(&m, 1), 0);
	assert_int_equal(memory_sweep(&m, NOON, 3), 3);
	assert_int_equal(memory_sweep(&m, NOON, 3), 2);
	assert_int_equal(memory_sweep(&m, NOON, 3), 0);
	assert_int_equal(memory_begin(&m, A), 0);
	assert_int_equal(
	    memory_get(&m, MEMORY_JOBS, bytes_z("f"), NOON, &v), 1);
	assert_int_equal(memory_end(&m, 0), 0);
	assert_string_equal(got("joe"), "one");
	assert_int_equal(memory_sweep(&m, NOON + HOUR, 100), 5);
}

/* After a sweep there is nothing to put back, so it may not resurrect. */
static void
a_sweep_is_not_taken_back(void **state)
{
	char id[ID_NAME_MAX];

	(void)state;
	assert_int_equal(memory_begin(&m, A), 0);
	assert_int_equal(
	    memory_put(&m, MEMORY_JOBS, bytes_z("x"), NOON, bytes_z("")), 0);
	assert_int_equal(memory_end(&m, 1), 0);
	assert_int_equal(memory_sweep(&m, NOON, 10), 1);
	assert_int_equal(memory_undoable(&m, id), 0);
}

static uint64_t
count(enum memory_kind kind, const char *who, uint64_t now_us)
{
	uint64_t n;

	assert_int_equal(memory_count(&m, kind, bytes_z(who), now_us, &n), 0);
	return n;
}

static void
counts_by_day_kind_and_who(void **state)
{
	uint64_t n;

	(void)state;
	assert_int_equal(memory_begin(&m, A), 0);
	assert_int_equal(count(MEMORY_WRONG, "joe", NOON), 1);
	assert_int_equal(count(MEMORY_WRONG, "joe", NOON), 2);
	assert_int_equal(count(MEMORY_WRONG, "JoE", NOON), 3);
	assert_int_equal(count(MEMORY_REPLY, "joe", NOON), 1);
	assert_int_equal(count(MEMORY_WRONG, "jim", NOON), 1);
	assert_int_equal(count(MEMORY_WRONG, "joe", NOON + 24 * HOUR), 1);
	assert_int_equal(
	    memory_counted(&m, MEMORY_WRONG, bytes_z("joe"), NOON, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(
	    memory_counted(&m, MEMORY_WRONG, bytes_z("nobody"), NOON, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(memory_end(&m, 1), 0);
	assert_int_equal(memory_undo(&m), 0);
	assert_int_equal(memory_begin(&m, A), 0);
	assert_int_equal(
	    memory_counted(&m, MEMORY_WRONG, bytes_z("joe"), NOON, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(memory_end(&m, 0), 0);
}

static void
counts_very_long_names(void **state)
{
	char who[1000];
	uint64_t n;

	(void)state;
	memset(who, 'x', sizeof who);
	assert_int_equal(memory_begin(&m, A), 0);
	assert_int_equal(memory_count(&m, MEMORY_MAIL,
			     (struct bytes){who, sizeof who}, NOON, &n),
	    0);
	assert_int_equal(n, 1);
	assert_int_equal(memory_end(&m, 1), 0);
}

static void
has_one_secret_for_ever(void **state)
{
	unsigned char first[MEMORY_SECRET_LEN], none[MEMORY_SECRET_LEN] = {0};
	struct stat st;

	(void)state;
	memcpy(first, m.secret, sizeof first);
	assert_memory_not_equal(first, none, sizeof first);
	again();
	assert_memory_equal(m.secret, first, sizeof first);
	assert_int_equal(stat("data.mdb", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
wants_its_directory(void **state)
{
	struct memory other;

	(void)state;
	assert_int_equal(memory_open(&other, "nowhere"), -1);
	assert_int_equal(errno, ENOENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(keeps_what_was_put),
	    TEST(forgets_a_transaction_that_was_not_kept),
	    TEST(takes_the_changes_of_a_message_back),
	    TEST(only_the_last_message_can_be_taken_back),
	    TEST(a_message_that_only_looks_takes_no_place),
	    TEST(what_is_over_is_not_there),
	    TEST(sweeps_what_is_over_and_nothing_else),
	    TEST(a_sweep_is_not_taken_back),
	    TEST(counts_by_day_kind_and_who),
	    TEST(counts_very_long_names),
	    TEST(has_one_secret_for_ever),
	    TEST(wants_its_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
