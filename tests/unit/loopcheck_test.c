#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/loopcheck.h"

static int
parse(struct loopcheck *l, const char *text)
{
	struct where w = {0, NULL};

	if (loopcheck_parse(l, text, strlen(text), &w) == 0)
		return 0;
	assert_non_null(w.why);
	return -1;
}

static void
reads_every_word_of_the_reference(void **state)
{
	static const struct {
		const char *text;
		unsigned flags, delay;
	} good[] = {
	    {"", 0, 0},
	    {" , ,", 0, 0},
	    {"Normal", LOOP_GIVEN | LOOP_NORMAL, 0},
	    {"FULL", LOOP_GIVEN | LOOP_FULL, 0},
	    {"none", LOOP_GIVEN | LOOP_NONE, 0},
	    {"None,Allow-Bounces", LOOP_GIVEN | LOOP_NONE | LOOP_ALLOW_BOUNCES,
		0},
	    {"Allow-Bounces , None",
		LOOP_GIVEN | LOOP_NONE | LOOP_ALLOW_BOUNCES, 0},
	    {"NoOrigin,NOBODY,NoCRC",
		LOOP_GIVEN | LOOP_NOORIGIN | LOOP_NOBODY | LOOP_NOCRC, 0},
	    {"NoSPAM", LOOP_GIVEN | LOOP_NOSPAM, 0},
	    {"Spam-Delay(0)", LOOP_GIVEN | LOOP_DELAY, 0},
	    {"Spam-Delay(10080)", LOOP_GIVEN | LOOP_DELAY, 10080},
	    {"Full,NoSpam,Spam-Delay(5)",
		LOOP_GIVEN | LOOP_FULL | LOOP_NOSPAM | LOOP_DELAY, 5},
	    {"Notocount", LOOP_GIVEN, 0},
	    {"MaxTo(100) NoCRC", LOOP_GIVEN | LOOP_NOCRC, 0},
	};
	struct loopcheck l = {77, 77};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		if (parse(&l, good[i].text) < 0)
			fail_msg("%s", good[i].text);
		assert_int_equal(l.flags, good[i].flags);
		assert_int_equal(l.delay_min, good[i].delay);
	}
}

static void
refuses_words_it_does_not_know(void **state)
{
	static const char *const bad[] = {"Sometimes", "Normal;Full",
	    "NoSpam()", "Spam-Delay", "Spam-Delay()", "Spam-Delay(-1)",
	    "Spam-Delay(10081)", "Spam-Delay(5", "Spam-Delay(5)x",
	    "Spam-Delay(x)", "MaxTo()", "MaxTo(x)", "No spam"};
	struct loopcheck l;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (parse(&l, bad[i]) == 0)
			fail_msg("%s", bad[i]);
}

static void
refuses_words_that_do_not_go_together(void **state)
{
	static const char *const bad[] = {"Normal,Full", "Full,None",
	    "Normal,None,Allow-Bounces", "Full,NoCRC", "None,Nobody",
	    "Normal,Noorigin", "Allow-Bounces", "Full,Allow-Bounces",
	    "NoCRC,Allow-Bounces"};
	struct loopcheck l;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (parse(&l, bad[i]) == 0)
			fail_msg("%s", bad[i]);
}

static void
says_where_the_word_stands(void **state)
{
	struct loopcheck l;
	struct where w = {0, NULL};

	(void)state;
	assert_int_equal(loopcheck_parse(&l, "NoCRC, wrong", 12, &w), -1);
	assert_int_equal(w.at, 7);
}

static void
keeps_what_has_no_meaning_here(void **state)
{
	struct loopcheck l = {0, 0};
	const char *why = NULL;

	(void)state;
	assert_int_equal(loopcheck_word(&l, "NOTOCOUNT", 9, &why), 1);
	assert_int_equal(loopcheck_word(&l, "maxto(5)", 8, &why), 1);
	assert_int_equal(l.flags, LOOP_GIVEN);
	assert_null(why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_every_word_of_the_reference),
	    cmocka_unit_test(refuses_words_it_does_not_know),
	    cmocka_unit_test(refuses_words_that_do_not_go_together),
	    cmocka_unit_test(says_where_the_word_stands),
	    cmocka_unit_test(keeps_what_has_no_meaning_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
