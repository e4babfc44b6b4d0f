#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/duelist.h"

static void
add(struct duelist *l, uint64_t at_ms, const char *id, unsigned char sum)
{
	struct due d = {.at_ms = at_ms, .has_sum = sum != 0};

	id_copy(d.id, id);
	memset(d.sum, sum, sizeof d.sum);
	assert_int_equal(duelist_add(l, &d), 0);
}

static void
gives_the_soonest_first_and_none_too_early(void **state)
{
	struct duelist l = {0};
	struct due d;

	(void)state;
	assert_int_equal(duelist_take(&l, &d, UINT64_MAX), 0);
	assert_int_equal(duelist_wait(&l, 0, 500), 500);
	add(&l, 300, "c", 0);
	add(&l, 100, "a", 0);
	add(&l, 200, "b", 0);
	assert_int_equal(duelist_wait(&l, 0, 500), 100);
	assert_int_equal(duelist_wait(&l, 0, 50), 50);
	assert_int_equal(duelist_wait(&l, 100, 500), 0);
	assert_int_equal(duelist_take(&l, &d, 99), 0);
	assert_int_equal(duelist_take(&l, &d, 200), 1);
	assert_string_equal(d.id, "a");
	assert_int_equal(duelist_take(&l, &d, 200), 1);
	assert_string_equal(d.id, "b");
	assert_int_equal(duelist_take(&l, &d, 200), 0);
	assert_int_equal(duelist_take(&l, &d, 300), 1);
	assert_string_equal(d.id, "c");
	duelist_free(&l);
	assert_int_equal(l.n, 0);
}

/* A sequence that looks random and is the same each time. */
static uint64_t
scatter(uint64_t i)
{
	return (i * UINT64_C(6364136223846793005) + 1442695040888963407U) >> 40;
}

static void
sorts_twenty_thousand(void **state)
{
	struct duelist l = {0};
	struct due d;
	uint64_t last = 0;
	char id[ID_NAME_MAX];

	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		snprintf(id, sizeof id, "%u", (unsigned)i);
		add(&l, scatter(i), id, 0);
	}
	for (unsigned i = 0; i < 20000; i++) {
		assert_int_equal(duelist_take(&l, &d, UINT64_MAX), 1);
		assert_true(d.at_ms >= last);
		last = d.at_ms;
	}
	assert_int_equal(duelist_take(&l, &d, UINT64_MAX), 0);
	duelist_free(&l);
}

static void
hurries_all_of_a_sum_and_no_other(void **state)
{
	static const unsigned char seven[DUE_SUM_LEN] = {
	    7, 7, 7, 7, 7, 7, 7, 7};
	static const unsigned char none[DUE_SUM_LEN] = {0};
	struct duelist l = {0};
	struct due d;
	unsigned sevens = 0;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		sevens += i % 3 == 0;
		add(&l, 1000000 + scatter(i), "x", i % 3 == 0 ? 7 : i % 3 == 1);
	}
	assert_int_equal(duelist_hurry(&l, seven), sevens);
	/* those without a sum are not those of a sum of zeros */
	assert_int_equal(duelist_hurry(&l, none), 0);
	for (; sevens; sevens--) {
		assert_int_equal(duelist_take(&l, &d, 0), 1);
		assert_int_equal(d.sum[0], 7);
	}
	assert_int_equal(duelist_take(&l, &d, 0), 0);
	assert_true(duelist_wait(&l, 0, UINT64_MAX) >= 1000000);
	duelist_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(gives_the_soonest_first_and_none_too_early),
	    cmocka_unit_test(sorts_twenty_thousand),
	    cmocka_unit_test(hurries_all_of_a_sum_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
