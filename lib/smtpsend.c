#include "lib/smtpcore.h"

/* The transaction whose envelope or chunk may be under way: the first whose
 * message has not left. Behind one whose body waits for a 354 there is none. */
static struct smtp_txn *
sending(struct smtp *s)
{
	for (unsigned i = 0; i < s->used; i++) {
		struct smtp_txn *t = smtpcore_nth(s, i);

		if (t->at != TXN_DOT)
			return t->at == TXN_ENVELOPE ? t : NULL;
	}
	return NULL;
}

/* How many commands of it may have been sent. */
static size_t
may_send(const struct smtp *s, const struct smtp_txn *t)
{
	size_t n = t->answered + s->window - (s->said != SMTP_NONE);

	return n < smtptxn_commands(t) ? n : smtptxn_commands(t);
}

size_t
smtp_out(struct smtp *s, const char **p)
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
	n = may_send(s, t);
	if (n == 0 || smtptxn_end_of(t, n - 1) <= t->taken)
		return 0;
	*p = t->cmd.s + t->taken;
	return smtptxn_end_of(t, n - 1) - t->taken;
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
	} else if ((t = sending(s)) != NULL) {
		if (t->taken == t->from)
			t->base = s->took;
		t->taken += n;
	}
	s->took += n;
}

/* The transaction whose body goes out now, or NULL. */
static struct smtp_txn *
with_body(struct smtp *s)
{
	struct smtp_txn *t = smtpcore_nth(s, 0);

	if (s->phase == SMTP_OVER)
		return NULL;
	if (t->at == TXN_BODY)
		return t;
	t = sending(s);
	return t && t->chunk && t->taken == t->end[t->n + 1] ? t : NULL;
}

int
smtp_wants_body(struct smtp *s, struct smtp_body *b)
{
	struct smtp_txn *t = with_body(s);

	if (t == NULL)
		return 0;
	*b = (struct smtp_body){
	    .arg = t->mail.arg, .raw = t->chunk, .tag = t->tag[0]};
	return 1;
}

void
smtp_body_took(struct smtp *s, uint64_t n)
{
	struct smtp_txn *t = with_body(s);

	if (t == NULL)
		return;
	s->took += n;
	t->body_end = s->took;
	t->at = TXN_DOT;
	if (t->chunk &&
	    n != t->mail.size) /* the host waits for more, or less */
		smtpcore_fail(s, "the message has changed");
	else if (!t->chunk)
		smtpcore_say(s, SMTP_DOT, ".", "");
}
