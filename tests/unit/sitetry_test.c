#include "lib/sitetry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/msg.h"
#include "lib/sitefile.h"
#include "tests/unit/scratch.h"
#include "tests/unit/sitetext.h"

/* The table is made below tmp/. */
static int
enter(void **state)
{
	char path[4096 + 8];

	if (scratch_enter(state) < 0 || mkdir("tmp", 0700) < 0)
		return -1;
	snprintf(path, sizeof path, "%s/tmp", (const char *)*state);
	msg_prog = "lsv-test";
	return setenv("TMPDIR", path, 1);
}

static void
text_is(const char *text)
{
	assert_int_equal(scratch_file("new.cfg", text, strlen(text)), 0);
}

static int
is_empty(const char *path)
{
	return rmdir(path) == 0 && mkdir(path, 0700) == 0;
}

static void
try(void *path)
{
	struct site s;

	site_try(&s, path);
	site_free(&s);
}

/* The program ends with this code and these words, and leaves nothing. */
static void
expect_end(int code, const char *path, const char *words)
{
	char arg[64];
	int got;

	snprintf(arg, sizeof arg, "%s", path);
	assert_string_equal(scratch_exit(&got, try, arg), words);
	assert_int_equal(got, code);
	assert_true(is_empty("tmp"));
}

static void
tells_what_a_text_would_do_and_changes_nothing(void **state)
{
	struct site s;

	(void)state;
	text_is(GOOD "MAXBSMTP=20\nSMTP_FORWARD_3=2*a.b\n");
	memset(&s, 0x5a, sizeof s);
	site_try(&s, "new.cfg");
	assert_string_equal(s.node, "lsv.example.org");
	assert_int_equal(s.maxbsmtp, 20);
	assert_int_equal(s.reply_max, 1);
	assert_int_equal(s.nforwards, 1);
	assert_int_equal(s.forwards[0].line, 4);
	site_free(&s);
	assert_int_equal(access(SITE_TABLE, F_OK), -1);
	assert_true(is_empty("tmp"));

	sitetext_apply(GOOD "MAXBSMTP=10\n");
	site_try(&s, "new.cfg");
	assert_int_equal(s.maxbsmtp, 20);
	site_free(&s);
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.maxbsmtp, 10);
	site_free(&s);
	assert_true(is_empty("tmp"));
}

static void
has_no_words_for_warnings_and_notes(void **state)
{
	(void)state;
	text_is(GOOD "MYORG=us\nMAXBSMTP=10\nMAXBSMTP=20\nQUEUE_LIFE=1m\n");
	expect_end(SCRATCH_ALIVE, "new.cfg", "");
}

static void
names_each_error_with_its_place(void **state)
{
	(void)state;
	text_is("# a site\nNODE=lsv.example.org\nMAXBSMTP=10\nMYORG=us\n"
		"MAXBSMTP=5000\n\n  oops\n");
	expect_end(LSV_PERM, "new.cfg",
	    "lsv-test: new.cfg:5:10: MAXBSMTP: too large; it must be a number "
	    "from 1 to 1000\n"
	    "lsv-test: new.cfg:7:7: '=' is missing behind the name\n"
	    "lsv-test: new.cfg:8:1: POSTMASTER is not set; every site has to "
	    "set it\n"
	    "lsv-test: fatal: new.cfg has errors\n");
	text_is("");
	expect_end(LSV_PERM, "new.cfg",
	    "lsv-test: new.cfg:1:1: NODE is not set; every site has to set "
	    "it\n"
	    "lsv-test: new.cfg:1:1: POSTMASTER is not set; every site has to "
	    "set it\n"
	    "lsv-test: fatal: new.cfg has errors\n");
}

static void
wants_a_person_when_it_cannot_read_the_text(void **state)
{
	(void)state;
	expect_end(LSV_PERM, "missing.cfg",
	    "lsv-test: fatal: unable to read missing.cfg: No such file or "
	    "directory\n");
	text_is(GOOD);
	assert_int_equal(symlink("new.cfg", "link.cfg"), 0);
	expect_end(LSV_PERM, "link.cfg",
	    "lsv-test: fatal: unable to read link.cfg: Too many levels of "
	    "symbolic links\n");
	expect_end(LSV_PERM, "tmp",
	    "lsv-test: fatal: unable to read tmp: Invalid argument\n");
	assert_int_equal(mkfifo("fifo.cfg", 0600), 0);
	expect_end(LSV_PERM, "fifo.cfg",
	    "lsv-test: fatal: unable to read fifo.cfg: Invalid argument\n");
}

static void
reads_a_text_as_long_as_one_may_be_and_no_longer(void **state)
{
	static char text[SITEFILE_MAX + 1];
	int len = snprintf(text, sizeof text, GOOD "#");

	(void)state;
	memset(text + len, 'x', sizeof text - (size_t)len);
	assert_int_equal(scratch_file("new.cfg", text, SITEFILE_MAX), 0);
	expect_end(SCRATCH_ALIVE, "new.cfg", "");
	assert_int_equal(scratch_file("new.cfg", text, sizeof text), 0);
	expect_end(LSV_PERM, "new.cfg",
	    "lsv-test: fatal: unable to read new.cfg: File too large\n");
}

/* With TMPDIR like this. */
static void
expect_elsewhere(const char *tmp, int code, const char *words)
{
	char keep[4096 + 8];

	snprintf(keep, sizeof keep, "%s", getenv("TMPDIR"));
	setenv("TMPDIR", tmp, 1);
	expect_end(code, "new.cfg", words);
	setenv("TMPDIR", keep, 1);
}

static void
tries_again_when_there_is_no_place_for_the_table(void **state)
{
	static char tmp[5000];

	(void)state;
	text_is(GOOD);
	expect_elsewhere("/dev/null/missing", LSV_TEMP,
	    "lsv-test: fatal: unable to take in new.cfg: Not a directory\n");
	memset(tmp, '/', sizeof tmp - 1);
	expect_elsewhere(tmp, LSV_TEMP,
	    "lsv-test: fatal: unable to take in new.cfg: File name too "
	    "long\n");
}

static void
takes_no_relative_place_for_the_table(void **state)
{
	(void)state;
	text_is(GOOD);
	expect_elsewhere("missing", SCRATCH_ALIVE, "");
	expect_elsewhere("", SCRATCH_ALIVE, "");
}

static void
try_on_a_full_disk(void *path)
{
	static const struct rlimit little = {1024, 1024};

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &little);
	try(path);
}

static void
leaves_nothing_when_the_table_cannot_be_written(void **state)
{
	char path[] = "new.cfg";
	int code;

	(void)state;
	text_is(GOOD);
	assert_string_equal(scratch_exit(&code, try_on_a_full_disk, path),
	    "lsv-test: fatal: unable to take in new.cfg: File too large\n");
	assert_int_equal(code, LSV_TEMP);
	assert_true(is_empty("tmp"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_what_a_text_would_do_and_changes_nothing),
	    cmocka_unit_test(has_no_words_for_warnings_and_notes),
	    cmocka_unit_test(names_each_error_with_its_place),
	    cmocka_unit_test(wants_a_person_when_it_cannot_read_the_text),
	    cmocka_unit_test(reads_a_text_as_long_as_one_may_be_and_no_longer),
	    cmocka_unit_test(tries_again_when_there_is_no_place_for_the_table),
	    cmocka_unit_test(takes_no_relative_place_for_the_table),
	    cmocka_unit_test(leaves_nothing_when_the_table_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, enter, scratch_leave);
}
