#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

#include "lib/keyval.h"

static void
writes_one_line_for_a_key(void **state)
{
	stralloc out = {0};

	(void)state;
	assert_int_equal(keyval_put(&out, "name", bytes_z("a b"), 3), 0);
	assert_int_equal(keyval_put(&out, "none", bytes_z(""), 3), 0);
	assert_int_equal(keyval_putu(&out, "n", UINT64_MAX), 0);
	assert_true(bytes_eq((struct bytes){out.s, out.len},
	    "name: a b\nnone: \nn: 18446744073709551615\n"));
	sa_free(&out);
}

static void
writes_nothing_that_could_not_be_read_back(void **state)
{
	stralloc out = {0};

	(void)state;
	assert_int_equal(keyval_put(&out, "k", bytes_z("abcd"), 3), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(keyval_put(&out, "k", bytes_z("a\nb"), 9), -1);
	assert_int_equal(keyval_put(&out, "k", bytes_z("a\r"), 9), -1);
	assert_int_equal(
	    keyval_put(&out, "k", (struct bytes){"a\0", 2}, 9), -1);
	assert_int_equal(out.len, 0);
	sa_free(&out);
}

static void
reads_the_keys_in_their_order_only(void **state)
{
	static const char s[] = "a: 1\nb: \nend\nrest";
	struct where w = {0};
	struct keyval k = {.s = s, .len = sizeof s - 1, .w = &w};
	struct bytes v;
	uint64_t n;

	(void)state;
	assert_int_equal(keyval_get(&k, "b", &v), -1);
	assert_string_equal(w.why, "not the key expected here");
	assert_int_equal(w.at, 0);
	assert_int_equal(keyval_getu(&k, "a", &n, 1), 0);
	assert_int_equal(n, 1);
	assert_int_equal(keyval_get(&k, "b", &v), 0);
	assert_int_equal(v.len, 0);
	assert_int_equal(keyval_end(&k), 0);
	assert_int_equal(k.at, 13);
}

static void
does_not_take_a_key_for_a_longer_one(void **state)
{
	struct where w = {0};
	struct keyval k = {.s = "list-id: x\n", .len = 11, .w = &w};
	struct bytes v;

	(void)state;
	assert_int_equal(keyval_get(&k, "list", &v), -1);
	assert_int_equal(keyval_get(&k, "list-id", &v), 0);
	assert_true(bytes_eq(v, "x"));
}

static void
needs_the_end_of_every_line(void **state)
{
	struct where w = {0};
	struct keyval k = {.s = "end", .len = 3, .w = &w};
	struct bytes v;

	(void)state;
	assert_int_equal(keyval_end(&k), -1);
	assert_string_equal(w.why, "the head is cut short");
	assert_int_equal(keyval_get(&k, "end", &v), -1);
	k = (struct keyval){.s = "ende\n", .len = 5, .w = &w};
	assert_int_equal(keyval_end(&k), -1);
}

static void
refuses_numbers_out_of_their_range(void **state)
{
	struct where w = {0};
	struct keyval k = {.s = "n: 11\n", .len = 6, .w = &w};
	uint64_t n = 7;

	(void)state;
	assert_int_equal(keyval_getu(&k, "n", &n, 10), -1);
	assert_string_equal(w.why, "not a number of the range");
	assert_int_equal(n, 7);
}

static void
takes_names_of_ours_only(void **state)
{
	static const char id[] = "0647c1a2b3d4e.9f02c4d1aa.000001";
	static const char *const bad[] = {"", "..", "new/0647c1a2b3d4e",
	    "0647c1a2b3d4e.9f02c4d1aa.000001.r.r", "0647c1a2b3d4e.9f02c4d1ag"};
	char text[100], name[ID_NAME_MAX];
	struct where w = {0};
	struct keyval k = {.s = text, .w = &w};

	(void)state;
	k.len = (size_t)snprintf(text, sizeof text, "id: %s\n", id);
	assert_int_equal(keyval_name(&k, "id", name), 0);
	assert_string_equal(name, id);
	assert_int_equal(k.at, k.len);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		k.at = 0;
		k.len = (size_t)snprintf(text, sizeof text, "id: %s\n", bad[i]);
		assert_int_equal(keyval_name(&k, "id", name), -1);
		assert_string_equal(w.why, "not a name of ours");
		assert_int_equal(w.at, 0);
	}
	k.at = 0;
	assert_int_equal(keyval_name(&k, "name", name), -1);
	assert_string_equal(w.why, "not the key expected here");
	assert_string_equal(name, id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_one_line_for_a_key),
	    cmocka_unit_test(writes_nothing_that_could_not_be_read_back),
	    cmocka_unit_test(reads_the_keys_in_their_order_only),
	    cmocka_unit_test(does_not_take_a_key_for_a_longer_one),
	    cmocka_unit_test(needs_the_end_of_every_line),
	    cmocka_unit_test(refuses_numbers_out_of_their_range),
	    cmocka_unit_test(takes_names_of_ours_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
