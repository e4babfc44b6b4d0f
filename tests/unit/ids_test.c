#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/ids.h"

#define ID "0647c1a2b3d4e.9f02c4d1aa"

static int
ok(const char *s)
{
	return id_ok(s, strlen(s));
}

static void
makes_names_that_it_takes_itself(void **state)
{
	char id[ID_LEN + 1], other[ID_LEN + 1];
	uint64_t before = clock_wall_us();

	(void)state;
	assert_int_equal(id_make(id), 0);
	assert_int_equal(strlen(id), ID_LEN);
	assert_true(ok(id));
	assert_true(id_time_us(id) >= before);
	assert_true(id_time_us(id) <= clock_wall_us());
	assert_int_equal(id_make(other), 0);
	assert_string_not_equal(id, other);
}

static void
knows_its_names(void **state)
{
	(void)state;
	assert_true(ok(ID));
	assert_true(ok(ID ".000012"));
	assert_true(ok(ID ".r"));
	assert_true(ok(ID ".000012.r"));
	assert_true(ok(ID ".abcdefghijkl.ABCDEFGHIJKL"));
}

static void
takes_no_other_name(void **state)
{
	static const char *const bad[] = {"", ".", "..", "a", ID ".", ID "..a",
	    ID ".a.b.c", ID ".a/b", ID ".a-b", ID ".abcdefghijklm",
	    "0647C1A2B3D4E.9f02c4d1aa", "0647c1a2b3d4e-9f02c4d1aa",
	    "0647c1a2b3d4e.9f02c4d1a", "0647c1a2b3d4e.9f02c4d1aaa",
	    "0647c1a2b3d4g.9f02c4d1aa", " " ID, ID " ", ID "\n"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(ok(bad[i]));
	assert_false(id_ok(ID "\0x", ID_LEN + 2));
}

static void
names_the_parts_of_a_name(void **state)
{
	char out[ID_NAME_MAX];

	(void)state;
	id_part(out, ID, 12);
	assert_string_equal(out, ID ".000012");
	id_part(out, ID ".000012", 999999);
	assert_string_equal(out, ID ".000012.999999");
	assert_true(ok(out));
	id_named(out, ID ".000012", "r");
	assert_string_equal(out, ID ".000012.r");
	assert_true(ok(out));
	id_part(out, ID ".abcdefghijkl", 1);
	assert_true(ok(out));
}

static void
tells_the_age_and_the_file_number(void **state)
{
	(void)state;
	assert_int_equal(id_time_us(ID), UINT64_C(0x647c1a2b3d4e));
	assert_int_equal(id_number(ID), UINT64_C(0x647c1a2b3d4e) % 10000000);
	assert_int_equal(id_time_us("no time at all"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(makes_names_that_it_takes_itself),
	    cmocka_unit_test(knows_its_names),
	    cmocka_unit_test(takes_no_other_name),
	    cmocka_unit_test(names_the_parts_of_a_name),
	    cmocka_unit_test(tells_the_age_and_the_file_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
