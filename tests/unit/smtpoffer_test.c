#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/auth.h"
#include "lib/smtpoffer.h"

static struct smtp_offers
read_line(const char *text)
{
	struct smtp_offers o = {0};

	smtpoffer_line(&o, text, strlen(text));
	return o;
}

static void
knows_what_is_of_use(void **state)
{
	(void)state;
	assert_int_equal(read_line("PIPELINING").bits, SMTP_PIPELINING);
	assert_int_equal(read_line("pipelining ").bits, SMTP_PIPELINING);
	assert_int_equal(read_line("8BITMIME").bits, SMTP_8BITMIME);
	assert_int_equal(read_line("SMTPUTF8").bits, SMTP_SMTPUTF8);
	assert_int_equal(read_line("ENHANCEDSTATUSCODES").bits, SMTP_ENHANCED);
	assert_int_equal(read_line("PIPELINING x").bits, SMTP_PIPELINING);
}

static void
passes_over_what_it_does_not_know(void **state)
{
	(void)state;
	assert_int_equal(read_line("").bits, 0);
	assert_int_equal(read_line(" PIPELINING").bits, 0);
	assert_int_equal(read_line("PIPELININGS").bits, 0);
	assert_int_equal(read_line("PIPELIN").bits, 0);
	assert_int_equal(read_line("X-FOO PIPELINING").bits, 0);
	assert_int_equal(read_line("SIZE=100").bits, 0);
	assert_int_equal(read_line("\377\0\1").bits, 0);
}

static void
reads_the_maximum_size(void **state)
{
	struct smtp_offers o = read_line("SIZE 52428800");

	(void)state;
	assert_int_equal(o.bits, SMTP_SIZE);
	assert_int_equal(o.size_max, 52428800);
	assert_int_equal(read_line("SIZE").size_max, 0);
	assert_int_equal(read_line("SIZE 0").size_max, 0);
	assert_int_equal(read_line("SIZE 12k").size_max, 0);
	assert_int_equal(read_line("SIZE 99999999999999999999").size_max, 0);
	assert_int_equal(read_line("SIZE -1").size_max, 0);
}

static void
reads_limits(void **state)
{
	struct smtp_offers o;

	(void)state;
	o = read_line("LIMITS RCPTMAX=20 MAILMAX=5 RCPTDOMAINMAX=1");
	assert_int_equal(o.bits, SMTP_LIMITS);
	assert_int_equal(o.rcpt_max, 20);
	assert_int_equal(o.mail_max, 5);
	o = read_line("LIMITS  rcptmax=7");
	assert_int_equal(o.rcpt_max, 7);
	o = read_line("LIMITS RCPTMAX=0 MAILMAX=x RCPTMAX= XRCPTMAX=3");
	assert_int_equal(o.rcpt_max, 0);
	assert_int_equal(o.mail_max, 0);
	o = read_line("LIMITS RCPTMAX=1000000");
	assert_int_equal(o.rcpt_max, 0);
	assert_int_equal(read_line("LIMITS").bits, SMTP_LIMITS);
}

static void
reads_the_mechanisms_of_auth_in_both_spellings(void **state)
{
	struct smtp_offers o = read_line("AUTH PLAIN login X");

	(void)state;
	assert_int_equal(o.bits, SMTP_OFFERS_AUTH);
	assert_int_equal(o.auth, AUTH_PLAIN | AUTH_LOGIN);
	o = read_line("AUTH=SCRAM-SHA-256 PLAIN");
	assert_int_equal(o.bits, SMTP_OFFERS_AUTH);
	assert_int_equal(o.auth, AUTH_SCRAM_SHA_256 | AUTH_PLAIN);
	smtpoffer_line(&o, "AUTH LOGIN", 10); /* a host may say both */
	assert_int_equal(o.auth, AUTH_SCRAM_SHA_256 | AUTH_PLAIN | AUTH_LOGIN);
	o = read_line("AUTH");
	assert_int_equal(o.auth, 0);
	assert_int_equal(read_line("AUTHX PLAIN").bits, 0);
	assert_int_equal(read_line("STARTTLS").bits, SMTP_OFFERS_TLS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_what_is_of_use),
	    cmocka_unit_test(passes_over_what_it_does_not_know),
	    cmocka_unit_test(reads_the_maximum_size),
	    cmocka_unit_test(reads_limits),
	    cmocka_unit_test(reads_the_mechanisms_of_auth_in_both_spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
