#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "lib/ready.h"

static void
writes_one_line_end_and_closes(void **state)
{
	char c[2];
	int p[2];

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	ready_tell(p[1]);
	assert_int_equal(read(p[0], c, 2), 1);
	assert_int_equal(c[0], '\n');
	assert_int_equal(read(p[0], c, 2), 0);
	assert_int_equal(fcntl(p[1], F_GETFD), -1);
	close(p[0]);
}

static void
does_nothing_without_a_descriptor(void **state)
{
	(void)state;
	ready_tell(-1);
}

static void
does_not_mind_a_supervisor_that_is_gone(void **state)
{
	int p[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	close(p[0]);
	ready_tell(p[1]);
	assert_int_equal(fcntl(p[1], F_GETFD), -1);
	assert_int_equal(errno, EBADF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_one_line_end_and_closes),
	    cmocka_unit_test(does_nothing_without_a_descriptor),
	    cmocka_unit_test(does_not_mind_a_supervisor_that_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
