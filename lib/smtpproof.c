#include "lib/smtpproof.h"

#include <stdio.h>

/* Replies in order: to what the first words said, then to the chunk. */
enum { TO_MAIL, TO_RCPT, TO_BDAT, TO_NEXT, TO_LAST };

static int
put(struct smtp *s, const char *text)
{
	s->said = SMTP_PROOF;
	s->say_at = 0;
	s->say_len = (size_t)snprintf(s->say, sizeof s->say, "%s", text);
	return 1;
}

/* One reply more to what was said. */
static int
another(struct smtp *s)
{
	s->said = SMTP_PROOF;
	return 1;
}

static int
give_up(struct smtp *s)
{
	s->proof_step = TO_LAST;
	return put(s, "RSET\r\n");
}

int
smtpproof_due(const struct smtp *s)
{
	const unsigned needs = SMTP_CHUNKING | SMTP_PIPELINING;

	return s->proof == SMTP_UNPROVEN && !s->conf.no_chunks &&
	    s->conf.flights > 2 && (s->offers.bits & needs) == needs &&
	    s->ended >= SMTP_PROOF_AFTER;
}

void
smtpproof_ask(struct smtp *s)
{
	s->proof = SMTP_PROVING;
	s->proof_step = TO_MAIL;
	put(s, "MAIL FROM:<>\r\nRCPT TO:<>\r\n");
}

int
smtpproof_reply(struct smtp *s)
{
	int class = s->in.reply.code / 100;

	switch (s->proof_step++) {
	case TO_MAIL:
		s->proof_bad = class != 2;
		return another(s);
	case TO_RCPT:
		if (class == 2 || s->proof_bad)
			return give_up(s);
		return put(s, "BDAT 6 LAST\r\nXLSV\r\nRSET\r\n");
	case TO_BDAT:
		s->proof_bad = class == 2;
		return another(s);
	case TO_NEXT:
		if (class != 2)
			return another(s); /* that was to XLSV */
		s->proof = s->proof_bad ? SMTP_DISPROVEN : SMTP_PROVEN;
		return 0;
	default:
		s->proof = SMTP_DISPROVEN;
		return 0;
	}
}
