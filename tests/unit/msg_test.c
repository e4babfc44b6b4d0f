#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/msg.h"
#include "tests/unit/scratch.h"

static void
speak(void *arg)
{
	(void)arg;
	msg_prog = "lsv-test";
	errno = ENOENT;
	msg_warnsys("unable to open ", "x");
	msg_warn("careful");
	msg_say("hello");
}

static void
begins_each_line_with_the_program(void **state)
{
	(void)state;
	assert_string_equal(scratch_stderr(speak, NULL),
	    "lsv-test: warning: unable to open x: No such file or directory\n"
	    "lsv-test: warning: careful\n"
	    "lsv-test: hello\n");
}

static void
speak_null(void *arg)
{
	const char *name = arg;

	msg_prog = "lsv-test";
	msg_warn("a", name, "b");
	msg_warn("x\ny", "\x7f");
}

static void
is_not_cut_short_by_a_null_nor_split_by_a_line_end(void **state)
{
	(void)state;
	assert_string_equal(scratch_stderr(speak_null, NULL),
	    "lsv-test: warning: a(null)b\nlsv-test: warning: x?y?\n");
}

static void
speak_long(void *arg)
{
	msg_warn(arg, arg);
}

static void
cuts_what_is_too_long(void **state)
{
	static char s[3000];
	const char *said;

	(void)state;
	memset(s, 'a', sizeof s - 1);
	said = scratch_stderr(speak_long, s);
	assert_int_equal(strlen(said), 4096);
	assert_int_equal(said[4095], '\n');
}

static void
die(void *arg)
{
	int *status = arg;
	pid_t pid = fork();

	if (pid == 0) {
		errno = EACCES;
		msg_diesys(LSV_TEMP, "no");
	}
	waitpid(pid, status, 0);
}

static void
ends_the_program_with_the_code(void **state)
{
	int status = 0;

	(void)state;
	msg_prog = "lsv-test";
	assert_string_equal(scratch_stderr(die, &status),
	    "lsv-test: fatal: no: Permission denied\n");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 111);
}

struct help {
	const char *to;
	int status;
};

static void
help(void *arg)
{
	struct help *h = arg;
	pid_t pid = fork();

	if (pid == 0) {
		msg_prog = "lsv-test";
		if (freopen(h->to, "we", stdout))
			msg_help("usage: lsv-test\n");
		_exit(99);
	}
	waitpid(pid, &h->status, 0);
}

static void
prints_its_help_to_standard_output(void **state)
{
	struct help h = {.to = "help"};

	(void)state;
	assert_string_equal(scratch_stderr(help, &h), "");
	assert_int_equal(h.status, 0);
	assert_string_equal(scratch_text("help"), "usage: lsv-test\n");
}

static void
says_when_its_help_cannot_be_written(void **state)
{
	struct help h = {.to = "/dev/full"};

	(void)state;
	assert_string_equal(scratch_stderr(help, &h),
	    "lsv-test: fatal: unable to write to standard output: No space "
	    "left on device\n");
	assert_int_equal(WEXITSTATUS(h.status), 111);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(begins_each_line_with_the_program),
	    cmocka_unit_test(
		is_not_cut_short_by_a_null_nor_split_by_a_line_end),
	    cmocka_unit_test(cuts_what_is_too_long),
	    cmocka_unit_test(ends_the_program_with_the_code),
	    cmocka_unit_test(prints_its_help_to_standard_output),
	    cmocka_unit_test(says_when_its_help_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
