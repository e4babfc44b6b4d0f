#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "tests/unit/scratch.h"

/* A command line of up to four words behind the name of the program. */
struct line {
	char *word[5];
};

static int
parse(struct daemon_options *o, struct line l, const char *letters)
{
	char name[] = "lsv-x";
	char *argv[7] = {name};
	int argc = 1;

	while (l.word[argc - 1]) {
		argv[argc] = l.word[argc - 1];
		argc++;
	}
	optind = 0; /* glibc: from the beginning again */
	return daemon_options(o, argc, argv, letters);
}

static char one[] = "-1", d[] = "-d", h[] = "-h", three[] = "3";

static void
asks_for_nothing_on_an_empty_line(void **state)
{
	struct daemon_options o;

	(void)state;
	assert_int_equal(parse(&o, (struct line){{NULL}}, ":d:h"), 0);
	assert_int_equal(o.ready_fd, -1);
	assert_int_equal(o.once, 0);
	assert_int_equal(o.help, 0);
}

static void
takes_each_option_of_the_program(void **state)
{
	struct daemon_options o;

	(void)state;
	assert_int_equal(parse(&o, (struct line){{one, d, three}}, ":1d:h"), 0);
	assert_int_equal(o.ready_fd, 3);
	assert_int_equal(o.once, 1);
	assert_int_equal(parse(&o, (struct line){{h}}, ":d:h"), 0);
	assert_int_equal(o.help, 1);
	assert_int_equal(o.ready_fd, -1);
}

static void
refuses_an_option_that_the_program_does_not_have(void **state)
{
	struct daemon_options o;

	(void)state;
	errno = 0;
	assert_int_equal(parse(&o, (struct line){{one}}, ":d:h"), -1);
	assert_int_equal(errno, EINVAL);
}

static void
refuses_operands(void **state)
{
	struct daemon_options o;

	(void)state;
	errno = 0;
	assert_int_equal(parse(&o, (struct line){{three}}, ":d:h"), -1);
	assert_int_equal(errno, EINVAL);
}

static void
refuses_what_is_no_descriptor(void **state)
{
	static const char *const bad[] = {"", "x", "-1", "1024", "3 "};
	struct daemon_options o;
	char word[8];

	(void)state;
	assert_int_equal(parse(&o, (struct line){{d}}, ":d:h"), -1);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(word, sizeof word, "%s", bad[i]);
		errno = 0;
		assert_int_equal(
		    parse(&o, (struct line){{d, word}}, ":d:h"), -1);
		assert_int_equal(errno, EINVAL);
	}
	snprintf(word, sizeof word, "1023");
	assert_int_equal(parse(&o, (struct line){{d, word}}, ":d:h"), 0);
	assert_int_equal(o.ready_fd, DAEMON_FD_MAX);
}

static void
refuse(void *arg)
{
	(void)arg;
	refuses_an_option_that_the_program_does_not_have(NULL);
}

static void
leaves_the_talking_to_its_caller(void **state)
{
	(void)state;
	assert_string_equal(scratch_stderr(refuse, NULL), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(asks_for_nothing_on_an_empty_line),
	    cmocka_unit_test(takes_each_option_of_the_program),
	    cmocka_unit_test(refuses_an_option_that_the_program_does_not_have),
	    cmocka_unit_test(refuses_operands),
	    cmocka_unit_test(refuses_what_is_no_descriptor),
	    cmocka_unit_test_setup_teardown(
		leaves_the_talking_to_its_caller, scratch_enter, scratch_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
