#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/smtp.h"
#include "tests/unit/smtp_dialogues.h"

enum play { BY_LINE, BY_BYTE, TRICKLE };

struct player {
	struct smtp s;
	enum play how;
	int held;      /* output stays in the queue */
	uint64_t sent; /* taken from s, body included */
	struct smtp_mail mail;
	uint32_t tag;
	stralloc out;    /* lines sent */
	stralloc events; /* events, a line each */
	size_t out_at, events_at;
	const char *step; /* for messages */
};

static void
note(void *arg, const struct smtp_event *e)
{
	static const char *const kind[] = {"ready", "rcpt", "txn", "closed"};
	struct player *p = arg;
	char line[512];
	size_t at = 0, n;
	uint32_t tag;

	assert_true(e->reply->len == strlen(e->reply->text));
	assert_int_equal(sa_puts(&p->events, kind[e->kind]), 0);
	if (e->kind == SMTP_EV_RCPT)
		snprintf(line, sizeof(line), " %u %c %d %s %s", e->tag,
		    e->result, e->reply->code, e->reply->enh, e->reply->text);
	else if (e->kind == SMTP_EV_TXN)
		snprintf(line, sizeof(line), " %c%s%s %s %d %s %s |", e->result,
		    e->unsure ? " unsure" : "", e->untried ? " untried" : "",
		    smtp_verb_name(e->verb), e->reply->code, e->reply->enh,
		    e->reply->text);
	else if (e->kind == SMTP_EV_CLOSED)
		snprintf(line, sizeof(line), " %s %d %s %s",
		    smtp_verb_name(e->verb), e->reply->code, e->reply->enh,
		    e->reply->text);
	else
		line[0] = '\0';
	assert_int_equal(sa_puts(&p->events, line), 0);
	while (e->kind == SMTP_EV_TXN && smtp_left(e, &at, &tag, &n)) {
		snprintf(line, sizeof(line), n > 1 ? " %u-%u" : " %u", tag,
		    tag + (unsigned)n - 1);
		assert_int_equal(sa_puts(&p->events, line), 0);
	}
	assert_int_equal(sa_puts(&p->events, "\n"), 0);
}

/* Take what it offers; the body counts as ten bytes. */
static void
drain(struct player *p)
{
	const char *out;
	struct smtp_body b;
	size_t n;

	for (;;) {
		n = smtp_out(&p->s, &out);
		if (n > 0) {
			if (p->how == TRICKLE)
				n = 1;
			assert_int_equal(sa_put(&p->out, out, n), 0);
			smtp_took(&p->s, n);
			p->sent += n;
		} else if (smtp_wants_body(&p->s, &b)) {
			assert_ptr_equal(b.arg, p);
			assert_int_equal(
			    sa_puts(
				&p->out, b.raw ? "(chunk)\r\n" : "(body)\r\n"),
			    0);
			n = b.raw ? p->mail.size : 10;
			smtp_body_took(&p->s, n);
			p->sent += n;
		} else
			break;
		if (!p->held && p->how == TRICKLE)
			smtp_wrote(&p->s, p->sent);
	}
	if (!p->held)
		smtp_wrote(&p->s, p->sent);
}

static void
feed(struct player *p, const char *s, size_t len)
{
	size_t i;

	if (p->how == BY_LINE)
		smtp_feed(&p->s, s, len);
	else
		for (i = 0; i < len; i++)
			smtp_feed(&p->s, s + i, 1);
}

static void
transaction(struct player *p, size_t n)
{
	char addr[32];

	assert_int_equal(smtp_txn_begin(&p->s, &p->mail), 0);
	for (; n > 0; n--) {
		snprintf(addr, sizeof(addr), "r%u@x", p->tag);
		assert_int_equal(
		    smtp_txn_rcpt(&p->s, addr, strlen(addr), p->tag), 0);
		p->tag++;
	}
	assert_int_equal(smtp_txn_end(&p->s), 0);
}

static void
expect(struct player *p, stralloc *sa, size_t *at, const char *eol,
    const char *line, size_t len)
{
	size_t n = strlen(eol);

	if (sa->len - *at < len + n || memcmp(sa->s + *at, line, len) != 0 ||
	    memcmp(sa->s + *at + len, eol, n) != 0)
		fail_msg("at \"%.*s\": got \"%.*s\"",
		    (int)strcspn(p->step, "\n"), p->step, (int)(sa->len - *at),
		    sa->s + *at);
	*at += len + n;
}

static void
expect_nothing(struct player *p)
{
	if (p->out_at != p->out.len || p->events_at != p->events.len)
		fail_msg("at \"%.*s\": left over \"%.*s\" \"%.*s\"",
		    (int)strcspn(p->step, "\n"), p->step,
		    (int)(p->out.len - p->out_at), p->out.s + p->out_at,
		    (int)(p->events.len - p->events_at),
		    p->events.s + p->events_at);
}

/* The mail of "M size bits"; the host must refuse it or take it. */
static void
new_mail(struct player *p, const char *text)
{
	char line[400];

	p->mail.size = strtoull(text, NULL, 10);
	p->mail.eightbit = strchr(text, ' ')[1] == '8';
	if (smtp_txn_begin(&p->s, &p->mail) == 0) {
		assert_int_equal(smtp_txn_end(&p->s), 0);
		return;
	}
	assert_int_equal(errno, EINVAL);
	snprintf(line, sizeof(line), "refused %s %s\n", smtp_why(&p->s)->enh,
	    smtp_why(&p->s)->text);
	assert_int_equal(sa_puts(&p->events, line), 0);
}

static void
step(struct player *p, char what, const char *text, size_t len)
{
	switch (what) {
	case 'S':
		feed(p, text, len);
		feed(p, "\r\n", 2);
		break;
	case 'T':
		transaction(p, strtoul(text, NULL, 10));
		break;
	case 'C':
		expect(p, &p->out, &p->out_at, "\r\n", text, len);
		break;
	case 'E':
		expect(p, &p->events, &p->events_at, "\n", text, len);
		break;
	case '0':
		expect_nothing(p);
		break;
	case 'H':
		p->held = 1;
		break;
	case 'Q':
		smtp_quit(&p->s);
		break;
	case 'L':
		smtp_lost(&p->s, "4.4.2", "lost");
		break;
	case 'R':
		assert_int_equal(smtp_room(&p->s), strtoul(text, NULL, 10));
		break;
	case 'M':
		new_mail(p, text);
		break;
	default:
		fail_msg("no such step: %c", what);
	}
}

static void
play(const struct dialogue *d, enum play how)
{
	struct player p = {.how = how, .step = d->steps};
	struct smtp_start conf = {
	    .name = "me.example", .rcpt_max = 100, .event = note, .arg = &p};
	size_t len;

	p.mail = (struct smtp_mail){
	    "s@x", 3, 100, 0, &p, {SMTP_NOTIFY_FAILURE, {"job", 3}}};
	if (p.step[0] == 'F') {
		conf.flights = (unsigned)strtoul(p.step + 2, NULL, 10);
		p.step += strcspn(p.step, "\n") + 1;
	}
	if (p.step[0] == 'W') {
		conf.window = strtoul(p.step + 2, NULL, 10);
		p.step += strcspn(p.step, "\n") + 1;
	}
	assert_int_equal(smtp_start(&p.s, &conf), 0);
	while (*p.step != '\0') {
		len = strcspn(p.step, "\n");
		step(&p, p.step[0], p.step + 2, len < 2 ? 0 : len - 2);
		drain(&p);
		p.step += len + 1;
	}
	expect_nothing(&p);
	smtp_free(&p.s);
	sa_free(&p.out);
	sa_free(&p.events);
}

static void
plays(void **state)
{
	const struct dialogue *d = *state;

	play(d, BY_LINE);
	play(d, BY_BYTE);
	play(d, TRICKLE);
}

/* A machine that is past "250 offers". */
static void
start(struct player *p, const char *offers, size_t rcpt_max)
{
	const struct smtp_start conf = {.name = "me.example",
	    .rcpt_max = rcpt_max,
	    .event = note,
	    .arg = p};

	memset(p, 0, sizeof(*p));
	p->mail = (struct smtp_mail){"s@x", 3, 100, 0, p, {0}};
	assert_int_equal(smtp_start(&p->s, &conf), 0);
	feed(p, "220 mx\r\n", 8);
	drain(p);
	feed(p, offers, strlen(offers));
	drain(p);
	assert_int_equal(smtp_phase(&p->s), SMTP_OPEN);
	p->out.len = p->events.len = 0;
}

static void
finish(struct player *p)
{
	smtp_free(&p->s);
	sa_free(&p->out);
	sa_free(&p->events);
}

static void
assert_events(struct player *p, const char *text)
{
	assert_int_equal(sa_0(&p->events), 0);
	assert_string_equal(p->events.s, text);
}

static void
lets_no_address_break_out_of_its_command(void **state)
{
	static const char *const bad[] = {"", "a@x>\r\nDATA", "a@x> SIZE=1",
	    "a b@x", "<a@x", "a@x\n", "a@x\r", "\"a@x", "\"a\\", "\"a\001\"@x",
	    "a\\@x", "\"a\\\n\"@x", "a\177@x"};
	static const char *const good[] = {"a@x", "\"a b\"@x", "\"a>b\"@x",
	    "\"a\\\"b\"@x", "a+b=c@[192.0.2.1]"};
	struct player p;
	size_t i;

	(void)state;
	start(&p, "250-mx\r\n250 PIPELINING\r\n", 100);
	assert_int_equal(smtp_txn_begin(&p.s, &p.mail), 0);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(
		    smtp_txn_rcpt(&p.s, bad[i], strlen(bad[i]), 0), -1);
		assert_int_equal(errno, EINVAL);
		assert_string_equal(smtp_why(&p.s)->enh, "5.1.3");
	}
	assert_int_equal(smtp_txn_rcpt(&p.s, "a\0b@x", 5, 0), -1);
	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(
		    smtp_txn_rcpt(&p.s, good[i], strlen(good[i]), 0), 0);
	assert_int_equal(smtp_txn_end(&p.s), 0);
	finish(&p);
}

static void
refuses_addresses_that_are_not_ascii_without_smtputf8(void **state)
{
	struct player p;

	(void)state;
	start(&p, "250-mx\r\n250 PIPELINING\r\n", 100);
	assert_int_equal(smtp_txn_begin(&p.s, &p.mail), 0);
	assert_int_equal(smtp_txn_rcpt(&p.s, "\303\244@x", 4, 0), -1);
	assert_string_equal(smtp_why(&p.s)->enh, "5.6.7");
	assert_int_equal(smtp_txn_end(&p.s), 0);
	p.mail.sender = "\303\244@x";
	p.mail.len = 4;
	assert_int_equal(smtp_txn_begin(&p.s, &p.mail), -1);
	assert_string_equal(smtp_why(&p.s)->enh, "5.6.7");
	finish(&p);
}

static void
asks_for_smtputf8_only_when_an_address_needs_it(void **state)
{
	static const char want[] = "MAIL FROM:<> SMTPUTF8\r\n"
				   "RCPT TO:<\303\244@x>\r\nDATA\r\n";
	struct player p;

	(void)state;
	start(&p, "250-mx\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n", 100);
	p.mail.len = 0;
	assert_int_equal(smtp_txn_begin(&p.s, &p.mail), 0);
	assert_int_equal(smtp_txn_rcpt(&p.s, "\303\244@x", 4, 0), 0);
	assert_int_equal(smtp_txn_end(&p.s), 0);
	drain(&p);
	assert_int_equal(p.out.len, sizeof(want) - 1);
	assert_memory_equal(p.out.s, want, sizeof(want) - 1);
	finish(&p);
}

static void
holds_a_transaction_to_its_room(void **state)
{
	struct player p;

	(void)state;
	start(&p, "250-mx\r\n250 PIPELINING\r\n", 2);
	assert_int_equal(smtp_room(&p.s), 2);
	assert_int_equal(smtp_txn_begin(&p.s, &p.mail), 0);
	assert_int_equal(smtp_txn_begin(&p.s, &p.mail), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(smtp_txn_rcpt(&p.s, "a@x", 3, 0), 0);
	assert_int_equal(smtp_txn_rcpt(&p.s, "b@x", 3, 1), 0);
	assert_int_equal(smtp_txn_rcpt(&p.s, "c@x", 3, 2), -1);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(smtp_txn_end(&p.s), 0);
	transaction(&p, 1);
	assert_int_equal(smtp_room(&p.s), 0);
	assert_int_equal(smtp_busy(&p.s), 2);
	finish(&p);
}

static void
grows_the_limit_back_after_full_transactions(void **state)
{
	struct smtp_start conf = {
	    .name = "me.example", .rcpt_max = 100, .limit = 8, .event = note};
	struct player p;
	size_t want[] = {8, 10, 12, 14}, i, n;

	(void)state;
	start(&p, "250-mx\r\n250 PIPELINING\r\n", 100);
	conf.arg = &p;
	p.sent = 0;
	assert_int_equal(smtp_start(&p.s, &conf), 0);
	feed(&p, "220 mx\r\n", 8);
	drain(&p);
	feed(&p, "250-mx\r\n250 PIPELINING\r\n", 24);
	for (i = 0; i < 4; i++) {
		assert_int_equal(smtp_room(&p.s), want[i]);
		transaction(&p, want[i]);
		drain(&p);
		for (n = 0; n < want[i] + 1; n++)
			feed(&p, "250 ok\r\n", 8);
		feed(&p, "354 go\r\n", 8);
		drain(&p);
		feed(&p, "250 ok\r\n", 8);
	}
	transaction(&p, 1); /* not a full one */
	drain(&p);
	feed(&p, "250 ok\r\n250 ok\r\n354 go\r\n", 24);
	drain(&p);
	feed(&p, "250 ok\r\n", 8);
	assert_int_equal(smtp_limit(&p.s), 16);
	finish(&p);
}

static void
takes_a_thousand_recipients(void **state)
{
	struct player p;
	int i;

	(void)state;
	start(&p, "250-mx\r\n250 PIPELINING\r\n", SMTP_RCPT_MAX);
	transaction(&p, 1000);
	p.tag = 5000;
	transaction(&p, 1000);
	drain(&p);
	for (i = 0; i < 1001; i++)
		feed(&p, "250 2.1.5 Ok\r\n", 14);
	feed(&p, "354 go\r\n", 8);
	drain(&p);
	feed(&p, "250 ok\r\n", 8);
	for (i = 0; i < 1001; i++)
		feed(&p, i == 1000 ? "450 no\r\n" : "250 ok\r\n", 8);
	feed(&p, "354 go\r\n", 8);
	drain(&p);
	feed(&p, "250 ok\r\n", 8);
	assert_events(&p,
	    "txn D dot 250 2.0.0 ok | 0-999\n"
	    "rcpt 5999 R 450 4.0.0 no\n"
	    "txn D dot 250 2.0.0 ok | 5000-5998\n");
	finish(&p);
}

static void
bounds_the_lines_and_the_length_of_a_reply(void **state)
{
	static char line[SMTP_LINE_MAX + 8];
	struct player p;
	size_t i;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "250-", 4);
	start(&p, "250 mx\r\n", 100);
	transaction(&p, 1);
	drain(&p);
	feed(&p, line, SMTP_LINE_MAX);
	assert_int_equal(p.events.len, 0);
	feed(&p, "\r\n", 2);
	assert_int_equal(p.events.len, 0);
	for (i = 1; i < SMTP_REPLY_MAX / SMTP_LINE_MAX; i++) {
		feed(&p, line, SMTP_LINE_MAX);
		feed(&p, "\r\n", 2);
	}
	assert_int_equal(p.events.len, 0);
	feed(&p, "250 x\r\n", 7);
	assert_events(&p,
	    "txn R untried MAIL 0 4.5.0 reply too long | 0\n"
	    "closed MAIL 0 4.5.0 reply too long\n");
	finish(&p);
	start(&p, "250 mx\r\n", 100);
	for (i = 0; i < SMTP_LINE_MAX + 2; i++)
		feed(&p, "2", 1); /* never a line end */
	assert_events(&p, "closed - 0 4.5.0 reply too long\n");
	finish(&p);
}

static void
cuts_a_long_text(void **state)
{
	static char line[SMTP_LINE_MAX];
	struct player p;
	size_t i;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "421 4.4.2 ", 10);
	start(&p, "250 mx\r\n", 100);
	feed(&p, line, sizeof(line));
	feed(&p, "\n", 1);
	assert_int_equal(p.s.in.reply.len, SMTP_TEXT_MAX);
	for (i = 0; i < SMTP_TEXT_MAX; i++)
		assert_int_equal(p.s.in.reply.text[i], 'x');
	finish(&p);
}

static void
refuses_a_name_that_would_break_the_greeting(void **state)
{
	struct smtp s = {0};
	struct smtp_start conf = {.rcpt_max = 1, .event = note};
	static const char *const bad[] = {"", "a b", "a\r\nQUIT", "\303\244"};
	char longest[SMTP_NAME_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		conf.name = bad[i];
		assert_int_equal(smtp_start(&s, &conf), -1);
		assert_int_equal(errno, EINVAL);
	}
	memset(longest, 'a', sizeof(longest));
	longest[SMTP_NAME_MAX + 1] = '\0';
	conf.name = longest;
	assert_int_equal(smtp_start(&s, &conf), -1);
	longest[SMTP_NAME_MAX] = '\0';
	assert_int_equal(smtp_start(&s, &conf), 0);
	conf.rcpt_max = SMTP_RCPT_MAX + 1;
	assert_int_equal(smtp_start(&s, &conf), -1);
	smtp_free(&s);
}

static void
forgets_a_transaction_without_recipients(void **state)
{
	struct player p;

	(void)state;
	start(&p, "250-mx\r\n250 PIPELINING\r\n", 100);
	assert_int_equal(smtp_txn_begin(&p.s, &p.mail), 0);
	smtp_quit(&p.s);
	drain(&p);
	assert_int_equal(p.out.len, 0);
	assert_int_equal(smtp_txn_end(&p.s), 0);
	assert_int_equal(smtp_busy(&p.s), 0);
	drain(&p);
	assert_int_equal(p.out.len, 6);
	assert_int_equal(p.events.len, 0);
	finish(&p);
}

static void
tells_of_a_transaction_that_was_being_made(void **state)
{
	struct player p;

	(void)state;
	start(&p, "250-mx\r\n250 PIPELINING\r\n", 100);
	assert_int_equal(smtp_txn_begin(&p.s, &p.mail), 0);
	assert_int_equal(smtp_txn_rcpt(&p.s, "a@x", 3, 7), 0);
	smtp_lost(&p.s, "4.4.2", "lost");
	assert_int_equal(smtp_txn_rcpt(&p.s, "b@x", 3, 8), -1);
	assert_int_equal(smtp_txn_end(&p.s), 0);
	smtp_lost(&p.s, "4.4.2", "lost again");
	smtp_quit(&p.s);
	drain(&p);
	assert_events(&p,
	    "txn R untried - 0 4.4.2 lost | 7\n"
	    "closed - 0 4.4.2 lost\n");
	assert_int_equal(smtp_phase(&p.s), SMTP_OVER);
	finish(&p);
}

/* Closed, or garbage, in the middle of AUTH. */
static void
forgets_the_password_however_the_opening_ends(void **state)
{
	static const char *const ends[] = {NULL, "\001\r\n", "354 go\r\n",
	    "421 4.3.2 down\r\n", "535 5.7.8 no\r\n", "235 ok\r\n"};
	static const struct auth_login joe = {"test", "1234", 4, 4};
	static const struct auth none;
	struct player p;
	struct smtp_start conf = {.name = "me.example",
	    .rcpt_max = 1,
	    .secure = 1,
	    .login = &joe,
	    .nonce = "x",
	    .event = note,
	    .arg = &p};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		memset(&p, 0, sizeof(p));
		assert_int_equal(smtp_start(&p.s, &conf), 0);
		feed(&p, "220 mx\r\n", 8);
		drain(&p);
		feed(&p, "250-mx\r\n250 AUTH PLAIN\r\n", 24);
		drain(&p);
		assert_non_null(
		    memmem(p.s.say, sizeof(p.s.say), "AHRlc3QAMTIzNA==", 16));
		if (ends[i] == NULL)
			smtp_lost(&p.s, "4.4.2", "lost");
		else
			feed(&p, ends[i], strlen(ends[i]));
		assert_null(
		    memmem(p.s.say, sizeof(p.s.say), "AHRlc3QAMTIzNA==", 16));
		assert_memory_equal(&p.s.auth, &none, sizeof(none));
		finish(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest rest[] = {
	    cmocka_unit_test(lets_no_address_break_out_of_its_command),
	    cmocka_unit_test(
		refuses_addresses_that_are_not_ascii_without_smtputf8),
	    cmocka_unit_test(asks_for_smtputf8_only_when_an_address_needs_it),
	    cmocka_unit_test(holds_a_transaction_to_its_room),
	    cmocka_unit_test(grows_the_limit_back_after_full_transactions),
	    cmocka_unit_test(takes_a_thousand_recipients),
	    cmocka_unit_test(bounds_the_lines_and_the_length_of_a_reply),
	    cmocka_unit_test(cuts_a_long_text),
	    cmocka_unit_test(refuses_a_name_that_would_break_the_greeting),
	    cmocka_unit_test(forgets_a_transaction_without_recipients),
	    cmocka_unit_test(forgets_the_password_however_the_opening_ends),
	    cmocka_unit_test(tells_of_a_transaction_that_was_being_made),
	};
	size_t i, n = sizeof(rest) / sizeof(*rest);
	struct CMUnitTest *tests = calloc(dialogue_count + n, sizeof(*tests));
	struct dialogue *copy = calloc(dialogue_count, sizeof(*copy));
	int r = 1;

	if (tests == NULL || copy == NULL)
		goto done;
	memcpy(copy, dialogues, dialogue_count * sizeof(*copy));
	for (i = 0; i < dialogue_count; i++)
		tests[i] = (struct CMUnitTest){.name = copy[i].name,
		    .test_func = plays,
		    .initial_state = &copy[i]};
	memcpy(tests + dialogue_count, rest, sizeof(rest));
	r = _cmocka_run_group_tests(
	    "smtp", tests, dialogue_count + n, NULL, NULL);
done:
	free(tests);
	free(copy);
	return r;
}
