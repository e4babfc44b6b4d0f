/* LDFLAGS: -Wl,--wrap=fsync */
#include "lib/table.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY = 20000 };

static int syncs, failing_sync;

int __real_fsync(int fd);
int __wrap_fsync(int fd);

int
__wrap_fsync(int fd)
{
	if (++syncs == failing_sync) {
		errno = EIO;
		return -1;
	}
	return __real_fsync(fd);
}

/* Every test has a directory of its own and is in it. */
static int
enter(void **state)
{
	static char dir[256];
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof dir, "%s/table.XXXXXX", tmp ? tmp : "/tmp");
	*state = dir;
	syncs = 0;
	failing_sync = 0;
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
leave(void **state)
{
	unlink("t");
	unlink("tmp.t");
	return chdir("/") == 0 && rmdir(*state) == 0 ? 0 : -1;
}

static void
make_with(const char *key, const char *value)
{
	struct table_make m = {0};

	assert_int_equal(table_make_begin(&m, AT_FDCWD, "t"), 0);
	assert_int_equal(
	    table_make_add(&m, key, strlen(key), value, strlen(value)), 0);
	assert_int_equal(table_make_finish(&m, 0644), 0);
}

static void
assert_value(const struct table *t, const char *key, const char *want)
{
	const char *value = NULL;
	size_t len = 0;

	assert_int_equal(table_find(t, key, strlen(key), &value, &len), 1);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(value, want, len);
}

static void
a_known_key_has_its_value_and_length(void **state)
{
	struct table t = {0};
	const char *value;
	size_t len;

	(void)state;
	make_with("key", "value");
	assert_int_equal(table_open(&t, "t"), 0);
	assert_value(&t, "key", "value");
	assert_int_equal(table_find(&t, "kex", 3, &value, &len), 0);
	assert_int_equal(table_find(&t, "ke", 2, &value, &len), 0);
	assert_int_equal(table_find(&t, "", 0, &value, &len), 0);
	table_close(&t);
	table_close(&t);
}

static void
keys_and_values_are_any_bytes(void **state)
{
	struct table_make m = {0};
	struct table t = {0};
	const char *value = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(table_make_begin(&m, AT_FDCWD, "t"), 0);
	assert_int_equal(table_make_add(&m, "a\0b", 3, "\0\n", 2), 0);
	assert_int_equal(table_make_add(&m, "", 0, "", 0), 0);
	assert_int_equal(table_make_finish(&m, 0644), 0);
	assert_int_equal(table_open(&t, "t"), 0);
	assert_int_equal(table_find(&t, "a\0b", 3, &value, &len), 1);
	assert_int_equal(len, 2);
	assert_memory_equal(value, "\0\n", 2);
	assert_int_equal(table_find(&t, "", 0, &value, &len), 1);
	assert_int_equal(len, 0);
	assert_int_equal(table_find(&t, "a", 1, &value, &len), 0);
	table_close(&t);
}

static void
many_keys_are_all_found_and_walked_in_their_order(void **state)
{
	struct table_make m = {0};
	struct table t = {0};
	struct table_entry e;
	char key[32], value[32];
	size_t at = 0;
	int i;

	(void)state;
	assert_int_equal(table_make_begin(&m, AT_FDCWD, "t"), 0);
	for (i = 0; i < MANY; i++) {
		snprintf(key, sizeof key, "key%d", i);
		snprintf(value, sizeof value, "%d", i * 7);
		assert_int_equal(
		    table_make_add(&m, key, strlen(key), value, strlen(value)),
		    0);
	}
	assert_int_equal(table_make_finish(&m, 0644), 0);
	assert_int_equal(table_open(&t, "t"), 0);
	for (i = 0; i < MANY; i++) {
		snprintf(key, sizeof key, "key%d", i);
		snprintf(value, sizeof value, "%d", i * 7);
		assert_value(&t, key, value);
		assert_int_equal(table_next(&t, &at, &e), 1);
		assert_int_equal(e.klen, strlen(key));
		assert_memory_equal(e.key, key, e.klen);
		assert_int_equal(e.vlen, strlen(value));
		assert_memory_equal(e.value, value, e.vlen);
	}
	assert_int_equal(table_next(&t, &at, &e), 0);
	table_close(&t);
}

static void
of_equal_keys_the_first_is_found(void **state)
{
	struct table_make m = {0};
	struct table t = {0};

	(void)state;
	assert_int_equal(table_make_begin(&m, AT_FDCWD, "t"), 0);
	assert_int_equal(table_make_add(&m, "k", 1, "first", 5), 0);
	assert_int_equal(table_make_add(&m, "k", 1, "second", 6), 0);
	assert_int_equal(table_make_finish(&m, 0644), 0);
	assert_int_equal(table_open(&t, "t"), 0);
	assert_value(&t, "k", "first");
	table_close(&t);
}

static void
an_empty_table_is_whole_and_has_nothing(void **state)
{
	struct table_make m = {0};
	struct table t = {0};
	struct table_entry e;
	const char *value;
	size_t len, at = 0;

	(void)state;
	assert_int_equal(table_make_begin(&m, AT_FDCWD, "t"), 0);
	assert_int_equal(table_make_finish(&m, 0644), 0);
	assert_int_equal(table_open(&t, "t"), 0);
	assert_int_equal(table_find(&t, "k", 1, &value, &len), 0);
	assert_int_equal(table_next(&t, &at, &e), 0);
	table_close(&t);
}

static void
a_missing_table_is_told_from_a_damaged_one(void **state)
{
	struct table t = {0};
	int fd;

	(void)state;
	assert_int_equal(table_open(&t, "t"), -1);
	assert_int_equal(errno, ENOENT);
	assert_null(t.cdb);
	fd = open("t", O_WRONLY | O_CREAT, 0644);
	close(fd);
	assert_int_equal(table_open(&t, "t"), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(table_open(&t, "."), -1);
	assert_int_equal(errno, EPROTO);
	assert_null(t.cdb);
}

static void
a_table_cut_anywhere_is_damaged(void **state)
{
	struct table_make m = {0};
	struct table t = {0};
	struct stat st;
	off_t size;
	int i;

	(void)state;
	assert_int_equal(table_make_begin(&m, AT_FDCWD, "t"), 0);
	for (i = 0; i < 50; i++)
		assert_int_equal(
		    table_make_add(&m, &i, sizeof i, "some value", 10), 0);
	assert_int_equal(table_make_finish(&m, 0644), 0);
	assert_int_equal(stat("t", &st), 0);
	for (size = st.st_size - 1; size >= 0; size--) {
		assert_int_equal(truncate("t", size), 0);
		assert_int_equal(table_open(&t, "t"), -1);
		assert_int_equal(errno, EPROTO);
	}
}

static void
a_table_longer_than_it_says_is_damaged(void **state)
{
	struct table t = {0};
	struct stat st;

	(void)state;
	make_with("key", "value");
	assert_int_equal(stat("t", &st), 0);
	assert_int_equal(truncate("t", st.st_size + 8), 0);
	assert_int_equal(table_open(&t, "t"), -1);
	assert_int_equal(errno, EPROTO);
}

static void
no_changed_byte_makes_a_reader_leave_the_file(void **state)
{
	struct table t = {0};
	struct table_entry e;
	struct stat st;
	const char *value;
	size_t len, at;
	off_t i;
	int fd, r, round;

	(void)state;
	make_with("key", "value");
	assert_int_equal(stat("t", &st), 0);
	fd = open("t", O_RDWR);
	assert_true(fd >= 0);
	for (i = 0; i < st.st_size; i++) {
		char was, now;

		assert_int_equal(pread(fd, &was, 1, i), 1);
		now = (char)~was;
		assert_int_equal(pwrite(fd, &now, 1, i), 1);
		if (table_open(&t, "t") == 0) {
			r = table_find(&t, "key", 3, &value, &len);
			assert_true(r != 1 || len <= (size_t)st.st_size);
			at = 0;
			for (round = 0; round < 9; round++)
				if (table_next(&t, &at, &e) != 1)
					break;
			assert_true(round < 9);
			table_close(&t);
		} else {
			assert_int_equal(errno, EPROTO);
		}
		assert_int_equal(pwrite(fd, &was, 1, i), 1);
	}
	close(fd);
}

static void
the_old_table_stays_in_use_until_the_new_one_is_asked_for(void **state)
{
	struct table t = {0};

	(void)state;
	make_with("key", "old");
	assert_int_equal(table_open(&t, "t"), 0);
	assert_int_equal(table_refresh(&t), 0);
	make_with("key", "new one");
	assert_value(&t, "key", "old");
	assert_int_equal(table_refresh(&t), 1);
	assert_value(&t, "key", "new one");
	assert_int_equal(table_refresh(&t), 0);
	table_close(&t);
}

/* All that is seen of a file but its name. */
static void
a_file_is_known_again_until_another_takes_its_place(void **state)
{
	struct stat none = {0}, was, is;
	const struct timespec later[2] = {{.tv_nsec = 1}, {.tv_nsec = 1}};

	(void)state;
	make_with("key", "one");
	assert_int_equal(stat("t", &was), 0);
	assert_int_equal(stat("t", &is), 0);
	assert_int_equal(table_same(&was, &is), 1);
	assert_int_equal(table_same(&none, &is), 0);
	make_with("key", "two");
	assert_int_equal(stat("t", &is), 0);
	assert_int_equal(table_same(&was, &is), 0);
	was = is;
	assert_int_equal(utimensat(AT_FDCWD, "t", later, 0), 0);
	assert_int_equal(stat("t", &is), 0);
	assert_int_equal(table_same(&was, &is), 0);
	was = is;
	is.st_size++;
	assert_int_equal(table_same(&was, &is), 0);
}

static void
a_refresh_that_fails_keeps_the_old_table(void **state)
{
	struct table t = {0};
	int fd;

	(void)state;
	make_with("key", "old");
	assert_int_equal(table_open(&t, "t"), 0);
	assert_int_equal(unlink("t"), 0);
	assert_int_equal(table_refresh(&t), -1);
	assert_int_equal(errno, ENOENT);
	fd = open("t", O_WRONLY | O_CREAT, 0644);
	close(fd);
	assert_int_equal(table_refresh(&t), -1);
	assert_int_equal(errno, EPROTO);
	assert_value(&t, "key", "old");
	make_with("key", "mended");
	assert_int_equal(table_refresh(&t), 1);
	assert_value(&t, "key", "mended");
	table_close(&t);
}

static void
the_mode_is_as_asked_whatever_the_umask(void **state)
{
	struct table_make m = {0};
	struct stat st;
	mode_t old = umask(0777);

	(void)state;
	assert_int_equal(table_make_begin(&m, AT_FDCWD, "t"), 0);
	assert_int_equal(table_make_finish(&m, 0640), 0);
	umask(old);
	assert_int_equal(stat("t", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void
an_abandoned_table_leaves_the_old_one_and_no_litter(void **state)
{
	struct table_make m = {0};
	struct table t = {0};

	(void)state;
	make_with("key", "old");
	assert_int_equal(table_make_begin(&m, AT_FDCWD, "t"), 0);
	assert_int_equal(table_make_add(&m, "key", 3, "new", 3), 0);
	assert_int_equal(access("tmp.t", F_OK), 0);
	table_make_abandon(&m);
	table_make_abandon(&m);
	assert_int_equal(access("tmp.t", F_OK), -1);
	assert_int_equal(table_open(&t, "t"), 0);
	assert_value(&t, "key", "old");
	table_close(&t);
}

static void
what_a_killed_maker_left_is_replaced(void **state)
{
	int fd = open("tmp.t", O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_int_equal(write(fd, "rest", 4), 4);
	close(fd);
	make_with("key", "value");
	assert_int_equal(access("tmp.t", F_OK), -1);
}

static void
a_failed_sync_leaves_the_old_table(void **state)
{
	struct table_make m = {0};
	struct table t = {0};

	(void)state;
	make_with("key", "old");
	assert_int_equal(table_make_begin(&m, AT_FDCWD, "t"), 0);
	assert_int_equal(table_make_add(&m, "key", 3, "new", 3), 0);
	failing_sync = syncs + 1;
	assert_int_equal(table_make_finish(&m, 0644), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(access("tmp.t", F_OK), -1);
	assert_int_equal(table_open(&t, "t"), 0);
	assert_value(&t, "key", "old");
	table_close(&t);
}

static void
file_and_directory_are_made_durable(void **state)
{
	(void)state;
	make_with("key", "value");
	assert_int_equal(syncs, 2);
}

static void
a_full_disk_is_reported_and_leaves_the_old_table(void **state)
{
	struct rlimit unlimited, limit;
	struct table_make m = {0};
	struct table t = {0};
	char value[1000] = "";
	int i, r = 0;

	(void)state;
	make_with("key", "old");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
	limit = unlimited;
	limit.rlim_cur = 8192;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(table_make_begin(&m, AT_FDCWD, "t"), 0);
	for (i = 0; i < 100 && r == 0; i++)
		r = table_make_add(&m, &i, sizeof i, value, sizeof value);
	assert_int_equal(r, -1);
	assert_int_equal(errno, EFBIG);
	table_make_abandon(&m);
	setrlimit(RLIMIT_FSIZE, &unlimited);
	assert_int_equal(access("tmp.t", F_OK), -1);
	assert_int_equal(table_open(&t, "t"), 0);
	assert_value(&t, "key", "old");
	table_close(&t);
}

static void
what_would_not_fit_is_refused(void **state)
{
	static char key[TABLE_KEY_MAX + 1];
	struct table_make m = {0};
	struct table t = {0};
	const char *value;
	size_t len;

	(void)state;
	assert_int_equal(table_make_begin(&m, AT_FDCWD, "t"), 0);
	assert_int_equal(table_make_add(&m, key, sizeof key, "", 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(table_make_add(&m, "k", 1, key, SIZE_MAX), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(table_make_add(&m, "k", 1, key, UINT32_MAX), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(
	    table_make_add(&m, key, TABLE_KEY_MAX, "at the limit", 12), 0);
	assert_int_equal(table_make_finish(&m, 0644), 0);
	assert_int_equal(table_open(&t, "t"), 0);
	assert_int_equal(table_find(&t, key, TABLE_KEY_MAX, &value, &len), 1);
	assert_int_equal(len, 12);
	assert_int_equal(table_find(&t, key, sizeof key, &value, &len), 0);
	table_close(&t);
}

static void
the_cdb_tool_reads_what_was_made(void **state)
{
	char got[64] = "";
	int p[2], status = -1;
	ssize_t n;
	pid_t child;

	(void)state;
	make_with("key", "value");
	assert_int_equal(pipe(p), 0);
	child = fork();
	if (child == 0) {
		dup2(p[1], 1);
		execlp("cdb", "cdb", "-q", "t", "key", (char *)NULL);
		_exit(127);
	}
	close(p[1]);
	n = read(p[0], got, sizeof got);
	close(p[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(n, 5);
	assert_memory_equal(got, "value", 5);
}

static void
a_directory_that_is_gone_is_reported(void **state)
{
	struct table_make m = {0};
	int dir = open(".", O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_int_equal(table_make_begin(&m, dir, "no/such"), -1);
	assert_int_equal(errno, ENOENT);
	assert_null(m.cdb);
	close(dir);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_known_key_has_its_value_and_length),
	    TEST(keys_and_values_are_any_bytes),
	    TEST(many_keys_are_all_found_and_walked_in_their_order),
	    TEST(of_equal_keys_the_first_is_found),
	    TEST(an_empty_table_is_whole_and_has_nothing),
	    TEST(a_missing_table_is_told_from_a_damaged_one),
	    TEST(a_table_cut_anywhere_is_damaged),
	    TEST(a_table_longer_than_it_says_is_damaged),
	    TEST(no_changed_byte_makes_a_reader_leave_the_file),
	    TEST(the_old_table_stays_in_use_until_the_new_one_is_asked_for),
	    TEST(a_file_is_known_again_until_another_takes_its_place),
	    TEST(a_refresh_that_fails_keeps_the_old_table),
	    TEST(the_mode_is_as_asked_whatever_the_umask),
	    TEST(an_abandoned_table_leaves_the_old_one_and_no_litter),
	    TEST(what_a_killed_maker_left_is_replaced),
	    TEST(a_failed_sync_leaves_the_old_table),
	    TEST(file_and_directory_are_made_durable),
	    TEST(a_full_disk_is_reported_and_leaves_the_old_table),
	    TEST(what_would_not_fit_is_refused),
	    TEST(the_cdb_tool_reads_what_was_made),
	    TEST(a_directory_that_is_gone_is_reported),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
