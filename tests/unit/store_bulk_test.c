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

#include "lib/store.h"
#include "tests/unit/scratch.h"
#include "tests/unit/storemake.h"

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

	if (store_put(s, t, bytes_z("a"), bytes_z("bulk"), 0) < 0 ||
	    store_put(s, t, bytes_z("z"), bytes_z("bulk"), 0) < 0)
		return -1;
	memset(key, 'k', sizeof key);
	for (i = 0; i < count; i++) {
		snprintf(key + 1, sizeof key - 1, "%0*d", STORE_KEY_MAX - 1, i);
		if (store_put(s, t, (struct bytes){key, STORE_KEY_MAX},
			bytes_z(""), STORE_NEW) < 0)
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
	for (r = store_seek(&s, t, &c, bytes_z(""), &k, &v); r == 1; n++)
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
	storemake_put(&s, "b", "1");
	assert_string_equal(storemake_get(&s, "a"), "bulk");
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
	storemake_put(&s, "a", "older");
	storemake_put(&s, "a", "old"); /* leaves free pages */
	store_close(&s);
	assert_int_equal(store_open(&s, ".", STORE_BULK, 0640), 0);
	assert_int_equal(store_begin(&s, 0), -1); /* it is for writing */
	assert_int_equal(errno, EINVAL);
	assert_int_equal(store_open(&r, ".", STORE_READ, 0), 0);
	assert_int_equal(store_begin(&r, 0), 0);
	bulk_begin(&s);
	assert_string_equal(storemake_see(&r, "a"), "old");
	store_close(&s);
	assert_string_equal(storemake_see(&r, "a"), "old");
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
	storemake_put(&s, "a", "old");
	store_close(&s);
	size = file_size();
	assert_int_equal(
	    storemake_exit(storemake_child(die_in_bulk, STORE_BULK, -1)), -1);
	assert_true(file_size() > size);
	assert_count(1);
	assert_int_equal(store_open(&s, ".", STORE_WRITE, 0640), 0);
	assert_true(file_size() == size);
	assert_string_equal(storemake_get(&s, "a"), "old");
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
	storemake_put(&s, "a", "old");
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

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, scratch_enter, scratch_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(writes_in_bulk_into_a_file_that_is_no_larger_than_it_must_be),
	    TEST(shows_the_old_state_beside_a_writer_in_bulk),
	    TEST(cuts_off_what_a_writer_in_bulk_left_when_it_died),
	    TEST(says_that_the_disk_is_full_where_it_could_only_die_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
