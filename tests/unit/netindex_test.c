#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/netindex.h"

enum { MANY = 20000 };

struct thing {
	struct nettext name;
	uint16_t other;
};

static struct thing thing[MANY];

/* "0", "1", "2" ... */
static void
put(stralloc *text, uint32_t number)
{
	thing[number].name.at = (uint32_t)text->len;
	assert_int_equal(sa_addu(text, number), 0);
	thing[number].name.len = (uint32_t)text->len - thing[number].name.at;
}

static void
an_empty_one_finds_nothing(void **state)
{
	struct netindex x = {0};
	stralloc text = {0};
	struct netnamed a = {thing, sizeof *thing, &text};

	(void)state;
	assert_int_equal(netindex_find(&x, a, bytes_z("0")), UINT32_MAX);
	netindex_free(&x);
}

static void
finds_each_of_many_and_nothing_else(void **state)
{
	struct netindex x = {0};
	stralloc text = {0}, name = {0};
	struct netnamed a = {thing, sizeof *thing, &text};

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		put(&text, i);
		assert_int_equal(netindex_add(&x, a, i), 0);
	}
	assert_int_equal(x.used, MANY);
	for (uint32_t i = 0; i < 2 * MANY; i++) {
		name.len = 0;
		assert_int_equal(sa_addu(&name, i), 0);
		assert_int_equal(
		    netindex_find(&x, a, (struct bytes){name.s, name.len}),
		    i < MANY ? i : UINT32_MAX);
	}
	assert_int_equal(
	    netindex_find(&x, a, (struct bytes){"1\0", 2}), UINT32_MAX);
	sa_free(&text);
	sa_free(&name);
	netindex_free(&x);
	assert_int_equal(x.room, 0);
}

static void
an_empty_name_is_a_name(void **state)
{
	struct netindex x = {0};
	stralloc text = {0};
	struct netnamed a = {thing, sizeof *thing, &text};

	(void)state;
	thing[0].name = (struct nettext){0, 0};
	assert_int_equal(netindex_add(&x, a, 0), 0);
	assert_int_equal(netindex_find(&x, a, (struct bytes){"", 0}), 0);
	netindex_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_one_finds_nothing),
	    cmocka_unit_test(finds_each_of_many_and_nothing_else),
	    cmocka_unit_test(an_empty_name_is_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
