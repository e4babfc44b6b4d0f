/* smtpoffer.h - what an SMTP host offers in its reply to EHLO */
#ifndef LSV_SMTPOFFER_H
#define LSV_SMTPOFFER_H

#include <stddef.h>
#include <stdint.h>

enum smtp_offer {
	SMTP_PIPELINING = 1,
	SMTP_8BITMIME = 2,
	SMTP_SIZE = 4,
	SMTP_SMTPUTF8 = 8,
	SMTP_ENHANCED = 16,
	SMTP_LIMITS = 32,
	SMTP_ESMTP = 64,
	SMTP_CHUNKING = 128,
	SMTP_OFFERS_TLS = 256, /* STARTTLS */
	SMTP_OFFERS_AUTH = 512,
	SMTP_DSN = 1024
};

struct smtp_offers {
	unsigned bits;     /* of enum smtp_offer */
	uint64_t size_max; /* SIZE, bytes; 0: no maximum told */
	uint64_t rcpt_max; /* RCPTMAX; 0: none told */
	uint64_t mail_max; /* MAILMAX; 0: none told */
	unsigned auth;     /* mechanisms of AUTH: bits of enum auth_mech */
};

/* smtpoffer_line - take one line of the reply, the first (a name) left out
 *
 * o       what is known so far; all zero bytes at first
 * line    len bytes behind the code and its separator, no line end; what is
 *         unknown or malformed in it is passed over
 * Source  RFC 5321 section 4.1.1.1, 1870, 9422 (RCPTDOMAINMAX is not used:
 *         the host answers 452 4.5.3 and is believed then)
 */
void smtpoffer_line(struct smtp_offers *o, const char *line, size_t len);

#endif
