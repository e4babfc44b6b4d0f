#include "lib/siteneed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/msg.h"
#include "tests/unit/scratch.h"
#include "tests/unit/sitetext.h"

enum { NAMELESS = 54321 }; /* no user has this number */

/* The current directory is $LSV_ETC. */
static int
enter(void **state)
{
	if (scratch_enter(state) < 0)
		return -1;
	return setenv("LSV_ETC", *state, 1);
}

static void
need(void *before)
{
	void (*const *first)(void) = before;
	struct site s;

	msg_prog = "lsv-test";
	if (first)
		(*first)();
	site_need(&s);
	site_free(&s);
}

/* The program ends with this code and this reason. */
static void
expect_end(int code, int err, void (*first)(void))
{
	char want[4096 + 256];
	int got;

	snprintf(want, sizeof want,
	    "lsv-test: fatal: unable to read %s/site.cdb (lsv-config apply "
	    "makes it): %s\n",
	    getenv("LSV_ETC"), strerror(err));
	assert_string_equal(
	    scratch_exit(&got, need, first ? &first : NULL), want);
	assert_int_equal(got, code);
}

static void
goes_on_with_the_configuration_in_force(void **state)
{
	struct site s;
	int code;

	(void)state;
	sitetext_apply(GOOD "MAXBSMTP=17\n");
	memset(&s, 0x5a, sizeof s);
	site_need(&s);
	assert_string_equal(s.node, "lsv.example.org");
	assert_int_equal(s.maxbsmtp, 17);
	site_free(&s);
	assert_string_equal(scratch_exit(&code, need, NULL), "");
	assert_int_equal(code, SCRATCH_ALIVE);
}

static void
wants_a_person_when_nothing_was_ever_applied(void **state)
{
	char path[4096 + 16];

	unlink("site.cdb");
	expect_end(LSV_PERM, ENOENT, NULL);
	assert_int_equal(symlink("nowhere", "site.cdb"), 0);
	expect_end(LSV_PERM, ENOENT, NULL);
	unlink("site.cdb");
	snprintf(path, sizeof path, "%s/missing", (const char *)*state);
	setenv("LSV_ETC", path, 1);
	expect_end(LSV_PERM, ENOENT, NULL);
	setenv("LSV_ETC", *state, 1);
}

static void
wants_a_person_when_the_table_is_cut(void **state)
{
	struct stat st;

	(void)state;
	sitetext_apply(GOOD);
	assert_int_equal(stat("site.cdb", &st), 0);
	assert_int_equal(truncate("site.cdb", st.st_size - 1), 0);
	expect_end(LSV_PERM, EPROTO, NULL);
	assert_int_equal(truncate("site.cdb", 2048), 0);
	expect_end(LSV_PERM, EPROTO, NULL);
	assert_int_equal(truncate("site.cdb", 0), 0);
	expect_end(LSV_PERM, EPROTO, NULL);
}

static void
wants_a_person_when_the_table_says_what_it_does_not_understand(void **state)
{
	static const char *const t[][8] = {
	    {"NODE", "a.b", "POSTMASTER", "joe@a.b", NULL},
	    {":format", "lsv-site 1", "NODE", "a.b", "POSTMASTER", "joe@a.b"},
	    {":format", "lsv-site 2", "NODE", "a.b", NULL},
	    {":format", "lsv-site 2", "NODE", "a.b", "POSTMASTER", "joe"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		sitetext_table(t[i]);
		expect_end(LSV_PERM, EPROTO, NULL);
	}
}

/* None of them is a table, and a FIFO without a writer keeps nobody waiting. */
static void
wants_a_person_when_there_is_something_else_of_that_name(void **state)
{
	(void)state;
	unlink("site.cdb");
	assert_int_equal(mkdir("site.cdb", 0700), 0);
	expect_end(LSV_PERM, EPROTO, NULL);
	rmdir("site.cdb");
	assert_int_equal(mkfifo("site.cdb", 0600), 0);
	expect_end(LSV_PERM, EPROTO, NULL);
	unlink("site.cdb");
}

static void
without_descriptors(void)
{
	static const struct rlimit three = {3, 3};

	setrlimit(RLIMIT_NOFILE, &three);
}

static void
without_rights(void)
{
	if (geteuid() == 0 && seteuid(NAMELESS) < 0)
		_exit(1);
}

static void
tries_again_when_the_table_cannot_be_read_now(void **state)
{
	char path[4096 + 16];

	sitetext_apply(GOOD);
	expect_end(LSV_TEMP, EMFILE, without_descriptors);
	assert_int_equal(chmod("site.cdb", 0), 0);
	expect_end(LSV_TEMP, EACCES, without_rights);
	unlink("site.cdb");
	assert_int_equal(symlink("site.cdb", "site.cdb"), 0);
	expect_end(LSV_TEMP, ELOOP, NULL);
	unlink("site.cdb");
	assert_int_equal(scratch_file("file", "", 0), 0);
	snprintf(path, sizeof path, "%s/file", (const char *)*state);
	setenv("LSV_ETC", path, 1);
	expect_end(LSV_TEMP, ENOTDIR, NULL);
	setenv("LSV_ETC", *state, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(goes_on_with_the_configuration_in_force),
	    cmocka_unit_test(wants_a_person_when_nothing_was_ever_applied),
	    cmocka_unit_test(wants_a_person_when_the_table_is_cut),
	    cmocka_unit_test(
		wants_a_person_when_the_table_says_what_it_does_not_understand),
	    cmocka_unit_test(
		wants_a_person_when_there_is_something_else_of_that_name),
	    cmocka_unit_test(tries_again_when_the_table_cannot_be_read_now),
	};

	return cmocka_run_group_tests(tests, enter, scratch_leave);
}
