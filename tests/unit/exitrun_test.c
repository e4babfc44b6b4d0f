#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/exitrun.h"
#include "lib/kin.h"
#include "lib/rmtree.h"
#include "tests/unit/nobody.h"

enum { AT_ONCE = 24 };

static char path[64], program[96];
static int dir, message;

static int
fresh(void **state)
{
	static const char text[] = "the head\nSubject: x\n\nhello\n";

	(void)state;
	strcpy(path, "/tmp/lsv-unit.XXXXXX");
	if (!mkdtemp(path))
		return -1;
	snprintf(program, sizeof program, "%s/exit", path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	message = openat(dir, "m", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return message < 0 || mkdirat(dir, "run", 0700) < 0 ||
		write(message, text, sizeof text - 1) < 0
	    ? -1
	    : 0;
}

static int
gone(void **state)
{
	int r = rmtree_inside(dir);

	(void)state;
	close(message);
	close(dir);
	return r < 0 ? -1 : rmdir(path);
}

/* An order for the script. */
static struct exitrun_order
order(const char *script)
{
	int fd =
	    openat(dir, "exit", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	static int run = -1;

	assert_true(dprintf(fd, "#!/bin/sh\n%s\n", script) > 0);
	close(fd);
	if (run >= 0)
		close(run);
	run = openat(dir, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return (struct exitrun_order){
	    .path = program,
	    .verb = "SCAN",
	    .list = "TEST-L",
	    .node = "n.example",
	    .id = "the-id",
	    .under = run,
	    .name = "private",
	    .exits = path,
	    .message = message,
	    .from = 9,
	    .keep = -1,
	    .timeout_ms = 5000,
	    .memory = 256 << 20,
	};
}

static struct scananswer
result(const struct exitrun_order *o)
{
	struct exitrun r;
	struct scananswer a = {.code = SCAN_FAILED};

	assert_int_equal(exitrun_start(&r, o), 0);
	assert_int_equal(exitrun_wait(&r, &a), 0);
	assert_int_equal(r.keeper, 0);
	assert_int_equal(faccessat(dir, "run/private", F_OK, 0), -1);
	return a;
}

static void
expect(const char *script, enum scan_code code, const char *why)
{
	struct exitrun_order o = order(script);
	struct scananswer a = result(&o);

	assert_string_equal(a.why, why);
	assert_int_equal(a.code, code);
}

static void
the_three_results_are_taken_and_no_other(void **state)
{
	(void)state;
	expect("exit 0", SCAN_GO_ON, "");
	expect("echo hello; exit 1", SCAN_WHITELISTED, "hello");
	expect("echo a; echo b >&2; exit 2", SCAN_REJECTED, "a b");
	expect("exit 3", SCAN_FAILED, "exit status 3");
	expect("echo why; exit 255", SCAN_FAILED, "exit status 255: why");
	expect("kill -9 $$", SCAN_FAILED, "died of signal 9 (Killed)");
}

static void
it_gets_the_message_without_our_head(void **state)
{
	(void)state;
	expect("cat; exit 2", SCAN_REJECTED, "Subject: x hello");
	expect("cmp spam.tmp - && exit 2", SCAN_REJECTED, "");
	expect("cat spam.tmp; exit 2", SCAN_REJECTED, "Subject: x hello");
}

static void
it_gets_its_arguments_and_an_environment_of_its_own(void **state)
{
	struct exitrun_order o;

	(void)state;
	setenv("SECRET", "x", 1);
	expect("echo $# $1 $2 $LSV_NODE $LSV_LIST $LSV_ID $SECRET; exit 2",
	    SCAN_REJECTED, "2 SCAN TEST-L n.example TEST-L the-id");
	o = order("echo $# $1 \"$LSV_LIST\"; exit 2");
	o.verb = "REPORT";
	o.list = "";
	assert_string_equal(result(&o).why, "1 REPORT");
	o.list = NULL;
	assert_string_equal(result(&o).why, "1 REPORT");
}

static void
it_has_no_descriptor_of_ours(void **state)
{
	(void)state;
	expect(
	    "for i in 3 4 5 6 7 8 9; do : <&$i && echo $i; done 2>/dev/null\n"
	    "exit 2",
	    SCAN_REJECTED, "");
}

static void
its_time_is_limited(void **state)
{
	struct exitrun_order o = order("trap '' TERM; while :; do :; done");
	uint64_t began = clock_mono_ms();
	struct scananswer a;

	(void)state;
	o.timeout_ms = 300;
	a = result(&o);
	assert_int_equal(a.code, SCAN_FAILED);
	assert_string_equal(a.why, "took too long");
	assert_in_range(a.ms, 300, 5000);
	assert_in_range(clock_mono_ms() - began, 300, 5000);
}

static void
one_that_cannot_be_run_says_why(void **state)
{
	struct exitrun_order o = order("exit 0");

	(void)state;
	o.path = "/nonexistent/exit";
	assert_string_equal(
	    result(&o).why, "cannot be run: No such file or directory");
	o.path = "/";
	assert_string_equal(result(&o).why, "cannot be run: Permission denied");
	o = order("exit 0");
	assert_int_equal(fchmodat(dir, "exit", 0600, 0), 0);
	assert_string_equal(result(&o).why, "cannot be run: Permission denied");
}

static void
a_private_directory_that_is_there_is_emptied(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(dir, "run/private", 0), 0);
	expect("ls; exit 2", SCAN_REJECTED, "spam.tmp");
}

static void
output_is_cut_and_a_flood_is_a_failure(void **state)
{
	struct exitrun_order o =
	    order("head -c 100000 /dev/zero | tr '\\0' x; exit 2");
	struct scananswer a = result(&o);

	(void)state;
	assert_int_equal(a.code, SCAN_REJECTED);
	assert_int_equal(strlen(a.why), SCANANSWER_WHY_MAX);
	o = order("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done");
	a = result(&o);
	assert_int_equal(a.code, SCAN_FAILED);
	assert_memory_equal(a.why, "wrote more than 1 MiB", 21);
}

/* With an argument of our own, so that it is found among all processes. */
static int
sleeper_lives(void)
{
	static const char want[] = "sleep\0004711.25";
	const struct dirent *e;
	char name[300], text[64];
	DIR *d = opendir("/proc");
	int found = 0, fd;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		snprintf(name, sizeof name, "%s/cmdline", e->d_name);
		fd = openat(dirfd(d), name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		found |= read(fd, text, sizeof text) == sizeof want &&
		    memcmp(text, want, sizeof want) == 0;
		close(fd);
	}
	closedir(d);
	return found;
}

static void
nothing_that_left_its_session_lives_on(void **state)
{
	(void)state;
	expect("(setsid sleep 4711.25 &) & wait; exit 0", SCAN_GO_ON, "");
	assert_false(sleeper_lives());
	expect("setsid setsid -f sleep 4711.25; exit 1", SCAN_WHITELISTED, "");
	assert_false(sleeper_lives());
}

static void
it_ends_when_it_is_stopped(void **state)
{
	struct exitrun_order o = order("sleep 4711.25");
	struct scananswer a;
	struct exitrun r;

	(void)state;
	assert_int_equal(exitrun_start(&r, &o), 0);
	exitrun_stop(&r);
	assert_int_equal(exitrun_wait(&r, &a), 0);
	assert_int_equal(a.code, SCAN_FAILED);
	assert_string_equal(a.why, "was stopped");
	assert_false(sleeper_lives());
}

static void
it_ends_when_its_caller_dies(void **state)
{
	struct exitrun_order o = order("sleep 4711.25");
	struct exitrun r;
	int status;
	pid_t p;

	(void)state;
	p = fork();
	if (p == 0) {
		if (exitrun_start(&r, &o) < 0)
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(p, &status, 0), p);
	assert_true(WIFSIGNALED(status));
	for (int i = 0; i < 100; i++) {
		if (faccessat(dir, "run/private", F_OK, 0) < 0)
			break;
		usleep(50000);
	}
	usleep(100000);
	assert_int_equal(faccessat(dir, "run/private", F_OK, 0), -1);
	assert_false(sleeper_lives());
}

static void
a_keeper_that_is_killed_leaves_strays_that_are_found(void **state)
{
	struct exitrun_order o = order("sleep 4711.25");
	struct scananswer a;
	struct exitrun r;
	struct kin kin;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	assert_int_equal(exitrun_start(&r, &o), 0);
	for (int i = 0; i < 100 && !sleeper_lives(); i++)
		usleep(20000);
	assert_int_equal(kin_measure(&kin, 100), 0);
	assert_in_range(kin.n, 2, 10);
	assert_true(kin.resident > 0);
	kill(r.keeper, SIGKILL);
	assert_int_equal(exitrun_wait(&r, &a), 0);
	assert_string_equal(a.why, "its keeper was killed");
	assert_false(sleeper_lives());
	assert_int_equal(faccessat(dir, "run/private", F_OK, 0), -1);
	assert_int_equal(kin_measure(&kin, 100), 0);
	assert_int_equal(kin.n, 0);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

static void
what_it_leaves_is_removed_beside_one_that_runs(void **state)
{
	struct exitrun_order o = order("sleep 4711.25");
	struct exitrun_order beside = order("while [ ! -e end ]; do :; done");
	struct exitrun r, b;
	struct scananswer a;
	int status;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	beside.name = "beside";
	assert_int_equal(exitrun_start(&b, &beside), 0);
	usleep(200000); /* it has read the file that is written again */
	o = order("sleep 4711.25");
	assert_int_equal(exitrun_start(&r, &o), 0);
	for (int i = 0; i < 100 && !sleeper_lives(); i++)
		usleep(20000);
	kill(r.keeper, SIGKILL);
	assert_int_equal(waitpid(r.keeper, &status, 0), r.keeper);
	assert_int_equal(exitrun_clean(&r, &b.keeper, 1), 0);
	assert_false(sleeper_lives());
	assert_int_equal(faccessat(dir, "run/private", F_OK, 0), -1);
	assert_int_equal(exitrun_end(&r, status, &a), 0);
	assert_int_equal(a.code, SCAN_FAILED);
	close(openat(
	    dir, "run/beside/end", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(exitrun_wait(&b, &a), 0);
	assert_int_equal(a.code, SCAN_GO_ON);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

static void
what_the_system_lacks_is_no_failure_of_the_exit(void **state)
{
	struct exitrun_order o = order("exit 0");
	struct rlimit was, few;
	struct scananswer a;
	struct exitrun r;

	(void)state;
	o.under = -1; /* no directory to make it in */
	assert_int_equal(exitrun_start(&r, &o), 0);
	assert_int_equal(exitrun_wait(&r, &a), -1);
	assert_int_equal(errno, EBADF);
	o = order("exit 0");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	few = was;
	few.rlim_cur = 4; /* too few bytes for the message */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
	assert_int_equal(exitrun_start(&r, &o), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(exitrun_wait(&r, &a), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(r.keeper, 0);
	assert_int_equal(faccessat(dir, "run/private", F_OK, 0), -1);
	assert_int_equal(result(&o).code, SCAN_GO_ON);
}

/* 0; 1 when one could not be run, 2 when one could not fork. */
static int
all_at_once(void *unused)
{
	struct exitrun_order o = order(
	    "test \"$(echo x | cat | (cat; echo y) | wc -l)\" = 2 || exit 2");
	static char name[AT_ONCE][8];
	struct exitrun r[AT_ONCE];
	struct scananswer a;
	int bad = 0;

	(void)unused;
	o.timeout_ms = 60000;
	for (int i = 0; i < AT_ONCE; i++) {
		snprintf(name[i], sizeof name[i], "e%d", i);
		o.name = name[i];
		if (exitrun_start(&r[i], &o) < 0)
			return 1;
	}
	for (int i = 0; i < AT_ONCE; i++)
		if (exitrun_wait(&r[i], &a) < 0 || a.code != SCAN_GO_ON)
			bad = 2;
	return bad;
}

static void
exits_at_once_leave_each_other_room_to_fork(void **state)
{
	(void)state;
	assert_int_equal(fchmod(dir, 0777), 0);
	assert_int_equal(fchmodat(dir, "run", 0777, 0), 0);
	assert_int_equal(fchmod(message, 0644), 0);
	assert_int_equal(
	    nobody_run(all_at_once, NULL, EXITRUN_AT_ONCE * EXITRUN_PROCESSES),
	    0);
}

static void
a_name_is_that_of_a_file_in_exits(void **state)
{
	stralloc out = {0}, exits = {0};

	(void)state;
	setenv("LSV_ETC", "/e", 1);
	assert_int_equal(exitrun_path(&out, &exits, "SAEXIT"), 0);
	assert_string_equal(out.s, "/e/exits/SAEXIT");
	assert_string_equal(exits.s, "/e/exits");
	assert_int_equal(exitrun_path(&out, &exits, "/opt/x y"), 0);
	assert_string_equal(out.s, "/opt/x y");
	sa_free(&out);
	sa_free(&exits);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, gone)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_three_results_are_taken_and_no_other),
	    TEST(it_gets_the_message_without_our_head),
	    TEST(it_gets_its_arguments_and_an_environment_of_its_own),
	    TEST(it_has_no_descriptor_of_ours),
	    TEST(its_time_is_limited),
	    TEST(one_that_cannot_be_run_says_why),
	    TEST(a_private_directory_that_is_there_is_emptied),
	    TEST(output_is_cut_and_a_flood_is_a_failure),
	    TEST(nothing_that_left_its_session_lives_on),
	    TEST(it_ends_when_it_is_stopped),
	    TEST(it_ends_when_its_caller_dies),
	    TEST(a_keeper_that_is_killed_leaves_strays_that_are_found),
	    TEST(what_it_leaves_is_removed_beside_one_that_runs),
	    TEST(what_the_system_lacks_is_no_failure_of_the_exit),
	    TEST(exits_at_once_leave_each_other_room_to_fork),
	    TEST(a_name_is_that_of_a_file_in_exits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("exitrun", tests, NULL, NULL);
}
