#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/lists.h"
#include "lib/suboptions.h"
#include "tests/unit/scratch.h"

static struct lists l;

static int
enter(void **state)
{
	if (scratch_enter(state) < 0)
		return -1;
	if (lists_open(&l, ".", STORE_WRITE) < 0)
		return -1;
	return lists_begin(&l, 1);
}

static int
leave(void **state)
{
	lists_close(&l);
	return scratch_leave(state);
}

static struct list
create(const char *name)
{
	struct list list;

	assert_int_equal(lists_create(&l, &list, bytes_z(name),
			     bytes_z("* T\n* Owner= a@b\n"), 20261122),
	    1);
	return list;
}

static void
put(struct list *list, const char *addr, uint32_t options)
{
	struct subscriber s = {.addr = bytes_z(addr),
	    .name = bytes_z("Full Name"),
	    .options = options,
	    .day = 20261122};

	assert_int_equal(lists_put(&l, list, &s, LISTS_NEW), 1);
}

/* The addresses of a list, each with a blank behind. */
static const char *
walk(const struct list *list, const char *after, int all)
{
	static char text[1024];
	struct lists_walk w;
	struct subscriber s;
	stralloc key = {0};
	size_t n = 0;
	int r;

	if (*after)
		assert_int_equal(addr_key(&key, after, strlen(after)), 0);
	assert_int_equal(
	    lists_walk_begin(&w, &l, list, (struct bytes){key.s, key.len}, all),
	    0);
	while ((r = lists_walk_next(&w, &s)) == 1) {
		memcpy(text + n, s.addr.s, s.addr.len);
		n += s.addr.len;
		text[n++] = ' ';
	}
	assert_int_equal(r, 0);
	lists_walk_end(&w);
	sa_free(&key);
	text[n] = 0;
	return text;
}

static void
finds_lists_in_any_case_and_walks_over_them_by_name(void **state)
{
	struct list list, first = {0};

	(void)state;
	create("Beta");
	create("alpha");
	create("alpha-2");
	assert_int_equal(lists_find(&l, &list, "BETA", 4), 1);
	assert_string_equal(list.name, "BETA");
	assert_int_equal(list.id, 1);
	assert_int_equal(list.created, 20261122);
	assert_int_equal(lists_find(&l, &list, "bet", 3), 0);
	assert_int_equal(lists_find(&l, &list, "", 0), 0);
	assert_int_equal(lists_after(&l, &first), 1);
	assert_string_equal(first.name, "ALPHA");
	assert_int_equal(lists_after(&l, &first), 1);
	assert_string_equal(first.name, "ALPHA-2");
	assert_int_equal(lists_after(&l, &first), 1);
	assert_int_equal(lists_after(&l, &first), 0);
}

static void
makes_no_list_twice_and_uses_no_number_twice(void **state)
{
	struct list list = create("a"), other;

	(void)state;
	assert_int_equal(lists_create(&l, &other, bytes_z("A"),
			     bytes_z("* T\n* Owner= a@b\n"), 1),
	    0);
	assert_int_equal(lists_delete(&l, &list), 0);
	assert_int_equal(lists_find(&l, &other, "a", 1), 0);
	other = create("a");
	assert_int_equal(other.id, list.id + 1);
}

static void
deletes_the_subscribers_of_that_list_only(void **state)
{
	struct list a = create("a"), b = create("b"), c = create("c");

	(void)state;
	put(&a, "x@y", 0);
	put(&b, "x@y", 0);
	put(&b, "z@y", 0);
	put(&c, "x@y", 0);
	assert_int_equal(lists_delete(&l, &b), 0);
	assert_string_equal(walk(&a, "", 1), "x@y ");
	assert_string_equal(walk(&b, "", 1), "");
	assert_string_equal(walk(&c, "", 1), "x@y ");
}

static void
walks_by_reversed_domain_over_those_with_mail(void **state)
{
	struct list list = create("a"), next = create("b");

	(void)state;
	put(&list, "zoe@example.org", 0);
	put(&list, "Joe@a.example.org", 0);
	put(&list, "ann@example.com", 0);
	put(&list, "no@example.com", SUB_NOMAIL);
	put(&list, "\"a b\"@[192.0.2.1]", 0);
	put(&next, "x@y", 0);
	assert_string_equal(walk(&list, "", 0),
	    "\"a b\"@[192.0.2.1] ann@example.com zoe@example.org "
	    "Joe@a.example.org ");
	assert_string_equal(walk(&list, "", 1),
	    "\"a b\"@[192.0.2.1] ann@example.com no@example.com "
	    "zoe@example.org Joe@a.example.org ");
	assert_string_equal(walk(&list, "no@example.com", 0),
	    "zoe@example.org Joe@a.example.org ");
	assert_string_equal(walk(&list, "nobody@example.com", 0),
	    "zoe@example.org Joe@a.example.org ");
	assert_string_equal(walk(&list, "joe@a.example.org", 0), "");
	assert_string_equal(walk(&next, "", 0), "x@y ");
}

static void
keeps_the_counts_exact_through_every_change(void **state)
{
	struct list list = create("a"), found;
	struct subscriber s;
	stralloc room = {0};

	(void)state;
	put(&list, "a@b", 0);
	put(&list, "c@d", SUB_NOMAIL);
	put(&list, "e@f", SUB_REPRO);
	assert_int_equal(list.subscribers, 3);
	assert_int_equal(list.mail, 2);
	assert_int_equal(lists_get(&l, &list, &s, &room, "A@b", 3), 1);
	s.options |= SUB_NOMAIL;
	assert_int_equal(lists_put(&l, &list, &s, 0), 1);
	assert_int_equal(list.subscribers, 3);
	assert_int_equal(list.mail, 1);
	assert_int_equal(lists_remove(&l, &list, "C@D", 3), 1);
	assert_int_equal(lists_remove(&l, &list, "C@D", 3), 0);
	assert_int_equal(lists_remove(&l, &list, "nothing", 7), 0);
	assert_int_equal(list.subscribers, 2);
	assert_int_equal(list.mail, 1);
	assert_int_equal(list.changes, 5);
	assert_int_equal(lists_save(&l, &list), 0);
	assert_int_equal(lists_find(&l, &found, "a", 1), 1);
	assert_int_equal(found.subscribers, 2);
	assert_int_equal(found.mail, 1);
	assert_int_equal(found.changes, 5);
	sa_free(&room);
}

static void
remembers_how_an_address_was_spelled(void **state)
{
	struct list list = create("a");
	struct subscriber s, same = {.addr = {"joe@x.y", 7}};
	stralloc room = {0};

	(void)state;
	put(&list, "Joe@x.y", SUB_CONCEAL);
	assert_int_equal(lists_put(&l, &list, &same, LISTS_NEW), 0);
	assert_int_equal(lists_get(&l, &list, &s, &room, "jOE@x.y", 7), 1);
	assert_true(bytes_eq(s.addr, "Joe@x.y"));
	assert_true(bytes_eq(s.name, "Full Name"));
	assert_int_equal(s.options, SUB_CONCEAL);
	assert_int_equal(s.day, 20261122);
	assert_int_equal(lists_get(&l, &list, &s, &room, "x", 1), 0);
	sa_free(&room);
}

static void
stores_the_longest_subscriber_and_refuses_a_longer_one(void **state)
{
	char addr[ADDR_MAX + 1], name[300];
	struct list list = create("a");
	struct subscriber s = {.addr = {addr, ADDR_MAX}, .name = {name, 256}};
	size_t i;

	(void)state;
	memset(addr, 'A', sizeof addr);
	memset(name, 'n', sizeof name);
	for (i = ADDR_LOCAL_MAX; i < ADDR_MAX; i += 60)
		addr[i] = i == ADDR_LOCAL_MAX ? '@' : '.';
	assert_int_equal(lists_put(&l, &list, &s, LISTS_NEW), 1);
	s.name.len = 257;
	assert_int_equal(lists_put(&l, &list, &s, 0), -1);
	assert_int_equal(errno, EINVAL);
	s = (struct subscriber){.addr = {"nobody", 6}};
	assert_int_equal(lists_put(&l, &list, &s, 0), -1);
	assert_int_equal(errno, EINVAL);
}

static void
knows_which_key_comes_last(void **state)
{
	struct list a = create("a"), b = create("b");

	(void)state;
	assert_int_equal(lists_above(&l, &a, bytes_z("x")), 1);
	put(&a, "x@y", 0);
	assert_int_equal(lists_above(&l, &a, bytes_z("a")), 0);
	assert_int_equal(lists_above(&l, &a, (struct bytes){"y\0x", 3}), 0);
	assert_int_equal(lists_above(&l, &a, bytes_z("z")), 1);
	assert_int_equal(lists_above(&l, &b, bytes_z("a")), 1);
}

static void
gives_headers_back_as_they_were_put(void **state)
{
	struct list list = create("a");
	uint64_t before, after;
	struct bytes text;

	(void)state;
	assert_int_equal(lists_edition(&l, &before), 0);
	assert_int_equal(
	    lists_header_put(&l, &list, bytes_z("* New\r\n* Owner= a@b\n")), 0);
	assert_int_equal(lists_edition(&l, &after), 0);
	assert_true(after == before + 1);
	assert_int_equal(lists_header(&l, &list, &text), 0);
	assert_true(bytes_eq(text, "* New\r\n* Owner= a@b\n"));
}

static void
reads_a_store_to_which_nothing_was_ever_written(void **state)
{
	struct list list = {0};
	uint64_t edition = 7;

	(void)state;
	assert_int_equal(lists_end(&l, 0), 0);
	assert_int_equal(lists_begin(&l, 0), 0);
	assert_int_equal(lists_find(&l, &list, "a", 1), 0);
	assert_int_equal(lists_after(&l, &list), 0);
	assert_int_equal(lists_edition(&l, &edition), 0);
	assert_true(edition == 0);
	assert_string_equal(walk(&list, "", 1), "");
}

static void
walks_on_in_a_later_transaction(void **state)
{
	struct list list = create("a");

	(void)state;
	put(&list, "a@x", 0);
	put(&list, "b@x", 0);
	put(&list, "c@x", 0);
	assert_int_equal(lists_save(&l, &list), 0);
	assert_int_equal(lists_end(&l, 1), 0);
	assert_int_equal(lists_begin(&l, 1), 0);
	assert_int_equal(lists_remove(&l, &list, "b@x", 3), 1);
	put(&list, "b2@x", 0);
	assert_string_equal(walk(&list, "b@x", 0), "b2@x c@x ");
}

static void
puts_in_bulk_as_many_as_it_was_told_to_expect(void **state)
{
	enum { COUNT = 20000 };
	struct list a = create("a"), b = create("b");
	char addr[40];
	int i;

	(void)state;
	put(&b, "z@z", 0); /* so that a's subscribers do not come last */
	assert_int_equal(lists_save(&l, &b), 0);
	assert_int_equal(lists_end(&l, 1), 0);
	lists_close(&l);
	assert_int_equal(lists_open(&l, ".", STORE_BULK), 0);
	lists_expect(&l, COUNT, (uint64_t)COUNT * 2 * sizeof addr);
	assert_int_equal(lists_begin(&l, 1), 0);
	assert_int_equal(lists_find(&l, &a, "a", 1), 1);
	for (i = 0; i < COUNT; i++) {
		snprintf(addr, sizeof addr, "user%05d@example.com", i);
		put(&a, addr, i % 2 ? SUB_NOMAIL : 0);
	}
	assert_int_equal(lists_save(&l, &a), 0);
	assert_int_equal(lists_end(&l, 1), 0);
	lists_close(&l);
	assert_int_equal(lists_open(&l, ".", STORE_WRITE), 0);
	assert_int_equal(lists_begin(&l, 1), 0);
	assert_int_equal(lists_find(&l, &a, "A", 1), 1);
	assert_int_equal(a.subscribers, COUNT);
	assert_int_equal(a.mail, COUNT / 2);
	assert_string_equal(walk(&a, "user19997@example.com", 1),
	    "user19998@example.com user19999@example.com ");
	assert_string_equal(walk(&b, "", 1), "z@z ");
}

static int
all_gone(void *arg, const char *id)
{
	(void)arg;
	return strcmp(id, "0647c1a2b3d4e.9f02c4d1aa") == 0;
}

static int
not_known(void *arg, const char *id)
{
	(void)arg;
	(void)id;
	errno = EACCES;
	return -1;
}

static void
records_which_messages_were_executed(void **state)
{
	const char *const a = "0647c1a2b3d4e.9f02c4d1aa";
	const char *const b = "0647c1a2b3d4f.9f02c4d1ab";

	(void)state;
	assert_int_equal(lists_command_done(&l, a), 0);
	assert_int_equal(lists_command_put(&l, a), 0);
	assert_int_equal(lists_command_put(&l, b), 0);
	assert_int_equal(lists_end(&l, 1), 0);
	assert_int_equal(lists_begin(&l, 1), 0);
	assert_int_equal(lists_command_done(&l, a), 1);
	assert_int_equal(lists_command_forget(&l, not_known, NULL), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(lists_command_forget(&l, all_gone, NULL), 0);
	assert_int_equal(lists_command_done(&l, a), 0);
	assert_int_equal(lists_command_done(&l, b), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(finds_lists_in_any_case_and_walks_over_them_by_name),
	    TEST(makes_no_list_twice_and_uses_no_number_twice),
	    TEST(deletes_the_subscribers_of_that_list_only),
	    TEST(walks_by_reversed_domain_over_those_with_mail),
	    TEST(keeps_the_counts_exact_through_every_change),
	    TEST(remembers_how_an_address_was_spelled),
	    TEST(stores_the_longest_subscriber_and_refuses_a_longer_one),
	    TEST(knows_which_key_comes_last),
	    TEST(gives_headers_back_as_they_were_put),
	    TEST(reads_a_store_to_which_nothing_was_ever_written),
	    TEST(walks_on_in_a_later_transaction),
	    TEST(puts_in_bulk_as_many_as_it_was_told_to_expect),
	    TEST(records_which_messages_were_executed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
