#include "lib/confine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fio.h"
#include "tests/unit/scratch.h"

/* Run in a child, because there is no way back; it returns 0 when all is well.
 */
static int
apart(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
limited(void)
{
	const struct confine_limits l = {.nofile = 16, .fsize = 4096};
	struct confine c = {0};
	struct rlimit r;
	char bytes[8192] = {0};
	ssize_t n;
	int fd;

	if (confine_limits(&c, &l) < 0)
		return 1;
	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur != 16 ||
	    r.rlim_max != 16 || c.nofile != 16)
		return 2;
	if (getrlimit(RLIMIT_CORE, &r) < 0 || r.rlim_max != 0)
		return 3;
	fd = open("big", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes, sizeof bytes) != 4096) {
		fio_close(fd);
		return 4;
	}
	n = write(fd, bytes, 1);
	fio_close(fd);
	if (n >= 0 || errno != EFBIG)
		return 5;
	return c.as == 0 && c.nproc == 0 ? 0 : 6;
}

static void
sets_limits_and_a_write_beyond_them_fails(void **state)
{
	(void)state;
	assert_int_equal(apart(limited), 0);
}

static int
limited_twice(void)
{
	const struct confine_limits low = {.nofile = 16};
	const struct confine_limits high = {.nofile = 32};
	struct confine c = {0};

	if (confine_limits(&c, &low) < 0 || confine_limits(&c, &high) < 0)
		return 1;
	return c.nofile == 16 ? 0 : 2;
}

static void
never_raises_a_hard_limit(void **state)
{
	(void)state;
	assert_int_equal(apart(limited_twice), 0);
}

static int
unprivileged(void)
{
	struct confine c = {0};

	if (confine_privileges(&c) < 0 || c.no_new_privs != 1)
		return 1;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 2;
}

static void
gains_no_privileges_any_more(void **state)
{
	(void)state;
	assert_int_equal(apart(unprivileged), 0);
}

static int
opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return 0;
	close(fd);
	return 1;
}

static int
confined_paths(void)
{
	const struct confine_path p[] = {{"a", CONFINE_WRITE},
	    {"b", CONFINE_WRITE}, {"readable", CONFINE_READ},
	    {"not there", CONFINE_READ}, {"one", CONFINE_READ}};
	struct confine c = {0};

	if (confine_privileges(&c) < 0 ||
	    confine_paths(&c, p, sizeof p / sizeof p[0]) < 0)
		return 1;
	if (c.landlock == 0)
		return 0; /* not this kernel */
	if (!opens("a/f", O_RDWR | O_CREAT) || !opens("a/f", O_RDWR | O_TRUNC))
		return 2;
	if (rename("a/f", "b/f") < 0 || link("b/f", "a/g") < 0)
		return 3;
	if (truncate("b/f", 0) < 0 || unlink("b/f") < 0 ||
	    mkdir("a/d", 0700) < 0 || mkfifo("a/p", 0600) < 0)
		return 4;
	if (!opens("readable/f", O_RDONLY) || !opens("one", O_RDONLY))
		return 5;
	if (opens("readable/f", O_WRONLY) || errno != EACCES ||
	    opens("readable/new", O_WRONLY | O_CREAT) ||
	    unlink("readable/f") == 0 || opens("one", O_WRONLY))
		return 6;
	if (opens("hidden/f", O_RDONLY) || errno != EACCES ||
	    opens("/etc/passwd", O_RDONLY) || rename("a/g", "hidden/g") == 0 ||
	    symlink("x", "a/link") == 0)
		return 7;
	return 0;
}

static void
reaches_only_the_paths_it_kept(void **state)
{
	(void)state;
	assert_int_equal(mkdir("a", 0700), 0);
	assert_int_equal(mkdir("b", 0700), 0);
	assert_int_equal(mkdir("readable", 0700), 0);
	assert_int_equal(mkdir("hidden", 0700), 0);
	assert_int_equal(scratch_file("readable/f", "x", 1), 0);
	assert_int_equal(scratch_file("hidden/f", "x", 1), 0);
	assert_int_equal(scratch_file("one", "x", 1), 0);
	assert_int_equal(apart(confined_paths), 0);
}

static int
true_runs(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(errno == EPERM ? 7 : 8);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static int
confined_calls(void)
{
	struct confine c = {0};
	int fd;

	if (confine_privileges(&c) < 0 || confine_calls(&c, 0) < 0)
		return 1;
	if (c.calls == 0)
		return 0; /* not this kernel */
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd >= 0 || errno != EPERM) {
		fio_close(fd);
		return 2;
	}
	if (unshare(CLONE_NEWUSER) != -1 || errno != EPERM)
		return 3;
	if (true_runs() != 7)
		return 4;
	/* what every service does still works */
	return opens("calls", O_RDWR | O_CREAT) && unlink("calls") == 0 ? 0 : 5;
}

static int
confined_calls_with_exceptions(void)
{
	struct confine c = {0};
	int fd;

	if (confine_privileges(&c) < 0 ||
	    confine_calls(&c, CONFINE_MAY_SOCKET | CONFINE_MAY_EXEC) < 0)
		return 1;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return 2;
	close(fd);
	return true_runs() == 0 ? 0 : 3;
}

static void
loses_calls_that_no_service_makes(void **state)
{
	(void)state;
	assert_int_equal(apart(confined_calls), 0);
	assert_int_equal(apart(confined_calls_with_exceptions), 0);
}

static void
report(void *arg)
{
	confine_report(arg);
}

/* Kill the process before us, one of our own, and all; rename from directory to
 * directory. */
static int
kills(void)
{
	struct confine c = {0};
	int status, scoped;
	pid_t child;

	if (confine_privileges(&c) < 0 || (scoped = confine_signals()) < 0)
		return 1;
	if (scoped == 0)
		return 77;
	if (kill(getppid(), 0) == 0 || errno != EPERM)
		return 2;
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	if (kill(-1, SIGKILL) < 0 || waitpid(child, &status, 0) != child ||
	    !WIFSIGNALED(status))
		return 3;
	if (mkdir("from", 0700) < 0 || mkdir("to", 0700) < 0 ||
	    mkdir("from/x", 0700) < 0 || rename("from/x", "to/x") < 0)
		return 4;
	return 0;
}

static void
no_signal_reaches_a_process_outside(void **state)
{
	int r = apart(kills);

	(void)state;
	if (r == 77)
		skip();
	assert_int_equal(r, 0);
}

static int
limits_others(void)
{
	struct confine c = {0};
	struct rlimit r;

	if (confine_privileges(&c) < 0 || confine_calls(&c, 0) < 0)
		return 1;
	if (c.calls == 0)
		return 77;
	if (prlimit(0, RLIMIT_NOFILE, NULL, &r) < 0)
		return 2;
	return prlimit(getppid(), RLIMIT_NOFILE, NULL, &r) < 0 && errno == EPERM
	    ? 0
	    : 3;
}

static int
may_limit_others(void)
{
	struct confine c = {0};
	struct rlimit r;

	if (confine_privileges(&c) < 0 ||
	    confine_calls(&c, CONFINE_MAY_LIMIT) < 0)
		return 1;
	return prlimit(getppid(), RLIMIT_NOFILE, NULL, &r) < 0 ? 2 : 0;
}

static void
limits_of_another_process_cannot_be_set(void **state)
{
	int r = apart(limits_others);

	(void)state;
	assert_int_equal(apart(may_limit_others), 0);
	if (r == 77)
		skip();
	assert_int_equal(r, 0);
}

static void
reports_in_one_line_what_is_active(void **state)
{
	struct confine c = {.nofile = 512,
	    .fsize = 1000,
	    .no_new_privs = 1,
	    .landlock = 4,
	    .calls = 57};

	(void)state;
	assert_string_equal(scratch_stderr(report, &c),
	    "- confined no_new_privs=1 landlock=4 calls_denied=57 nofile=512 "
	    "fsize=1000\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sets_limits_and_a_write_beyond_them_fails),
	    cmocka_unit_test(never_raises_a_hard_limit),
	    cmocka_unit_test(gains_no_privileges_any_more),
	    cmocka_unit_test(reaches_only_the_paths_it_kept),
	    cmocka_unit_test(loses_calls_that_no_service_makes),
	    cmocka_unit_test(no_signal_reaches_a_process_outside),
	    cmocka_unit_test(limits_of_another_process_cannot_be_set),
	    cmocka_unit_test(reports_in_one_line_what_is_active),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
