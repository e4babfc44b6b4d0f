/* LDFLAGS: -Wl,--wrap=fsync -Wl,--wrap=renameat2 */
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

#include "lib/handover.h"
#include "tests/unit/scratch.h"

#define ID "0647c1a2b3d4e.9f02c4d1aa"

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat2(
    int a, const char *from, int b, const char *to, unsigned flags);
int __wrap_renameat2(
    int a, const char *from, int b, const char *to, unsigned flags);

/* What was called, a letter each: 'f' fsync of a file, 'd' of new/, 'r' */
static char calls[64];
static int failing; /* the letter of the call that fails */
static struct handover ho;

static int
called(char c)
{
	size_t n = strlen(calls);

	if (n + 1 < sizeof calls) {
		calls[n] = c;
		calls[n + 1] = 0;
	}
	if (failing != c)
		return 0;
	errno = EIO;
	return -1;
}

int
__wrap_fsync(int fd)
{
	return called(fd == ho.new ? 'd' : 'f') < 0 ? -1 : __real_fsync(fd);
}

int
__wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	return called('r') < 0 ? -1 : __real_renameat2(a, from, b, to, flags);
}

static int
setup(void **state)
{
	if (scratch_enter(state) < 0 || mkdir("x", 0700) < 0 ||
	    mkdir("x/tmp", 0700) < 0 || mkdir("x/new", 0700) < 0 ||
	    mkfifo("x/trigger", 0600) < 0 || mkdir("mine", 0700) < 0)
		return -1;
	calls[0] = 0;
	failing = 0;
	return ho_open(&ho, "x");
}

static int
teardown(void **state)
{
	close(ho.dir);
	close(ho.tmp);
	close(ho.new);
	return scratch_leave(state);
}

static int
create(const char *text)
{
	int fd = ho_create(&ho, ID);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void
makes_bytes_then_name_durable(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(ho_commit(&ho, create("a"), ID), 0);
	assert_string_equal(calls, "frd");
	assert_string_equal(scratch_text("x/new/" ID), "a");
	assert_int_equal(access("x/tmp/" ID, F_OK), -1);
	assert_int_equal(stat("x/new/" ID, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void
gives_the_file_up_when_its_bytes_are_not_durable(void **state)
{
	(void)state;
	failing = 'f';
	assert_int_equal(ho_commit(&ho, create("a"), ID), -1);
	assert_int_equal(errno, EIO);
	assert_string_equal(calls, "f"); /* never a second time */
	assert_int_equal(access("x/tmp/" ID, F_OK), -1);
	assert_int_equal(access("x/new/" ID, F_OK), -1);
}

static void
gives_the_file_up_when_it_cannot_be_named(void **state)
{
	(void)state;
	failing = 'r';
	assert_int_equal(ho_commit(&ho, create("a"), ID), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(access("x/tmp/" ID, F_OK), -1);
}

static void
reports_no_success_before_the_name_is_durable(void **state)
{
	(void)state;
	failing = 'd';
	assert_int_equal(ho_commit(&ho, create("a"), ID), -1);
	assert_int_equal(errno, EIO);
}

static void
takes_its_own_file_with_the_same_bytes_for_handed_over(void **state)
{
	(void)state;
	assert_int_equal(ho_commit(&ho, create("same"), ID), 0);
	calls[0] = 0;
	assert_int_equal(ho_commit(&ho, create("same"), ID), 0);
	assert_string_equal(calls, "frd");
	assert_string_equal(scratch_text("x/new/" ID), "same");
	assert_int_equal(access("x/tmp/" ID, F_OK), -1);
}

static void
refuses_a_second_file_of_that_name(void **state)
{
	(void)state;
	assert_int_equal(ho_commit(&ho, create("one"), ID), 0);
	assert_int_equal(ho_commit(&ho, create("two"), ID), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(ho_commit(&ho, create("one and more"), ID), -1);
	assert_int_equal(errno, EEXIST);
	assert_string_equal(scratch_text("x/new/" ID), "one");
	assert_int_equal(access("x/tmp/" ID, F_OK), -1);
}

static void
does_not_take_a_link_for_its_own_file(void **state)
{
	(void)state;
	assert_int_equal(scratch_file("elsewhere", "a", 1), 0);
	assert_int_equal(symlink("../../elsewhere", "x/new/" ID), 0);
	assert_int_equal(ho_commit(&ho, create("a"), ID), -1);
	assert_string_equal(scratch_text("elsewhere"), "a");
}

static void
replaces_what_a_crash_left_in_tmp(void **state)
{
	(void)state;
	close(create("left"));
	assert_int_equal(ho_commit(&ho, create("new"), ID), 0);
	assert_string_equal(scratch_text("x/new/" ID), "new");
}

static void
drops_a_file_and_keeps_errno(void **state)
{
	int fd = create("a");

	(void)state;
	errno = ENOSPC;
	assert_int_equal(ho_drop(&ho, fd, ID), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(access("x/tmp/" ID, F_OK), -1);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void
wakes_the_reader_once_for_all_it_passed_on(void **state)
{
	int mine = open("mine", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int reader = open("x/trigger", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char c[8];

	(void)state;
	scratch_file("mine/" ID, "a", 1);
	scratch_file("mine/" ID ".r", "b", 1);
	assert_int_equal(ho_pass(&ho, mine, ID), 0);
	assert_int_equal(ho_pass_as(&ho, mine, ID ".r", ID ".000001"), 0);
	assert_int_equal(read(reader, c, sizeof c), 0);
	assert_int_equal(ho_flush(&ho), 0);
	assert_string_equal(calls, "rrd");
	assert_int_equal(read(reader, c, sizeof c), 1);
	assert_string_equal(scratch_text("x/new/" ID ".000001"), "b");
	assert_int_equal(ho_flush(&ho), 0);
	assert_string_equal(calls, "rrd");
	close(reader);
	close(mine);
}

static void
makes_names_durable_later_when_it_failed(void **state)
{
	int mine = open("mine", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	scratch_file("mine/" ID, "a", 1);
	assert_int_equal(ho_pass(&ho, mine, ID), 0);
	failing = 'd';
	assert_int_equal(ho_flush(&ho), -1);
	failing = 0;
	assert_int_equal(ho_flush(&ho), 0);
	assert_string_equal(calls, "rdd");
	close(mine);
}

static void
passes_nothing_over_another_file(void **state)
{
	int mine = open("mine", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	scratch_file("mine/" ID, "a", 1);
	scratch_file("x/new/" ID, "b", 1);
	assert_int_equal(ho_pass(&ho, mine, ID), -1);
	assert_int_equal(errno, EEXIST);
	assert_string_equal(scratch_text("mine/" ID), "a");
	assert_string_equal(scratch_text("x/new/" ID), "b");
	close(mine);
}

static void
needs_all_of_the_inbox(void **state)
{
	struct handover h;

	(void)state;
	assert_int_equal(ho_open(&h, "none"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(ho_open(&h, "mine"), -1);
	assert_int_equal(errno, ENOENT);
}

static void
wakes_nobody_without_an_error(void **state)
{
	(void)state;
	errno = 0;
	ho_wake(ho.dir, "trigger"); /* nobody has it open */
	ho_wake(ho.dir, "none");
	assert_int_equal(errno, 0);
}

static void
tells_whether_the_reader_keeps_up(void **state)
{
	int reader;
	char c[8];

	(void)state;
	errno = 0;
	assert_int_equal(ho_wake_unread(ho.dir, "none"), -1);
	assert_int_equal(ho_wake_unread(ho.dir, "trigger"), -1);
	reader = open("x/trigger", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(ho_wake_unread(ho.dir, "trigger"), 0);
	assert_int_equal(ho_wake_unread(ho.dir, "trigger"), 1);
	assert_int_equal(read(reader, c, sizeof c), 2);
	assert_int_equal(ho_wake_unread(ho.dir, "trigger"), 0);
	assert_int_equal(errno, 0);
	close(reader);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(makes_bytes_then_name_durable),
	    TEST(gives_the_file_up_when_its_bytes_are_not_durable),
	    TEST(gives_the_file_up_when_it_cannot_be_named),
	    TEST(reports_no_success_before_the_name_is_durable),
	    TEST(takes_its_own_file_with_the_same_bytes_for_handed_over),
	    TEST(refuses_a_second_file_of_that_name),
	    TEST(does_not_take_a_link_for_its_own_file),
	    TEST(replaces_what_a_crash_left_in_tmp),
	    TEST(drops_a_file_and_keeps_errno),
	    TEST(wakes_the_reader_once_for_all_it_passed_on),
	    TEST(makes_names_durable_later_when_it_failed),
	    TEST(passes_nothing_over_another_file),
	    TEST(needs_all_of_the_inbox),
	    TEST(wakes_nobody_without_an_error),
	    TEST(tells_whether_the_reader_keeps_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
