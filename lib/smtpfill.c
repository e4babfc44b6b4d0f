#include <errno.h>

#include "lib/smtpcore.h"
#include "lib/smtpproof.h"

/* How many transactions may be open: one more than what waits for its last
 * reply, behind a 354; as many as were asked for where no 354 comes. */
static unsigned
depth(const struct smtp *s)
{
	unsigned max = s->conf.flights ? s->conf.flights : 2;

	if (s->proof != SMTP_PROVEN)
		return 2;
	return max < SMTP_TXNS ? max : SMTP_TXNS;
}

size_t
smtp_room(const struct smtp *s)
{
	if (s->phase != SMTP_OPEN || smtp_spent(s) || s->filling ||
	    s->proof == SMTP_PROVING || smtpproof_due(s) || s->used >= depth(s))
		return 0;
	return s->limit;
}

int
smtp_spent(const struct smtp *s)
{
	return s->offers.mail_max > 0 && s->mails >= s->offers.mail_max;
}

int
smtp_txn_begin(struct smtp *s, const struct smtp_mail *m)
{
	if (smtp_room(s) == 0) {
		errno = EAGAIN;
		return -1;
	}
	if (smtptxn_begin(smtpcore_nth(s, s->used), m, &s->offers, &s->why) < 0)
		return -1;
	s->filling = 1;
	s->used++;
	return 0;
}

/* The one being filled: there is one. */
static struct smtp_txn *
newest(struct smtp *s)
{
	return smtpcore_nth(s, s->used - 1);
}

int
smtp_txn_rcpt(struct smtp *s, const char *addr, size_t len, uint32_t tag)
{
	if (!s->filling || newest(s)->n >= s->limit) {
		errno = E2BIG;
		return -1;
	}
	return smtptxn_rcpt(newest(s), addr, len, tag, &s->offers, &s->why);
}

int
smtp_txn_end(struct smtp *s)
{
	struct smtp_txn *t;
	int r = 0;

	if (!s->filling)
		return 0;
	t = newest(s);
	s->filling = 0;
	if (t->n > 0)
		r = smtptxn_end(t, &s->offers, s->proof == SMTP_PROVEN);
	if (t->n > 0 && r == 0) {
		s->mails++;
	} else {
		smtptxn_reset(t);
		s->used--;
	}
	smtpcore_quit_if_idle(s);
	return r;
}
