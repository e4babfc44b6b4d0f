#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/password.h"

static stralloc record;

static struct bytes
made(const char *password)
{
	record.len = 0;
	assert_int_equal(password_make(&record, bytes_z(password)), 0);
	return (struct bytes){record.s, record.len};
}

static int
leave(void **state)
{
	(void)state;
	sa_free(&record);
	return 0;
}

static void
knows_its_password_and_no_other(void **state)
{
	struct bytes r = made("correct horse");

	(void)state;
	assert_true(r.len <= PASSWORD_RECORD_MAX);
	assert_int_equal(password_check(r, bytes_z("correct horse")), 1);
	assert_int_equal(password_check(r, bytes_z("correct hors")), 0);
	assert_int_equal(password_check(r, bytes_z("Correct horse")), 0);
	assert_int_equal(password_check(r, bytes_z("correct horse ")), 0);
	assert_int_equal(password_check(r, (struct bytes){NULL, 0}), 0);
}

static void
does_not_hold_the_password(void **state)
{
	struct bytes r = made("swordfish");

	(void)state;
	assert_null(memmem(r.s, r.len, "swordfish", 9));
	assert_int_equal(memcmp(r.s, "scrypt 16384 8 1 ", 17), 0);
}

static void
two_records_of_a_password_differ(void **state)
{
	stralloc other = {0};
	struct bytes r = made("swordfish");

	(void)state;
	assert_int_equal(password_make(&other, bytes_z("swordfish")), 0);
	assert_int_equal(other.len, r.len);
	assert_memory_not_equal(other.s, r.s, r.len);
	sa_free(&other);
}

static void
nothing_is_right_for_who_has_none(void **state)
{
	(void)state;
	assert_int_equal(
	    password_check((struct bytes){"", 0}, bytes_z("x")), 0);
	assert_int_equal(password_check((struct bytes){"", 0}, bytes_z("")), 0);
}

/* Both compute the same; which is slower is chance. */
static void
takes_as_long_for_who_has_none(void **state)
{
	struct bytes r = made("swordfish");
	uint64_t with = UINT64_MAX, without = UINT64_MAX;

	(void)state;
	for (int i = 0; i < 5; i++) {
		uint64_t t = clock_mono_us(), d;

		password_check(r, bytes_z("wrong"));
		d = clock_mono_us() - t;
		with = d < with ? d : with;
		t = clock_mono_us();
		password_check((struct bytes){"", 0}, bytes_z("wrong"));
		d = clock_mono_us() - t;
		without = d < without ? d : without;
	}
	assert_true(without > with / 3);
	assert_true(with > without / 3);
}

static void
takes_no_password_that_is_empty_or_too_long(void **state)
{
	char text[PASSWORD_MAX + 1];
	stralloc out = {0};

	(void)state;
	memset(text, 'x', sizeof text);
	assert_int_equal(password_make(&out, (struct bytes){text, 0}), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(
	    password_make(&out, (struct bytes){text, sizeof text}), -1);
	assert_int_equal(out.len, 0);
	assert_int_equal(
	    password_check(made("xxxxxxxx"), (struct bytes){text, sizeof text}),
	    0);
	sa_free(&out);
}

static void
a_damaged_record_is_an_error(void **state)
{
	static const char *const bad[] = {
	    "x",
	    "scrypt",
	    "scrypt 16384 8 1 00 00",
	    "scrypt 99999999999 8 1 "
	    "00112233445566778899aabbccddeeff "
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
	    "scrypt 16384 0 1 "
	    "00112233445566778899aabbccddeeff "
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
	    "scrypt 16384 8 1 "
	    "00112233445566778899aabbccddeeff "
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddee",
	    "scrypt 16384 8 1 "
	    "00112233445566778899aabbccddeexx "
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(
		    password_check(bytes_z(bad[i]), bytes_z("swordfish")), -1);
		assert_int_equal(errno, EIO);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_its_password_and_no_other),
	    cmocka_unit_test(does_not_hold_the_password),
	    cmocka_unit_test(two_records_of_a_password_differ),
	    cmocka_unit_test(nothing_is_right_for_who_has_none),
	    cmocka_unit_test(takes_as_long_for_who_has_none),
	    cmocka_unit_test(takes_no_password_that_is_empty_or_too_long),
	    cmocka_unit_test(a_damaged_record_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, leave);
}
