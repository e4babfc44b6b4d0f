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

/* One that starts in a program of ours has its signals as any other. */
static void
signals_back(void)
{
	sigset_t none;

	for (int i = 1; i < SIGRTMAX; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int
limits(const struct exitrun_order *o)
{
	struct confine c = {0};
	struct confine_limits l = {
	    .nofile = EXITRUN_NOFILE,
	    .fsize = EXITRUN_DIR_MAX,
	    .as = o->memory,
	    .nproc = kin_of_user() + EXITRUN_PROCESSES + 2,
	};
	struct rlimit cpu;

	/* the kernel sends SIGXCPU first, one second later SIGKILL */
	cpu.rlim_cur = o->timeout_ms / 1000 + 1;
	cpu.rlim_max = cpu.rlim_cur + 1;
	if (setpriority(PRIO_PROCESS, 0, EXITRUN_NICE) < 0 ||
	    setrlimit(RLIMIT_CPU, &cpu) < 0)
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
	char *argv[] = {strdup(o->path), strdup(o->verb),
	    o->list && o->list[0] ? strdup(o->list) : NULL, NULL};

	for (size_t i = 0; i + 1 < sizeof env / sizeof env[0]; i++)
		if (!env[i])
			return -1;
	if (!dir || !argv[0] || !argv[1])
		return -1;
	return execve(o->path, argv, env);
}

_Noreturn void
exitchild_run(const struct exitrun_order *o, int dir, int said, int trouble)
{
	int in = openat(dir, EXITRUN_FILE, O_RDONLY);
	int err;

	setsid();
	signals_back();
	umask(077);
	if (in >= 0 && fchdir(dir) == 0 && dup2(said, STDOUT_FILENO) >= 0 &&
	    dup2(said, STDERR_FILENO) >= 0 && dup2(in, STDIN_FILENO) >= 0 &&
	    dup2(trouble, STDERR_FILENO + 1) >= 0 &&
	    close_range(STDERR_FILENO + 2, UINT_MAX, 0) == 0 &&
	    fcntl(STDERR_FILENO + 1, F_SETFD, FD_CLOEXEC) == 0 &&
	    limits(o) == 0 && confine(o) == 0)
		become(o);
	err = errno;
	fio_write(STDERR_FILENO + 1, &err, sizeof err);
	_exit(127);
}
