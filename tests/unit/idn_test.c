#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/idn.h"

static const char *
ascii(const char *s, size_t len)
{
	static char text[512];
	stralloc out = {0};
	struct where w = {0, NULL};

	if (idn_addr(&out, s, len, &w) < 0) {
		assert_int_equal(out.len, 0);
		sa_free(&out);
		return w.why;
	}
	memcpy(text, out.s, out.len);
	text[out.len] = 0;
	sa_free(&out);
	return text;
}

static void
turns_the_domain_into_a_labels(void **state)
{
	static const char mixed[] = "Joe@B\xc3\xbc"
				    "cher.Example";
	static const char domain[] = "b\xc3\xbc"
				     "cher.example";

	(void)state;
	assert_string_equal(
	    ascii(mixed, sizeof mixed - 1), "Joe@xn--bcher-kva.example");
	assert_string_equal(
	    ascii(domain, sizeof domain - 1), "xn--bcher-kva.example");
}

static void
leaves_ascii_and_the_local_part_alone(void **state)
{
	(void)state;
	assert_string_equal(ascii("Joe@Example.ORG", 15), "Joe@Example.ORG");
	assert_string_equal(ascii("j\xc3\xb6@x.y", 7), "j\xc3\xb6@x.y");
	assert_string_equal(ascii("", 0), "");
}

static void
refuses_what_is_no_domain_name(void **state)
{
	(void)state;
	assert_string_equal(
	    ascii("a@\xff\xfe.x", 6), "no such international domain name");
	assert_string_equal(ascii("a@b\0\xc3\xbc", 6), "NUL in a domain");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(turns_the_domain_into_a_labels),
	    cmocka_unit_test(leaves_ascii_and_the_local_part_alone),
	    cmocka_unit_test(refuses_what_is_no_domain_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
