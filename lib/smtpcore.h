/* smtpcore.h - what the parts of the SMTP machine share; lib/smtp.h is what to
 * use.  lib/smtp.c takes replies in, lib/smtpfill.c transactions, and
 * lib/smtpsend.c says what may be sent */
#ifndef LSV_SMTPCORE_H
#define LSV_SMTPCORE_H

#include "lib/smtp.h"

/* smtpcore_nth - a transaction by age
 *
 * i       0 is the oldest; s->used the next one that is free
 */
static inline struct smtp_txn *
smtpcore_nth(struct smtp *s, unsigned i)
{
	return &s->txn[(s->first + i) % SMTP_TXNS];
}

/* smtpcore_say - say a command outside envelopes; CR LF is added
 *
 * verb    what its reply is an answer to
 * text, name  one behind the other, SMTP_NAME_MAX + 13 bytes at most
 */
void smtpcore_say(
    struct smtp *s, enum smtp_verb verb, const char *text, const char *name);

/* smtpcore_quit_if_idle - QUIT goes out when it was asked for, and the last
 * transaction and its RSET are answered */
void smtpcore_quit_if_idle(struct smtp *s);

/* smtpcore_fail - end the dialogue by ourselves: what is open is to be retried
 *
 * why     for the record
 */
void smtpcore_fail(struct smtp *s, const char *why);

#endif
