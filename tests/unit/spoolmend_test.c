#include "lib/spoolmend.h"

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

#include "lib/spoolwalk.h"
#include "tests/unit/scratch.h"
#include "tests/unit/spooltree.h"

#define ID SPOOLTREE_ID

enum { SPOOL = 1 << SPOOLTAB_SPOOL, LIB = 1 << SPOOLTAB_LIB };

static const char table[] = "$LSV_SPOOL d root root 0755 - x\n"
			    "$LSV_SPOOL/lost d root root 0700 any x\n"
			    "$LSV_SPOOL/in d root root 0750 - x\n"
			    "$LSV_SPOOL/in/go p root root 0620 - x\n"
			    "$LSV_SPOOL/in/lock f root root 0600 - x\n"
			    "$LSV_SPOOL/in/new d root root 03770 files:a x\n"
			    "$LSV_LIB d root root 0755 - x\n";

/* Look at everything and mend the differences; the last name in lost/ stays in
 * lost.  Returns how many were mended. */
static size_t
mend(struct spooltree *t, unsigned may, char *lost)
{
	stralloc name = {0};
	size_t done = 0;

	spoolcheck_forget(&t->check);
	assert_int_equal(spoolcheck_rows(&t->check, SPOOL | LIB), 0);
	assert_int_equal(spoolwalk(&t->check), 0);
	for (size_t i = 0; i < t->check.ndiffs; i++) {
		if (spoolmend(&t->check, &t->check.diff[i], may, &name) < 0)
			continue;
		done++;
		snprintf(lost, NAME_MAX + 16, "spool/lost/%s", name.s);
	}
	sa_free(&name);
	return done;
}

static void
expect_good(struct spooltree *t)
{
	spoolcheck_forget(&t->check);
	assert_int_equal(spoolcheck_rows(&t->check, SPOOL | LIB), 0);
	assert_int_equal(spoolwalk(&t->check), 0);
	assert_string_equal(spooltree_said(t), "");
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode;
}

static void
makes_what_is_missing_with_its_mode(void **state)
{
	struct spooltree t;
	mode_t was = umask(077);

	(void)state;
	spooltree_make(&t, table);
	umask(was);
	assert_int_equal(mode_of("spool/in"), S_IFDIR | 0750);
	assert_int_equal(mode_of("spool/in/go"), S_IFIFO | 0620);
	assert_int_equal(mode_of("spool/in/lock"), S_IFREG | 0600);
	assert_int_equal(mode_of("spool/in/new"), S_IFDIR | 03770);
	expect_good(&t);
	spooltree_close(&t);
}

static void
sets_a_mode_right_even_where_it_forbids_to_look(void **state)
{
	struct spooltree t;
	char lost[NAME_MAX + 16];

	(void)state;
	spooltree_make(&t, table);
	assert_int_equal(chmod("spool/in/go", 0), 0);
	assert_int_equal(chmod("spool/in/new", 0), 0);
	assert_int_equal(chmod("spool/in", 0), 0);
	assert_true(mend(&t, MEND_MAKE, lost) > 0);
	assert_true(geteuid() == 0 || mend(&t, MEND_MAKE, lost) > 0);
	expect_good(&t);
	spooltree_close(&t);
}

static void
moves_a_wrong_type_away_and_makes_the_right_one(void **state)
{
	struct spooltree t;
	char lost[NAME_MAX + 16];

	(void)state;
	spooltree_make(&t, table);
	assert_int_equal(unlink("spool/in/go"), 0);
	assert_int_equal(scratch_file("spool/in/go", "precious", 8), 0);
	assert_int_equal(mend(&t, MEND_MAKE, lost), 0);
	assert_int_equal(mend(&t, MEND_MAKE | MEND_MOVE, lost), 1);
	assert_string_equal(scratch_text(lost), "precious");
	assert_non_null(strstr(lost, ":in:go"));
	expect_good(&t);
	spooltree_close(&t);
}

static void
never_follows_a_link_in_the_place_of_a_directory(void **state)
{
	struct spooltree t;
	char lost[NAME_MAX + 16];

	(void)state;
	spooltree_make(&t, table);
	assert_int_equal(mkdir("outside", 0711), 0);
	assert_int_equal(rmdir("spool/in/new"), 0);
	assert_int_equal(symlink("../../outside", "spool/in/new"), 0);
	assert_int_equal(mend(&t, MEND_MAKE | MEND_MOVE, lost), 1);
	assert_int_equal(mode_of("outside"), S_IFDIR | 0711);
	assert_int_equal(mode_of(lost) & S_IFMT, S_IFLNK);
	expect_good(&t);
	spooltree_close(&t);
}

static void
never_changes_a_file_that_has_another_name(void **state)
{
	struct spooltree t;
	char lost[NAME_MAX + 16];

	(void)state;
	spooltree_make(&t, table);
	assert_int_equal(scratch_file("outside", "secret", 6), 0);
	assert_int_equal(chmod("outside", 0640), 0);
	assert_int_equal(unlink("spool/in/lock"), 0);
	assert_int_equal(link("outside", "spool/in/lock"), 0);
	assert_int_equal(mend(&t, MEND_MAKE, lost), 0);
	assert_int_equal(mode_of("outside"), S_IFREG | 0640);
	assert_true(mend(&t, MEND_MAKE | MEND_MOVE, lost) > 0);
	assert_int_equal(mode_of("outside"), S_IFREG | 0640);
	expect_good(&t);
	spooltree_close(&t);
}

static void
moves_what_does_not_belong_to_lost(void **state)
{
	struct spooltree t;
	char lost[NAME_MAX + 16];

	(void)state;
	spooltree_make(&t, table);
	assert_int_equal(scratch_file("spool/in/new/core", "x", 1), 0);
	assert_int_equal(mend(&t, MEND_MAKE, lost), 0);
	assert_int_equal(mend(&t, MEND_MOVE, lost), 1);
	assert_string_equal(scratch_text(lost), "x");
	expect_good(&t);
	spooltree_close(&t);
}

static void
shortens_long_names_in_lost(void **state)
{
	struct spooltree t;
	char lost[NAME_MAX + 16];
	char path[32 + NAME_MAX] = "spool/in/new/";

	(void)state;
	spooltree_make(&t, table);
	memset(path + strlen(path), 'n', NAME_MAX);
	assert_int_equal(scratch_file(path, "x", 1), 0);
	assert_int_equal(mend(&t, MEND_MOVE, lost), 1);
	assert_int_equal(strlen(lost), strlen("spool/lost/") + NAME_MAX);
	assert_string_equal(scratch_text(lost), "x");
	spooltree_close(&t);
}

static void
leaves_other_roots_to_a_person(void **state)
{
	struct spooltree t;
	char lost[NAME_MAX + 16];

	(void)state;
	spooltree_make(&t, table);
	assert_int_equal(scratch_file("lib/thing", "x", 1), 0);
	assert_int_equal(mend(&t, MEND_MAKE | MEND_MOVE, lost), 0);
	assert_int_equal(t.check.ndiffs, 1);
	assert_int_equal(
	    spoolmend_able(&t.check.diff[0], MEND_MAKE | MEND_MOVE), 0);
	assert_int_equal(access("lib/thing", F_OK), 0);
	spooltree_close(&t);
}

/* Root alone can give files away. */
static void
adopts_files_only_when_it_may(void **state)
{
	struct spooltree t;
	struct stat st;
	char lost[NAME_MAX + 16];

	(void)state;
	spooltree_make(&t, table);
	assert_int_equal(scratch_file("spool/in/new/" ID, "x", 1), 0);
	if (geteuid() == 0)
		assert_int_equal(chown("spool/in/new/" ID, 12345, 12345), 0);
	assert_int_equal(mend(&t, MEND_MAKE | MEND_MOVE | MEND_ADOPT, lost),
	    geteuid() == 0 ? 1 : 0);
	assert_int_equal(stat("spool/in/new/" ID, &st), 0);
	assert_int_equal(st.st_uid, geteuid());
	expect_good(&t);
	spooltree_close(&t);
}

static void
makes_the_directories_above_a_root(void **state)
{
	struct spooltree t;
	char path[PATH_MAX];

	(void)state;
	spooltree_open(&t, table);
	snprintf(path, sizeof path, "%s/a/b/c", t.check.path[SPOOLTAB_LIB]);
	t.check.path[SPOOLTAB_LIB] = path;
	assert_int_equal(spoolmend_root(&t.check, SPOOLTAB_LIB), 0);
	assert_int_equal(mode_of("lib/a/b/c") & S_IFMT, S_IFDIR);
	assert_true(t.check.root[SPOOLTAB_LIB] >= 0);
	spooltree_close(&t);
}

static void
fails_when_a_user_does_not_exist(void **state)
{
	struct spooltree t;
	stralloc lost = {0};

	(void)state;
	spooltree_make(&t, "$LSV_LIB d no-such-user-here root 0755 any x\n");
	t.check.single = 0;
	assert_int_equal(spoolcheck_rows(&t.check, LIB), 0);
	assert_true(t.check.ndiffs > 0);
	assert_int_equal(
	    spoolmend(&t.check, &t.check.diff[0], MEND_MAKE, &lost), -1);
	assert_int_equal(errno, ENOENT);
	sa_free(&lost);
	spooltree_close(&t);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, scratch_enter, scratch_leave)
	const struct CMUnitTest tests[] = {
	    T(makes_what_is_missing_with_its_mode),
	    T(sets_a_mode_right_even_where_it_forbids_to_look),
	    T(moves_a_wrong_type_away_and_makes_the_right_one),
	    T(never_follows_a_link_in_the_place_of_a_directory),
	    T(never_changes_a_file_that_has_another_name),
	    T(moves_what_does_not_belong_to_lost),
	    T(shortens_long_names_in_lost),
	    T(leaves_other_roots_to_a_person),
	    T(adopts_files_only_when_it_may),
	    T(makes_the_directories_above_a_root),
	    T(fails_when_a_user_does_not_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
