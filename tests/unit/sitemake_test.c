/* LDFLAGS: -Wl,--wrap=fsync */
#include "lib/sitemake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/site.h"
#include "lib/table.h"
#include "tests/unit/scratch.h"
#include "tests/unit/sitetext.h"

/* The sync that fails, counted from 1, 0 for none; and the value of MAXBSMTP in
 * force when each began. */
static unsigned syncs, failing;
static uint64_t at_sync[2];

int __real_fsync(int fd);
int __wrap_fsync(int fd);

/* 0 when there is no configuration. */
static uint64_t
in_force(void)
{
	struct site s;
	uint64_t n = site_read(&s, ".") < 0 ? 0 : s.maxbsmtp;

	site_free(&s);
	return n;
}

int
__wrap_fsync(int fd)
{
	if (syncs < 2)
		at_sync[syncs] = in_force();
	if (++syncs == failing) {
		errno = EIO;
		return -1;
	}
	return __real_fsync(fd);
}

/* Nothing is in the current directory. */
static int
fresh(void **state)
{
	syncs = failing = 0;
	return scratch_enter(state);
}

static void
assert_in_force(uint64_t maxbsmtp)
{
	assert_int_equal(in_force(), maxbsmtp);
	assert_int_equal(access("tmp." SITE_TABLE, F_OK), -1);
}

/* Compile a text; the errno of a failure. */
static int
compile(const char *text, const char *etc)
{
	struct sitecheck c;
	int r;

	sitetext_read(&c, text);
	errno = 0;
	r = site_compile(&c, etc) < 0 ? errno : 0;
	sitecheck_free(&c);
	return r;
}

/* All entries as "key=value\n". */
static const char *
all_entries(void)
{
	static char text[4096];
	struct table t = {0};
	struct table_entry e;
	size_t at = 0, n = 0;

	text[0] = 0;
	assert_int_equal(table_open(&t, SITE_TABLE), 0);
	while (table_next(&t, &at, &e) > 0)
		n += (size_t)snprintf(text + n, sizeof text - n, "%.*s=%.*s\n",
		    (int)e.klen, e.key, (int)e.vlen, e.value);
	table_close(&t);
	return text;
}

static void
stores_the_value_in_force_of_each_setting_and_its_line(void **state)
{
	(void)state;
	sitetext_apply("# a site\nPOSTMASTER='joe@a.b  ann@a.b'\n"
		       "maxbsmtp=10\nMAXBSMTP=20\nNODE=\"lsv.a.b\"\n"
		       "SMTP_FORWARD_12=c.d\nSMTP_FORWARD_2=e.f\n"
		       "MYDOMAIN=\"$NODE \\\n a.b\"\nFILTER_ALSO=\n");
	assert_string_equal(all_entries(),
	    ":format=lsv-site 2\n"
	    "FILTER_ALSO=\n:line FILTER_ALSO=10\n"
	    "MAXBSMTP=20\n:line MAXBSMTP=4\n"
	    "MYDOMAIN=lsv.a.b  a.b\n:line MYDOMAIN=8\n"
	    "NODE=lsv.a.b\n:line NODE=5\n"
	    "POSTMASTER=joe@a.b  ann@a.b\n:line POSTMASTER=2\n"
	    "SMTP_FORWARD_2=e.f\n:line SMTP_FORWARD_2=7\n"
	    "SMTP_FORWARD_12=c.d\n:line SMTP_FORWARD_12=6\n");
}

static void
compiles_nothing_from_a_file_with_errors(void **state)
{
	static const char text[] = GOOD "MAXBSMTP=x\n";
	struct sitecheck c;

	(void)state;
	sitetext_apply(GOOD "MAXBSMTP=10\n");
	assert_int_equal(sitecheck_read(&c, text, strlen(text)), 0);
	assert_int_equal(site_compile(&c, "."), -1);
	assert_int_equal(errno, EINVAL);
	sitecheck_free(&c);
	assert_in_force(10);
}

static void
stores_no_secrets_and_lets_every_program_read(void **state)
{
	struct table t = {0};
	const char *value;
	size_t len;
	struct stat st;
	mode_t old = umask(077);

	(void)state;
	sitetext_apply(GOOD "CREATEPW=hunter2\nSPAM_EXIT=SAEXIT\n");
	umask(old);
	assert_int_equal(stat(SITE_TABLE, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(table_open(&t, SITE_TABLE), 0);
	assert_int_equal(table_find(&t, "SPAM_EXIT", 9, &value, &len), 1);
	assert_int_equal(table_find(&t, "CREATEPW", 8, &value, &len), 0);
	assert_int_equal(table_find(&t, ":line CREATEPW", 14, &value, &len), 0);
	table_close(&t);
}

/* It is whole on disk before it has its name, and the name before success. */
static void
makes_the_table_durable_before_it_is_in_force(void **state)
{
	(void)state;
	sitetext_apply(GOOD "MAXBSMTP=10\n");
	syncs = 0;
	sitetext_apply(GOOD "MAXBSMTP=20\n");
	assert_int_equal(syncs, 2);
	assert_int_equal(at_sync[0], 10);
	assert_int_equal(at_sync[1], 20);
}

static void
leaves_the_old_table_when_the_new_cannot_be_synced(void **state)
{
	(void)state;
	sitetext_apply(GOOD "MAXBSMTP=10\n");
	syncs = 0;
	failing = 1;
	assert_int_equal(compile(GOOD "MAXBSMTP=20\n", "."), EIO);
	assert_in_force(10);
	syncs = 0;
	failing = 2; /* that of the directory: no success without it */
	assert_int_equal(compile(GOOD "MAXBSMTP=30\n", "."), EIO);
	assert_int_equal(access("tmp." SITE_TABLE, F_OK), -1);
}

static void
compile_on_a_full_disk(void *text)
{
	static const struct rlimit little = {1024, 1024};

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &little);
	_exit(compile(text, "."));
}

/* At the end of a small table, in the middle of a large one. */
static void
leaves_the_old_table_when_the_new_cannot_be_written(void **state)
{
	static char text[65536];
	char *to = stpcpy(text, GOOD "MAXBSMTP=20\n");
	int code;

	(void)state;
	sitetext_apply(GOOD "MAXBSMTP=10\n");
	assert_string_equal(
	    scratch_exit(&code, compile_on_a_full_disk, text), "");
	assert_int_equal(code, EFBIG);
	assert_in_force(10);
	for (int i = 1; i <= 200; i++)
		to += sprintf(to, "SMTP_FORWARD_%d=relay.example.org\n", i);
	assert_string_equal(
	    scratch_exit(&code, compile_on_a_full_disk, text), "");
	assert_int_equal(code, EFBIG);
	assert_in_force(10);
}

/* How many descriptors are open, up to a number that no test reaches. */
static int
descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 64; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
says_why_it_cannot_begin_and_keeps_nothing_open(void **state)
{
	int before = descriptors();

	(void)state;
	assert_int_equal(compile(GOOD, "missing"), ENOENT);
	assert_int_equal(scratch_file("file", "", 0), 0);
	assert_int_equal(compile(GOOD, "file"), ENOTDIR);
	/* what stands in the way is no file */
	assert_int_equal(mkdir("tmp." SITE_TABLE, 0700), 0);
	assert_int_equal(compile(GOOD, "."), EISDIR);
	assert_int_equal(rmdir("tmp." SITE_TABLE), 0);
	assert_int_equal(mkdir(SITE_TABLE, 0700), 0);
	assert_int_equal(compile(GOOD, "."), EISDIR);
	assert_int_equal(access("tmp." SITE_TABLE, F_OK), -1);
	assert_int_equal(rmdir(SITE_TABLE), 0);
	assert_int_equal(compile(GOOD, "."), 0);
	assert_int_equal(descriptors(), before);
}

static void
removes_what_a_killed_maker_left(void **state)
{
	(void)state;
	assert_int_equal(scratch_file("tmp." SITE_TABLE, "half", 4), 0);
	sitetext_apply(GOOD "MAXBSMTP=20\n");
	assert_in_force(20);
}

static void
waits_for_another_maker(void **state)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), status = -1;
	pid_t pid;

	(void)state;
	sitetext_apply(GOOD "MAXBSMTP=10\n");
	assert_int_equal(flock(fd, LOCK_EX), 0);
	pid = fork();
	if (pid == 0) {
		close(fd);
		_exit(compile(GOOD "MAXBSMTP=20\n", "."));
	}
	usleep(100000);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_in_force(10);
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_in_force(20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		stores_the_value_in_force_of_each_setting_and_its_line, fresh,
		scratch_leave),
	    cmocka_unit_test_setup_teardown(
		compiles_nothing_from_a_file_with_errors, fresh, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		stores_no_secrets_and_lets_every_program_read, fresh,
		scratch_leave),
	    cmocka_unit_test_setup_teardown(
		makes_the_table_durable_before_it_is_in_force, fresh,
		scratch_leave),
	    cmocka_unit_test_setup_teardown(
		leaves_the_old_table_when_the_new_cannot_be_synced, fresh,
		scratch_leave),
	    cmocka_unit_test_setup_teardown(
		leaves_the_old_table_when_the_new_cannot_be_written, fresh,
		scratch_leave),
	    cmocka_unit_test_setup_teardown(
		says_why_it_cannot_begin_and_keeps_nothing_open, fresh,
		scratch_leave),
	    cmocka_unit_test_setup_teardown(
		removes_what_a_killed_maker_left, fresh, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		waits_for_another_maker, fresh, scratch_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
