#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/rcptset.h"

static struct rcptset set;

static int
begin(void **state)
{
	int fd = memfd_create("rows", MFD_CLOEXEC);

	(void)state;
	rcptset_begin(&set, fd);
	return fd < 0;
}

static int
end(void **state)
{
	(void)state;
	rcptset_free(&set);
	rcptset_free(&set); /* which may be said twice */
	return 0;
}

static void
add(const char *address, const char *row, unsigned kind)
{
	assert_int_equal(
	    rcptset_add(&set, bytes_z(address), bytes_z(row), kind), 0);
}

static void
assert_row(size_t i, const char *row, unsigned kind)
{
	unsigned is = 99;

	assert_true(bytes_eq(rcptset_row(&set, i, &is), row));
	assert_true(bytes_eq(rcptset_row(&set, i, NULL), row));
	assert_int_equal(is, kind);
}

static void
sorts_by_reversed_domain_and_keeps_the_first_of_a_mailbox(void **state)
{
	(void)state;
	add("zoe@b.example", "zoe@b.example\tZoe", 1);
	add("Joe@a.example", "Joe@a.example", 0);
	add("joe@a.EXAMPLE", "joe@a.example\tTwice", 1);
	add("eve@x.a.example", "eve@x.a.example", 0);
	assert_int_equal(rcptset_sort(&set, 1), 0);
	assert_int_equal(set.n, 3);
	assert_int_equal(set.twice, 1);
	assert_int_equal(set.of[0], 2);
	assert_int_equal(set.of[1], 1);
	assert_row(0, "Joe@a.example", 0);
	assert_row(1, "eve@x.a.example", 0);
	assert_row(2, "zoe@b.example\tZoe", 1);
}

static void
keeps_all_when_asked_to(void **state)
{
	(void)state;
	add("joe@a.example", "joe@a.example\t1", 1);
	add("joe@a.example", "joe@a.example\t2", 1);
	assert_int_equal(rcptset_sort(&set, 0), 0);
	assert_int_equal(set.n, 2);
	assert_int_equal(set.twice, 0);
	assert_row(0, "joe@a.example\t1", 1);
	assert_row(1, "joe@a.example\t2", 1);
}

static void
is_empty_without_recipients(void **state)
{
	(void)state;
	assert_int_equal(rcptset_sort(&set, 1), 0);
	assert_int_equal(set.n, 0);
	assert_int_equal(set.of[0] + set.of[1], 0);
}

static void
refuses_what_is_no_address_and_rows_that_are_too_long(void **state)
{
	static char row[RCPTSET_ROW_MAX + 1];
	struct bytes a = bytes_z("joe@a.example");

	(void)state;
	memset(row, 'x', sizeof row);
	assert_int_equal(rcptset_add(&set, bytes_z("joe"), a, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(
	    rcptset_add(&set, a, (struct bytes){row, sizeof row}, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(
	    rcptset_add(&set, a, (struct bytes){row, sizeof row - 1}, 0), 0);
	assert_int_equal(rcptset_sort(&set, 1), 0);
	assert_int_equal(rcptset_row(&set, 0, NULL).len, RCPTSET_ROW_MAX);
}

static void
reports_a_disk_that_is_full(void **state)
{
	static char row[RCPTSET_ROW_MAX];
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC), r = 0;

	(void)state;
	rcptset_free(&set);
	rcptset_begin(&set, full);
	memset(row, 'x', sizeof row);
	for (int i = 0; i < 100 && r == 0; i++)
		r = rcptset_add(&set, bytes_z("joe@a.example"),
		    (struct bytes){row, sizeof row}, 0);
	assert_int_equal(r, -1);
	assert_int_equal(errno, ENOSPC);
}

static void
takes_a_million_and_no_more(void **state)
{
	stralloc key = {0}, before = {0};
	char text[64];

	(void)state;
	for (unsigned i = 0; i < RCPTSET_MAX; i++) {
		int n = snprintf(text, sizeof text, "u%u@h%u.example",
		    i * 7919 % RCPTSET_MAX, i % 1000);
		struct bytes b = {text, (size_t)n};

		assert_int_equal(rcptset_add(&set, b, b, i & 1), 0);
	}
	assert_int_equal(rcptset_add(&set, bytes_z("a@b.example"),
			     bytes_z("a@b.example"), 0),
	    -1);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(rcptset_sort(&set, 1), 0);
	assert_int_equal(set.of[0] + set.of[1], set.n);
	assert_int_equal(set.n + set.twice, RCPTSET_MAX);
	for (size_t i = 0; i < set.n; i++) {
		struct bytes b = rcptset_row(&set, i, NULL);

		key.len = 0;
		assert_int_equal(addr_key(&key, b.s, b.len), 0);
		assert_true(i == 0 ||
		    memcmp(before.s, key.s,
			before.len < key.len ? before.len : key.len) <= 0);
		before.len = 0;
		assert_int_equal(sa_put(&before, key.s, key.len), 0);
	}
	sa_free(&key);
	sa_free(&before);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(sorts_by_reversed_domain_and_keeps_the_first_of_a_mailbox),
	    TEST(keeps_all_when_asked_to),
	    TEST(is_empty_without_recipients),
	    TEST(refuses_what_is_no_address_and_rows_that_are_too_long),
	    TEST(reports_a_disk_that_is_full),
	    TEST(takes_a_million_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
