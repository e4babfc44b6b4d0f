#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/kin.h"
#include "tests/unit/nobody.h"

enum {
	ROOM = 200,          /* processes of a fork bomb, all together */
	BOMB_MS = 20 * 1000, /* it ends by itself then */
};

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

/* --- those that do not wait to be killed ---------------------------------- */

static int
pause_for_ever(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return 0;
}

static void
kills_those_that_are_stopped(void **state)
{
	struct kin k;
	pid_t p = fork();

	(void)state;
	if (p == 0) {
		fork();
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(p, NULL, WUNTRACED), p);
	assert_int_equal(kin_kill(NULL, 0), 0);
	assert_int_equal(kin_measure(&k, 100), 0);
	assert_int_equal(k.n, 0);
}

/* It can neither stop nor die before its child has. */
static void
kills_one_that_waits_in_a_vfork(void **state)
{
	static char stack[65536];
	struct kin k = {.n = 0};
	pid_t p = fork();

	(void)state;
	if (p == 0) {
		clone(pause_for_ever, stack + sizeof stack,
		    CLONE_VFORK | CLONE_VM | SIGCHLD, NULL);
		_exit(0);
	}
	for (int i = 0; i < 500 && k.n < 2; i++) {
		usleep(10000);
		assert_int_equal(kin_measure(&k, 100), 0);
	}
	assert_int_equal(k.n, 2);
	assert_int_equal(kin_kill(NULL, 0), 0);
	assert_int_equal(kin_measure(&k, 100), 0);
	assert_int_equal(k.n, 0);
}

static uint64_t end_ms;

static void
end_in_time(void)
{
	if (clock_mono_ms() > end_ms)
		_exit(0);
}

static void
fork_on(void)
{
	for (;;) {
		end_in_time();
		fork();
	}
}

/* None is older than a moment. */
static void
fork_and_die(void)
{
	for (;;) {
		end_in_time();
		if (fork() > 0)
			_exit(0);
	}
}

static void
fork_away(void)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		end_in_time();
		if (fork() == 0)
			setsid();
	}
}

/* They let each other go on. */
static void
fork_and_wake(void)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		end_in_time();
		fork();
		kill(0, SIGCONT);
	}
}

static void headless(void);

static void *
fork_headless(void *unused)
{
	for (;;) {
		end_in_time();
		if (fork() == 0)
			headless();
	}
	return unused;
}

/* Its first thread is dead, and looks as if all of it were. */
static void
headless(void)
{
	pthread_t t;

	while (pthread_create(&t, NULL, fork_headless, NULL) != 0)
		end_in_time();
	syscall(SYS_exit, 0);
}

/* 0, or the number of what is not as it should be. */
static int
bomb_is_killed(void *arg)
{
	void (*const *bomb)(void) = arg;
	struct kin k = {.n = 0};
	pid_t spared;

	end_ms = clock_mono_ms() + BOMB_MS;
	spared = fork();
	if (spared == 0) {
		chain(3);
		pause_for_ever(NULL);
	}
	for (int i = 0; i < 500 && k.n < 4; i++) {
		usleep(10000);
		kin_measure(&k, ROOM);
	}
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			setpgid(0, 0);
			(*bomb)();
		}
	usleep(300000);
	if (kin_measure(&k, ROOM) < 0 || k.n < ROOM / 2)
		return 1;
	if (kin_kill(&spared, 1) < 0)
		return 2;
	if (clock_mono_ms() + BOMB_MS / 4 > end_ms)
		return 3;
	if (kin_measure(&k, ROOM) < 0 || k.n != 4)
		return 4;
	if (kin_kill(NULL, 0) < 0)
		return 5;
	return waitpid(-1, NULL, WNOHANG) == -1 ? 0 : 6;
}

static void
kills_all(void **state)
{
	assert_int_equal(nobody_run(bomb_is_killed, *state, ROOM), 0);
}

int
main(void)
{
	static void (*bomb[])(void) = {
	    fork_on, fork_and_die, fork_away, fork_and_wake, headless};
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(counts_children_of_children),
	    cmocka_unit_test(spares_those_that_are_named),
	    cmocka_unit_test(counts_what_the_limit_of_processes_counts),
	    cmocka_unit_test(kills_those_that_are_stopped),
	    cmocka_unit_test(kills_one_that_waits_in_a_vfork),
	    {"kills those that fork", kills_all, NULL, NULL, &bomb[0]},
	    {"... that live but a moment", kills_all, NULL, NULL, &bomb[1]},
	    {"... that hide", kills_all, NULL, NULL, &bomb[2]},
	    {"... that wake each other", kills_all, NULL, NULL, &bomb[3]},
	    {"... whose first thread is dead", kills_all, NULL, NULL, &bomb[4]},
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("kin", tests, NULL, NULL);
}
