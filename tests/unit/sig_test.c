#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "lib/sig.h"

static sigset_t asleep;

static int
nap(void)
{
	struct timespec t = {.tv_nsec = 1000000};

	return ppoll(NULL, 0, &t, &asleep);
}

static int
setup(void **state)
{
	(void)state;
	sig_stop = sig_reload = sig_child = 0;
	return sig_block(&asleep);
}

static void
notices_a_signal_only_while_asleep(void **state)
{
	(void)state;
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(sig_stop, 0);
	assert_int_equal(nap(), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(sig_stop, 1);
}

static void
tells_the_signals_apart(void **state)
{
	(void)state;
	raise(SIGHUP);
	nap();
	assert_int_equal(sig_reload, 1);
	assert_int_equal(sig_stop + sig_child, 0);
	raise(SIGCHLD);
	nap();
	assert_int_equal(sig_child, 1);
	assert_int_equal(sig_stop, 0);
	raise(SIGINT);
	nap();
	assert_int_equal(sig_stop, 1);
}

static void
survives_a_pipe_without_reader(void **state)
{
	int p[2];

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	close(p[0]);
	assert_int_equal(write(p[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(p[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(notices_a_signal_only_while_asleep, setup),
	    cmocka_unit_test_setup(tells_the_signals_apart, setup),
	    cmocka_unit_test_setup(survives_a_pipe_without_reader, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
