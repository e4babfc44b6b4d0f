#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/mapfile.h"
#include "tests/unit/scratch.h"

enum { SIZE = 10000, BOOT_AT = 24, KIND_AT = 0 };

static char *
make(void)
{
	return mapfile_make(AT_FDCWD, "map", "test 1", SIZE);
}

static const char *
look(void)
{
	return mapfile_look(AT_FDCWD, "map", "test 1", SIZE);
}

static void
overwrite(off_t at, const char *bytes)
{
	int fd = open("map", O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, strlen(bytes), at), strlen(bytes));
	close(fd);
}

static void
begins_with_zero_bytes_and_takes_its_room_at_once(void **state)
{
	char *p = make();
	struct stat st;

	(void)state;
	assert_non_null(p);
	for (int i = 0; i < SIZE; i++)
		assert_int_equal(p[i], 0);
	assert_int_equal(stat("map", &st), 0);
	assert_int_equal(st.st_size, MAPFILE_PAGE + SIZE);
	assert_true(st.st_blocks * 512 >= MAPFILE_PAGE + SIZE);
	mapfile_drop(p, SIZE);
}

static void
others_see_what_is_written(void **state)
{
	char *p = make();
	const char *q = look();

	(void)state;
	assert_non_null(p);
	assert_non_null(q);
	memcpy(p + SIZE - 3, "abc", 3);
	assert_memory_equal(q + SIZE - 3, "abc", 3);
	mapfile_drop(q, SIZE);
	mapfile_drop(p, SIZE);
}

static void
is_kept_when_it_is_made_again(void **state)
{
	char *p = make();

	(void)state;
	p[7] = 'x';
	mapfile_drop(p, SIZE);
	p = make();
	assert_int_equal(p[7], 'x');
	mapfile_drop(p, SIZE);
}

static void
starts_anew_in_another_life_of_the_machine(void **state)
{
	char *p = make();

	(void)state;
	p[7] = 'x';
	mapfile_drop(p, SIZE);
	overwrite(BOOT_AT, "another one");
	assert_null(look());
	assert_int_equal(errno, ESTALE);
	p = make();
	assert_int_equal(p[7], 0);
	mapfile_drop(p, SIZE);
	assert_non_null(p = make());
	mapfile_drop(p, SIZE);
}

static void
starts_anew_when_it_is_of_another_kind(void **state)
{
	char *p = make();

	(void)state;
	p[7] = 'x';
	mapfile_drop(p, SIZE);
	overwrite(KIND_AT, "test 2");
	assert_null(look());
	assert_int_equal(errno, EPROTO);
	p = make();
	assert_int_equal(p[7], 0);
	mapfile_drop(p, SIZE);
}

static void
says_that_there_is_none_or_that_it_is_too_short(void **state)
{
	(void)state;
	assert_null(look());
	assert_int_equal(errno, ENOENT);
	assert_int_equal(scratch_file("map", "", 0), 0);
	assert_null(look());
	assert_int_equal(errno, ENOENT);
	assert_int_equal(scratch_file("map", "lsv", 3), 0);
	assert_null(look());
	assert_int_equal(errno, EPROTO);
	assert_int_equal(unlink("map"), 0);
	assert_int_equal(mkfifo("map", 0600), 0);
	assert_null(look());
	assert_int_equal(errno, EPROTO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		begins_with_zero_bytes_and_takes_its_room_at_once,
		scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		others_see_what_is_written, scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		is_kept_when_it_is_made_again, scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		starts_anew_in_another_life_of_the_machine, scratch_enter,
		scratch_leave),
	    cmocka_unit_test_setup_teardown(
		starts_anew_when_it_is_of_another_kind, scratch_enter,
		scratch_leave),
	    cmocka_unit_test_setup_teardown(
		says_that_there_is_none_or_that_it_is_too_short, scratch_enter,
		scratch_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
