#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-inject/inject.h"
#include "lib/ids.h"

enum { LINE_MAX_BYTES = 900, PATIENCE_S = 3600 };

/* What a signal handler has to remove. */
static struct {
	volatile sig_atomic_t there;
	int dir;
	char name[ID_NAME_MAX];
} file;

void
answer_file(int dir, const char *name)
{
	file.there = 0;
	if (!name)
		return;
	file.dir = dir;
	strncpy(file.name, name, sizeof file.name - 1);
	file.there = 1;
}

static void
say(const char *s, size_t len)
{
	ssize_t w = write(2, s, len);

	/* the exit code says enough when standard error fails */
	(void)w;
}

static void
remove_file(void)
{
	if (file.there)
		unlinkat(file.dir, file.name, 0);
	file.there = 0;
}

_Noreturn void
answer(int code, const char *const *part, size_t n)
{
	char line[LINE_MAX_BYTES + 1];
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		for (const char *s = part[i]; *s && len < LINE_MAX_BYTES; s++)
			line[len++] = *s < ' ' || *s > '~' ? '?' : *s;
	line[len++] = '\n';
	remove_file();
	say(line, len);
	_exit(code);
}

static void
caught(int number)
{
	static const char line[] = "4.3.0 interrupted, try again\n";

	(void)number;
	remove_file();
	say(line, sizeof line - 1);
	_exit(EXIT_AGAIN);
}

void
answer_guard(void)
{
	static const int fatal[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM,
	    SIGILL, SIGABRT, SIGFPE, SIGSEGV, SIGBUS, SIGSYS, SIGTRAP, SIGXCPU,
	    SIGUSR1, SIGUSR2, SIGVTALRM, SIGPROF};
	struct sigaction a = {.sa_handler = caught};
	sigset_t none;

	sigemptyset(&none);
	sigfillset(&a.sa_mask);
	for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
		sigaction(fatal[i], &a, NULL);
	a.sa_handler = SIG_IGN; /* a failing write says it better */
	sigaction(SIGPIPE, &a, NULL);
	sigaction(SIGXFSZ, &a, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(PATIENCE_S);
	/* a descriptor that is missing must not become that of a spool file */
	if (fcntl(0, F_GETFD) < 0)
		ANSWER(EXIT_AGAIN, "4.3.5 there is no standard input");
	while (fcntl(2, F_GETFD) < 0)
		/* cppcheck-suppress leakReturnValNotUsed */
		if (open("/dev/null", O_RDWR) < 0)
			_exit(EXIT_AGAIN);
}
