#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/store.h"
#include "tests/unit/scratch.h"
#include "tests/unit/storemake.h"

static void
keeps_what_was_committed_and_forgets_the_rest(void **state)
{
	struct store s;
	unsigned t;

	(void)state;
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	storemake_put(&s, "a", "1");
	assert_int_equal(store_begin(&s, 1), 0);
	assert_int_equal(store_table(&s, &t, "t", 1), 1);
	assert_int_equal(store_put(&s, t, bytes_z("a"), bytes_z("2"), 0), 1);
	assert_int_equal(store_put(&s, t, bytes_z("b"), bytes_z("2"), 0), 1);
	assert_int_equal(store_end(&s, 0), 0);
	store_close(&s);
	assert_int_equal(store_open(&s, ".", STORE_READ, 0), 0);
	assert_string_equal(storemake_get(&s, "a"), "1");
	assert_null(storemake_get(&s, "b"));
	store_close(&s);
}

static void
makes_its_files_with_the_mode_asked_for(void **state)
{
	struct store s;
	struct stat st;

	(void)state;
	umask(077);
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	store_close(&s);
	umask(022);
	assert_int_equal(stat("data.mdb", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(stat("lock", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(access("lock.mdb", F_OK), -1);
}

static void
reads_nothing_where_nothing_is(void **state)
{
	struct store s;

	(void)state;
	assert_int_equal(store_open(&s, ".", STORE_READ, 0), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(access("data.mdb", F_OK), -1);
}

static void
refuses_a_damaged_file(void **state)
{
	char junk[8192] = "no store";
	struct store s;

	(void)state;
	assert_int_equal(scratch_file("lock", "", 0), 0);
	assert_int_equal(scratch_file("data.mdb", junk, sizeof junk), 0);
	assert_int_equal(store_open(&s, ".", STORE_READ, 0), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), -1);
	assert_int_equal(errno, EIO);
}

static void
tells_new_keys_from_old_ones(void **state)
{
	struct store s;
	struct bytes v;
	unsigned t;

	(void)state;
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	assert_int_equal(store_begin(&s, 1), 0);
	assert_int_equal(store_table(&s, &t, "t", 1), 1);
	assert_int_equal(
	    store_put(&s, t, bytes_z("b"), bytes_z("1"), STORE_NEW), 1);
	assert_int_equal(
	    store_put(&s, t, bytes_z("b"), bytes_z("2"), STORE_NEW), 0);
	assert_int_equal(store_get(&s, t, bytes_z("b"), &v), 1);
	assert_true(bytes_eq(v, "1"));
	assert_int_equal(
	    store_put(&s, t, bytes_z("c"), bytes_z("3"), STORE_LAST), 1);
	assert_int_equal(
	    store_put(&s, t, bytes_z("a"), bytes_z("3"), STORE_LAST), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(store_last(&s, t, &v), 1);
	assert_true(bytes_eq(v, "c"));
	assert_int_equal(store_del(&s, t, bytes_z("b")), 1);
	assert_int_equal(store_del(&s, t, bytes_z("b")), 0);
	assert_int_equal(store_get(&s, t, (struct bytes){"", 0}, &v), 0);
	store_close(&s);
}

static void
walks_in_order_and_removes_on_the_way(void **state)
{
	static const char *const keys[] = {"d", "a", "c", "b"};
	struct store s;
	struct store_cursor c;
	struct bytes k, v;
	unsigned t;
	size_t i;

	(void)state;
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	assert_int_equal(store_begin(&s, 1), 0);
	assert_int_equal(store_table(&s, &t, "t", 1), 1);
	for (i = 0; i < 4; i++)
		assert_int_equal(
		    store_put(&s, t, bytes_z(keys[i]), bytes_z("x"), 0), 1);
	assert_int_equal(store_seek(&s, t, &c, bytes_z("aa"), &k, &v), 1);
	assert_true(bytes_eq(k, "b"));
	assert_int_equal(store_del_here(&c), 0);
	assert_int_equal(store_next(&c, &k, &v), 1);
	assert_true(bytes_eq(k, "c"));
	assert_int_equal(store_next(&c, &k, &v), 1);
	assert_int_equal(store_next(&c, &k, &v), 0);
	store_cursor_end(&c);
	assert_int_equal(store_seek(&s, t, &c, bytes_z("e"), &k, &v), 0);
	store_cursor_end(&c);
	assert_int_equal(store_seek(&s, t, &c, bytes_z(""), &k, &v), 1);
	assert_true(bytes_eq(k, "a"));
	store_cursor_end(&c);
	store_close(&s);
}

static void
allows_one_transaction_at_a_time(void **state)
{
	struct store s;

	(void)state;
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	assert_int_equal(store_end(&s, 1), -1);
	assert_int_equal(store_begin(&s, 0), 0);
	assert_int_equal(store_begin(&s, 1), -1);
	store_close(&s);
	assert_int_equal(store_open(&s, ".", STORE_READ, 0), 0);
	assert_int_equal(store_begin(&s, 1), -1);
	store_close(&s);
}

/* Begins, writes, tells, commits, tells. */
static int
write_and_tell(struct store *s, int to)
{
	unsigned t;

	if (store_begin(s, 1) < 0 || store_table(s, &t, "t", 1) != 1 ||
	    store_put(s, t, bytes_z("a"), bytes_z("new"), 0) != 1 ||
	    write(to, "w", 1) != 1 || store_end(s, 1) < 0 ||
	    write(to, "c", 1) != 1)
		return 1;
	return 0;
}

static void
commits_at_once_when_nobody_reads(void **state)
{
	struct store s;
	char c = 0;
	int p[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	storemake_put(&s, "a", "old");
	store_close(&s);
	assert_int_equal(store_open(&s, ".", STORE_READ, 0), 0);
	pid = storemake_child(write_and_tell, STORE_WRITE, p[1]);
	assert_int_equal(read(p[0], &c, 1), 1);
	assert_int_equal(c, 'w');
	assert_int_equal(read(p[0], &c, 1), 1);
	assert_int_equal(c, 'c');
	assert_int_equal(storemake_exit(pid), 0);
	assert_string_equal(storemake_get(&s, "a"), "new");
	store_close(&s);
	assert_int_equal(close(p[0]), 0);
	assert_int_equal(close(p[1]), 0);
}

static void
makes_a_commit_wait_for_readers_but_not_the_writing(void **state)
{
	struct store s;
	char c = 0;
	int p[2], go[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	storemake_put(&s, "a", "old");
	store_close(&s);
	pid = fork();
	if (pid == 0) {
		struct store w;

		if (store_open(&w, ".", STORE_WRITE, 0640) < 0 ||
		    write(p[1], "o", 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(99);
		_exit(write_and_tell(&w, p[1]));
	}
	assert_int_equal(read(p[0], &c, 1), 1);
	assert_int_equal(store_open(&s, ".", STORE_READ, 0), 0);
	assert_int_equal(store_begin(&s, 0), 0);
	assert_string_equal(storemake_see(&s, "a"), "old");
	assert_int_equal(write(go[1], "g", 1), 1);
	assert_int_equal(read(p[0], &c, 1), 1);
	assert_int_equal(c, 'w'); /* it may write beside us */
	assert_int_equal(fcntl(p[0], F_SETFL, O_NONBLOCK), 0);
	usleep(50000);
	assert_int_equal(read(p[0], &c, 1), -1); /* but not commit */
	assert_string_equal(storemake_see(&s, "a"), "old");
	assert_int_equal(store_end(&s, 0), 0);
	assert_int_equal(storemake_exit(pid), 0);
	assert_string_equal(storemake_get(&s, "a"), "new");
	store_close(&s);
}

static int
die_before_the_commit(struct store *s, int to)
{
	unsigned t;

	if (store_begin(s, 1) < 0 || store_table(s, &t, "t", 1) != 1 ||
	    store_put(s, t, bytes_z("a"), bytes_z("new"), 0) != 1)
		return 1;
	(void)to;
	raise(SIGKILL);
	return 1;
}

static void
leaves_no_lock_and_the_old_state_when_a_writer_dies(void **state)
{
	struct store s;

	(void)state;
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	storemake_put(&s, "a", "old");
	store_close(&s);
	assert_int_equal(storemake_exit(storemake_child(
			     die_before_the_commit, STORE_WRITE, -1)),
	    -1);
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	assert_string_equal(storemake_get(&s, "a"), "old");
	storemake_put(&s, "a", "newer");
	assert_string_equal(storemake_get(&s, "a"), "newer");
	store_close(&s);
}

enum { ROUNDS = 150, PAIRS = 200 };

/* Every committed state has the same number under all keys. */
static int
write_rounds(struct store *s, int to)
{
	char key[16], value[16];
	unsigned t;
	int i, k;

	(void)to;
	for (i = 0; i < ROUNDS; i++) {
		if (store_begin(s, 1) < 0 || store_table(s, &t, "t", 1) != 1)
			return 1;
		snprintf(value, sizeof value, "%d", i);
		for (k = 0; k < PAIRS; k++) {
			snprintf(key, sizeof key, "k%d", k);
			if (store_put(s, t, bytes_z(key), bytes_z(value), 0) !=
			    1)
				return 2;
		}
		if (store_end(s, 1) < 0)
			return 3;
	}
	return 0;
}

static int
read_rounds(struct store *s, int to)
{
	struct store_cursor c;
	struct bytes k, v, first;
	unsigned t;
	int i, n, r;

	(void)to;
	for (i = 0; i < ROUNDS; i++) {
		if (store_begin(s, 0) < 0 || store_table(s, &t, "t", 0) != 1)
			return 1;
		n = 0;
		r = store_seek(s, t, &c, bytes_z("k"), &k, &v);
		for (first = v; r == 1; r = store_next(&c, &k, &v), n++)
			if (v.len != first.len ||
			    memcmp(v.s, first.s, v.len) != 0)
				return 2;
		store_cursor_end(&c);
		if (r < 0 || n != PAIRS || store_end(s, 0) < 0)
			return 3;
	}
	return 0;
}

static void
never_shows_half_a_change_to_readers_beside_two_writers(void **state)
{
	struct store s;
	pid_t pid[5];
	size_t i;

	(void)state;
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	store_close(&s);
	assert_int_equal(
	    storemake_exit(storemake_child(write_rounds, STORE_WRITE, -1)), 0);
	for (i = 0; i < 5; i++)
		pid[i] = i > 1 ? storemake_child(read_rounds, STORE_READ, -1)
			       : storemake_child(write_rounds,
				     i ? STORE_BULK : STORE_WRITE, -1);
	for (i = 0; i < 5; i++)
		assert_int_equal(storemake_exit(pid[i]), 0);
}

static void
makes_anew_what_a_full_disk_kept_from_being_made(void **state)
{
	struct store s;

	(void)state;
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	store_close(&s);
	assert_int_equal(truncate("data.mdb", 4096), 0);
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	storemake_put(&s, "a", "1");
	assert_string_equal(storemake_get(&s, "a"), "1");
	store_close(&s);
}

/* Its size was on the disk, and its bytes not yet. */
static void
makes_anew_what_a_power_cut_kept_from_being_made(void **state)
{
	struct store s;

	(void)state;
	for (off_t from = 0; from <= 4096; from += 4096) {
		assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
		store_close(&s);
		assert_int_equal(truncate("data.mdb", from), 0);
		assert_int_equal(truncate("data.mdb", 8192), 0);
		assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
		storemake_put(&s, "a", "1");
		assert_string_equal(storemake_get(&s, "a"), "1");
		store_close(&s);
		assert_int_equal(unlink("data.mdb"), 0);
	}
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, scratch_enter, scratch_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(keeps_what_was_committed_and_forgets_the_rest),
	    TEST(makes_its_files_with_the_mode_asked_for),
	    TEST(reads_nothing_where_nothing_is),
	    TEST(refuses_a_damaged_file),
	    TEST(tells_new_keys_from_old_ones),
	    TEST(walks_in_order_and_removes_on_the_way),
	    TEST(allows_one_transaction_at_a_time),
	    TEST(commits_at_once_when_nobody_reads),
	    TEST(makes_a_commit_wait_for_readers_but_not_the_writing),
	    TEST(leaves_no_lock_and_the_old_state_when_a_writer_dies),
	    TEST(never_shows_half_a_change_to_readers_beside_two_writers),
	    TEST(makes_anew_what_a_full_disk_kept_from_being_made),
	    TEST(makes_anew_what_a_power_cut_kept_from_being_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
