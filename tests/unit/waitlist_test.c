#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/waitlist.h"

static struct waitlist w;

static int
setup(void **state)
{
	(void)state;
	for (size_t n = 0; n < WAITLIST_IDS; n++)
		while (w.by_id[n])
			waitlist_remove(&w, w.by_id[n]);
	assert_null(waitlist_next(&w)); /* its queues are freed */
	assert_int_equal(w.ready.n, 0);
	w.due_ms = 0;
	return 0;
}

static const char *
id(unsigned n)
{
	static char name[ID_NAME_MAX];

	snprintf(name, sizeof name, "064%010x.%010x", n, n);
	return name;
}

static unsigned
number_of(const char *name)
{
	return (unsigned)strtoul(name + 3, NULL, 16); /* behind "064" */
}

static struct wait_item *
item(unsigned n)
{
	struct wait_item *i = waitlist_find(&w, id(n));

	assert_non_null(i);
	return i;
}

static struct wait_item *
add(unsigned n, const char *list, enum wait_state state)
{
	struct wait_item *i = waitlist_add(&w, id(n), bytes_z(list), 1, state);

	assert_non_null(i);
	return i;
}

/* Ask about all that may be asked; how many. */
static unsigned
ask_all(void)
{
	struct wait_item *i;
	unsigned n = 0;

	for (; (i = waitlist_next(&w)); n++) {
		assert_int_equal(i->state, WAIT_ASK);
		waitlist_asked(&w, i, 1);
	}
	return n;
}

/* The IDs that are ready, as numbers with a blank behind each. */
static const char *
ready(void)
{
	static char text[256];
	char name[8][ID_NAME_MAX];
	size_t n = waitlist_ready(&w, name, 8), len = 0;
	unsigned number;

	text[0] = 0;
	for (size_t i = 0; i < n; i++) {
		number = number_of(name[i]);
		len += (size_t)snprintf(
		    text + len, sizeof text - len, "%u ", number);
	}
	return text;
}

static void
answers_of_a_list_are_ready_in_the_order_of_its_postings(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 3; n++)
		add(n, "A", WAIT_ASK);
	assert_int_equal(ask_all(), 3);
	waitlist_answered(&w, item(3), 0);
	waitlist_answered(&w, item(2), 0);
	assert_string_equal(ready(), "");
	assert_false(waitlist_turn(item(2)));
	waitlist_answered(&w, item(1), 0);
	assert_true(waitlist_turn(item(1)));
	assert_string_equal(ready(), "1 2 3 ");
}

static void
the_next_is_ready_when_the_first_leaves(void **state)
{
	(void)state;
	add(1, "A", WAIT_ASK);
	add(2, "A", WAIT_BEHIND);
	add(3, "A", WAIT_ASK);
	assert_int_equal(ask_all(), 2);
	assert_string_equal(ready(), "");
	waitlist_remove(&w, item(1));
	assert_string_equal(ready(), "2 ");
	waitlist_remove(&w, item(2));
	assert_string_equal(ready(), "");
	waitlist_answered(&w, item(3), 0);
	assert_string_equal(ready(), "3 ");
	assert_true(waitlist_has(&w, bytes_z("A")));
	waitlist_remove(&w, item(3));
	assert_false(waitlist_has(&w, bytes_z("A")));
}

static void
what_is_rejected_is_ready_whatever_comes_before_it(void **state)
{
	(void)state;
	add(1, "A", WAIT_ASK);
	add(2, "A", WAIT_ASK);
	ask_all();
	waitlist_answered(&w, item(2), 1);
	assert_string_equal(ready(), "2 ");
	waitlist_remove(&w, item(2));
	waitlist_answered(&w, item(1), 0);
	assert_string_equal(ready(), "1 ");
}

static void
lists_do_not_wait_for_one_another(void **state)
{
	(void)state;
	add(1, "A", WAIT_ASK);
	add(2, "B", WAIT_ASK);
	add(3, "", WAIT_ASK);
	assert_int_equal(ask_all(), 3);
	waitlist_answered(&w, item(2), 0);
	assert_string_equal(ready(), "2 ");
	waitlist_answered(&w, item(3), 0);
	assert_string_equal(ready(), "3 ");
}

static void
what_keeps_no_order_is_ready_at_once(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 2; n++)
		assert_non_null(
		    waitlist_add(&w, id(n), bytes_z("A"), 0, WAIT_ASK));
	assert_false(waitlist_has(&w, bytes_z("A")));
	ask_all();
	waitlist_answered(&w, item(2), 0);
	assert_string_equal(ready(), "2 ");
	assert_true(waitlist_turn(item(2)));
}

static void
only_so_many_of_a_list_are_asked_at_once(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 2 * WAITLIST_WINDOW; n++)
		add(n, "A", WAIT_ASK);
	add(1000, "B", WAIT_ASK);
	assert_int_equal(ask_all(), WAITLIST_WINDOW + 1);
	assert_int_equal(item(1000)->state, WAIT_ASKED);
	assert_int_equal(item(WAITLIST_WINDOW)->state, WAIT_ASK);
	/* an answer alone makes no room: its file is still there */
	waitlist_answered(&w, item(5), 0);
	assert_int_equal(ask_all(), 0);
	waitlist_answered(&w, item(0), 0);
	assert_string_equal(ready(), "0 ");
	waitlist_remove(&w, item(0));
	assert_int_equal(ask_all(), 1);
	assert_int_equal(item(WAITLIST_WINDOW)->state, WAIT_ASKED);
}

static void
lists_take_turns_in_being_asked(void **state)
{
	struct wait_item *i;

	(void)state;
	add(1, "A", WAIT_ASK);
	add(2, "A", WAIT_ASK);
	add(3, "B", WAIT_ASK);
	for (unsigned n = 0; n < 2; n++) {
		i = waitlist_next(&w);
		waitlist_asked(&w, i, 1);
	}
	assert_int_equal(item(1)->state, WAIT_ASKED);
	assert_int_equal(item(2)->state, WAIT_ASK);
	assert_int_equal(item(3)->state, WAIT_ASKED);
}

static void
a_question_that_cannot_be_put_is_the_next_one_again(void **state)
{
	(void)state;
	add(1, "A", WAIT_ASK);
	assert_ptr_equal(waitlist_next(&w), item(1));
	assert_ptr_equal(waitlist_next(&w), item(1));
	waitlist_asked(&w, item(1), 7);
	assert_int_equal(item(1)->since_ms, 7);
	assert_null(waitlist_next(&w));
	waitlist_ask(&w, item(1)); /* it was lost */
	assert_ptr_equal(waitlist_next(&w), item(1));
}

static void
what_is_deferred_loses_its_place_and_comes_back(void **state)
{
	(void)state;
	add(1, "A", WAIT_ASK);
	add(2, "A", WAIT_ASK);
	ask_all();
	waitlist_answered(&w, item(2), 0);
	waitlist_answered(&w, item(1), 1);
	assert_string_equal(ready(), "1 2 ");
	assert_int_equal(waitlist_defer(&w, item(1), 1000), 0);
	assert_true(waitlist_turn(item(2)));
	waitlist_remove(&w, item(2));
	assert_false(waitlist_has(&w, bytes_z("A")));
	assert_int_equal(w.due_ms, 1000 + WAITLIST_FIRST_MS);
	waitlist_due(&w, w.due_ms - 1);
	assert_null(waitlist_next(&w));
	waitlist_due(&w, w.due_ms);
	assert_int_equal(w.due_ms, 0);
	assert_ptr_equal(waitlist_next(&w), item(1));
	waitlist_asked(&w, item(1), 2000);
	add(3, "A", WAIT_ASK);
	ask_all();
	waitlist_answered(&w, item(1), 0);
	assert_string_equal(ready(), "1 "); /* before 3, and not behind it */
}

static void
what_stands_aside_keeps_nobody_waiting(void **state)
{
	(void)state;
	add(1, "A", WAIT_ASK);
	add(2, "A", WAIT_ASK);
	ask_all();
	waitlist_answered(&w, item(2), 0);
	assert_string_equal(ready(), "");
	waitlist_answered(&w, item(1), 0);
	assert_string_equal(ready(), "1 2 ");
	waitlist_behind(&w, item(2));
	assert_false(waitlist_turn(item(2)));
	assert_int_equal(waitlist_aside(&w, item(1)), 0);
	assert_true(waitlist_turn(item(2)));
	assert_string_equal(ready(), "2 1 ");
	waitlist_remove(&w, item(2));
	assert_false(waitlist_has(&w, bytes_z("A")));
	assert_int_equal(waitlist_aside(&w, item(1)), 0); /* once more */
	assert_string_equal(ready(), "1 ");
	waitlist_remove(&w, item(1));
	assert_int_equal(w.n, 0);
}

static void
one_about_which_nobody_can_be_asked_is_looked_at(void **state)
{
	(void)state;
	add(1, "A", WAIT_ASK);
	add(2, "A", WAIT_ASK);
	assert_ptr_equal(waitlist_next(&w), item(1));
	waitlist_look(&w, item(1));
	assert_ptr_equal(waitlist_next(&w), item(2));
	waitlist_asked(&w, item(2), 1);
	assert_null(waitlist_next(&w));
	assert_string_equal(ready(), "1 ");
}

static void
the_pause_doubles_up_to_a_quarter_of_an_hour(void **state)
{
	uint64_t pause = WAITLIST_FIRST_MS;

	(void)state;
	add(1, "A", WAIT_ASK);
	for (unsigned n = 0; n < 300; n++) {
		ask_all();
		waitlist_answered(&w, item(1), 1);
		assert_string_equal(ready(), "1 ");
		assert_int_equal(waitlist_defer(&w, item(1), 500), 0);
		assert_int_equal(w.due_ms, 500 + pause);
		waitlist_due(&w, n % 2 ? UINT64_MAX : w.due_ms);
		pause =
		    2 * pause < WAITLIST_LAST_MS ? 2 * pause : WAITLIST_LAST_MS;
	}
}

static void
the_earliest_of_those_deferred_is_due_first(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 3; n++)
		add(n, "A", WAIT_ASK);
	ask_all();
	for (unsigned n = 1; n <= 3; n++) {
		waitlist_answered(&w, item(n), 1);
		ready();
		waitlist_defer(&w, item(n), 10000 - 1000 * n);
	}
	assert_int_equal(w.due_ms, 7000 + WAITLIST_FIRST_MS);
	waitlist_due(&w, w.due_ms);
	assert_int_equal(ask_all(), 1);
	assert_int_equal(item(3)->state, WAIT_ASKED);
	assert_int_equal(w.due_ms, 8000 + WAITLIST_FIRST_MS);
}

static void
what_is_looked_at_counts_in_the_window_until_it_is_known(void **state)
{
	struct wait_item *i;
	unsigned n;

	(void)state;
	for (n = 0; n < 2 * WAITLIST_WINDOW; n++)
		add(n, "A", WAIT_LOOK);
	for (n = 0; (i = waitlist_next(&w)); n++)
		waitlist_look(&w, i);
	assert_int_equal(n, WAITLIST_WINDOW);
	assert_string_equal(ready(), "0 1 2 3 4 5 6 7 ");
	waitlist_asked(&w, item(0), 1);
	waitlist_behind(&w, item(1));
	waitlist_ask(&w, item(2));
	waitlist_again(&w, item(3));
	i = waitlist_next(&w);
	assert_ptr_equal(i, item(2));
	waitlist_asked(&w, i, 1);
	i = waitlist_next(&w);
	assert_ptr_equal(i, item(WAITLIST_WINDOW));
	waitlist_look(&w, i);
	assert_null(waitlist_next(&w));
}

/* An answer that needs a question after all: a list changed meanwhile. */
static void
what_is_behind_one_that_is_asked_again_waits_again(void **state)
{
	(void)state;
	add(1, "A", WAIT_ASK);
	add(2, "A", WAIT_BEHIND);
	add(3, "A", WAIT_BEHIND);
	ask_all();
	waitlist_answered(&w, item(1), 0);
	assert_string_equal(ready(), "1 2 3 ");
	waitlist_asked(&w, item(1), 2);
	assert_false(waitlist_turn(item(2)));
	waitlist_behind(&w, item(2));
	waitlist_behind(&w, item(3));
	assert_string_equal(ready(), "");
	waitlist_answered(&w, item(1), 0);
	assert_string_equal(ready(), "1 2 3 ");
}

static void
all_are_looked_at_again_when_nobody_is_asked_any_more(void **state)
{
	struct wait_item *i;
	unsigned n = 0;

	(void)state;
	for (n = 1; n <= 4; n++)
		add(n, "A", WAIT_ASK);
	ask_all();
	waitlist_answered(&w, item(1), 0);
	waitlist_answered(&w, item(4), 1);
	ready();
	waitlist_defer(&w, item(4), 1);
	waitlist_reconsider(&w);
	assert_int_equal(w.ready.n, 0);
	assert_int_equal(w.due_ms, 0);
	for (n = 0; (i = waitlist_next(&w)); n++) {
		assert_int_equal(i->state, WAIT_LOOK);
		waitlist_look(&w, i);
	}
	assert_int_equal(n, 4);
	assert_int_equal(w.ready.n, 4);
}

static void
no_more_wait_than_there_may(void **state)
{
	uint64_t began_ms = clock_mono_ms();
	char list[16];

	(void)state;
	for (unsigned n = 0; n < WAITLIST_MAX; n++) {
		snprintf(list, sizeof list, "L%u", n % 5000);
		add(n, list, n % 3 ? WAIT_ASK : WAIT_BEHIND);
	}
	assert_null(
	    waitlist_add(&w, id(WAITLIST_MAX), bytes_z("A"), 1, WAIT_ASK));
	assert_int_equal(errno, ENOSPC);
	assert_true(clock_mono_ms() - began_ms < 2000);
}

/* 50,000 behind one, and 50,000 answers one after the other. */
static void
many_that_wait_make_no_answer_slow(void **state)
{
	uint64_t began_ms = clock_mono_ms();
	char name[64][ID_NAME_MAX];
	unsigned next = 0;
	size_t n;

	(void)state;
	for (unsigned at = 0; at < WAITLIST_MAX; at++)
		add(at, "A", at % 2 ? WAIT_BEHIND : WAIT_ASK);
	while (w.n) {
		ask_all();
		while (next < WAITLIST_MAX && item(next)->state == WAIT_ASKED) {
			waitlist_answered(&w, item(next), 0);
			next += 2;
		}
		while ((n = waitlist_ready(&w, name, 64)))
			for (size_t i = 0; i < n; i++)
				waitlist_remove(&w, waitlist_find(&w, name[i]));
	}
	assert_true(clock_mono_ms() - began_ms < 2000);
}

/* What lsv-score does with one that is ready, at random; 1 when it left. */
static int
act(const char *name, unsigned dice)
{
	struct wait_item *i = waitlist_find(&w, name);

	assert_non_null(i);
	if (dice < 4) {
		waitlist_again(&w, i);
	} else if (dice < 8) {
		waitlist_asked(&w, i, 1);
	} else if (dice < 10 && i->state != WAIT_LOOK) {
		waitlist_ask(&w, i);
	} else if (dice < 14) {
		assert_int_equal(waitlist_defer(&w, i, dice), 0);
	} else if (!waitlist_turn(i)) {
		waitlist_behind(&w, i);
	} else {
		waitlist_remove(&w, i);
		return 1;
	}
	return 0;
}

static unsigned
dice(unsigned sides)
{
	static uint64_t x = 42;

	x = x * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(x >> 33) % sides;
}

struct left {
	unsigned last[5], n;
};

static void
judge(struct left *l, char (*name)[ID_NAME_MAX], size_t n)
{
	unsigned number, list;

	for (size_t at = 0; at < n; at++) {
		const struct wait_item *i = waitlist_find(&w, name[at]);
		int tries;

		assert_non_null(i);
		tries = i->tries;
		number = number_of(name[at]);
		list = number % 5;
		if (!act(name[at], dice(40)))
			continue;
		l->n++;
		if (tries == 0 && list != 4) {
			assert_true(number > l->last[list]);
			l->last[list] = number;
		}
	}
}

static void
answer_some(void *arg, struct wait_item *i)
{
	(void)arg;
	if (i->state == WAIT_ASKED && dice(3) == 0)
		waitlist_answered(&w, i, dice(4) == 0);
}

/* List 4 keeps no order. */
static void
whatever_happens_a_list_keeps_its_order_and_all_leave(void **state)
{
	static const char *const list[5] = {"A", "B", "C", "D", ""};
	char name[64][ID_NAME_MAX];
	struct left l = {.n = 0};
	struct wait_item *i;
	unsigned added = 0;

	(void)state;
	for (unsigned round = 0; l.n < 5000; round++) {
		assert_true(round < 10000);
		for (; added < 5000 && dice(30); added++)
			assert_non_null(waitlist_add(&w, id(added + 1),
			    bytes_z(list[(added + 1) % 5]),
			    (added + 1) % 5 != 4,
			    (enum wait_state[]){
				WAIT_LOOK, WAIT_ASK, WAIT_BEHIND}[dice(3)]));
		while ((i = waitlist_next(&w)))
			if (i->state == WAIT_LOOK)
				waitlist_look(&w, i);
			else
				waitlist_asked(&w, i, 1);
		waitlist_each(&w, answer_some, NULL);
		judge(&l, name, waitlist_ready(&w, name, 1 + dice(64)));
		if (dice(10) == 0)
			waitlist_due(&w, UINT64_MAX);
		if (dice(200) == 0)
			waitlist_reconsider(&w);
	}
	assert_int_equal(w.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, setup)
	    TEST(answers_of_a_list_are_ready_in_the_order_of_its_postings),
	    TEST(the_next_is_ready_when_the_first_leaves),
	    TEST(what_is_rejected_is_ready_whatever_comes_before_it),
	    TEST(lists_do_not_wait_for_one_another),
	    TEST(what_keeps_no_order_is_ready_at_once),
	    TEST(only_so_many_of_a_list_are_asked_at_once),
	    TEST(lists_take_turns_in_being_asked),
	    TEST(a_question_that_cannot_be_put_is_the_next_one_again),
	    TEST(what_is_deferred_loses_its_place_and_comes_back),
	    TEST(what_stands_aside_keeps_nobody_waiting),
	    TEST(one_about_which_nobody_can_be_asked_is_looked_at),
	    TEST(the_pause_doubles_up_to_a_quarter_of_an_hour),
	    TEST(the_earliest_of_those_deferred_is_due_first),
	    TEST(what_is_looked_at_counts_in_the_window_until_it_is_known),
	    TEST(what_is_behind_one_that_is_asked_again_waits_again),
	    TEST(all_are_looked_at_again_when_nobody_is_asked_any_more),
	    TEST(whatever_happens_a_list_keeps_its_order_and_all_leave),
	    TEST(no_more_wait_than_there_may),
	    TEST(many_that_wait_make_no_answer_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
