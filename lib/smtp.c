#include "lib/smtp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct smtp_txn *
older(struct smtp *s)
{
	return &s->txn[s->first];
}

static struct smtp_txn *
newer(struct smtp *s)
{
	return &s->txn[!s->first];
}

static void
say(struct smtp *s, enum smtp_verb verb, const char *text, const char *name)
{
	s->said = verb;
	s->say_at = 0;
	s->say_len =
	    (size_t)snprintf(s->say, sizeof(s->say), "%s%s\r\n", text, name);
}

/* QUIT goes out when the last transaction and its RSET are answered. */
static void
quit_if_idle(struct smtp *s)
{
	if (s->phase == SMTP_ENDING && s->said == SMTP_NONE &&
	    s->txn[0].at == TXN_FREE && s->txn[1].at == TXN_FREE)
		say(s, SMTP_QUIT, "QUIT", "");
}

/* The command that the next reply is to answer. */
static enum smtp_verb
awaited(struct smtp *s)
{
	const struct smtp_txn *t = older(s);

	if (s->said != SMTP_NONE)
		return s->said;
	switch (t->at) {
	case TXN_ENVELOPE:
		return t->answered == 0   ? SMTP_MAIL
		    : t->answered <= t->n ? SMTP_RCPT
					  : SMTP_DATA;
	case TXN_BODY:
	case TXN_DOT:
		return SMTP_DOT;
	default:
		return SMTP_NONE;
	}
}

/* Has that command left? */
static int
in_step(struct smtp *s)
{
	const struct smtp_txn *t = older(s);
	size_t end;

	if (s->said == SMTP_GREETING)
		return 1;
	if (s->said != SMTP_NONE)
		return s->say_at == s->say_len && s->wrote >= s->say_end;
	if (t->at != TXN_ENVELOPE)
		return 0;
	end = t->end[t->answered];
	return t->taken >= end && s->wrote >= t->base + (end - t->from);
}

/* Events */

static void
tell(struct smtp *s, const struct smtp_event *e)
{
	s->conf.event(s->conf.arg, e);
}

static void
tell_rcpt(struct smtp *s, struct smtp_txn *t, size_t i, enum smtp_result result)
{
	t->own[i] = 1;
	t->own_events++;
	tell(s,
	    &(struct smtp_event){.kind = SMTP_EV_RCPT,
		.result = result,
		.verb = SMTP_RCPT,
		.arg = t->mail.arg,
		.tag = t->tag[i],
		.reply = &s->in.reply});
}

static void
tell_txn(struct smtp *s, struct smtp_txn *t, struct smtp_event e)
{
	e.kind = SMTP_EV_TXN;
	e.arg = t->mail.arg;
	e.left = t->n - t->own_events;
	e.txn = t;
	if (t->mail_bad) { /* that has decided, whatever came after it */
		e.result = smtp_class(&t->reply);
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

/* The connection is of no use any more: what is open is to be tried again. */
static void
fail(struct smtp *s, enum smtp_verb verb, const struct smtp_reply *r)
{
	int dot_left = s->said == SMTP_DOT && in_step(s), i;
	struct smtp_txn *t;

	s->phase = SMTP_OVER;
	for (i = 0; i < 2; i++) {
		t = i == 0 ? older(s) : newer(s);
		if (t->at == TXN_FREE)
			continue;
		tell_txn(s, t,
		    (struct smtp_event){.result = SMTP_RETRY,
			.verb = verb,
			.reply = r,
			.untried = t->answered == 0,
			.unsure =
			    dot_left && t->at == TXN_DOT && t->accepted > 0});
	}
	smtptxn_reset(&s->txn[0]);
	smtptxn_reset(&s->txn[1]);
	over(s, verb, r);
}

static void
fail_ours(struct smtp *s, const char *why)
{
	struct smtp_reply r;

	smtpreply_ours(&r, "4.5.0", why);
	fail(s, awaited(s), &r);
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
	} else if (t->n >= s->limit && t->answered == t->n + 2) {
		s->limit += s->limit / 8 + 1;
		if (s->limit > s->limit_max)
			s->limit = s->limit_max;
	}
}

/* The older transaction has ended with the reply just read. */
static void
finish(struct smtp *s, enum smtp_verb verb, enum smtp_result result)
{
	struct smtp_txn *t = older(s);

	learn(s, t);
	tell_txn(s, t,
	    (struct smtp_event){
		.result = result, .verb = verb, .reply = &s->in.reply});
	smtptxn_reset(t);
	s->first = !s->first;
	quit_if_idle(s);
}

/* Opening */

static void
on_hello(struct smtp *s)
{
	int class = s->in.reply.code / 100;

	if (class == 5 && !s->helo) {
		s->helo = 1;
		say(s, SMTP_HELLO, "HELO ", s->conf.name);
		return;
	}
	if (class != 2) {
		fail(s, SMTP_HELLO, &s->in.reply);
		return;
	}
	if (!s->helo)
		s->offers.bits |= SMTP_ESMTP;
	if ((s->offers.bits & SMTP_PIPELINING) == 0)
		s->window = 1;
	if (s->offers.rcpt_max > 0 && s->limit_max > s->offers.rcpt_max)
		s->limit_max = (size_t)s->offers.rcpt_max;
	if (s->limit > s->limit_max)
		s->limit = s->limit_max;
	s->phase = s->quit ? SMTP_ENDING : SMTP_OPEN;
	tell(s,
	    &(struct smtp_event){.kind = SMTP_EV_READY,
		.result = SMTP_DELIVERED,
		.verb = SMTP_HELLO,
		.reply = &s->in.reply});
	quit_if_idle(s);
}

/* Envelope */

/* Replies that show that the two ends do not speak of the same command:
 * nothing is wrong with this mail, and none may be returned for it. */
static int
is_lost(const struct smtp *s, const struct smtp_txn *t)
{
	int code = s->in.reply.code, data = t->answered == t->n + 1;

	if (code / 100 == 2)
		return data;
	if (code / 100 == 3) /* 354 to DATA; who was accepted without MAIL? */
		return code != 354 || !data || (t->mail_bad && t->accepted > 0);
	if (t->mail_bad || (data && t->accepted == 0))
		return 0; /* a consequence of what was refused before */
	return code == 502 || code == 503 ||
	    (code == 500 && (data || t->answered == 0));
}

/* Too many recipients, for a host that has taken some. Without an enhanced
 * code 452 and 552 may also mean full disks: then the recipient comes back
 * as the first of a transaction, and the code counts. */
static int
is_too_many(const struct smtpreply *in)
{
	if (in->enh_given)
		return strcmp(in->reply.enh + 1, ".5.3") == 0;
	return in->reply.code == 452 || in->reply.code == 552;
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
	if (is_too_many(&s->in)) {
		if (t->accepted > 0)
			result = SMTP_AGAIN;
		else if (s->in.enh_given)
			result = SMTP_RETRY; /* 552 5.5.3, and none taken */
		t->too_many |= t->accepted > 0;
	}
	tell_rcpt(s, t, i, result);
}

static void
on_data(struct smtp *s, struct smtp_txn *t)
{
	if (s->in.reply.code != 354) {
		if (!t->mail_bad)
			say(s, SMTP_RSET, "RSET", "");
		finish(s, SMTP_DATA, smtp_class(&s->in.reply));
	} else if (t->accepted > 0)
		t->at = TXN_BODY;
	else {
		/* RFC 2920 section 3.1: with nobody to receive it the message
		 * is a single dot, and the reply to that decides nothing */
		t->at = TXN_DOT;
		say(s, SMTP_DOT, ".", "");
	}
}

/* When all that was sent is answered and the rest is pointless, it is not
 * sent: without PIPELINING no RCPT follows a refused MAIL, no DATA follows
 * RCPTs of which none was accepted. */
static void
cut_short(struct smtp *s)
{
	struct smtp_txn *t = older(s);

	if (t->at != TXN_ENVELOPE || t->answered == 0 ||
	    t->taken != t->end[t->answered - 1])
		return;
	if (t->mail_bad)
		finish(s, SMTP_MAIL, SMTP_RETRY);
	else if (t->answered == t->n + 1 && t->accepted == 0) {
		say(s, SMTP_RSET, "RSET", "");
		finish(s, SMTP_RCPT, SMTP_RETRY);
	}
}

static void
on_envelope(struct smtp *s, enum smtp_verb verb)
{
	struct smtp_txn *t = older(s);

	if (s->in.reply.code == 421 || is_lost(s, t)) {
		fail(s, verb, &s->in.reply);
		return;
	}
	t->answered++;
	if (verb == SMTP_MAIL && s->in.reply.code / 100 != 2) {
		t->mail_bad = 1;
		t->reply = s->in.reply;
	} else if (verb == SMTP_RCPT)
		on_rcpt(s, t, t->answered - 2);
	else if (verb == SMTP_DATA)
		on_data(s, t);
	if (verb != SMTP_DATA)
		cut_short(s);
}

/* Replies */

static void
on_reply(struct smtp *s)
{
	enum smtp_verb verb = awaited(s);
	int code = s->in.reply.code;

	s->replies++;
	if (!in_step(s)) {
		if (code >= 400)
			fail(s, verb, &s->in.reply);
		else
			fail_ours(s, "reply out of step");
		return;
	}
	if (code / 100 == 3 && verb != SMTP_DATA) {
		fail_ours(s, "unexpected reply");
		return;
	}
	s->said = SMTP_NONE;
	if (verb == SMTP_GREETING && code / 100 == 2)
		say(s, SMTP_HELLO, "EHLO ", s->conf.name);
	else if (verb == SMTP_HELLO)
		on_hello(s);
	else if (verb == SMTP_DOT && code != 421)
		finish(s, SMTP_DOT, smtp_class(&s->in.reply));
	else if (verb == SMTP_RSET && code / 100 == 2)
		quit_if_idle(s);
	else if (verb == SMTP_QUIT)
		over(s, SMTP_QUIT, &s->in.reply);
	else if (verb == SMTP_MAIL || verb == SMTP_RCPT || verb == SMTP_DATA)
		on_envelope(s, verb);
	else
		fail(s, verb, &s->in.reply);
}

/* Most replies by far: 2xx on one line to a RCPT. 1 when it was one. */
static int
quick_rcpt(struct smtp *s, const char *l, size_t len)
{
	struct smtp_txn *t = older(s);

	if (len < 4 || l[0] != '2' || l[3] != ' ' || l[1] < '0' || l[1] > '9' ||
	    l[2] < '0' || l[2] > '9' || s->in.more || s->said != SMTP_NONE ||
	    t->at != TXN_ENVELOPE || t->answered == 0 || t->answered > t->n ||
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
		fail_ours(s,
		    errno == EMSGSIZE ? "reply too long" : "not an SMTP reply");
		return;
	}
	if (s->said == SMTP_HELLO && !s->helo && s->in.lines > 1 &&
	    s->in.reply.code / 100 == 2 && len > 4)
		smtpoffer_line(&s->offers, line + 4, len - 4);
	if (r > 0)
		on_reply(s);
}

void
smtp_feed(struct smtp *s, const char *buf, size_t len)
{
	const char *nl;
	size_t n, part;

	for (; len > 0 && s->phase != SMTP_OVER; buf += n, len -= n) {
		nl = memchr(buf, '\n', len);
		n = nl != NULL ? (size_t)(nl - buf) : len;
		part = s->part;
		s->part = 0;
		if (nl != NULL && part == 0)
			take_line(s, buf, n);
		else if (n > sizeof(s->line) - part)
			fail_ours(s, "reply too long");
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

/* Output */

/* The transaction whose envelope may be under way. */
static const struct smtp_txn *
sending(const struct smtp *s)
{
	const struct smtp_txn *t = &s->txn[s->first];

	if (t->at == TXN_DOT)
		t = &s->txn[!s->first];
	return t->at == TXN_ENVELOPE ? t : NULL;
}

size_t
smtp_out(const struct smtp *s, const char **p)
{
	const struct smtp_txn *t;
	size_t n;

	if (s->phase == SMTP_OVER)
		return 0;
	if (s->said != SMTP_NONE && s->say_at < s->say_len) {
		*p = s->say + s->say_at;
		return s->say_len - s->say_at;
	}
	t = sending(s);
	if (t == NULL)
		return 0;
	n = t->answered + s->window - (s->said != SMTP_NONE);
	if (n > t->n + 2)
		n = t->n + 2;
	if (n == 0 || t->end[n - 1] <= t->taken)
		return 0;
	*p = t->cmd.s + t->taken;
	return t->end[n - 1] - t->taken;
}

void
smtp_took(struct smtp *s, size_t n)
{
	struct smtp_txn *t;

	if (n == 0)
		return;
	if (s->said != SMTP_NONE && s->say_at < s->say_len) {
		s->say_at += n;
		s->say_end = s->took + n;
	} else {
		t = older(s)->at == TXN_ENVELOPE ? older(s) : newer(s);
		if (t->taken == t->from)
			t->base = s->took;
		t->taken += n;
	}
	s->took += n;
}

int
smtp_wants_body(const struct smtp *s, void **arg)
{
	const struct smtp_txn *t = &s->txn[s->first];

	if (s->phase == SMTP_OVER || t->at != TXN_BODY)
		return 0;
	*arg = t->mail.arg;
	return 1;
}

void
smtp_body_took(struct smtp *s, uint64_t n)
{
	if (older(s)->at != TXN_BODY)
		return;
	s->took += n;
	older(s)->at = TXN_DOT;
	say(s, SMTP_DOT, ".", "");
}

/* Transactions */

size_t
smtp_room(const struct smtp *s)
{
	if (s->phase != SMTP_OPEN || smtp_spent(s) ||
	    s->txn[s->first].at == TXN_FILL || s->txn[!s->first].at != TXN_FREE)
		return 0;
	return s->limit;
}

int
smtp_spent(const struct smtp *s)
{
	return s->offers.mail_max > 0 && s->mails >= s->offers.mail_max;
}

static struct smtp_txn *
filling(struct smtp *s)
{
	return older(s)->at == TXN_FREE || older(s)->at == TXN_FILL ? older(s)
								    : newer(s);
}

int
smtp_txn_begin(struct smtp *s, const struct smtp_mail *m)
{
	if (smtp_room(s) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return smtptxn_begin(filling(s), m, &s->offers, &s->why);
}

int
smtp_txn_rcpt(struct smtp *s, const char *addr, size_t len, uint32_t tag)
{
	struct smtp_txn *t = filling(s);

	if (t->at != TXN_FILL || t->n >= s->limit) {
		errno = E2BIG;
		return -1;
	}
	return smtptxn_rcpt(t, addr, len, tag, &s->offers, &s->why);
}

int
smtp_txn_end(struct smtp *s)
{
	struct smtp_txn *t = filling(s);
	int r = 0;

	if (t->at != TXN_FILL)
		return 0;
	if (t->n > 0)
		r = smtptxn_end(t, &s->offers);
	if (t->n > 0 && r == 0)
		s->mails++;
	else
		smtptxn_reset(t);
	quit_if_idle(s);
	return r;
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
	size_t i, n = strnlen(conf->name, SMTP_NAME_MAX + 1);
	stralloc keep[2] = {s->txn[0].cmd, s->txn[1].cmd};

	for (i = 0; i < n; i++)
		if (conf->name[i] <= ' ' || conf->name[i] > '~')
			n = 0;
	if (n == 0 || n > SMTP_NAME_MAX || conf->event == NULL ||
	    conf->rcpt_max == 0 || conf->rcpt_max > SMTP_RCPT_MAX) {
		errno = EINVAL;
		return -1;
	}
	memset(s, 0, sizeof(*s));
	s->txn[0].cmd = keep[0];
	s->txn[1].cmd = keep[1];
	s->conf = *conf;
	s->phase = SMTP_OPENING;
	s->said = SMTP_GREETING;
	s->window = conf->window > 0 ? conf->window : SMTP_WINDOW;
	s->limit_max = conf->rcpt_max;
	s->limit = conf->limit > 0 ? conf->limit : conf->rcpt_max;
	if (s->limit > s->limit_max)
		s->limit = s->limit_max;
	return 0;
}

void
smtp_free(struct smtp *s)
{
	sa_free(&s->txn[0].cmd);
	sa_free(&s->txn[1].cmd);
	memset(s, 0, sizeof(*s));
}

void
smtp_quit(struct smtp *s)
{
	s->quit = 1;
	if (s->phase == SMTP_OPEN)
		s->phase = SMTP_ENDING;
	quit_if_idle(s);
}
