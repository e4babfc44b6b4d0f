#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/keyfilter.h"

static struct bytes
key(unsigned i, const char *kind)
{
	static char text[40];
	int n = snprintf(text, sizeof text, "%s%u@d%u.example", kind, i, i % 7);

	return (struct bytes){text, (size_t)n};
}

static void
knows_all_that_was_added_and_little_else(void **state)
{
	struct keyfilter f;
	struct bytes b;
	unsigned wrong = 0;

	(void)state;
	assert_int_equal(keyfilter_make(&f, 10000), 0);
	for (unsigned i = 0; i < 10000; i++)
		keyfilter_add(&f, key(i, "a"));
	b = (struct bytes){f.s, f.len};
	assert_true(keyfilter_ok(b));
	for (unsigned i = 0; i < 10000; i++) {
		assert_int_equal(keyfilter_may_hold(b, key(i, "a")), 1);
		assert_int_equal(
		    keyfilter_may_have(b, keyfilter_hash(key(i, "a"))), 1);
		keyfilter_fetch(b, keyfilter_hash(key(i, "a")));
		wrong += (unsigned)keyfilter_may_hold(b, key(i, "b"));
	}
	/* in a hundred one may be wrong, at most */
	assert_in_range(wrong, 0, 100);
	keyfilter_free(&f);
}

static void
takes_keys_of_any_length(void **state)
{
	char text[40] = "";
	struct keyfilter f;
	struct bytes b;

	(void)state;
	for (size_t len = 0; len < sizeof text; len++) {
		assert_int_equal(keyfilter_make(&f, 0), 0);
		assert_int_equal(f.len, 8);
		b = (struct bytes){f.s, f.len};
		assert_int_equal(
		    keyfilter_may_hold(b, (struct bytes){text, len}), 0);
		keyfilter_add(&f, (struct bytes){text, len});
		assert_int_equal(
		    keyfilter_may_hold(b, (struct bytes){text, len}), 1);
		keyfilter_free(&f);
	}
}

static void
tells_bytes_that_cannot_be_one(void **state)
{
	(void)state;
	assert_false(keyfilter_ok((struct bytes){"", 0}));
	assert_false(keyfilter_ok((struct bytes){"1234", 4}));
	assert_false(keyfilter_ok((struct bytes){"123456789", 9}));
	assert_true(keyfilter_ok((struct bytes){"12345678", 8}));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_all_that_was_added_and_little_else),
	    cmocka_unit_test(takes_keys_of_any_length),
	    cmocka_unit_test(tells_bytes_that_cannot_be_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
