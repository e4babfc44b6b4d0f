#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/smtp.h"

static struct smtp s;
static unsigned txns;

static void
note(void *arg, const struct smtp_event *e)
{
	(void)arg;
	txns += e->kind == SMTP_EV_TXN;
}

/* All that it has to say leaves at once. */
static void
say(void)
{
	const char *p;
	size_t n;

	while ((n = smtp_out(&s, &p)) > 0)
		smtp_took(&s, n);
	smtp_wrote(&s, s.took);
}

static void
hear(const char *text)
{
	smtp_feed(&s, text, strlen(text));
	say();
}

static int
begin(void **state)
{
	const struct smtp_start conf = {
	    .name = "me.example", .rcpt_max = 3, .event = note};

	(void)state;
	txns = 0;
	if (smtp_start(&s, &conf) < 0)
		return -1;
	hear("220 mx\r\n");
	hear("250-mx\r\n250-LIMITS MAILMAX=2\r\n250 PIPELINING\r\n");
	return 0;
}

static int
end(void **state)
{
	(void)state;
	smtp_free(&s);
	return 0;
}

static int
one(const char *rcpt)
{
	const struct smtp_mail m = {.sender = "s@x", .len = 3, .size = 10};

	if (smtp_txn_begin(&s, &m) < 0 ||
	    smtp_txn_rcpt(&s, rcpt, strlen(rcpt), 0) < 0)
		return -1;
	return smtp_txn_end(&s);
}

static void
has_room_for_two_transactions(void **state)
{
	(void)state;
	assert_int_equal(smtp_room(&s), 3);
	assert_int_equal(one("a@x"), 0);
	assert_int_equal(smtp_room(&s), 3);
	assert_int_equal(one("b@x"), 0);
	assert_int_equal(smtp_room(&s), 0);
	assert_int_equal(one("c@x"), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(smtp_busy(&s), 2);
}

static void
is_spent_after_so_many_as_the_host_said(void **state)
{
	(void)state;
	assert_int_equal(one("a@x"), 0);
	assert_false(smtp_spent(&s));
	assert_int_equal(one("b@x"), 0);
	assert_true(smtp_spent(&s));
	assert_int_equal(smtp_room(&s), 0);
}

static void
begins_none_beside_one_that_is_being_filled(void **state)
{
	const struct smtp_mail m = {.sender = "s@x", .len = 3, .size = 10};

	(void)state;
	assert_int_equal(smtp_txn_begin(&s, &m), 0);
	assert_int_equal(smtp_room(&s), 0);
	assert_int_equal(smtp_txn_end(&s), 0); /* nobody: it is forgotten */
	assert_int_equal(smtp_busy(&s), 0);
	assert_int_equal(txns, 0);
	assert_false(smtp_spent(&s));
	assert_int_equal(smtp_room(&s), 3);
}

static void
takes_no_recipient_outside_a_transaction_or_over_its_room(void **state)
{
	const struct smtp_mail m = {.sender = "s@x", .len = 3, .size = 10};

	(void)state;
	assert_int_equal(smtp_txn_rcpt(&s, "a@x", 3, 0), -1);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(smtp_txn_begin(&s, &m), 0);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(smtp_txn_rcpt(&s, "a@x", 3, i), 0);
	assert_int_equal(smtp_txn_rcpt(&s, "a@x", 3, 3), -1);
	assert_int_equal(errno, E2BIG);
}

static void
says_quit_when_the_last_was_forgotten(void **state)
{
	const struct smtp_mail m = {.sender = "s@x", .len = 3, .size = 10};
	const char *p;

	(void)state;
	assert_int_equal(smtp_txn_begin(&s, &m), 0);
	smtp_quit(&s);
	assert_int_equal(smtp_out(&s, &p), 0);
	assert_int_equal(smtp_txn_end(&s), 0);
	assert_int_equal(smtp_out(&s, &p), 6);
	assert_memory_equal(p, "QUIT\r\n", 6);
}

#define filling(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    filling(has_room_for_two_transactions),
	    filling(is_spent_after_so_many_as_the_host_said),
	    filling(begins_none_beside_one_that_is_being_filled),
	    filling(takes_no_recipient_outside_a_transaction_or_over_its_room),
	    filling(says_quit_when_the_last_was_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
