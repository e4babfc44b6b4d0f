#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/warning.h"

static void
warns_who_sent_mail_and_nobody_of_a_posting(void **state)
{
	struct mailhead h = {.class = CLASS_MAIL, .from = {"joe@x", 5}};

	(void)state;
	assert_true(warning_wanted(&h));
	h.class = CLASS_DIST;
	assert_true(warning_wanted(&h));
	h.class = CLASS_POST;
	assert_false(warning_wanted(&h));
	h.class = CLASS_MAIL;
	h.from.len = 0;
	assert_false(warning_wanted(&h));
}

static void
warns_no_machine(void **state)
{
	static const char *const machines[] = {
	    "Auto-Submitted: auto-replied\r\n\r\nx",
	    "Subject: x\r\nAuto-Submitted: Auto-Generated; by=me\r\n\r\n",
	    "Precedence:  Bulk \r\n\r\n", "precedence: junk\n\nx",
	    "Precedence: list\r\nAuto-Submitted: no\r\n\r\n"};
	static const char *const people[] = {"Subject: x\r\n\r\nx",
	    "Auto-Submitted: no\r\n\r\n", "Precedence: urgent\r\n\r\n",
	    "Subject: x\r\n\r\nPrecedence: bulk\r\n", "no header at all", ""};

	(void)state;
	for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++)
		assert_true(warning_automatic(bytes_z(machines[i])));
	for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
		assert_false(warning_automatic(bytes_z(people[i])));
}

static void
warns_when_the_delay_is_over_and_time_is_left(void **state)
{
	struct mailhead h = {.created_us = 1000000, .expires_us = 9000000};

	(void)state;
	assert_int_equal(warning_at(&h, 3000), 4000000);
	assert_int_equal(warning_at(&h, 7999), 8999000);
	assert_int_equal(warning_at(&h, 8000), 0);
	assert_int_equal(warning_at(&h, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(warns_who_sent_mail_and_nobody_of_a_posting),
	    cmocka_unit_test(warns_no_machine),
	    cmocka_unit_test(warns_when_the_delay_is_over_and_time_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
