#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/rmtree.h"

static int dir;
static char path[64];

static int
fresh(void **state)
{
	(void)state;
	strcpy(path, "/tmp/lsv-unit.XXXXXX");
	if (!mkdtemp(path))
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY);
	return dir < 0 ? -1 : 0;
}

static int
gone(void **state)
{
	int r = rmtree_inside(dir);

	(void)state;
	close(dir);
	return r < 0 ? -1 : rmdir(path);
}

static void
file(const char *name, size_t size)
{
	static char bytes[8192];
	int fd = openat(dir, name, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	for (; size > 0; size -= sizeof bytes)
		assert_int_equal(write(fd, bytes, sizeof bytes), sizeof bytes);
	close(fd);
}

static void
removes_files_links_fifos_and_directories(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(dir, "a", 0700), 0);
	assert_int_equal(mkdirat(dir, "a/b", 0700), 0);
	file("a/f", 0);
	file("a/b/f", 0);
	assert_int_equal(symlinkat("/", dir, "a/root"), 0);
	assert_int_equal(symlinkat("b", dir, "a/l"), 0);
	assert_int_equal(mkfifoat(dir, "a/b/p", 0600), 0);
	assert_int_equal(rmtree(dir, "a"), 0);
	assert_int_equal(faccessat(dir, "a", F_OK, 0), -1);
	assert_int_equal(rmtree(dir, "a"), 0);
	file("f", 0);
	assert_int_equal(rmtree(dir, "f"), 0);
	assert_int_equal(faccessat(dir, "f", F_OK, 0), -1);
}

static void
follows_no_link_out_of_the_directory(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(dir, "a", 0700), 0);
	assert_int_equal(mkdirat(dir, "other", 0700), 0);
	file("other/f", 0);
	assert_int_equal(symlinkat("../other", dir, "a/l"), 0);
	assert_int_equal(rmtree(dir, "a"), 0);
	assert_int_equal(faccessat(dir, "other/f", F_OK, 0), 0);
	assert_int_equal(symlinkat("other", dir, "l"), 0);
	assert_int_equal(rmtree(dir, "l"), 0);
	assert_int_equal(faccessat(dir, "other/f", F_OK, 0), 0);
}

static void
removes_what_is_nested_deeper_than_a_path_may_be(void **state)
{
	int at = dup(dir), in;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		assert_int_equal(mkdirat(at, "d", 0700), 0);
		in = openat(at, "d", O_RDONLY | O_DIRECTORY);
		assert_true(in >= 0);
		close(at);
		at = in;
	}
	close(openat(at, "f", O_WRONLY | O_CREAT, 0600));
	close(at);
	assert_int_equal(rmtree_within(dir, 100000, 1 << 20), 0);
	assert_int_equal(rmtree(dir, "d"), 0);
}

static void
removes_directories_that_are_locked_up(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(dir, "a", 0700), 0);
	assert_int_equal(mkdirat(dir, "a/b", 0700), 0);
	assert_int_equal(mkdirat(dir, "a/b/c", 0700), 0);
	file("a/b/c/f", 0);
	assert_int_equal(fchmodat(dir, "a/b/c", 0, 0), 0);
	assert_int_equal(fchmodat(dir, "a/b", 0, 0), 0);
	assert_int_equal(fchmodat(dir, "a", 0, 0), 0);
	assert_int_equal(rmtree(dir, "a"), 0);
}

static void
removes_very_many_files_and_names_that_it_would_give(void **state)
{
	char name[32];

	(void)state;
	assert_int_equal(mkdirat(dir, "a", 0700), 0);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "a/%d", i);
		file(name, 0);
	}
	for (int i = 3000; i < 3300; i++) {
		snprintf(name, sizeof name, "a/%d", i);
		assert_int_equal(mkdirat(dir, name, 0700), 0);
		snprintf(name, sizeof name, "a/%d/%d", i, i);
		assert_int_equal(mkdirat(dir, name, 0700), 0);
	}
	assert_int_equal(rmtree(dir, "a"), 0);
}

static void
counts_files_and_bytes_of_a_whole_tree(void **state)
{
	int hole;

	(void)state;
	assert_int_equal(mkdirat(dir, "a", 0700), 0);
	file("a/f", 64 << 10);
	file("g", 64 << 10);
	assert_int_equal(rmtree_within(dir, 3, 128 << 10), 1);
	assert_int_equal(rmtree_within(dir, 2, 128 << 10), 0);
	assert_int_equal(rmtree_within(dir, 3, (128 << 10) - 1), 0);
	assert_int_equal(rmtree_within(dir, 1000, 1 << 30), 1);
	/* one with a hole takes no more than is in it */
	file("h", 0);
	hole = openat(dir, "h", O_WRONLY);
	assert_int_equal(ftruncate(hole, 1 << 30), 0);
	close(hole);
	assert_int_equal(rmtree_within(dir, 4, 128 << 10), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		removes_files_links_fifos_and_directories, fresh, gone),
	    cmocka_unit_test_setup_teardown(
		follows_no_link_out_of_the_directory, fresh, gone),
	    cmocka_unit_test_setup_teardown(
		removes_what_is_nested_deeper_than_a_path_may_be, fresh, gone),
	    cmocka_unit_test_setup_teardown(
		removes_directories_that_are_locked_up, fresh, gone),
	    cmocka_unit_test_setup_teardown(
		removes_very_many_files_and_names_that_it_would_give, fresh,
		gone),
	    cmocka_unit_test_setup_teardown(
		counts_files_and_bytes_of_a_whole_tree, fresh, gone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rmtree", tests, NULL, NULL);
}
