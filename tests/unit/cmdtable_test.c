#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/cmdtable.h"

static const struct cmd table[] = {
    {.name = "SUBscribe"},
    {.name = "SET"},
    {.name = "Query"},
    {.name = "QUIT"},
    {.name = "THANKs"},
    {.name = "SECRET", .flags = CMD_HIDDEN},
};
enum { N = sizeof table / sizeof *table };

static const char *
found(const char *word)
{
	const struct cmd *cmd = cmdtable_find(table, N, bytes_z(word));

	return cmd ? cmd->name : "";
}

static const char *
near(const char *word)
{
	const struct cmd *cmd = cmdtable_near(table, N, bytes_z(word));

	return cmd ? cmd->name : "";
}

static void
finds_a_command_by_its_capitals_and_more(void **state)
{
	(void)state;
	assert_string_equal(found("SUB"), "SUBscribe");
	assert_string_equal(found("sub"), "SUBscribe");
	assert_string_equal(found("Subscr"), "SUBscribe");
	assert_string_equal(found("subscribe"), "SUBscribe");
	assert_string_equal(found("thank"), "THANKs");
	assert_string_equal(found("thanks"), "THANKs");
	assert_string_equal(found("q"), "Query");
}

static void
finds_no_other_word(void **state)
{
	(void)state;
	assert_string_equal(found(""), "");
	assert_string_equal(found("su"), "");
	assert_string_equal(found("subx"), "");
	assert_string_equal(found("subscribes"), "");
	assert_string_equal(found("se"), "");
	assert_null(cmdtable_find(table, N, (struct bytes){"SET\0", 4}));
}

/* "q" is a whole command, and so "qui" is none of that row. */
static void
takes_the_first_row_that_fits(void **state)
{
	(void)state;
	assert_string_equal(found("qu"), "Query");
	assert_string_equal(found("quit"), "QUIT");
}

static void
knows_what_was_meant(void **state)
{
	(void)state;
	assert_string_equal(near("subscirbe"), "SUBscribe");
	assert_string_equal(near("subbscribe"), "SUBscribe");
	assert_string_equal(near("qurey"), "Query");
	assert_string_equal(near("ste"), "SET");
	assert_string_equal(near("secrte"), "");
	assert_string_equal(near("nonsense"), "");
	assert_string_equal(near(""), "");
	assert_string_equal(near("subscribesubscribesubscribesubscribe"), "");
}

static void
is_word(struct bytes *rest, const char *want)
{
	struct bytes word = cmd_word(rest);

	assert_int_equal(word.len, strlen(want));
	assert_memory_equal(word.s, want, word.len);
}

static void
takes_words_off_a_command(void **state)
{
	struct bytes rest =
	    bytes_z(" \tSUB  test-l\tJoe  \"A B\"=\"c d\" \"open ");

	(void)state;
	is_word(&rest, "SUB");
	is_word(&rest, "test-l");
	is_word(&rest, "Joe");
	is_word(&rest, "\"A B\"=\"c d\"");
	is_word(&rest, "\"open");
	is_word(&rest, "");
	is_word(&rest, "");
	assert_int_equal(rest.len, 0);
}

static void
trims_blanks_and_line_ends(void **state)
{
	struct bytes s = cmd_trim(bytes_z(" \t x y\r\n"));

	(void)state;
	assert_int_equal(s.len, 3);
	assert_memory_equal(s.s, "x y", 3);
	assert_int_equal(cmd_trim(bytes_z(" \r\n ")).len, 0);
	assert_int_equal(cmd_trim((struct bytes){NULL, 0}).len, 0);
}

static void
takes_an_option_out(void **state)
{
	struct bytes text = bytes_z("new word pw=\"old one\" more"), value,
		     rest;

	(void)state;
	assert_int_equal(cmd_take_option(&text, "PW", &value, &rest), 1);
	assert_true(bytes_eq(text, "new word"));
	assert_true(bytes_eq(value, "old one"));
	assert_true(bytes_eq(rest, "more"));
	text = bytes_z(" pwd=x PW x ");
	assert_int_equal(cmd_take_option(&text, "PW", &value, &rest), 0);
	assert_true(bytes_eq(text, "pwd=x PW x"));
	assert_int_equal(rest.len, 0);
	text = bytes_z("PW=");
	assert_int_equal(cmd_take_option(&text, "PW", &value, &rest), 1);
	assert_int_equal(value.len, 0);
	assert_int_equal(text.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_a_command_by_its_capitals_and_more),
	    cmocka_unit_test(finds_no_other_word),
	    cmocka_unit_test(takes_the_first_row_that_fits),
	    cmocka_unit_test(knows_what_was_meant),
	    cmocka_unit_test(takes_words_off_a_command),
	    cmocka_unit_test(trims_blanks_and_line_ends),
	    cmocka_unit_test(takes_an_option_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
