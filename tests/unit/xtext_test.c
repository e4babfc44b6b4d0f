#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/xtext.h"

static void
assert_form(size_t (*write)(char *, size_t, struct bytes *), struct bytes b,
    const char *want)
{
	char out[1000];
	size_t n = write(out, sizeof(out), &b);

	assert_int_equal(b.len, 0);
	assert_int_equal(n, strlen(want));
	assert_memory_equal(out, want, n);
}

static void
writes_what_may_stand_there_as_it_is(void **state)
{
	struct bytes b = bytes_z("0647c1a2b3d4e.9f02c4d1aa~!\\\"<>@{}");

	(void)state;
	assert_form(xtext_write, b, b.s);
	assert_form(xtext_write, bytes_z(""), "");
	assert_form(
	    xtext_write_utf8, bytes_z("joe@example.com"), "joe@example.com");
}

static void
writes_the_rest_in_hexadecimal(void **state)
{
	(void)state;
	assert_form(xtext_write, bytes_z("a+b=c d"), "a+2Bb+3Dc+20d");
	assert_form(xtext_write, (struct bytes){"\0\r\n\x7f\xc3", 5},
	    "+00+0D+0A+7F+C3");
}

static void
writes_characters_by_their_number(void **state)
{
	(void)state;
	assert_form(xtext_write_utf8, bytes_z("j\xc3\xb6+x@\xf0\x9f\x98\x80"),
	    "j\\x{F6}\\x{2B}x@\\x{1F600}");
	assert_form(xtext_write_utf8, bytes_z("\xc4\x80 =\\\x7f\r"),
	    "\\x{100}\\x{20}\\x{3D}\\x{5C}\\x{7F}\\x{0D}");
	assert_form(xtext_write_utf8, bytes_z("\xf4\x8f\xbf\xbf\xff\xe2\x82"),
	    "\\x{10FFFF}\\x{FFFD}\\x{FFFD}\\x{FFFD}");
}

static void
stops_in_front_of_what_has_no_room(void **state)
{
	struct bytes b;
	char out[16];

	(void)state;
	for (size_t room = 0; room <= 5; room++) {
		memset(out, '#', sizeof(out));
		b = bytes_z("a+b");
		assert_int_equal(
		    xtext_write(out, room, &b), room < 4 ? room > 0 : room);
		assert_int_equal(b.len,
		    room == 0      ? 3
			: room < 4 ? 2
				   : 5 - room);
		assert_int_equal(out[room], '#');
	}
	for (size_t room = 0; room <= 7; room++) {
		memset(out, '#', sizeof(out));
		b = bytes_z("a\xc3\xb6");
		assert_int_equal(
		    xtext_write_utf8(out, room, &b), room == 7 ? 7 : room > 0);
		assert_int_equal(b.len, room == 7 ? 0 : room > 0 ? 2 : 3);
		assert_int_equal(out[room], '#');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_what_may_stand_there_as_it_is),
	    cmocka_unit_test(writes_the_rest_in_hexadecimal),
	    cmocka_unit_test(writes_characters_by_their_number),
	    cmocka_unit_test(stops_in_front_of_what_has_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
