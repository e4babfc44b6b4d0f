#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/sums.h"
#include "lib/sumscore.h"
#include "tests/unit/seenmake.h"

static struct sums_alert
alert(char c, enum sums_state state, uint64_t until_us)
{
	struct sums_alert a = {.raised_us = NOON,
	    .until_us = until_us,
	    .lists = 5,
	    .state = state,
	    .id = A};

	memcpy(a.sum, seenmake_sum(c), SUMS_LEN);
	return a;
}

static void
put(char c, enum sums_state state, uint64_t until_us)
{
	struct sums_alert a = alert(c, state, until_us);

	assert_int_equal(sums_alert_put(&seen, &a), 0);
}

/* As what stands in the table of alerts, for the sum of 'x'. */
static void
put_raw(const char *value, size_t len)
{
	struct bytes key = {(const char *)seenmake_sum('x'), SUMS_LEN};

	assert_int_equal(store_put(&seen.store, seen.alerts, key,
			     (struct bytes){value, len}, 0),
	    1);
}

/* --- kept ----------------------------------------------------------------- */

static void
keeps_all_of_an_alert(void **state)
{
	struct sums_alert a = alert('x', SUMS_PENDING, NOON + DAY), b;

	(void)state;
	memset(a.source, 's', SUMS_SOURCE_MAX);
	memset(a.subject, 0x80, SUMS_LEN);
	memset(a.origin, 0xff, SUMS_LEN);
	a.has_subject = 1;
	assert_int_equal(sums_alert_get(&seen, a.sum, &b), 0);
	assert_int_equal(sums_alert_put(&seen, &a), 0);
	seenmake_again(1);
	assert_int_equal(sums_alert_get(&seen, a.sum, &b), 1);
	assert_memory_equal(b.sum, a.sum, SUMS_LEN);
	assert_memory_equal(b.subject, a.subject, SUMS_LEN);
	assert_memory_equal(b.origin, a.origin, SUMS_LEN);
	assert_int_equal(b.has_subject, 1);
	assert_int_equal(b.raised_us, a.raised_us);
	assert_int_equal(b.until_us, a.until_us);
	assert_int_equal(b.lists, 5);
	assert_int_equal(b.state, SUMS_PENDING);
	assert_string_equal(b.id, A);
	assert_string_equal(b.source, a.source);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('y'), &b), 0);
}

static void
keeps_the_largest_of_everything(void **state)
{
	struct sums_alert a = {.has_subject = 7,
	    .raised_us = UINT64_MAX,
	    .until_us = UINT64_MAX,
	    .lists = UINT32_MAX,
	    .state = SUMS_WITHDRAWN};
	struct sums_alert b;

	(void)state;
	memset(a.sum, 0xff, SUMS_LEN);
	memset(a.id, 'i', ID_NAME_MAX - 1);
	memset(a.source, 0xff, SUMS_SOURCE_MAX);
	assert_int_equal(sums_alert_put(&seen, &a), 0);
	seenmake_again(1);
	assert_int_equal(sums_alert_get(&seen, a.sum, &b), 1);
	assert_int_equal(b.has_subject, 1);
	assert_true(b.raised_us == UINT64_MAX && b.until_us == UINT64_MAX);
	assert_true(b.lists == UINT32_MAX);
	assert_int_equal(b.state, SUMS_WITHDRAWN);
	assert_string_equal(b.id, a.id);
	assert_string_equal(b.source, a.source);
}

static void
puts_one_over_that_of_its_sum_and_of_no_other(void **state)
{
	struct sums_alert a = alert('x', SUMS_PENDING, NOON + DAY), b;

	(void)state;
	memset(a.source, 's', SUMS_SOURCE_MAX);
	assert_int_equal(sums_alert_put(&seen, &a), 0);
	put('y', SUMS_PENDING, NOON + HOUR);
	a = alert('x', SUMS_DONE, NOON + 2 * DAY);
	strcpy(a.source, "peer");
	a.id[0] = 0;
	assert_int_equal(sums_alert_put(&seen, &a), 0);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('x'), &b), 1);
	assert_string_equal(b.source, "peer");
	assert_string_equal(b.id, "");
	assert_int_equal(b.state, SUMS_DONE);
	assert_int_equal(b.until_us, NOON + 2 * DAY);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('y'), &b), 1);
	assert_int_equal(b.state, SUMS_PENDING);
	assert_int_equal(b.until_us, NOON + HOUR);
}

static void
changes_and_forgets_an_alert(void **state)
{
	struct sums_alert a = alert('x', SUMS_PENDING, NOON + DAY), b;

	(void)state;
	assert_int_equal(sums_alert_put(&seen, &a), 0);
	a.state = SUMS_MADE;
	assert_int_equal(sums_alert_put(&seen, &a), 0);
	assert_int_equal(sums_alert_get(&seen, a.sum, &b), 1);
	assert_int_equal(b.state, SUMS_MADE);
	assert_int_equal(b.has_subject, 0);
	assert_string_equal(b.source, "");
	assert_int_equal(sums_alert_del(&seen, a.sum), 1);
	assert_int_equal(sums_alert_del(&seen, a.sum), 0);
	assert_int_equal(sums_alert_get(&seen, a.sum, &b), 0);
	a.raised_us = 0;
	errno = 0;
	assert_int_equal(sums_alert_put(&seen, &a), -1);
	assert_int_equal(errno, EINVAL);
}

static void
forgets_what_is_not_kept(void **state)
{
	struct sums_alert a;

	(void)state;
	put('x', SUMS_DONE, NOON + DAY);
	assert_int_equal(seenmake_told('x', "joe@x", A, NOON), 1);
	seenmake_again(0);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('x'), &a), 0);
	assert_int_equal(seenmake_told('x', "joe@x", B, NOON), 1);
}

/* --- withdrawn, in force -------------------------------------------------- */

static void
remembers_that_an_alert_was_withdrawn(void **state)
{
	struct sums_alert a;

	(void)state;
	assert_int_equal(sums_alert_withdraw(&seen, seenmake_sum('x')), 0);
	put('x', SUMS_PENDING, NOON + DAY);
	assert_int_equal(sums_alert_withdraw(&seen, seenmake_sum('x')), 1);
	seenmake_again(1);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('x'), &a), 1);
	assert_int_equal(a.state, SUMS_WITHDRAWN);
	assert_int_equal(sums_alert_lasts(&a, NOON), 0);
	assert_int_equal(sums_alert_withdrawn(&a, NOON), 1);
	assert_int_equal(sums_alert_withdrawn(&a, NOON + DAY), 0);
	a.state = SUMS_DONE;
	assert_int_equal(sums_alert_withdrawn(&a, NOON), 0);
}

static void
withdraws_the_alert_and_changes_nothing_else_of_it(void **state)
{
	struct sums_alert a = alert('x', SUMS_MADE, NOON + DAY), b;

	(void)state;
	a.has_subject = 1;
	memset(a.subject, 's', SUMS_LEN);
	memset(a.origin, 'o', SUMS_LEN);
	strcpy(a.source, "peer");
	assert_int_equal(sums_alert_put(&seen, &a), 0);
	put('y', SUMS_MADE, NOON + DAY);
	/* and again: it is withdrawn already */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sums_alert_withdraw(&seen, a.sum), 1);
		assert_int_equal(sums_alert_get(&seen, a.sum, &b), 1);
		assert_int_equal(b.state, SUMS_WITHDRAWN);
		assert_int_equal(b.has_subject, 1);
		assert_memory_equal(b.subject, a.subject, SUMS_LEN);
		assert_memory_equal(b.origin, a.origin, SUMS_LEN);
		assert_int_equal(b.raised_us, a.raised_us);
		assert_int_equal(b.until_us, a.until_us);
		assert_int_equal(b.lists, a.lists);
		assert_string_equal(b.id, a.id);
		assert_string_equal(b.source, a.source);
	}
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('y'), &b), 1);
	assert_int_equal(b.state, SUMS_MADE);
}

static void
a_damaged_alert_is_not_withdrawn_but_can_be_forgotten(void **state)
{
	struct sums_alert a;

	(void)state;
	put_raw("damaged", 7);
	assert_int_equal(sums_alert_withdraw(&seen, seenmake_sum('x')), 0);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('x'), &a), 0);
	assert_int_equal(sums_alert_del(&seen, seenmake_sum('x')), 1);
	put_raw("damaged", 7);
	put('x', SUMS_DONE, NOON + DAY);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('x'), &a), 1);
}

static void
says_whether_an_alert_is_in_force(void **state)
{
	struct sums_alert a = alert('x', SUMS_DONE, NOON + DAY);

	(void)state;
	assert_int_equal(sums_alert_lasts(&a, NOON), 1);
	assert_int_equal(sums_alert_lasts(&a, NOON + DAY - 1), 1);
	assert_int_equal(sums_alert_lasts(&a, NOON + DAY), 0);
	assert_int_equal(sums_alert_lasts(&a, NOON - 3 * DAY), 1);
	assert_int_equal(sums_alert_lasts(&a, NOON - 3 * DAY - 1), 0);
}

static void
an_alert_lasts_in_every_state_but_withdrawn(void **state)
{
	static const enum sums_state all[] = {
	    SUMS_PENDING, SUMS_MADE, SUMS_DONE, SUMS_WITHDRAWN};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct sums_alert a = alert('x', all[i], NOON + DAY);
		int withdrawn = all[i] == SUMS_WITHDRAWN;

		assert_int_equal(sums_alert_lasts(&a, NOON), !withdrawn);
		assert_int_equal(sums_alert_withdrawn(&a, NOON), withdrawn);
		assert_int_equal(sums_alert_withdrawn(&a, NOON - 3 * DAY),
		    withdrawn); /* 96 hours ahead */
		assert_int_equal(
		    sums_alert_withdrawn(&a, NOON - 3 * DAY - 1), 0);
	}
}

static void
is_never_in_force_at_the_ends_of_time(void **state)
{
	struct sums_alert a = alert('x', SUMS_DONE, UINT64_MAX);

	(void)state;
	assert_int_equal(sums_alert_lasts(&a, 0), 0);
	assert_int_equal(sums_alert_lasts(&a, NOON), 0);
	assert_int_equal(sums_alert_lasts(&a, UINT64_MAX - 1), 1);
	assert_int_equal(sums_alert_lasts(&a, UINT64_MAX), 0);
	a.until_us = 0;
	assert_int_equal(sums_alert_lasts(&a, 0), 0);
	assert_int_equal(sums_alert_lasts(&a, UINT64_MAX), 0);
	a.state = SUMS_WITHDRAWN;
	a.until_us = UINT64_MAX;
	assert_int_equal(sums_alert_withdrawn(&a, 0), 0);
	assert_int_equal(sums_alert_withdrawn(&a, UINT64_MAX - 1), 1);
	assert_int_equal(sums_alert_lasts(&a, UINT64_MAX - 1), 0);
}

/* --- all of them ---------------------------------------------------------- */

static void
walks_over_all_alerts(void **state)
{
	struct sums_alert a = {.raised_us = 0};
	char seen_sums[8] = "";
	size_t n = 0;

	(void)state;
	assert_int_equal(sums_alert_next(&seen, &a), 0);
	put('\xff', SUMS_DONE, NOON + DAY);
	put('x', SUMS_DONE, NOON + DAY);
	put(0, SUMS_DONE, NOON + DAY);
	assert_int_equal(seenmake_told(0, "a@x", A, NOON), 1);
	assert_int_equal(seenmake_told(0, "b@x", A, NOON), 1);
	assert_int_equal(seenmake_told('x', "a@x", A, NOON), 1);
	assert_int_equal(seenmake_told('y', "a@x", A, NOON), 1);
	assert_int_equal(seenmake_told('\xff', "a@x", A, NOON), 1);
	a = (struct sums_alert){.raised_us = 0};
	while (sums_alert_next(&seen, &a) == 1) {
		assert_true(n < sizeof seen_sums);
		seen_sums[n++] = (char)a.sum[0];
		if (a.sum[0] == 'x')
			assert_int_equal(sums_alert_del(&seen, a.sum), 1);
	}
	assert_int_equal(n, 3);
	assert_memory_equal(seen_sums, "\0x\xff", 3);
}

static void
walks_by_the_sums_as_numbers_past_what_is_damaged(void **state)
{
	static const char by_sum[] = "\0aw\x7f\x80\xff", put_so[] = "w\xff\x80";
	struct sums_alert a = {.raised_us = 0};

	(void)state;
	for (size_t i = 0; i < sizeof put_so - 1; i++)
		put(put_so[i], SUMS_DONE, NOON + DAY);
	put_raw("damaged", 7);
	assert_int_equal(store_put(&seen.store, seen.alerts, bytes_z("zz"),
			     bytes_z("odd"), 0),
	    1);
	put('\x7f', SUMS_WITHDRAWN, NOON - DAY);
	put('a', SUMS_MADE, NOON + DAY);
	put(0, SUMS_PENDING, NOON + DAY);
	for (size_t i = 0; i < sizeof by_sum - 1; i++) {
		assert_int_equal(sums_alert_next(&seen, &a), 1);
		assert_memory_equal(a.sum, seenmake_sum(by_sum[i]), SUMS_LEN);
	}
	assert_int_equal(sums_alert_next(&seen, &a), 0);
}

static void
walks_on_while_alerts_come_and_go(void **state)
{
	struct sums_alert a = {.raised_us = 0};

	(void)state;
	put('b', SUMS_DONE, NOON + DAY);
	put('d', SUMS_DONE, NOON + DAY);
	put('f', SUMS_DONE, NOON + DAY);
	assert_int_equal(sums_alert_next(&seen, &a), 1);
	assert_int_equal(a.sum[0], 'b');
	put('a', SUMS_DONE, NOON + DAY); /* before: not seen any more */
	put('c', SUMS_DONE, NOON + DAY);
	assert_int_equal(sums_alert_del(&seen, seenmake_sum('b')), 1);
	assert_int_equal(sums_alert_del(&seen, seenmake_sum('d')), 1);
	assert_int_equal(sums_alert_next(&seen, &a), 1);
	assert_int_equal(a.sum[0], 'c');
	seenmake_again(1); /* in another transaction */
	a.state = SUMS_MADE;
	assert_int_equal(sums_alert_put(&seen, &a), 0);
	assert_int_equal(sums_alert_next(&seen, &a), 1);
	assert_int_equal(a.sum[0], 'f');
	assert_int_equal(sums_alert_next(&seen, &a), 0);
}

static void
shows_alerts_to_a_reader(void **state)
{
	struct sums_alert a = {.raised_us = 0};
	struct seen reader;

	(void)state;
	put('x', SUMS_DONE, NOON + DAY);
	seenmake_again(1);
	seen_end(&seen, 0);
	seen_close(&seen);
	assert_int_equal(seen_open_read(&reader, "score"), 0);
	assert_int_equal(seen_look(&reader), 1);
	assert_int_equal(sums_alert_next(&reader, &a), 1);
	assert_int_equal(a.sum[0], 'x');
	assert_int_equal(sums_alert_next(&reader, &a), 0);
	assert_int_equal(sums_alert_put(&reader, &a), -1);
	assert_int_equal(seen_end(&reader, 0), 0);
	seen_close(&reader);
	assert_int_equal(seen_open(&seen, "score"), 0);
}

static void
a_reader_changes_nothing(void **state)
{
	struct sums_alert a = alert('x', SUMS_DONE, NOON + DAY);
	struct bytes who = bytes_z("joe@x");
	struct seen reader;

	(void)state;
	assert_int_equal(sums_alert_put(&seen, &a), 0);
	seenmake_again(1);
	seen_close(&seen);
	assert_int_equal(seen_open_read(&reader, "score"), 0);
	assert_int_equal(seen_look(&reader), 1);
	assert_int_equal(sums_alert_put(&reader, &a), -1);
	assert_int_equal(sums_alert_withdraw(&reader, a.sum), -1);
	assert_int_equal(sums_alert_del(&reader, a.sum), -1);
	assert_int_equal(sums_alert_told(&reader, a.sum, who, A, NOON), -1);
	assert_int_equal(seen_end(&reader, 1), 0);
	seen_close(&reader);
	assert_int_equal(seen_open(&seen, "score"), 0);
	assert_int_equal(seen_begin(&seen), 0);
	assert_int_equal(sums_alert_get(&seen, a.sum, &a), 1);
	assert_int_equal(a.state, SUMS_DONE);
	assert_int_equal(seenmake_entries(seen.alerts), 1);
}

static void
needs_a_transaction(void **state)
{
	struct sums_alert a = alert('x', SUMS_DONE, NOON + DAY);

	(void)state;
	assert_int_equal(seen_end(&seen, 0), 0);
	assert_int_equal(sums_alert_put(&seen, &a), -1);
	assert_int_equal(sums_alert_get(&seen, a.sum, &a), -1);
	assert_int_equal(sums_alert_withdraw(&seen, a.sum), -1);
	assert_int_equal(sums_alert_del(&seen, a.sum), -1);
	assert_int_equal(sums_alert_next(&seen, &a), -1);
	assert_int_equal(seenmake_told('x', "joe@x", A, NOON), -1);
	assert_int_equal(seen_begin(&seen), 0);
	assert_int_equal(seenmake_entries(seen.alerts), 0);
}

/* --- damaged values ------------------------------------------------------- */

static void
takes_what_it_did_not_write_for_no_alert(void **state)
{
	static const char whole[] = "\1\0dSSSSSSSSOOOOOOOO\0\0\0\0\0\0\0\1"
				    "\0\0\0\0\0\0\0\2\0\0\0\3\1i";
	struct sums_alert a = {.raised_us = 0};
	struct bytes key = {(const char *)seenmake_sum('x'), SUMS_LEN};
	char v[400];

	(void)state;
	memset(v, 'x', sizeof v);
	for (size_t n = 0; n < sizeof v; n++) {
		memcpy(v, whole, sizeof whole);
		if (n == sizeof whole - 1)
			continue;
		v[39] = n < sizeof whole - 1 ? 9 : (char)200;
		assert_int_equal(store_put(&seen.store, seen.alerts, key,
				     (struct bytes){v, n}, 0),
		    1);
		assert_int_equal(
		    sums_alert_get(&seen, seenmake_sum('x'), &a), 0);
	}
	assert_int_equal(store_put(&seen.store, seen.alerts, key,
			     (struct bytes){whole, sizeof whole - 1}, 0),
	    1);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('x'), &a), 1);
	assert_string_equal(a.id, "i");
	assert_int_equal(a.lists, 3);
	memcpy(v, whole, sizeof whole);
	v[0] = 2;
	assert_int_equal(store_put(&seen.store, seen.alerts, key,
			     (struct bytes){v, sizeof whole - 1}, 0),
	    1);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('x'), &a), 0);
	a = (struct sums_alert){.raised_us = 0};
	assert_int_equal(sums_alert_next(&seen, &a), 0);
	seenmake_sweep(NOON, 10);
	assert_int_equal(sums_alert_del(&seen, seenmake_sum('x')), 0);
}

/* Each byte of one as each other value: what is read of it has an end, and a
 * state that there is. */
static void
reads_any_damage_as_an_alert_or_none(void **state)
{
	static const char whole[] = "\1\0dSSSSSSSSOOOOOOOO\0\0\0\0\0\0\0\1"
				    "\0\0\0\0\0\0\0\2\0\0\0\3\1isource";
	struct sums_alert a;
	char v[sizeof whole - 1];
	int r;

	(void)state;
	for (size_t i = 0; i < sizeof v; i++)
		for (int c = 0; c < 256; c++) {
			memcpy(v, whole, sizeof v);
			v[i] = (char)c;
			put_raw(v, sizeof v);
			r = sums_alert_get(&seen, seenmake_sum('x'), &a);
			/* but for version, time and length all goes */
			if (i != 0 && i != 26 && i != 39)
				assert_int_equal(r, 1);
			if (r == 0)
				continue;
			assert_int_equal(r, 1);
			assert_non_null(memchr(a.id, 0, sizeof a.id));
			assert_non_null(memchr(a.source, 0, sizeof a.source));
			assert_in_range(a.has_subject, 0, 1);
			assert_true(a.state == SUMS_PENDING ||
			    a.state == SUMS_MADE || a.state == SUMS_DONE ||
			    a.state == SUMS_WITHDRAWN);
			assert_true(a.raised_us > 0);
		}
}

static void
takes_no_more_of_a_name_than_it_has_room_for(void **state)
{
	const struct {
		size_t id, source;
		int found;
	} all[] = {
	    {0, 0, 1},
	    {0, SUMS_SOURCE_MAX, 1},
	    {ID_NAME_MAX - 1, 0, 1},
	    {ID_NAME_MAX - 1, SUMS_SOURCE_MAX, 1},
	    {0, SUMS_SOURCE_MAX + 1, 0},
	    {ID_NAME_MAX - 1, SUMS_SOURCE_MAX + 1, 0},
	    {ID_NAME_MAX, 0, 0},
	    {ID_NAME_MAX, SUMS_SOURCE_MAX, 0},
	    {255, SUMS_SOURCE_MAX, 0},
	};
	struct sums_alert a;
	char v[600];

	(void)state;
	memset(v, 1, sizeof v);
	memset(v + 40, 'n', sizeof v - 40);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		v[39] = (char)all[i].id;
		put_raw(v, 40 + all[i].id + all[i].source);
		assert_int_equal(
		    sums_alert_get(&seen, seenmake_sum('x'), &a), all[i].found);
		if (!all[i].found)
			continue;
		assert_int_equal(strlen(a.id), all[i].id);
		assert_int_equal(strlen(a.source), all[i].source);
	}
	/* longer than what is there */
	v[39] = 10;
	put_raw(v, 49);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('x'), &a), 0);
	put_raw(v, 50);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('x'), &a), 1);
}

static void
an_alert_of_an_unknown_state_has_nothing_left_to_do(void **state)
{
	struct sums_alert a;
	char v[40];

	(void)state;
	memset(v, 1, sizeof v);
	v[39] = 0;
	for (int c = 0; c < 256; c++) {
		v[2] = (char)c;
		put_raw(v, sizeof v);
		assert_int_equal(
		    sums_alert_get(&seen, seenmake_sum('x'), &a), 1);
		assert_int_equal(a.state,
		    c == SUMS_PENDING || c == SUMS_MADE || c == SUMS_WITHDRAWN
			? c
			: SUMS_DONE);
	}
}

/* --- who was told --------------------------------------------------------- */

static void
tells_everybody_once(void **state)
{
	(void)state;
	assert_int_equal(seenmake_told('x', "joe@x.example", A, NOON), 1);
	assert_int_equal(seenmake_told('x', "Joe@X.example", B, NOON), 0);
	assert_int_equal(seenmake_told('x', "jim@x.example", B, NOON), 1);
	assert_int_equal(seenmake_told('x', "", B, NOON), 1);
	assert_int_equal(seenmake_told('x', "", C, NOON + DAY), 0);
	seenmake_again(1);
	/* asked again under the ID it was told under: it may not have been */
	assert_int_equal(seenmake_told('x', "joe@x.example", A, NOON + DAY), 1);
	assert_int_equal(seenmake_told('y', "joe@x.example", B, NOON), 1);
	assert_int_equal(
	    seenmake_told('x', "joe@x.example", B, NOON + 7 * DAY), 1);
}

static void
stays_told_when_the_alert_is_gone(void **state)
{
	struct sums_alert a;

	(void)state;
	put('x', SUMS_DONE, NOON + DAY);
	assert_int_equal(seenmake_told('x', "joe@x", A, NOON), 1);
	assert_int_equal(sums_alert_withdraw(&seen, seenmake_sum('x')), 1);
	assert_int_equal(seenmake_told('x', "joe@x", B, NOON), 0);
	assert_int_equal(sums_alert_del(&seen, seenmake_sum('x')), 1);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('x'), &a), 0);
	assert_int_equal(seenmake_told('x', "joe@x", B, NOON), 0);
}

static void
was_told_for_a_week_whichever_way_the_clock_was_set(void **state)
{
	(void)state;
	assert_int_equal(seenmake_told('x', "joe@x", A, NOON), 1);
	assert_int_equal(seenmake_told('x', "joe@x", B, NOON - 7 * DAY + 1), 0);
	assert_int_equal(seenmake_told('x', "joe@x", B, NOON + 7 * DAY - 1), 0);
	assert_int_equal(seenmake_told('x', "joe@x", B, NOON - 7 * DAY), 1);
	/* under that ID and time it stands now */
	assert_int_equal(seenmake_told('x', "joe@x", A, NOON - 7 * DAY), 0);
	assert_int_equal(seenmake_told('x', "joe@x", B, NOON - 7 * DAY), 1);
	assert_int_equal(seenmake_told('x', "joe@x", A, NOON), 1);
}

static void
tells_nobody_under_an_id_that_is_none(void **state)
{
	char longest[ID_NAME_MAX + 1] = {0};

	(void)state;
	memset(longest, 'a', ID_NAME_MAX);
	errno = 0;
	assert_int_equal(seenmake_told('x', "joe@x", "", NOON), -1);
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_int_equal(seenmake_told('x', "joe@x", longest, NOON), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(seenmake_entries(seen.alerts), 0);
	longest[ID_NAME_MAX - 1] = 0;
	assert_int_equal(seenmake_told('x', "joe@x", longest, NOON), 1);
	assert_int_equal(seenmake_told('x', "joe@x", longest, NOON), 1);
	assert_int_equal(seenmake_told('x', "joe@x", A, NOON), 0);
}

static void
what_was_told_is_no_alert_and_no_alert_was_told(void **state)
{
	struct sums_alert a = {.raised_us = 0};

	(void)state;
	put('x', SUMS_DONE, NOON + DAY);
	assert_int_equal(seenmake_told('x', "", A, NOON), 1);
	assert_int_equal(seenmake_told('y', "", A, NOON), 1);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('y'), &a), 0);
	assert_int_equal(sums_alert_withdraw(&seen, seenmake_sum('y')), 0);
	assert_int_equal(sums_alert_del(&seen, seenmake_sum('y')), 0);
	assert_int_equal(seenmake_told('y', "", B, NOON), 0);
	a = (struct sums_alert){.raised_us = 0};
	assert_int_equal(sums_alert_next(&seen, &a), 1);
	assert_int_equal(a.sum[0], 'x');
	assert_int_equal(sums_alert_next(&seen, &a), 0);
}

static void
tells_again_when_the_record_of_it_is_damaged(void **state)
{
	static const size_t len[] = {
	    0, 7, SUMS_TIME_LEN, SUMS_TIME_LEN + ID_NAME_MAX, 300};
	char raw[SUMS_HIT_KEY_LEN], v[300];
	struct bytes key = {raw, sizeof raw};

	(void)state;
	assert_int_equal(
	    sums_hit_key(&seen, raw, seenmake_sum('x'), bytes_z("joe@x")), 0);
	uint64_pack_big(v, NOON);
	memset(v + SUMS_TIME_LEN, 'i', sizeof v - SUMS_TIME_LEN);
	for (size_t i = 0; i < sizeof len / sizeof len[0]; i++) {
		assert_int_equal(store_put(&seen.store, seen.alerts, key,
				     (struct bytes){v, len[i]}, 0),
		    1);
		assert_int_equal(seenmake_told('x', "joe@x", A, NOON), 1);
		assert_int_equal(seenmake_told('x', "joe@x", B, NOON), 0);
	}
}

/* --- as text -------------------------------------------------------------- */

static void
writes_and_reads_sums_as_text(void **state)
{
	unsigned char s[SUMS_LEN];
	char hex[SUMS_HEX_LEN + 1];

	(void)state;
	assert_int_equal(sums_unhex(s, bytes_z("9F86d081884c7d65")), 0);
	assert_memory_equal(s, "\x9f\x86\xd0\x81\x88\x4c\x7d\x65", SUMS_LEN);
	sums_hex(hex, s);
	assert_string_equal(hex, "9f86d081884c7d65");
	assert_int_equal(sums_unhex(s, bytes_z("9f86d081884c7d6")), -1);
	assert_int_equal(sums_unhex(s, bytes_z("9f86d081884c7d655")), -1);
	assert_int_equal(sums_unhex(s, bytes_z("9f86d081884c7d6x")), -1);
	assert_int_equal(sums_unhex(s, bytes_z("")), -1);
}

static void
reads_sums_of_any_bytes_and_of_nothing_else(void **state)
{
	static const char *const bad[] = {"0x9f86d081884c7d",
	    " 9f86d081884c7d6", "9f86d081884c7d6 ", "-9f86d081884c7d6",
	    "+9f86d081884c7d6", "9f86d081884c7d6g", "9f86d081884c7d6\xe9"};
	static const char nul[SUMS_HEX_LEN] = "9f86d081\0004c7d65";
	unsigned char s[SUMS_LEN], back[SUMS_LEN];
	char hex[SUMS_HEX_LEN + 1];

	(void)state;
	for (int c = 0; c < 256; c++) {
		memset(s, c, sizeof s);
		s[0] = (unsigned char)~c;
		memset(hex, 'x', sizeof hex);
		sums_hex(hex, s);
		assert_int_equal(strlen(hex), SUMS_HEX_LEN);
		assert_int_equal(sums_unhex(back, bytes_z(hex)), 0);
		assert_memory_equal(back, s, SUMS_LEN);
	}
	sums_hex(hex, seenmake_sum('\x0a'));
	assert_string_equal(hex, "0a0a0a0a0a0a0a0a");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		errno = 0;
		assert_int_equal(strlen(bad[i]), SUMS_HEX_LEN);
		assert_int_equal(sums_unhex(back, bytes_z(bad[i])), -1);
		assert_int_equal(errno, EINVAL);
	}
	assert_int_equal(sums_unhex(back, (struct bytes){nul, sizeof nul}), -1);
	errno = 0;
	assert_int_equal(sums_unhex(back, (struct bytes){NULL, 0}), -1);
	assert_int_equal(errno, EINVAL);
	assert_memory_equal(back, s, SUMS_LEN); /* it was not touched */
}

/* --- too old -------------------------------------------------------------- */

/* Times at the edges, for an alert that ends at NOON and somebody who was told
 * at NOON. */
static void
says_which_entries_are_old(void **state)
{
	const struct {
		uint64_t now_us;
		int old;
		char state;
	} all[] = {
	    {NOON - 1, 0, SUMS_DONE},
	    {NOON, 1, SUMS_DONE},
	    {NOON - 4 * DAY, 0, SUMS_DONE},
	    {NOON - 4 * DAY - 1, 1, SUMS_DONE},
	    {NOON - 1, 0, SUMS_WITHDRAWN},
	    {NOON, 1, SUMS_WITHDRAWN},
	    {NOON - 4 * DAY - 1, 1, SUMS_WITHDRAWN},
	    {NOON + 400 * DAY, 0, SUMS_PENDING},
	    {0, 0, SUMS_PENDING},
	    {NOON + 400 * DAY, 0, SUMS_MADE},
	    {0, 0, SUMS_MADE},
	};
	char name[SUMS_HIT_KEY_LEN] = "sum", v[40] = {1};
	struct bytes key = {name, SUMS_LEN}, value = {v, sizeof v};

	(void)state;
	v[26] = 1; /* raised then */
	uint64_pack_big(v + 27, NOON);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		v[2] = all[i].state;
		assert_int_equal(
		    sums_alert_old(key, value, all[i].now_us), all[i].old);
	}
	v[2] = SUMS_PENDING;
	value.len--;
	assert_int_equal(sums_alert_old(key, value, NOON), 1);
	value.len++;
	/* keys of another length than a sum, or a sum and a hash */
	for (key.len = 0; key.len < SUMS_HIT_KEY_LEN; key.len++)
		assert_int_equal(
		    sums_alert_old(key, value, NOON), key.len != SUMS_LEN);
	uint64_pack_big(v, NOON);
	assert_int_equal(sums_alert_old(key, value, NOON), 0);
	assert_int_equal(sums_alert_old(key, value, NOON + 7 * DAY - 1), 0);
	assert_int_equal(sums_alert_old(key, value, NOON + 7 * DAY), 1);
	assert_int_equal(sums_alert_old(key, value, NOON - 7 * DAY + 1), 0);
	assert_int_equal(sums_alert_old(key, value, NOON - 7 * DAY), 1);
	value.len = SUMS_TIME_LEN - 1;
	assert_int_equal(sums_alert_old(key, value, NOON), 1);
}

static void
sweeps_alerts_that_ended_when_nothing_is_left_to_do(void **state)
{
	struct sums_alert a;

	(void)state;
	put('l', SUMS_DONE, NOON + HOUR);
	put('p', SUMS_PENDING, NOON - 10 * DAY);
	put('m', SUMS_MADE, NOON - 10 * DAY);
	put('d', SUMS_DONE, NOON - 1);
	put('f', SUMS_DONE, NOON + 5 * DAY);
	put('v', SUMS_WITHDRAWN, NOON + HOUR);
	put('w', SUMS_WITHDRAWN, NOON - 1);
	seenmake_sweep(NOON, 2);
	assert_int_equal(seenmake_entries(seen.alerts), 4);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('v'), &a), 1);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('l'), &a), 1);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('p'), &a), 1);
	assert_int_equal(sums_alert_get(&seen, seenmake_sum('m'), &a), 1);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, seenmake_enter, seenmake_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(keeps_all_of_an_alert),
	    TEST(keeps_the_largest_of_everything),
	    TEST(puts_one_over_that_of_its_sum_and_of_no_other),
	    TEST(changes_and_forgets_an_alert),
	    TEST(forgets_what_is_not_kept),
	    TEST(remembers_that_an_alert_was_withdrawn),
	    TEST(withdraws_the_alert_and_changes_nothing_else_of_it),
	    TEST(a_damaged_alert_is_not_withdrawn_but_can_be_forgotten),
	    TEST(says_whether_an_alert_is_in_force),
	    TEST(an_alert_lasts_in_every_state_but_withdrawn),
	    TEST(is_never_in_force_at_the_ends_of_time),
	    TEST(walks_over_all_alerts),
	    TEST(walks_by_the_sums_as_numbers_past_what_is_damaged),
	    TEST(walks_on_while_alerts_come_and_go),
	    TEST(shows_alerts_to_a_reader),
	    TEST(a_reader_changes_nothing),
	    TEST(needs_a_transaction),
	    TEST(takes_what_it_did_not_write_for_no_alert),
	    TEST(reads_any_damage_as_an_alert_or_none),
	    TEST(takes_no_more_of_a_name_than_it_has_room_for),
	    TEST(an_alert_of_an_unknown_state_has_nothing_left_to_do),
	    TEST(tells_everybody_once),
	    TEST(stays_told_when_the_alert_is_gone),
	    TEST(was_told_for_a_week_whichever_way_the_clock_was_set),
	    TEST(tells_nobody_under_an_id_that_is_none),
	    TEST(what_was_told_is_no_alert_and_no_alert_was_told),
	    TEST(tells_again_when_the_record_of_it_is_damaged),
	    TEST(writes_and_reads_sums_as_text),
	    TEST(reads_sums_of_any_bytes_and_of_nothing_else),
	    TEST(says_which_entries_are_old),
	    TEST(sweeps_alerts_that_ended_when_nothing_is_left_to_do),
	};

	return cmocka_run_group_tests_name("sumsalert", tests, NULL, NULL);
}
