#include "lib/smtp.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/smtpcore.h"
#include "lib/smtpopen.h"
#include "lib/smtpproof.h"

void
smtpcore_say(
    struct smtp *s, enum smtp_verb verb, const char *text, const char *name)
{
	s->said = verb;
	s->say_at = 0;
	s->say_len =
	    (size_t)snprintf(s->say, sizeof(s->say), "%s%s\r\n", text, name);
}

void
smtpcore_quit_if_idle(struct smtp *s)
{
	if (s->phase == SMTP_ENDING && s->said == SMTP_NONE && s->used == 0)
		smtpcore_say(s, SMTP_QUIT, "QUIT", "");
}

/* The verb of the i-th command of a transaction. */
static enum smtp_verb
verb_of(const struct smtp_txn *t, size_t i)
{
	if (i < (size_t)t->lead)
		return SMTP_RSET;
	i -= (size_t)t->lead;
	return i == 0   ? SMTP_MAIL
	    : i <= t->n ? SMTP_RCPT
	    : t->chunk  ? SMTP_BDAT
			: SMTP_DATA;
}

/* Is a command of this transaction to be answered next? */
static int
in_envelope(const struct smtp_txn *t)
{
	return t->at == TXN_ENVELOPE || (t->at == TXN_DOT && t->chunk);
}

/* Nothing is said: the proof for BDAT is made when all is answered, and QUIT
 * goes out then. */
static void
next(struct smtp *s)
{
	if (s->said == SMTP_NONE && s->used == 0 && s->phase == SMTP_OPEN &&
	    smtpproof_due(s))
		smtpproof_ask(s);
	else
		smtpcore_quit_if_idle(s);
}

/* The command that the next reply is to answer. */
static enum smtp_verb
awaited(struct smtp *s)
{
	const struct smtp_txn *t = smtpcore_nth(s, 0);

	if (s->said != SMTP_NONE)
		return s->said;
	if (s->handshake)
		return SMTP_STARTTLS;
	if (in_envelope(t))
		return verb_of(t, t->answered);
	return t->at == TXN_BODY || t->at == TXN_DOT ? SMTP_DOT : SMTP_NONE;
}

/* Has that command left, and a chunk with it? */
static int
in_step(struct smtp *s)
{
	const struct smtp_txn *t = smtpcore_nth(s, 0);
	size_t end;

	if (s->said == SMTP_GREETING)
		return 1;
	if (s->said != SMTP_NONE)
		return s->say_at == s->say_len && s->wrote >= s->say_end;
	if (!in_envelope(t))
		return 0;
	if (verb_of(t, t->answered) == SMTP_BDAT)
		return t->at == TXN_DOT && s->wrote >= t->body_end;
	end = smtptxn_end_of(t, t->answered);
	return t->taken >= end && s->wrote >= t->base + (end - t->from);
}

/* Events */

static void
tell(struct smtp *s, const struct smtp_event *e)
{
	s->conf.event(s->conf.arg, e);
}

static void
tell_rcpt(struct smtp *s, struct smtp_txn *t, size_t i, enum smtp_result result,
    const struct smtp_reply *reply)
{
	t->own[i] = 1;
	t->own_events++;
	tell(s,
	    &(struct smtp_event){.kind = SMTP_EV_RCPT,
		.result = result,
		.verb = SMTP_RCPT,
		.arg = t->mail.arg,
		.tag = t->tag[i],
		.reply = reply});
}

/* Recipients that were refused are told of once the reply to DATA or BDAT has
 * shown that each reply went with its command. */
static void
tell_held(struct smtp *s, struct smtp_txn *t)
{
	struct smtp_refusal r;
	size_t at = 0;

	while (smtptxn_held(t, &at, &r))
		tell_rcpt(s, t, r.i, SMTP_FAILED, &r.reply);
	t->held.len = 0;
}

static void
tell_txn(struct smtp *s, struct smtp_txn *t, struct smtp_event e)
{
	e.kind = SMTP_EV_TXN;
	e.arg = t->mail.arg;
	e.left = t->n - t->own_events;
	e.txn = t;
	if (t->mail_bad) { /* that has decided, whatever came after it */
		e.result = t->mail_again ? SMTP_AGAIN : smtp_class(&t->reply);
		e.verb = SMTP_MAIL;
		e.reply = &t->reply;
	}
	tell(s, &e);
}

static void
over(struct smtp *s, enum smtp_verb verb, const struct smtp_reply *r)
{
	s->phase = SMTP_OVER;
	tell(s,
	    &(struct smtp_event){.kind = SMTP_EV_CLOSED,
		.result = SMTP_RETRY,
		.verb = verb,
		.reply = r});
}

/* May the host have the whole message of a transaction, although it did not
 * say so? */
static int
is_unsure(struct smtp *s, struct smtp_txn *t, int dot_left)
{
	size_t rcpts_at = (size_t)t->lead + 1;

	if (t->at != TXN_DOT)
		return 0;
	if (!t->chunk)
		return dot_left && t->accepted > 0;
	return s->wrote >= t->body_end && !t->mail_bad &&
	    (t->accepted > 0 || t->answered < rcpts_at + t->n);
}

/* The connection is of no use any more: what is open is to be tried again. */
static void
fail(struct smtp *s, enum smtp_verb verb, const struct smtp_reply *r)
{
	int dot_left = s->said == SMTP_DOT && in_step(s);
	unsigned i, n = s->used;

	if (s->phase == SMTP_OPENING)
		smtpopen_forget(s);
	s->phase = SMTP_OVER;
	for (i = 0; i < n; i++) {
		struct smtp_txn *t = smtpcore_nth(s, i);
		int unsure = is_unsure(s, t, dot_left);

		tell_held(s, t);
		tell_txn(s, t,
		    (struct smtp_event){.result = SMTP_RETRY,
			.verb = verb,
			.reply = r,
			.untried = t->answered == 0 && !unsure,
			.unsure = unsure});
	}
	for (i = 0; i < n; i++)
		smtptxn_reset(smtpcore_nth(s, i));
	s->used = 0;
	s->filling = 0;
	over(s, verb, r);
}

/* The host and we do not speak of the same commands: it may have meant any of
 * what it said for another, so nothing is given up for it. */
static void
fail_lost(struct smtp *s, enum smtp_verb verb, const struct smtp_reply *r)
{
	for (unsigned i = 0; i < s->used; i++)
		smtptxn_doubt(smtpcore_nth(s, i));
	fail(s, verb, r);
}

void
smtpcore_fail(struct smtp *s, const char *why)
{
	struct smtp_reply r;

	smtpreply_ours(&r, "4.5.0", why);
	fail_lost(s, awaited(s), &r);
}

/* What the host took of a full transaction is what the next are made by. */
static void
learn(struct smtp *s, const struct smtp_txn *t)
{
	size_t half = t->n / 2 > 0 ? t->n / 2 : 1;

	if (t->too_many) {
		if (half < t->accepted)
			half = t->accepted;
		if (s->limit > half)
			s->limit = half;
	} else if (t->n >= s->limit && t->answered == smtptxn_commands(t)) {
		s->limit += s->limit / 8 + 1;
		if (s->limit > s->limit_max)
			s->limit = s->limit_max;
	}
}

/* The oldest transaction has ended with the reply just read. */
static void
finish(struct smtp *s, enum smtp_verb verb, enum smtp_result result)
{
	struct smtp_txn *t = smtpcore_nth(s, 0);

	learn(s, t);
	tell_held(s, t);
	tell_txn(s, t,
	    (struct smtp_event){
		.result = result, .verb = verb, .reply = &s->in.reply});
	smtptxn_reset(t);
	s->first = (s->first + 1) % SMTP_TXNS;
	s->used--;
	s->ended++;
	next(s);
}

/* Opening */

static void
on_opening(struct smtp *s, enum smtp_verb verb)
{
	int r = smtpopen_reply(s, verb);

	if (r < 0) {
		fail(s, verb, errno == EPROTO ? &s->why : &s->in.reply);
		return;
	}
	if (r == 0)
		return;
	s->phase = s->quit ? SMTP_ENDING : SMTP_OPEN;
	tell(s,
	    &(struct smtp_event){.kind = SMTP_EV_READY,
		.result = SMTP_DELIVERED,
		.verb = verb,
		.reply = &s->in.reply});
	smtpcore_quit_if_idle(s);
}

/* Envelope */

/* Does the host offer DSN, and refuse it?  Then it is not said again. */
static int
refuses_dsn(struct smtp *s, const struct smtp_txn *t, enum smtp_verb verb)
{
	if (!smtptxn_no_dsn(t, verb, &s->in))
		return 0;
	s->offers.bits &= ~(unsigned)SMTP_DSN;
	s->no_dsn = 1;
	return 1;
}

static void
on_rcpt(struct smtp *s, struct smtp_txn *t, size_t i)
{
	enum smtp_result result = smtp_class(&s->in.reply);

	if (result == SMTP_DELIVERED) {
		t->accepted++;
		return;
	}
	if (t->mail_bad)
		return;
	if (smtpreply_too_many(&s->in)) {
		if (t->accepted > 0)
			result = SMTP_AGAIN;
		else if (s->in.enh_given)
			result = SMTP_RETRY; /* 552 5.5.3, and none taken */
		t->too_many |= t->accepted > 0;
	} else if (refuses_dsn(s, t, SMTP_RCPT)) {
		result = SMTP_AGAIN;
	}
	if (result != SMTP_FAILED)
		tell_rcpt(s, t, i, result, &s->in.reply);
	else if (smtptxn_hold(t, i, &s->in.reply) < 0)
		tell_rcpt(s, t, i, SMTP_RETRY, &s->in.reply);
}

static void
on_data(struct smtp *s, struct smtp_txn *t)
{
	if (s->in.reply.code != 354) {
		if (!t->mail_bad)
			smtpcore_say(s, SMTP_RSET, "RSET", "");
		finish(s, SMTP_DATA, smtp_class(&s->in.reply));
	} else if (t->accepted > 0)
		t->at = TXN_BODY;
	else {
		/* RFC 2920 section 3.1: with nobody to receive it the message
		 * is a single dot, and the reply to that decides nothing */
		t->at = TXN_DOT;
		smtpcore_say(s, SMTP_DOT, ".", "");
	}
}

/* The chunk was sent with its command. That nobody was left to get it, the
 * transaction says; what the host thinks of the chunk then decides nothing. */
static void
on_chunk(struct smtp *s, struct smtp_txn *t)
{
	enum smtp_result result = smtp_class(&s->in.reply);

	finish(s, SMTP_BDAT, t->accepted > 0 ? result : SMTP_RETRY);
}

/* When all that was sent is answered and the rest is pointless, it is not
 * sent: without PIPELINING no RCPT follows a refused MAIL, no DATA follows
 * RCPTs of which none was accepted. */
static void
cut_short(struct smtp *s)
{
	struct smtp_txn *t = smtpcore_nth(s, 0);

	if (t->at != TXN_ENVELOPE || t->answered <= (size_t)t->lead ||
	    t->taken != smtptxn_end_of(t, t->answered - 1))
		return;
	if (t->mail_bad)
		finish(s, SMTP_MAIL, SMTP_RETRY);
	else if (t->answered == smtptxn_commands(t) - 1 && t->accepted == 0) {
		smtpcore_say(s, SMTP_RSET, "RSET", "");
		finish(s, SMTP_RCPT, SMTP_RETRY);
	}
}

/* Was a chunk answered with what is said of addresses?  Then one reply was too
 * many, and behind chunk after chunk nothing else would show it: the host's mail
 * goes by DATA, as with one that cannot stand the question. */
static int
meant_address(struct smtp *s, enum smtp_verb verb)
{
	if (verb != SMTP_BDAT || (s->offers.bits & SMTP_ENHANCED) == 0 ||
	    !s->in.enh_given || strncmp(s->in.reply.enh, "2.1.", 4) != 0)
		return 0;
	s->proof = SMTP_PROVING;
	return 1;
}

static void
on_envelope(struct smtp *s, enum smtp_verb verb)
{
	struct smtp_txn *t = smtpcore_nth(s, 0);

	if (s->in.reply.code == 421) {
		fail(s, verb, &s->in.reply);
		return;
	}
	if (smtptxn_lost(t, s->in.reply.code) || meant_address(s, verb)) {
		t->answered++;
		fail_lost(s, verb, &s->in.reply);
		return;
	}
	t->answered++;
	if (verb == SMTP_MAIL && s->in.reply.code / 100 != 2) {
		t->mail_bad = 1;
		t->mail_again = refuses_dsn(s, t, SMTP_MAIL);
		t->reply = s->in.reply;
	} else if (verb == SMTP_RCPT)
		on_rcpt(s, t, t->answered - (size_t)t->lead - 2);
	else if (verb == SMTP_DATA)
		on_data(s, t);
	else if (verb == SMTP_BDAT)
		on_chunk(s, t);
	if (verb == SMTP_MAIL || verb == SMTP_RCPT)
		cut_short(s);
}

/* Replies */

static void
on_reply(struct smtp *s)
{
	enum smtp_verb verb = awaited(s);
	int code = s->in.reply.code, ours = s->said != SMTP_NONE;

	s->replies++;
	if (!in_step(s)) {
		if (code >= 400)
			fail_lost(s, verb, &s->in.reply);
		else
			smtpcore_fail(s, "reply out of step");
		return;
	}
	if (code / 100 == 3 && verb != SMTP_DATA && verb != SMTP_AUTH) {
		smtpcore_fail(s, "unexpected reply");
		return;
	}
	s->said = SMTP_NONE;
	if (s->phase == SMTP_OPENING)
		on_opening(s, verb);
	else if (verb == SMTP_DOT && code != 421)
		finish(s, SMTP_DOT, smtp_class(&s->in.reply));
	else if (verb == SMTP_PROOF && code != 421) {
		if (!smtpproof_reply(s))
			smtpcore_quit_if_idle(s);
	} else if (ours && verb == SMTP_RSET && code / 100 == 2)
		next(s);
	else if (verb == SMTP_QUIT)
		over(s, SMTP_QUIT, &s->in.reply);
	else if (!ours && verb != SMTP_NONE && verb != SMTP_DOT)
		on_envelope(s, verb);
	else
		fail(s, verb, &s->in.reply);
}

/* Most replies by far: 2xx on one line to a RCPT. 1 when it was one. */
static int
quick_rcpt(struct smtp *s, const char *l, size_t len)
{
	struct smtp_txn *t = smtpcore_nth(s, 0);

	if (len < 4 || l[0] != '2' || l[3] != ' ' || l[1] < '0' || l[1] > '9' ||
	    l[2] < '0' || l[2] > '9' || s->in.more || s->said != SMTP_NONE ||
	    !in_envelope(t) || verb_of(t, t->answered) != SMTP_RCPT ||
	    !in_step(s))
		return 0;
	t->answered++;
	t->accepted++;
	s->replies++;
	return 1;
}

static void
take_line(struct smtp *s, const char *line, size_t len)
{
	int r;

	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len <= SMTP_LINE_MAX && quick_rcpt(s, line, len))
		return;
	r = smtpreply_line(&s->in, line, len);
	if (r < 0) {
		smtpcore_fail(s,
		    errno == EMSGSIZE ? "reply too long" : "not an SMTP reply");
		return;
	}
	smtpopen_line(s, line, len);
	if (r > 0)
		on_reply(s);
}

void
smtp_feed(struct smtp *s, const char *buf, size_t len)
{
	const char *nl;
	size_t n, part;

	for (; len > 0 && s->phase != SMTP_OVER; buf += n, len -= n) {
		if (s->handshake) {
			smtpcore_fail(s, "bytes in clear behind STARTTLS");
			return;
		}
		nl = memchr(buf, '\n', len);
		n = nl != NULL ? (size_t)(nl - buf) : len;
		part = s->part;
		s->part = 0;
		if (nl != NULL && part == 0)
			take_line(s, buf, n);
		else if (n > sizeof(s->line) - part)
			smtpcore_fail(s, "reply too long");
		else {
			memcpy(s->line + part, buf, n);
			if (nl != NULL)
				take_line(s, s->line, part + n);
			else
				s->part = part + n;
		}
		n += nl != NULL;
	}
}

void
smtp_lost(struct smtp *s, const char *enh, const char *why)
{
	struct smtp_reply r;

	if (s->phase == SMTP_OVER)
		return;
	smtpreply_ours(&r, enh, why);
	fail(s, awaited(s), &r);
}

int
smtp_left(const struct smtp_event *e, size_t *at, uint32_t *tag, size_t *n)
{
	const struct smtp_txn *t = e->txn;
	size_t i = *at;

	while (i < t->n && t->own[i])
		i++;
	if (i == t->n)
		return 0;
	*tag = t->tag[i];
	for (*n = 1;
	     i + *n < t->n && !t->own[i + *n] && t->tag[i + *n] == *tag + *n;
	     (*n)++)
		;
	*at = i + *n;
	return 1;
}

/* The whole */

int
smtp_start(struct smtp *s, const struct smtp_start *conf)
{
	if (smtpopen_check(conf) < 0)
		return -1;
	for (size_t i = 0; i < SMTP_TXNS; i++)
		smtptxn_reset(&s->txn[i]);
	memset(s, 0, offsetof(struct smtp, txn));
	smtpopen_begin(s, conf);
	return 0;
}

void
smtp_free(struct smtp *s)
{
	for (size_t i = 0; i < SMTP_TXNS; i++) {
		sa_free(&s->txn[i].cmd);
		sa_free(&s->txn[i].held);
	}
	memset(s, 0, sizeof(*s));
}

void
smtp_quit(struct smtp *s)
{
	s->quit = 1;
	if (s->phase == SMTP_OPEN)
		s->phase = SMTP_ENDING;
	smtpcore_quit_if_idle(s);
}
