#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/suboptions.h"

static void
sets_and_clears_each_option_in_any_case(void **state)
{
	static const char *const set[] = {"NOMAIL", "repro", "Conceal", "NoAck",
	    "NOPOST", "REVIEW", "EDITOR", "NORENEW"};
	static const char *const clear[] = {"MAIL", "NOREPRO", "noconceal",
	    "ACK", "POST", "NOREVIEW", "NOEDITOR", "RENEW"};
	uint32_t bits = 0;
	size_t i;

	(void)state;
	for (i = 0; i < 8; i++) {
		assert_int_equal(
		    suboptions_set(&bits, set[i], strlen(set[i])), 1);
		assert_int_equal(bits, (2u << i) - 1);
	}
	assert_int_equal(bits, SUB_ALL);
	for (i = 0; i < 8; i++)
		assert_int_equal(
		    suboptions_set(&bits, clear[i], strlen(clear[i])), 1);
	assert_int_equal(bits, 0);
}

static void
knows_no_other_word(void **state)
{
	uint32_t bits = 5;

	(void)state;
	assert_int_equal(suboptions_set(&bits, "DIGEST", 6), 0);
	assert_int_equal(suboptions_set(&bits, "NOMAI", 5), 0);
	assert_int_equal(suboptions_set(&bits, "", 0), 0);
	assert_int_equal(bits, 5);
}

static void
writes_what_differs_or_all(void **state)
{
	stralloc out = {0};

	(void)state;
	assert_int_equal(suboptions_text(&out, SUB_NOMAIL | SUB_CONCEAL, 0), 0);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s, "NOMAIL CONCEAL");
	out.len = 0;
	assert_int_equal(suboptions_text(&out, SUB_REPRO, SUB_REPRO), 0);
	assert_int_equal(out.len, 0);
	assert_int_equal(suboptions_text(&out, 0, ~0u), 0);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(
	    out.s, "MAIL NOREPRO NOCONCEAL ACK POST NOREVIEW NOEDITOR RENEW");
	sa_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sets_and_clears_each_option_in_any_case),
	    cmocka_unit_test(knows_no_other_word),
	    cmocka_unit_test(writes_what_differs_or_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
