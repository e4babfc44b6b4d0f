#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/receive.h"

static const char *domains[] = {"lists.example.org", "example.org"};
static const struct site site = {.node = "lists.example.org",
    .mydomain = domains,
    .nmydomain = 2,
    .sizelim = 1000};

static void
an_address_tells_class_and_list(void **state)
{
	struct receive_to a = {0};
	struct receive_answer no;

	(void)state;
	assert_int_equal(receive_address(&a, "test", 4, &site, &no), 0);
	assert_string_equal(a.to.s, "test@lists.example.org");
	assert_string_equal(a.list, "TEST");
	assert_int_equal(a.class, CLASS_POST);
	assert_int_equal(a.max, 1000);
	assert_int_equal(
	    receive_address(&a, "listserv@EXAMPLE.org", 20, &site, &no), 0);
	assert_string_equal(a.list, "");
	assert_int_equal(a.class, CLASS_COMMAND);
	receive_free(&a);
}

static void
a_foreign_domain_is_refused_in_printable_text(void **state)
{
	struct receive_to a = {0};
	struct receive_answer no;

	(void)state;
	assert_int_equal(receive_address(&a, "a@\xc3\xb6", 4, &site, &no), -1);
	assert_int_equal(no.kind, RECEIVE_BAD);
	assert_string_equal(no.text, "5.1.2 ?? is not served here");
	assert_int_equal(receive_address(&a, "a\0b", 3, &site, &no), -1);
	assert_string_equal(no.text, "5.1.3 this is no address");
	receive_free(&a);
}

static void
the_null_sender_has_many_spellings(void **state)
{
	static const char *const null[] = {
	    "", "<>", "MAILER-DAEMON", "<mailer-daemon@a>"};
	struct receive_answer no;
	stralloc out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof null / sizeof *null; i++) {
		assert_int_equal(
		    receive_sender(&out, null[i], strlen(null[i]), &no), 0);
		assert_int_equal(out.len, 0);
	}
	assert_int_equal(receive_sender(&out, "<a@b>", 5, &no), 0);
	assert_int_equal(out.len, 3);
	assert_int_equal(receive_sender(&out, "a\nb", 3, &no), -1);
	sa_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_address_tells_class_and_list),
	    cmocka_unit_test(a_foreign_domain_is_refused_in_printable_text),
	    cmocka_unit_test(the_null_sender_has_many_spellings),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
