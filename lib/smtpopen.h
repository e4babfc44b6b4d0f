/* smtpopen.h - the opening of an SMTP dialogue: greeting, EHLO or HELO, STARTTLS
 * and AUTH, and what the host offers; part of lib/smtp.h, which is what to use */
#ifndef LSV_SMTPOPEN_H
#define LSV_SMTPOPEN_H

#include "lib/smtp.h"

/* smtpopen_check - can a dialogue begin with this; see smtp_start
 *
 * Returns 0; -1 with errno EINVAL
 */
int smtpopen_check(const struct smtp_start *conf);

/* smtpopen_begin - await a greeting
 *
 * s       all zero bytes but for its buffers
 * conf    checked; copied into s
 */
void smtpopen_begin(struct smtp *s, const struct smtp_start *conf);

/* smtpopen_line - a line of a reply was taken into s->in
 *
 * s       learns from it what the host offers, or what AUTH is asked
 * line    len bytes with the code, no line end; valid until smtpopen_reply
 */
void smtpopen_line(struct smtp *s, const char *line, size_t len);

/* smtpopen_reply - what follows from a complete reply, s->in.reply
 *
 * verb    what it answers: SMTP_GREETING, SMTP_HELLO, SMTP_STARTTLS, SMTP_AUTH
 * Returns 1: the dialogue is open, with the window and the recipients a
 *         transaction that this host allows; 0: it goes on, with something
 *         that was said or with s->handshake; -1 with errno ECONNREFUSED: the
 *         host does not want to talk to us, or EPROTO: we do not want to talk
 *         to it, s->why tells
 * Source  RFC 5321 sections 3.1 and 3.2: HELO when EHLO is refused for good;
 *         RFC 3207 section 4; RFC 4954 section 4
 */
int smtpopen_reply(struct smtp *s, enum smtp_verb verb);

/* smtpopen_forget - neither the password nor what stands for it stays in memory
 *
 * s       nothing it was to say is kept; smtpopen_reply does this when AUTH is
 *         over, and an opening that ends in another way needs it, too
 */
void smtpopen_forget(struct smtp *s);

#endif
