#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/board.h"
#include "lib/clock.h"
#include "tests/unit/scratch.h"

enum { HAMMER_MS = 1000, SECOND_US = 1000000, START_US = 1000000000 };

static void
shows_what_was_written(void **state)
{
	struct board *b = board_make(AT_FDCWD);
	const struct board *seen = board_look(AT_FDCWD);
	struct board_worker w = {.label = "2.1", .entry = 2, .pid = 77}, r;

	(void)state;
	assert_non_null(b);
	assert_non_null(seen);
	assert_int_equal(board_read(&r, seen, 5), 0);
	w.state = BOARD_WINDOW;
	w.target = -1;
	w.until_us = START_US;
	memcpy(w.text, "Ok: queued", 10);
	board_write(b, 5, &w, START_US);
	assert_int_equal(board_read(&r, seen, 5), 1);
	assert_string_equal(r.label, "2.1");
	assert_int_equal(r.state, BOARD_WINDOW);
	assert_int_equal(r.target, -1);
	assert_string_equal(r.text, "Ok: queued");
	assert_int_equal(board_read(&r, seen, 4), 0);
	board_clear(b, 5);
	assert_int_equal(board_read(&r, seen, 5), 0);
	board_drop(seen);
	board_drop(b);
}

static void
is_empty_after_a_restart(void **state)
{
	struct board *b = board_make(AT_FDCWD);
	struct board_worker w = {.label = "1.1"};

	(void)state;
	board_write(b, 0, &w, START_US);
	board_drop(b);
	b = board_make(AT_FDCWD);
	assert_int_equal(board_read(&w, b, 0), 0);
	board_drop(b);
}

static void
says_that_there_is_no_board(void **state)
{
	(void)state;
	assert_null(board_look(AT_FDCWD));
	assert_int_equal(errno, ENOENT);
}

/* A record in which every part says the same number. */
static void
fill(struct board_worker *w, uint64_t n)
{
	*w = (struct board_worker){.entry = (uint32_t)n,
	    .since_us = n,
	    .transactions = n,
	    .delivered = n,
	    .reply_us = n};
	memset(w->host, (int)('a' + n % 26), sizeof w->host - 1);
	memset(w->text, (int)('a' + n % 26), sizeof w->text - 1);
	memset(w->why, (int)('a' + n % 26), sizeof w->why - 1);
}

static void
assert_whole(const struct board_worker *w)
{
	uint64_t n = w->since_us;

	assert_int_equal(w->entry, (uint32_t)n);
	assert_int_equal(w->transactions, n);
	assert_int_equal(w->delivered, n);
	assert_int_equal(w->reply_us, n);
	for (size_t i = 0; i < sizeof w->host - 1; i++)
		assert_int_equal(w->host[i], 'a' + n % 26);
	for (size_t i = 0; i < sizeof w->why - 1; i++) {
		assert_int_equal(w->text[i], 'a' + n % 26);
		assert_int_equal(w->why[i], 'a' + n % 26);
	}
}

static _Noreturn void
hammer(struct board *b)
{
	struct board_worker w;

	for (uint64_t n = 1;; n++) {
		fill(&w, n);
		board_write(b, 0, &w, n);
	}
}

static void
no_record_is_ever_seen_torn(void **state)
{
	struct board *b = board_make(AT_FDCWD);
	const struct board *seen = board_look(AT_FDCWD);
	struct board_worker w;
	uint64_t end = clock_mono_ms() + HAMMER_MS, last = 0, looks = 0,
		 news = 0;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		hammer(b);
	while (clock_mono_ms() < end) {
		if (board_read(&w, seen, 0) <= 0)
			continue;
		assert_whole(&w);
		assert_true(w.since_us >= last);
		news += w.since_us != last;
		last = w.since_us;
		looks++;
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	print_message("# %llu looks, %llu of them at something new\n",
	    (unsigned long long)looks, (unsigned long long)news);
	assert_true(news > 10);
	/* the writer died anywhere: the latest whole record is there */
	assert_int_equal(board_read(&w, seen, 0), 1);
	assert_whole(&w);
	board_drop(seen);
	board_drop(b);
}

static void
a_writer_killed_anywhere_leaves_a_whole_record(void **state)
{
	struct board *b = board_make(AT_FDCWD);
	struct timespec t = {.tv_nsec = 1000000};
	struct board_worker w;

	(void)state;
	for (int i = 0; i < 50; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			hammer(b);
		t.tv_nsec = 1000000 + i * 37000;
		nanosleep(&t, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		if (board_read(&w, b, 0) == 1)
			assert_whole(&w);
	}
	board_drop(b);
}

static void
the_rate_is_that_of_the_last_seconds(void **state)
{
	struct board *b = board_make(AT_FDCWD);
	struct board_worker w = {.label = "1.1"};
	uint64_t now = START_US;

	(void)state;
	for (int i = 0; i < 100; i++) { /* 100 a second */
		w.delivered += 10;
		now += SECOND_US / 10;
		board_write(b, 0, &w, now);
	}
	assert_true(fabs(board_rate(&w, now) - 100) < 1);
	for (int i = 0; i < 30; i++) { /* 1,000 a second */
		w.delivered += 100;
		now += SECOND_US / 10;
		board_write(b, 0, &w, now);
	}
	assert_true(fabs(board_rate(&w, now) - 1000) < 10);
	/* nothing since then */
	assert_true(board_rate(&w, now + UINT64_C(100) * SECOND_US) < 21);
	now += 3600U * (uint64_t)SECOND_US;
	board_write(b, 0, &w, now);
	assert_true(board_rate(&w, now + SECOND_US) < 0.001);
	/* the clock was set back */
	board_write(b, 0, &w, START_US);
	assert_true(board_rate(&w, START_US) < 0.001);
	board_drop(b);
}

static void
every_state_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < BOARD_STATES; i++)
		assert_true(strlen(board_state_name((enum board_state)i)) > 3);
	assert_string_equal(board_state_name(BOARD_STATES), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		shows_what_was_written, scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		is_empty_after_a_restart, scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		says_that_there_is_no_board, scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		no_record_is_ever_seen_torn, scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		a_writer_killed_anywhere_leaves_a_whole_record, scratch_enter,
		scratch_leave),
	    cmocka_unit_test_setup_teardown(
		the_rate_is_that_of_the_last_seconds, scratch_enter,
		scratch_leave),
	    cmocka_unit_test(every_state_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
