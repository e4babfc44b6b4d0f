#include "lib/exitopts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static char room[EXITOPTS_BYTES + 1];
static char *word[EXITOPTS_WORDS];

static int
parse(const char *text, size_t n, struct where *w)
{
	memcpy(room, text, n);
	return exitopts_parse(word, room, n, w);
}

static void
words_stand_between_blanks_and_lines(void **state)
{
	const char *text = "-h mail:11334\r\n\t-t\n 20  ";

	(void)state;
	assert_int_equal(parse(text, strlen(text), NULL), 4);
	assert_string_equal(word[0], "-h");
	assert_string_equal(word[1], "mail:11334");
	assert_string_equal(word[2], "-t");
	assert_string_equal(word[3], "20");
}

static void
the_last_word_needs_no_end_of_line(void **state)
{
	(void)state;
	assert_int_equal(parse("-p 783", 6, NULL), 2);
	assert_string_equal(word[1], "783");
}

static void
remarks_end_with_their_line(void **state)
{
	const char *text = "# -a\n-b # -c -d\n#\n-e a#b\n# -f";

	(void)state;
	assert_int_equal(parse(text, strlen(text), NULL), 3);
	assert_string_equal(word[0], "-b");
	assert_string_equal(word[1], "-e");
	assert_string_equal(word[2], "a#b");
}

static void
an_empty_file_has_no_words(void **state)
{
	(void)state;
	assert_int_equal(parse("", 0, NULL), 0);
	assert_int_equal(parse(" \n\n\t", 4, NULL), 0);
}

static void
a_byte_0_is_refused(void **state)
{
	struct where w;

	(void)state;
	assert_int_equal(parse("-a\0-b", 5, &w), -1);
	assert_int_equal(w.at, 2);
	assert_string_equal(w.why, "a byte 0");
}

static void
words_have_a_largest_number(void **state)
{
	const size_t past = 2 * (size_t)EXITOPTS_WORDS;
	char text[2 * EXITOPTS_WORDS + 2];
	struct where w;

	(void)state;
	memset(text, ' ', sizeof text);
	for (size_t i = 0; i <= EXITOPTS_WORDS; i++)
		text[2 * i] = 'x';
	assert_int_equal(parse(text, sizeof text, &w), -1);
	assert_int_equal(w.at, past);
	text[past] = '#';
	assert_int_equal(parse(text, sizeof text, &w), EXITOPTS_WORDS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_stand_between_blanks_and_lines),
	    cmocka_unit_test(the_last_word_needs_no_end_of_line),
	    cmocka_unit_test(remarks_end_with_their_line),
	    cmocka_unit_test(an_empty_file_has_no_words),
	    cmocka_unit_test(a_byte_0_is_refused),
	    cmocka_unit_test(words_have_a_largest_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
