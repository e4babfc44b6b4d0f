#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/claim.h"
#include "tests/unit/mailmake.h"
#include "tests/unit/scratch.h"

#define D "D 0-1 250 2.0.0 1795341600000001 h:25 ok\n"
#define F "F 2-2 550 5.1.1 1795341600000002 h:25 no such user\n"
#define R "R 3-4 450 4.2.1 1795341600000003 h:25 busy\n"
#define L "L 1795341900000000 1\n"

static void
counts_a_file_that_was_never_tried(void **state)
{
	struct claim c;
	struct where w;
	uint64_t at = mail_make(MAIL_A, 5, "");

	(void)state;
	assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), 0);
	assert_int_equal(c.head.nrcpt, 5);
	assert_int_equal(c.left, 5);
	assert_int_equal(c.failed, 0);
	assert_int_equal(c.tries, 0);
	assert_int_equal(c.due_us, 0);
	assert_int_equal(c.end, at);
	assert_false(c.ended || c.reported || c.unsynced);
	assert_true(bytes_eq(claim_rcpt(&c, 0), "r0@example.org"));
	assert_true(bytes_eq(claim_rcpt(&c, 4), "r4@example.org"));
	claim_close(&c);
}

static void
takes_over_what_the_journal_says(void **state)
{
	struct claim c;
	struct where w;

	(void)state;
	mail_make(MAIL_A, 6, D F R L "W 17\nK 18\nP\n");
	assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), 0);
	assert_int_equal(c.left, 3);
	assert_int_equal(c.warned_us, 17);
	assert_int_equal(c.packed_us, 18);
	assert_int_equal(c.failed, 1);
	assert_memory_equal(c.state, "DDFRR\0", 6);
	assert_int_equal(c.tries, 1);
	assert_int_equal(c.due_us, 1795341900000000);
	assert_int_equal(c.tried_us, 1795341600000003);
	assert_true(c.reported);
	assert_false(c.ended);
	claim_close(&c);
}

static void
lets_the_last_line_about_a_recipient_count(void **state)
{
	struct claim c;
	struct where w;

	(void)state;
	mail_make(MAIL_A, 5,
	    "R 0-4 450 4.2.1 1 h busy\nF 1-3 550 5.1.1 2 h no\n"
	    "D 2-2 250 2.0.0 3 h ok\nR 3-3 450 4.2.1 4 h busy\n"
	    "D 0-0 250 2.0.0 5 h ok\nD 0-0 250 2.0.0 5 h ok\n");
	assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), 0);
	assert_memory_equal(c.state, "DFDRR", 5);
	assert_int_equal(c.left, 2);
	assert_int_equal(c.failed, 1);
	claim_close(&c);
}

static void
cuts_a_torn_last_line_off_wherever_it_was_torn(void **state)
{
	struct claim c;
	struct where w;
	uint64_t at;

	(void)state;
	for (size_t n = 1; n < sizeof F - 1; n++) {
		at = mail_make(MAIL_A, 5, D);
		assert_int_equal(mail_append(MAIL_A, F, n), 0);
		assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), 0);
		assert_int_equal(c.left, 3);
		assert_int_equal(c.end, at + sizeof D - 1);
		assert_int_equal(mail_size(MAIL_A), c.end);
		claim_close(&c);
	}
}

static void
cuts_off_what_a_power_cut_left_as_zeros(void **state)
{
	static const char *const tail[] = {"\0\0\0\0",
	    "D 2-2 250 2.0.0 1 h o\0\0\0k\nF 3-3 550 5.1.1 1 h no\n",
	    "\0\0\0\0 1 h no\nF 3-3 550 5.1.1 1 h no\n"};
	static const size_t len[] = {4, 49, 35};
	struct claim c;
	struct where w;
	uint64_t at;

	(void)state;
	for (int i = 0; i < 3; i++) {
		at = mail_make(MAIL_A, 5, D);
		assert_int_equal(mail_append(MAIL_A, tail[i], len[i]), 0);
		assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), 0);
		assert_int_equal(c.left, 3);
		assert_int_equal(mail_size(MAIL_A), at + sizeof D - 1);
		claim_close(&c);
	}
}

static void
leaves_a_file_with_a_damaged_line_in_the_middle_alone(void **state)
{
	struct claim c;
	struct where w;
	uint64_t at = mail_make(MAIL_A, 5, D "F 2-9 550 x\n" R);
	long size = mail_size(MAIL_A);

	(void)state;
	assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), -1);
	assert_int_equal(errno, EBADMSG);
	assert_string_equal(w.why, "a journal line cannot be read");
	assert_int_equal(w.at, at + sizeof D - 1);
	claim_close(&c);
	assert_int_equal(mail_size(MAIL_A), size);
	assert_int_equal(claim_peek(&c, AT_FDCWD, MAIL_A, NULL), -1);
	assert_int_equal(errno, EBADMSG);
	claim_close(&c);
}

static void
refuses_a_file_that_was_cut(void **state)
{
	struct claim c;
	struct where w;
	uint64_t at = mail_make(MAIL_A, 5, "");

	(void)state;
	assert_int_equal(truncate(MAIL_A, (off_t)at - 1), 0);
	assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), -1);
	assert_int_equal(errno, EBADMSG);
	assert_string_equal(w.why, "the body is cut short");
	claim_close(&c);
	for (off_t n = 0; n < 300; n += 7) {
		mail_make(MAIL_A, 5, "");
		assert_int_equal(truncate(MAIL_A, n), 0);
		assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), -1);
		assert_int_equal(errno, EBADMSG);
		claim_close(&c);
	}
}

static void
refuses_a_copy_under_another_name(void **state)
{
	struct claim c;
	struct where w;

	(void)state;
	mail_make(MAIL_A, 5, "");
	assert_int_equal(link(MAIL_A, MAIL_B), 0);
	assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_B, &w), -1);
	assert_int_equal(errno, EBADMSG);
	assert_string_equal(w.why, "it is not named as its head says");
	claim_close(&c);
}

static void
refuses_what_is_no_plain_file(void **state)
{
	struct claim c;
	struct where w;

	(void)state;
	mail_make(MAIL_A, 5, "");
	assert_int_equal(symlink(MAIL_A, "link"), 0);
	assert_int_equal(mkdir("dir", 0700), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	for (int i = 0; i < 3; i++) {
		static const char *const name[] = {"link", "dir", "fifo"};

		assert_int_equal(claim_open(&c, AT_FDCWD, name[i], &w), -1);
		assert_int_equal(errno, EBADMSG);
		claim_close(&c);
		assert_int_equal(claim_peek(&c, AT_FDCWD, name[i], &w), -1);
		claim_close(&c);
	}
	assert_int_equal(claim_open(&c, AT_FDCWD, "none", &w), -1);
	assert_int_equal(errno, ENOENT);
	claim_close(&c);
}

static void
reads_the_largest_front(void **state)
{
	struct claim c;
	struct where w;

	(void)state;
	mail_make(MAIL_A, MAIL_RCPTS_MAX, D "E\n");
	assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), 0);
	assert_int_equal(c.left, MAIL_RCPTS_MAX - 2);
	assert_true(c.ended);
	assert_true(
	    bytes_eq(claim_rcpt(&c, MAIL_RCPTS_MAX - 1), "r999@example.org"));
	claim_close(&c);
}

static void
reads_a_journal_of_any_length(void **state)
{
	static char text[300000];
	struct claim c;
	struct where w;
	size_t n = 0;
	uint64_t at;

	(void)state;
	for (unsigned i = 0; n < sizeof text - 100; i++)
		n += (size_t)snprintf(text + n, 100,
		    "R %u-%u 450 4.2.1 %u h:25 busy\n", i % 5, i % 5, i);
	memcpy(text + n, D F "L 9 7\n", sizeof D F "L 9 7\n");
	at = mail_make(MAIL_A, 5, text);
	assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), 0);
	assert_memory_equal(c.state, "DDFRR", 5);
	assert_int_equal(c.tries, 7);
	assert_int_equal(c.end, at + strlen(text));
	claim_close(&c);
}

/* Is the file free for another process? */
static int
another_gets_it(const char *name)
{
	struct claim c;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int r = claim_open(&c, AT_FDCWD, name, NULL);

		_exit(r == 0 ? 0 : errno == EAGAIN ? 1 : 2);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void
belongs_to_one_process_at_a_time(void **state)
{
	struct claim c, peek;
	struct where w;

	(void)state;
	mail_make(MAIL_A, 5, D);
	assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), 0);
	assert_int_equal(another_gets_it(MAIL_A), 1);
	/* looking needs no lock */
	assert_int_equal(claim_peek(&peek, AT_FDCWD, MAIL_A, &w), 0);
	assert_int_equal(peek.left, 3);
	claim_close(&peek);
	assert_int_equal(another_gets_it(MAIL_A), 1);
	claim_close(&c);
	assert_int_equal(another_gets_it(MAIL_A), 0);
}

static void
is_free_when_its_holder_was_killed(void **state)
{
	struct claim c;
	int p[2], status;
	char b;
	pid_t pid;

	(void)state;
	mail_make(MAIL_A, 5, D);
	assert_int_equal(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		if (claim_open(&c, AT_FDCWD, MAIL_A, NULL) == 0 &&
		    write(p[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(p[0], &b, 1), 1);
	assert_int_equal(another_gets_it(MAIL_A), 1);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, NULL), 0);
	claim_close(&c);
	close(p[0]);
	close(p[1]);
}

static void
does_not_look_at_a_torn_line_nor_cut_it(void **state)
{
	struct claim c;
	struct where w;
	long size;

	(void)state;
	mail_make(MAIL_A, 5, D "F 2-2 550");
	size = mail_size(MAIL_A);
	assert_int_equal(claim_peek(&c, AT_FDCWD, MAIL_A, &w), 0);
	assert_int_equal(c.left, 3);
	claim_close(&c);
	assert_int_equal(mail_size(MAIL_A), size);
}

/* LDFLAGS: -Wl,--wrap=lock_file,--wrap=fallocate */

/* A file to be moved just before it is locked. */
static const char *shift_from, *shift_to;

int __real_lock_file(int fd, int type, off_t at, off_t len, int wait);
int __wrap_lock_file(int fd, int type, off_t at, off_t len, int wait);

int
__wrap_lock_file(int fd, int type, off_t at, off_t len, int wait)
{
	if (shift_from && rename(shift_from, shift_to) < 0)
		return -1;
	shift_from = NULL;
	return __real_lock_file(fd, type, at, len, wait);
}

static void
sees_that_a_file_moved_before_it_was_locked(void **state)
{
	struct claim c;
	struct where w;

	(void)state;
	assert_int_equal(mkdir("now", 0700), 0);
	assert_int_equal(mkdir("later", 0700), 0);
	mail_make("now/" MAIL_A, 5, "");
	shift_from = "now/" MAIL_A;
	shift_to = "later/" MAIL_A;
	assert_int_equal(claim_open(&c, AT_FDCWD, "now/" MAIL_A, &w), -1);
	assert_int_equal(errno, ENOENT);
	claim_close(&c);
	/* and that another file has its name now */
	mail_make("now/" MAIL_A, 5, "");
	shift_from = "later/" MAIL_A;
	shift_to = "now/" MAIL_A;
	assert_int_equal(claim_open(&c, AT_FDCWD, "now/" MAIL_A, &w), -1);
	assert_int_equal(errno, ENOENT);
	claim_close(&c);
}

static int
note(struct claim *c, enum journal_op op, uint32_t first, uint32_t last)
{
	struct entry e = {.op = op,
	    .first = first,
	    .last = last,
	    .code = 250,
	    .status = bytes_z("2.0.0"),
	    .when_us = 1795341600000001,
	    .host = bytes_z("h:25"),
	    .text = bytes_z("ok")};

	return claim_note(c, &e);
}

static void
records_results_for_the_next_who_takes_it(void **state)
{
	struct claim c;
	struct where w;
	uint64_t at = mail_make(MAIL_A, 5, D "F 2-2 5");

	(void)state;
	assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), 0);
	assert_int_equal(note(&c, OP_FAILED, 4, 4), 0);
	assert_int_equal(note(&c, OP_RETRY, 2, 3), 0);
	assert_int_equal(c.left, 2);
	/* nothing is written before it is asked for */
	assert_int_equal(mail_size(MAIL_A), at + sizeof D - 1);
	assert_int_equal(claim_write(&c), 0);
	assert_true(c.unsynced);
	assert_int_equal(claim_sync(&c), 0);
	assert_false(c.unsynced);
	claim_close(&c);

	assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), 0);
	assert_memory_equal(c.state, "DDRRF", 5);
	assert_int_equal(note(&c, OP_DELIVERED, 2, 3), 0);
	assert_int_equal(claim_note(&c, &(struct entry){.op = OP_END}), 0);
	assert_int_equal(claim_sync(&c), 0);
	claim_close(&c);
	assert_int_equal(claim_peek(&c, AT_FDCWD, MAIL_A, &w), 0);
	assert_int_equal(c.left, 0);
	assert_int_equal(c.failed, 1);
	assert_true(c.ended);
	claim_close(&c);
}

static void
takes_lines_of_a_dead_writer_for_not_yet_durable(void **state)
{
	struct claim c;
	struct where w;

	(void)state;
	mail_make(MAIL_A, 5, D);
	assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), 0);
	assert_true(c.unsynced);
	assert_int_equal(claim_sync(&c), 0);
	assert_false(c.unsynced);
	claim_close(&c);
}

static int
walked(void *arg, const struct entry *e)
{
	char *seen = arg;

	seen[strlen(seen)] = (char)e->op;
	return e->op == OP_LATER ? 7 : 0;
}

static void
walks_through_the_lines_until_told_to_stop(void **state)
{
	struct claim c;
	struct where w;
	char seen[16] = "";

	(void)state;
	mail_make(MAIL_A, 5, D F "E\nD 3-3 2");
	assert_int_equal(claim_peek(&c, AT_FDCWD, MAIL_A, &w), 0);
	assert_int_equal(claim_walk(&c, walked, seen), 0);
	assert_string_equal(seen, "DFE");
	claim_close(&c);
	mail_make(MAIL_A, 5, D L F);
	seen[0] = seen[1] = seen[2] = 0;
	assert_int_equal(claim_peek(&c, AT_FDCWD, MAIL_A, &w), 0);
	assert_int_equal(claim_walk(&c, walked, seen), 7);
	assert_string_equal(seen, "DL");
	claim_close(&c);
}

/* The disk is full: a child that may write so many bytes, and what it sees. */
static int
with_limit(uint64_t limit, int (*fn)(void))
{
	struct rlimit l = {limit, limit};
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &l) < 0)
			_exit(99);
		_exit(fn());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

/* What was noted stays noted, and is written once there is room. */
static int
write_fails_then_works(void)
{
	struct claim c;
	uint64_t end;

	if (claim_open(&c, AT_FDCWD, MAIL_A, NULL) < 0)
		return 1;
	end = c.end;
	for (uint32_t i = 0; i < 5; i++)
		if (note(&c, OP_DELIVERED, i, i) < 0)
			return 2;
	if (claim_write(&c) == 0 || claim_sync(&c) == 0)
		return 3;
	if (c.end != end || c.pending.len == 0 || c.left != 0)
		return 4;
	return 0;
}

/* What the next calls of fallocate say; 0 ends the list. */
static const int *say;
static off_t asked;

int __wrap_fallocate(int fd, int mode, off_t at, off_t len);

int
__wrap_fallocate(int fd, int mode, off_t at, off_t len)
{
	(void)fd;
	assert_int_equal(mode, FALLOC_FL_KEEP_SIZE);
	asked = at + len;
	if (*say == 0)
		return 0;
	errno = *say++;
	return -1;
}

static void
reserves_room_or_says_that_there_is_none(void **state)
{
	static const int full[] = {ENOSPC, 0}, none[] = {EOPNOTSUPP, 0},
			 quota[] = {EINTR, EDQUOT, 0}, good[] = {EINTR, 0};
	struct claim c;
	struct where w;
	uint64_t at = mail_make(MAIL_A, 100, "");

	(void)state;
	assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), 0);
	say = full;
	assert_int_equal(claim_reserve(&c), -1);
	assert_int_equal(errno, ENOSPC);
	say = quota;
	assert_int_equal(claim_reserve(&c), -1);
	assert_int_equal(errno, EDQUOT);
	say = good;
	assert_int_equal(claim_reserve(&c), 0);
	assert_true(asked >= (off_t)at + 6400);
	say = none;
	assert_int_equal(claim_reserve(&c), 0);
	claim_close(&c);
}

static void
keeps_results_that_could_not_be_written(void **state)
{
	struct claim c;
	struct where w;
	uint64_t at = mail_make(MAIL_A, 5, "");

	(void)state;
	/* room for one line and a half */
	assert_int_equal(with_limit(at + 60, write_fails_then_works), 0);
	assert_int_equal(claim_open(&c, AT_FDCWD, MAIL_A, &w), 0);
	assert_int_equal(c.left, 4);
	assert_int_equal(mail_size(MAIL_A), c.end);
	claim_close(&c);
}

static void
may_be_closed_after_a_failure(void **state)
{
	struct claim c;

	(void)state;
	assert_int_equal(claim_open(&c, AT_FDCWD, "none", NULL), -1);
	claim_close(&c);
	assert_int_equal(errno, ENOENT);
	claim_close(&c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_enter, scratch_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(counts_a_file_that_was_never_tried),
	    TEST(takes_over_what_the_journal_says),
	    TEST(lets_the_last_line_about_a_recipient_count),
	    TEST(cuts_a_torn_last_line_off_wherever_it_was_torn),
	    TEST(cuts_off_what_a_power_cut_left_as_zeros),
	    TEST(leaves_a_file_with_a_damaged_line_in_the_middle_alone),
	    TEST(refuses_a_file_that_was_cut),
	    TEST(refuses_a_copy_under_another_name),
	    TEST(refuses_what_is_no_plain_file),
	    TEST(reads_the_largest_front),
	    TEST(reads_a_journal_of_any_length),
	    TEST(belongs_to_one_process_at_a_time),
	    TEST(is_free_when_its_holder_was_killed),
	    TEST(does_not_look_at_a_torn_line_nor_cut_it),
	    TEST(sees_that_a_file_moved_before_it_was_locked),
	    TEST(records_results_for_the_next_who_takes_it),
	    TEST(takes_lines_of_a_dead_writer_for_not_yet_durable),
	    TEST(walks_through_the_lines_until_told_to_stop),
	    TEST(reserves_room_or_says_that_there_is_none),
	    TEST(keeps_results_that_could_not_be_written),
	    TEST(may_be_closed_after_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
