#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/bucket.h"
#include "lib/mapfile.h"
#include "tests/unit/scratch.h"

enum {
	PROCESSES_MAX = 16,
	RUN_US = 2500000,
	UNITS = 10, /* taken in one piece */
	START_US = 1000000000,
};

/* struct race - what the processes of a test share
 *
 * used    units whose wait was over before the end
 */
struct race {
	struct bucket b;
	uint64_t end_us;
	_Atomic uint64_t used;
};

static struct race *
race_make(double per_s)
{
	struct race *r = mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t now = bucket_now_us();

	assert_true(r != MAP_FAILED);
	bucket_rate(&r->b, now, per_s);
	/* what was saved up is used before the race */
	bucket_take(&r->b, now, per_s * BUCKET_BURST_MS / 1000);
	r->end_us = now + RUN_US;
	return r;
}

static void
sleep_us(uint64_t us)
{
	struct timespec t = {.tv_sec = (time_t)(us / 1000000U),
	    .tv_nsec = (long)(us % 1000000U) * 1000};

	while (nanosleep(&t, &t) < 0)
		;
}

/* The life of a process: take, wait, use. */
static _Noreturn void
racer(struct race *r)
{
	for (;;) {
		uint64_t now = bucket_now_us();
		uint64_t us = bucket_take(&r->b, now, UNITS);

		if (now + us >= r->end_us) {
			bucket_give(&r->b, UNITS);
			_exit(0);
		}
		if (us)
			sleep_us(us);
		atomic_fetch_add(&r->used, UNITS);
	}
}

static void
start(struct race *r, pid_t *pid, int n)
{
	for (int i = 0; i < n; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0)
			racer(r);
	}
}

static void
collect(const pid_t *pid, int n)
{
	for (int i = 0; i < n; i++)
		assert_int_equal(waitpid(pid[i], NULL, 0), pid[i]);
}

static void
assert_within_2_percent(double got, double want)
{
	if (fabs(got - want) > want * 0.02)
		print_message("# got %.0f, wanted %.0f\n", got, want);
	assert_true(fabs(got - want) <= want * 0.02);
}

static void
run(int n, double per_s)
{
	struct race *r = race_make(per_s);
	pid_t pid[PROCESSES_MAX];

	start(r, pid, n);
	collect(pid, n);
	assert_within_2_percent((double)r->used, per_s * RUN_US / 1e6);
	munmap(r, sizeof *r);
}

static void
one_process_keeps_the_rate_within_2_percent(void **state)
{
	(void)state;
	run(1, 2000);
}

static void
four_processes_keep_it_together(void **state)
{
	(void)state;
	run(4, 5000);
}

static void
sixteen_processes_keep_it_together(void **state)
{
	(void)state;
	run(16, 20000);
}

static void
a_rate_changed_on_the_way_holds_from_then_on(void **state)
{
	struct race *r = race_make(2000);
	pid_t pid[PROCESSES_MAX];
	uint64_t first, half;

	(void)state;
	start(r, pid, 4);
	sleep_us(RUN_US / 2);
	first = r->used;
	half = bucket_now_us();
	bucket_rate(&r->b, half, 8000);
	collect(pid, 4);
	assert_within_2_percent(
	    (double)(r->used - first), 8000 * (double)(r->end_us - half) / 1e6);
	munmap(r, sizeof *r);
}

static void
processes_that_are_killed_cost_no_more_than_they_took(void **state)
{
	struct race *r = race_make(5000);
	pid_t pid[PROCESSES_MAX];

	(void)state;
	start(r, pid, 8);
	sleep_us(RUN_US / 4);
	for (int i = 4; i < 8; i++)
		kill(pid[i], SIGKILL);
	collect(pid, 8);
	assert_true(
	    (double)r->used >= 5000.0 * RUN_US / 1e6 * 0.98 - 4 * UNITS);
	assert_true((double)r->used <= 5000.0 * RUN_US / 1e6 * 1.02);
	munmap(r, sizeof *r);
}

static void
who_comes_first_never_waits_for_his_own_units(void **state)
{
	struct bucket b = {0};

	(void)state;
	bucket_rate(&b, START_US, 10);
	assert_int_equal(bucket_take(&b, START_US, 1000), 0);
	/* 100 s, less what was saved up */
	assert_int_equal(bucket_take(&b, START_US, 10), 99750000);
	assert_int_equal(bucket_take(&b, START_US, 10), 100750000);
	assert_int_equal(bucket_wait_us(&b, START_US), 101750000);
}

static void
what_is_given_back_is_there_for_others(void **state)
{
	struct bucket b = {0};

	(void)state;
	bucket_rate(&b, START_US, 10);
	assert_int_equal(bucket_take(&b, START_US, 100), 0);
	assert_int_equal(bucket_take(&b, START_US, 100), 9750000);
	bucket_give(&b, 100);
	assert_int_equal(bucket_take(&b, START_US, 100), 9750000);
}

static void
unused_time_is_kept_for_a_quarter_of_a_second_only(void **state)
{
	struct bucket b = {0};

	(void)state;
	bucket_rate(&b, START_US, 1000);
	assert_int_equal(bucket_take(&b, START_US, 250), 0);
	assert_int_equal(bucket_take(&b, START_US, 1), 0);
	assert_int_equal(bucket_take(&b, START_US, 1), 1000);
	/* an hour later no more than that is there */
	assert_int_equal(
	    bucket_take(&b, START_US + UINT64_C(3600000000), 250), 0);
	assert_int_equal(
	    bucket_take(&b, START_US + UINT64_C(3600000000), 1), 0);
	assert_int_equal(
	    bucket_take(&b, START_US + UINT64_C(3600000000), 1), 1000);
}

static void
without_a_rate_nobody_waits(void **state)
{
	struct bucket b = {0};

	(void)state;
	assert_int_equal(bucket_take(&b, START_US, 1e12), 0);
	assert_int_equal(bucket_take(&b, START_US, 1e12), 0);
	bucket_rate(&b, START_US, 1);
	bucket_take(&b, START_US, 100);
	bucket_rate(&b, START_US, 0);
	assert_int_equal(bucket_take(&b, START_US, 1), 0);
	assert_int_equal(bucket_wait_us(&b, START_US), 0);
}

static void
debts_are_paid_at_the_new_rate(void **state)
{
	struct bucket b = {0};

	(void)state;
	bucket_rate(&b, START_US, 1);
	bucket_take(&b, START_US, 100.25);
	assert_int_equal(bucket_wait_us(&b, START_US), 100000000);
	bucket_rate(&b, START_US, 10);
	assert_int_equal(bucket_wait_us(&b, START_US), 10000000);
	bucket_rate(&b, START_US + 5000000, 1);
	assert_int_equal(bucket_wait_us(&b, START_US + 5000000), 50000000);
}

static void
a_debt_of_more_than_a_day_is_a_damaged_one(void **state)
{
	struct bucket b = {0};

	(void)state;
	bucket_rate(&b, START_US, 1);
	atomic_store(&b.free_ns, UINT64_MAX);
	bucket_rate(&b, START_US, 1);
	assert_int_equal(bucket_take(&b, START_US, 1), 0);
}

static struct bucket_rates
rates(void)
{
	struct bucket_rates r = {.workers = 2};

	r.limits.bps[0] = 8000;
	r.limits.rps_all = 10;
	r.worker[0].n = 3;
	r.worker[0].i = 1;
	r.worker[0].per_s = 5;
	r.worker[1].n = 200;
	r.worker[1].i = 2;
	r.worker[1].per_s = 1;
	return r;
}

static void
a_transaction_waits_for_the_slowest_of_its_limits(void **state)
{
	struct bucket_rates r = rates();
	struct buckets *b = buckets_make(AT_FDCWD);
	uint64_t now = START_US;

	(void)state;
	assert_non_null(b);
	buckets_plan(b, now, &r);
	assert_null(buckets_worker(b, 1, 1));
	assert_non_null(buckets_worker(b, 3, 1));
	assert_int_equal(
	    buckets_take(b, buckets_worker(b, 3, 1), 0, now, 80000, 10), 0);
	/* 10 s of bits, 2 s of recipients of the worker, 1 s of all */
	assert_int_equal(
	    buckets_take(b, buckets_worker(b, 3, 1), 0, now, 8, 1), 9750000);
	assert_int_equal(
	    buckets_take(b, buckets_worker(b, 3, 1), 1, now, 8, 1), 1950000);
	assert_int_equal(buckets_take(b, NULL, 1, now, 8, 1), 950000);
	buckets_give(b, buckets_worker(b, 3, 1), 1, 8, 1);
	buckets_give(b, NULL, 1, 8, 1);
	assert_int_equal(buckets_take(b, NULL, 1, now, 8, 1), 850000);
	mapfile_drop(b, sizeof *b);
}

static void
a_restart_keeps_what_was_taken(void **state)
{
	struct bucket_rates r = rates();
	struct buckets *b = buckets_make(AT_FDCWD);
	const struct buckets *seen;

	(void)state;
	buckets_plan(b, START_US, &r);
	buckets_take(b, buckets_worker(b, 200, 2), 0, START_US, 80000, 10);
	mapfile_drop(b, sizeof *b);
	seen = buckets_look(AT_FDCWD);
	assert_non_null(seen);
	assert_int_equal(bucket_wait_us(&seen->bps[0], START_US), 9750000);
	mapfile_drop(seen, sizeof *seen);
	b = buckets_make(AT_FDCWD);
	buckets_plan(b, START_US, &r);
	assert_int_equal(buckets_take(b, NULL, 0, START_US, 8, 1), 9750000);
	assert_int_equal(
	    bucket_wait_us(buckets_worker(b, 200, 2), START_US), 9750000);
	mapfile_drop(b, sizeof *b);
}

static void
workers_without_a_rate_are_forgotten(void **state)
{
	struct bucket_rates r = rates();
	struct buckets *b = buckets_make(AT_FDCWD);

	(void)state;
	buckets_plan(b, START_US, &r);
	r.workers = 1;
	buckets_plan(b, START_US, &r);
	assert_non_null(buckets_worker(b, 3, 1));
	assert_null(buckets_worker(b, 200, 2));
	r.worker[0].n = 0;
	buckets_plan(b, START_US, &r);
	assert_null(buckets_worker(b, 3, 1));
	assert_non_null(buckets_worker(b, 0, 1));
	mapfile_drop(b, sizeof *b);
}

static void
every_worker_of_a_full_table_has_its_bucket(void **state)
{
	struct bucket_rates r = {.workers = BUCKET_WORKERS};
	struct buckets *b = buckets_make(AT_FDCWD);

	(void)state;
	for (unsigned i = 0; i < BUCKET_WORKERS; i++) {
		r.worker[i].n = i / 2;
		r.worker[i].i = i % 2 + 1;
		r.worker[i].per_s = i + 1;
	}
	buckets_plan(b, START_US, &r);
	for (unsigned i = 0; i < BUCKET_WORKERS; i++)
		assert_non_null(buckets_worker(b, i / 2, i % 2 + 1));
	mapfile_drop(b, sizeof *b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_process_keeps_the_rate_within_2_percent),
	    cmocka_unit_test(four_processes_keep_it_together),
	    cmocka_unit_test(sixteen_processes_keep_it_together),
	    cmocka_unit_test(a_rate_changed_on_the_way_holds_from_then_on),
	    cmocka_unit_test(
		processes_that_are_killed_cost_no_more_than_they_took),
	    cmocka_unit_test(who_comes_first_never_waits_for_his_own_units),
	    cmocka_unit_test(what_is_given_back_is_there_for_others),
	    cmocka_unit_test(
		unused_time_is_kept_for_a_quarter_of_a_second_only),
	    cmocka_unit_test(without_a_rate_nobody_waits),
	    cmocka_unit_test(debts_are_paid_at_the_new_rate),
	    cmocka_unit_test(a_debt_of_more_than_a_day_is_a_damaged_one),
	    cmocka_unit_test_setup_teardown(
		a_transaction_waits_for_the_slowest_of_its_limits,
		scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		a_restart_keeps_what_was_taken, scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		workers_without_a_rate_are_forgotten, scratch_enter,
		scratch_leave),
	    cmocka_unit_test_setup_teardown(
		every_worker_of_a_full_table_has_its_bucket, scratch_enter,
		scratch_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
