/* smtpreply.h - the replies of an SMTP host, line by line, made harmless */
#ifndef LSV_SMTPREPLY_H
#define LSV_SMTPREPLY_H

#include <stddef.h>

enum {
	SMTP_LINE_MAX = 4096,   /* bytes in a line of a reply, no line end */
	SMTP_REPLY_MAX = 65536, /* bytes in all lines of a reply */
	SMTP_TEXT_MAX = 256,    /* bytes kept of a reply's text */
	SMTP_ENH_MAX = 11       /* bytes of an enhanced code, "5.123.123" */
};

/* What became of a recipient; the letters of the journal. */
enum smtp_result {
	SMTP_DELIVERED = 'D', /* the host has taken responsibility */
	SMTP_FAILED = 'F',    /* refused for good */
	SMTP_RETRY = 'R',     /* not now: try later */
	SMTP_AGAIN = 'A'      /* not tried: too many in this transaction;
				 * goes into a later one, without a delay */
};

/* Where in the dialogue a reply, or the lack of one, belongs. */
enum smtp_verb {
	SMTP_GREETING,
	SMTP_HELLO,
	SMTP_STARTTLS,
	SMTP_AUTH,
	SMTP_MAIL,
	SMTP_RCPT,
	SMTP_DATA,
	SMTP_DOT,
	SMTP_BDAT,
	SMTP_RSET,
	SMTP_PROOF, /* of BDAT: see lib/smtpproof.h */
	SMTP_QUIT,
	SMTP_NONE
};

/* A reply as others may see it. The text is printable ASCII, every other byte
 * has become '?'; its lines are joined by blanks, their codes left out. */
struct smtp_reply {
	int code;                     /* 200..599; 0: we say it, no host */
	char enh[SMTP_ENH_MAX + 1];   /* "5.0.0" when the host gave none */
	size_t len;                   /* bytes in text */
	char text[SMTP_TEXT_MAX + 1]; /* ends in NUL */
};

/* A reply that is being read; all zero bytes before the first. */
struct smtpreply {
	struct smtp_reply reply; /* complete once _line returned 1 */
	int enh_given;           /* its enhanced code is the host's */
	int more;                /* a line "250-" was the last */
	size_t lines;            /* of this reply */
	size_t bytes;            /* in these lines */
};

/* smtpreply_line - take the next line of a reply
 *
 * p       a finished reply in it is replaced
 * line    len bytes without the line end; any bytes
 * Returns 1: p->reply is complete; 0: more lines follow; -1 with errno EPROTO
 *         (no code 200..599, neither blank, '-' nor end behind it, or another
 *         code than the line before), EMSGSIZE (the line, or all of them, too
 *         long)
 * Source  RFC 5321 section 4.2.1 (also: a code alone is a reply); RFC 3463
 *         for enhanced codes, taken only when the class fits the code
 */
int smtpreply_line(struct smtpreply *p, const char *line, size_t len);

/* smtpreply_too_many - does a reply to RCPT say: too many recipients
 *
 * p       a complete reply
 * Returns 1 or 0. Without an enhanced code 452 and 552 may also mean full
 *         disks: then the recipient comes back as the first of a transaction,
 *         and the code counts
 * Source  RFC 5321 section 4.5.3.1.10; RFC 3463 section 3.6
 */
int smtpreply_too_many(const struct smtpreply *p);

/* smtp_class - what a reply means for the mail it answers
 *
 * Returns SMTP_DELIVERED for 2xx, SMTP_FAILED for 5xx, else SMTP_RETRY; that
 *         also for 530, 534, 535 and 538: they want the connection to be
 *         authenticated, which the site mends, and no mail is at fault
 * Source  RFC 5321 section 4.2.1; RFC 4954 section 6
 */
enum smtp_result smtp_class(const struct smtp_reply *r);

/* smtp_verb_name - for logs: "greeting", "MAIL", "dot", ...; "-" for NONE */
const char *smtp_verb_name(enum smtp_verb verb);

/* smtpreply_ours - a reply that no host said
 *
 * r       filled; its code is 0
 * enh     "5.3.4" and the like, cut to SMTP_ENH_MAX bytes
 * text    cleaned and cut like a host's
 */
void smtpreply_ours(struct smtp_reply *r, const char *enh, const char *text);

#endif
