#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "lib/trust.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tlspeer.h"

/* Makes a client of the current directory, and says what why has. */
static void
expect(const char *want)
{
	char why[TLS_WHY_MAX], here[4096];
	struct tls_client *c;

	assert_non_null(getcwd(here, sizeof here));
	c = trust_client(here, why);
	assert_non_null(c);
	if (want[0])
		assert_non_null(strstr(why, want));
	else
		assert_string_equal(why, "");
	tls_client_free(c);
}

static void
a_site_need_not_have_certificates_of_its_own(void **state)
{
	(void)state;
	expect("");
}

static void
uses_those_that_it_has(void **state)
{
	struct cert root;

	(void)state;
	cert_make(&root, &(struct cert_order){.common = "Root", .ca = 1});
	cert_save(&root, TRUST_FILE);
	expect("");
	cert_free(&root);
}

static void
goes_on_without_those_that_are_of_no_use_and_says_why(void **state)
{
	(void)state;
	assert_int_equal(scratch_file(TRUST_FILE, "no certificate\n", 15), 0);
	expect("no certificate");
	assert_int_equal(unlink(TRUST_FILE), 0);
	assert_int_equal(symlink(TRUST_FILE, TRUST_FILE), 0);
	expect(":");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_site_need_not_have_certificates_of_its_own, scratch_enter,
		scratch_leave),
	    cmocka_unit_test_setup_teardown(
		uses_those_that_it_has, scratch_enter, scratch_leave),
	    cmocka_unit_test_setup_teardown(
		goes_on_without_those_that_are_of_no_use_and_says_why,
		scratch_enter, scratch_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
