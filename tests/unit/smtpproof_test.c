#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/smtpcore.h"
#include "lib/smtpproof.h"

#define ENVELOPE "MAIL FROM:<>\r\nRCPT TO:<>\r\n"
#define CHUNK "BDAT 6 LAST\r\nXLSV\r\nRSET\r\n"
#define RSET "RSET\r\n"

static struct smtp s;
static struct smtp_event closed; /* the last event of a dialogue */
static int closings;

static void
note(void *arg, const struct smtp_event *e)
{
	(void)arg;
	if (e->kind == SMTP_EV_CLOSED) {
		closed = *e;
		closings++;
	}
}

static const struct smtp_start usual = {
    .name = "me", .rcpt_max = 10, .flights = 3, .event = note};

/* A host that may be asked; nothing is open. */
static int
begin(void **state)
{
	(void)state;
	smtp_free(&s);
	s.conf = usual;
	s.phase = SMTP_OPEN;
	s.said = SMTP_NONE;
	s.offers.bits = SMTP_CHUNKING | SMTP_PIPELINING;
	s.ended = SMTP_PROOF_AFTER;
	closings = 0;
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
is_due_after_four_transactions(void **state)
{
	(void)state;
	assert_true(smtpproof_due(&s));
	s.ended = SMTP_PROOF_AFTER - 1;
	assert_false(smtpproof_due(&s));
	s.ended = 0;
	assert_false(smtpproof_due(&s));
	s.ended = UINT64_MAX;
	assert_true(smtpproof_due(&s));
}

static void
is_due_where_the_host_offers_both_it_needs(void **state)
{
	(void)state;
	s.offers.bits = SMTP_CHUNKING;
	assert_false(smtpproof_due(&s));
	s.offers.bits = SMTP_PIPELINING;
	assert_false(smtpproof_due(&s));
	s.offers.bits = ~(unsigned)SMTP_CHUNKING;
	assert_false(smtpproof_due(&s));
	s.offers.bits = ~0U;
	assert_true(smtpproof_due(&s));
}

static void
is_due_where_more_than_two_transactions_are_wanted(void **state)
{
	(void)state;
	for (s.conf.flights = 0; s.conf.flights <= 2; s.conf.flights++)
		assert_false(smtpproof_due(&s));
	assert_true(smtpproof_due(&s));
	s.conf.flights = SMTP_TXNS;
	assert_true(smtpproof_due(&s));
}

static void
is_not_due_where_the_site_wants_no_chunks(void **state)
{
	(void)state;
	s.conf.no_chunks = 1;
	assert_false(smtpproof_due(&s));
}

static void
is_due_once(void **state)
{
	(void)state;
	s.proof = SMTP_PROVING;
	assert_false(smtpproof_due(&s));
	s.proof = SMTP_PROVEN;
	assert_false(smtpproof_due(&s));
	s.proof = SMTP_DISPROVEN;
	assert_false(smtpproof_due(&s));
	s.proof = SMTP_UNPROVEN;
	smtpproof_ask(&s);
	assert_false(smtpproof_due(&s));
}

/* Just this is said, from its first byte, and it all has left then. */
static void
assert_says(const char *text)
{
	assert_int_equal(s.said, SMTP_PROOF);
	assert_int_equal(s.say_at, 0);
	assert_int_equal(s.say_len, strlen(text));
	assert_memory_equal(s.say, text, strlen(text));
	s.say_at = s.say_len;
}

static void
asks_with_a_null_sender_and_an_empty_recipient(void **state)
{
	(void)state;
	s.say_at = 40;
	s.say_len = 50;
	s.proof_step = 7;
	smtpproof_ask(&s);
	assert_int_equal(s.proof, SMTP_PROVING);
	assert_says(ENVELOPE);
	assert_int_equal(s.proof_step, 0);
}

/* Replies in order, and what is said at each: NULL is nothing more. The last
 * gives the answer. */
struct course {
	enum smtp_proof proof;
	struct {
		int code;
		const char *says;
	} step[6];
};

static void
run(const struct course *c)
{
	size_t i;
	int r = 1;

	begin(NULL);
	smtpproof_ask(&s);
	assert_says(ENVELOPE);
	for (i = 0; c->step[i].code != 0; i++) {
		assert_int_equal(r, 1);
		assert_int_equal(s.proof, SMTP_PROVING);
		s.said = SMTP_NONE; /* as smtp_feed does */
		s.in.reply.code = c->step[i].code;
		r = smtpproof_reply(&s);
		if (c->step[i].says != NULL)
			assert_says(c->step[i].says);
		else
			assert_int_equal(s.say_at, s.say_len);
		assert_int_equal(s.said, r == 1 ? SMTP_PROOF : SMTP_NONE);
	}
	assert_int_equal(r, 0);
	assert_int_equal(s.proof, c->proof);
}

#define run_all(table)                                                         \
	do {                                                                   \
		for (size_t i_ = 0; i_ < sizeof(table) / sizeof(*(table));     \
		     i_++)                                                     \
			run(&(table)[i_]);                                     \
	} while (0)

static void
is_proven_by_a_refused_chunk_that_was_swallowed(void **state)
{
	static const struct course table[] = {
	    {SMTP_PROVEN,
		{{250, NULL}, {550, CHUNK}, {503, NULL}, {250, NULL}}},
	    {SMTP_PROVEN,
		{{250, NULL}, {450, CHUNK}, {503, NULL}, {250, NULL}}},
	    {SMTP_PROVEN,
		{{250, NULL}, {501, CHUNK}, {451, NULL}, {299, NULL}}},
	    {SMTP_PROVEN,
		{{200, NULL}, {599, CHUNK}, {599, NULL}, {200, NULL}}},
	};

	(void)state;
	run_all(table);
}

static void
is_disproven_when_the_chunk_was_read_as_a_command(void **state)
{
	static const struct course table[] = {
	    {SMTP_DISPROVEN,
		{{250, NULL}, {550, CHUNK}, {503, NULL}, {500, NULL},
		    {250, NULL}}},
	    {SMTP_DISPROVEN,
		{{250, NULL}, {550, CHUNK}, {503, NULL}, {451, NULL},
		    {250, NULL}}},
	    {SMTP_DISPROVEN, /* and RSET is refused as well */
		{{250, NULL}, {550, CHUNK}, {503, NULL}, {500, NULL},
		    {500, NULL}}},
	    {SMTP_DISPROVEN,
		{{250, NULL}, {550, CHUNK}, {250, NULL}, {500, NULL},
		    {250, NULL}}},
	};

	(void)state;
	run_all(table);
}

static void
is_disproven_when_a_chunk_for_nobody_is_taken(void **state)
{
	static const struct course table[] = {
	    {SMTP_DISPROVEN,
		{{250, NULL}, {550, CHUNK}, {250, NULL}, {250, NULL}}},
	    {SMTP_DISPROVEN,
		{{250, NULL}, {450, CHUNK}, {299, NULL}, {200, NULL}}},
	};

	(void)state;
	run_all(table);
}

static void
sends_no_chunk_where_the_empty_recipient_is_taken(void **state)
{
	static const struct course table[] = {
	    {SMTP_DISPROVEN, {{250, NULL}, {250, RSET}, {250, NULL}}},
	    {SMTP_DISPROVEN, {{250, NULL}, {251, RSET}, {500, NULL}}},
	};

	(void)state;
	run_all(table);
}

static void
sends_no_chunk_where_the_null_sender_is_refused(void **state)
{
	static const struct course table[] = {
	    {SMTP_DISPROVEN, {{550, NULL}, {503, RSET}, {250, NULL}}},
	    {SMTP_DISPROVEN, {{450, NULL}, {503, RSET}, {450, NULL}}},
	    {SMTP_DISPROVEN, {{550, NULL}, {250, RSET}, {250, NULL}}},
	};

	(void)state;
	run_all(table);
}

static void
forgets_what_was_bad_before_the_chunk(void **state)
{
	(void)state;
	s.proof_bad = 1; /* of whatever was before */
	smtpproof_ask(&s);
	s.in.reply.code = 250;
	assert_int_equal(smtpproof_reply(&s), 1);
	assert_int_equal(s.proof_bad, 0);
}

/* In a dialogue */

/* Take all that may be sent, and compare. */
static void
assert_sends(const char *text)
{
	const char *p = NULL;
	size_t n = smtp_out(&s, &p);

	assert_int_equal(n, strlen(text));
	if (n > 0)
		assert_memory_equal(p, text, n);
	smtp_took(&s, n);
	smtp_wrote(&s, s.took);
	assert_int_equal(smtp_out(&s, &p), 0);
}

static void
hear(const char *text)
{
	smtp_feed(&s, text, strlen(text));
}

/* The fourth transaction of a connection ends. */
static void
end_the_fourth(void)
{
	struct smtp_mail m = {"s@x", 3, 9, 0, NULL, {0}};

	assert_int_equal(smtp_start(&s, &usual), 0);
	hear("220 mx\r\n");
	assert_sends("EHLO me\r\n");
	hear("250-mx\r\n250-CHUNKING\r\n250 PIPELINING\r\n");
	s.ended = SMTP_PROOF_AFTER - 1;
	assert_int_equal(smtp_txn_begin(&s, &m), 0);
	assert_int_equal(smtp_txn_rcpt(&s, "a@x", 3, 0), 0);
	assert_int_equal(smtp_txn_end(&s), 0);
	assert_sends("MAIL FROM:<s@x>\r\nRCPT TO:<a@x>\r\nDATA\r\n");
	hear("550 no\r\n503 no\r\n503 no\r\n");
}

static void
gives_room_when_it_has_the_answer(void **state)
{
	(void)state;
	end_the_fourth();
	assert_int_equal(smtp_room(&s), 0);
	assert_sends(ENVELOPE);
	hear("250 ok\r\n");
	assert_sends("");
	hear("501 who?\r\n");
	assert_int_equal(smtp_room(&s), 0);
	assert_sends(CHUNK);
	hear("503 nobody\r\n");
	assert_sends("");
	assert_int_equal(smtp_room(&s), 0);
	hear("250 ok\r\n");
	assert_sends("");
	assert_int_equal(smtp_proof(&s), SMTP_PROVEN);
	assert_int_equal(smtp_room(&s), 10);
	assert_int_equal(closings, 0);
}

/* Say how far it has come: 421 to MAIL, RCPT, BDAT, XLSV or RSET, and to the
 * RSET of who gave up. */
static void
ends_with_a_421_at_any_step(void **state)
{
	static const char *const before[][5] = {{NULL}, {"250 ok\r\n"},
	    {"250 ok\r\n", "550 no\r\n"},
	    {"250 ok\r\n", "550 no\r\n", "503 no\r\n"},
	    {"250 ok\r\n", "550 no\r\n", "503 no\r\n", "500 XLSV?\r\n"},
	    {"250 ok\r\n", "250 ok\r\n"}, {"550 no\r\n", "503 no\r\n"}};
	const char *p;
	size_t i, j, n;

	(void)state;
	for (i = 0; i < sizeof(before) / sizeof(*before); i++) {
		begin(NULL);
		end_the_fourth();
		for (j = 0; j == 0 || before[i][j - 1] != NULL; j++) {
			n = smtp_out(&s, &p);
			smtp_took(&s, n);
			smtp_wrote(&s, s.took);
			hear(before[i][j] != NULL ? before[i][j]
						  : "421 4.3.2 down\r\n");
			assert_int_equal(closings, before[i][j] == NULL);
		}
		assert_int_equal(closed.verb, SMTP_PROOF);
		assert_int_equal(smtp_phase(&s), SMTP_OVER);
		assert_int_equal(smtp_proof(&s), SMTP_PROVING);
		assert_sends("");
	}
}

static void
takes_no_answer_before_the_question_has_left(void **state)
{
	const char *p;

	(void)state;
	end_the_fourth();
	smtp_took(&s, smtp_out(&s, &p) - 1);
	smtp_wrote(&s, s.took);
	hear("250 ok\r\n");
	assert_int_equal(closings, 1);
	assert_int_equal(smtp_proof(&s), SMTP_PROVING);
	begin(NULL);
	end_the_fourth();
	assert_sends(ENVELOPE);
	hear("250 ok\r\n550 no\r\n");
	smtp_took(&s, smtp_out(&s, &p)); /* in the queue, not sent */
	hear("503 no\r\n");
	assert_int_equal(closings, 1);
	assert_int_equal(smtp_proof(&s), SMTP_PROVING);
}

static void
takes_no_354_for_an_answer(void **state)
{
	(void)state;
	end_the_fourth();
	assert_sends(ENVELOPE);
	hear("354 go\r\n");
	assert_int_equal(closings, 1);
	assert_int_equal(closed.verb, SMTP_PROOF);
}

#define asking(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    asking(is_due_after_four_transactions),
	    asking(is_due_where_the_host_offers_both_it_needs),
	    asking(is_due_where_more_than_two_transactions_are_wanted),
	    asking(is_not_due_where_the_site_wants_no_chunks),
	    asking(is_due_once),
	    asking(asks_with_a_null_sender_and_an_empty_recipient),
	    asking(is_proven_by_a_refused_chunk_that_was_swallowed),
	    asking(is_disproven_when_the_chunk_was_read_as_a_command),
	    asking(is_disproven_when_a_chunk_for_nobody_is_taken),
	    asking(sends_no_chunk_where_the_empty_recipient_is_taken),
	    asking(sends_no_chunk_where_the_null_sender_is_refused),
	    asking(forgets_what_was_bad_before_the_chunk),
	    asking(gives_room_when_it_has_the_answer),
	    asking(ends_with_a_421_at_any_step),
	    asking(takes_no_answer_before_the_question_has_left),
	    asking(takes_no_354_for_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
