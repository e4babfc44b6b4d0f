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

#include "lib/orders.h"
#include "lib/pools.h"
#include "tests/unit/scratch.h"

static struct orders o;

static const char all[] = "lsv-orders 1\n"
			  "pause worker 2.1 1789000000000000\n"
			  "drain host relay.example.org 17\n"
			  "pause pool A 18\n"
			  "end\n";

static uint32_t
bit(char pool)
{
	return UINT32_C(1) << pool_index(pool);
}

static void
give(enum order_kind kind, enum order_what what, const char *name)
{
	struct order g = {.kind = kind, .what = what, .since_us = 5};

	assert_int_equal(orders_name(&g, name, strlen(name), NULL), 0);
	assert_int_equal(orders_give(&o, &g), 1);
}

static enum order_kind
worker(const char *label, const char *host, uint32_t pools)
{
	struct orders_effect e;

	orders_apply(&e, &o, label, host, pools);
	assert_true((e.worker == ORDER_NONE) == (e.by == NULL));
	return e.worker;
}

static void
reads_what_it_writes(void **state)
{
	stralloc out = {0};
	struct where w;

	(void)state;
	assert_int_equal(orders_parse(&o, all, strlen(all), &w), 0);
	assert_int_equal(o.n, 3);
	assert_int_equal(o.of[0].kind, ORDER_PAUSE);
	assert_int_equal(o.of[0].what, ORDER_WORKER);
	assert_string_equal(o.of[0].name, "2.1");
	assert_int_equal(o.of[0].since_us, UINT64_C(1789000000000000));
	assert_int_equal(o.of[1].kind, ORDER_DRAIN);
	assert_string_equal(o.of[1].name, "relay.example.org");
	assert_string_equal(o.of[2].name, "A");
	assert_int_equal(orders_format(&out, &o), 0);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s, all);
	sa_free(&out);
}

static void
refuses(const char *text, size_t at, const char *why)
{
	struct where w = {0, ""};

	assert_int_equal(orders_parse(&o, text, strlen(text), &w), -1);
	assert_int_equal(o.n, 0);
	assert_int_equal(w.at, at);
	assert_string_equal(w.why, why);
}

static void
says_where_a_file_is_damaged(void **state)
{
	(void)state;
	refuses("", 0, "\"lsv-orders 1\" is expected");
	refuses("lsv-orders 2\nend\n", 0, "\"lsv-orders 1\" is expected");
	refuses("lsv-orders 1\n", 13, "the end line is missing");
	refuses("lsv-orders 1\nend", 16, "the end line is missing");
	refuses("lsv-orders 1\nend\nend\n", 17, "nothing may follow the end");
	refuses("lsv-orders 1\nstop pool A 1\nend\n", 13,
	    "pause, drain or end is expected");
	refuses("lsv-orders 1\npause list A 1\nend\n", 19,
	    "worker, host or pool is expected");
	refuses("lsv-orders 1\npause pool AB 1\nend\n", 24,
	    "no pool: A to Z or - is expected");
	refuses("lsv-orders 1\npause worker 2.0 1\nend\n", 28,
	    "no number of a worker behind the dot");
	refuses("lsv-orders 1\npause worker x 1\nend\n", 26,
	    "no worker: 2 or 2.1 is expected");
	refuses("lsv-orders 1\npause host a_b 1\nend\n", 25,
	    "this byte is in no name of a host");
	refuses(
	    "lsv-orders 1\npause pool A\nend\n", 26, "no time in microseconds");
	refuses("lsv-orders 1\npause pool A 1x\nend\n", 26,
	    "no time in microseconds");
}

static void
name_is(enum order_what what, const char *in, const char *want)
{
	struct order g = {.what = what};

	assert_int_equal(orders_name(&g, in, strlen(in), NULL), 0);
	assert_string_equal(g.name, want);
}

static void
there_is_one_way_to_write_a_name(void **state)
{
	(void)state;
	name_is(ORDER_POOL, "a", "A");
	name_is(ORDER_POOL, "-", "-");
	name_is(ORDER_POOL, "Default", "-");
	name_is(ORDER_HOST, "Relay.Example.ORG", "relay.example.org");
	name_is(ORDER_HOST, "[2001:DB8::1]", "2001:db8::1");
	name_is(ORDER_WORKER, "10.12", "10.12");
}

static void
an_order_replaces_the_one_before_and_none_takes_it_back(void **state)
{
	struct order g = {.kind = ORDER_PAUSE, .what = ORDER_POOL, .name = "A"};

	(void)state;
	o.n = 0;
	assert_int_equal(orders_give(&o, &g), 1);
	assert_int_equal(orders_give(&o, &g), 0);
	g.kind = ORDER_DRAIN;
	assert_int_equal(orders_give(&o, &g), 1);
	assert_int_equal(o.n, 1);
	g.kind = ORDER_NONE;
	assert_int_equal(orders_give(&o, &g), 1);
	assert_int_equal(orders_give(&o, &g), 0);
	assert_int_equal(o.n, 0);
}

static void
there_is_an_end_to_orders(void **state)
{
	struct order g = {.kind = ORDER_PAUSE, .what = ORDER_WORKER};
	stralloc out = {0};
	struct where w;

	(void)state;
	o.n = 0;
	for (int i = 0; i < ORDERS_MAX; i++) {
		snprintf(g.name, sizeof g.name, "%d", i);
		assert_int_equal(orders_give(&o, &g), 1);
	}
	snprintf(g.name, sizeof g.name, "%d", ORDERS_MAX);
	assert_int_equal(orders_give(&o, &g), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(orders_format(&out, &o), 0);
	assert_int_equal(orders_parse(&o, out.s, out.len, &w), 0);
	assert_int_equal(o.n, ORDERS_MAX);
	sa_free(&out);
}

static void
a_worker_is_named_alone_or_with_all_of_its_entry(void **state)
{
	(void)state;
	o.n = 0;
	give(ORDER_PAUSE, ORDER_WORKER, "2.1");
	give(ORDER_DRAIN, ORDER_WORKER, "3");
	assert_int_equal(worker("2.1", NULL, bit('A')), ORDER_PAUSE);
	assert_int_equal(worker("2.2", NULL, bit('A')), ORDER_NONE);
	assert_int_equal(worker("2.10", NULL, bit('A')), ORDER_NONE);
	assert_int_equal(worker("3.1", NULL, bit('A')), ORDER_DRAIN);
	assert_int_equal(worker("30.1", NULL, bit('A')), ORDER_NONE);
	assert_int_equal(worker("1.3", NULL, bit('A')), ORDER_NONE);
	give(ORDER_PAUSE, ORDER_WORKER, "3.2");
	assert_int_equal(worker("3.2", NULL, bit('A')), ORDER_PAUSE);
}

static void
a_host_is_meant_wherever_it_is_used(void **state)
{
	(void)state;
	o.n = 0;
	give(ORDER_PAUSE, ORDER_HOST, "relay.example.org");
	assert_int_equal(
	    worker("1.1", "RELAY.example.org", bit('A')), ORDER_PAUSE);
	assert_int_equal(
	    worker("1.1", "relay2.example.org", bit('A')), ORDER_NONE);
	assert_int_equal(worker("1.1", NULL, bit('A')), ORDER_NONE);
}

static void
a_worker_goes_on_with_the_pools_that_are_left(void **state)
{
	struct orders_effect e;

	(void)state;
	o.n = 0;
	give(ORDER_PAUSE, ORDER_POOL, "A");
	give(ORDER_DRAIN, ORDER_POOL, "-");
	give(ORDER_PAUSE, ORDER_POOL, "C");
	orders_apply(&e, &o, "1.1", NULL, bit('A') | bit('B') | bit('-'));
	assert_int_equal(e.worker, ORDER_NONE);
	assert_int_equal(e.paused, bit('A'));
	assert_int_equal(e.drained, bit('-'));
	assert_int_equal(worker("1.1", NULL, bit('A')), ORDER_PAUSE);
	assert_int_equal(worker("1.1", NULL, bit('A') | bit('C')), ORDER_PAUSE);
	/* what one of them still has open is ended */
	assert_int_equal(worker("1.1", NULL, bit('A') | bit('-')), ORDER_DRAIN);
}

static void
no_file_and_an_empty_one_are_no_orders(void **state)
{
	struct where w;
	struct stat st;

	(void)state;
	assert_int_equal(orders_read(&o, AT_FDCWD, &w), 0);
	assert_int_equal(o.n, 0);
	assert_int_equal(scratch_file(ORDERS_FILE, "", 0), 0);
	assert_int_equal(orders_read(&o, AT_FDCWD, &w), 0);
	assert_int_equal(o.n, 0);
	assert_int_equal(scratch_file(ORDERS_FILE, "x", 1), 0);
	assert_int_equal(orders_read(&o, AT_FDCWD, &w), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(orders_parse(&o, all, strlen(all), &w), 0);
	assert_int_equal(orders_write(&o, open(".", O_RDONLY | O_CLOEXEC)), 0);
	assert_int_equal(stat(ORDERS_FILE, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(orders_read(&o, AT_FDCWD, &w), 0);
	assert_int_equal(o.n, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_what_it_writes),
	    cmocka_unit_test(says_where_a_file_is_damaged),
	    cmocka_unit_test(there_is_one_way_to_write_a_name),
	    cmocka_unit_test(
		an_order_replaces_the_one_before_and_none_takes_it_back),
	    cmocka_unit_test(there_is_an_end_to_orders),
	    cmocka_unit_test(a_worker_is_named_alone_or_with_all_of_its_entry),
	    cmocka_unit_test(a_host_is_meant_wherever_it_is_used),
	    cmocka_unit_test(a_worker_goes_on_with_the_pools_that_are_left),
	    cmocka_unit_test_setup_teardown(
		no_file_and_an_empty_one_are_no_orders, scratch_enter,
		scratch_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
