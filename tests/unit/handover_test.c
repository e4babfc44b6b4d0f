/* LDFLAGS: -Wl,--wrap=fsync -Wl,--wrap=renameat2 */
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
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/handover.h"
#include "lib/lock.h"
#include "tests/unit/scratch.h"

#define ID "0647c1a2b3d4e.9f02c4d1aa"

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat2(
    int a, const char *from, int b, const char *to, unsigned flags);
int __wrap_renameat2(
    int a, const char *from, int b, const char *to, unsigned flags);

/* What was called, a letter each: 'f' fsync of a file, 'd' of new/, 'r' */
static char calls[64];
static int failing; /* the letter of the call that fails */
static struct handover ho;

/* Syncs of new/ by all processes, and what the next one is to meet. */
static struct seen {
	_Atomic unsigned syncs;
	unsigned takes_us;
	enum end { WELL, FAILS, DIES, STOPS } end;
} * seen;

/* The text of x/syncs. */
struct syncs {
	uint64_t begun, done, bad, check;
};

static int
called(char c)
{
	size_t n = strlen(calls);

	if (n + 1 < sizeof calls) {
		calls[n] = c;
		calls[n + 1] = 0;
	}
	if (failing != c)
		return 0;
	errno = EIO;
	return -1;
}

static int
sync_met(void)
{
	seen->syncs++;
	if (seen->takes_us)
		usleep(seen->takes_us);
	if (seen->end == DIES)
		_exit(0);
	if (seen->end == STOPS)
		raise(SIGSTOP);
	errno = EIO;
	return seen->end == FAILS ? -1 : 0;
}

int
__wrap_fsync(int fd)
{
	if (called(fd == ho.new ? 'd' : 'f') < 0 ||
	    (fd == ho.new &&sync_met() < 0))
		return -1;
	return __real_fsync(fd);
}

int
__wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	return called('r') < 0 ? -1 : __real_renameat2(a, from, b, to, flags);
}

static int
setup(void **state)
{
	if (scratch_enter(state) < 0 || mkdir("x", 0700) < 0 ||
	    mkdir("x/tmp", 0700) < 0 || mkdir("x/new", 0700) < 0 ||
	    mkfifo("x/trigger", 0600) < 0 || mkdir("mine", 0700) < 0)
		return -1;
	calls[0] = 0;
	failing = 0;
	seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return seen == MAP_FAILED ? -1 : ho_open(&ho, "x");
}

/* The same for an inbox whose writers share syncs. */
static int
setup_shared(void **state)
{
	if (setup(state) < 0 || scratch_file("x/syncs", "", 0) < 0)
		return -1;
	return ho_open(&ho, "x");
}

static int
teardown(void **state)
{
	close(ho.dir);
	close(ho.tmp);
	close(ho.new);
	if (ho.syncs >= 0)
		close(ho.syncs);
	munmap(seen, sizeof *seen);
	return scratch_leave(state);
}

static int
create(const char *text)
{
	int fd = ho_create(&ho, ID);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void
makes_bytes_then_name_durable(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(ho_commit(&ho, create("a"), ID), 0);
	assert_string_equal(calls, "frd");
	assert_string_equal(scratch_text("x/new/" ID), "a");
	assert_int_equal(access("x/tmp/" ID, F_OK), -1);
	assert_int_equal(stat("x/new/" ID, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void
gives_the_file_up_when_its_bytes_are_not_durable(void **state)
{
	(void)state;
	failing = 'f';
	assert_int_equal(ho_commit(&ho, create("a"), ID), -1);
	assert_int_equal(errno, EIO);
	assert_string_equal(calls, "f"); /* never a second time */
	assert_int_equal(access("x/tmp/" ID, F_OK), -1);
	assert_int_equal(access("x/new/" ID, F_OK), -1);
}

static void
gives_the_file_up_when_it_cannot_be_named(void **state)
{
	(void)state;
	failing = 'r';
	assert_int_equal(ho_commit(&ho, create("a"), ID), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(access("x/tmp/" ID, F_OK), -1);
}

static void
reports_no_success_before_the_name_is_durable(void **state)
{
	(void)state;
	failing = 'd';
	assert_int_equal(ho_commit(&ho, create("a"), ID), -1);
	assert_int_equal(errno, EIO);
}

static void
takes_its_own_file_with_the_same_bytes_for_handed_over(void **state)
{
	(void)state;
	assert_int_equal(ho_commit(&ho, create("same"), ID), 0);
	calls[0] = 0;
	assert_int_equal(ho_commit(&ho, create("same"), ID), 0);
	assert_string_equal(calls, "frd");
	assert_string_equal(scratch_text("x/new/" ID), "same");
	assert_int_equal(access("x/tmp/" ID, F_OK), -1);
}

static void
refuses_a_second_file_of_that_name(void **state)
{
	(void)state;
	assert_int_equal(ho_commit(&ho, create("one"), ID), 0);
	assert_int_equal(ho_commit(&ho, create("two"), ID), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(ho_commit(&ho, create("one and more"), ID), -1);
	assert_int_equal(errno, EEXIST);
	assert_string_equal(scratch_text("x/new/" ID), "one");
	assert_int_equal(access("x/tmp/" ID, F_OK), -1);
}

static void
does_not_take_a_link_for_its_own_file(void **state)
{
	(void)state;
	assert_int_equal(scratch_file("elsewhere", "a", 1), 0);
	assert_int_equal(symlink("../../elsewhere", "x/new/" ID), 0);
	assert_int_equal(ho_commit(&ho, create("a"), ID), -1);
	assert_string_equal(scratch_text("elsewhere"), "a");
}

static void
replaces_what_a_crash_left_in_tmp(void **state)
{
	(void)state;
	close(create("left"));
	assert_int_equal(ho_commit(&ho, create("new"), ID), 0);
	assert_string_equal(scratch_text("x/new/" ID), "new");
}

static void
drops_a_file_and_keeps_errno(void **state)
{
	int fd = create("a");

	(void)state;
	errno = ENOSPC;
	assert_int_equal(ho_drop(&ho, fd, ID), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(access("x/tmp/" ID, F_OK), -1);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void
wakes_the_reader_once_for_all_it_passed_on(void **state)
{
	int mine = open("mine", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int reader = open("x/trigger", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char c[8];

	(void)state;
	scratch_file("mine/" ID, "a", 1);
	scratch_file("mine/" ID ".r", "b", 1);
	assert_int_equal(ho_pass(&ho, mine, ID), 0);
	assert_int_equal(ho_pass_as(&ho, mine, ID ".r", ID ".000001"), 0);
	assert_int_equal(read(reader, c, sizeof c), 0);
	assert_int_equal(ho_flush(&ho), 0);
	assert_string_equal(calls, "rrd");
	assert_int_equal(read(reader, c, sizeof c), 1);
	assert_string_equal(scratch_text("x/new/" ID ".000001"), "b");
	assert_int_equal(ho_flush(&ho), 0);
	assert_string_equal(calls, "rrd");
	close(reader);
	close(mine);
}

static void
makes_names_durable_later_when_it_failed(void **state)
{
	int mine = open("mine", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	scratch_file("mine/" ID, "a", 1);
	assert_int_equal(ho_pass(&ho, mine, ID), 0);
	failing = 'd';
	assert_int_equal(ho_flush(&ho), -1);
	failing = 0;
	assert_int_equal(ho_flush(&ho), 0);
	assert_string_equal(calls, "rdd");
	close(mine);
}

static void
passes_nothing_over_another_file(void **state)
{
	int mine = open("mine", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	scratch_file("mine/" ID, "a", 1);
	scratch_file("x/new/" ID, "b", 1);
	assert_int_equal(ho_pass(&ho, mine, ID), -1);
	assert_int_equal(errno, EEXIST);
	assert_string_equal(scratch_text("mine/" ID), "a");
	assert_string_equal(scratch_text("x/new/" ID), "b");
	close(mine);
}

static void
needs_all_of_the_inbox(void **state)
{
	struct handover h;

	(void)state;
	assert_int_equal(ho_open(&h, "none"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(ho_open(&h, "mine"), -1);
	assert_int_equal(errno, ENOENT);
}

static void
wakes_nobody_without_an_error(void **state)
{
	(void)state;
	errno = 0;
	ho_wake(ho.dir, "trigger"); /* nobody has it open */
	ho_wake(ho.dir, "none");
	assert_int_equal(errno, 0);
}

static void
tells_whether_the_reader_keeps_up(void **state)
{
	int reader;
	char c[8];

	(void)state;
	errno = 0;
	assert_int_equal(ho_wake_unread(ho.dir, "none"), -1);
	assert_int_equal(ho_wake_unread(ho.dir, "trigger"), -1);
	reader = open("x/trigger", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(ho_wake_unread(ho.dir, "trigger"), 0);
	assert_int_equal(ho_wake_unread(ho.dir, "trigger"), 1);
	assert_int_equal(read(reader, c, sizeof c), 2);
	assert_int_equal(ho_wake_unread(ho.dir, "trigger"), 0);
	assert_int_equal(errno, 0);
	close(reader);
}

/* A process that hands over a file of its own, as soon as go closes; -1: at
 * once. */
static pid_t
giver(unsigned i, int go)
{
	char name[64], c;
	pid_t pid = fork();
	int fd;

	assert_true(pid >= 0);
	if (pid)
		return pid;
	if (ho_open(&ho, "x") < 0 || (go >= 0 && read(go, &c, 1) != 0))
		_exit(1);
	snprintf(name, sizeof name, "%s.%06u", ID, i);
	fd = ho_create(&ho, name);
	_exit(fd < 0 || ho_commit(&ho, fd, name) < 0 ? 2 : 0);
}

static int
ended(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What the next sync of new/ meets, and one that meets it. */
static pid_t
first_one(enum end end, unsigned takes_us)
{
	unsigned n = seen->syncs;
	pid_t pid;

	seen->end = end;
	seen->takes_us = takes_us;
	pid = giver(1, -1);
	while (seen->syncs == n)
		usleep(1000);
	return pid;
}

static void
put_syncs(uint64_t begun, uint64_t done, uint64_t bad)
{
	struct syncs s = {begun, done, bad, ~(begun * 3 + done * 5 + bad * 7)};

	assert_int_equal(pwrite(ho.syncs, &s, sizeof s, 0), sizeof s);
}

/* The syncs of one that came upon these, and waited while they became others.
 */
static unsigned
syncs_of_waiter(const uint64_t was[3], const uint64_t then[3])
{
	pid_t pid;

	put_syncs(was[0], was[1], was[2]);
	assert_int_equal(lock_file(ho.syncs, F_WRLCK, 0, 0, 0), 0);
	pid = giver(1, -1);
	while (access("x/new/" ID ".000001", F_OK) < 0)
		usleep(1000);
	usleep(30000);
	put_syncs(then[0], then[1], then[2]);
	assert_int_equal(lock_file(ho.syncs, F_UNLCK, 0, 0, 0), 0);
	assert_int_equal(ended(pid), 0);
	return seen->syncs;
}

static void
shares_syncs_with_others_that_hand_over_at_once(void **state)
{
	enum { MANY = 12 };
	pid_t pid[MANY];
	int go[2];

	(void)state;
	seen->takes_us = 60000;
	assert_int_equal(pipe(go), 0);
	for (unsigned i = 0; i < MANY; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			close(go[1]);
			pid[i] = giver(i, go[0]);
			_exit(ended(pid[i]));
		}
	}
	close(go[0]);
	close(go[1]);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(ended(pid[i]), 0);
	assert_in_range(seen->syncs, 1, MANY / 2);
}

static void
syncs_anew_when_nobody_else_does(void **state)
{
	(void)state;
	assert_int_equal(ended(giver(1, -1)), 0);
	assert_int_equal(ended(giver(2, -1)), 0);
	assert_int_equal(seen->syncs, 2);
}

static void
counts_a_sync_that_began_after_its_rename(void **state)
{
	static const uint64_t was[] = {5, 5, 0}, then[] = {6, 6, 0};

	(void)state;
	assert_int_equal(syncs_of_waiter(was, then), 0);
}

static void
counts_no_sync_that_began_before_its_rename(void **state)
{
	static const uint64_t was[] = {6, 5, 0}, then[] = {6, 6, 0};

	(void)state;
	assert_int_equal(syncs_of_waiter(was, then), 1);
}

static void
counts_no_sync_after_one_that_failed(void **state)
{
	static const uint64_t was[] = {5, 5, 0}, then[] = {7, 7, 6};

	(void)state;
	assert_int_equal(syncs_of_waiter(was, then), 1);
}

static void
counts_no_sync_that_failed(void **state)
{
	static const uint64_t was[] = {5, 5, 0}, then[] = {6, 5, 0};

	(void)state;
	assert_int_equal(syncs_of_waiter(was, then), 1);
}

static void
tells_of_its_own_failed_sync_only(void **state)
{
	pid_t pid = first_one(FAILS, 50000);

	(void)state;
	assert_int_equal(ended(pid), 2);
	seen->end = WELL;
	assert_int_equal(ho_commit(&ho, create("a"), ID), 0);
	assert_string_equal(calls, "frd");
}

static void
waits_for_nobody_who_died(void **state)
{
	pid_t pid = first_one(DIES, 50000);

	(void)state;
	seen->end = WELL;
	assert_int_equal(ho_commit(&ho, create("a"), ID), 0);
	assert_string_equal(calls, "frd");
	assert_int_equal(ended(pid), 0);
}

static void
waits_a_moment_for_one_who_was_stopped(void **state)
{
	pid_t pid = first_one(STOPS, 0);
	uint64_t began = clock_mono_ms();
	int status;

	(void)state;
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	seen->end = WELL;
	assert_int_equal(ho_commit(&ho, create("a"), ID), 0);
	assert_string_equal(calls, "frd");
	assert_in_range(clock_mono_ms() - began, 0, 5000);
	kill(pid, SIGCONT);
	assert_int_equal(ended(pid), 0);
}

/* Twice: what was found is mended, and mended it is of use. */
static void
believes_nothing(const void *text, size_t len)
{
	static const uint64_t was[] = {5, 5, 0}, then[] = {6, 6, 0};

	assert_int_equal(ftruncate(ho.syncs, 0), 0);
	assert_int_equal(pwrite(ho.syncs, text, len, 0), len);
	assert_int_equal(ended(giver(0, -1)), 0);
	assert_int_equal(seen->syncs, 1);
	assert_int_equal(ended(giver(2, -1)), 0);
	assert_int_equal(seen->syncs, 2);
	seen->syncs = 0;
	assert_int_equal(syncs_of_waiter(was, then), 0);
}

static void
believes_no_short_file(void **state)
{
	(void)state;
	believes_nothing("short", 5);
}

static void
believes_no_zeros_of_a_power_cut(void **state)
{
	static const struct syncs zeros;

	(void)state;
	believes_nothing(&zeros, sizeof zeros);
}

static void
believes_no_file_of_somebody_else(void **state)
{
	(void)state;
	believes_nothing("0123456789 0123456789 0123456789 0123456789", 43);
}

static void
believes_no_more_syncs_than_began(void **state)
{
	struct syncs s = {1, 1000, 0, ~(uint64_t)(3 + 5000)};

	(void)state;
	believes_nothing(&s, sizeof s);
}

static void
hands_over_where_no_sync_can_be_noted(void **state)
{
	(void)state;
	close(ho.syncs);
	ho.syncs = open("/dev/full", O_RDWR | O_CLOEXEC);
	assert_true(ho.syncs >= 0);
	assert_int_equal(ho_commit(&ho, create("a"), ID), 0);
	assert_string_equal(calls, "frd");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define SHARED(f) cmocka_unit_test_setup_teardown(f, setup_shared, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(makes_bytes_then_name_durable),
	    TEST(gives_the_file_up_when_its_bytes_are_not_durable),
	    TEST(gives_the_file_up_when_it_cannot_be_named),
	    TEST(reports_no_success_before_the_name_is_durable),
	    TEST(takes_its_own_file_with_the_same_bytes_for_handed_over),
	    TEST(refuses_a_second_file_of_that_name),
	    TEST(does_not_take_a_link_for_its_own_file),
	    TEST(replaces_what_a_crash_left_in_tmp),
	    TEST(drops_a_file_and_keeps_errno),
	    TEST(wakes_the_reader_once_for_all_it_passed_on),
	    TEST(makes_names_durable_later_when_it_failed),
	    TEST(passes_nothing_over_another_file),
	    TEST(needs_all_of_the_inbox),
	    TEST(wakes_nobody_without_an_error),
	    TEST(tells_whether_the_reader_keeps_up),
	    SHARED(shares_syncs_with_others_that_hand_over_at_once),
	    SHARED(syncs_anew_when_nobody_else_does),
	    SHARED(counts_a_sync_that_began_after_its_rename),
	    SHARED(counts_no_sync_that_began_before_its_rename),
	    SHARED(counts_no_sync_after_one_that_failed),
	    SHARED(counts_no_sync_that_failed),
	    SHARED(tells_of_its_own_failed_sync_only),
	    SHARED(waits_for_nobody_who_died),
	    SHARED(waits_a_moment_for_one_who_was_stopped),
	    SHARED(believes_no_short_file),
	    SHARED(believes_no_zeros_of_a_power_cut),
	    SHARED(believes_no_file_of_somebody_else),
	    SHARED(believes_no_more_syncs_than_began),
	    SHARED(hands_over_where_no_sync_can_be_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
