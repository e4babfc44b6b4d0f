#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/netdiag.h"

static void
assert_text(stralloc *text, const char *want)
{
	assert_int_equal(sa_0(text), 0);
	assert_string_equal(text->s, want);
}

static void
a_line_has_file_line_tag_reason_and_name(void **state)
{
	struct netdiag d = {0};

	(void)state;
	netdiag_say(&d, NETDIAG_ERROR, "peers.names", 12, bytes_z("links1"),
	    "no link", bytes_z("FOO(X)"));
	netdiag_say(&d, NETDIAG_ERROR, "peers.names", 0, bytes_z(""), "cut",
	    bytes_z(""));
	netdiag_say(
	    &d, NETDIAG_ERROR, "", 3, bytes_z("node"), "gone", bytes_z(""));
	netdiag_say(
	    &d, NETDIAG_WARNING, NULL, 0, bytes_z(""), "hm", bytes_z("A"));
	assert_text(&d.text[NETDIAG_ERROR],
	    "peers.names:12: links1: no link: FOO(X)\n"
	    "peers.names: cut\n"
	    "node: gone\n");
	assert_text(&d.text[NETDIAG_WARNING], "hm: A\n");
	assert_int_equal(d.count[NETDIAG_ERROR], 3);
	assert_int_equal(d.count[NETDIAG_WARNING], 1);
	netdiag_free(&d);
}

static void
nobody_has_to_ask(void **state)
{
	(void)state;
	netdiag_say(
	    NULL, NETDIAG_ERROR, "f", 1, bytes_z("t"), "w", bytes_z("d"));
}

static void
names_cannot_write_to_the_terminal_or_fill_it(void **state)
{
	struct netdiag d = {0};
	char name[NETDIAG_DETAIL + 2];
	char want[NETDIAG_DETAIL + 20];

	(void)state;
	netdiag_say(&d, NETDIAG_ERROR, "f", 1, bytes_z("t\033"), "w",
	    (struct bytes){"a\033[2J\n\0b\x7f", 9});
	assert_text(&d.text[NETDIAG_ERROR], "f:1: t?: w: a?[2J??b?\n");
	netdiag_free(&d);
	memset(name, 'x', sizeof name);
	netdiag_say(&d, NETDIAG_ERROR, "f", 1, bytes_z(""), "w",
	    (struct bytes){name, sizeof name});
	memcpy(want, "f:1: w: ", 8);
	memset(want + 8, 'x', NETDIAG_DETAIL);
	memcpy(want + 8 + NETDIAG_DETAIL, "...\n", 5);
	assert_text(&d.text[NETDIAG_ERROR], want);
	netdiag_free(&d);
}

static unsigned
lines(const stralloc *text)
{
	unsigned n = 0;

	for (size_t i = 0; i < text->len; i++)
		n += text->s[i] == '\n';
	return n;
}

static void
one_reason_does_not_hide_another(void **state)
{
	static const char many[] = "many", few[] = "few";
	struct netdiag d = {0};

	(void)state;
	for (uint32_t i = 1; i <= 100000; i++)
		netdiag_say(&d, NETDIAG_WARNING, "f", i, bytes_z(""), many,
		    bytes_z(""));
	netdiag_say(&d, NETDIAG_WARNING, "f", 7, bytes_z(""), few, bytes_z(""));
	netdiag_end(&d);
	assert_int_equal(d.count[NETDIAG_WARNING], 100001);
	assert_int_equal(lines(&d.text[NETDIAG_WARNING]), NETDIAG_SAME + 2);
	assert_int_equal(sa_0(&d.text[NETDIAG_WARNING]), 0);
	assert_non_null(
	    strstr(d.text[NETDIAG_WARNING].s, "f:7: few\n99980 more: many\n"));
	netdiag_free(&d);
}

static void
an_error_and_a_warning_may_have_one_reason(void **state)
{
	static const char why[] = "same";
	struct netdiag d = {0};

	(void)state;
	for (int i = 0; i < NETDIAG_SAME; i++) {
		netdiag_say(
		    &d, NETDIAG_WARNING, "f", 1, bytes_z(""), why, bytes_z(""));
		netdiag_say(
		    &d, NETDIAG_ERROR, "f", 1, bytes_z(""), why, bytes_z(""));
	}
	netdiag_end(&d);
	assert_int_equal(lines(&d.text[NETDIAG_WARNING]), NETDIAG_SAME);
	assert_int_equal(lines(&d.text[NETDIAG_ERROR]), NETDIAG_SAME);
	netdiag_free(&d);
}

static void
reasons_beyond_the_last_are_counted(void **state)
{
	static char why[NETDIAG_REASONS + 3][8];
	struct netdiag d = {0};

	(void)state;
	for (unsigned i = 0; i < NETDIAG_REASONS + 3; i++) {
		memcpy(why[i], "reason", 7);
		netdiag_say(&d, NETDIAG_ERROR, "f", 1, bytes_z(""), why[i],
		    bytes_z(""));
	}
	netdiag_end(&d);
	assert_int_equal(d.count[NETDIAG_ERROR], NETDIAG_REASONS + 3);
	assert_int_equal(lines(&d.text[NETDIAG_ERROR]), NETDIAG_REASONS + 1);
	assert_int_equal(sa_0(&d.text[NETDIAG_ERROR]), 0);
	assert_non_null(
	    strstr(d.text[NETDIAG_ERROR].s, "\n3 more: of other reasons\n"));
	netdiag_free(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_has_file_line_tag_reason_and_name),
	    cmocka_unit_test(nobody_has_to_ask),
	    cmocka_unit_test(names_cannot_write_to_the_terminal_or_fill_it),
	    cmocka_unit_test(one_reason_does_not_hide_another),
	    cmocka_unit_test(an_error_and_a_warning_may_have_one_reason),
	    cmocka_unit_test(reasons_beyond_the_last_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
