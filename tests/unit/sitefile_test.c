#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sitefile.h"

static struct sitefile file;

static void
open_text(const char *s)
{
	sitefile_begin(&file, s, strlen(s));
}

/* The value of the only setting of a text. */
static void
expect(const char *text, const char *name, const char *value)
{
	struct sitefile_item item;
	struct where w = {0, NULL};

	open_text(text);
	if (sitefile_next(&file, &item, &w) != 1)
		fail_msg("%s: %s", text, w.why ? w.why : "nothing");
	assert_string_equal(item.name, name);
	assert_string_equal(item.value, value);
	assert_int_equal(item.len, strlen(value));
	assert_int_equal(sitefile_next(&file, &item, &w), 0);
	sitefile_free(&file);
}

static void
expect_error(const char *text, size_t at, const char *why)
{
	struct sitefile_item item;
	struct where w = {999, ""};

	open_text(text);
	if (sitefile_next(&file, &item, &w) != -1)
		fail_msg("accepted: %s", text);
	if (w.at != at || !strstr(w.why, why))
		fail_msg("%s: %zu: %s", text, w.at, w.why);
	sitefile_free(&file);
}

static void
takes_all_forms_of_a_value(void **state)
{
	(void)state;
	expect("NODE=a.b", "NODE", "a.b");
	expect("node=a.b\n", "NODE", "a.b");
	expect("Node=a.b\r\n", "NODE", "a.b");
	expect("NODE=\"a b\"\n", "NODE", "a b");
	expect("NODE='a b' # why\n", "NODE", "a b");
	expect("  NODE = a b  # why\n", "NODE", "a b");
	expect(
	    "NODE=some value; and (more)\n", "NODE", "some value; and (more)");
	expect("\n\n# NODE=c\n\t\nNODE=a\n# end", "NODE", "a");
	expect("\xef\xbb\xbfNODE=a", "NODE", "a");
	expect("NODE=a#b", "NODE", "a#b");
	expect("NODE=#b", "NODE", "#b");
	expect("NODE= # nothing", "NODE", "");
	expect("NODE=", "NODE", "");
	expect("NODE=\"\"", "NODE", "");
	expect("NODE='a'\"b\"c", "NODE", "abc");
	expect("NODE=a' b 'c", "NODE", "a b c");
	expect("NODE=\"a \"   ", "NODE", "a ");
	expect("NODE=J\xc3\xbcrgen", "NODE", "J\xc3\xbcrgen");
}

static void
takes_export_as_a_shell_would_write_it(void **state)
{
	(void)state;
	expect("export NODE=a", "NODE", "a");
	expect("EXPORT NODE=a", "NODE", "a");
	expect("export=a", "EXPORT", "a");
	expect("export = a", "EXPORT", "a");
	expect("NODE=a\nexport NODE MYDOMAIN # both\n", "NODE", "a");
	expect("export\nexport \nexport A \\\n  B\nNODE=a", "NODE", "a");
	expect_error("export 5", 7, "not a name");
	expect_error("export A, B", 8, "separated by blanks");
	expect_error("export A B=5", 10, "line of its own");
}

static void
joins_lines_behind_a_backslash(void **state)
{
	(void)state;
	expect("NODE=a\\\nb", "NODE", "ab");
	expect("NODE=a \\\n  b", "NODE", "a   b");
	expect("NODE=a \\\r\n b", "NODE", "a  b");
	expect("NODE=\"a \\\nb\"\n", "NODE", "a b");
	expect("NODE=\\\na", "NODE", "a");
	expect("NODE=a \\\n# b", "NODE", "a");
	expect("NODE=a\\\n#b", "NODE", "a#b");
	expect("# NODE=c \\\nNODE=a", "NODE", "a");
	expect("NODE=a # c \\\n", "NODE", "a");
	expect("NODE=a \\\n\n", "NODE", "a");
}

static void
understands_the_backslash_as_a_shell_does(void **state)
{
	(void)state;
	expect(
	    "NODE=\"a\\\"b\\\\c\\$d\\%e\\`f\\g\"", "NODE", "a\"b\\c$d%e`f\\g");
	expect("NODE=a\\ \\\"\\$\\#\\x", "NODE", "a \"$#x");
	expect("NODE='a\\b$c%d%`'", "NODE", "a\\b$c%d%`");
	expect_error("NODE=a\\", 6, "end of the file");
	expect_error("NODE=\\\001", 6, "control");
}

static void
puts_in_variables_that_were_set_above(void **state)
{
	struct sitefile_item item;
	struct where w;

	(void)state;
	open_text("NODE=a.b\nX=$NODE ${node} %Node% $NODE.c 50% 5%6%\n"
		  "Y=\"<$X>\"\nNODE=c\nZ=$NODE\n");
	assert_int_equal(sitefile_next(&file, &item, &w), 1);
	assert_int_equal(sitefile_next(&file, &item, &w), 1);
	assert_string_equal(item.value, "a.b a.b a.b a.b.c 50% 5%6%");
	assert_int_equal(sitefile_next(&file, &item, &w), 1);
	assert_string_equal(item.value, "<a.b a.b a.b a.b.c 50% 5%6%>");
	assert_int_equal(item.before, 0);
	assert_int_equal(sitefile_next(&file, &item, &w), 1);
	assert_int_equal(item.before, 1);
	assert_int_equal(item.before_at, 0);
	assert_int_equal(sitefile_next(&file, &item, &w), 1);
	assert_string_equal(item.value, "c");
	sitefile_free(&file);

	expect_error("X=$NODE\nNODE=a", 3, "set above");
	expect_error("X=a%NODE%", 4, "set above");
	expect_error("X=${NODE", 2, "not closed");
	expect_error("X=$", 2, "without a name");
	expect_error("X=$1", 2, "without a name");
	expect_error("X=\"$ \"", 3, "without a name");
}

static void
never_runs_anything(void **state)
{
	(void)state;
	expect_error("X=$(reboot)", 2, "not run");
	expect_error("X=\"a `reboot`\"", 5, "not run");
	expect_error("X=`reboot`", 2, "not run");
	expect_error("reboot", 6, "'='");
	expect_error(". /etc/profile", 0, "name");
	expect_error("if [ -f x ]; then", 2, "'='");
}

static void
says_where_a_line_is_wrong(void **state)
{
	char name[100];

	(void)state;
	expect_error("=a", 0, "not the name");
	expect_error("5A=a", 0, "not the name");
	expect_error("  NO-DE=a", 4, "'='");
	expect_error("NODE a", 4, "'='");
	expect_error("NODE", 4, "'='");
	expect_error("NODE=\"a b\n", 5, "not closed");
	expect_error("NODE=a 'b\n", 7, "not closed");
	expect_error("NODE='a\\\n'", 5, "not closed");
	expect_error("NODE=\"a\" b", 9, "closing quote");
	expect_error("NODE=\"a\" ; export NODE", 9, "closing quote");
	expect_error("NODE=a\001", 6, "control");
	expect_error("NODE=a\rb", 6, "control");
	expect_error("NODE='\033'", 6, "control");
	memset(name, 'A', sizeof name);
	memcpy(name + 64, "=1", 3);
	expect_error(name, 0, "longer than 63");
}

static void
goes_on_behind_an_error(void **state)
{
	struct sitefile_item item;
	struct where w;

	(void)state;
	open_text("a b\nX=\"open \\\n still open\nY=$U\\\nz\nNODE=a\n\002\n");
	assert_int_equal(sitefile_next(&file, &item, &w), -1);
	assert_int_equal(w.at, 1);
	assert_int_equal(sitefile_next(&file, &item, &w), -1);
	assert_int_equal(w.at, 6);
	assert_int_equal(sitefile_next(&file, &item, &w), -1);
	assert_string_equal(w.why, "no variable of this name is set above");
	assert_int_equal(sitefile_next(&file, &item, &w), 1);
	assert_string_equal(item.value, "a");
	assert_int_equal(sitefile_next(&file, &item, &w), -1);
	assert_int_equal(sitefile_next(&file, &item, &w), 0);
	assert_int_equal(sitefile_next(&file, &item, &w), 0);
	sitefile_free(&file);
}

static void
tells_where_each_byte_of_a_value_stands(void **state)
{
	static const char text[] = "N=b\nX=\"a\\\"$N \\\n c\" # d\n";
	static const size_t want[] = {7, 9, 10, 12, 15, 16, 17};
	struct sitefile_item item;
	struct where w;

	(void)state;
	open_text(text);
	assert_int_equal(sitefile_next(&file, &item, &w), 1);
	assert_int_equal(sitefile_next(&file, &item, &w), 1);
	assert_string_equal(item.value, "a\"b  c");
	assert_int_equal(item.name_at, 4);
	for (size_t i = 0; i <= item.len; i++)
		assert_int_equal(item.from[i], want[i]);
	sitefile_free(&file);
}

static void
counts_lines_and_columns_from_one(void **state)
{
	static const char text[] = "\xef\xbb\xbf"
				   "ab\n\ncd";
	struct sitefile_place p = {0, 1, 1};

	(void)state;
	sitefile_place(&p, text, 4);
	assert_int_equal(p.line, 1);
	assert_int_equal(p.column, 2);
	sitefile_place(&p, text, 8);
	assert_int_equal(p.line, 3);
	assert_int_equal(p.column, 2);
	sitefile_place(&p, text, 8);
	assert_int_equal(p.column, 2);
}

/* A value of 64 KiB is the largest, and doubling does not get around it. */
static void
bounds_what_substitution_can_make(void **state)
{
	stralloc s = {0};
	struct sitefile_item item;
	struct where w;
	int r, last = 1;

	(void)state;
	sa_puts(&s, "A=0123456789abcdef\n");
	for (int i = 0; i < 12; i++)
		sa_puts(&s, "A=$A$A\n");
	sa_puts(&s, "B=$A\nB=${A}x\n");
	sitefile_begin(&file, s.s, s.len);
	for (int i = 0; i < 14; i++) {
		assert_int_equal(sitefile_next(&file, &item, &w), 1);
		last = (int)item.len;
	}
	assert_int_equal(last, SITEFILE_VALUE_MAX);
	assert_int_equal(sitefile_next(&file, &item, &w), -1);
	assert_non_null(strstr(w.why, "65536"));
	sitefile_free(&file);

	for (unsigned i = 0; i < 200; i++) {
		sa_puts(&s, "V");
		sa_addu(&s, i);
		sa_puts(&s, "=$A\n");
	}
	sitefile_begin(&file, s.s, s.len);
	last = 0;
	while ((r = sitefile_next(&file, &item, &w)) != 0)
		last |= r < 0;
	assert_true(last);
	assert_non_null(strstr(w.why, "all together"));
	assert_true(file.kept <= SITEFILE_KEPT_MAX);
	sitefile_free(&file);
	sa_free(&s);
}

static void
refuses_too_many_settings(void **state)
{
	stralloc s = {0};
	struct sitefile_item item;
	struct where w;
	int n = 0;

	(void)state;
	for (int i = 0; i <= SITEFILE_ITEMS_MAX; i++)
		sa_puts(&s, "A=1\n");
	sitefile_begin(&file, s.s, s.len);
	while (sitefile_next(&file, &item, &w) == 1)
		n++;
	assert_int_equal(n, SITEFILE_ITEMS_MAX);
	assert_non_null(strstr(w.why, "4096"));
	sitefile_free(&file);
	sa_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_all_forms_of_a_value),
	    cmocka_unit_test(takes_export_as_a_shell_would_write_it),
	    cmocka_unit_test(joins_lines_behind_a_backslash),
	    cmocka_unit_test(understands_the_backslash_as_a_shell_does),
	    cmocka_unit_test(puts_in_variables_that_were_set_above),
	    cmocka_unit_test(never_runs_anything),
	    cmocka_unit_test(says_where_a_line_is_wrong),
	    cmocka_unit_test(goes_on_behind_an_error),
	    cmocka_unit_test(tells_where_each_byte_of_a_value_stands),
	    cmocka_unit_test(counts_lines_and_columns_from_one),
	    cmocka_unit_test(bounds_what_substitution_can_make),
	    cmocka_unit_test(refuses_too_many_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
