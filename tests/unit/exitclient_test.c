#include "lib/exitclient.h"

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
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/exitopts.h"
#include "lib/msg.h"
#include "tests/unit/scratch.h"

#define MESSAGE "Subject: x\n\nhello\n"

enum { KEPT = 65536 }; /* bytes of each output */

static const char usage[] = "usage: exit SCAN [LIST] | REPORT";

/* In the child, before the exit; NULL for nothing. */
static void (*before)(void);

/* struct ended - an exit that ended
 *
 * code    its exit code; -1: a signal
 * out, err  what it wrote, NUL-terminated
 */
static struct ended {
	int code;
	char out[4096], err[4096];
} ended;

static int
setup(void **state)
{
	char path[PATH_MAX];

	before = NULL;
	if (scratch_enter(state) < 0 || mkdir("bin", 0700) < 0 ||
	    mkdir("exits", 0700) < 0 ||
	    scratch_file("message", MESSAGE, sizeof MESSAGE - 1) < 0)
		return -1;
	snprintf(
	    path, sizeof path, "%s/bin:/usr/bin:/bin", (const char *)*state);
	return setenv("PATH", path, 1);
}

/* The client, found in PATH. */
static void
client_is(const char *script)
{
	char text[1024];

	snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
	assert_int_equal(scratch_file("bin/client", text, strlen(text)), 0);
	assert_int_equal(chmod("bin/client", 0700), 0);
}

static void
options(const char *text)
{
	assert_int_equal(scratch_file("exits/x.conf", text, strlen(text)), 0);
}

/* --- what reads the client ------------------------------------------------ */

static int answer; /* of either */

static int
tell(stralloc *why, const char *verb, const struct exitsay *s)
{
	char text[160];
	int out = s->out.len < 50 ? (int)s->out.len : 50;
	int err = s->err.len < 50 ? (int)s->err.len : 50;

	snprintf(text, sizeof text, "%s %d %zu[%.*s] %zu[%.*s]", verb,
	    s->status, s->out.len, out, s->out.s, s->err.len, err, s->err.s);
	return sa_puts(why, text) < 0 ? -1 : answer;
}

static int
say_scan(stralloc *why, const struct exitsay *s)
{
	return tell(why, "scan", s);
}

static int
say_report(stralloc *why, const struct exitsay *s)
{
	return tell(why, "report", s);
}

static const struct exitclient plain = {
    usage, "client", {NULL}, {{NULL}, say_scan}, {{NULL}, say_report}};
static const struct exitclient wordy = {usage, "client", {"-first", "a b", ""},
    {{"scan", "last"}, say_scan}, {{"report"}, say_report}};

/* --- running -------------------------------------------------------------- */

/* An output that was not closed before. */
static int
goes_to(int fd, const char *path)
{
	int f = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return f < 0 || dup2(f, fd) < 0 ? -1 : close(f);
}

static int
comes_from(int fd, const char *path)
{
	int f = open(path, O_RDONLY | O_CLOEXEC);

	return f < 0 || dup2(f, fd) < 0 ? -1 : close(f);
}

static pid_t
start(const struct exitclient *c, const char *const *word)
{
	char *argv[8] = {NULL};
	int argc = 0;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	msg_prog = "exit";
	while (word[argc]) {
		argv[argc] = strdup(word[argc]);
		argc++;
	}
	if (comes_from(STDIN_FILENO, "message") < 0 ||
	    goes_to(STDOUT_FILENO, "out") < 0 ||
	    goes_to(STDERR_FILENO, "err") < 0)
		_exit(99);
	if (before)
		before();
	_exit(exitclient_main(c, argc, argv));
}

static void
wait_for(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	snprintf(ended.out, sizeof ended.out, "%s", scratch_text("out"));
	snprintf(ended.err, sizeof ended.err, "%s", scratch_text("err"));
}

#define RUN(c, ...) wait_for(start(c, (const char *const[]){__VA_ARGS__, NULL}))

/* What a scan with this client says; the exit's code is that of the reader. */
static void
expect(const char *out)
{
	RUN(&plain, "exits/x", "SCAN");
	assert_string_equal(ended.out, out);
	assert_string_equal(ended.err, "");
	assert_int_equal(ended.code, answer);
}

/* --- the client ----------------------------------------------------------- */

static void
the_client_gets_the_whole_message(void **state)
{
	(void)state;
	client_is("cat");
	expect("scan 0 18[" MESSAGE "] 0[]\n");
	assert_int_equal(scratch_file("message", "", 0), 0);
	expect("scan 0 0[] 0[]\n");
}

static void
the_client_gets_its_words_and_no_shell_reads_them(void **state)
{
	(void)state;
	client_is("printf '<%s>' \"$@\"");
	options("-d $HOME *\n'\"` # remark");
	RUN(&wordy, "exits/x", "SCAN");
	assert_string_equal(ended.out,
	    "scan 0 46[<-first><a b><><-d><$HOME><*><'\"`><scan><last>] 0[]\n");
	RUN(&wordy, "exits/x", "REPORT");
	assert_string_equal(ended.out,
	    "report 0 42[<-first><a b><><-d><$HOME><*><'\"`><report>] 0[]\n");
}

static void
the_name_of_a_list_is_not_passed_on(void **state)
{
	(void)state;
	client_is("echo $#");
	RUN(&plain, "exits/x", "SCAN", "TEST-L");
	assert_string_equal(ended.out, "scan 0 2[0\n] 0[]\n");
	RUN(&plain, "exits/x", "SCAN", "");
	assert_string_equal(ended.out, "scan 0 2[0\n] 0[]\n");
}

static void
scan_and_report_have_readers_of_their_own(void **state)
{
	(void)state;
	client_is("echo out; echo err >&2; exit 7");
	RUN(&plain, "exits/x", "SCAN");
	assert_string_equal(ended.out, "scan 7 4[out\n] 4[err\n]\n");
	RUN(&plain, "exits/x", "REPORT");
	assert_string_equal(ended.out, "report 7 4[out\n] 4[err\n]\n");
}

static void
the_status_of_the_client_is_read_and_not_returned(void **state)
{
	(void)state;
	client_is("exit 1");
	expect("scan 1 0[] 0[]\n");
	client_is("exit 127");
	expect("scan 127 0[] 0[]\n");
	client_is("exit 111");
	expect("scan 111 0[] 0[]\n");
}

static void
the_reader_decides_what_the_exit_returns(void **state)
{
	static const int all[] = {
	    EXITSAY_GO, EXITSAY_WHITELISTED, EXITSAY_REJECT, EXITSAY_FAILED};

	(void)state;
	client_is("exit 0");
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		answer = all[i];
		expect("scan 0 0[] 0[]\n");
	}
	answer = -1;
	RUN(&plain, "exits/x", "SCAN");
	assert_string_equal(ended.out, "");
	assert_memory_equal(ended.err, "exit: fatal: unable to answer", 29);
	assert_int_equal(ended.code, EXITSAY_FAILED);
	answer = 0;
}

/* --- a client that does not do its work ----------------------------------- */

static void
an_absent_client_is_a_failure(void **state)
{
	static const char absent[] =
	    "exit: fatal: unable to run client: No such file or directory\n";
	static const char denied[] =
	    "exit: fatal: unable to run client: Permission denied\n";

	(void)state;
	RUN(&plain, "exits/x", "SCAN");
	assert_string_equal(ended.err, absent);
	assert_string_equal(ended.out, "");
	assert_int_equal(ended.code, EXITSAY_FAILED);
	RUN(&plain, "exits/x", "REPORT");
	assert_string_equal(ended.err, absent);
	assert_int_equal(ended.code, EXITSAY_FAILED);
	client_is("echo here");
	assert_int_equal(chmod("bin/client", 0600), 0);
	RUN(&plain, "exits/x", "SCAN");
	assert_string_equal(ended.err, denied);
	assert_int_equal(ended.code, EXITSAY_FAILED);
}

static void
a_client_that_dies_is_told_by_its_signal(void **state)
{
	(void)state;
	client_is("kill -KILL $$");
	expect("scan 137 0[] 0[]\n");
	client_is("echo half; kill -SEGV $$");
	expect("scan 139 5[half\n] 0[]\n");
	client_is("kill -PIPE $$");
	expect("scan 141 0[] 0[]\n");
}

static void
a_client_that_reads_nothing_is_none_the_worse(void **state)
{
	static char big[1 << 20];

	(void)state;
	assert_int_equal(scratch_file("message", big, sizeof big), 0);
	client_is("exec <&-; echo ok");
	expect("scan 0 3[ok\n] 0[]\n");
}

static void
a_flood_is_read_and_cut(void **state)
{
	(void)state;
	client_is("head -c 5000000 /dev/zero | tr '\\0' o\n"
		  "head -c 5000000 /dev/zero | tr '\\0' e >&2\n"
		  "head -c 5000000 /dev/zero | tr '\\0' O; exit 3");
	expect(
	    "scan 3 65536[oooooooooooooooooooooooooooooooooooooooooooooooooo] "
	    "65536[eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee]\n");
}

static void
both_outputs_may_be_flooded_at_once(void **state)
{
	(void)state;
	client_is("head -c 5000000 /dev/zero | tr '\\0' o &\n"
		  "head -c 5000000 /dev/zero | tr '\\0' e >&2\nwait");
	expect(
	    "scan 0 65536[oooooooooooooooooooooooooooooooooooooooooooooooooo] "
	    "65536[eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee]\n");
}

static int
say_ends(stralloc *why, const struct exitsay *s)
{
	char text[32];

	snprintf(text, sizeof text, "%zu %d %d", s->out.len, s->out.s[0],
	    s->out.s[s->out.len - 1]);
	return sa_puts(why, text) < 0 ? -1 : 0;
}

static void
what_fits_is_kept_to_its_last_byte(void **state)
{
	static const struct exitclient ends = {
	    usage, "client", {NULL}, {{NULL}, say_ends}, {{NULL}, say_ends}};
	char script[80], want[32];

	(void)state;
	for (int n = KEPT - 1; n <= KEPT + 1; n++) {
		/* a byte 0 and one of 255 are bytes as all */
		snprintf(script, sizeof script,
		    "head -c %d /dev/zero; printf '\\377\\377'", n - 1);
		client_is(script);
		snprintf(want, sizeof want, "%d 0 %d\n",
		    n < KEPT ? n + 1 : KEPT, n <= KEPT ? (char)-1 : 0);
		RUN(&ends, "exits/x", "SCAN");
		assert_string_equal(ended.out, want);
	}
}

/* The process ID that the client wrote down. */
static pid_t
client_pid(void)
{
	const char *text = NULL;

	for (int i = 0; i < 500; i++) {
		text = scratch_text("pid");
		if (text && strchr(text, '\n'))
			return (pid_t)strtol(text, NULL, 10);
		usleep(20000);
	}
	fail_msg("no client");
	return -1;
}

/* lsv-scan(8) limits its time; nothing is answered before. */
static void
a_client_that_hangs_is_waited_for(void **state)
{
	static const char *const word[] = {"exits/x", "SCAN", NULL};
	static const char *const hang[] = {"exec sleep 1000",
	    "exec >&- 2>&-; exec sleep 1000", "exec 2>&-; exec sleep 1000"};
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < sizeof hang / sizeof hang[0]; i++) {
		char script[100];

		snprintf(script, sizeof script, "echo told; echo $$ >pid; %s",
		    hang[i]);
		client_is(script);
		pid = start(&plain, word);
		assert_true(pid > 0);
		assert_int_equal(kill(client_pid(), 0), 0);
		usleep(200000);
		assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
		assert_string_equal(scratch_text("out"), "");
		assert_int_equal(kill(client_pid(), SIGTERM), 0);
		wait_for(pid);
		assert_string_equal(ended.out, "scan 143 5[told\n] 0[]\n");
		assert_int_equal(ended.code, 0);
		assert_int_equal(unlink("pid"), 0);
	}
}

static void
ignore(int sig)
{
	(void)sig;
}

static void
ticks(void)
{
	const struct itimerval t = {{0, 2000}, {0, 2000}};
	const struct sigaction a = {.sa_handler = ignore};

	if (sigaction(SIGALRM, &a, NULL) < 0 ||
	    setitimer(ITIMER_REAL, &t, NULL) < 0)
		_exit(99);
}

static void
signals_do_not_disturb_the_exit(void **state)
{
	(void)state;
	before = ticks;
	client_is("sleep 0.1; echo a; sleep 0.1; exec >&- 2>&-; sleep 0.1");
	expect("scan 0 2[a\n] 0[]\n");
}

/* --- the options of the site ---------------------------------------------- */

static void
options_are_in_the_file_beside_the_exit(void **state)
{
	(void)state;
	client_is("echo $*");
	expect("scan 0 1[\n] 0[]\n"); /* there is none */
	options("");
	expect("scan 0 1[\n] 0[]\n");
	options("# nothing\n\n  \t# yet");
	expect("scan 0 1[\n] 0[]\n");
	options("-h mail # there\n-p\t783");
	expect("scan 0 15[-h mail -p 783\n] 0[]\n");
	/* that of another is not ours */
	RUN(&plain, "exits/y", "SCAN");
	assert_string_equal(ended.out, "scan 0 1[\n] 0[]\n");
	assert_int_equal(chdir("bin"), 0);
	assert_int_equal(scratch_file("message", "", 0), 0);
	RUN(&plain, "../exits/x", "SCAN");
	assert_string_equal(ended.out, "scan 0 15[-h mail -p 783\n] 0[]\n");
	assert_int_equal(chdir(".."), 0);
}

static void
options_may_be_as_many_and_as_long_as_is_said(void **state)
{
	char text[EXITOPTS_BYTES + 1];

	(void)state;
	client_is("echo $# ${#64}");
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = 0;
	for (size_t i = 0; i < EXITOPTS_WORDS - 1; i++)
		text[2 * i + 1] = ' ';
	options(text);
	expect("scan 0 8[64 3970\n] 0[]\n");
}

/* Nothing runs, and a person is told. */
static void
refuses(const char *err)
{
	RUN(&plain, "exits/x", "SCAN");
	assert_string_equal(ended.err, err);
	assert_string_equal(ended.out, "");
	assert_int_equal(ended.code, LSV_PERM);
	assert_null(scratch_text("ran"));
}

static void
options_that_cannot_be_used_are_for_a_person(void **state)
{
	char text[EXITOPTS_BYTES + 2];

	(void)state;
	client_is(": >ran");
	memset(text, ' ', sizeof text);
	text[sizeof text - 1] = 0;
	options(text);
	refuses("exit: fatal: unable to read exits/x.conf: File too large\n");
	for (size_t i = 0; i <= EXITOPTS_WORDS; i++)
		text[2 * i] = 'x';
	text[EXITOPTS_BYTES] = 0;
	options(text);
	refuses("exit: fatal: exits/x.conf: too many words\n");
	assert_int_equal(scratch_file("exits/x.conf", "-a\0-b", 5), 0);
	refuses("exit: fatal: exits/x.conf: a byte 0\n");
}

static void
options_that_cannot_be_read_are_for_a_person(void **state)
{
	(void)state;
	client_is(": >ran");
	options("-a");
	assert_int_equal(rename("exits/x.conf", "real"), 0);
	assert_int_equal(symlink("../real", "exits/x.conf"), 0);
	refuses("exit: fatal: unable to read exits/x.conf: "
		"Too many levels of symbolic links\n");
	assert_int_equal(unlink("exits/x.conf"), 0);
	assert_int_equal(mkdir("exits/x.conf", 0700), 0);
	refuses("exit: fatal: unable to read exits/x.conf: Invalid argument\n");
	assert_int_equal(rmdir("exits/x.conf"), 0);
	assert_int_equal(mkfifo("exits/x.conf", 0600), 0);
	refuses("exit: fatal: unable to read exits/x.conf: Invalid argument\n");
	assert_int_equal(unlink("exits/x.conf"), 0);
	if (geteuid() == 0)
		return; /* reads all */
	options("-a");
	assert_int_equal(chmod("exits/x.conf", 0), 0);
	refuses(
	    "exit: fatal: unable to read exits/x.conf: Permission denied\n");
}

/* --- the exit ------------------------------------------------------------- */

static void
wrong_usage_is_for_a_person(void **state)
{
	static const char *const all[][5] = {
	    {NULL},
	    {"exits/x", NULL},
	    {"exits/x", "", NULL},
	    {"exits/x", "scan", NULL},
	    {"exits/x", "SCANS", NULL},
	    {"exits/x", "SCAN", "A-L", "B-L", NULL},
	    {"exits/x", "REPORT", "A-L", NULL},
	    {"exits/x", "-h", NULL},
	};
	char want[100];

	(void)state;
	client_is(": >ran");
	snprintf(want, sizeof want, "exit: fatal: %s\n", usage);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		wait_for(start(&plain, all[i]));
		assert_string_equal(ended.err, want);
		assert_string_equal(ended.out, "");
		assert_int_equal(ended.code, LSV_PERM);
		assert_null(scratch_text("ran"));
	}
}

static void
to_a_full_disk(void)
{
	if (goes_to(STDOUT_FILENO, "/dev/full") < 0)
		_exit(99);
}

static void
to_nowhere(void)
{
	close(STDOUT_FILENO);
}

static void
an_answer_that_cannot_be_written_is_a_failure(void **state)
{
	static const char full[] =
	    "exit: fatal: unable to answer: No space left on device\n";

	(void)state;
	client_is("exit 0");
	before = to_a_full_disk;
	RUN(&plain, "exits/x", "SCAN");
	assert_string_equal(ended.err, full);
	assert_int_equal(ended.code, EXITSAY_FAILED);
	before = to_nowhere;
	RUN(&plain, "exits/x", "SCAN");
	assert_int_equal(ended.code, EXITSAY_FAILED);
}

static void
without_input(void)
{
	close(STDIN_FILENO);
}

static void
without_errors(void)
{
	close(STDERR_FILENO);
}

/* What the client would read then is not one of our pipes. */
static void
it_does_without_descriptors_that_it_was_not_given(void **state)
{
	(void)state;
	client_is("cat 2>/dev/null; echo end; echo x >&2");
	before = without_errors;
	expect("scan 0 22[" MESSAGE "end\n] 2[x\n]\n");
	before = without_input;
	expect("scan 0 4[end\n] 2[x\n]\n");
}

static void
many_open(void)
{
	/* the caller of the test may have given us some */
	if (close_range(3, UINT_MAX, 0) < 0)
		_exit(99);
	for (int fd = 20; fd < 60; fd++)
		fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, fd);
}

static void
the_client_has_no_descriptor_but_three(void **state)
{
	(void)state;
	client_is("exec sh -c 'ls /proc/$$/fd; exit 0'");
	before = many_open;
	expect("scan 0 6[0\n1\n2\n] 0[]\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, scratch_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_client_gets_the_whole_message),
	    TEST(the_client_gets_its_words_and_no_shell_reads_them),
	    TEST(the_name_of_a_list_is_not_passed_on),
	    TEST(scan_and_report_have_readers_of_their_own),
	    TEST(the_status_of_the_client_is_read_and_not_returned),
	    TEST(the_reader_decides_what_the_exit_returns),
	    TEST(an_absent_client_is_a_failure),
	    TEST(a_client_that_dies_is_told_by_its_signal),
	    TEST(a_client_that_reads_nothing_is_none_the_worse),
	    TEST(a_flood_is_read_and_cut),
	    TEST(both_outputs_may_be_flooded_at_once),
	    TEST(what_fits_is_kept_to_its_last_byte),
	    TEST(a_client_that_hangs_is_waited_for),
	    TEST(signals_do_not_disturb_the_exit),
	    TEST(options_are_in_the_file_beside_the_exit),
	    TEST(options_may_be_as_many_and_as_long_as_is_said),
	    TEST(options_that_cannot_be_used_are_for_a_person),
	    TEST(options_that_cannot_be_read_are_for_a_person),
	    TEST(wrong_usage_is_for_a_person),
	    TEST(an_answer_that_cannot_be_written_is_a_failure),
	    TEST(it_does_without_descriptors_that_it_was_not_given),
	    TEST(the_client_has_no_descriptor_but_three),
	};

	return cmocka_run_group_tests_name("exitclient", tests, NULL, NULL);
}
