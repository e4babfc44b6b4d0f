#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/lock.h"
#include "tests/unit/scratch.h"

static int
opened(void)
{
	int fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static void
holds_others_off_until_it_is_dropped(void **state)
{
	int a = opened(), b = opened();

	(void)state;
	assert_int_equal(lock_file(a, F_WRLCK, 0, 1, 0), 0);
	assert_int_equal(lock_file(b, F_WRLCK, 0, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(lock_file(b, F_RDLCK, 0, 1, 0), -1);
	assert_int_equal(lock_file(b, F_WRLCK, 1, 1, 0), 0);
	assert_int_equal(lock_file(a, F_UNLCK, 0, 1, 0), 0);
	assert_int_equal(lock_file(b, F_WRLCK, 0, 1, 0), 0);
	close(a);
	close(b);
}

static void
lets_readers_share(void **state)
{
	int a = opened(), b = opened(), c = opened();

	(void)state;
	assert_int_equal(lock_file(a, F_RDLCK, 0, 0, 0), 0);
	assert_int_equal(lock_file(b, F_RDLCK, 0, 0, 0), 0);
	assert_int_equal(lock_file(c, F_WRLCK, 0, 0, 0), -1);
	close(a);
	assert_int_equal(lock_file(c, F_WRLCK, 0, 0, 0), -1);
	close(b);
	assert_int_equal(lock_file(c, F_WRLCK, 0, 0, 0), 0);
	close(c);
}

static void
runs_only_once_in_a_directory(void **state)
{
	int first = lock_instance(AT_FDCWD, "lock", 0);

	(void)state;
	assert_true(first >= 0);
	assert_int_equal(lock_instance(AT_FDCWD, "lock", 0), -1);
	assert_int_equal(errno, EAGAIN);
	close(first);
	first = lock_instance(AT_FDCWD, "lock", 0);
	assert_true(first >= 0);
	close(first);
}

static void
is_held_by_a_child_after_its_parent_let_go(void **state)
{
	int fd = lock_instance(AT_FDCWD, "lock", 0);
	int gate[2];
	char c;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(gate[1]);
		_exit(read(gate[0], &c, 1) == 0 ? 0 : 1);
	}
	close(fd);
	assert_int_equal(lock_instance(AT_FDCWD, "lock", 0), -1);
	close(gate[1]);
	fd = lock_instance(AT_FDCWD, "lock", 1);
	assert_true(fd >= 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(fd);
	close(gate[0]);
}

static void
follows_no_symbolic_link(void **state)
{
	(void)state;
	assert_int_equal(symlink("elsewhere", "link"), 0);
	assert_int_equal(lock_instance(AT_FDCWD, "link", 0), -1);
	assert_int_equal(errno, ELOOP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(holds_others_off_until_it_is_dropped),
	    cmocka_unit_test(lets_readers_share),
	    cmocka_unit_test(runs_only_once_in_a_directory),
	    cmocka_unit_test(is_held_by_a_child_after_its_parent_let_go),
	    cmocka_unit_test(follows_no_symbolic_link),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
