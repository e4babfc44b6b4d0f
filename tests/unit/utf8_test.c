#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/bytes.h"
#include "lib/utf8.h"

static void
reads_every_length_of_character(void **state)
{
	static const struct {
		const char *s;
		uint32_t point;
		size_t len;
	} table[] = {
	    {"a", 'a', 1},
	    {"\x7f", 0x7f, 1},
	    {"\xc2\x80", 0x80, 2},
	    {"\xdf\xbf", 0x7ff, 2},
	    {"\xe0\xa0\x80", 0x800, 3},
	    {"\xed\x9f\xbf", 0xd7ff, 3},
	    {"\xee\x80\x80", 0xe000, 3},
	    {"\xef\xbf\xbf", 0xffff, 3},
	    {"\xf0\x90\x80\x80", 0x10000, 4},
	    {"\xf4\x8f\xbf\xbf", 0x10ffff, 4},
	};
	uint32_t c;

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		size_t n = strlen(table[i].s);

		assert_int_equal(utf8_get(&c, table[i].s, n), table[i].len);
		assert_int_equal(c, table[i].point);
		if (n == 1)
			continue;
		assert_int_equal(utf8_get(&c, table[i].s, n - 1), 0);
		assert_int_equal(c, 0xfffd);
	}
	assert_int_equal(utf8_get(&c, "\0", 1), 1);
	assert_int_equal(c, 0);
}

static void
refuses_what_is_no_character(void **state)
{
	static const char *const table[] = {"\x80", "\xbf", "\xc0\x80",
	    "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
	    "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
	    "\xc3(", "\xe2\x82(", "\xf0\x90\x80("};
	uint32_t c;

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		assert_int_equal(utf8_get(&c, table[i], strlen(table[i])), 0);
		assert_int_equal(c, 0xfffd);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_every_length_of_character),
	    cmocka_unit_test(refuses_what_is_no_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
