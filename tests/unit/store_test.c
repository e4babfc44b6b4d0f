/* LDFLAGS: -Wl,--wrap=posix_fallocate */
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
#include <sys/wait.h>
#include <unistd.h>

#include "lib/store.h"
#include "tests/unit/scratch.h"

static struct bytes
z(const char *s)
{
	return bytes_z(s);
}

static void
put(struct store *s, const char *key, const char *value)
{
	unsigned t;

	assert_int_equal(store_begin(s, 1), 0);
	assert_int_equal(store_table(s, &t, "t", 1), 1);
	assert_int_equal(store_put(s, t, z(key), z(value), 0), 1);
	assert_int_equal(store_end(s, 1), 0);
}

/* The value under a key as one transaction sees it, NULL when absent. */
static const char *
get_here(struct store *s, const char *key)
{
	static char text[100];
	struct bytes v;
	unsigned t;

	if (store_table(s, &t, "t", 0) != 1 || store_get(s, t, z(key), &v) != 1)
		return NULL;
	memcpy(text, v.s, v.len);
	text[v.len] = 0;
	return text;
}

static const char *
get(struct store *s, const char *key)
{
	const char *v;

	assert_int_equal(store_begin(s, 0), 0);
	v = get_here(s, key);
	assert_int_equal(store_end(s, 0), 0);
	return v;
}

static void
keeps_what_was_committed_and_forgets_the_rest(void **state)
{
	struct store s;
	unsigned t;

	(void)state;
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	put(&s, "a", "1");
	assert_int_equal(store_begin(&s, 1), 0);
	assert_int_equal(store_table(&s, &t, "t", 1), 1);
	assert_int_equal(store_put(&s, t, z("a"), z("2"), 0), 1);
	assert_int_equal(store_put(&s, t, z("b"), z("2"), 0), 1);
	assert_int_equal(store_end(&s, 0), 0);
	store_close(&s);
	assert_int_equal(store_open(&s, ".", STORE_READ, 0), 0);
	assert_string_equal(get(&s, "a"), "1");
	assert_null(get(&s, "b"));
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
	assert_int_equal(store_put(&s, t, z("b"), z("1"), STORE_NEW), 1);
	assert_int_equal(store_put(&s, t, z("b"), z("2"), STORE_NEW), 0);
	assert_int_equal(store_get(&s, t, z("b"), &v), 1);
	assert_true(bytes_eq(v, "1"));
	assert_int_equal(store_put(&s, t, z("c"), z("3"), STORE_LAST), 1);
	assert_int_equal(store_put(&s, t, z("a"), z("3"), STORE_LAST), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(store_last(&s, t, &v), 1);
	assert_true(bytes_eq(v, "c"));
	assert_int_equal(store_del(&s, t, z("b")), 1);
	assert_int_equal(store_del(&s, t, z("b")), 0);
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
		assert_int_equal(store_put(&s, t, z(keys[i]), z("x"), 0), 1);
	assert_int_equal(store_seek(&s, t, &c, z("aa"), &k, &v), 1);
	assert_true(bytes_eq(k, "b"));
	assert_int_equal(store_del_here(&c), 0);
	assert_int_equal(store_next(&c, &k, &v), 1);
	assert_true(bytes_eq(k, "c"));
	assert_int_equal(store_next(&c, &k, &v), 1);
	assert_int_equal(store_next(&c, &k, &v), 0);
	store_cursor_end(&c);
	assert_int_equal(store_seek(&s, t, &c, z("e"), &k, &v), 0);
	store_cursor_end(&c);
	assert_int_equal(store_seek(&s, t, &c, z(""), &k, &v), 1);
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

/* A child that runs fn on a store of its own and exits with what it says. */
static pid_t
child(int (*fn)(struct store *s, int to), int mode, int to)
{
	struct store s;
	pid_t pid = fork();

	if (pid == 0) {
		if (store_open(&s, ".", mode, 0640) < 0)
			_exit(99);
		_exit(fn(&s, to));
	}
	assert_true(pid > 0);
	return pid;
}

static int
exit_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Begins, writes, tells, commits, tells. */
static int
write_and_tell(struct store *s, int to)
{
	unsigned t;

	if (store_begin(s, 1) < 0 || store_table(s, &t, "t", 1) != 1 ||
	    store_put(s, t, z("a"), z("new"), 0) != 1 ||
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
	put(&s, "a", "old");
	store_close(&s);
	assert_int_equal(store_open(&s, ".", STORE_READ, 0), 0);
	pid = child(write_and_tell, STORE_WRITE, p[1]);
	assert_int_equal(read(p[0], &c, 1), 1);
	assert_int_equal(c, 'w');
	assert_int_equal(read(p[0], &c, 1), 1);
	assert_int_equal(c, 'c');
	assert_int_equal(exit_of(pid), 0);
	assert_string_equal(get(&s, "a"), "new");
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
	put(&s, "a", "old");
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
	assert_string_equal(get_here(&s, "a"), "old");
	assert_int_equal(write(go[1], "g", 1), 1);
	assert_int_equal(read(p[0], &c, 1), 1);
	assert_int_equal(c, 'w'); /* it may write beside us */
	assert_int_equal(fcntl(p[0], F_SETFL, O_NONBLOCK), 0);
	usleep(50000);
	assert_int_equal(read(p[0], &c, 1), -1); /* but not commit */
	assert_string_equal(get_here(&s, "a"), "old");
	assert_int_equal(store_end(&s, 0), 0);
	assert_int_equal(exit_of(pid), 0);
	assert_string_equal(get(&s, "a"), "new");
	store_close(&s);
}

static int
die_before_the_commit(struct store *s, int to)
{
	unsigned t;

	if (store_begin(s, 1) < 0 || store_table(s, &t, "t", 1) != 1 ||
	    store_put(s, t, z("a"), z("new"), 0) != 1)
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
	put(&s, "a", "old");
	store_close(&s);
	assert_int_equal(
	    exit_of(child(die_before_the_commit, STORE_WRITE, -1)), -1);
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	assert_string_equal(get(&s, "a"), "old");
	put(&s, "a", "newer");
	assert_string_equal(get(&s, "a"), "newer");
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
			if (store_put(s, t, z(key), z(value), 0) != 1)
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
		r = store_seek(s, t, &c, z("k"), &k, &v);
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
	assert_int_equal(exit_of(child(write_rounds, STORE_WRITE, -1)), 0);
	for (i = 0; i < 5; i++)
		pid[i] = i > 1
		    ? child(read_rounds, STORE_READ, -1)
		    : child(write_rounds, i ? STORE_BULK : STORE_WRITE, -1);
	for (i = 0; i < 5; i++)
		assert_int_equal(exit_of(pid[i]), 0);
}

/* How many more times there is room on the disk; below 0 always. */
static int disk = -1;

int __real_posix_fallocate(int fd, off_t at, off_t len);
int __wrap_posix_fallocate(int fd, off_t at, off_t len);

int
__wrap_posix_fallocate(int fd, off_t at, off_t len)
{
	if (disk == 0)
		return ENOSPC;
	disk -= disk > 0;
	return __real_posix_fallocate(fd, at, len);
}

static off_t
file_size(void)
{
	struct stat st;

	assert_int_equal(stat("data.mdb", &st), 0);
	return st.st_size;
}

/* Puts count long keys that lie between two others, in order, which is what
 * leaves pages the emptiest. Returns 0; -1 as store_put. */
static int
put_many(struct store *s, unsigned t, int count)
{
	char key[STORE_KEY_MAX + 1];
	int i;

	if (store_put(s, t, z("a"), z("bulk"), 0) < 0 ||
	    store_put(s, t, z("z"), z("bulk"), 0) < 0)
		return -1;
	memset(key, 'k', sizeof key);
	for (i = 0; i < count; i++) {
		snprintf(key + 1, sizeof key - 1, "%0*d", STORE_KEY_MAX - 1, i);
		if (store_put(s, t, (struct bytes){key, STORE_KEY_MAX}, z(""),
			STORE_NEW) < 0)
			return -1;
	}
	return 0;
}

enum { MANY = 20000, MANY_BYTES = MANY * STORE_KEY_MAX };

/* Begins in bulk, puts, and stays in the transaction. */
static void
bulk_begin(struct store *s)
{
	unsigned t;

	store_expect(s, MANY + 2, MANY_BYTES);
	assert_int_equal(store_begin(s, 1), 0);
	assert_int_equal(store_table(s, &t, "t", 1), 1);
	assert_int_equal(put_many(s, t, MANY), 0);
}

static void
assert_count(int want)
{
	struct store_cursor c;
	struct bytes k, v;
	struct store s;
	unsigned t;
	int r, n = 0;

	assert_int_equal(store_open(&s, ".", STORE_READ, 0), 0);
	assert_int_equal(store_begin(&s, 0), 0);
	assert_int_equal(store_table(&s, &t, "t", 0), 1);
	for (r = store_seek(&s, t, &c, z(""), &k, &v); r == 1; n++)
		r = store_next(&c, &k, &v);
	assert_int_equal(r, 0);
	assert_int_equal(n, want);
	store_cursor_end(&c);
	store_close(&s);
}

static void
writes_in_bulk_into_a_file_that_is_no_larger_than_it_must_be(void **state)
{
	struct store s;
	off_t size;

	(void)state;
	assert_int_equal(store_open(&s, ".", STORE_BULK, 0640), 0);
	bulk_begin(&s);
	assert_int_equal(store_end(&s, 1), 0);
	size = file_size();
	store_close(&s);
	assert_count(MANY + 2);
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	assert_true(file_size() == size);
	put(&s, "b", "1");
	assert_string_equal(get(&s, "a"), "bulk");
	store_close(&s);
	assert_int_equal(store_open(&s, ".", STORE_BULK, 0640), 0);
	bulk_begin(&s); /* over all that is there, and forgets it */
	assert_true(file_size() > size);
	store_close(&s);
	assert_true(file_size() < size + size / 4);
	assert_count(MANY + 3);
}

static void
shows_the_old_state_beside_a_writer_in_bulk(void **state)
{
	struct store s, r;

	(void)state;
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	put(&s, "a", "older");
	put(&s, "a", "old"); /* leaves free pages */
	store_close(&s);
	assert_int_equal(store_open(&s, ".", STORE_BULK, 0640), 0);
	assert_int_equal(store_begin(&s, 0), -1); /* it is for writing */
	assert_int_equal(errno, EINVAL);
	assert_int_equal(store_open(&r, ".", STORE_READ, 0), 0);
	assert_int_equal(store_begin(&r, 0), 0);
	bulk_begin(&s);
	assert_string_equal(get_here(&r, "a"), "old");
	store_close(&s);
	assert_string_equal(get_here(&r, "a"), "old");
	store_close(&r);
	assert_count(1);
}

static int
die_in_bulk(struct store *s, int to)
{
	unsigned t;

	store_expect(s, MANY + 2, MANY_BYTES);
	if (store_begin(s, 1) < 0 || store_table(s, &t, "t", 1) != 1 ||
	    put_many(s, t, MANY) < 0)
		return 1;
	(void)to;
	raise(SIGKILL);
	return 1;
}

static void
cuts_off_what_a_writer_in_bulk_left_when_it_died(void **state)
{
	struct store s;
	off_t size;

	(void)state;
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	put(&s, "a", "old");
	store_close(&s);
	size = file_size();
	assert_int_equal(exit_of(child(die_in_bulk, STORE_BULK, -1)), -1);
	assert_true(file_size() > size);
	assert_count(1);
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	assert_true(file_size() == size);
	assert_string_equal(get(&s, "a"), "old");
	store_close(&s);
}

static void
says_that_the_disk_is_full_where_it_could_only_die_of_it(void **state)
{
	struct store s;
	unsigned t;
	off_t size;

	(void)state;
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	put(&s, "a", "old");
	store_close(&s);
	size = file_size();
	assert_int_equal(store_open(&s, ".", STORE_BULK, 0640), 0);
	store_expect(&s, MANY + 2, MANY_BYTES);
	disk = 0;
	assert_int_equal(store_begin(&s, 1), -1);
	assert_int_equal(errno, ENOSPC);
	disk = 1;
	assert_int_equal(store_begin(&s, 1), 0);
	assert_int_equal(store_table(&s, &t, "t", 1), 1);
	assert_int_equal(put_many(&s, t, MANY), -1);
	assert_int_equal(errno, ENOSPC);
	store_close(&s);
	disk = -1;
	assert_true(file_size() == size);
	assert_count(1);
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
	put(&s, "a", "1");
	assert_string_equal(get(&s, "a"), "1");
	store_close(&s);
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
	    TEST(writes_in_bulk_into_a_file_that_is_no_larger_than_it_must_be),
	    TEST(shows_the_old_state_beside_a_writer_in_bulk),
	    TEST(cuts_off_what_a_writer_in_bulk_left_when_it_died),
	    TEST(says_that_the_disk_is_full_where_it_could_only_die_of_it),
	    TEST(makes_anew_what_a_full_disk_kept_from_being_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
