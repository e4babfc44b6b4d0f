#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/loopcheck.h"
#include "lib/origin.h"

static int
is(const char *address, unsigned loop)
{
	return origin_is_mailer(bytes_z(address), loop, 0);
}

static void
knows_mail_systems_by_their_names(void **state)
{
	(void)state;
	assert_true(is("mailer-daemon@example.org", 0));
	assert_true(is("MAILER@example.org", LOOP_NORMAL));
	assert_true(is("uucp@example.org", 0));
	assert_true(is("mailer", 0));
	assert_false(is("joe@mailer-daemon.example.org", 0));
	assert_false(is("mailer-daemons@example.org", 0));
	assert_false(is("", 0));
	assert_false(is("@example.org", 0));
}

static void
leaves_root_and_postmaster_to_full(void **state)
{
	(void)state;
	assert_false(is("root@example.org", 0));
	assert_false(is("postmaster@example.org", LOOP_NORMAL));
	assert_true(is("Root@example.org", LOOP_FULL));
	assert_true(is("postmaster@example.org", LOOP_FULL));
	assert_true(is("mailer@example.org", LOOP_FULL));
	assert_false(is("joe@example.org", LOOP_FULL));
}

static void
with_noorigin_knows_only_its_own(void **state)
{
	(void)state;
	assert_false(is("mailer-daemon@example.org", LOOP_NOORIGIN));
	assert_true(
	    origin_is_mailer(bytes_z("mailer-daemon@here"), LOOP_NOORIGIN, 1));
	assert_true(
	    origin_is_mailer(bytes_z("listserv@here"), LOOP_NOORIGIN, 1));
	assert_true(
	    origin_is_mailer(bytes_z("owner-test@here"), LOOP_NOORIGIN, 1));
	assert_false(origin_is_mailer(bytes_z("test@here"), 0, 1));
	assert_false(origin_is_mailer(bytes_z("listserv@there"), 0, 0));
}

static void
with_none_knows_nothing(void **state)
{
	(void)state;
	assert_false(is("mailer-daemon@example.org", LOOP_NONE));
	assert_false(origin_is_mailer(bytes_z("listserv@here"), LOOP_NONE, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_mail_systems_by_their_names),
	    cmocka_unit_test(leaves_root_and_postmaster_to_full),
	    cmocka_unit_test(with_noorigin_knows_only_its_own),
	    cmocka_unit_test(with_none_knows_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
