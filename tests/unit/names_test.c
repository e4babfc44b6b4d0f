#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/names.h"
#include "tests/unit/scratch.h"

#define OLD "0647c1a2b3d4d.ffffffffff"
#define MID "0647c1a2b3d4e.0000000000"
#define NEW "0647c1a2b3d4e.9f02c4d1aa"

static char others[256];

static void
other(void *arg, const char *name)
{
	size_t *n = arg;

	snprintf(others + strlen(others), sizeof others - strlen(others), "%s ",
	    name);
	(*n)++;
}

static int
directory(void)
{
	int fd = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void
lists_the_names_of_ours_oldest_first(void **state)
{
	struct names l;
	int d;

	(void)state;
	mkdir("d", 0700);
	scratch_file("d/" NEW, "", 0);
	scratch_file("d/" NEW ".000001", "", 0);
	scratch_file("d/" OLD, "", 0);
	scratch_file("d/" MID, "", 0);
	d = directory();
	assert_int_equal(names_read(&l, d, 100, NULL, NULL), 0);
	assert_int_equal(l.n, 4);
	assert_string_equal(l.name[0], OLD);
	assert_string_equal(l.name[1], MID);
	assert_string_equal(l.name[2], NEW);
	assert_string_equal(l.name[3], NEW ".000001");
	names_free(&l);
	/* again: the descriptor's offset was not used */
	assert_int_equal(names_read(&l, d, 100, NULL, NULL), 0);
	assert_int_equal(l.n, 4);
	names_free(&l);
	close(d);
}

static void
reports_the_names_that_are_none_of_ours(void **state)
{
	struct names l;
	size_t n = 0;
	int d;

	(void)state;
	scratch_file("d/.hidden", "", 0);
	scratch_file("d/README", "", 0);
	d = directory();
	assert_int_equal(names_read(&l, d, 100, other, &n), 0);
	assert_int_equal(l.n, 4);
	assert_int_equal(n, 1);
	assert_string_equal(others, "README ");
	names_free(&l);
	close(d);
}

static void
lists_no_more_than_it_was_asked_for(void **state)
{
	struct names l;
	int d = directory();

	(void)state;
	assert_int_equal(names_read(&l, d, 2, NULL, NULL), 0);
	assert_int_equal(l.n, 2);
	names_free(&l);
	assert_int_equal(l.n, 0);
	close(d);
}

static void
grows_with_the_directory(void **state)
{
	struct names l;
	char path[80];
	int d;

	(void)state;
	mkdir("many", 0700);
	for (int i = 0; i < 1000; i++) {
		snprintf(
		    path, sizeof path, "many/0647c1a2b3d4e.%010x", 999 - i);
		assert_int_equal(scratch_file(path, "", 0), 0);
	}
	d = open("many", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(names_read(&l, d, 100000, NULL, NULL), 0);
	assert_int_equal(l.n, 1000);
	for (size_t i = 1; i < l.n; i++)
		assert_true(strcmp(l.name[i - 1], l.name[i]) < 0);
	names_free(&l);
	close(d);
}

static void
tells_an_error_from_an_empty_directory(void **state)
{
	struct names l;
	int d;

	(void)state;
	mkdir("empty", 0700);
	d = open("empty", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(names_read(&l, d, 100, NULL, NULL), 0);
	assert_int_equal(l.n, 0);
	names_free(&l);
	close(d);
	assert_int_equal(names_read(&l, d, 100, NULL, NULL), -1);
	assert_int_equal(errno, EBADF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists_the_names_of_ours_oldest_first),
	    cmocka_unit_test(reports_the_names_that_are_none_of_ours),
	    cmocka_unit_test(lists_no_more_than_it_was_asked_for),
	    cmocka_unit_test(grows_with_the_directory),
	    cmocka_unit_test(tells_an_error_from_an_empty_directory),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
