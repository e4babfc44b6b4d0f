#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

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
	(void)arg;
	msg_prog = "lsv-test";
	errno = EACCES;
	msg_diesys(LSV_TEMP, "no");
}

static void
ends_the_program_with_the_code(void **state)
{
	int code;

	(void)state;
	assert_string_equal(scratch_exit(&code, die, NULL),
	    "lsv-test: fatal: no: Permission denied\n");
	assert_int_equal(code, 111);
}

static void
help(void *to)
{
	msg_prog = "lsv-test";
	if (freopen(to, "we", stdout))
		msg_help("usage: lsv-test\n");
}

static void
prints_its_help_to_standard_output(void **state)
{
	char to[] = "help";
	int code;

	(void)state;
	assert_string_equal(scratch_exit(&code, help, to), "");
	assert_int_equal(code, 0);
	assert_string_equal(scratch_text("help"), "usage: lsv-test\n");
}

static void
says_when_its_help_cannot_be_written(void **state)
{
	char to[] = "/dev/full";
	int code;

	(void)state;
	assert_string_equal(scratch_exit(&code, help, to),
	    "lsv-test: fatal: unable to write to standard output: No space "
	    "left on device\n");
	assert_int_equal(code, 111);
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
