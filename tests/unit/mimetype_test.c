#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/mimetype.h"

/* "type/subtype|name=value|...", each value without its backslashes. */
static void
assert_parsed(const char *text, const char *want)
{
	struct bytes name, value;
	struct mimetype m;
	char got[300], plain[80];
	size_t n;

	mimetype_parse(&m, bytes_z(text));
	n = (size_t)snprintf(got, sizeof got, "%.*s/%.*s", (int)m.type.len,
	    m.type.len ? m.type.s : "", (int)m.subtype.len,
	    m.subtype.len ? m.subtype.s : "");
	while (mimetype_param(&m.rest, &name, &value)) {
		size_t len = mimetype_plain(plain, sizeof plain, value);

		assert_true(len <= sizeof plain);
		n += (size_t)snprintf(got + n, sizeof got - n, "|%.*s=%.*s",
		    (int)name.len, name.s, (int)len, plain);
	}
	assert_string_equal(got, want);
}

static void
reads_type_and_subtype_as_they_were_written(void **state)
{
	(void)state;
	assert_parsed("text/html", "text/html");
	assert_parsed(" Text / HTML ", "Text/HTML");
	assert_parsed("text/html; charset=utf-8", "text/html|charset=utf-8");
}

static void
leaves_comments_blanks_and_folding_out(void **state)
{
	(void)state;
	assert_parsed("(a (b) \\) c)text/(x)plain(y) ;\r\n\tcharset (z) =\r\n "
		      "utf-8 (;boundary=no) ; format=flowed",
	    "text/plain|charset=utf-8|format=flowed");
}

static void
takes_what_is_quoted_as_it_is_meant(void **state)
{
	(void)state;
	assert_parsed("multipart/mixed; boundary=\"a;b=c (d)\"; x=y",
	    "multipart/mixed|boundary=a;b=c (d)|x=y");
	assert_parsed("multipart/mixed; boundary=\"a\\\"b\\\\c\\d\"",
	    "multipart/mixed|boundary=a\"b\\cd");
	assert_parsed("multipart/mixed; boundary=\"\"; x=\"y\"",
	    "multipart/mixed|boundary=|x=y");
}

static void
takes_what_lacks_its_quotes_all_the_same(void **state)
{
	(void)state;
	assert_parsed("multipart/mixed; boundary=----=_Part_1/2:3?; x=y",
	    "multipart/mixed|boundary=----=_Part_1/2:3?|x=y");
	assert_parsed("a/b; c=d(e); f=g\"h\"; i=j", "a/b|c=d|f=g");
}

static void
a_boundary_has_no_blank_at_its_end(void **state)
{
	(void)state;
	assert_int_equal(mimetype_boundary(bytes_z(" a b \t ")).len, 4);
	assert_int_equal(mimetype_boundary(bytes_z(" ")).len, 0);
}

static void
ends_with_a_quote_that_is_not_closed(void **state)
{
	(void)state;
	assert_parsed("multipart/mixed; boundary=\"a; x=y",
	    "multipart/mixed|boundary=a; x=y");
	assert_parsed(
	    "multipart/mixed; boundary=\"a\\", "multipart/mixed|boundary=a\\");
}

static void
passes_over_a_parameter_without_a_value(void **state)
{
	(void)state;
	assert_parsed(
	    "text/plain; ; flowed; charset=utf-8", "text/plain|charset=utf-8");
	assert_parsed("text/plain; charset=", "text/plain|charset=");
}

static void
ends_where_it_cannot_read_on(void **state)
{
	(void)state;
	assert_parsed("text/plain charset=utf-8", "text/plain");
	assert_parsed("text/plain; a=b c; d=e", "text/plain|a=b");
}

static void
knows_a_value_that_is_none(void **state)
{
	(void)state;
	assert_parsed("", "/");
	assert_parsed("text", "/");
	assert_parsed("text/", "/");
	assert_parsed("/html; a=b", "/");
	assert_parsed("text; charset=utf-8", "/");
	assert_parsed("(comment", "/");
}

static void
tells_that_a_value_is_too_long(void **state)
{
	char out[3] = "...";

	(void)state;
	assert_int_equal(mimetype_plain(out, 2, bytes_z("ab")), 2);
	assert_int_equal(mimetype_plain(out, 2, bytes_z("\\a\\b")), 2);
	assert_int_equal(mimetype_plain(out, 2, bytes_z("abc")), 3);
	assert_int_equal(out[2], '.');
	assert_int_equal(mimetype_plain(out, 0, bytes_z("")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_type_and_subtype_as_they_were_written),
	    cmocka_unit_test(leaves_comments_blanks_and_folding_out),
	    cmocka_unit_test(takes_what_is_quoted_as_it_is_meant),
	    cmocka_unit_test(takes_what_lacks_its_quotes_all_the_same),
	    cmocka_unit_test(a_boundary_has_no_blank_at_its_end),
	    cmocka_unit_test(ends_with_a_quote_that_is_not_closed),
	    cmocka_unit_test(passes_over_a_parameter_without_a_value),
	    cmocka_unit_test(ends_where_it_cannot_read_on),
	    cmocka_unit_test(knows_a_value_that_is_none),
	    cmocka_unit_test(tells_that_a_value_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
