#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/crc32.h"

static uint32_t
sum(const char *s, size_t len, size_t piece)
{
	struct crc32 c = {0};
	size_t n;

	for (size_t at = 0; at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		crc32_put(&c, (struct bytes){s + at, n});
	}
	return crc32_end(&c);
}

static void
agrees_with_gzip(void **state)
{
	(void)state;
	/* printf '123456789\n' | gzip | tail -c 8 */
	assert_int_equal(sum("123456789\n", 10, 10), 0xe0117757);
	assert_int_equal(sum("", 0, 1), 0);
	assert_int_equal(sum("\n", 1, 1), 0x32d70693);
}

static void
counts_every_line_end_as_one_byte(void **state)
{
	static const char crlf[] = "a\r\nb\r\n\r\n", lf[] = "a\nb\n\n";

	(void)state;
	for (size_t piece = 1; piece < 9; piece++)
		assert_int_equal(sum(crlf, 8, piece), sum(lf, 5, piece));
}

static void
counts_a_last_line_without_end_as_if_it_had_one(void **state)
{
	(void)state;
	assert_int_equal(sum("a\r\nb", 4, 4), sum("a\nb\n", 4, 4));
	assert_int_equal(sum("a\r", 2, 1), sum("a\r\r\n", 4, 4));
}

static void
counts_a_bare_return_as_itself(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 6; piece++)
		assert_int_equal(
		    sum("a\r\rb\r\n", 6, piece), sum("a\r\rb\n", 5, 1));
	assert_int_not_equal(sum("a\rb\n", 4, 1), sum("a\nb\n", 4, 1));
}

static void
sees_every_byte(void **state)
{
	char text[256];
	uint32_t was;

	(void)state;
	for (unsigned i = 0; i < sizeof text; i++)
		text[i] = (char)i;
	was = sum(text, sizeof text, 7);
	assert_int_equal(was, sum(text, sizeof text, 256));
	for (unsigned i = 0; i < sizeof text; i++) {
		text[i] = (char)(text[i] ^ 1);
		assert_int_not_equal(sum(text, sizeof text, 256), was);
		text[i] = (char)(text[i] ^ 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agrees_with_gzip),
	    cmocka_unit_test(counts_every_line_end_as_one_byte),
	    cmocka_unit_test(counts_a_last_line_without_end_as_if_it_had_one),
	    cmocka_unit_test(counts_a_bare_return_as_itself),
	    cmocka_unit_test(sees_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
