/* LDFLAGS: -Wl,--wrap=fsync -Wl,--wrap=write */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/bytes.h"
#include "lib/fio.h"
#include "tests/unit/scratch.h"

int __real_fsync(int fd);
int __wrap_fsync(int fd);
ssize_t __real_write(int fd, const void *p, size_t len);
ssize_t __wrap_write(int fd, const void *p, size_t len);

static int fsync_fails;
static size_t write_step;

int
__wrap_fsync(int fd)
{
	if (fsync_fails) {
		errno = EIO;
		return -1;
	}
	return __real_fsync(fd);
}

/* A disk that takes a little at a time. */
ssize_t
__wrap_write(int fd, const void *p, size_t len)
{
	if (write_step && len > write_step)
		len = write_step;
	return __real_write(fd, p, len);
}

static int
setup(void **state)
{
	(void)state;
	fsync_fails = 0;
	write_step = 0;
	return 0;
}

static void
reads_a_whole_file_up_to_its_maximum(void **state)
{
	stralloc out = {0};

	(void)state;
	assert_int_equal(scratch_file("f", "12345", 5), 0);
	assert_int_equal(fio_read(AT_FDCWD, "f", &out, 5), 0);
	assert_true(bytes_eq((struct bytes){out.s, out.len}, "12345"));
	assert_int_equal(fio_read(AT_FDCWD, "f", &out, 4), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(scratch_file("f", "", 0), 0);
	assert_int_equal(fio_read(AT_FDCWD, "f", &out, 0), 0);
	assert_int_equal(out.len, 0);
	sa_free(&out);
}

static void
reads_nothing_but_regular_files(void **state)
{
	stralloc out = {0};

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(fio_read(AT_FDCWD, "fifo", &out, 10), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(fio_read(AT_FDCWD, ".", &out, 10), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(symlink("f", "link"), 0);
	assert_int_equal(fio_read(AT_FDCWD, "link", &out, 10), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(fio_read(AT_FDCWD, "none", &out, 10), -1);
	assert_int_equal(errno, ENOENT);
	sa_free(&out);
}

static void
writes_on_after_a_short_write(void **state)
{
	int fd = open("w", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	write_step = 3;
	assert_int_equal(fio_write(fd, "0123456789", 10), 0);
	assert_string_equal(scratch_text("w"), "0123456789");
	assert_int_equal(fio_pwrite(fd, "xy", 2, 4), 0);
	assert_string_equal(scratch_text("w"), "0123xy6789");
	assert_int_equal(fio_write(fd, NULL, 0), 0);
	close(fd);
}

static void
tells_when_a_write_fails(void **state)
{
	int fd = open("w", O_RDONLY | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_int_equal(fio_write(fd, "x", 1), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(fio_pwrite(fd, "x", 1, 0), -1);
	close(fd);
}

static void
copies_bytes_of_a_file_behind_what_is_there(void **state)
{
	int from, to = open("w", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)state;
	assert_int_equal(scratch_file("f", "0123456789", 10), 0);
	from = open("f", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fio_write(to, "x", 1), 0);
	write_step = 3;
	assert_int_equal(fio_copy(from, 2, 5, to), 5);
	assert_string_equal(scratch_text("w"), "x23456");
	assert_int_equal(fio_copy(from, 8, UINT64_MAX, to), 2);
	assert_string_equal(scratch_text("w"), "x2345689");
	assert_int_equal(fio_copy(from, 10, 1, to), 0);
	assert_int_equal(fio_copy(from, 0, 0, to), 0);
	assert_int_equal(fio_copy(from, 0, 1, from), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(fio_copy(-1, 0, 1, to), -1);
	assert_int_equal(errno, EBADF);
	assert_string_equal(scratch_text("w"), "x2345689");
	close(from);
	close(to);
}

static void
replaces_a_file_with_another_of_the_mode_given(void **state)
{
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	mode_t old = umask(077);

	(void)state;
	assert_int_equal(scratch_file("r", "old", 3), 0);
	assert_int_equal(fio_replace(dir, "r", "new", 3, 0644), 0);
	umask(old);
	assert_string_equal(scratch_text("r"), "new");
	assert_int_equal(stat("r", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(access("tmp.r", F_OK), -1);
	close(dir);
}

static void
keeps_the_old_file_when_the_new_one_is_not_durable(void **state)
{
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(scratch_file("k", "old", 3), 0);
	fsync_fails = 1;
	assert_int_equal(fio_replace(dir, "k", "new", 3, 0644), -1);
	assert_int_equal(errno, EIO);
	assert_string_equal(scratch_text("k"), "old");
	assert_int_equal(access("tmp.k", F_OK), -1);
	close(dir);
}

static void
refuses_a_name_that_leaves_no_room(void **state)
{
	char name[NAME_MAX + 1];
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	memset(name, 'a', NAME_MAX);
	name[NAME_MAX] = 0;
	assert_int_equal(fio_replace(dir, name, "x", 1, 0600), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	close(dir);
}

static void
closes_without_touching_errno(void **state)
{
	(void)state;
	errno = E2BIG;
	fio_close(-1);
	fio_close(12345);
	assert_int_equal(errno, E2BIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(reads_a_whole_file_up_to_its_maximum, setup),
	    cmocka_unit_test_setup(reads_nothing_but_regular_files, setup),
	    cmocka_unit_test_setup(writes_on_after_a_short_write, setup),
	    cmocka_unit_test_setup(tells_when_a_write_fails, setup),
	    cmocka_unit_test_setup(
		copies_bytes_of_a_file_behind_what_is_there, setup),
	    cmocka_unit_test_setup(
		replaces_a_file_with_another_of_the_mode_given, setup),
	    cmocka_unit_test_setup(
		keeps_the_old_file_when_the_new_one_is_not_durable, setup),
	    cmocka_unit_test_setup(refuses_a_name_that_leaves_no_room, setup),
	    cmocka_unit_test_setup(closes_without_touching_errno, setup),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
