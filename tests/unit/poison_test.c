#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/poison.h"

#define A "0647c1a2b3d4e.9f02c4d1aa"
#define B "0647c1a2b3d4e.9f02c4d1ab"

static struct poison p;

static int
fresh(void **state)
{
	(void)state;
	p = (struct poison){.n = 0};
	return 0;
}

/* The status of a process that died of a signal, or exited with a code. */
static int
status_of(int sig, int code)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (sig) {
			signal(sig, SIG_DFL);
			raise(sig);
		}
		_exit(code);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* The n-th of many names. */
static const char *
named(unsigned n)
{
	static char name[ID_NAME_MAX];

	id_part(name, A, n + 1);
	return name;
}

static void
tells_a_crash_from_a_kill_and_from_an_exit(void **state)
{
	(void)state;
	assert_int_equal(poison_crashed(status_of(SIGFPE, 0)), 1);
	assert_int_equal(poison_crashed(status_of(SIGSYS, 0)), 1);
	assert_int_equal(poison_crashed(status_of(SIGKILL, 0)), 0);
	assert_int_equal(poison_crashed(status_of(SIGTERM, 0)), 0);
	assert_int_equal(poison_crashed(status_of(SIGINT, 0)), 0);
	assert_int_equal(poison_crashed(status_of(0, 111)), 0);
	assert_int_equal(poison_crashed(status_of(0, 0)), 0);
}

static void
counts_the_deaths_of_each_file(void **state)
{
	(void)state;
	assert_int_equal(poison_deaths(&p, A), 0);
	assert_int_equal(poison_died(&p, A, 1), 1);
	assert_int_equal(poison_died(&p, B, 2), 2);
	assert_int_equal(poison_died(&p, A, 1), 2);
	assert_int_equal(poison_deaths(&p, A), 2);
	assert_int_equal(poison_deaths(&p, B), 2);
}

static void
holds_only_crashes_against_a_file(void **state)
{
	int crash = status_of(SIGFPE, 0), killed = status_of(SIGKILL, 0);
	int failed = status_of(0, 111);

	(void)state;
	assert_int_equal(poison_failed(&p, A, failed, 0), 0);
	assert_int_equal(poison_failed(&p, A, crash, 0), 1);
	assert_int_equal(poison_failed(&p, A, killed, 0), 1);
	assert_int_equal(poison_failed(&p, A, crash, 0), 2);
}

static void
makes_a_file_wait_longer_after_each_failure_but_not_for_ever(void **state)
{
	int failed = status_of(0, 111);
	uint64_t now = 1000, pause = POISON_PAUSE_MS;

	(void)state;
	assert_int_equal(poison_waits(&p, A, now), 0);
	for (int i = 0; i <= POISON_DOUBLINGS + 2; i++) {
		poison_failed(&p, A, failed, now);
		assert_int_equal(poison_waits(&p, A, now + pause - 1), 1);
		assert_int_equal(poison_waits(&p, A, now + pause), 0);
		assert_int_equal(poison_waits(&p, B, now), 0);
		now += pause;
		if (i < POISON_DOUBLINGS)
			pause *= 2;
	}
	assert_int_equal(pause, POISON_PAUSE_MS << POISON_DOUBLINGS);
}

static void
begins_anew_with_a_file_that_was_forgotten(void **state)
{
	int failed = status_of(0, 111);

	(void)state;
	poison_died(&p, A, 2);
	poison_failed(&p, A, failed, 0);
	poison_died(&p, B, 1);
	poison_forget(&p, A);
	assert_int_equal(poison_deaths(&p, A), 0);
	assert_int_equal(poison_waits(&p, A, 0), 0);
	assert_int_equal(poison_deaths(&p, B), 1);
	poison_forget(&p, A);
	poison_failed(&p, A, failed, 0);
	assert_int_equal(poison_waits(&p, A, POISON_PAUSE_MS), 0);
}

static void
forgets_the_oldest_file_when_there_are_too_many(void **state)
{
	(void)state;
	for (unsigned i = 0; i < POISON_MAX; i++)
		poison_died(&p, named(i), 1);
	for (unsigned i = 0; i < POISON_MAX; i++)
		assert_int_equal(poison_deaths(&p, named(i)), 1);
	assert_int_equal(poison_died(&p, named(POISON_MAX), 1), 1);
	assert_int_equal(poison_deaths(&p, named(0)), 0);
	assert_int_equal(poison_deaths(&p, named(1)), 1);
	assert_int_equal(poison_died(&p, named(POISON_MAX + 1), 1), 1);
	assert_int_equal(poison_deaths(&p, named(1)), 0);
	assert_int_equal(poison_deaths(&p, named(2)), 1);
	assert_int_equal(poison_deaths(&p, named(POISON_MAX)), 1);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(tells_a_crash_from_a_kill_and_from_an_exit),
	    TEST(counts_the_deaths_of_each_file),
	    TEST(holds_only_crashes_against_a_file),
	    TEST(makes_a_file_wait_longer_after_each_failure_but_not_for_ever),
	    TEST(begins_anew_with_a_file_that_was_forgotten),
	    TEST(forgets_the_oldest_file_when_there_are_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
