#include "lib/beneath.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/scratch.h"

static int
enter(void **state)
{
	if (scratch_enter(state) < 0 || mkdir("top", 0755) < 0 ||
	    mkdir("top/a", 0755) < 0 || symlink("a", "top/link") < 0 ||
	    symlink("/", "top/root") < 0 ||
	    scratch_file("top/a/f", "here", 4) < 0 ||
	    scratch_file("outside", "there", 5) < 0)
		return -1;
	return 0;
}

static int
top(void)
{
	int fd = open("top", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void
opens_what_is_below(void **state)
{
	int dir = top();
	int fd = beneath_open(dir, "a/f", O_RDONLY);
	char text[4];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, 4), 4);
	assert_memory_equal(text, "here", 4);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	close(dir);
}

static void
opens_the_directory_itself(void **state)
{
	int dir = top();
	int fd = beneath_open(dir, "", O_PATH | O_DIRECTORY);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	close(dir);
}

static void
refuse(const char *path, int flags, int err)
{
	int dir = top();

	assert_int_equal(beneath_open(dir, path, flags), -1);
	assert_int_equal(errno, err);
	close(dir);
}

static void
never_leaves_the_directory(void **state)
{
	(void)state;
	refuse("../outside", O_RDONLY, EXDEV);
	refuse("a/../../outside", O_RDONLY, EXDEV);
	refuse("/etc/passwd", O_RDONLY, EXDEV);
}

static void
goes_through_no_symbolic_link(void **state)
{
	(void)state;
	refuse("link/f", O_RDONLY, ELOOP);
	refuse("link", O_RDONLY, ELOOP);
	refuse("root/etc/passwd", O_RDONLY, ELOOP);
}

static void
opens_a_link_itself_as_a_place_only(void **state)
{
	int dir = top();
	int fd = beneath_open(dir, "link", O_PATH);
	struct stat st;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	close(fd);
	close(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(opens_what_is_below),
	    cmocka_unit_test(opens_the_directory_itself),
	    cmocka_unit_test(never_leaves_the_directory),
	    cmocka_unit_test(goes_through_no_symbolic_link),
	    cmocka_unit_test(opens_a_link_itself_as_a_place_only),
	};

	return cmocka_run_group_tests(tests, enter, scratch_leave);
}
