#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "lib/keysort.h"

enum { MANY = 20000 };

static struct bytes strings[MANY];
static struct keysort order[MANY];
static char text[MANY][40];

static struct bytes
get(void *arg, uint32_t n)
{
	(void)arg;
	return strings[n];
}

static int
compare(const void *a, const void *b)
{
	uint32_t m = *(const uint32_t *)a, n = *(const uint32_t *)b;
	struct bytes x = strings[m], y = strings[n];
	int r = memcmp(x.s, y.s, x.len < y.len ? x.len : y.len);

	if (r == 0)
		r = x.len != y.len ? (x.len < y.len ? -1 : 1)
				   : (m < n ? -1 : m > n);
	return r;
}

/* Is the order that of qsort with memcmp? */
static void
assert_sorted(uint32_t count)
{
	static uint32_t want[MANY];
	uint32_t i;

	for (i = 0; i < count; i++) {
		order[i] = (struct keysort){0, i};
		want[i] = i;
	}
	keysort(order, count, get, NULL);
	qsort(want, count, sizeof *want, compare);
	for (i = 0; i < count; i++)
		assert_int_equal(order[i].n, want[i]);
}

static void
sorts_as_memcmp_does(void **state)
{
	uint32_t i, k, seed = 1;

	(void)state;
	for (i = 0; i < MANY; i++) {
		strings[i] = (struct bytes){text[i], 0};
		seed = seed * 1103515245 + 12345;
		strings[i].len = seed >> 16 & 31;
		for (k = 0; k < strings[i].len; k++) {
			seed = seed * 1103515245 + 12345;
			text[i][k] = (char)(seed >> 16 & 3 ? 'a' : 0xff);
		}
	}
	assert_sorted(MANY);
	for (i = 0; i < 40; i++)
		assert_sorted(i);
}

static void
sorts_zeros_and_ends_apart(void **state)
{
	uint32_t i, k;

	(void)state;
	for (i = 0; i < MANY; i++) {
		strings[i] = (struct bytes){text[i], i * 7 % 20};
		for (k = 0; k < strings[i].len; k++)
			text[i][k] = (char)(k % 9 == 8 ? i >> k & 1 : 0);
	}
	assert_sorted(MANY);
}

static void
keeps_equal_strings_in_their_order(void **state)
{
	static char same[40] = "the very same text in all places, so";
	uint32_t i;

	(void)state;
	for (i = 0; i < MANY; i++)
		strings[i] = (struct bytes){same, 35 + i % 2};
	assert_sorted(MANY);
	for (i = 0; i < MANY; i++)
		strings[i].len = 0;
	assert_sorted(MANY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sorts_as_memcmp_does),
	    cmocka_unit_test(sorts_zeros_and_ends_apart),
	    cmocka_unit_test(keeps_equal_strings_in_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
