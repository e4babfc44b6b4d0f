#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/sums.h"
#include "tests/unit/scratch.h"

#define A "0647c1a2b3d4d.ffffffffff"
#define B "0647c1a2b3d4e.0000000000"
#define C "0647c1a2b3d4e.9f02c4d1aa"

#define HOUR (UINT64_C(3600) * 1000000)
#define DAY (24 * HOUR)
#define NOON (UINT64_C(20000) * DAY + 12 * HOUR)

static struct seen seen;
static char first[ID_NAME_MAX];

static int
setup(void **state)
{
	if (scratch_enter(state) < 0 || mkdir("score", 0700) < 0 ||
	    seen_open(&seen, "score") < 0)
		return -1;
	return seen_begin(&seen);
}

static int
teardown(void **state)
{
	seen_close(&seen);
	return scratch_leave(state);
}

static void
again(int keep)
{
	assert_int_equal(seen_end(&seen, keep), 0);
	seen_close(&seen);
	assert_int_equal(seen_open(&seen, "score"), 0);
	assert_int_equal(seen_begin(&seen), 0);
}

static const unsigned char *
sum(char c)
{
	static unsigned char s[SUMS_LEN];

	memset(s, c, sizeof s);
	return s;
}

/* A sum told by one letter, seen on a list. */
static int
hit(char c, const char *list, const char *id, uint64_t now_us)
{
	return sums_hit(&seen, sum(c), bytes_z(list), id, now_us);
}

static int
posting(enum sums_kind kind, const char *list, const char *key, const char *id,
    uint64_t now_us)
{
	return sums_posting(
	    &seen, first, kind, bytes_z(list), bytes_z(key), id, now_us);
}

static int
poster(const char *list, const char *address, uint64_t now_us)
{
	return sums_poster(&seen, bytes_z(list), bytes_z(address), now_us);
}

static void
posted(const char *list, const char *address, uint64_t now_us)
{
	assert_int_equal(
	    sums_posted(&seen, bytes_z(list), bytes_z(address), now_us), 0);
}

static int
told(char c, const char *who, const char *id, uint64_t now_us)
{
	return sums_alert_told(&seen, sum(c), bytes_z(who), id, now_us);
}

/* Sweep everything, a few entries at a time. */
static void
sweep(uint64_t now_us, size_t step)
{
	struct sums_sweep at = {.table = 0};
	int r;

	assert_int_equal(seen_end(&seen, 1), 0);
	for (int i = 0; (r = sums_sweep(&seen, &at, now_us, step)) == 1; i++)
		assert_in_range(i, 0, 1000);
	assert_int_equal(r, 0);
	assert_int_equal(seen_begin(&seen), 0);
}

/* --- sums ----------------------------------------------------------------- */

static void
counts_the_lists_of_a_sum(void **state)
{
	(void)state;
	assert_int_equal(hit('x', "A-L", A, NOON), 1);
	assert_int_equal(hit('y', "A-L", A, NOON), 1);
	assert_int_equal(hit('x', "B-L", B, NOON + HOUR), 2);
	again(1);
	assert_int_equal(hit('x', "C-L", C, NOON + HOUR), 3);
	assert_int_equal(hit('y', "B-L", C, NOON + HOUR), 2);
}

static void
counts_a_list_once_however_often_and_however_written(void **state)
{
	(void)state;
	assert_int_equal(hit('x', "A-L", A, NOON), 1);
	assert_int_equal(hit('x', "A-L", B, NOON), 1);
	assert_int_equal(hit('x', "a-l", C, NOON), 1);
}

static void
never_counts_a_message_twice_on_its_list(void **state)
{
	(void)state;
	assert_int_equal(hit('x', "A-L", A, NOON), 1);
	assert_int_equal(hit('x', "B-L", B, NOON), 2);
	again(1);
	assert_int_equal(hit('x', "B-L", B, NOON + 1), 2);
	assert_int_equal(hit('x', "A-L", A, NOON + 2), 2);
}

static void
forgets_lists_of_a_day_ago(void **state)
{
	(void)state;
	assert_int_equal(hit('x', "A-L", A, NOON), 1);
	assert_int_equal(hit('x', "B-L", B, NOON + 20 * HOUR), 2);
	assert_int_equal(hit('x', "C-L", C, NOON + 25 * HOUR), 2);
	/* what comes again is not a day old */
	assert_int_equal(hit('x', "B-L", C, NOON + 40 * HOUR), 2);
	assert_int_equal(hit('x', "D-L", C, NOON + 50 * HOUR), 2);
	/* the one that was asked about again keeps its time */
	assert_int_equal(hit('y', "A-L", A, NOON), 1);
	assert_int_equal(hit('y', "A-L", A, NOON + 20 * HOUR), 1);
	assert_int_equal(hit('y', "B-L", B, NOON + 25 * HOUR), 1);
}

static void
counts_after_the_clock_was_set_back(void **state)
{
	(void)state;
	assert_int_equal(hit('x', "A-L", A, NOON + 5 * HOUR), 1);
	assert_int_equal(hit('x', "B-L", B, NOON), 2);
	assert_int_equal(hit('x', "C-L", C, NOON - 30 * HOUR), 1);
	assert_int_equal(hit('x', "C-L", C, 0), 1);
	assert_int_equal(hit('x', "C-L", C, UINT64_MAX), 1);
}

static void
stops_counting_at_the_maximum(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < SUMS_LISTS_MAX + 5; i++) {
		snprintf(name, sizeof name, "L%d", i);
		assert_int_equal(hit('x', name, A, NOON),
		    i < SUMS_LISTS_MAX ? i + 1 : SUMS_LISTS_MAX);
	}
	assert_int_equal(hit('x' - 1, "A-L", A, NOON), 1);
}

static void
refuses_an_id_that_is_none(void **state)
{
	char longest[ID_NAME_MAX + 1];

	(void)state;
	memset(longest, 'a', sizeof longest);
	longest[ID_NAME_MAX] = 0;
	errno = 0;
	assert_int_equal(hit('x', "A-L", longest, NOON), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(posting(SUMS_ID, "A-L", "x", "", NOON), -1);
	longest[ID_NAME_MAX - 1] = 0;
	assert_int_equal(hit('x', "A-L", longest, NOON), 1);
}

static void
needs_memory_to_be_open_for_writing(void **state)
{
	(void)state;
	seen_end(&seen, 0);
	assert_int_equal(hit('x', "A-L", A, NOON), -1);
	assert_int_equal(posting(SUMS_ID, "A-L", "x", A, NOON), -1);
	assert_int_equal(told('x', "a@x", A, NOON), -1);
	assert_int_equal(poster("A-L", "a@x", NOON), -1);
	assert_int_equal(
	    sums_posted(&seen, bytes_z("A-L"), bytes_z("a@x"), NOON), -1);
	assert_int_equal(seen_begin(&seen), 0);
}

/* --- postings ------------------------------------------------------------- */

static void
tells_a_posting_that_came_before(void **state)
{
	(void)state;
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", A, NOON), 0);
	assert_int_equal(posting(SUMS_ID, "A-L", "2@x", B, NOON), 0);
	again(1);
	assert_int_equal(posting(SUMS_ID, "a-l", "1@x", C, NOON + HOUR), 1);
	assert_string_equal(first, A);
	assert_int_equal(posting(SUMS_ID, "A-L", "1@X", C, NOON + HOUR), 0);
}

static void
takes_the_same_posting_to_two_lists_for_two(void **state)
{
	(void)state;
	assert_int_equal(posting(SUMS_BODY, "A-L", "x", A, NOON), 0);
	assert_int_equal(posting(SUMS_BODY, "B-L", "x", B, NOON), 0);
	assert_int_equal(posting(SUMS_ID, "A-L", "x", C, NOON), 0);
	assert_int_equal(posting(SUMS_BODY, "B-L", "x", C, NOON), 1);
	assert_string_equal(first, B);
}

static void
never_takes_a_posting_for_its_own_copy(void **state)
{
	(void)state;
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", A, NOON), 0);
	again(1);
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", A, NOON + HOUR), 0);
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", B, NOON + HOUR), 1);
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", A, NOON + HOUR), 0);
}

static void
remembers_message_ids_for_a_week_and_bodies_for_a_day(void **state)
{
	(void)state;
	assert_int_equal(posting(SUMS_ID, "A-L", "x", A, NOON), 0);
	assert_int_equal(posting(SUMS_BODY, "A-L", "x", A, NOON), 0);
	assert_int_equal(posting(SUMS_BODY, "A-L", "x", B, NOON + DAY - 1), 1);
	assert_int_equal(posting(SUMS_BODY, "A-L", "x", B, NOON + DAY), 0);
	assert_int_equal(
	    posting(SUMS_ID, "A-L", "x", B, NOON + 7 * DAY - 1), 1);
	assert_int_equal(posting(SUMS_ID, "A-L", "x", B, NOON + 7 * DAY), 0);
}

static void
asks_about_a_posting_without_recording_it(void **state)
{
	struct bytes list = bytes_z("A-L"), key = bytes_z("1@x");

	(void)state;
	assert_int_equal(
	    sums_was_posting(&seen, first, SUMS_ID, list, key, A, NOON), 0);
	assert_int_equal(
	    sums_was_posting(&seen, first, SUMS_ID, list, key, B, NOON), 0);
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", A, NOON), 0);
	assert_int_equal(
	    sums_was_posting(&seen, first, SUMS_ID, list, key, B, NOON), 1);
	assert_string_equal(first, A);
	assert_int_equal(
	    sums_was_posting(&seen, first, SUMS_ID, list, key, A, NOON), 0);
}

static void
forgets_what_is_not_kept(void **state)
{
	(void)state;
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", A, NOON), 0);
	assert_int_equal(hit('x', "A-L", A, NOON), 1);
	again(0);
	assert_int_equal(posting(SUMS_ID, "A-L", "1@x", B, NOON), 0);
	assert_int_equal(hit('x', "B-L", B, NOON), 1);
}

static void
takes_keys_and_names_of_any_length(void **state)
{
	static char big[100000];
	struct bytes all = {big, sizeof big}, most = {big, sizeof big - 1};
	struct bytes list = bytes_z("A-L"), none = {NULL, 0};

	(void)state;
	memset(big, 'x', sizeof big);
	assert_int_equal(
	    sums_posting(&seen, first, SUMS_ID, list, all, A, NOON), 0);
	assert_int_equal(
	    sums_posting(&seen, first, SUMS_ID, list, most, B, NOON), 0);
	assert_int_equal(
	    sums_posting(&seen, first, SUMS_ID, none, none, C, NOON), 0);
	assert_int_equal(sums_posted(&seen, list, all, NOON), 0);
	assert_int_equal(sums_poster(&seen, list, all, NOON), 1);
	assert_int_equal(sums_poster(&seen, list, none, NOON), 0);
}

/* --- posters -------------------------------------------------------------- */

static void
knows_who_has_posted_to_which_list(void **state)
{
	(void)state;
	assert_int_equal(poster("A-L", "joe@x.example", NOON), 0);
	posted("A-L", "joe@x.example", NOON);
	again(1);
	assert_int_equal(poster("A-L", "joe@x.example", NOON), 1);
	assert_int_equal(poster("a-l", "Joe@X.Example", NOON + DAY), 1);
	assert_int_equal(poster("B-L", "joe@x.example", NOON), 0);
	assert_int_equal(poster("A-L", "jim@x.example", NOON), 0);
}

static void
forgets_who_has_not_posted_for_400_days(void **state)
{
	(void)state;
	posted("A-L", "joe@x", NOON);
	assert_int_equal(poster("A-L", "joe@x", NOON + 400 * DAY - 1), 1);
	assert_int_equal(poster("A-L", "joe@x", NOON + 400 * DAY), 0);
	posted("A-L", "joe@x", NOON + DAY - 1); /* the day's is kept */
	assert_int_equal(poster("A-L", "joe@x", NOON + 400 * DAY), 0);
	posted("A-L", "joe@x", NOON + 300 * DAY);
	assert_int_equal(poster("A-L", "joe@x", NOON + 700 * DAY - 1), 1);
}

/* --- alerts --------------------------------------------------------------- */

static struct sums_alert
alert(char c, enum sums_state state, uint64_t until_us)
{
	struct sums_alert a = {.raised_us = NOON,
	    .until_us = until_us,
	    .lists = 5,
	    .state = state,
	    .id = A};

	memcpy(a.sum, sum(c), SUMS_LEN);
	return a;
}

static void
put(char c, enum sums_state state, uint64_t until_us)
{
	struct sums_alert a = alert(c, state, until_us);

	assert_int_equal(sums_alert_put(&seen, &a), 0);
}

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
	again(1);
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
	assert_int_equal(sums_alert_get(&seen, sum('y'), &b), 0);
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
remembers_that_an_alert_was_withdrawn(void **state)
{
	struct sums_alert a;

	(void)state;
	assert_int_equal(sums_alert_withdraw(&seen, sum('x')), 0);
	put('x', SUMS_PENDING, NOON + DAY);
	assert_int_equal(sums_alert_withdraw(&seen, sum('x')), 1);
	again(1);
	assert_int_equal(sums_alert_get(&seen, sum('x'), &a), 1);
	assert_int_equal(a.state, SUMS_WITHDRAWN);
	assert_int_equal(sums_alert_lasts(&a, NOON), 0);
	assert_int_equal(sums_alert_withdrawn(&a, NOON), 1);
	assert_int_equal(sums_alert_withdrawn(&a, NOON + DAY), 0);
	a.state = SUMS_DONE;
	assert_int_equal(sums_alert_withdrawn(&a, NOON), 0);
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
	assert_int_equal(told(0, "a@x", A, NOON), 1);
	assert_int_equal(told(0, "b@x", A, NOON), 1);
	assert_int_equal(told('x', "a@x", A, NOON), 1);
	assert_int_equal(told('y', "a@x", A, NOON), 1);
	assert_int_equal(told('\xff', "a@x", A, NOON), 1);
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
shows_alerts_to_a_reader(void **state)
{
	struct sums_alert a = {.raised_us = 0};
	struct seen reader;

	(void)state;
	put('x', SUMS_DONE, NOON + DAY);
	again(1);
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
a_reader_finds_nothing_before_anything_was_recorded(void **state)
{
	struct seen reader;

	(void)state;
	seen_end(&seen, 0);
	seen_close(&seen);
	assert_int_equal(seen_open_read(&reader, "score"), 0);
	assert_int_equal(seen_look(&reader), 0);
	assert_int_equal(seen_look(&reader), 0);
	seen_close(&reader);
	assert_int_equal(mkdir("empty", 0700), 0);
	errno = 0;
	assert_int_equal(seen_open_read(&reader, "empty"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(seen_open(&seen, "score"), 0);
}

static void
takes_what_it_did_not_write_for_no_alert(void **state)
{
	static const char whole[] = "\1\0dSSSSSSSSOOOOOOOO\0\0\0\0\0\0\0\1"
				    "\0\0\0\0\0\0\0\2\0\0\0\3\1i";
	struct sums_alert a = {.raised_us = 0};
	struct bytes key = {(const char *)sum('x'), SUMS_LEN};
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
		assert_int_equal(sums_alert_get(&seen, sum('x'), &a), 0);
	}
	assert_int_equal(store_put(&seen.store, seen.alerts, key,
			     (struct bytes){whole, sizeof whole - 1}, 0),
	    1);
	assert_int_equal(sums_alert_get(&seen, sum('x'), &a), 1);
	assert_string_equal(a.id, "i");
	assert_int_equal(a.lists, 3);
	memcpy(v, whole, sizeof whole);
	v[0] = 2;
	assert_int_equal(store_put(&seen.store, seen.alerts, key,
			     (struct bytes){v, sizeof whole - 1}, 0),
	    1);
	assert_int_equal(sums_alert_get(&seen, sum('x'), &a), 0);
	a = (struct sums_alert){.raised_us = 0};
	assert_int_equal(sums_alert_next(&seen, &a), 0);
	sweep(NOON, 10);
	assert_int_equal(sums_alert_del(&seen, sum('x')), 0);
}

static void
tells_everybody_once(void **state)
{
	(void)state;
	assert_int_equal(told('x', "joe@x.example", A, NOON), 1);
	assert_int_equal(told('x', "Joe@X.example", B, NOON), 0);
	assert_int_equal(told('x', "jim@x.example", B, NOON), 1);
	assert_int_equal(told('x', "", B, NOON), 1);
	assert_int_equal(told('x', "", C, NOON + DAY), 0);
	again(1);
	/* asked again under the ID it was told under: it may not have been */
	assert_int_equal(told('x', "joe@x.example", A, NOON + DAY), 1);
	assert_int_equal(told('y', "joe@x.example", B, NOON), 1);
	assert_int_equal(told('x', "joe@x.example", B, NOON + 7 * DAY), 1);
}

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

/* --- sweeping ------------------------------------------------------------- */

static size_t
entries(unsigned table)
{
	struct store_cursor c;
	struct bytes key, v, none = {"", 0};
	size_t n = 0;
	int r = store_seek(&seen.store, table, &c, none, &key, &v);

	for (; r == 1; r = store_next(&c, &key, &v))
		n++;
	store_cursor_end(&c);
	assert_int_equal(r, 0);
	return n;
}

static void
fill(void)
{
	char name[16];

	for (int i = 0; i < 20; i++) {
		uint64_t us = NOON - (uint64_t)i * DAY;

		snprintf(name, sizeof name, "L%d", i);
		assert_true(hit('x', name, A, us) > 0);
		assert_int_equal(posting(SUMS_ID, name, "x", A, us), 0);
		assert_int_equal(posting(SUMS_BODY, name, "x", A, us), 0);
		posted(name, "joe@x", NOON - (uint64_t)i * 40 * DAY);
		assert_int_equal(told('x', name, A, us), 1);
	}
}

static void
sweeps_what_is_old_and_nothing_else(void **state)
{
	(void)state;
	for (size_t step = 1; step <= 1000; step *= 10) {
		fill();
		sweep(NOON, step);
		assert_int_equal(entries(seen.sums), 1);
		assert_int_equal(entries(seen.postings), 8);
		assert_int_equal(entries(seen.posters), 10);
		assert_int_equal(entries(seen.alerts), 7);
		assert_int_equal(hit('x', "L0", B, NOON), 1);
		assert_int_equal(posting(SUMS_ID, "L6", "x", B, NOON), 1);
		assert_int_equal(poster("L9", "joe@x", NOON), 1);
		sweep(NOON + 1000 * DAY, step);
		assert_int_equal(entries(seen.sums), 0);
		assert_int_equal(entries(seen.postings), 0);
		assert_int_equal(entries(seen.posters), 0);
		assert_int_equal(entries(seen.alerts), 0);
	}
}

static void
sweeps_what_was_recorded_in_the_future(void **state)
{
	(void)state;
	fill();
	sweep(NOON - 2000 * DAY, 7);
	assert_int_equal(entries(seen.sums), 0);
	assert_int_equal(entries(seen.postings), 0);
	assert_int_equal(entries(seen.posters), 0);
	assert_int_equal(entries(seen.alerts), 0);
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
	sweep(NOON, 2);
	assert_int_equal(entries(seen.alerts), 4);
	assert_int_equal(sums_alert_get(&seen, sum('v'), &a), 1);
	assert_int_equal(sums_alert_get(&seen, sum('l'), &a), 1);
	assert_int_equal(sums_alert_get(&seen, sum('p'), &a), 1);
	assert_int_equal(sums_alert_get(&seen, sum('m'), &a), 1);
}

static void
removes_entries_that_are_not_of_its_making(void **state)
{
	struct bytes odd = bytes_z("odd"), v = bytes_z("v");
	const unsigned table[] = {
	    seen.sums, seen.alerts, seen.posters, seen.postings};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		assert_int_equal(
		    store_put(&seen.store, table[i], odd, v, 0), 1);
	sweep(NOON, 3);
	assert_int_equal(entries(seen.sums) + entries(seen.alerts) +
		entries(seen.posters) + entries(seen.postings),
	    0);
}

static void
does_not_sweep_without_a_store(void **state)
{
	struct sums_sweep at = {.table = 0};

	(void)state;
	/* a transaction is under way */
	assert_int_equal(sums_sweep(&seen, &at, NOON, 10), -1);
	again(0);
}

#define test(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    test(counts_the_lists_of_a_sum),
	    test(counts_a_list_once_however_often_and_however_written),
	    test(never_counts_a_message_twice_on_its_list),
	    test(forgets_lists_of_a_day_ago),
	    test(counts_after_the_clock_was_set_back),
	    test(stops_counting_at_the_maximum),
	    test(refuses_an_id_that_is_none),
	    test(needs_memory_to_be_open_for_writing),
	    test(tells_a_posting_that_came_before),
	    test(takes_the_same_posting_to_two_lists_for_two),
	    test(never_takes_a_posting_for_its_own_copy),
	    test(remembers_message_ids_for_a_week_and_bodies_for_a_day),
	    test(asks_about_a_posting_without_recording_it),
	    test(forgets_what_is_not_kept),
	    test(takes_keys_and_names_of_any_length),
	    test(knows_who_has_posted_to_which_list),
	    test(forgets_who_has_not_posted_for_400_days),
	    test(keeps_all_of_an_alert),
	    test(changes_and_forgets_an_alert),
	    test(remembers_that_an_alert_was_withdrawn),
	    test(says_whether_an_alert_is_in_force),
	    test(walks_over_all_alerts),
	    test(shows_alerts_to_a_reader),
	    test(a_reader_finds_nothing_before_anything_was_recorded),
	    test(takes_what_it_did_not_write_for_no_alert),
	    test(tells_everybody_once),
	    test(writes_and_reads_sums_as_text),
	    test(sweeps_what_is_old_and_nothing_else),
	    test(sweeps_what_was_recorded_in_the_future),
	    test(sweeps_alerts_that_ended_when_nothing_is_left_to_do),
	    test(removes_entries_that_are_not_of_its_making),
	    test(does_not_sweep_without_a_store),
	};

	return cmocka_run_group_tests_name("sums", tests, NULL, NULL);
}
