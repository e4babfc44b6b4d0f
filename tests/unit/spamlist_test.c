#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/sitevar.h"
#include "lib/spamlist.h"

static void
calls_each_list_by_its_names(void **state)
{
	(void)state;
	assert_string_equal(
	    spam_list_name(SPAM_WHITELIST_FROM), "whitelist_from");
	assert_string_equal(spam_list_name(SPAM_WHITELIST_TO), "whitelist_to");
	assert_string_equal(
	    spam_list_name(SPAM_BLACKLIST_FROM), "blacklist_from");
	assert_string_equal(spam_list_name(SPAM_BLACKLIST_TO), "blacklist_to");
	assert_string_equal(
	    spam_list_table(SPAM_WHITELIST_TO), "spam/whitelist-to.cdb");
	for (unsigned i = 0; i < SPAM_LISTS; i++)
		assert_int_equal(strncmp(spam_list_table(i), SPAM_LIST_DIR "/",
				     sizeof SPAM_LIST_DIR),
		    0);
}

static void
the_variables_are_those_of_site_cfg(void **state)
{
	unsigned number;

	(void)state;
	for (unsigned i = 0; i < SPAM_LISTS; i++) {
		const struct sitevar *v =
		    sitevar_find(spam_list_variable(i), &number);

		assert_non_null(v);
		assert_int_equal(v->item, SITEVAR_SPAM);
		v = sitevar_find(spam_list_text(i), &number);
		assert_non_null(v);
		assert_int_equal(v->kind, SITEVAR_PATH);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(calls_each_list_by_its_names),
	    cmocka_unit_test(the_variables_are_those_of_site_cfg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
