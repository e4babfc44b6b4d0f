#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-service/service.h"
#include "lib/fio.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/spoollock.h"

/* A child of ours as a program expects to start: a session of its own, no
 * signals blocked or ignored, nothing open but 0, 1 and 2. */
static int
fresh(int in, int out)
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int r = 0;

	sigemptyset(&none);
	if (setsid() < 0 || null < 0 || dup2(in < 0 ? null : in, 0) < 0 ||
	    dup2(out < 0 ? null : out, 1) < 0 ||
	    dup2(out < 0 ? null : out, 2) < 0)
		r = -1;
	fio_close(null);
	if (r < 0 || close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC) < 0 ||
	    sigprocmask(SIG_SETMASK, &none, NULL) < 0 ||
	    signal(SIGPIPE, SIG_DFL) == SIG_ERR)
		return -1;
	return chdir("/");
}

/* In the child; what could not be done goes back through the pipe report,
 * which closes by itself when the program runs. */
_Noreturn static void
give_up(int report)
{
	int err = errno;

	fio_write(report, &err, sizeof err);
	_exit(LSV_TEMP);
}

_Noreturn static void
run_logger(int in, int report)
{
	static char prog[] = "s6-log", become[] = "s6-setuidgid",
		    user[] = "lsvlog", block[] = "-b", proof[] = "-p",
		    dashes[] = "--", files[] = "n3", size[] = "s262144",
		    stamp[] = "T";
	stralloc dir = {0};
	char *argv[] = {become, user, prog, block, proof, dashes, files, size,
	    stamp, NULL, NULL};
	char **start = geteuid() == 0 ? argv : argv + 2;

	if (root_path(&dir, root_lib(), "log/lsv-service") < 0 ||
	    fresh(in, -1) < 0)
		give_up(report);
	argv[9] = dir.s;
	execvp(start[0], start);
	give_up(report);
}

_Noreturn static void
run_svscan(const struct service *s, int out, int lock, int report)
{
	static char prog[] = "s6-svscan";
	char *argv[] = {prog, s->scan.s, NULL};

	if (fresh(-1, out) < 0 || fcntl(lock, F_SETFD, 0) < 0 ||
	    spoollock_name(lock, "lsv-service") < 0)
		give_up(report);
	execvp(prog, argv);
	give_up(report);
}

/* Did the program start?  Waits until it has, or until it said why not. */
static void
started(int report, const char *prog)
{
	int err = 0;
	ssize_t n;

	do {
		n = read(report, &err, sizeof err);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		return;
	errno = n == (ssize_t)sizeof err ? err : EIO;
	msg_diesys(
	    errno == ENOENT ? LSV_PERM : LSV_TEMP, "unable to start ", prog);
}

static void
pipe_open(int *p)
{
	if (pipe2(p, O_CLOEXEC) < 0)
		msg_diesys(LSV_TEMP, "unable to make a pipe");
}

pid_t
tree_start(const struct service *s, int lock)
{
	int words[2], report[2];
	pid_t pid;

	pipe_open(words);
	pipe_open(report);
	pid = fork();
	if (pid == 0)
		run_logger(words[0], report[1]);
	if (pid < 0)
		msg_diesys(LSV_TEMP, "unable to fork");
	fio_close(report[1]);
	started(report[0], "s6-log");
	fio_close(report[0]);

	pipe_open(report);
	pid = fork();
	if (pid == 0)
		run_svscan(s, words[1], lock, report[1]);
	if (pid < 0)
		msg_diesys(LSV_TEMP, "unable to fork");
	fio_close(report[1]);
	started(report[0], "s6-svscan");
	fio_close(report[0]);
	fio_close(words[0]);
	fio_close(words[1]);
	return pid;
}
