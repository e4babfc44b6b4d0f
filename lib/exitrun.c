#include "lib/exitrun.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/confine.h"
#include "lib/exitchild.h"
#include "lib/fio.h"
#include "lib/kin.h"
#include "lib/rmtree.h"
#include "lib/roots.h"

/* struct keeper - what it works with
 *
 * report, life  its ends of the pipes of struct exitrun
 * scoped  1: no signal leaves its processes
 * dir     the private directory
 * exit    process ID of the exit; status when done is 1
 * said    its output comes here, trouble: why it could not be run
 * out     len bytes of its output, of all
 * why     what it was killed for; NULL for nothing
 * ours    errno of what failed before it ran, and is no fault of it; 0 for none
 * left    1: something of it may be left
 */
struct keeper {
	const struct exitrun_order *o;
	int report, life;
	int scoped;
	int dir;
	pid_t exit;
	int status, done;
	int said, trouble;
	char out[EXITRUN_OUTPUT];
	size_t len;
	uint64_t all, began_ms;
	const char *why;
	int ours, left;
};

/* struct report - what the keeper tells its caller
 *
 * ours    as in struct keeper; the answer is none then
 */
struct report {
	struct scananswer answer;
	int ours;
};

int
exitrun_path(stralloc *out, stralloc *exits, const char *name)
{
	int r = root_path(exits, root_etc(), EXITRUN_EXITS);

	if (r == 0 && name[0] != '/') {
		r = root_path(out, exits->s, name);
	} else if (r == 0) {
		out->len = 0;
		r = sa_puts(out, name) < 0 ? -1 : sa_0(out);
	}
	return r;
}

/* --- the keeper: start ---------------------------------------------------- */

static void
woken(int sig)
{
	(void)sig;
}

/* A terminal or a supervisor that stops the caller does not stop the keeper:
 * it sees that the caller is gone. */
static int
keeper_signals(void)
{
	static const int deaf[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE};
	struct sigaction a = {.sa_handler = woken};
	sigset_t block;

	for (size_t i = 0; i < sizeof deaf / sizeof deaf[0]; i++)
		if (signal(deaf[i], SIG_IGN) == SIG_ERR)
			return -1;
	sigfillset(&block);
	return sigaction(SIGCHLD, &a, NULL) < 0
	    ? -1
	    : sigprocmask(SIG_SETMASK, &block, NULL);
}

static int
by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* All other descriptors are the caller's: what another keeper takes for the
 * caller's life among them. */
static int
close_others(struct keeper *k)
{
	int fd[] = {STDERR_FILENO, k->o->under, k->o->message, k->o->keep,
	    k->report, k->life};
	size_t n = sizeof fd / sizeof fd[0];

	qsort(fd, n, sizeof fd[0], by_value);
	for (size_t i = 0; i < n; i++) {
		unsigned from = (unsigned)(fd[i] + 1);
		unsigned to = i + 1 < n ? (unsigned)(fd[i + 1]) : UINT_MAX;

		if (fd[i] >= STDERR_FILENO && from < to &&
		    close_range(from, to - (i + 1 < n), 0) < 0)
			return -1;
	}
	return 0;
}

static int
keeper_directory(struct keeper *k)
{
	const struct exitrun_order *o = k->o;
	int fd, r;

	if (rmtree(o->under, o->name) < 0 ||
	    mkdirat(o->under, o->name, 0700) < 0)
		return -1;
	k->dir = openat(o->under, o->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (k->dir < 0)
		return -1;
	fd = openat(k->dir, EXITRUN_FILE,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	if (fd < 0)
		return -1;
	r = fio_copy(o->message, o->from, UINT64_MAX, fd) < 0 ? -1 : 0;
	fio_close(fd);
	return r;
}

static int
keeper_start(struct keeper *k)
{
	struct confine c = {0};
	int said[2] = {-1, -1}, trouble[2] = {-1, -1};

	if (keeper_signals() < 0 || close_others(k) < 0 ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ||
	    confine_privileges(&c) < 0)
		return -1;
	k->scoped = confine_signals();
	if (k->scoped < 0 || keeper_directory(k) < 0 ||
	    pipe2(said, O_CLOEXEC) < 0 || pipe2(trouble, O_CLOEXEC) < 0)
		return -1;
	if (fcntl(said[0], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(trouble[0], F_SETFL, O_NONBLOCK) < 0)
		return -1;
	k->exit = fork();
	if (k->exit == 0)
		exitchild_run(k->o, k->dir, said[1], trouble[1]);
	close(said[1]);
	close(trouble[1]);
	k->said = said[0];
	k->trouble = trouble[0];
	return k->exit < 0 ? -1 : 0;
}

/* --- the keeper: watch ---------------------------------------------------- */

/* All that it wrote; -1 at its end, or when it is too much. */
static int
hear(struct keeper *k)
{
	static char buf[65536];
	ssize_t n;

	while ((n = read(k->said, buf, sizeof buf)) > 0) {
		size_t room = sizeof k->out - k->len;
		size_t take = (size_t)n < room ? (size_t)n : room;

		memcpy(k->out + k->len, buf, take);
		k->len += take;
		k->all += (uint64_t)n;
		if (k->all > EXITRUN_FLOOD) {
			k->why = "wrote more than 1 MiB";
			return -1;
		}
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static void
reap(struct keeper *k)
{
	int status;
	pid_t p;

	while ((p = waitpid(-1, &status, WNOHANG)) > 0)
		if (p == k->exit) {
			k->status = status;
			k->done = 1;
		}
}

/* What its limits do not see: all of its processes and files together. */
static void
measure(struct keeper *k)
{
	struct kin kin = {0};

	if (clock_mono_ms() - k->began_ms >= k->o->timeout_ms)
		k->why = "took too long";
	else if (kin_measure(&kin, 2 * EXITRUN_PROCESSES) == 0 &&
	    kin.n > EXITRUN_PROCESSES)
		k->why = "has too many processes";
	else if (kin.resident > k->o->memory)
		k->why = "uses too much memory";
	else if (rmtree_within(k->dir, EXITRUN_FILES, EXITRUN_DIR_MAX) == 0)
		k->why = "fills its directory";
}

static uint64_t
next_look_ms(const struct keeper *k)
{
	uint64_t spent = clock_mono_ms() - k->began_ms;
	uint64_t left = k->o->timeout_ms > spent ? k->o->timeout_ms - spent : 0;

	return left < EXITRUN_TICK_MS ? left : EXITRUN_TICK_MS;
}

static void
keeper_watch(struct keeper *k)
{
	struct pollfd p[] = {
	    {.fd = k->life}, {.fd = k->said, .events = POLLIN}};
	uint64_t looked_ms = k->began_ms;
	sigset_t asleep;

	sigfillset(&asleep);
	sigdelset(&asleep, SIGCHLD);
	while (!k->why) {
		uint64_t ms = next_look_ms(k);
		struct timespec t = {.tv_nsec = (long)ms * 1000000};

		ppoll(p, 2, &t, &asleep);
		if (p[0].revents)
			k->why = "was stopped";
		reap(k);
		if (p[1].fd >= 0 && hear(k) < 0)
			p[1].fd = -1; /* it closed its output, and goes on */
		if (k->done)
			return;
		if (clock_mono_ms() - looked_ms >= ms) {
			measure(k);
			looked_ms = clock_mono_ms();
		}
	}
}

/* --- the keeper: end ------------------------------------------------------ */

/* Without a list of processes: what stayed in its process group. */
static void
kill_group(const struct keeper *k)
{
	int status;

	if (k->exit > 0)
		kill(-k->exit, SIGKILL);
	while (k->scoped == 1 && waitpid(-1, &status, 0) > 0)
		;
}

/* Nothing of it is left, wherever it hid; else the caller tries. */
static void
keeper_end(struct keeper *k)
{
	if (k->scoped == 1)
		kill(-1, SIGKILL);
	if (kin_kill(NULL, 0) < 0) {
		k->left |= errno != ENOENT;
		kill_group(k);
	}
	reap(k);
	k->left |= rmtree(k->o->under, k->o->name) < 0;
}

static void
put(struct scananswer *a, const char *why, const char *s, size_t len)
{
	stralloc text = {0};

	if (sa_puts(&text, why) == 0 &&
	    (len == 0 || sa_puts(&text, ": ") == 0) &&
	    sa_put(&text, s, len) == 0)
		scananswer_why(a, text.s, text.len);
	else
		scananswer_why(a, why, strlen(why));
	sa_free(&text);
}

/* What the system lacks for a while, and not what was asked of it. */
static int
is_passing(int err)
{
	return err == EMFILE || err == ENFILE || err == EIO || err == ENOSPC ||
	    err == EDQUOT || err == EAGAIN || err == EINTR;
}

static void
keeper_judge(struct keeper *k, struct scananswer *a)
{
	char why[80];
	int err = 0;

	a->code = SCAN_FAILED;
	a->ms = clock_mono_ms() - k->began_ms;
	if (k->why) {
		put(a, k->why, k->out, k->len);
	} else if (read(k->trouble, &err, sizeof err) == sizeof err) {
		k->ours = is_passing(err) ? err : 0;
		put(a, "cannot be run", strerror(err), strlen(strerror(err)));
	} else if (WIFSIGNALED(k->status)) {
		snprintf(why, sizeof why, "died of signal %d (%s)",
		    WTERMSIG(k->status), strsignal(WTERMSIG(k->status)));
		put(a, why, k->out, k->len);
	} else if (WEXITSTATUS(k->status) > SCAN_REJECTED) {
		snprintf(
		    why, sizeof why, "exit status %d", WEXITSTATUS(k->status));
		put(a, why, k->out, k->len);
	} else {
		a->code = (enum scan_code)WEXITSTATUS(k->status);
		scananswer_why(a, k->out, k->len);
	}
}

_Noreturn static void
keep(const struct exitrun_order *o, int report, int life)
{
	static struct keeper k;
	static struct report p;

	k = (struct keeper){.o = o,
	    .report = report,
	    .life = life,
	    .dir = -1,
	    .said = -1,
	    .trouble = -1,
	    .began_ms = clock_mono_ms()};
	if (keeper_start(&k) < 0)
		k.ours = errno;
	else
		keeper_watch(&k);
	keeper_end(&k);
	if (!k.ours)
		keeper_judge(&k, &p.answer);
	p.ours = k.ours;
	if (fio_write(report, &p, sizeof p) < 0)
		_exit(1);
	_exit(k.left);
}

/* --- the caller ----------------------------------------------------------- */

int
exitrun_start(struct exitrun *r, const struct exitrun_order *o)
{
	int report[2] = {-1, -1}, life[2] = {-1, -1};

	*r = (struct exitrun){
	    .report = -1, .life = -1, .under = o->under, .name = o->name};
	if (pipe2(report, O_CLOEXEC) < 0 || pipe2(life, O_CLOEXEC) < 0)
		goto fail;
	r->keeper = fork();
	if (r->keeper < 0)
		goto fail;
	if (r->keeper == 0)
		keep(o, report[1], life[0]);
	close(report[1]);
	close(life[0]);
	r->report = report[0];
	r->life = life[1];
	return 0;
fail:
	r->keeper = 0;
	for (int i = 0; i < 2; i++) {
		fio_close(report[i]);
		fio_close(life[i]);
	}
	return -1;
}

int
exitrun_clean(const struct exitrun *r, const pid_t *spare, size_t n)
{
	if (kin_kill(spare, n) < 0 && errno != ENOENT)
		return -1;
	return rmtree(r->under, r->name);
}

/* A pipe holds it whole: it came in one write.  0, or errno when it was not run:
 * a keeper that ends by itself without it had no way to write it. */
static int
report_read(const struct exitrun *r, int status, struct scananswer *out)
{
	static const char lost[] = "its keeper was killed";
	struct report p;
	ssize_t n;

	do
		n = read(r->report, &p, sizeof p);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno;
	if (n == sizeof p) {
		*out = p.answer;
		return p.ours;
	}
	*out = (struct scananswer){.code = SCAN_FAILED};
	scananswer_why(out, lost, strlen(lost));
	return WIFSIGNALED(status) ? 0 : EIO;
}

int
exitrun_end(struct exitrun *r, int status, struct scananswer *out)
{
	int err = report_read(r, status, out);

	fio_close(r->report);
	fio_close(r->life);
	*r = (struct exitrun){.report = -1, .life = -1, .under = -1};
	errno = err;
	return err ? -1 : 0;
}

int
exitrun_wait(struct exitrun *r, struct scananswer *out)
{
	int status, err = 0;

	while (waitpid(r->keeper, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (status != 0 && exitrun_clean(r, NULL, 0) < 0)
		err = errno;
	if (exitrun_end(r, status, out) < 0)
		return -1;
	errno = err;
	return err ? -1 : 0;
}

void
exitrun_stop(struct exitrun *r)
{
	fio_close(r->life);
	r->life = -1;
}
