#include "lib/exitchild.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/confine.h"
#include "lib/fio.h"
#include "lib/kin.h"

enum { TROUBLE = STDERR_FILENO + 1 }; /* the descriptor, once all is in place */

/* One that starts in a program of ours has its signals as any other. */
static void
signals_back(void)
{
	sigset_t none;

	for (int i = 1; i <= SIGRTMAX; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What it gets, and nothing else.  The message is opened when 1 and 2 are taken:
 * it may not stand there.  trouble moves to its place. */
static int
descriptors(int dir, int said, int *trouble)
{
	int in;

	if (fchdir(dir) < 0 || dup2(said, STDOUT_FILENO) < 0 ||
	    dup2(said, STDERR_FILENO) < 0)
		return -1;
	in = open(EXITRUN_FILE, O_RDONLY);
	if (in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(*trouble, TROUBLE) < 0)
		return -1;
	*trouble = TROUBLE;
	if (close_range(TROUBLE + 1, UINT_MAX, 0) < 0)
		return -1;
	return fcntl(TROUBLE, F_SETFD, FD_CLOEXEC);
}

/* The kernel sends SIGXCPU first, one second later SIGKILL.  A lower limit that
 * is in force stays. */
static int
limit_cpu(uint64_t seconds)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_CPU, &r) < 0)
		return -1;
	if (r.rlim_max > seconds + 1)
		r.rlim_max = seconds + 1;
	r.rlim_cur = seconds < r.rlim_max ? seconds : r.rlim_max;
	return setrlimit(RLIMIT_CPU, &r);
}

/* Behind the caller, wherever that is: none may go forward. */
static int
limit_priority(void)
{
	errno = 0;
	return nice(EXITRUN_NICE) == -1 && errno ? -1 : 0;
}

/* The processes of all of the user count, those of exits that start later, too;
 * and a shell that cannot fork rejects the message.  So this only stops a fork
 * bomb: the keeper counts those of its exit. */
static uint64_t
processes(void)
{
	return kin_of_user() +
	    (uint64_t)EXITRUN_AT_ONCE * (EXITRUN_PROCESSES + 2);
}

static int
limits(const struct exitrun_order *o)
{
	struct confine c = {0};
	struct confine_limits l = {
	    .nofile = EXITRUN_NOFILE,
	    .fsize = EXITRUN_DIR_MAX,
	    .as = o->memory,
	    .nproc = processes(),
	};

	if (limit_priority() < 0 || limit_cpu(o->timeout_ms / 1000 + 1) < 0)
		return -1;
	return confine_limits(&c, &l);
}

static int
confine(const struct exitrun_order *o)
{
	const struct confine_path path[] = {
	    {".", CONFINE_WRITE},
	    {o->path, CONFINE_EXEC},
	    {o->exits, CONFINE_EXEC},
	    {"/usr", CONFINE_EXEC},
	    {"/bin", CONFINE_EXEC},
	    {"/sbin", CONFINE_EXEC},
	    {"/lib", CONFINE_EXEC},
	    {"/lib32", CONFINE_EXEC},
	    {"/lib64", CONFINE_EXEC},
	    {"/opt", CONFINE_EXEC},
	    {"/etc", CONFINE_READ},
	    {"/run", CONFINE_READ},
	    {"/proc", CONFINE_READ},
	    {"/sys", CONFINE_READ},
	    {"/dev", CONFINE_READ},
	    {"/dev/null", CONFINE_WRITE},
	    {"/var/lib/spamassassin", CONFINE_READ},
	};
	struct confine c = {0};

	if (confine_signals() < 0 ||
	    confine_paths(&c, path, sizeof path / sizeof path[0]) < 0)
		return -1;
	return confine_calls(&c, CONFINE_MAY_SOCKET | CONFINE_MAY_EXEC);
}

/* "NAME=value"; NULL when there is no memory. */
static char *
setting(const char *name, const char *value)
{
	stralloc s = {0};

	if (sa_puts(&s, name) < 0 || sa_puts(&s, "=") < 0 ||
	    sa_puts(&s, value ? value : "") < 0 || sa_0(&s) < 0)
		return NULL;
	return s.s;
}

static int
become(const struct exitrun_order *o)
{
	static const char path[] =
	    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char here[PATH_MAX];
	const char *dir = getcwd(here, sizeof here);
	char *env[] = {setting("PATH", path), setting("HOME", dir),
	    setting("TMPDIR", dir), setting("LSV_NODE", o->node),
	    setting("LSV_LIST", o->list), setting("LSV_ID", o->id), NULL};
	int has_list = o->list && o->list[0];
	char *argv[] = {strdup(o->path), strdup(o->verb),
	    has_list ? strdup(o->list) : NULL, NULL};

	for (size_t i = 0; i + 1 < sizeof env / sizeof env[0]; i++)
		if (!env[i])
			return -1;
	if (!dir || !argv[0] || !argv[1] || (has_list && !argv[2]))
		return -1;
	return execve(o->path, argv, env);
}

_Noreturn void
exitchild_run(const struct exitrun_order *o, int dir, int said, int trouble)
{
	int err;

	setsid();
	signals_back();
	umask(077);
	if (descriptors(dir, said, &trouble) == 0 && limits(o) == 0 &&
	    confine(o) == 0)
		become(o);
	err = errno;
	fio_write(trouble, &err, sizeof err);
	_exit(127);
}
