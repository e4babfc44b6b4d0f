#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/kin.h"

/* A chain of so many processes, the last of which tells when all are there. */
static void
chain(int n)
{
	int ready[2];
	char c;

	assert_int_equal(pipe(ready), 0);
	if (fork() == 0) {
		for (; n > 1; n--)
			if (fork() > 0)
				for (;;)
					pause();
		if (write(ready[1], "x", 1) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
}

static void
counts_children_of_children(void **state)
{
	struct kin k;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	assert_int_equal(kin_measure(&k, 100), 0);
	assert_int_equal(k.n, 0);
	chain(4);
	chain(3);
	assert_int_equal(kin_measure(&k, 100), 0);
	assert_int_equal(k.n, 7);
	assert_true(k.resident > UINT64_C(7) * 4096);
	assert_int_equal(kin_measure(&k, 5), 0);
	assert_int_equal(k.n, 5);
	assert_int_equal(kin_kill(NULL, 0), 0);
	assert_int_equal(kin_measure(&k, 100), 0);
	assert_int_equal(k.n, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
spares_those_that_are_named(void **state)
{
	struct kin k;
	pid_t spared;

	(void)state;
	spared = fork();
	if (spared == 0)
		for (;;)
			pause();
	chain(3);
	assert_int_equal(kin_kill(&spared, 1), 0);
	assert_int_equal(kill(spared, 0), 0);
	assert_int_equal(kin_measure(&k, 100), 0);
	assert_int_equal(k.n, 1);
	assert_int_equal(kin_kill(NULL, 0), 0);
	assert_int_equal(kill(spared, 0), -1);
}

static void
counts_what_the_limit_of_processes_counts(void **state)
{
	uint64_t before = kin_of_user();

	(void)state;
	assert_true(before >= 1);
	chain(40);
	/* others come and go meanwhile, as this user too */
	assert_true(kin_of_user() > before);
	assert_int_equal(kin_kill(NULL, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(counts_children_of_children),
	    cmocka_unit_test(spares_those_that_are_named),
	    cmocka_unit_test(counts_what_the_limit_of_processes_counts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("kin", tests, NULL, NULL);
}
