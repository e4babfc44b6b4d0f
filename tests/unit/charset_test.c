#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/charset.h"

/* The characters of a text as UTF-8, bytes that are none in angle brackets. */
static const char *
through(enum charset_kind kind, const char *s, size_t len)
{
	static char out[400];
	struct charset c = {.kind = kind};
	uint32_t got[CHARSET_OUT];
	size_t used = 0;

	for (size_t i = 0; i <= len; i++) {
		size_t n =
		    i < len ? charset_put(&c, s[i], got) : charset_end(&c, got);

		assert_in_range(n, 0, CHARSET_OUT);
		for (size_t j = 0; j < n; j++) {
			int none = got[j] >= CHARSET_BYTE;

			if (none)
				out[used++] = '<';
			used += charset_utf8(out + used, got[j]);
			if (none)
				out[used++] = '>';
			assert_in_range(used, 0, sizeof out - 8);
		}
	}
	out[used] = 0;
	return out;
}

#define IS(kind, text, want)                                                   \
	assert_string_equal(through(kind, text, sizeof(text) - 1), want)

static void
knows_charsets_by_their_names(void **state)
{
	(void)state;
	assert_int_equal(charset_kind(bytes_z("")), CHARSET_UTF8);
	assert_int_equal(charset_kind(bytes_z("UTF-8")), CHARSET_UTF8);
	assert_int_equal(charset_kind(bytes_z("us-ascii")), CHARSET_UTF8);
	assert_int_equal(charset_kind(bytes_z("ISO-8859-1")), CHARSET_1252);
	assert_int_equal(charset_kind(bytes_z("Windows-1252")), CHARSET_1252);
	assert_int_equal(charset_kind(bytes_z("iso-8859-10")), CHARSET_OTHER);
	assert_int_equal(charset_kind(bytes_z("koi8-r")), CHARSET_OTHER);
	assert_int_equal(
	    charset_kind((struct bytes){"utf-8\0", 6}), CHARSET_OTHER);
}

static void
reads_utf8_of_every_length(void **state)
{
	(void)state;
	IS(CHARSET_UTF8, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z",
	    "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");
}

static void
gives_out_bytes_that_are_wrong_in_utf8(void **state)
{
	(void)state;
	IS(CHARSET_UTF8, "a\xe9z", "a<\xe9>z");
	IS(CHARSET_UTF8, "\x80\xbf", "<\x80><\xbf>");
	IS(CHARSET_UTF8, "\xff\xc0\xc1", "<\xff><\xc0><\xc1>");
	IS(CHARSET_UTF8, "\xe2\x82z", "<\xe2><\x82>z");
	IS(CHARSET_UTF8, "\xe2\x82", "<\xe2><\x82>");
	IS(CHARSET_UTF8, "\xe2\xe2\x82\xac", "<\xe2>\xe2\x82\xac");
	/* overlong, surrogate, above U+10FFFF */
	IS(CHARSET_UTF8, "\xe0\x80\x80", "<\xe0><\x80><\x80>");
	IS(CHARSET_UTF8, "\xed\xa0\x80", "<\xed><\xa0><\x80>");
	IS(CHARSET_UTF8, "\xf4\x90\x80\x80", "<\xf4><\x90><\x80><\x80>");
	IS(CHARSET_UTF8, "\xf0\x9f\x98\xc3\xa9", "<\xf0><\x9f><\x98>\xc3\xa9");
}

static void
reads_windows_1252(void **state)
{
	(void)state;
	IS(CHARSET_1252, "a\xe9\x80\x99\x9f",
	    "a\xc3\xa9\xe2\x82\xac\xe2\x84\xa2\xc5\xb8");
}

static void
leaves_other_charsets_as_they_are(void **state)
{
	(void)state;
	IS(CHARSET_OTHER, "a\xc3\xa9", "a<\xc3><\xa9>");
}

static void
writes_every_character_as_it_was_read(void **state)
{
	char utf8[4];
	uint32_t got[CHARSET_OUT];

	(void)state;
	for (uint32_t c = 1; c <= 0x10ffff; c += c < 0x1000 ? 1 : 61) {
		struct charset s = {.kind = CHARSET_UTF8};
		size_t n = charset_utf8(utf8, c), i;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		for (i = 0; i + 1 < n; i++)
			assert_int_equal(charset_put(&s, utf8[i], got), 0);
		assert_int_equal(charset_put(&s, utf8[i], got), 1);
		assert_int_equal(got[0], c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_charsets_by_their_names),
	    cmocka_unit_test(reads_utf8_of_every_length),
	    cmocka_unit_test(gives_out_bytes_that_are_wrong_in_utf8),
	    cmocka_unit_test(reads_windows_1252),
	    cmocka_unit_test(leaves_other_charsets_as_they_are),
	    cmocka_unit_test(writes_every_character_as_it_was_read),
	};

	return cmocka_run_group_tests_name("charset", tests, NULL, NULL);
}
