/* smtpproof.h - does a host swallow the chunk that follows a refused RCPT?
 *
 * Asked once on a connection, between transactions (see lib/smtp.h):
 *
 *	MAIL FROM:<>
 *	RCPT TO:<>		has to be refused
 *	BDAT 6 LAST
 *	XLSV			the chunk; no command of any host
 *	RSET
 *
 * A host that swallows the chunk answers BDAT and RSET.  One that does not
 * answers XLSV as well, and gets its bodies behind DATA.
 *
 * Source  RFC 3030 section 2: a chunk is read in any case
 */
#ifndef LSV_SMTPPROOF_H
#define LSV_SMTPPROOF_H

#include "lib/smtp.h"

/* smtpproof_due - is it to be made before the next transaction? */
int smtpproof_due(const struct smtp *s);

/* smtpproof_ask - say what comes next; nothing else is open or said */
void smtpproof_ask(struct smtp *s);

/* smtpproof_reply - take the reply to it in s->in
 *
 * Returns 1: something is to be read or said; 0: the answer is in s->proof
 */
int smtpproof_reply(struct smtp *s);

#endif
