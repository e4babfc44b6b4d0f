#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/scratch.h"
#include "tests/unit/spooltree.h"

static const char table[] = "$LSV_SPOOL d root root 0755 - x\n"
			    "$LSV_SPOOL/in d root root 0750 - x\n"
			    "$LSV_SPOOL/in/go p root root 0620 - x\n"
			    "$LSV_SPOOL/in/new d root root 03770 any x\n"
			    "$LSV_LIB d root root 0755 any x\n";

enum { SPOOL = 1 << SPOOLTAB_SPOOL, LIB = 1 << SPOOLTAB_LIB };

static void
finds_no_difference_in_what_was_made(void **state)
{
	struct spooltree t;

	(void)state;
	spooltree_make(&t, table);
	assert_int_equal(spoolcheck_rows(&t.check, SPOOL | LIB), 0);
	assert_string_equal(spooltree_said(&t), "");
	assert_int_equal(t.check.looked, 5);
	spooltree_close(&t);
}

static void
lists_everything_that_is_missing(void **state)
{
	struct spooltree t;

	(void)state;
	spooltree_open(&t, table);
	assert_int_equal(spoolcheck_rows(&t.check, SPOOL | LIB), 0);
	assert_string_equal(spooltree_said(&t),
	    "SPOOL presence missing a directory\n"
	    "SPOOL/in presence missing a directory\n"
	    "SPOOL/in/go presence missing a FIFO\n"
	    "SPOOL/in/new presence missing a directory\n"
	    "LIB presence missing a directory\n");
	spooltree_close(&t);
}

static void
looks_only_at_the_roots_it_is_asked_for(void **state)
{
	struct spooltree t;

	(void)state;
	spooltree_open(&t, table);
	assert_int_equal(spoolcheck_rows(&t.check, LIB), 0);
	assert_string_equal(
	    spooltree_said(&t), "LIB presence missing a directory\n");
	spooltree_close(&t);
}

static void
sees_a_mode_that_differs(void **state)
{
	struct spooltree t;

	(void)state;
	spooltree_make(&t, table);
	assert_int_equal(chmod("spool/in/new", 0770), 0);
	assert_int_equal(spoolcheck_rows(&t.check, SPOOL), 0);
	assert_string_equal(
	    spooltree_said(&t), "SPOOL/in/new mode 0770 3770\n");
	spooltree_close(&t);
}

static void
sees_an_owner_and_a_group_that_differ(void **state)
{
	struct spooltree t;

	(void)state;
	spooltree_make(&t, table);
	t.check.uid++;
	t.check.gid++;
	assert_int_equal(spoolcheck_rows(&t.check, LIB), 0);
	assert_int_equal(t.check.ndiffs, 2);
	assert_int_equal(t.check.diff[0].what, DIFF_OWNER);
	assert_int_equal(t.check.diff[1].what, DIFF_GROUP);
	spooltree_close(&t);
}

static void
sees_a_link_in_place_of_a_directory_and_does_not_follow_it(void **state)
{
	struct spooltree t;

	(void)state;
	spooltree_make(&t, table);
	assert_int_equal(rename("spool/in", "elsewhere"), 0);
	assert_int_equal(symlink("../elsewhere", "spool/in"), 0);
	assert_int_equal(spoolcheck_rows(&t.check, SPOOL), 0);
	assert_string_equal(
	    spooltree_said(&t), "SPOOL/in type a symbolic link a directory\n");
	spooltree_close(&t);
}

static void
sees_a_file_in_place_of_a_fifo(void **state)
{
	struct spooltree t;

	(void)state;
	spooltree_make(&t, table);
	assert_int_equal(unlink("spool/in/go"), 0);
	assert_int_equal(scratch_file("spool/in/go", "", 0), 0);
	assert_int_equal(spoolcheck_rows(&t.check, SPOOL), 0);
	assert_string_equal(
	    spooltree_said(&t), "SPOOL/in/go type a file a FIFO\n");
	spooltree_close(&t);
}

static void
sees_a_fifo_with_two_names(void **state)
{
	struct spooltree t;

	(void)state;
	spooltree_make(&t, table);
	assert_int_equal(link("spool/in/go", "spool/in/new/go"), 0);
	assert_int_equal(spoolcheck_rows(&t.check, SPOOL), 0);
	assert_string_equal(spooltree_said(&t), "SPOOL/in/go links 2 1\n");
	spooltree_close(&t);
}

static void
says_so_when_a_user_does_not_exist(void **state)
{
	struct spooltree t;

	(void)state;
	spooltree_make(
	    &t, "$LSV_LIB d lsv-nobody-is-called-so lsv-no-such 0755 any x\n");
	t.check.single = 0;
	assert_int_equal(spoolcheck_rows(&t.check, LIB), 0);
	assert_int_equal(t.check.ndiffs, 2);
	assert_string_equal(
	    t.check.diff[0].should, "lsv-nobody-is-called-so (does not exist)");
	assert_string_equal(
	    t.check.diff[1].should, "lsv-no-such (does not exist)");
	spooltree_close(&t);
}

static void
names_the_full_path_of_a_difference(void **state)
{
	struct spooltree t;
	stralloc path = {0};

	(void)state;
	spooltree_make(&t, table);
	assert_int_equal(rmdir("spool/in/new"), 0);
	assert_int_equal(spoolcheck_rows(&t.check, SPOOL), 0);
	assert_int_equal(spooldiff_path(&path, &t.check, &t.check.diff[0]), 0);
	assert_non_null(strstr(path.s, "/spool/in/new"));
	sa_free(&path);
	spooltree_close(&t);
}

static void
puts_differences_in_words(void **state)
{
	static const struct {
		struct spooldiff d;
		const char *words;
	} cases[] = {
	    {{.what = DIFF_MISSING, .is = "missing", .should = "a FIFO"},
		"is missing, should be a FIFO"},
	    {{.what = DIFF_MODE, .is = "0755", .should = "0700"},
		"mode is 0755, should be 0700"},
	    {{.what = DIFF_FOREIGN, .is = "a file", .should = "nothing"},
		"a file does not belong here"},
	    {{.what = DIFF_FOREIGN, .is = "a file", .should = "a FIFO"},
		"a file does not belong here, only a FIFO"},
	    {{.what = DIFF_ORPHAN, .is = "3 hours", .should = "at most 2"},
		"left behind, 3 hours old, should be at most 2"},
	    {{.what = DIFF_UNREADABLE, .err = EACCES},
		"cannot be looked at: Permission denied"},
	};
	stralloc words = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		words.len = 0;
		assert_int_equal(spooldiff_words(&words, &cases[i].d), 0);
		assert_int_equal(sa_0(&words), 0);
		assert_string_equal(words.s, cases[i].words);
	}
	sa_free(&words);
}

static void
keeps_no_more_differences_than_it_says(void **state)
{
	struct spooltree t;

	(void)state;
	spooltree_make(&t, table);
	for (int i = 0; i < SPOOLDIFFS_MAX + 1; i++)
		assert_int_equal(
		    spooldiff_links(&t.check, &t.tab.row[0], SPOOLTREE_ID, 2),
		    0);
	assert_int_equal(t.check.ndiffs, SPOOLDIFFS_MAX);
	assert_int_equal(t.check.more, 1);
	spooltree_close(&t);
}

/* A spool of one user: only as root can a test make one that is not root's. */
static void
knows_whose_a_whole_spool_is(void **state)
{
	static const char *const dirs[] = {
	    "mine", "mine/score", "mine/route", "mine/pool"};
	uid_t uid = 0;
	uid_t who = geteuid() ? geteuid() : 12345;

	(void)state;
	assert_int_equal(spool_belongs(&uid, "nowhere"), 0);
	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
		assert_int_equal(spool_belongs(&uid, "mine"), 0);
		assert_int_equal(mkdir(dirs[i], 0755), 0);
		assert_int_equal(chown(dirs[i], who, (gid_t)-1), 0);
	}
	assert_int_equal(spool_belongs(&uid, "mine"), 1);
	assert_int_equal(uid, who);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, scratch_enter, scratch_leave)
	const struct CMUnitTest tests[] = {
	    T(finds_no_difference_in_what_was_made),
	    T(lists_everything_that_is_missing),
	    T(looks_only_at_the_roots_it_is_asked_for),
	    T(sees_a_mode_that_differs),
	    T(sees_an_owner_and_a_group_that_differ),
	    T(sees_a_link_in_place_of_a_directory_and_does_not_follow_it),
	    T(sees_a_file_in_place_of_a_fifo),
	    T(sees_a_fifo_with_two_names),
	    T(says_so_when_a_user_does_not_exist),
	    T(names_the_full_path_of_a_difference),
	    T(puts_differences_in_words),
	    T(keeps_no_more_differences_than_it_says),
	    T(knows_whose_a_whole_spool_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
