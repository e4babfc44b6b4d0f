/* LDFLAGS: -Wl,--wrap=pwrite */
#include "lib/spoollock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/scratch.h"

ssize_t __real_pwrite(int fd, const void *p, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *p, size_t len, off_t at);

static int pwrite_fails;

ssize_t
__wrap_pwrite(int fd, const void *p, size_t len, off_t at)
{
	if (pwrite_fails) {
		errno = pwrite_fails;
		return -1;
	}
	return __real_pwrite(fd, p, len, at);
}

static void
takes_a_free_spool_and_says_who_has_it(void **state)
{
	struct spoolholder who;
	int fd;

	(void)state;
	assert_int_equal(spoollock_held(AT_FDCWD, &who), 0);
	assert_int_equal(spoollock_take(&fd, AT_FDCWD, "me", &who), 0);
	assert_true(fd >= 10);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(spoollock_held(AT_FDCWD, &who), 1);
	assert_string_equal(who.what, "me");
	assert_int_equal(who.pid, getpid());
	assert_true(who.since_us > 0);
	assert_int_equal(strlen(who.boot), 36);
	close(fd);
	assert_int_equal(spoollock_held(AT_FDCWD, &who), 0);
}

static void
refuses_a_second_one_and_names_the_first(void **state)
{
	struct spoolholder who;
	int fd, second = -1;

	(void)state;
	assert_int_equal(spoollock_take(&fd, AT_FDCWD, "first", &who), 0);
	assert_int_equal(spoollock_take(&second, AT_FDCWD, "second", &who), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(second, -1);
	assert_string_equal(who.what, "first");
	assert_int_equal(who.pid, getpid());
	close(fd);
}

static void
takes_over_what_an_earlier_start_of_the_machine_left(void **state)
{
	static const char old[] = "lsv-spoollock 1\nprogram: lsv-service\n"
				  "pid: 1\nhost: elsewhere\nboot: 0\n"
				  "since: 1\nend\nand much more text that was "
				  "there before, longer than what is written "
				  "now, longer than what is written now, "
				  "longer than what is written now\n";
	struct spoolholder who;
	int fd;

	(void)state;
	assert_int_equal(scratch_file("lock", old, strlen(old)), 0);
	assert_int_equal(spoollock_take(&fd, AT_FDCWD, "new", &who), 0);
	assert_null(strstr(scratch_text("lock"), "elsewhere"));
	assert_null(strstr(scratch_text("lock"), "much more"));
	close(fd);
}

static void
is_held_as_long_as_a_child_lives(void **state)
{
	struct spoolholder who;
	int gate[2], fd;
	char c;
	pid_t pid;

	(void)state;
	assert_int_equal(spoollock_take(&fd, AT_FDCWD, "me", &who), 0);
	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(gate[1]);
		_exit(spoollock_name(fd, "child") == 0 &&
			    read(gate[0], &c, 1) == 0
			? 0
			: 1);
	}
	close(fd);
	while (spoollock_held(AT_FDCWD, &who) == 1 &&
	    strcmp(who.what, "child") != 0)
		usleep(1000);
	assert_int_equal(spoollock_held(AT_FDCWD, &who), 1);
	assert_int_equal(who.pid, pid);
	close(gate[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(spoollock_held(AT_FDCWD, &who), 0);
	close(gate[0]);
}

static void
refuses_a_lock_file_with_another_name(void **state)
{
	struct spoolholder who;
	int fd;

	(void)state;
	unlink("lock");
	assert_int_equal(scratch_file("outside", "secret", 6), 0);
	assert_int_equal(link("outside", "lock"), 0);
	assert_int_equal(spoollock_take(&fd, AT_FDCWD, "me", &who), -1);
	assert_int_equal(errno, EMLINK);
	assert_string_equal(scratch_text("outside"), "secret");
	assert_int_equal(unlink("lock"), 0);
	assert_int_equal(symlink("outside", "lock"), 0);
	assert_int_equal(spoollock_take(&fd, AT_FDCWD, "me", &who), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(unlink("lock"), 0);
	assert_int_equal(mkfifo("lock", 0600), 0);
	assert_int_equal(spoollock_take(&fd, AT_FDCWD, "me", &who), -1);
	assert_int_equal(unlink("lock"), 0);
}

static void
holds_on_a_full_disk_and_fails_on_a_broken_one(void **state)
{
	struct spoolholder who;
	int fd;

	(void)state;
	pwrite_fails = ENOSPC;
	assert_int_equal(spoollock_take(&fd, AT_FDCWD, "me", &who), 0);
	assert_int_equal(spoollock_held(AT_FDCWD, &who), 1);
	assert_int_equal(who.pid, 0);
	close(fd);
	pwrite_fails = EIO;
	assert_int_equal(spoollock_take(&fd, AT_FDCWD, "me", &who), -1);
	assert_int_equal(errno, EIO);
	pwrite_fails = 0;
	assert_int_equal(spoollock_held(AT_FDCWD, &who), 0);
}

static void
reads_only_its_own_text(void **state)
{
	static const char *const wrong[] = {"", "lsv-spoollock 2\npid: 1\n",
	    "lsv-spoollock 1\n", "lsv-spoollock 1\npid: x\nsince: 1\n",
	    "lsv-spoollock 1\npid: 1\n", "pid: 1\nsince: 1\n"};
	static const char good[] = "lsv-spoollock 1\nsince: 7\nhost: h\x1b\n"
				   "pid: 12";
	struct spoolholder who;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(
		    spoollock_parse(&who, wrong[i], strlen(wrong[i])), -1);
		assert_int_equal(who.pid, 0);
	}
	assert_int_equal(spoollock_parse(&who, good, strlen(good)), 0);
	assert_int_equal(who.pid, 12);
	assert_int_equal(who.since_us, 7);
	assert_string_equal(who.host, "h");
	assert_string_equal(who.what, "");
}

static void
puts_the_holder_in_words(void **state)
{
	struct spoolholder who = {.pid = 0};
	stralloc words = {0};

	(void)state;
	assert_int_equal(spoollock_words(&words, &who), 0);
	assert_int_equal(sa_0(&words), 0);
	assert_string_equal(words.s, "a process that left no name");
	words.len = 0;
	who = (struct spoolholder){
	    .host = "h", .what = "lsv-service", .pid = 12, .since_us = 0};
	assert_int_equal(spoollock_words(&words, &who), 0);
	assert_int_equal(sa_0(&words), 0);
	assert_string_equal(words.s,
	    "lsv-service, process 12 on host h since Thu, 1 Jan 1970 00:00:00 "
	    "+0000");
	sa_free(&words);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_a_free_spool_and_says_who_has_it),
	    cmocka_unit_test(refuses_a_second_one_and_names_the_first),
	    cmocka_unit_test(
		takes_over_what_an_earlier_start_of_the_machine_left),
	    cmocka_unit_test(is_held_as_long_as_a_child_lives),
	    cmocka_unit_test(refuses_a_lock_file_with_another_name),
	    cmocka_unit_test(holds_on_a_full_disk_and_fails_on_a_broken_one),
	    cmocka_unit_test(reads_only_its_own_text),
	    cmocka_unit_test(puts_the_holder_in_words),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
