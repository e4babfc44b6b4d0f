#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>

#include "lib/listtab.h"
#include "tests/unit/scratch.h"

static int
ok(const char *name)
{
	return listtab_name_ok(name, strlen(name), NULL) == 0;
}

static void
takes_names_of_letters_digits_and_a_few_marks(void **state)
{
	char longest[LIST_NAME_MAX + 2];

	(void)state;
	assert_true(ok("MYLIST"));
	assert_true(ok("my-list_2.a"));
	assert_true(ok("7"));
	assert_true(ok("requests"));
	assert_true(ok("server"));
	memset(longest, 'a', sizeof longest);
	longest[LIST_NAME_MAX] = 0;
	assert_true(ok(longest));
	longest[LIST_NAME_MAX] = 'a';
	longest[LIST_NAME_MAX + 1] = 0;
	assert_false(ok(longest));
}

static void
refuses_hostile_names(void **state)
{
	static const char *const bad[] = {"", "a/b", "/etc", "..", ".", "a..b",
	    ".a", "a.", "-a", "_a", "a b", "a\nb", "a\x1b", "a+b", "a*b", "a@b",
	    "a=b", "a\"b", "\xc3\xa4", "a\\b", "a%b", "!edition"};
	char huge[300];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(ok(bad[i]));
	assert_int_equal(listtab_name_ok("a\0b", 3, NULL), -1);
	memset(huge, 'a', sizeof huge);
	assert_int_equal(listtab_name_ok(huge, sizeof huge, NULL), -1);
}

static void
refuses_names_that_are_addresses_of_something_else(void **state)
{
	static const char *const bad[] = {"listserv", "LISTSERV", "all",
	    "postmaster", "Mailer-Daemon", "all-request", "owner-x", "OWNER-X",
	    "owner-", "x-request", "x-REQUEST", "x-subscribe-request",
	    "x-unsubscribe-request", "x-signoff-request", "x-server",
	    "x-search-request", "x-check-subscription", "x-dmarc-request"};
	struct where w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(ok(bad[i]));
	assert_int_equal(listtab_name_ok("x-request", 9, &w), -1);
	assert_int_equal(w.at, 1);
}

static void
sorts_local_parts_by_their_form(void **state)
{
	static const struct {
		const char *local;
		enum spool_class class;
		const char *form, *list, *detail;
	} table[] = {
	    {"MyList", CLASS_POST, "", "MYLIST", ""},
	    {"\"mylist\"", CLASS_POST, "", "MYLIST", ""},
	    {"LISTSERV", CLASS_COMMAND, "listserv", "", ""},
	    {"listserv-request", CLASS_COMMAND, "listserv", "", ""},
	    {"owner-listserv", CLASS_BOUNCE, "owner", "", ""},
	    {"mylist-request", CLASS_COMMAND, "request", "MYLIST", ""},
	    {"a-b-subscribe-request", CLASS_COMMAND, "subscribe", "A-B", ""},
	    {"a-unsubscribe-request", CLASS_COMMAND, "unsubscribe", "A", ""},
	    {"a-signoff-request", CLASS_COMMAND, "signoff", "A", ""},
	    {"a-server", CLASS_COMMAND, "server", "A", ""},
	    {"Owner-a", CLASS_BOUNCE, "owner", "A", ""},
	    {"owner-a+Joe=x.org", CLASS_BOUNCE, "verp", "A", "Joe@x.org"},
	    {"owner-a+j+k=l=x.org", CLASS_BOUNCE, "verp", "A", "j+k=l@x.org"},
	    {"\"owner-a+joe doe=x.org\"", CLASS_BOUNCE, "verp", "A",
		"\"joe doe\"@x.org"},
	    {"owner-a*joe**x.org", CLASS_BOUNCE, "probe", "A", "joe@x.org"},
	    {"owner-a*j*k**x.org", CLASS_BOUNCE, "probe", "A", "j*k@x.org"},
	};
	struct listtab_address a;
	stralloc detail = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		assert_int_equal(listtab_classify(&a, &detail, table[i].local,
				     strlen(table[i].local)),
		    1);
		assert_int_equal(a.class, table[i].class);
		assert_string_equal(a.form, table[i].form);
		assert_string_equal(a.list, table[i].list);
		assert_int_equal(sa_0(&detail), 0);
		assert_string_equal(detail.s, table[i].detail);
	}
	sa_free(&detail);
}

static void
knows_what_no_list_can_have(void **state)
{
	static const char *const none[] = {"", "owner-", "owner-a-request",
	    "-request", "all-request", "a-search-request",
	    "a-check-subscription", "postmaster", "owner-postmaster", "a/b",
	    "owner-a+joe", "owner-a+=x", "owner-a*joe*x", "owner-a***x",
	    "owner-*joe**x", "owner-+joe=x", "\"\"", "\"", "listserv-server",
	    "a+b"};
	char huge[4096];
	struct listtab_address a;
	stralloc detail = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof none / sizeof *none; i++) {
		assert_int_equal(
		    listtab_classify(&a, &detail, none[i], strlen(none[i])), 0);
		assert_int_equal(detail.len, 0);
	}
	memset(huge, 'a', sizeof huge);
	assert_int_equal(listtab_classify(&a, &detail, huge, sizeof huge), 0);
	memcpy(huge, "owner-", 6);
	assert_int_equal(listtab_classify(&a, &detail, huge, sizeof huge), 0);
	sa_free(&detail);
}

static void
make_table(const char *value)
{
	struct table_make m = {0};

	assert_int_equal(table_make_begin(&m, AT_FDCWD, LISTTAB_FILE), 0);
	assert_int_equal(
	    table_make_add(&m, "mylist", 6, value, strlen(value)), 0);
	assert_int_equal(table_make_finish(&m, 0644), 0);
}

static void
finds_a_list_in_any_case(void **state)
{
	struct listtab in = {.name = "MYLIST",
	    .bytes = UINT64_MAX,
	    .lines = 250,
	    .send = LISTTAB_PRIVATE,
	    .loop = {LOOP_GIVEN | LOOP_NOCRC | LOOP_DELAY, 10080},
	    .unsafe = 1};
	char value[LISTTAB_VALUE_MAX];
	struct listtab out = {.lines = 0};
	struct table t = {0};
	size_t n;

	(void)state;
	n = listtab_value(value, &in);
	assert_int_equal(n, strlen(value));
	make_table(value);
	assert_int_equal(table_open(&t, LISTTAB_FILE), 0);
	assert_int_equal(listtab_lookup(&out, &t, "MyList", 6), 1);
	assert_string_equal(out.name, "MYLIST");
	assert_true(out.bytes == UINT64_MAX);
	assert_int_equal(out.lines, 250);
	assert_int_equal(out.send, LISTTAB_PRIVATE);
	assert_int_equal(out.loop.flags, LOOP_GIVEN | LOOP_NOCRC | LOOP_DELAY);
	assert_int_equal(out.loop.delay_min, 10080);
	assert_true(out.unsafe);
	assert_false(out.filter || out.no_spam_check || out.old);
	assert_int_equal(listtab_lookup(&out, &t, "mylis", 5), 0);
	assert_int_equal(listtab_lookup(&out, &t, LISTTAB_EDITION, 8), 0);
	assert_int_equal(listtab_lookup(&out, &t, "", 0), 0);
	table_close(&t);
}

static void
keeps_every_fact_apart_from_the_others(void **state)
{
	char value[LISTTAB_VALUE_MAX];
	struct table t = {0};
	struct listtab out;

	(void)state;
	for (unsigned i = 0; i < LOOP_FLAGS + 3; i++) {
		struct listtab in = {.name = "MYLIST", .send = LISTTAB_PUBLIC};

		if (i < LOOP_FLAGS)
			in.loop.flags = 1U << i;
		in.filter = i == LOOP_FLAGS;
		in.unsafe = i == LOOP_FLAGS + 1;
		in.no_spam_check = i == LOOP_FLAGS + 2;
		listtab_value(value, &in);
		make_table(value);
		assert_int_equal(table_open(&t, LISTTAB_FILE), 0);
		assert_int_equal(listtab_lookup(&out, &t, "mylist", 6), 1);
		assert_int_equal(out.loop.flags, in.loop.flags);
		assert_int_equal(out.filter, in.filter);
		assert_int_equal(out.unsafe, in.unsafe);
		assert_int_equal(out.no_spam_check, in.no_spam_check);
		table_close(&t);
	}
}

static void
reads_a_table_of_the_version_before(void **state)
{
	struct table t = {0};
	struct listtab out = {.filter = 1};

	(void)state;
	make_table("1 00000000000000000007 00000000000000000008 C MYLIST");
	assert_int_equal(table_open(&t, LISTTAB_FILE), 0);
	assert_int_equal(listtab_lookup(&out, &t, "mylist", 6), 1);
	assert_string_equal(out.name, "MYLIST");
	assert_int_equal(out.bytes, 7);
	assert_int_equal(out.lines, 8);
	assert_int_equal(out.send, LISTTAB_CLOSED);
	assert_true(out.old);
	assert_false(out.filter || out.unsafe || out.no_spam_check);
	assert_int_equal(out.loop.flags, 0);
	table_close(&t);
}

static void
says_that_a_table_is_damaged(void **state)
{
	static const char *const bad[] = {"", "1", "mylist",
	    "1 00000000000000000000 00000000000000000000 X MYLIST",
	    "2 00000000000000000000 00000000000000000000 P MYLIST",
	    "2 00000000000000000000 00000000000000000000 P - MYLIST",
	    "2 00000000000000000000 00000000000000000000 P Z 00000 MYLIST",
	    "2 00000000000000000000 00000000000000000000 P - 10081 MYLIST",
	    "2 00000000000000000000 00000000000000000000 P - 0 MYLIST",
	    "2 00000000000000000000 00000000000000000000 P - 00000 ",
	    "3 00000000000000000000 00000000000000000000 P - 00000 MYLIST",
	    "1 0000000000000000000x 00000000000000000000 P MYLIST",
	    "1 00000000000000000000 00000000000000000000 P "};
	struct listtab out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct table t = {0};

		make_table(bad[i]);
		assert_int_equal(table_open(&t, LISTTAB_FILE), 0);
		errno = 0;
		assert_int_equal(listtab_lookup(&out, &t, "mylist", 6), -1);
		assert_int_equal(errno, EPROTO);
		table_close(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_names_of_letters_digits_and_a_few_marks),
	    cmocka_unit_test(refuses_hostile_names),
	    cmocka_unit_test(
		refuses_names_that_are_addresses_of_something_else),
	    cmocka_unit_test(sorts_local_parts_by_their_form),
	    cmocka_unit_test(knows_what_no_list_can_have),
	    cmocka_unit_test_setup_teardown(
		finds_a_list_in_any_case, scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		keeps_every_fact_apart_from_the_others, scratch_enter,
		scratch_leave),
	    cmocka_unit_test_setup_teardown(reads_a_table_of_the_version_before,
		scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		says_that_a_table_is_damaged, scratch_enter, scratch_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
