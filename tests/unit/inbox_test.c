/* LDFLAGS: -Wl,--wrap=fio_pwrite,--wrap=ftruncate */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/inbox.h"
#include "lib/names.h"
#include "lib/sig.h"
#include "tests/unit/scratch.h"

#define A "0647c1a2b3d4d.ffffffffff"
#define B "0647c1a2b3d4e.0000000000"
#define C "0647c1a2b3d4e.9f02c4d1aa"

int __real_fio_pwrite(int fd, const void *p, size_t len, off_t at);
int __wrap_fio_pwrite(int fd, const void *p, size_t len, off_t at);
int __real_ftruncate(int fd, off_t len);
int __wrap_ftruncate(int fd, off_t len);

static int dies_after; /* so many calls that change what is noted; 0: never */

static int
called(int r)
{
	if (dies_after && --dies_after == 0)
		_exit(0);
	return r;
}

int
__wrap_fio_pwrite(int fd, const void *p, size_t len, off_t at)
{
	return called(__real_fio_pwrite(fd, p, len, at));
}

int
__wrap_ftruncate(int fd, off_t len)
{
	return called(__real_ftruncate(fd, len));
}

static struct inbox in;
static char seen[16384];

static int
setup(void **state)
{
	seen[0] = 0;
	if (scratch_enter(state) < 0 || mkdir("x", 0700) < 0 ||
	    mkdir("x/new", 0700) < 0 || mkdir("x/bad", 0700) < 0 ||
	    mkfifo("x/trigger", 0600) < 0)
		return -1;
	return inbox_open(&in, "x", NULL, 0);
}

static void
close_all(void)
{
	int fd[] = {
	    in.dir, in.new, in.bad, in.fifo, in.hold, in.doing, in.lock};

	for (size_t i = 0; i < sizeof fd / sizeof fd[0]; i++)
		close(fd[i]);
}

static int
teardown(void **state)
{
	close_all();
	return scratch_leave(state);
}

/* What is logged goes nowhere. */
static void
scan(void *fn)
{
	inbox_fn **f = fn;

	inbox_scan(&in, *f, NULL);
}

static void
quietly(inbox_fn *fn)
{
	scratch_stderr(scan, &fn);
}

static void
append(const char *s)
{
	size_t len = strlen(seen);

	snprintf(seen + len, sizeof seen - len, "%s", s);
}

/* Note every batch: "[A B][C]". */
static int
note(void *arg, char (*name)[ID_NAME_MAX], size_t n)
{
	(void)arg;
	append("[");
	for (size_t i = 0; i < n; i++) {
		append(i ? " " : "");
		append(name[i]);
	}
	append("]");
	return 0;
}

static void
gives_files_in_batches_oldest_first(void **state)
{
	(void)state;
	scratch_file("x/new/" C, "", 0);
	scratch_file("x/new/" A, "", 0);
	scratch_file("x/new/" B, "", 0);
	assert_int_equal(inbox_scan(&in, note, NULL), 3);
	assert_string_equal(seen, "[" A " " B " " C "]");
}

static int
count(void *arg, char (*name)[ID_NAME_MAX], size_t n)
{
	size_t *most = arg;

	(void)name;
	if (n > *most)
		*most = n;
	return 0;
}

static void
gives_no_more_than_a_batch_at_once(void **state)
{
	char path[80];
	size_t most = 0;

	(void)state;
	for (int i = 0; i < 150; i++) {
		snprintf(path, sizeof path, "x/new/0647c1a2b3d4e.%010x", i);
		scratch_file(path, "", 0);
	}
	assert_int_equal(inbox_scan(&in, count, &most), 150);
	assert_int_equal(most, INBOX_BATCH);
}

static int
give_up(void *arg, char (*name)[ID_NAME_MAX], size_t n)
{
	note(arg, name, n);
	errno = EIO;
	return -1;
}

static void
ends_the_scan_when_the_work_fails(void **state)
{
	(void)state;
	scratch_file("x/new/" A, "", 0);
	assert_int_equal(inbox_scan(&in, give_up, NULL), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(inbox_scan(&in, note, NULL), 1);
}

static void
sets_strange_names_aside_under_a_new_id(void **state)
{
	struct names l;

	(void)state;
	scratch_file("x/new/README", "x", 1);
	mkdir("x/new/folder", 0700);
	quietly(note);
	assert_string_equal(seen, "");
	assert_int_equal(access("x/new/README", F_OK), -1);
	assert_int_equal(access("x/new/folder", F_OK), -1);
	assert_int_equal(access("x/bad/README", F_OK), -1);
	/* README, folder, and a reason each */
	assert_int_equal(names_read(&l, in.bad, 100, NULL, NULL), 0);
	assert_int_equal(l.n, 4);
	names_free(&l);
}

static int
bad(void *arg, char (*name)[ID_NAME_MAX], size_t n)
{
	(void)arg;
	for (size_t i = 0; i < n; i++)
		if (inbox_bad(&in, name[i], "it smells") < 0)
			return -1;
	return 0;
}

static void
keeps_the_reason_beside_a_bad_file(void **state)
{
	(void)state;
	scratch_file("x/new/" A, "text", 4);
	quietly(bad);
	assert_int_equal(access("x/new/" A, F_OK), -1);
	assert_string_equal(scratch_text("x/bad/" A), "text");
	assert_string_equal(scratch_text("x/bad/" A ".why"), "it smells\n");
}

static void
keeps_no_more_bad_files_than_it_may(void **state)
{
	char path[80];

	(void)state;
	for (int i = 0; i < INBOX_BAD_MAX; i++) {
		snprintf(path, sizeof path, "x/bad/0647c1a2b3d4e.%010x", i);
		scratch_file(path, "", 0);
		snprintf(path, sizeof path, "x/bad/0647c1a2b3d4e.%010x.why", i);
		scratch_file(path, "", 0);
	}
	scratch_file("x/new/" C, "", 0);
	quietly(bad);
	assert_int_equal(access("x/bad/" C, F_OK), 0);
	assert_int_equal(access("x/bad/" C ".why", F_OK), 0);
	/* the oldest is gone with its reason, the next one is there */
	assert_int_equal(access("x/bad/" B, F_OK), -1);
	assert_int_equal(access("x/bad/" B ".why", F_OK), -1);
	assert_int_equal(access("x/bad/0647c1a2b3d4e.0000000001", F_OK), 0);
}

static void
sets_a_link_aside(void **state)
{
	char name[1][ID_NAME_MAX] = {A};

	(void)state;
	assert_int_equal(symlink("/etc/passwd", "x/new/" A), 0);
	assert_int_equal(bad(NULL, name, 1), 0);
	assert_int_equal(access("x/new/" A, F_OK), -1);
	assert_string_equal(scratch_text("x/bad/" A ".why"), "it smells\n");
}

static void
takes_plain_files_of_its_own_only(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	scratch_file("x/new/" A, "12345", 5);
	fd = inbox_take(&in, in.new, A, &st);
	assert_true(fd >= 0);
	assert_int_equal(st.st_size, 5);
	close(fd);
	assert_int_equal(inbox_take(&in, in.new, B, &st), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(symlink(A, "x/new/" B), 0);
	assert_int_equal(inbox_take(&in, in.new, B, &st), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(link("x/new/" A, "x/new/" C), 0);
	assert_int_equal(inbox_take(&in, in.new, C, &st), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(mkfifo("x/new/" C ".r", 0600), 0);
	assert_int_equal(inbox_take(&in, in.new, C ".r", &st), -1);
	assert_int_equal(errno, EPERM);
}

static void
takes_no_file_of_an_unexpected_owner(void **state)
{
	struct stat st;

	(void)state;
	scratch_file("x/new/" A, "", 0);
	in.owner[0]++;
	assert_int_equal(inbox_take(&in, in.new, A, &st), -1);
	assert_int_equal(errno, EPERM);
	in.owner[0]--;
}

/* A reader in a process of its own that dies while it works on C. */
static int
die(void *arg, char (*name)[ID_NAME_MAX], size_t n)
{
	(void)arg;
	for (size_t i = 0; i < n; i++)
		if (strcmp(name[i], C) == 0)
			raise(SIGKILL);
	return 0;
}

static int
reader_dies(void)
{
	pid_t pid;
	int status;

	close_all();
	pid = fork();
	if (pid == 0) {
		if (inbox_open(&in, "x", NULL, 0) < 0)
			_exit(2);
		inbox_scan(&in, die, NULL);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return inbox_open(&in, "x", NULL, 0) < 0 ? -1 : WIFSIGNALED(status);
}

static void
gives_a_file_that_killed_its_reader_alone(void **state)
{
	(void)state;
	scratch_file("x/new/" A, "", 0);
	scratch_file("x/new/" C, "", 0);
	assert_int_equal(reader_dies(), 1);
	assert_int_equal(inbox_scan(&in, note, NULL), 2);
	assert_string_equal(seen, "[" A "][" C "]");
}

static void
sets_a_file_aside_that_killed_three_readers(void **state)
{
	(void)state;
	scratch_file("x/new/" A, "", 0);
	scratch_file("x/new/" C, "", 0);
	for (int i = 0; i < POISON_DEATHS; i++)
		assert_int_equal(reader_dies(), 1);
	quietly(note);
	assert_string_equal(seen, "[" A "]");
	assert_int_equal(access("x/new/" A, F_OK), 0);
	assert_string_equal(
	    scratch_text("x/bad/" C ".why"), "its reader died three times\n");
	assert_int_equal(reader_dies(), 0);
}

static void
survives_a_torn_note_of_what_was_done(void **state)
{
	static const char torn[] = A " 1\n" B "\nnonsense\n" C " 99999999999";

	(void)state;
	close_all();
	scratch_file("x/doing", torn, sizeof torn - 1);
	assert_int_equal(inbox_open(&in, "x", NULL, 0), 0);
	assert_int_equal(inbox_scan(&in, note, NULL), 0);
}

/* A reader that dies as soon as it has made so many of the calls that note what
 * it works on. */
static void
reader_dies_noting(int calls)
{
	pid_t pid = fork();

	if (pid == 0) {
		dies_after = calls;
		inbox_scan(&in, note, NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	close_all();
	assert_int_equal(inbox_open(&in, "x", NULL, 0), 0);
}

static void
counts_no_more_deaths_than_there_were(void **state)
{
	(void)state;
	for (int calls = 1; calls <= 2; calls++) {
		scratch_file("x/new/" A, "", 0);
		scratch_file("x/new/" C, "", 0);
		assert_int_equal(reader_dies(), 1);
		assert_int_equal(unlink("x/new/" A), 0);
		reader_dies_noting(calls);
		assert_in_range(poison_deaths(&in.suspects, C), 0, 2);
		quietly(note); /* is none to be set aside, and forgets them */
		assert_int_equal(access("x/new/" C, F_OK), 0);
		close_all();
		assert_int_equal(inbox_open(&in, "x", NULL, 0), 0);
	}
}

static void
work(void *arg)
{
	char name[1][ID_NAME_MAX] = {C};
	const int *dir = arg;

	assert_int_equal(inbox_work(&in, *dir, name, 1, note, NULL), 0);
}

static void
works_on_named_files_of_another_directory(void **state)
{
	char name[INBOX_BATCH + 1][ID_NAME_MAX];
	int dir;

	(void)state;
	assert_int_equal(mkdir("y", 0700), 0);
	dir = open("y", O_RDONLY | O_DIRECTORY);
	for (int i = 0; i <= INBOX_BATCH; i++)
		snprintf(name[i], sizeof name[i], "0647c1a2b3d4e.%010d", i);
	assert_int_equal(
	    inbox_work(&in, dir, name, INBOX_BATCH + 1, note, NULL), 0);
	assert_non_null(strstr(seen, "0000000063]["));
	assert_int_equal(inbox_work(&in, dir, NULL, 0, note, NULL), 0);
	scratch_file("y/" C, "", 0);
	poison_died(&in.suspects, C, POISON_DEATHS);
	scratch_stderr(work, &dir);
	assert_int_equal(access("y/" C, F_OK), -1);
	assert_int_equal(access("x/bad/" C, F_OK), 0);
	close(dir);
}

static void
is_woken_by_another_fifo_as_well(void **state)
{
	sigset_t asleep;
	uint64_t start = clock_mono_ms();

	(void)state;
	sigemptyset(&asleep);
	assert_int_equal(mkfifo("other", 0600), 0);
	in.also = open("other", O_RDWR | O_NONBLOCK);
	assert_int_equal(write(in.also, "x", 1), 1);
	assert_int_equal(inbox_wait(&in, 60000, &asleep), 0);
	assert_true(clock_mono_ms() - start < 30000);
	inbox_drain(in.also);
	assert_int_equal(inbox_wait(&in, 30, &asleep), 0);
	assert_true(clock_mono_ms() - start >= 30);
	close(in.also);
}

static void
is_woken_by_its_trigger(void **state)
{
	sigset_t asleep;
	uint64_t start = clock_mono_ms();

	(void)state;
	sigemptyset(&asleep);
	assert_int_equal(write(in.hold, "x", 1), 1);
	assert_int_equal(inbox_wait(&in, 60000, &asleep), 0);
	assert_int_equal(inbox_wait(&in, 60000, &asleep), 0);
	inbox_scan(&in, note, NULL); /* drains it */
	assert_int_equal(inbox_wait(&in, 30, &asleep), 0);
	assert_true(clock_mono_ms() - start >= 30);
	assert_true(clock_mono_ms() - start < 30000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(gives_files_in_batches_oldest_first),
	    TEST(gives_no_more_than_a_batch_at_once),
	    TEST(ends_the_scan_when_the_work_fails),
	    TEST(sets_strange_names_aside_under_a_new_id),
	    TEST(keeps_the_reason_beside_a_bad_file),
	    TEST(keeps_no_more_bad_files_than_it_may),
	    TEST(sets_a_link_aside),
	    TEST(takes_plain_files_of_its_own_only),
	    TEST(takes_no_file_of_an_unexpected_owner),
	    TEST(gives_a_file_that_killed_its_reader_alone),
	    TEST(sets_a_file_aside_that_killed_three_readers),
	    TEST(survives_a_torn_note_of_what_was_done),
	    TEST(counts_no_more_deaths_than_there_were),
	    TEST(works_on_named_files_of_another_directory),
	    TEST(is_woken_by_another_fifo_as_well),
	    TEST(is_woken_by_its_trigger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
