#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/transfer.h"

static const char *
through(enum transfer_kind kind, const char *s)
{
	static char out[400];
	struct transfer t = {.kind = kind};
	size_t used = 0, n;

	do {
		n = *s ? transfer_put(&t, *s, out + used)
		       : transfer_end(&t, out + used);
		assert_in_range(n, 0, TRANSFER_OUT);
		used += n;
	} while (*s++);
	out[used] = 0;
	return out;
}

#define QUOTED(text, want)                                                     \
	assert_string_equal(through(TRANSFER_QUOTED, text), want)
#define BASE64(text, want)                                                     \
	assert_string_equal(through(TRANSFER_BASE64, text), want)

static void
leaves_text_without_an_encoding_alone(void **state)
{
	(void)state;
	assert_string_equal(through(TRANSFER_NONE, "a=3D\r\n"), "a=3D\r\n");
}

static void
decodes_quoted_printable(void **state)
{
	(void)state;
	QUOTED("a=3Db=e9=E9", "a=b\xe9\xe9");
	QUOTED("one=\r\ntwo=\nthree\r\n", "onetwothree\r\n");
	QUOTED("one= \t \r\ntwo", "onetwo");
}

static void
takes_what_is_no_code_for_text(void **state)
{
	(void)state;
	QUOTED("a=zb", "a=zb");
	QUOTED("a=3zb", "a=3zb");
	QUOTED("a==3D", "a==");
	QUOTED("a=3=3D", "a=3=");
	QUOTED("a= b", "a= b");
	QUOTED("a=3\n", "a=3\n");
	QUOTED("a=", "a=");
	QUOTED("a=3", "a=3");
}

static void
decodes_base64(void **state)
{
	(void)state;
	BASE64("aGVsbG8gd29ybGQ=", "hello world");
	BASE64("aGVs\r\nbG8g d29y*bGQ=\r\n", "hello world");
	BASE64("aGVsbG8=d29ybGQ=", "helloworld");
	BASE64("aGVsbA==IQ==", "hell!");
	BASE64("", "");
}

static void
decodes_base64_that_is_cut(void **state)
{
	(void)state;
	BASE64("aGVsbG8", "hello");
	BASE64("aGVsbA", "hell");
	BASE64("aGVsb", "hel");
	BASE64("aGVs=", "hel");
	BASE64("====", "");
	BASE64("aGVsbB=IQ", "hel!"); /* bits that stand for nothing */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_text_without_an_encoding_alone),
	    cmocka_unit_test(decodes_quoted_printable),
	    cmocka_unit_test(takes_what_is_no_code_for_text),
	    cmocka_unit_test(decodes_base64),
	    cmocka_unit_test(decodes_base64_that_is_cut),
	};

	return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
