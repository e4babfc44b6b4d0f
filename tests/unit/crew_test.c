#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/crew.h"
#include "lib/pools.h"

static const int64_t hour = 3600, minute = 60;

/* Sun 22 Nov 2026 10:00:00 UTC */
static const int64_t sunday = 1795341600;

static struct site_forward entry[2];
static struct site site;
static struct orders orders;
static struct board_worker board[4];
static struct crew_member member[CREW_MAX];

static uint32_t
bit(char pool)
{
	return UINT32_C(1) << pool_index(pool);
}

static void
set_entry(struct site_forward *f, unsigned n, const char *text)
{
	struct where w = {0, ""};

	*f = (struct site_forward){.n = n, .line = 10 + n};
	if (forward_parse(&f->f, text, strlen(text), &w) < 0)
		fail_msg("%s: %s", text, w.why);
	for (size_t i = 0; i < f->f.targets; i++) {
		char *host =
		    strndup(f->f.target[i].host, f->f.target[i].hostlen);

		assert_non_null(host);
		f->f.target[i].host = host;
	}
}

/* Two workers of A in the night, else at a failover on week-ends; one of B. */
static int
setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	set_entry(&entry[0], 1,
	    "2*night.example.org(22:00-06:00);weekend.example.org:2525"
	    "(SAT-SUN 08:00-12:00);POOL=A");
	set_entry(&entry[1], 3, "b.example.org;c.example.org;POOL=B");
	set_entry(&site.smtp_forward, 0, "fallback.example.org");
	site.forwards = entry;
	site.nforwards = 2;
	orders.n = 0;
	memset(board, 0, sizeof board);
	return 0;
}

static void
free_entry(struct site_forward *f)
{
	for (size_t i = 0; i < f->f.targets; i++) {
		uintptr_t host = (uintptr_t)f->f.target[i].host;

		free((void *)host);
	}
}

static int
teardown(void **state)
{
	(void)state;
	free_entry(&entry[0]);
	free_entry(&entry[1]);
	free_entry(&site.smtp_forward);
	return 0;
}

static size_t
fill(int64_t t, int live, uint32_t pools)
{
	struct crew_in in = {.site = &site,
	    .orders = &orders,
	    .live = live,
	    .board = board,
	    .boards = 4,
	    .t = t};

	return crew_fill(member, &in, pools);
}

static struct board_worker *
seen(int i, const char *label, enum board_state state)
{
	board[i] = (struct board_worker){.pid = 7, .state = state};
	snprintf(board[i].label, sizeof board[i].label, "%s", label);
	return &board[i];
}

static void
give(enum order_kind kind, enum order_what what, const char *name)
{
	struct order g = {.kind = kind, .what = what};

	assert_int_equal(orders_name(&g, name, strlen(name), NULL), 0);
	assert_int_equal(orders_give(&orders, &g), 1);
}

static void
the_schedule_alone_says_who_would_take_it(void **state)
{
	(void)state;
	assert_int_equal(fill(sunday, 0, bit('A')), 2);
	assert_string_equal(member[0].label, "1.1");
	assert_string_equal(member[1].label, "1.2");
	assert_int_equal(member[0].state, CREW_DELIVER);
	assert_int_equal(member[0].target, 1);
	assert_int_equal(member[0].until, sunday + 2 * hour);
	assert_ptr_equal(crew_first(member, 2), &member[0]);
	/* Sunday at 13:00 nothing is open before 22:00 */
	assert_int_equal(fill(sunday + 3 * hour, 0, bit('A')), 2);
	assert_int_equal(member[0].state, CREW_WINDOW);
	assert_int_equal(member[0].target, -1);
	assert_int_equal(member[0].from, sunday + 12 * hour);
	assert_ptr_equal(crew_first(member, 2), &member[0]);
}

static void
a_pool_that_nobody_serves_goes_through_the_fallback(void **state)
{
	(void)state;
	assert_int_equal(fill(sunday, 0, bit('C')), 1);
	assert_string_equal(member[0].label, "0.1");
	assert_ptr_equal(member[0].f, &site.smtp_forward);
	assert_int_equal(member[0].pools & (bit('A') | bit('B')), 0);
	assert_int_equal(member[0].state, CREW_DELIVER);
	assert_int_equal(fill(sunday, 0, FORWARD_ALL_POOLS), 4);
	assert_string_equal(member[3].label, "0.1");
	site.nforwards = 0;
	assert_int_equal(fill(sunday, 0, FORWARD_ALL_POOLS), 1);
	assert_int_equal(member[0].pools, FORWARD_ALL_POOLS);
}

static void
orders_keep_workers_hosts_and_pools(void **state)
{
	(void)state;
	give(ORDER_PAUSE, ORDER_WORKER, "1.1");
	give(ORDER_DRAIN, ORDER_HOST, "b.example.org");
	give(ORDER_PAUSE, ORDER_POOL, "C");
	fill(sunday, 0, FORWARD_ALL_POOLS);
	assert_int_equal(member[0].state, CREW_PAUSED);
	assert_ptr_equal(member[0].by, &orders.of[0]);
	assert_int_equal(member[1].state, CREW_DELIVER);
	assert_int_equal(member[2].state, CREW_DRAINED);
	assert_int_equal(member[3].state, CREW_DELIVER);
	assert_ptr_equal(crew_first(member, 2), &member[1]);
	fill(sunday, 0, bit('C'));
	assert_int_equal(member[0].state, CREW_PAUSED);
	assert_null(crew_first(member, 1));
}

static void
a_dead_host_hands_over_and_is_probed(void **state)
{
	struct board_worker *w = seen(0, "3.1", BOARD_DELIVERING);

	(void)state;
	w->probe_us[0] = (uint64_t)(sunday + minute) * 1000000;
	assert_int_equal(fill(sunday, 1, bit('B')), 1);
	assert_int_equal(member[0].state, CREW_DELIVER);
	assert_int_equal(member[0].target, 1);
	w->state = BOARD_PROBING;
	w->probe_us[1] = (uint64_t)(sunday + 2 * minute) * 1000000;
	assert_int_equal(fill(sunday, 1, bit('B')), 1);
	assert_int_equal(member[0].state, CREW_DOWN);
	assert_int_equal(member[0].target, 0);
	assert_int_equal(member[0].from, sunday + minute);
	assert_ptr_equal(crew_first(member, 1), &member[0]);
	/* one that says so without naming a target */
	w = seen(0, "3.1", BOARD_PROBING);
	w->until_us = (uint64_t)(sunday + 7) * 1000000;
	fill(sunday, 1, bit('B'));
	assert_int_equal(member[0].state, CREW_DOWN);
	assert_int_equal(member[0].from, sunday + 7);
	/* at another time the schedule counts */
	fill(sunday + hour, 0, bit('B'));
	assert_int_equal(member[0].state, CREW_DELIVER);
	assert_int_equal(member[0].target, 0);
}

static void
who_waits_for_a_limit_is_not_the_first(void **state)
{
	(void)state;
	seen(0, "1.1", BOARD_LIMITED)->until_us =
	    (uint64_t)(sunday + 5) * 1000000 - 1;
	seen(1, "1.2", BOARD_IDLE);
	assert_int_equal(fill(sunday, 1, bit('A')), 2);
	assert_int_equal(member[0].state, CREW_LIMITED);
	assert_int_equal(member[0].from, sunday + 5);
	assert_int_equal(member[1].state, CREW_DELIVER);
	assert_ptr_equal(crew_first(member, 2), &member[1]);
	seen(1, "1.2", BOARD_BUSY_HOST);
	fill(sunday, 1, bit('A'));
	assert_int_equal(member[1].state, CREW_BUSY);
	seen(1, "1.2", BOARD_PAUSED);
	fill(sunday, 1, bit('A'));
	assert_int_equal(member[1].state, CREW_PAUSED);
	assert_ptr_equal(crew_first(member, 2), &member[0]);
}

static void
a_worker_that_does_not_run_takes_nothing(void **state)
{
	(void)state;
	seen(0, "1.1", BOARD_STARTING)->pid = 0;
	board[0].until_us = (uint64_t)(sunday + 1) * 1000000;
	assert_int_equal(fill(sunday, 1, bit('A')), 2);
	assert_int_equal(member[0].state, CREW_STOPPED);
	assert_int_equal(member[0].from, sunday + 1);
	assert_int_equal(member[1].state, CREW_STOPPED);
	assert_int_equal(member[1].from, INT64_MAX);
	assert_ptr_equal(crew_first(member, 2), &member[0]);
	/* outside its hours the hours say more */
	fill(sunday + 3 * hour, 1, bit('A'));
	assert_int_equal(member[0].state, CREW_WINDOW);
}

static void
names_entries_and_pools(void **state)
{
	char name[24], pools[POOL_COUNT + 1];

	(void)state;
	assert_string_equal(crew_entry_name(name, &entry[1]), "SMTP_FORWARD_3");
	assert_string_equal(
	    crew_entry_name(name, &site.smtp_forward), "SMTP_FORWARD");
	assert_string_equal(
	    crew_pools(pools, bit('A') | bit('C') | bit('-')), "AC-");
	assert_string_equal(crew_pools(pools, FORWARD_ALL_POOLS), "*");
	assert_string_equal(crew_pools(pools, 0), "");
	for (int i = 0; i < CREW_STATES; i++)
		assert_true(strlen(crew_state_name((enum crew_state)i)) > 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		the_schedule_alone_says_who_would_take_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_pool_that_nobody_serves_goes_through_the_fallback, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		orders_keep_workers_hosts_and_pools, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_dead_host_hands_over_and_is_probed, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		who_waits_for_a_limit_is_not_the_first, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_worker_that_does_not_run_takes_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		names_entries_and_pools, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
