#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "lib/bytes.h"
#include "lib/json.h"

static void
assert_text(stralloc *out, const char *want)
{
	assert_int_equal(sa_0(out), 0);
	assert_string_equal(out->s, want);
	sa_free(out);
}

static void
puts_commas_where_they_are_due(void **state)
{
	stralloc out = {0};
	struct json j = {.out = &out};

	(void)state;
	json_open(&j, NULL, '{');
	json_z(&j, "a", "x");
	json_open(&j, "b", '[');
	json_u(&j, NULL, 1);
	json_open(&j, NULL, '{');
	json_close(&j, '}');
	json_open(&j, NULL, '[');
	json_close(&j, ']');
	json_close(&j, ']');
	json_b(&j, "c", 1);
	json_b(&j, "d", 0);
	json_null(&j, "e");
	json_close(&j, '}');
	assert_int_equal(j.failed, 0);
	assert_text(&out,
	    "{\"a\":\"x\",\"b\":[1,{},[]],\"c\":true,\"d\":false,"
	    "\"e\":null}");
}

static void
writes_the_smallest_and_the_largest_number(void **state)
{
	stralloc out = {0};
	struct json j = {.out = &out};

	(void)state;
	json_open(&j, NULL, '[');
	json_u(&j, NULL, UINT64_MAX);
	json_i(&j, NULL, INT64_MIN);
	json_i(&j, NULL, INT64_MAX);
	json_i(&j, NULL, 0);
	json_close(&j, ']');
	assert_text(&out,
	    "[18446744073709551615,-9223372036854775808,"
	    "9223372036854775807,0]");
}

static void
escapes_every_byte_that_needs_it(void **state)
{
	stralloc out = {0};
	struct json j = {.out = &out};
	static const char s[] = "\"\\\n\t\0/\x7f";

	(void)state;
	json_s(&j, NULL, s, sizeof s - 1);
	assert_text(&out, "\"\\\"\\\\\\u000a\\u0009\\u0000/\\u007f\"");
}

static void
keeps_utf8_and_replaces_what_is_none(void **state)
{
	stralloc out = {0};
	struct json j = {.out = &out};

	(void)state;
	json_open(&j, NULL, '[');
	json_z(&j, NULL, "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
	json_z(&j, NULL, "\xff");
	json_z(&j, NULL, "\xc3");             /* cut short */
	json_z(&j, NULL, "\xc0\xaf");         /* overlong */
	json_z(&j, NULL, "\xed\xa0\x80");     /* a surrogate */
	json_z(&j, NULL, "\xf4\x90\x80\x80"); /* beyond U+10FFFF */
	json_close(&j, ']');
	assert_text(&out,
	    "[\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\",\"\\ufffd\","
	    "\"\\ufffd\",\"\\ufffd\\ufffd\","
	    "\"\\ufffd\\ufffd\\ufffd\","
	    "\"\\ufffd\\ufffd\\ufffd\\ufffd\"]");
}

static void
escapes_the_names_as_well(void **state)
{
	stralloc out = {0};
	struct json j = {.out = &out};

	(void)state;
	json_open(&j, NULL, '{');
	json_u(&j, "a\"b", 1);
	json_close(&j, '}');
	assert_text(&out, "{\"a\\\"b\":1}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(puts_commas_where_they_are_due),
	    cmocka_unit_test(writes_the_smallest_and_the_largest_number),
	    cmocka_unit_test(escapes_every_byte_that_needs_it),
	    cmocka_unit_test(keeps_utf8_and_replaces_what_is_none),
	    cmocka_unit_test(escapes_the_names_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
