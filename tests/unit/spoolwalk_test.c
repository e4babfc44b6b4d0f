#include "lib/spoolwalk.h"

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
#include <time.h>
#include <unistd.h>

#include "tests/unit/scratch.h"
#include "tests/unit/spooltree.h"

#define ID SPOOLTREE_ID

static const char table[] = "$LSV_SPOOL d root root 0755 - x\n"
			    "$LSV_SPOOL/new d root root 0755 files:a x\n"
			    "$LSV_SPOOL/tmp d root root 0755 tmp/2h:a x\n"
			    "$LSV_SPOOL/bad d root root 0755 kept x\n"
			    "$LSV_SPOOL/jobs d root root 0755 jobs:a x\n"
			    "$LSV_SPOOL/jobs/stage d root root 0755 "
			    "stage/2h:a x\n"
			    "$LSV_SPOOL/now d root root 0755 mail:a x\n"
			    "$LSV_SPOOL/done d root root 0755 days x\n"
			    "$LSV_SPOOL/any d root root 0755 any x\n";

static void
expect(const char *said)
{
	struct spooltree t;

	spooltree_open(&t, table);
	assert_int_equal(spoolwalk(&t.check), 0);
	assert_string_equal(spooltree_said(&t), said);
	spooltree_close(&t);
}

static void
put(const char *path)
{
	assert_int_equal(scratch_file(path, "x", 1), 0);
}

static void
age(const char *path, time_t hours)
{
	const struct timespec t = {.tv_sec = time(NULL) - hours * 3600};
	const struct timespec both[2] = {t, t};

	assert_int_equal(utimensat(AT_FDCWD, path, both, 0), 0);
}

static int
enter(void **state)
{
	struct spooltree t;

	if (scratch_enter(state) < 0)
		return -1;
	spooltree_make(&t, table);
	spooltree_close(&t);
	return 0;
}

static void
finds_nothing_wrong_with_what_belongs(void **state)
{
	(void)state;
	put("spool/new/" ID);
	put("spool/new/" ID ".000012");
	put("spool/tmp/anything");
	put("spool/bad/" ID);
	put("spool/bad/what ever.why");
	put("spool/now/" ID ".000001");
	assert_int_equal(mkdir("spool/jobs/" ID, 0755), 0);
	put("spool/jobs/" ID "/body");
	put("spool/jobs/" ID "/" ID ".000001");
	assert_int_equal(mkdir("spool/jobs/stage/" ID, 0755), 0);
	assert_int_equal(mkdir("spool/done/20261122", 0755), 0);
	put("spool/done/20261122/whatever");
	put("spool/any/thing");
	expect("");
}

static void
sees_names_and_types_that_do_not_belong(void **state)
{
	(void)state;
	put("spool/core");
	expect("SPOOL/core place a file nothing\n");
	assert_int_equal(unlink("spool/core"), 0);
	put("spool/new/core");
	expect("SPOOL/new/core place a file a file named by an ID\n");
	assert_int_equal(unlink("spool/new/core"), 0);
	assert_int_equal(symlink("/etc/passwd", "spool/new/" ID), 0);
	expect(
	    "SPOOL/new/" ID " place a symbolic link a file named by an ID\n");
	assert_int_equal(unlink("spool/new/" ID), 0);
	assert_int_equal(mkdir("spool/tmp/" ID, 0755), 0);
	expect("SPOOL/tmp/" ID " place a directory a file\n");
	assert_int_equal(rmdir("spool/tmp/" ID), 0);
	put("spool/jobs/" ID);
	expect("SPOOL/jobs/" ID " place a file a directory named by an ID\n");
	assert_int_equal(unlink("spool/jobs/" ID), 0);
	assert_int_equal(mkdir("spool/done/yesterday", 0755), 0);
	expect("SPOOL/done/yesterday place a directory a directory named "
	       "YYYYMMDD\n");
}

static void
sees_what_is_wrong_inside_a_job(void **state)
{
	(void)state;
	assert_int_equal(mkdir("spool/jobs/" ID, 0755), 0);
	assert_int_equal(mkfifo("spool/jobs/" ID "/body", 0600), 0);
	expect("SPOOL/jobs/" ID "/body place a FIFO a file\n");
}

static void
sees_files_of_the_wrong_owner(void **state)
{
	struct spooltree t;

	(void)state;
	put("spool/new/" ID);
	spooltree_open(&t, table);
	t.check.uid++;
	assert_int_equal(spoolwalk(&t.check), 0);
	assert_int_equal(t.check.ndiffs, 1);
	assert_int_equal(t.check.diff[0].what, DIFF_OWNER);
	assert_string_equal(t.check.diff[0].name, ID);
	spooltree_close(&t);
}

static void
takes_old_leftovers_for_orphans_and_young_ones_not(void **state)
{
	(void)state;
	put("spool/tmp/old");
	age("spool/tmp/old", 3);
	put("spool/tmp/young");
	age("spool/tmp/young", 1);
	put("spool/new/" ID);
	age("spool/new/" ID, 999);
	expect("SPOOL/tmp/old age 3 hours at most 2 hours\n");
}

static void
takes_an_old_job_being_made_for_an_orphan(void **state)
{
	(void)state;
	assert_int_equal(mkdir("spool/jobs/stage/" ID, 0755), 0);
	age("spool/jobs/stage/" ID, 5);
	expect("SPOOL/jobs/stage/" ID " age 5 hours at most 2 hours\n");
}

static void
never_takes_a_time_to_come_for_old(void **state)
{
	(void)state;
	put("spool/tmp/new");
	age("spool/tmp/new", -99);
	expect("");
}

static void
sees_a_file_with_a_link_too_many(void **state)
{
	(void)state;
	put("outside");
	assert_int_equal(link("outside", "spool/new/" ID), 0);
	expect("SPOOL/new/" ID " links 2 1\n");
}

static void
knows_the_two_links_of_a_small_job(void **state)
{
	(void)state;
	put("spool/jobs/stage/" ID);
	age("spool/jobs/stage/" ID, 99);
	assert_int_equal(link("spool/jobs/stage/" ID, "spool/now/" ID), 0);
	expect("");
}

static void
sees_a_second_link_that_is_not_in_stage(void **state)
{
	(void)state;
	put("outside");
	assert_int_equal(link("outside", "spool/now/" ID), 0);
	expect("SPOOL/now/" ID " links 2 1\n");
	assert_int_equal(unlink("outside"), 0);
	assert_int_equal(link("spool/now/" ID, "spool/now/" ID ".000001"), 0);
	expect("SPOOL/now/" ID " links 2 1\n"
	       "SPOOL/now/" ID ".000001 links 2 1\n");
}

static void
leaves_lost_and_found_of_a_file_system_alone(void **state)
{
	(void)state;
	assert_int_equal(mkdir("spool/lost+found", 0700), 0);
	if (geteuid() == 0)
		expect("");
	else
		expect("SPOOL/lost+found place a directory nothing\n");
}

static void
count(void *arg, uint64_t looked)
{
	*(uint64_t *)arg = looked;
}

static void
tells_how_far_it_is(void **state)
{
	struct spooltree t;
	uint64_t looked = 0;

	(void)state;
	put("spool/new/" ID);
	spooltree_open(&t, table);
	t.check.step = count;
	t.check.step_arg = &looked;
	assert_int_equal(spoolwalk(&t.check), 0);
	assert_true(looked >= 9);
	spooltree_close(&t);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, enter, scratch_leave)
	const struct CMUnitTest tests[] = {
	    T(finds_nothing_wrong_with_what_belongs),
	    T(sees_names_and_types_that_do_not_belong),
	    T(sees_what_is_wrong_inside_a_job),
	    T(sees_files_of_the_wrong_owner),
	    T(takes_old_leftovers_for_orphans_and_young_ones_not),
	    T(takes_an_old_job_being_made_for_an_orphan),
	    T(never_takes_a_time_to_come_for_old),
	    T(sees_a_file_with_a_link_too_many),
	    T(knows_the_two_links_of_a_small_job),
	    T(sees_a_second_link_that_is_not_in_stage),
	    T(leaves_lost_and_found_of_a_file_system_alone),
	    T(tells_how_far_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
