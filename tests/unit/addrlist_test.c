#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/addrlist.h"

/* Every mailbox of a field as "addr|name;", an error as "!why;". */
static const char *
all_of(const char *field)
{
	static char text[4096];
	struct addr_list l = {field, strlen(field), 0, 0, 0}, nameless = l;
	stralloc addr = {0}, name = {0}, out = {0}, same = {0};
	struct where w;
	int r;

	while ((r = addr_list_next(&l, &addr, &name, &w)) != 0) {
		assert_int_equal(
		    addr_list_next(&nameless, &same, NULL, NULL), r);
		assert_int_equal(nameless.at, l.at);
		assert_int_equal(same.len, addr.len);
		assert_true(r < 0 || memcmp(same.s, addr.s, addr.len) == 0);
		if (r < 0) {
			assert_int_equal(sa_puts(&out, "!"), 0);
			assert_int_equal(sa_puts(&out, w.why), 0);
		} else {
			sa_put(&out, addr.s, addr.len);
			sa_puts(&out, "|");
			sa_put(&out, name.s, name.len);
		}
		sa_puts(&out, ";");
	}
	assert_int_equal(sa_0(&out), 0);
	assert_true(out.len < sizeof text);
	memcpy(text, out.s, out.len + 1);
	sa_free(&addr);
	sa_free(&same);
	sa_free(&name);
	sa_free(&out);
	return text;
}

/* A line as "addr|name", an error as "!why". */
static const char *
line(const char *s)
{
	static char text[1024];
	stralloc addr = {0}, name = {0};
	struct where w = {0, NULL};

	if (addr_line(&addr, &name, s, strlen(s), 0, &w) < 0) {
		text[0] = '!';
		memcpy(text + 1, w.why, strlen(w.why) + 1);
		assert_true(w.at <= strlen(s));
	} else {
		memcpy(text, addr.s, addr.len);
		text[addr.len] = '|';
		if (name.len)
			memcpy(text + addr.len + 1, name.s, name.len);
		text[addr.len + 1 + name.len] = 0;
	}
	sa_free(&addr);
	sa_free(&name);
	return text;
}

static void
reads_the_usual_forms(void **state)
{
	(void)state;
	assert_string_equal(all_of("joe@Example.org"), "joe@example.org|;");
	assert_string_equal(all_of("Joe Doe <joe@x.y>, \"Doe, Ann\" <ann@x.y>"),
	    "joe@x.y|Joe Doe;ann@x.y|Doe, Ann;");
	assert_string_equal(all_of(" joe@x.y (Joe Doe)"), "joe@x.y|Joe Doe;");
	assert_string_equal(
	    all_of("J. R. \"Bob\" D <j@x.y>"), "j@x.y|J. R. Bob D;");
	assert_string_equal(all_of("=?utf-8?q?J=C3=B6?= <j@x.y>"),
	    "j@x.y|=?utf-8?q?J=C3=B6?=;");
}

static void
enters_groups_and_skips_what_is_empty(void **state)
{
	(void)state;
	assert_string_equal(
	    all_of("Friends: a@b, C <c@d>;, e@f"), "a@b|;c@d|C;e@f|;");
	assert_string_equal(all_of("undisclosed-recipients:;"), "");
	assert_string_equal(all_of(" , ,,"), "");
	assert_string_equal(all_of(""), "");
	assert_string_equal(all_of("A: a@b"), "a@b|;");
}

static void
drops_comments_folds_and_source_routes(void **state)
{
	(void)state;
	assert_string_equal(
	    all_of("joe (a (nested \\) one)) @ (b) x.y"), "joe@x.y|b;");
	assert_string_equal(
	    all_of("Joe\r\n Doe\r\n\t<@a.b,@c.d:joe@x.y>"), "joe@x.y|Joe Doe;");
	assert_string_equal(all_of("joe . doe@x . y"), "joe.doe@x.y|;");
}

static void
goes_on_behind_one_that_cannot_be_taken(void **state)
{
	(void)state;
	assert_string_equal(
	    all_of("two words@x.y, a@b"), "!words without an <address>;a@b|;");
	assert_string_equal(
	    all_of("<a@b> tail, c@d"), "!text behind the <address>;c@d|;");
	assert_string_equal(all_of("A <>, c@d"), "!no @ in the address;c@d|;");
	assert_string_equal(
	    all_of("A: B: c@d;, e@f"), "!group within a group;e@f|;");
	assert_string_equal(all_of("a@b: c@d, e@f; , g@h"),
	    "!@ in the name of a group;e@f|;g@h|;");
	assert_string_equal(all_of("\"a@b\": c@d, e@f;"), "c@d|;e@f|;");
	assert_string_equal(all_of("joe, a@b"), "!no @ in the address;a@b|;");
	assert_string_equal(
	    all_of("\x01, a@b"), "!byte not allowed here;a@b|;");
}

static void
ends_at_what_is_never_closed(void **state)
{
	(void)state;
	assert_string_equal(all_of("a@b, \"c@d"), "a@b|;!quote is not closed;");
	assert_string_equal(all_of("a@b, (c@d"),
	    "a@b|;!comment without its ) or nested too deep;");
	assert_string_equal(all_of("<a@b"), "!< without its >;");
	assert_string_equal(all_of("a@[1.2.3.4"), "![ without its ];");
}

static void
bounds_the_nesting_of_comments(void **state)
{
	char text[2 * ADDR_NESTING_MAX + 16];
	const size_t n = ADDR_NESTING_MAX;

	(void)state;
	memset(text, '(', n);
	memset(text + n, ')', n);
	memcpy(text + 2 * n, " <a@b>", 7);
	assert_string_equal(all_of(text), "a@b|;");
	memset(text, '(', n + 1);
	memset(text + n + 1, ')', n + 1);
	memcpy(text + 2 * n + 2, " <a@b>", 7);
	assert_string_equal(
	    all_of(text), "!comment without its ) or nested too deep;");
}

static void
keeps_control_bytes_out_of_names(void **state)
{
	(void)state;
	assert_string_equal(all_of("\"J\x1b[1m\" <a@b>"), "a@b|J?[1m;");
	assert_string_equal(all_of("a@b (J\x07)"), "a@b|J?;");
}

static void
reads_lines_of_a_subscriber_file(void **state)
{
	(void)state;
	assert_string_equal(line("joe@x.y"), "joe@x.y|");
	assert_string_equal(line("  joe@x.y\tJoe  Doe \r"), "joe@x.y|Joe  Doe");
	assert_string_equal(line("joe@x.y (Joe Doe)"), "joe@x.y|Joe Doe");
	assert_string_equal(line("Joe Doe <joe@x.y>"), "joe@x.y|Joe Doe");
	assert_string_equal(line("\"Doe, J\" <joe@x.y>"), "joe@x.y|Doe, J");
	assert_string_equal(line("<joe@x.y>"), "joe@x.y|");
	assert_string_equal(
	    line("\"joe doe\"@x.y Joe Doe"), "\"joe doe\"@x.y|Joe Doe");
	assert_string_equal(line("joe@x.y J\xc3\xb6"), "joe@x.y|J\xc3\xb6");
}

static void
refuses_lines_without_one_address(void **state)
{
	char text[ADDR_NAME_MAX + 16];

	(void)state;
	assert_string_equal(line(""), "!empty line");
	assert_string_equal(line("joe"), "!no @ in the address");
	assert_string_equal(line("Joe joe@x.y"), "!no @ in the address");
	assert_string_equal(line("<a@b>, <c@d>"), "!more than one address");
	assert_string_equal(line("A: <a@b>"), "!no address");
	assert_string_equal(
	    line("a@b J\x01"), "!control byte in the full name");
	assert_string_equal(line("J\x01 <a@b>"), "!control byte in the line");
	memset(text, 'x', sizeof text);
	memcpy(text, "a@b ", 4);
	text[4 + ADDR_NAME_MAX] = 0;
	assert_int_equal(strlen(line(text)), 4 + ADDR_NAME_MAX);
	text[4 + ADDR_NAME_MAX] = 'x';
	text[5 + ADDR_NAME_MAX] = 0;
	assert_string_equal(line(text), "!full name over 256 bytes");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_the_usual_forms),
	    cmocka_unit_test(enters_groups_and_skips_what_is_empty),
	    cmocka_unit_test(drops_comments_folds_and_source_routes),
	    cmocka_unit_test(goes_on_behind_one_that_cannot_be_taken),
	    cmocka_unit_test(ends_at_what_is_never_closed),
	    cmocka_unit_test(bounds_the_nesting_of_comments),
	    cmocka_unit_test(keeps_control_bytes_out_of_names),
	    cmocka_unit_test(reads_lines_of_a_subscriber_file),
	    cmocka_unit_test(refuses_lines_without_one_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
