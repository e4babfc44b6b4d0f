/* LDFLAGS: -Wl,--wrap=malloc,--wrap=realloc,--wrap=reallocarray */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "lib/keyfilter.h"
#include "lib/spamtab.h"
#include "lib/table.h"
#include "tests/unit/nomemory.h"
#include "tests/unit/scratch.h"

static void
add(struct spamtab *t, const char *entry, uint32_t line)
{
	struct where w = {0, ""};

	if (spamtab_add(t, entry, strlen(entry), line, &w) < 0)
		fail_msg("%s: %s", entry, w.why);
}

/* struct listing - what spamtab_each called with, a line each */
struct listing {
	stralloc text;
	size_t stop; /* after so many; 0 never */
};

static int
list_pair(void *arg, struct bytes key, struct bytes value)
{
	struct listing *l = arg;
	size_t at = 0, plen, tlen;

	if (l->stop && --l->stop == 0) {
		errno = EIO;
		return -1;
	}
	if (memchr("hbix", key.s[0], 4))
		return 0;
	sa_put(&l->text, key.s, key.len);
	while (at < value.len) {
		plen = (unsigned char)value.s[at + 5];
		tlen = (unsigned char)value.s[at + 7];
		sa_puts(&l->text, " ");
		sa_addu(&l->text, (unsigned char)value.s[at]);
		sa_puts(&l->text, ":");
		sa_addu(&l->text, (unsigned char)value.s[at + 1]);
		sa_puts(&l->text, ":");
		at += SPAMTAB_RECORD + plen;
		sa_put(&l->text, value.s + at, tlen);
		at += tlen;
	}
	sa_puts(&l->text, "\n");
	return 0;
}

static void
assert_list(struct spamtab *t, const char *want)
{
	struct listing l = {.stop = 0};

	assert_int_equal(spamtab_each(t, list_pair, &l), 0);
	assert_int_equal(sa_0(&l.text), 0);
	assert_string_equal(l.text.s, want);
	sa_free(&l.text);
}

static void
an_empty_list_has_its_head_only(void **state)
{
	struct spamtab t = {.n = 0};

	(void)state;
	assert_list(&t, "");
	spamtab_free(&t);
	spamtab_free(&t);
}

static void
each_kind_has_its_letter(void **state)
{
	struct spamtab t = {.n = 0};

	(void)state;
	add(&t, "*@*.example.com", 1);
	add(&t, "JAMES@*", 2);
	add(&t, ">James@example.com", 3);
	add(&t, "EXAMPLE.COM", 4);
	add(&t, "*a@*", 5);
	assert_list(&t,
	    "ajames@example.com 2:3:>James@example.com\n"
	    "dexample.com 1:4:EXAMPLE.COM\n"
	    "sexample.com 1:1:*@*.example.com\n"
	    "ujames 1:2:JAMES@*\n"
	    "f 1:5:*a@*\n");
	assert_int_equal(t.count[SPAM_ADDRESS], 1);
	assert_int_equal(t.count[SPAM_FREE], 1);
	spamtab_free(&t);
}

static void
of_entries_that_mean_the_same_the_highest_and_then_the_first_stays(void **state)
{
	struct spamtab t = {.n = 0};

	(void)state;
	add(&t, "a@example.com", 1);
	add(&t, ">A@example.com", 2);
	add(&t, ">a@EXAMPLE.com", 3);
	add(&t, "\"a\"@example.com", 4);
	add(&t, "*xyzw*@*", 5);
	add(&t, ">*XYZW*@*", 6);
	add(&t, "**xyzw**@*", 7);
	assert_list(&t,
	    "aa@example.com 2:2:>A@example.com\n"
	    "gxyzw 2:6:>*XYZW*@*\n");
	assert_int_equal(t.count[SPAM_ADDRESS], 4);
	/* and what is added later counts as well */
	add(&t, ">>a@example.com", 8);
	assert_list(&t,
	    "aa@example.com 3:8:>>a@example.com\n"
	    "gxyzw 2:6:>*XYZW*@*\n");
	spamtab_free(&t);
}

static void
a_free_pattern_stands_under_its_rarest_four_bytes(void **state)
{
	struct spamtab t = {.n = 0};

	(void)state;
	add(&t, "*spam*@*.info", 1);
	add(&t, ">>*spamx*@*", 2);
	add(&t, ">*spam*@z*", 3);
	add(&t, "*abc@*d", 4);
	add(&t, "*ab*@*", 5);
	add(&t, ">*bc*@*", 6);
	assert_list(&t,
	    "f 2:6:>*bc*@* 1:5:*ab*@*\n"
	    "g.inf 1:1:*spam*@*.info\n"
	    "gabc@ 1:4:*abc@*d\n"
	    "gpamx 3:2:>>*spamx*@*\n"
	    "gspam 2:3:>*spam*@z*\n");
	spamtab_free(&t);
}

static void
more_than_10000_free_patterns_are_an_error(void **state)
{
	struct spamtab t = {.n = 0};
	struct where w = {0, ""};
	char entry[32];
	int i;

	(void)state;
	for (i = 0; i < SPAMTAB_FREE_MAX; i++) {
		snprintf(entry, sizeof entry, "*word%d*@*", i);
		add(&t, entry, 1);
	}
	assert_int_equal(spamtab_add(&t, "*one*@*", 7, 1, &w), -1);
	assert_non_null(strstr(w.why, "more than 10000"));
	assert_int_equal(t.count[SPAM_FREE], SPAMTAB_FREE_MAX);
	add(&t, "*@example.com", 1);
	spamtab_free(&t);
}

static void
a_bad_entry_changes_nothing(void **state)
{
	struct spamtab t = {.n = 0};
	struct where w = {0, ""};

	(void)state;
	add(&t, "a@b", 1);
	assert_int_equal(spamtab_add(&t, "a@", 2, 2, &w), -1);
	assert_list(&t, "aa@b 1:1:a@b\n");
	spamtab_free(&t);
}

static void
stops_when_the_caller_does(void **state)
{
	struct spamtab t = {.n = 0};
	size_t i;

	(void)state;
	add(&t, "a@b", 1);
	add(&t, "*a@*", 1);
	add(&t, "*abcd@*", 1);
	/* the head, the address, f, g, the bits and the filter */
	for (i = 1; i <= 6; i++) {
		struct listing l = {.stop = i};

		errno = 0;
		assert_int_equal(spamtab_each(&t, list_pair, &l), -1);
		assert_int_equal(errno, EIO);
		sa_free(&l.text);
	}
	spamtab_free(&t);
}

static void
writes_a_table_of_the_size_it_said(void **state)
{
	struct spamtab t = {.n = 0};
	struct spamtab_written said, made;
	struct table table = {0};
	const char *value;
	struct stat st;
	size_t len;

	(void)state;
	add(&t, "a@b", 1);
	add(&t, "*spam*@*", 2);
	add(&t, "*@c", 3);
	assert_int_equal(spamtab_write(&t, AT_FDCWD, NULL, 0, &said), 0);
	assert_int_equal(stat("t.cdb", &st), -1);
	assert_int_equal(spamtab_write(&t, AT_FDCWD, "t.cdb", 0640, &made), 0);
	assert_int_equal(stat("t.cdb", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(said.bytes, made.bytes);
	assert_int_equal(said.keys, 3);
	assert_int_equal(made.keys, 3);
	assert_int_equal(st.st_size, made.bytes);
	assert_int_equal(table_open(&table, "t.cdb"), 0);
	assert_int_equal(table_find(&table, "aa@b", 4, &value, &len), 1);
	assert_int_equal(table_find(&table, "gspam", 5, &value, &len), 1);
	assert_int_equal(table_find(&table, "b", 1, &value, &len), 1);
	assert_int_equal(len, SPAMTAB_BITS / 8);
	assert_int_equal(table_find(&table, "x", 1, &value, &len), 1);
	assert_int_equal(len, 8);
	table_close(&table);
	spamtab_free(&t);
}

static void
a_table_that_cannot_be_made_leaves_nothing(void **state)
{
	struct spamtab t = {.n = 0};
	struct spamtab_written made;
	struct stat st;

	(void)state;
	add(&t, "a@b", 1);
	assert_int_equal(mkdir("t.cdb", 0755), 0);
	assert_int_equal(spamtab_write(&t, AT_FDCWD, "t.cdb", 0640, &made), -1);
	assert_int_equal(stat("tmp.t.cdb", &st), -1);
	spamtab_free(&t);
}

/* struct sieve - keys that are there, and the filter that comes after them */
struct sieve {
	stralloc keys, filter;
};

static int
sieve_pair(void *arg, struct bytes key, struct bytes value)
{
	struct sieve *s = arg;

	if (key.s[0] == 'a')
		return sa_put(&s->keys, key.s, key.len);
	return key.s[0] == 'x' ? sa_put(&s->filter, value.s, value.len) : 0;
}

static void
the_filter_knows_all_keys_and_few_others(void **state)
{
	struct spamtab t = {.n = 0};
	struct sieve s = {.keys = {0}};
	struct bytes filter;
	int i, wrong = 0;
	char text[32];

	(void)state;
	for (i = 10000; i < 20000; i++) {
		snprintf(text, sizeof text, "u%d@b", i);
		add(&t, text, 1);
	}
	assert_int_equal(spamtab_each(&t, sieve_pair, &s), 0);
	filter = (struct bytes){s.filter.s, s.filter.len};
	assert_true(keyfilter_ok(filter));
	assert_int_equal(s.keys.len, 10000 * 9);
	for (i = 0; i < 10000; i++)
		assert_int_equal(
		    keyfilter_may_hold(
			filter, (struct bytes){s.keys.s + (size_t)i * 9, 9}),
		    1);
	for (i = 20000; i < 120000; i++) {
		snprintf(text, sizeof text, "au%d@b", i);
		wrong += keyfilter_may_hold(filter, bytes_z(text));
	}
	/* in a hundred one may be wrong, at most */
	assert_in_range(wrong, 0, 1000);
	sa_free(&s.keys);
	sa_free(&s.filter);
	spamtab_free(&t);
}

static int
take_pair(void *arg, struct bytes key, struct bytes value)
{
	(void)arg;
	(void)key;
	(void)value;
	return 0;
}

static int
fill(void)
{
	static const char *const entry[] = {"a@b", "\"c d\"@b", "*@\xc3\xbc.x",
	    "*@\xc3\xbc.*", "*abcd@*", "*a@*"};
	struct spamtab t = {.n = 0};
	size_t i;
	int r = 0;

	for (i = 0; i < sizeof entry / sizeof *entry && r == 0; i++)
		r = spamtab_add(&t, entry[i], strlen(entry[i]), 1, NULL);
	if (r == 0)
		r = spamtab_each(&t, take_pair, NULL);
	spamtab_free(&t);
	return r;
}

static void
a_list_without_memory_is_an_error_and_no_leak(void **state)
{
	(void)state;
	nomemory_each(fill, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_list_has_its_head_only),
	    cmocka_unit_test(each_kind_has_its_letter),
	    cmocka_unit_test(
		of_entries_that_mean_the_same_the_highest_and_then_the_first_stays),
	    cmocka_unit_test(a_free_pattern_stands_under_its_rarest_four_bytes),
	    cmocka_unit_test(more_than_10000_free_patterns_are_an_error),
	    cmocka_unit_test(a_bad_entry_changes_nothing),
	    cmocka_unit_test(stops_when_the_caller_does),
	    cmocka_unit_test_setup_teardown(writes_a_table_of_the_size_it_said,
		scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		a_table_that_cannot_be_made_leaves_nothing, scratch_enter,
		scratch_leave),
	    cmocka_unit_test(the_filter_knows_all_keys_and_few_others),
	    cmocka_unit_test(a_list_without_memory_is_an_error_and_no_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
