/* LDFLAGS: -Wl,--wrap=nanosleep,--wrap=clock_gettime */
/* The wait of inbox_scan, with a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/inbox.h"
#include "tests/unit/scratch.h"

#define A "0647c1a2b3d4d.ffffffffff"
#define B "0647c1a2b3d4e.0000000000"

enum {
	WAIT_US = 1000,    /* what inbox_scan waits ... */
	SHORTLY_US = 2000, /* ... so shortly after files */
	PAUSE_US = 10000,  /* nobody waits after that */
};

static struct inbox in;
static char seen[1024];
static uint64_t now_us, slept_us;
static unsigned waits;
static int comes; /* 1: B comes while somebody waits, and wakes */

int __wrap_nanosleep(const struct timespec *t, struct timespec *left);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);
int __real_clock_gettime(clockid_t id, struct timespec *t);

int
__wrap_nanosleep(const struct timespec *t, struct timespec *left)
{
	uint64_t us =
	    (uint64_t)t->tv_sec * 1000000U + (uint64_t)t->tv_nsec / 1000U;

	(void)left;
	waits++;
	slept_us += us;
	now_us += us;
	if (comes) {
		scratch_file("x/new/" B, "", 0);
		if (write(in.hold, "w", 1) != 1)
			return -1;
	}
	comes = 0;
	return 0;
}

int
__wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	if (id != CLOCK_MONOTONIC)
		return __real_clock_gettime(id, t);
	t->tv_sec = (time_t)(now_us / 1000000U);
	t->tv_nsec = (long)(now_us % 1000000U) * 1000;
	return 0;
}

static int
setup(void **state)
{
	seen[0] = 0;
	slept_us = 0;
	waits = 0;
	comes = 0;
	now_us = 5000000;
	if (scratch_enter(state) < 0 || mkdir("x", 0700) < 0 ||
	    mkdir("x/new", 0700) < 0 || mkdir("x/bad", 0700) < 0 ||
	    mkfifo("x/trigger", 0600) < 0)
		return -1;
	return inbox_open(&in, "x", NULL, 0);
}

static int
teardown(void **state)
{
	int fd[] = {
	    in.dir, in.new, in.bad, in.fifo, in.hold, in.doing, in.lock};

	for (size_t i = 0; i < sizeof fd / sizeof fd[0]; i++)
		close(fd[i]);
	return scratch_leave(state);
}

/* Note every batch, "[A B]", and be done with its files. */
static int
take(void *arg, char (*name)[ID_NAME_MAX], size_t n)
{
	size_t len = strlen(seen);

	(void)arg;
	for (size_t i = 0; i < n; i++) {
		len += (size_t)snprintf(seen + len, sizeof seen - len, "%s%s",
		    i ? " " : "[", name[i]);
		if (unlinkat(in.new, name[i], 0) < 0)
			return -1;
	}
	snprintf(seen + len, sizeof seen - len, "]");
	return 0;
}

static void
come_and_be_taken(const char *path)
{
	scratch_file(path, "", 0);
	assert_int_equal(inbox_scan(&in, take, NULL), 1);
	seen[0] = 0;
}

static void
does_not_wait_for_the_first_file(void **state)
{
	(void)state;
	come_and_be_taken("x/new/" A);
	assert_int_equal(waits, 0);
}

static void
waits_while_files_keep_coming_and_takes_them_together(void **state)
{
	(void)state;
	come_and_be_taken("x/new/" A);
	now_us += SHORTLY_US;
	scratch_file("x/new/" A, "", 0);
	comes = 1;
	assert_int_equal(inbox_scan(&in, take, NULL), 2);
	assert_string_equal(seen, "[" A " " B "]");
	assert_int_equal(waits, 1);
	assert_int_equal(slept_us, WAIT_US);
}

static void
does_not_wait_after_a_pause(void **state)
{
	(void)state;
	come_and_be_taken("x/new/" A);
	now_us += PAUSE_US;
	scratch_file("x/new/" A, "", 0);
	comes = 1;
	assert_int_equal(inbox_scan(&in, take, NULL), 1);
	assert_string_equal(seen, "[" A "]");
	assert_int_equal(waits, 0);
}

/* Only files count: who is woken for nothing again and again does not wait. */
static void
does_not_wait_because_it_was_woken_for_nothing(void **state)
{
	(void)state;
	come_and_be_taken("x/new/" A);
	for (int i = 0; i < 5; i++) {
		now_us += SHORTLY_US;
		assert_int_equal(inbox_scan(&in, take, NULL), 0);
	}
	assert_int_equal(waits, 1);
}

/* What comes while it waits wakes nobody a second time. */
static void
drains_the_trigger_after_the_wait(void **state)
{
	char byte;

	(void)state;
	come_and_be_taken("x/new/" A);
	comes = 1;
	assert_int_equal(inbox_scan(&in, take, NULL), 1);
	assert_int_equal(read(in.fifo, &byte, 1), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(does_not_wait_for_the_first_file),
	    TEST(waits_while_files_keep_coming_and_takes_them_together),
	    TEST(does_not_wait_after_a_pause),
	    TEST(does_not_wait_because_it_was_woken_for_nothing),
	    TEST(drains_the_trigger_after_the_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
