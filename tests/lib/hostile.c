/* A SPAM_EXIT that does what the message says, however hostile: the words of
 * its field X-Do. They are the names in `deeds` below. Without the field it
 * lets the message go on. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 4096, PIDS = 4194304, STEP = 65536 };

static char words[LINE], step[STEP];
static char *const *args;

static int
number(const char *s)
{
	return (int)strtol(s, NULL, 10);
}

static const char *
set_to(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* For as long as it is let. */
_Noreturn static void
stay(void)
{
	for (;;)
		pause();
}

static void
deed_exit(char *arg)
{
	_exit(number(arg));
}

/* "say 2 text", "sleep 1.5" */
static void
deed_say(char *arg)
{
	char *text = strchr(arg, ' ');

	printf("%s\n", text ? text + 1 : "");
	fflush(stdout);
	_exit(number(arg));
}

static void
deed_sleep(char *arg)
{
	double s = strtod(arg, NULL);
	struct timespec t = {.tv_sec = (time_t)s,
	    .tv_nsec = (long)((s - (double)(time_t)s) * 1e9)};

	nanosleep(&t, NULL);
}

static void
deed_hang(char *arg)
{
	(void)arg;
	for (int i = 1; i < SIGRTMAX; i++)
		signal(i, SIG_IGN);
	stay();
}

static void
deed_die(char *arg)
{
	int sig = number(arg);

	signal(sig, SIG_DFL); /* whatever it was built with */
	raise(sig);
}

static void
deed_bomb(char *arg)
{
	(void)arg;
	for (;;)
		fork();
}

static void
deed_flood(char *arg)
{
	(void)arg;
	memset(step, 'x', sizeof step);
	for (;;)
		if (write(STDOUT_FILENO, step, sizeof step) < 0)
			_exit(0);
}

static void
deed_close(char *arg)
{
	(void)arg;
	for (int i = 0; i < 64; i++)
		close(i);
}

/* One that leaves its session and its parent, and holds the output. */
static void
deed_daemon(char *arg)
{
	(void)arg;
	if (fork() > 0)
		_exit(0);
	setsid();
	if (fork() > 0)
		_exit(0);
	signal(SIGTERM, SIG_IGN);
	stay();
}

static int
can_open(const char *path, int how)
{
	int fd = open(path, how, 0666);

	if (fd < 0)
		return 0;
	close(fd);
	return 1;
}

/* Exit status 9 when it could reach anything below the directory. */
static void
deed_reach(char *arg)
{
	static const char *const names[] = {"", "/scan", "/scan/new",
	    "/scan/run", "/scan/run/..", "/score", "/score/scanned/new",
	    "/hold", "/lock", "/scan/lock", "/scan/state", "/scan/trigger"};
	char path[LINE + 64];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s%s", arg, names[i]);
		if (can_open(path, O_RDONLY | O_NONBLOCK) ||
		    can_open(path, O_WRONLY | O_NONBLOCK))
			_exit(9);
		strncat(path, "/0647c1a2b3d4e.9f02c4d1aa",
		    sizeof path - strlen(path) - 1);
		if (can_open(path, O_WRONLY | O_CREAT) ||
		    mkdir(path, 0777) == 0 || rename("spam.tmp", path) == 0 ||
		    link("spam.tmp", path) == 0)
			_exit(9);
	}
	if (can_open("../x", O_WRONLY | O_CREAT) ||
	    can_open("/tmp/x", O_WRONLY | O_CREAT))
		_exit(9);
}

static void
deed_fill(char *arg)
{
	int many = strcmp(arg, "many") == 0;
	char name[32];

	for (unsigned n = 0;; n++) {
		int fd;

		snprintf(name, sizeof name, "%u", many ? n : n % 100);
		fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0666);
		if (fd < 0)
			continue;
		if (!many && write(fd, step, sizeof step) < 0)
			usleep(1000);
		close(fd);
	}
}

/* A directory in a directory in a directory, and none may be looked into. */
static void
deed_deep(char *arg)
{
	(void)arg;
	for (int i = 0; i < 20000; i++)
		if (mkdir("d", 0700) < 0 || chdir("d") < 0)
			break;
	chmod(".", 0);
	chmod("..", 0);
	for (;;)
		pause();
}

static void
deed_lock(char *arg)
{
	(void)arg;
	mkdir("a", 0700);
	mkdir("a/b", 0700);
	close(open("a/b/f", O_WRONLY | O_CREAT, 0600));
	chmod("a/b", 0);
	chmod("a", 0);
	chmod(".", 0);
}

static void
deed_eat(char *arg)
{
	for (int n = number(arg); n > 1; n--)
		if (fork() == 0)
			break;
	for (;;) {
		char *p = malloc(1 << 20);

		if (p)
			memset(p, 1, 1 << 20);
		else
			usleep(1000);
	}
}

/* Memory that would outlive it. */
static void
deed_share(char *arg)
{
	(void)arg;
	if (shmget(IPC_PRIVATE, 1 << 20, 0600) >= 0 ||
	    memfd_create("x", 0) >= 0)
		_exit(9);
}

static void
deed_kill(char *arg)
{
	struct rlimit none = {0, 0};
	int got = 0;

	if (strcmp(arg, "group") == 0)
		kill(0, SIGKILL);
	if (strcmp(arg, "all") == 0) {
		signal(SIGKILL, SIG_IGN);
		kill(-1, SIGKILL);
	}
	if (strcmp(arg, "parent") == 0) {
		got = kill(getppid(), SIGKILL) == 0;
		got |= prlimit(getppid(), RLIMIT_CPU, &none, NULL) == 0;
	}
	if (strcmp(arg, "each") == 0)
		for (pid_t p = 2; p < PIDS / 64; p++)
			got |= p != getpid() && kill(p, SIGKILL) == 0;
	_exit(got ? 9 : 0);
}

static void
deed_burn(char *arg)
{
	volatile unsigned n = 0;

	for (int i = number(arg); i > 1; i--)
		if (fork() == 0)
			break;
	for (;;)
		n++;
}

/* Exit status 9 when it was not called as the manual says. */
static void
deed_facts(char *arg)
{
	const char *want = args[2] ? args[2] : "";
	char here[LINE];
	struct stat a, b;

	if (strcmp(args[1], "SCAN") != 0 || strcmp(want, arg) != 0 ||
	    strcmp(set_to("LSV_LIST"), arg) != 0 || !*set_to("LSV_ID") ||
	    !*set_to("PATH") || strcmp(set_to("LSV_NODE"), "n.example") != 0 ||
	    !getcwd(here, sizeof here) || strcmp(here, set_to("HOME")) != 0 ||
	    strcmp(here, set_to("TMPDIR")) != 0 || getsid(0) != getpid() ||
	    fstat(STDIN_FILENO, &a) < 0 || stat("spam.tmp", &b) < 0 ||
	    a.st_ino != b.st_ino || fcntl(3, F_GETFD) >= 0)
		_exit(9);
	/* it may write here, and run the programs of the system */
	if (fork() == 0) {
		execlp("cp", "cp", "spam.tmp", "copy", (char *)NULL);
		_exit(1);
	}
	wait(NULL);
	if (stat("copy", &b) < 0 || b.st_size != a.st_size)
		_exit(10);
}

static const struct {
	const char *name;
	void (*deed)(char *arg);
} deeds[] = {
    {"exit", deed_exit},
    {"say", deed_say},
    {"sleep", deed_sleep},
    {"hang", deed_hang},
    {"die", deed_die},
    {"bomb", deed_bomb},
    {"flood", deed_flood},
    {"close", deed_close},
    {"daemon", deed_daemon},
    {"reach", deed_reach},
    {"fill", deed_fill},
    {"deep", deed_deep},
    {"lock", deed_lock},
    {"eat", deed_eat},
    {"share", deed_share},
    {"kill", deed_kill},
    {"burn", deed_burn},
    {"facts", deed_facts},
};

/* One of "sleep 1; exit 2". */
static void
perform(char *what)
{
	char *arg;

	while (*what == ' ')
		what++;
	arg = strchr(what, ' ');
	if (arg)
		*arg++ = 0;
	for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
		if (strcmp(deeds[i].name, what) == 0) {
			deeds[i].deed(arg ? arg : words + strlen(words));
			return;
		}
	_exit(99);
}

int
main(int argc, char **argv)
{
	char *save = NULL;

	if (argc < 2)
		return 98;
	args = argv;
	while (fgets(words, sizeof words, stdin) && words[0] != '\n') {
		words[strcspn(words, "\r\n")] = 0;
		if (strncmp(words, "X-Do: ", 6) != 0)
			continue;
		for (char *w = strtok_r(words + 6, ";", &save); w;
		     w = strtok_r(NULL, ";", &save))
			perform(w);
		break;
	}
	return 0;
}
