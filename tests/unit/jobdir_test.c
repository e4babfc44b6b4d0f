#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/jobdir.h"
#include "lib/names.h"
#include "tests/unit/mailmake.h"
#include "tests/unit/pooltree.h"
#include "tests/unit/scratch.h"

#define STAGE "jobs/stage/" MAIL_A
#define JOB "jobs/" MAIL_A

static struct jobdirs dirs;
static struct jobdir job;

static int
setup(void **state)
{
	if (scratch_enter(state) < 0 || mkdir("jobs", 0700) < 0 ||
	    mkdir("jobs/stage", 0700) < 0 || pooltree_make() < 0)
		return -1;
	job = (struct jobdir){.dir = -1, .planfd = -1};
	return jobdirs_open(&dirs);
}

static int
teardown(void **state)
{
	jobdir_close(&job);
	close(dirs.top);
	close(dirs.stage);
	return scratch_leave(state);
}

/* A job with facts and body, and chunks of two recipients. */
static void
create(void)
{
	int fd;

	assert_int_equal(
	    jobdir_create(&job, &dirs, MAIL_A, 2, bytes_z("a@b.example")), 0);
	fd = jobdir_body(&job);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "body", 4), 4);
	close(fd);
	assert_int_equal(jobdir_facts(&job, bytes_z("facts")), 0);
}

static void
chunks(unsigned n)
{
	while (n--)
		assert_int_equal(
		    jobdir_chunk(&job, bytes_z("chunk text\n"), 2), 0);
}

static int
there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void
stays_in_the_stage_until_its_first_wave(void **state)
{
	char next[ID_NAME_MAX];

	(void)state;
	create();
	jobdir_next(&job, next);
	assert_string_equal(next, MAIL_A ".000001");
	chunks(3);
	jobdir_next(&job, next);
	assert_string_equal(next, MAIL_A ".000004");
	assert_true(there(STAGE "/" MAIL_A ".000003"));
	assert_false(there(JOB));
	assert_int_equal(jobdir_wave(&job, &dirs, bytes_z("key3"), 0), 0);
	assert_true(job.committed);
	assert_false(there(STAGE));
	assert_string_equal(
	    scratch_text(JOB "/plan"), "C 2 a@b.example\nW 3 6 6b657933\n");
	assert_string_equal(scratch_text(JOB "/job"), "facts");
	assert_string_equal(scratch_text(JOB "/body"), "body");
	assert_string_equal(
	    scratch_text(JOB "/" MAIL_A ".000001"), "chunk text\n");
}

static void
goes_on_in_waves_until_the_last(void **state)
{
	(void)state;
	create();
	chunks(1);
	assert_int_equal(jobdir_wave(&job, &dirs, bytes_z("a"), 0), 0);
	chunks(2);
	assert_int_equal(jobdir_wave(&job, &dirs, bytes_z("b"), 0), 0);
	/* nothing more was found: only the end is recorded */
	assert_int_equal(jobdir_wave(&job, &dirs, bytes_z("b"), 1), 0);
	assert_string_equal(scratch_text(JOB "/plan"),
	    "C 2 a@b.example\nW 1 2 61\nW 3 6 62\nW 3 6 62\nE 3 6\n");
	assert_true(job.plan.ended);
}

static void
commits_a_job_of_one_wave(void **state)
{
	(void)state;
	create();
	chunks(2);
	assert_int_equal(
	    jobdir_wave(&job, &dirs, (struct bytes){NULL, 0}, 1), 0);
	assert_string_equal(
	    scratch_text(JOB "/plan"), "C 2 a@b.example\nW 2 4 \nE 2 4\n");
}

static void
does_not_replace_a_job_of_that_name(void **state)
{
	(void)state;
	assert_int_equal(mkdir(JOB, 0700), 0);
	create();
	chunks(1);
	assert_int_equal(jobdir_wave(&job, &dirs, bytes_z("a"), 1), -1);
	assert_int_equal(errno, EEXIST);
	assert_false(job.committed);
	assert_true(there(STAGE "/plan"));
}

static void
sweeps_a_leftover_before_it_begins(void **state)
{
	(void)state;
	create();
	chunks(5);
	jobdir_close(&job);
	create();
	chunks(1);
	assert_false(there(STAGE "/" MAIL_A ".000002"));
	assert_string_equal(scratch_text(STAGE "/plan"), "C 2 a@b.example\n");
}

static void
takes_no_more_than_a_wave(void **state)
{
	(void)state;
	create();
	chunks(JOB_WAVE_MAX);
	assert_int_equal(jobdir_chunk(&job, bytes_z("x"), 2), -1);
	assert_int_equal(errno, EMFILE);
	assert_int_equal(jobdir_wave(&job, &dirs, bytes_z("a"), 0), 0);
	assert_int_equal(job.pending, 0);
	assert_int_equal(jobdir_chunk(&job, bytes_z("x"), 2), 0);
}

static void
takes_more_once_those_so_far_are_durable_and_records_all(void **state)
{
	(void)state;
	create();
	chunks(JOB_WAVE_MAX);
	assert_int_equal(jobdir_sync(&job), 0);
	assert_int_equal(job.pending, 0);
	assert_int_equal(job.plan.chunks, 0);
	assert_int_equal(jobdir_chunk(&job, bytes_z("x"), 2), 0);
	assert_false(job.committed);
	assert_int_equal(jobdir_wave(&job, &dirs, bytes_z("a"), 1), 0);
	assert_int_equal(job.plan.chunks, JOB_WAVE_MAX + 1);
	assert_true(job.committed);
}

static void
what_is_for_servers_goes_to_a_place_of_its_own(void **state)
{
	struct pools p;

	(void)state;
	assert_int_equal(pools_open(&p), 0);
	create();
	chunks(3);
	assert_int_equal(jobdir_wave(&job, &dirs, bytes_z("a"), 1), 0);
	assert_int_equal(jobdir_release(&job, &p, POOL_PEER, 1, 2), 0);
	assert_true(there("pool/peer/now/" MAIL_A ".000002"));
	assert_true(there(JOB "/" MAIL_A ".000003"));
	pooltree_close(&p);
}

static void
lets_durable_chunks_go_to_their_pool(void **state)
{
	struct pools p;

	(void)state;
	assert_int_equal(pools_open(&p), 0);
	create();
	chunks(3);
	assert_int_equal(jobdir_wave(&job, &dirs, bytes_z("a"), 0), 0);
	assert_int_equal(jobdir_release(&job, &p, 1, 1, 3), 0);
	assert_true(there("pool/B/now/" MAIL_A ".000001"));
	assert_true(there("pool/B/now/" MAIL_A ".000003"));
	assert_false(there(JOB "/" MAIL_A ".000003"));
	/* one that went is not there to go again */
	assert_int_equal(jobdir_release(&job, &p, 1, 1, 1), -1);
	assert_int_equal(errno, ENOENT);
	pooltree_close(&p);
}

static void
opens_again_where_the_plan_ends(void **state)
{
	struct where w;
	char next[ID_NAME_MAX];

	(void)state;
	create();
	chunks(2);
	assert_int_equal(jobdir_wave(&job, &dirs, bytes_z("k"), 0), 0);
	chunks(3); /* written, but no plan line covers them */
	jobdir_close(&job);
	assert_int_equal(mail_append(JOB "/plan", "W 5 10 6", 8), 0); /* torn */

	assert_int_equal(jobdir_reopen(&job, &dirs, MAIL_A, &w), 0);
	assert_int_equal(job.made, 2);
	assert_int_equal(job.made_rcpts, 4);
	assert_string_equal(job.plan.poster, "a@b.example");
	assert_memory_equal(job.plan.key, "k", 1);
	assert_true(there(JOB "/" MAIL_A ".000002"));
	assert_false(there(JOB "/" MAIL_A ".000003"));
	assert_false(there(JOB "/" MAIL_A ".000005"));
	assert_true(there(JOB "/body"));
	jobdir_next(&job, next);
	assert_string_equal(next, MAIL_A ".000003");
	chunks(1);
	assert_int_equal(jobdir_wave(&job, &dirs, bytes_z("l"), 1), 0);
	assert_string_equal(scratch_text(JOB "/plan"),
	    "C 2 a@b.example\nW 2 4 6b\nW 3 6 6c\nE 3 6\n");
}

static void
does_not_miss_a_chunk_that_has_gone_already(void **state)
{
	struct pools p;
	struct where w;

	(void)state;
	assert_int_equal(pools_open(&p), 0);
	create();
	chunks(2);
	assert_int_equal(jobdir_wave(&job, &dirs, bytes_z("k"), 0), 0);
	assert_int_equal(jobdir_release(&job, &p, POOL_DEFAULT, 1, 2), 0);
	jobdir_close(&job);
	assert_int_equal(jobdir_reopen(&job, &dirs, MAIL_A, &w), 0);
	assert_int_equal(job.made, 2);
	chunks(1);
	assert_int_equal(jobdir_wave(&job, &dirs, bytes_z("l"), 1), 0);
	assert_true(there(JOB "/" MAIL_A ".000003"));
	assert_true(there("pool/default/now/" MAIL_A ".000002"));
	pooltree_close(&p);
}

static void
refuses_to_open_a_damaged_plan(void **state)
{
	struct where w = {0, ""};

	(void)state;
	create();
	chunks(1);
	assert_int_equal(jobdir_wave(&job, &dirs, bytes_z("k"), 0), 0);
	jobdir_close(&job);
	assert_int_equal(mail_append(JOB "/plan", "nonsense\n", 9), 0);
	assert_int_equal(jobdir_reopen(&job, &dirs, MAIL_A, &w), -1);
	assert_int_equal(errno, EBADMSG);
	assert_string_equal(w.why, "not a plan line");
	assert_true(there(JOB "/" MAIL_A ".000001"));
	jobdir_close(&job);
	assert_int_equal(jobdir_reopen(&job, &dirs, MAIL_B, &w), -1);
	assert_int_equal(errno, ENOENT);
}

static void
notes_that_it_was_reported(void **state)
{
	struct plan p;
	struct where w;

	(void)state;
	create();
	chunks(1);
	assert_int_equal(jobdir_wave(&job, &dirs, bytes_z("k"), 1), 0);
	assert_int_equal(mail_append(JOB "/plan", "E 1", 3), 0); /* torn */
	assert_int_equal(jobdir_note(job.dir, bytes_z("P\n")), 0);
	assert_string_equal(
	    scratch_text(JOB "/plan"), "C 2 a@b.example\nW 1 2 6b\nE 1 2\nP\n");
	assert_int_equal(jobdir_plan(&p, job.dir, &w), 0);
	assert_true(p.reported);
}

static void
sweeps_what_is_there_and_is_glad_of_what_is_not(void **state)
{
	struct names l;

	(void)state;
	create();
	chunks(2);
	assert_int_equal(jobdir_sweep(dirs.stage, MAIL_A), 0);
	assert_int_equal(jobdir_sweep(dirs.stage, MAIL_A), 0);
	assert_int_equal(names_read(&l, dirs.stage, 10, NULL, NULL), 0);
	assert_int_equal(l.n, 0);
	names_free(&l);
	assert_int_equal(symlink("/", STAGE), 0);
	assert_int_equal(jobdir_sweep(dirs.stage, MAIL_A), -1);
}

static void
makes_files_that_workers_may_write_whatever_the_umask(void **state)
{
	mode_t old = umask(077);
	struct stat st;

	(void)state;
	create();
	chunks(1);
	umask(old);
	assert_int_equal(stat(STAGE, &st), 0);
	assert_int_equal(st.st_mode & 07777, 02750);
	assert_int_equal(stat(STAGE "/" MAIL_A ".000001", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(stat(STAGE "/body", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(stays_in_the_stage_until_its_first_wave),
	    TEST(goes_on_in_waves_until_the_last),
	    TEST(commits_a_job_of_one_wave),
	    TEST(does_not_replace_a_job_of_that_name),
	    TEST(sweeps_a_leftover_before_it_begins),
	    TEST(takes_no_more_than_a_wave),
	    TEST(takes_more_once_those_so_far_are_durable_and_records_all),
	    TEST(what_is_for_servers_goes_to_a_place_of_its_own),
	    TEST(lets_durable_chunks_go_to_their_pool),
	    TEST(opens_again_where_the_plan_ends),
	    TEST(does_not_miss_a_chunk_that_has_gone_already),
	    TEST(refuses_to_open_a_damaged_plan),
	    TEST(notes_that_it_was_reported),
	    TEST(sweeps_what_is_there_and_is_glad_of_what_is_not),
	    TEST(makes_files_that_workers_may_write_whatever_the_umask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
