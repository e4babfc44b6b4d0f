#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/num.h"

typedef int number_fn(uint64_t *out, const char *s, size_t len);

static void
good(number_fn *fn, const char *s, uint64_t want)
{
	uint64_t n = ~want;

	assert_int_equal(fn(&n, s, strlen(s)), 0);
	assert_int_equal(n, want);
}

static void
bad(number_fn *fn, const char *s, int err)
{
	uint64_t n = 77;

	errno = 0;
	assert_int_equal(fn(&n, s, strlen(s)), -1);
	assert_int_equal(errno, err);
	assert_int_equal(n, 77);
}

static int
decimal(uint64_t *out, const char *s, size_t len)
{
	return num_u64(out, s, len, UINT64_MAX);
}

static void
reads_decimal_numbers_to_the_last_digit(void **state)
{
	(void)state;
	good(decimal, "0", 0);
	good(decimal, "007", 7);
	good(decimal, "18446744073709551615", UINT64_MAX);
	bad(decimal, "18446744073709551616", ERANGE);
	bad(decimal, "99999999999999999999999999", ERANGE);
	bad(decimal, "", EINVAL);
	bad(decimal, "+1", EINVAL);
	bad(decimal, "-1", EINVAL);
	bad(decimal, " 1", EINVAL);
	bad(decimal, "1 ", EINVAL);
	bad(decimal, "1x", EINVAL);
	bad(decimal, "0x1", EINVAL);
}

static void
holds_a_number_to_its_maximum(void **state)
{
	uint64_t n;

	(void)state;
	assert_int_equal(num_u64(&n, "65535", 5, 65535), 0);
	assert_int_equal(num_u64(&n, "65536", 5, 65535), -1);
	assert_int_equal(errno, ERANGE);
}

static void
reads_no_byte_behind_the_text(void **state)
{
	uint64_t n;

	(void)state;
	assert_int_equal(num_u64(&n, "123456", 3, 1000), 0);
	assert_int_equal(n, 123);
}

static void
reads_hexadecimal_numbers(void **state)
{
	(void)state;
	good(num_hex64, "0", 0);
	good(num_hex64, "0647c1a2b3d4e", UINT64_C(0x647c1a2b3d4e));
	good(num_hex64, "FFFFFFFFFFFFFFFF", UINT64_MAX);
	bad(num_hex64, "", EINVAL);
	bad(num_hex64, "10000000000000000", EINVAL);
	bad(num_hex64, "g", EINVAL);
	bad(num_hex64, "0x1", EINVAL);
}

static void
reads_sizes_with_their_unit(void **state)
{
	(void)state;
	good(num_bytes, "10", 10);
	good(num_bytes, "2K", 2048);
	good(num_bytes, "3m", 3 << 20);
	good(num_bytes, "4G", UINT64_C(4) << 30);
	bad(num_bytes, "K", EINVAL);
	bad(num_bytes, "1T", EINVAL);
	bad(num_bytes, "1KB", EINVAL);
	bad(num_bytes, "9223372036854775808", ERANGE);
	bad(num_bytes, "99999999999G", ERANGE);
}

static void
reads_time_spans_with_their_unit(void **state)
{
	(void)state;
	good(num_duration_ms, "200ms", 200);
	good(num_duration_ms, "30", 30000);
	good(num_duration_ms, "30s", 30000);
	good(num_duration_ms, "5m", 300000);
	good(num_duration_ms, "2h", 7200000);
	good(num_duration_ms, "7d", 604800000);
	bad(num_duration_ms, "7w", EINVAL);
	bad(num_duration_ms, "ms", EINVAL);
	bad(num_duration_ms, "1.5h", EINVAL);
	bad(num_duration_ms, "999999999999999999d", ERANGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_decimal_numbers_to_the_last_digit),
	    cmocka_unit_test(holds_a_number_to_its_maximum),
	    cmocka_unit_test(reads_no_byte_behind_the_text),
	    cmocka_unit_test(reads_hexadecimal_numbers),
	    cmocka_unit_test(reads_sizes_with_their_unit),
	    cmocka_unit_test(reads_time_spans_with_their_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
