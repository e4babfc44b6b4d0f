#include "lib/exitchild.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/confine.h"
#include "tests/unit/scratch.h"

#define MESSAGE "Subject: x\n\n\0\xff body\n"

enum { CANNOT = 127 }; /* exit code of one that cannot be run */

static const char *place;
static char program[PATH_MAX], exits[PATH_MAX];

/* struct child - one that ran
 *
 * dir, said, trouble  what it is given; before may change them
 * before   what its parent does to itself first; NULL for nothing
 * out      len bytes that it said, and a NUL
 * told     bytes that came out of trouble; err: as a number
 */
struct child {
	int dir, said, trouble;
	void (*before)(struct child *c);
	pid_t pid;
	int status;
	char out[65536];
	size_t len;
	ssize_t told;
	int err;
};

static struct child child;

static int
setup(void **state)
{
	if (scratch_enter(state) < 0 || mkdir("run", 0700) < 0 ||
	    mkdir("exits", 0700) < 0 || mkdir("hidden", 0700) < 0 ||
	    scratch_file("hidden/f", "secret\n", 7) < 0 ||
	    scratch_file("exits/f", "shared\n", 7) < 0 ||
	    scratch_file("run/" EXITRUN_FILE, MESSAGE, sizeof MESSAGE - 1) < 0)
		return -1;
	place = *state;
	snprintf(exits, sizeof exits, "%s/exits", place);
	child.before = NULL;
	return 0;
}

/* A program of those lines. */
static void
write_script(const char *path, const char *script)
{
	assert_int_equal(scratch_file(path, script, strlen(script)), 0);
	assert_int_equal(chmod(path, 0700), 0);
}

static struct exitrun_order
order(const char *path)
{
	return (struct exitrun_order){
	    .path = path,
	    .verb = "SCAN",
	    .list = "TEST-L",
	    .node = "n.example",
	    .id = "the-id",
	    .exits = exits,
	    .timeout_ms = 5000,
	    .memory = 256 << 20,
	};
}

/* An order for the script below exits. */
static struct exitrun_order
script(const char *lines)
{
	char text[4096];

	snprintf(text, sizeof text, "#!/bin/sh\n%s\n", lines);
	write_script("exits/x", text);
	snprintf(program, sizeof program, "%s/exits/x", place);
	return order(program);
}

/* --- running -------------------------------------------------------------- */

_Noreturn static void
become(const struct exitrun_order *o)
{
	struct confine c = {0};

	if (child.before)
		child.before(&child);
	if (confine_privileges(&c) < 0)
		_exit(1);
	exitchild_run(o, child.dir, child.said, child.trouble);
}

/* Start it: what it says comes from *said, and why not from *trouble. */
static void
start(const struct exitrun_order *o, int *said, int *trouble)
{
	int s[2], t[2];

	child.dir = open("run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(child.dir >= 0);
	assert_int_equal(pipe2(s, O_CLOEXEC), 0);
	assert_int_equal(pipe2(t, O_CLOEXEC), 0);
	child.said = s[1];
	child.trouble = t[1];
	child.pid = fork();
	if (child.pid == 0)
		become(o);
	assert_true(child.pid > 0);
	close(child.dir);
	close(s[1]);
	close(t[1]);
	*said = s[0];
	*trouble = t[0];
}

static void
hear_trouble(int fd)
{
	child.err = 0;
	child.told = read(fd, &child.err, sizeof child.err);
	close(fd);
}

static void
hear_out(int fd)
{
	ssize_t n;

	child.len = 0;
	while ((n = read(fd, child.out + child.len,
		    sizeof child.out - 1 - child.len)) > 0)
		child.len += (size_t)n;
	assert_int_equal(n, 0);
	child.out[child.len] = 0;
	close(fd);
}

static void
run(const struct exitrun_order *o)
{
	int said, trouble;

	start(o, &said, &trouble);
	hear_out(said);
	hear_trouble(trouble);
	assert_int_equal(waitpid(child.pid, &child.status, 0), child.pid);
}

/* It ran, and said this. */
static void
says(const struct exitrun_order *o, const char *out)
{
	run(o);
	assert_int_equal(child.err, 0);
	assert_int_equal(child.told, 0);
	assert_string_equal(child.out, out);
	assert_int_equal(child.len, strlen(out));
	assert_true(WIFEXITED(child.status));
	assert_int_equal(WEXITSTATUS(child.status), 0);
}

static void
expect(const char *lines, const char *out)
{
	struct exitrun_order o = script(lines);

	says(&o, out);
}

/* It could not be run, and that is all that is heard of it. */
static void
cannot(const struct exitrun_order *o, int err)
{
	run(o);
	assert_int_equal(child.err, err);
	assert_int_equal(child.told, sizeof child.err);
	assert_string_equal(child.out, "");
	assert_true(WIFEXITED(child.status));
	assert_int_equal(WEXITSTATUS(child.status), CANNOT);
}

/* --- what the kernel can -------------------------------------------------- */

static int
landlock(void)
{
	const struct confine_path p = {".", CONFINE_WRITE};
	struct confine c = {0};

	if (confine_privileges(&c) < 0 || confine_paths(&c, &p, 1) < 0)
		return -1;
	return c.landlock > 0;
}

static int
scope(void)
{
	struct confine c = {0};

	return confine_privileges(&c) < 0 ? -1 : confine_signals();
}

static int
filter(void)
{
	struct confine c = {0};

	if (confine_privileges(&c) < 0 || confine_calls(&c, 0) < 0)
		return -1;
	return c.calls > 0;
}

static int
kernel_has(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_in_range(WEXITSTATUS(status), 0, 1);
	return WEXITSTATUS(status);
}

/* --- what it gets --------------------------------------------------------- */

static void
standard_input_is_the_message_byte_for_byte(void **state)
{
	struct exitrun_order o = script("cat");

	(void)state;
	run(&o);
	assert_int_equal(child.len, sizeof MESSAGE - 1);
	assert_memory_equal(child.out, MESSAGE, sizeof MESSAGE - 1);
	expect("(echo x >&0) 2>/dev/null || echo read only", "read only\n");
	assert_int_equal(
	    scratch_file("run/" EXITRUN_FILE, "", 0), 0); /* nothing, then */
	expect("cat", "");
}

static void
both_outputs_come_in_their_order(void **state)
{
	(void)state;
	expect("echo a; echo b >&2; echo c; echo d >&2", "a\nb\nc\nd\n");
}

static void
its_exit_status_is_its_own(void **state)
{
	struct exitrun_order o = script("exit 42");

	(void)state;
	run(&o);
	assert_int_equal(child.told, 0);
	assert_true(WIFEXITED(child.status));
	assert_int_equal(WEXITSTATUS(child.status), 42);
	o = script("kill -KILL $$");
	run(&o);
	assert_int_equal(child.told, 0);
	assert_true(WIFSIGNALED(child.status));
	assert_int_equal(WTERMSIG(child.status), SIGKILL);
}

/* With env(1) itself: a shell adds to its environment. */
static void
its_environment_is_these_six_and_nothing_else(void **state)
{
	struct exitrun_order o = order("/usr/bin/env");
	char want[3 * PATH_MAX];

	(void)state;
	setenv("SECRET", "x", 1);
	setenv("LD_LIBRARY_PATH", "/nonexistent", 1);
	setenv("LSV_SPOOL", "/nonexistent", 1);
	o.verb = "-u";
	o.list = "A-L";
	o.node = "n.example b=c";
	o.id = "i\n";
	snprintf(want, sizeof want,
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	    "\nHOME=%s/run\nTMPDIR=%s/run\nLSV_NODE=n.example b=c\n"
	    "LSV_LIST=A-L\nLSV_ID=i\n\n",
	    place, place);
	says(&o, want);
	unsetenv("SECRET");
	unsetenv("LD_LIBRARY_PATH");
	unsetenv("LSV_SPOOL");
}

static void
what_is_not_known_is_empty_in_its_environment(void **state)
{
	static const char end[] = "LSV_NODE=\0LSV_LIST=\0LSV_ID=";
	struct exitrun_order o = order("/usr/bin/env");

	(void)state;
	o.verb = "-0";
	o.list = o.node = o.id = NULL;
	run(&o);
	assert_true(child.len > sizeof end);
	assert_memory_equal(
	    child.out + child.len - sizeof end, end, sizeof end);
	o.list = o.node = o.id = "";
	run(&o);
	assert_memory_equal(
	    child.out + child.len - sizeof end, end, sizeof end);
}

static void
its_arguments_are_verb_and_list(void **state)
{
	static const char cmdline[] = "/bin/cat\0/proc/self/cmdline";
	struct exitrun_order o;

	(void)state;
	expect("printf '[%s]' \"$@\"", "[SCAN][TEST-L]");
	o = script("printf '[%s]' \"$@\"");
	o.list = "A B'\"$x *";
	says(&o, "[SCAN][A B'\"$x *]");
	o.verb = "REPORT";
	o.list = "";
	says(&o, "[REPORT]");
	o.list = NULL;
	says(&o, "[REPORT]");
	/* its own name, as the kernel has it */
	o.path = "/bin/cat";
	o.verb = "/proc/self/cmdline";
	run(&o);
	assert_int_equal(child.len, sizeof cmdline);
	assert_memory_equal(child.out, cmdline, sizeof cmdline);
}

static void
it_starts_in_its_directory_and_its_files_are_its_own(void **state)
{
	struct exitrun_order o = script("pwd -P; ls; umask; : >new");
	char want[PATH_MAX + 64];
	struct stat st;

	(void)state;
	umask(0);
	snprintf(want, sizeof want, "%s/run\n%s\n0077\n", place, EXITRUN_FILE);
	says(&o, want);
	umask(022);
	assert_int_equal(stat("run/new", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* --- descriptors ---------------------------------------------------------- */

static void
many_descriptors(struct child *c)
{
	(void)c;
	for (int fd = 20; fd < 250; fd += 7)
		dup2(STDERR_FILENO, fd);
	dup2(STDERR_FILENO, 3000);
}

/* ls sees those of the shell, which goes on behind it. */
static void
it_has_three_descriptors(void **state)
{
	struct exitrun_order o = script("exec sh -c 'ls /proc/$$/fd; exit 0'");

	(void)state;
	child.before = many_descriptors;
	says(&o, "0\n1\n2\n");
}

static void
moved(struct child *c, int dir, int said, int trouble)
{
	int d = fcntl(c->dir, F_DUPFD_CLOEXEC, 20);
	int s = fcntl(c->said, F_DUPFD_CLOEXEC, 20);
	int t = fcntl(c->trouble, F_DUPFD_CLOEXEC, 20);

	/* no other end of a pipe is left */
	if (d < 0 || s < 0 || t < 0 || close_range(3, 19, 0) < 0 ||
	    dup3(d, dir, O_CLOEXEC) < 0 || dup3(s, said, O_CLOEXEC) < 0 ||
	    dup3(t, trouble, O_CLOEXEC) < 0)
		_exit(1);
	close_range(20, UINT_MAX, 0);
	c->dir = dir;
	c->said = said;
	c->trouble = trouble;
}

static const int (*places)[3];

static void
move(struct child *c)
{
	moved(c, (*places)[0], (*places)[1], (*places)[2]);
}

static unsigned lowest; /* of 0, 1 and 2 that its parent does not have */

static void
move_without(struct child *c)
{
	move(c);
	close_range(lowest, 2, 0);
}

static void
descriptors_may_stand_anywhere(void **state)
{
	static const int all[][3] = {{3, 4, 5}, {3, 5, 4}, {4, 3, 5}, {5, 3, 4},
	    {4, 5, 3}, {5, 4, 3}, {4, 5, 6}, {6, 9, 12}};
	struct exitrun_order good = script("cat; echo b >&2"), bad = good;

	(void)state;
	assert_int_equal(scratch_file("run/" EXITRUN_FILE, "a\n", 2), 0);
	bad.path = "/nonexistent";
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		places = all + i;
		child.before = move;
		says(&good, "a\nb\n");
		cannot(&bad, ENOENT);
		child.before = move_without;
		for (lowest = 0; lowest <= 2; lowest++) {
			says(&good, "a\nb\n");
			cannot(&bad, ENOENT);
		}
	}
}

static void
that_it_runs_is_heard_while_it_runs(void **state)
{
	struct exitrun_order o =
	    script("until [ -e go ]; do sleep 0.02; done; echo gone");
	int said, trouble;

	(void)state;
	start(&o, &said, &trouble);
	hear_trouble(trouble);
	assert_int_equal(child.told, 0);
	assert_int_equal(waitpid(child.pid, &child.status, WNOHANG), 0);
	assert_int_equal(scratch_file("run/go", "", 0), 0);
	hear_out(said);
	assert_string_equal(child.out, "gone\n");
	assert_int_equal(waitpid(child.pid, &child.status, 0), child.pid);
}

/* --- its process ---------------------------------------------------------- */

/* The text behind a name at the start of a line of what it said. */
static const char *
line_of(const char *name)
{
	const char *at = strstr(child.out, name);

	while (at && at != child.out && at[-1] != '\n')
		at = strstr(at + 1, name);
	assert_non_null(at);
	return at + strlen(name);
}

static void
print_file(const char *path)
{
	struct exitrun_order o = order("/bin/cat");

	o.verb = path;
	o.list = NULL;
	run(&o);
	assert_int_equal(child.err, 0);
	assert_true(WIFEXITED(child.status));
	assert_int_equal(WEXITSTATUS(child.status), 0);
}

static void
signals_as_no_program_wants_them(struct child *c)
{
	sigset_t all;

	(void)c;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (int i = 1; i <= SIGRTMAX; i++)
		signal(i, SIG_IGN);
}

/* But for a write over the limit, which fails instead: see confine.h.  The two
 * signals below SIGRTMIN are the C library's own: what posix_spawn(3) starts
 * ignores them, make(1) for one, and nobody can change that. */
static void
its_signals_are_those_of_any_program(void **state)
{
	const uint64_t of_libc = UINT64_C(3) << 31;
	const char *ignored, *caught;

	(void)state;
	child.before = signals_as_no_program_wants_them;
	print_file("/proc/self/status");
	assert_memory_equal(line_of("SigBlk:\t"), "0000000000000000\n", 17);
	ignored = line_of("SigIgn:\t");
	caught = line_of("SigCgt:\t");
	assert_int_equal(strtoull(ignored, NULL, 16) & ~of_libc,
	    UINT64_C(1) << (SIGXFSZ - 1));
	assert_memory_equal(caught, "0000000000000000\n", 17);
}

/* The n-th number behind "pid (command) state" of proc(5), stat. */
static long
stat_number(int n)
{
	char *at = strrchr(child.out, ')');
	long number = 0;

	assert_non_null(at);
	for (at += 3; n > 0; n--)
		number = strtol(at, &at, 10);
	return number;
}

static void
it_has_a_session_of_its_own_behind_its_caller(void **state)
{
	enum { GROUP = 2, SESSION = 3, NICE = 16 };

	(void)state;
	print_file("/proc/self/stat");
	assert_int_equal(strtol(child.out, NULL, 10), child.pid);
	assert_int_equal(stat_number(GROUP), child.pid);
	assert_int_equal(stat_number(SESSION), child.pid);
	assert_int_equal(
	    stat_number(NICE), getpriority(PRIO_PROCESS, 0) + EXITRUN_NICE);
}

static void
last_of_all(struct child *c)
{
	(void)c;
	if (setpriority(PRIO_PROCESS, 0, 18) < 0)
		_exit(1);
}

static void
it_runs_where_its_caller_is_far_behind(void **state)
{
	struct exitrun_order o = script("exec nice");

	(void)state;
	child.before = last_of_all;
	says(&o, "19\n");
}

/* --- limits --------------------------------------------------------------- */

static uint64_t
limit_of(const char *name, int which)
{
	char *end;
	uint64_t soft = strtoull(line_of(name), &end, 10);

	return which ? strtoull(end, NULL, 10) : soft;
}

static void
both_limits(const char *name, uint64_t n)
{
	assert_int_equal(limit_of(name, 0), n);
	assert_int_equal(limit_of(name, 1), n);
}

static void
its_limits_are_set(void **state)
{
	(void)state;
	print_file("/proc/self/limits");
	assert_int_equal(limit_of("Max cpu time", 0), 6);
	assert_int_equal(limit_of("Max cpu time", 1), 7);
	both_limits("Max file size", EXITRUN_DIR_MAX);
	both_limits("Max open files", EXITRUN_NOFILE);
	both_limits("Max core file size", 0);
	if (!getenv("LSV_SANITIZED")) /* which needs all of it */
		both_limits("Max address space", 256 << 20);
	assert_true(limit_of("Max processes", 0) > EXITRUN_PROCESSES);
	assert_int_equal(
	    limit_of("Max processes", 0), limit_of("Max processes", 1));
}

static void
limit_more(struct child *c)
{
	const struct rlimit files = {40, 50}, cpu = {2, 3};

	(void)c;
	if (setrlimit(RLIMIT_NOFILE, &files) < 0 ||
	    setrlimit(RLIMIT_CPU, &cpu) < 0)
		_exit(1);
}

static void
a_limit_that_is_lower_already_stays(void **state)
{
	(void)state;
	child.before = limit_more;
	print_file("/proc/self/limits");
	both_limits("Max open files", 50);
	both_limits("Max cpu time", 3);
}

static void
a_file_over_its_limit_is_an_error_and_no_signal(void **state)
{
	(void)state;
	expect("truncate -s 268435456 f && echo all\n"
	       "LC_ALL=C truncate -s 268435457 f 2>&1 | grep -o 'too large'\n"
	       "stat -c %s f",
	    "all\ntoo large\n268435456\n");
}

static void
time_on_the_processor_is_limited(void **state)
{
	struct exitrun_order o = script("while :; do :; done");

	(void)state;
	o.timeout_ms = 999;
	run(&o);
	assert_true(WIFSIGNALED(child.status));
	assert_int_equal(WTERMSIG(child.status), SIGXCPU);
	o = script("trap '' XCPU; while :; do :; done");
	o.timeout_ms = 0;
	run(&o);
	assert_true(WIFSIGNALED(child.status));
	assert_int_equal(WTERMSIG(child.status), SIGKILL);
}

/* --- confinement ---------------------------------------------------------- */

static void
it_gains_no_privileges_and_its_calls_are_filtered(void **state)
{
	(void)state;
	print_file("/proc/self/status");
	assert_memory_equal(line_of("NoNewPrivs:\t"), "1\n", 2);
	if (!kernel_has(filter))
		return;
	assert_memory_equal(line_of("Seccomp:\t"), "2\n", 2);
	expect("ln -s x y 2>/dev/null || echo no link\n"
	       "unshare -U true 2>/dev/null || echo no namespace\n"
	       "perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) && "
	       "print \"a socket\n\"'",
	    "no link\nno namespace\na socket\n");
}

static void
it_writes_in_its_directory_alone(void **state)
{
	struct exitrun_order o =
	    script("mkdir d && echo x >d/f && mv d/f g && rm g && ls -d d\n"
		   "for i in ../new ../exits/new ../hidden/new /tmp/$LSV_ID\n"
		   "do (: >$i) 2>/dev/null && echo wrote $i; done\n"
		   "(echo x >>../exits/f) 2>/dev/null && echo changed f\n"
		   "echo x >/dev/null && echo end");

	(void)state;
	if (kernel_has(landlock))
		says(&o, "d\nend\n");
}

static void
it_reads_the_system_and_its_exits_and_nothing_of_ours(void **state)
{
	struct exitrun_order o = script(
	    "cat ../exits/f; [ -s /etc/passwd ] && head -c 0 /etc/passwd && "
	    "echo system\n"
	    "cat ../hidden/f 2>/dev/null; ls ../hidden 2>/dev/null\n"
	    "ls .. 2>/dev/null; ls / 2>/dev/null; echo end");

	(void)state;
	if (kernel_has(landlock))
		says(&o, "shared\nsystem\nend\n");
}

static void
it_executes_what_it_did_not_write(void **state)
{
	struct exitrun_order o =
	    script("../exits/other; cp ../exits/other mine; ls mine\n"
		   "./mine 2>/dev/null; ../hidden/other 2>/dev/null; echo end");

	(void)state;
	write_script("exits/other", "#!/bin/sh\necho other\n");
	write_script("hidden/other", "#!/bin/sh\necho hidden\n");
	if (kernel_has(landlock))
		says(&o, "other\nmine\nend\n");
}

static void
a_program_from_elsewhere_can_be_executed_itself(void **state)
{
	struct exitrun_order o = order(program);

	(void)state;
	write_script("hidden/x", "#!/bin/sh\necho hidden; cat ../hidden/f\n");
	snprintf(program, sizeof program, "%s/hidden/x", place);
	if (!kernel_has(landlock))
		return;
	run(&o);
	assert_int_equal(child.told, 0);
	assert_memory_equal(child.out, "hidden\ncat: ", 12);
	/* and through a link, as a ready exit is named */
	assert_int_equal(symlink(program, "exits/link"), 0);
	snprintf(program, sizeof program, "%s/exits/link", place);
	run(&o);
	assert_int_equal(child.told, 0);
	assert_memory_equal(child.out, "hidden\ncat: ", 12);
}

static void
no_signal_of_it_leaves_its_processes(void **state)
{
	struct exitrun_order o =
	    script("kill -0 $PPID 2>/dev/null && echo parent\n"
		   "sleep 100 & { kill $! && wait $!; } 2>/dev/null\n"
		   "echo $(($? - 128))");

	(void)state;
	if (kernel_has(scope))
		says(&o, "15\n");
}

/* --- when it cannot be run ------------------------------------------------ */

static void
it_is_told_why_it_cannot_be_run(void **state)
{
	struct exitrun_order o = order("/nonexistent/exit");

	(void)state;
	cannot(&o, ENOENT);
	o = order("/");
	cannot(&o, EACCES);
	o = order("/etc/passwd/exit");
	cannot(&o, ENOTDIR);
	o = script("echo here");
	assert_int_equal(chmod("exits/x", 0600), 0);
	cannot(&o, EACCES);
	write_script("exits/x", "");
	cannot(&o, ENOEXEC);
	write_script("exits/x", "echo no interpreter\n");
	cannot(&o, ENOEXEC);
	write_script("exits/x", "#!/nonexistent/interpreter\n");
	cannot(&o, ENOENT);
}

static void
an_interpreter_out_of_reach_is_told(void **state)
{
	struct exitrun_order o = script("");
	char text[PATH_MAX];

	(void)state;
	write_script("hidden/x", "#!/bin/sh\necho hidden\n");
	snprintf(text, sizeof text, "#!%s/hidden/x\n", place);
	write_script("exits/x", text);
	if (kernel_has(landlock))
		cannot(&o, EACCES);
}

static void
an_argument_too_long_for_the_kernel_is_told(void **state)
{
	static char list[1 << 20];
	struct exitrun_order o = script("echo here");

	(void)state;
	memset(list, 'A', sizeof list - 1);
	o.list = list;
	cannot(&o, E2BIG);
}

/* The lowest descriptor is somebody else's file. */
static void
a_file_at_3(struct child *c)
{
	int fd;

	moved(c, 5, 6, 7);
	fd = open("theirs", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || (fd != 3 && dup2(fd, 3) != 3))
		_exit(1);
}

static void
no_directory(struct child *c)
{
	a_file_at_3(c);
	close(c->dir);
}

static void
no_descriptor_for_its_output(struct child *c)
{
	a_file_at_3(c);
	close(c->said);
}

static void
what_is_missing_is_told_to_nobody_else(void **state)
{
	struct exitrun_order o = script("echo here");

	(void)state;
	child.before = no_directory;
	cannot(&o, EBADF);
	child.before = no_descriptor_for_its_output;
	cannot(&o, EBADF);
	child.before = a_file_at_3;
	assert_int_equal(unlink("run/" EXITRUN_FILE), 0);
	cannot(&o, ENOENT);
	assert_string_equal(scratch_text("theirs"), "");
	child.before = NULL;
	cannot(&o, ENOENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, scratch_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(standard_input_is_the_message_byte_for_byte),
	    TEST(both_outputs_come_in_their_order),
	    TEST(its_exit_status_is_its_own),
	    TEST(its_environment_is_these_six_and_nothing_else),
	    TEST(what_is_not_known_is_empty_in_its_environment),
	    TEST(its_arguments_are_verb_and_list),
	    TEST(it_starts_in_its_directory_and_its_files_are_its_own),
	    TEST(it_has_three_descriptors),
	    TEST(descriptors_may_stand_anywhere),
	    TEST(that_it_runs_is_heard_while_it_runs),
	    TEST(its_signals_are_those_of_any_program),
	    TEST(it_has_a_session_of_its_own_behind_its_caller),
	    TEST(it_runs_where_its_caller_is_far_behind),
	    TEST(its_limits_are_set),
	    TEST(a_limit_that_is_lower_already_stays),
	    TEST(a_file_over_its_limit_is_an_error_and_no_signal),
	    TEST(time_on_the_processor_is_limited),
	    TEST(it_gains_no_privileges_and_its_calls_are_filtered),
	    TEST(it_writes_in_its_directory_alone),
	    TEST(it_reads_the_system_and_its_exits_and_nothing_of_ours),
	    TEST(it_executes_what_it_did_not_write),
	    TEST(a_program_from_elsewhere_can_be_executed_itself),
	    TEST(no_signal_of_it_leaves_its_processes),
	    TEST(it_is_told_why_it_cannot_be_run),
	    TEST(an_interpreter_out_of_reach_is_told),
	    TEST(an_argument_too_long_for_the_kernel_is_told),
	    TEST(what_is_missing_is_told_to_nobody_else),
	};

	return cmocka_run_group_tests_name("exitchild", tests, NULL, NULL);
}
