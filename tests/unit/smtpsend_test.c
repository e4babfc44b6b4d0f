#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/smtpcore.h"

enum { SIZE = 100 }; /* bytes of every body */

static struct smtp s;
static struct smtp_reply closed; /* why the dialogue ended */
static size_t delivered;         /* transactions; their tags count on */
static uint32_t tag;             /* of the next recipient */

static void
note(void *arg, const struct smtp_event *e)
{
	uint32_t first;
	size_t at = 0, n;

	(void)arg;
	if (e->kind == SMTP_EV_CLOSED)
		closed = *e->reply;
	if (e->kind != SMTP_EV_TXN || e->result != SMTP_DELIVERED)
		return;
	/* in order: each of one recipient */
	assert_int_equal(smtp_left(e, &at, &first, &n), 1);
	assert_int_equal(first, delivered);
	delivered++;
}

static const struct smtp_start usual = {
    .name = "me", .rcpt_max = 10, .flights = 4, .event = note};

static int
begin(void **state)
{
	(void)state;
	smtp_free(&s);
	memset(&closed, 0, sizeof(closed));
	delivered = 0;
	tag = 0;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	smtp_free(&s);
	return 0;
}

static void
hear(const char *text)
{
	smtp_feed(&s, text, strlen(text));
}

/* What is offered now is text. */
static void
assert_offers(const char *text)
{
	const char *p = NULL;
	size_t n = smtp_out(&s, &p);

	if (n != strlen(text) || (n > 0 && memcmp(p, text, n) != 0))
		fail_msg("\"%s\", not \"%.*s\"", text, (int)n, n > 0 ? p : "");
}

/* The same, and it is taken and leaves; nothing may follow it. */
static void
assert_sends(const char *text)
{
	assert_offers(text);
	smtp_took(&s, strlen(text));
	smtp_wrote(&s, s.took);
	assert_offers("");
}

static void
assert_no_body(void)
{
	struct smtp_body b;

	assert_int_equal(smtp_wants_body(&s, &b), 0);
}

/* A body is wanted: of the transaction of that tag. */
static void
assert_body(uint32_t of, int raw)
{
	struct smtp_body b;

	assert_offers("");
	assert_int_equal(smtp_wants_body(&s, &b), 1);
	assert_int_equal(b.tag, of);
	assert_int_equal(b.raw, raw);
	assert_ptr_equal(b.arg, &tag);
}

/* A host that has said hello, with a window of so many; 0: the usual. */
static void
open_with(size_t window)
{
	struct smtp_start conf = usual;

	begin(NULL);
	conf.window = window;
	assert_int_equal(smtp_start(&s, &conf), 0);
	hear("220 mx\r\n");
	assert_sends("EHLO me\r\n");
	hear("250-mx\r\n250-CHUNKING\r\n250 PIPELINING\r\n");
}

/* The same, and it swallows chunks. */
static void
open_with_chunks(unsigned flights)
{
	open_with(0);
	s.proof = SMTP_PROVEN;
	s.conf.flights = flights;
}

/* A transaction to r<tag>@x and so on. */
static void
transaction(unsigned n)
{
	struct smtp_mail m = {"s@x", 3, SIZE, 0, &tag, {0}};
	char addr[16];

	assert_int_equal(smtp_txn_begin(&s, &m), 0);
	for (; n > 0; n--, tag++) {
		snprintf(addr, sizeof(addr), "r%u@x", tag);
		assert_int_equal(smtp_txn_rcpt(&s, addr, strlen(addr), tag), 0);
	}
	assert_int_equal(smtp_txn_end(&s), 0);
}

#define MAIL "MAIL FROM:<s@x>\r\n"
#define RCPT(n) "RCPT TO:<r" #n "@x>\r\n"
#define DATA "DATA\r\n"
#define CHUNK(n) "RSET\r\n" MAIL RCPT(n) "BDAT 100 LAST\r\n"
#define OK "250 ok\r\n"

static void
offers_nothing_where_nothing_is_to_be_said(void **state)
{
	(void)state;
	assert_int_equal(smtp_start(&s, &usual), 0);
	assert_offers(""); /* a greeting is awaited */
	assert_no_body();
	open_with(0);
	assert_offers("");
	assert_no_body();
	smtp_body_took(&s, 7); /* that nobody wanted */
	assert_int_equal(s.took, strlen("EHLO me\r\n"));
}

/* The first n commands of four. */
static void
assert_first(size_t n)
{
	static const char *const what[] = {"", MAIL, MAIL RCPT(0),
	    MAIL RCPT(0) RCPT(1), MAIL RCPT(0) RCPT(1) DATA};

	assert_offers(what[n < 4 ? n : 4]);
}

static void
offers_no_more_commands_than_the_window(void **state)
{
	size_t window, answered;

	(void)state;
	for (window = 1; window <= 6; window++) {
		open_with(window);
		transaction(2);
		for (answered = 0; answered < 4; answered++) {
			smtpcore_nth(&s, 0)->answered = answered;
			assert_first(answered + window);
		}
	}
}

static void
offers_the_next_command_when_a_reply_has_come(void **state)
{
	(void)state;
	open_with(2);
	transaction(2);
	assert_sends(MAIL RCPT(0));
	hear(OK);
	assert_sends(RCPT(1));
	hear(OK);
	assert_sends(DATA);
	hear(OK);
	assert_sends("");
	hear("354 go\r\n");
	assert_body(0, 0);
}

static void
counts_a_command_outside_envelopes_into_the_window(void **state)
{
	(void)state;
	open_with(3);
	transaction(1);
	transaction(1);
	assert_sends(MAIL RCPT(0) DATA);
	hear(OK OK "451 no\r\n");
	assert_offers("RSET\r\n");
	smtp_took(&s, 6);
	assert_sends(MAIL RCPT(1)); /* behind it, and no DATA */
	hear(OK);
	assert_sends(DATA);
}

static void
sends_nothing_behind_rset_without_a_window(void **state)
{
	(void)state;
	open_with(1);
	transaction(1);
	transaction(1);
	assert_sends(MAIL);
	hear(OK);
	assert_sends(RCPT(0));
	hear("450 no\r\n");
	assert_sends("RSET\r\n");
	hear(OK);
	assert_sends(MAIL);
}

static void
sends_nothing_behind_a_body_that_waits_for_354(void **state)
{
	(void)state;
	open_with(0);
	transaction(1);
	transaction(1);
	assert_no_body();
	assert_sends(MAIL RCPT(0) DATA); /* and not the second */
	assert_no_body();
	hear(OK OK);
	assert_offers("");
	assert_no_body();
	hear("354 go\r\n");
	assert_body(0, 0);
	smtp_body_took(&s, SIZE + 7); /* with dots doubled */
	assert_offers(".\r\n");
	assert_no_body();
	smtp_took(&s, 3);
	assert_sends(MAIL RCPT(1) DATA);
	assert_no_body();
	hear(OK);
	assert_int_equal(delivered, 1);
	hear(OK OK "354 go\r\n");
	assert_body(1, 0);
	assert_int_equal(closed.len, 0);
}

static void
sends_no_body_where_354_comes_for_nobody(void **state)
{
	(void)state;
	open_with(0);
	transaction(1);
	assert_sends(MAIL RCPT(0) DATA);
	hear(OK "550 no\r\n354 go\r\n");
	assert_no_body();
	assert_sends(".\r\n");
}

static void
sends_nothing_of_a_transaction_that_is_being_made(void **state)
{
	struct smtp_mail m = {"s@x", 3, SIZE, 0, &tag, {0}};

	(void)state;
	open_with_chunks(4);
	assert_int_equal(smtp_txn_begin(&s, &m), 0);
	/* what an earlier one in its place has left */
	memset(smtpcore_nth(&s, 0)->end, 1, sizeof(smtpcore_nth(&s, 0)->end));
	assert_int_equal(smtp_txn_rcpt(&s, "r0@x", 4, 0), 0);
	assert_offers("");
	assert_no_body();
	assert_int_equal(smtp_txn_end(&s), 0);
	assert_sends(CHUNK(0));
	smtp_body_took(&s, SIZE);
	assert_int_equal(smtp_txn_begin(&s, &m), 0); /* behind another */
	assert_int_equal(smtp_txn_rcpt(&s, "r1@x", 4, 1), 0);
	assert_offers("");
	assert_no_body();
}

static void
sends_chunk_behind_chunk_in_order(void **state)
{
	(void)state;
	open_with_chunks(4);
	transaction(1);
	transaction(1);
	transaction(1);
	assert_no_body();
	assert_sends(CHUNK(0));
	assert_body(0, 1);
	smtp_body_took(&s, SIZE);
	assert_no_body();
	assert_sends(CHUNK(1));
	assert_body(1, 1);
	smtp_body_took(&s, SIZE);
	assert_sends(CHUNK(2));
	assert_body(2, 1);
	smtp_body_took(&s, SIZE);
	assert_offers("");
	assert_no_body();
	smtp_wrote(&s, s.took);
	hear(OK OK OK OK OK OK OK OK OK OK OK OK);
	assert_int_equal(delivered, 3);
}

/* The window ends within the commands: their body waits for replies. */
static void
sends_a_chunk_when_all_its_commands_have_left(void **state)
{
	(void)state;
	open_with_chunks(4);
	s.window = 2;
	transaction(1);
	transaction(1);
	assert_sends("RSET\r\n" MAIL);
	assert_no_body();
	hear(OK);
	assert_sends(RCPT(0));
	assert_no_body();
	hear(OK);
	assert_offers("BDAT 100 LAST\r\n");
	smtp_took(&s, 14);
	assert_no_body(); /* the line end is missing */
	assert_offers("\n");
	smtp_took(&s, 1);
	assert_body(0, 1);
}

static void
ends_when_a_chunk_has_another_size(void **state)
{
	static const uint64_t sizes[] = {0, 1, SIZE - 1, SIZE + 1, UINT32_MAX};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		open_with_chunks(4);
		transaction(1);
		transaction(1);
		assert_sends(CHUNK(0));
		smtp_body_took(&s, sizes[i]);
		assert_int_equal(smtp_phase(&s), SMTP_OVER);
		assert_int_equal(smtp_busy(&s), 0);
		assert_string_equal(closed.text, "the message has changed");
		assert_offers("");
		assert_no_body();
	}
}

static void
keeps_the_position_of_bodies_in_the_stream(void **state)
{
	uint64_t before;

	(void)state;
	open_with_chunks(4);
	before = s.took;
	transaction(1);
	assert_sends(CHUNK(0));
	assert_int_equal(smtpcore_nth(&s, 0)->base, before);
	assert_int_equal(s.took, before + strlen(CHUNK(0)));
	smtp_body_took(&s, SIZE);
	assert_int_equal(s.took, before + strlen(CHUNK(0)) + SIZE);
	assert_int_equal(smtpcore_nth(&s, 0)->body_end, s.took);
	transaction(1);
	assert_sends(CHUNK(1));
	assert_int_equal(
	    smtpcore_nth(&s, 1)->base, before + strlen(CHUNK(0)) + SIZE);
}

/* Take step bytes at a time until nothing is offered. */
static size_t
take_in_steps(char *out, size_t step)
{
	const char *p;
	size_t n, len = 0;

	while ((n = smtp_out(&s, &p)) > 0) {
		n = n < step ? n : step;
		memcpy(out + len, p, n);
		len += n;
		smtp_took(&s, 0); /* is nothing */
		smtp_took(&s, n);
	}
	return len;
}

static void
goes_on_where_a_partial_take_ended(void **state)
{
	static const char want[] = MAIL RCPT(0) RCPT(1) DATA,
			  dot[] = ".\r\n" MAIL RCPT(2) DATA;
	char out[200];
	uint64_t base;
	size_t step, n;

	(void)state;
	for (step = 1; step < sizeof(want); step++) {
		open_with(0);
		base = s.took;
		transaction(2);
		transaction(1);
		n = take_in_steps(out, step);
		assert_int_equal(n, sizeof(want) - 1);
		assert_memory_equal(out, want, n);
		assert_int_equal(smtpcore_nth(&s, 0)->base, base);
		assert_int_equal(s.took, base + n);
		smtp_wrote(&s, s.took);
		hear(OK OK OK "354 go\r\n");
		smtp_body_took(&s, SIZE);
		n = take_in_steps(out, step);
		assert_int_equal(n, sizeof(dot) - 1);
		assert_memory_equal(out, dot, n);
		/* the dot ended its third byte behind the body */
		assert_int_equal(s.say_end, base + sizeof(want) - 1 + SIZE + 3);
		assert_int_equal(smtpcore_nth(&s, 1)->base, s.say_end);
		smtp_wrote(&s, s.took);
		hear(OK);
		assert_int_equal(delivered, 1);
		assert_int_equal(smtp_busy(&s), 1);
	}
}

static void
finishes_a_said_command_before_an_envelope(void **state)
{
	(void)state;
	open_with(0);
	transaction(1);
	transaction(1);
	assert_sends(MAIL RCPT(0) DATA);
	hear(OK OK "451 no\r\n");
	smtp_took(&s, 2);
	assert_offers("ET\r\n");
	assert_int_equal(smtpcore_nth(&s, 0)->taken, smtpcore_nth(&s, 0)->from);
	smtp_took(&s, 4);
	assert_sends(MAIL RCPT(1) DATA);
}

static void
is_silent_when_the_dialogue_is_over(void **state)
{
	(void)state;
	open_with_chunks(4);
	transaction(1);
	assert_sends(CHUNK(0));
	smtp_lost(&s, "4.4.2", "lost");
	assert_offers("");
	assert_no_body();
	open_with(0);
	smtp_quit(&s); /* QUIT is said and not taken */
	assert_offers("QUIT\r\n");
	smtp_lost(&s, "4.4.2", "lost");
	assert_offers("");
	open_with(0);
	transaction(1);
	assert_sends(MAIL RCPT(0) DATA);
	hear(OK OK "354 go\r\n");
	assert_body(0, 0);
	smtp_lost(&s, "4.4.2", "lost");
	assert_no_body();
	smtp_body_took(&s, SIZE);
	assert_offers("");
}

/* Send the envelope of one chunk and the chunk. */
static void
send_chunk(uint32_t of)
{
	char want[100];

	snprintf(want, sizeof(want),
	    "RSET\r\n" MAIL "RCPT TO:<r%u@x>\r\nBDAT 100 LAST\r\n", of);
	assert_offers(want);
	smtp_took(&s, strlen(want));
	assert_body(of, 1);
	smtp_body_took(&s, SIZE);
	smtp_wrote(&s, s.took);
}

static void
keeps_the_order_around_the_end_of_the_ring(void **state)
{
	unsigned first;
	uint32_t i;

	(void)state;
	for (first = SMTP_TXNS - 4; first < SMTP_TXNS; first++) {
		open_with_chunks(4);
		s.first = first;
		for (i = 0; i < 4; i++)
			transaction(1);
		assert_int_equal(smtp_room(&s), 0);
		for (i = 0; i < 4; i++)
			send_chunk(i);
		assert_offers("");
		assert_no_body();
		for (i = 0; i < 4; i++) {
			hear(OK OK OK OK);
			assert_int_equal(delivered, i + 1);
			assert_int_equal(s.first, (first + i + 1) % SMTP_TXNS);
		}
	}
}

static void
goes_many_times_around_the_ring(void **state)
{
	uint32_t sent, waiting;

	(void)state;
	for (waiting = 1; waiting <= SMTP_TXNS; waiting += 31) {
		open_with_chunks(SMTP_TXNS);
		for (sent = 0; sent < 3 * SMTP_TXNS + 5; sent++) {
			if (sent >= waiting)
				hear(OK OK OK OK);
			transaction(1);
			send_chunk(sent);
			assert_offers("");
		}
		assert_int_equal(delivered, sent - waiting);
		assert_int_equal(smtp_busy(&s), waiting);
		assert_int_equal(smtp_room(&s) == 0, waiting == SMTP_TXNS);
		while (smtp_busy(&s) > 0)
			hear(OK OK OK OK);
		assert_int_equal(delivered, sent);
		assert_int_equal(closed.len, 0);
	}
}

/* One by one, and each behind the dot of the one before it. */
static void
goes_around_the_ring_with_354_as_well(void **state)
{
	char want[100];
	uint32_t i;

	(void)state;
	open_with(0);
	s.conf.no_chunks = 1;
	transaction(1);
	assert_sends(MAIL RCPT(0) DATA);
	for (i = 1; i <= 2 * SMTP_TXNS + 3; i++) {
		transaction(1);
		assert_offers("");
		hear(OK OK "354 go\r\n");
		assert_body(i - 1, 0);
		smtp_body_took(&s, SIZE);
		assert_offers(".\r\n");
		smtp_took(&s, 3);
		snprintf(
		    want, sizeof(want), MAIL "RCPT TO:<r%u@x>\r\n" DATA, i);
		assert_sends(want);
		hear(OK);
		assert_int_equal(delivered, i);
		assert_int_equal(s.first, i % SMTP_TXNS);
	}
}

#define sending(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    sending(offers_nothing_where_nothing_is_to_be_said),
	    sending(offers_no_more_commands_than_the_window),
	    sending(offers_the_next_command_when_a_reply_has_come),
	    sending(counts_a_command_outside_envelopes_into_the_window),
	    sending(sends_nothing_behind_rset_without_a_window),
	    sending(sends_nothing_behind_a_body_that_waits_for_354),
	    sending(sends_no_body_where_354_comes_for_nobody),
	    sending(sends_nothing_of_a_transaction_that_is_being_made),
	    sending(sends_chunk_behind_chunk_in_order),
	    sending(sends_a_chunk_when_all_its_commands_have_left),
	    sending(ends_when_a_chunk_has_another_size),
	    sending(keeps_the_position_of_bodies_in_the_stream),
	    sending(goes_on_where_a_partial_take_ended),
	    sending(finishes_a_said_command_before_an_envelope),
	    sending(is_silent_when_the_dialogue_is_over),
	    sending(keeps_the_order_around_the_end_of_the_ring),
	    sending(goes_many_times_around_the_ring),
	    sending(goes_around_the_ring_with_354_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
