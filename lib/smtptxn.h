/* smtptxn.h - the envelope of one SMTP transaction, as the commands that are
 * sent; part of lib/smtp.h, which is what to use */
#ifndef LSV_SMTPTXN_H
#define LSV_SMTPTXN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ofat.h"
#include "lib/smtpoffer.h"
#include "lib/smtpreply.h"

enum {
	SMTP_RCPT_MAX = 1000, /* recipients a transaction */
	SMTP_ADDR_MAX = 320,  /* 64 '@' 255: RFC 5321 section 4.5.3.1 */
	SMTP_ENVID_MAX = 100, /* RFC 3461 section 4.4, as it is sent */
	SMTP_ORCPT_MAX = 500  /* RFC 3461 section 4.2, as it is sent */
};

/* When the hosts behind this one are to report, to the envelope sender. */
enum smtp_notify {
	SMTP_NOTIFY_UNSAID,  /* as they like: nothing of RFC 3461 is said */
	SMTP_NOTIFY_FAILURE, /* what failed, with the header alone and the name
			      * of the recipient as we know it */
	SMTP_NOTIFY_NEVER
};

/* struct smtp_dsn - what is said to a host that offers DSN
 *
 * notify  all zero bytes: nothing
 * envid   with SMTP_NOTIFY_FAILURE: the job, which comes back in reports; left
 *         out when empty or longer than SMTP_ENVID_MAX. It must live until
 *         smtp_txn_end()
 */
struct smtp_dsn {
	enum smtp_notify notify;
	struct bytes envid;
};

struct smtp_mail {
	const char *sender; /* envelope sender, no <>; may be empty */
	size_t len;         /* bytes in sender */
	uint64_t size;      /* bytes of the body in wire form, unstuffed */
	int eightbit;       /* 1: the message has bytes above 127; 2: and its
			     * header is UTF-8, which takes SMTPUTF8 */
	void *arg;          /* comes back in its events */
	struct smtp_dsn dsn;
};

/* struct smtp_txn - one transaction
 *
 * Its commands, numbered from 0: RSET when lead is 1, MAIL, n times RCPT, and
 * DATA or BDAT at last.
 *
 * mail    its sender is the one below
 * utf8    an address needs SMTPUTF8
 * dsn     mail.dsn.notify, if the host offers DSN
 * chunk   1: the body goes out behind BDAT at once, not behind the 354 to DATA
 * lead    1: RSET comes first, so that nothing of a transaction before it is
 *         left on the host, whatever it made of that
 * n       recipients
 * answered, accepted  commands answered; recipients accepted
 * own_events recipients that had an event of their own
 * too_many   some recipient is to be given again
 * mail_bad   MAIL was refused, with reply; mail_again: only for what it said
 *         of DSN
 * cmd     room for the commands in front, then RCPT .. BDAT
 * from, taken  where the commands start in cmd, how far they were taken
 * base    stream position of cmd.s[from]
 * body_end stream position behind the body, once taken (BDAT)
 * rset_end, end  where commands end in cmd: RSET, and those from MAIL on
 * own     per recipient: 1 when it had an event of its own
 * held    refusals not told yet: struct smtp_refusal one behind the other
 */
struct smtp_txn {
	enum { TXN_FREE, TXN_FILL, TXN_ENVELOPE, TXN_BODY, TXN_DOT } at;
	struct smtp_mail mail;
	char sender[SMTP_ADDR_MAX];
	int utf8, chunk, lead;
	enum smtp_notify dsn;
	size_t n;
	size_t answered, accepted;
	size_t own_events;
	int too_many;
	int mail_bad, mail_again;
	struct smtp_reply reply;
	stralloc cmd;
	size_t from, taken;
	uint64_t base, body_end;
	uint32_t rset_end;
	uint32_t end[SMTP_RCPT_MAX + 2];
	uint32_t tag[SMTP_RCPT_MAX];
	uint8_t own[SMTP_RCPT_MAX];
	stralloc held;
};

/* struct smtp_refusal - a recipient that was refused for good, by its place */
struct smtp_refusal {
	size_t i;
	struct smtp_reply reply;
};

/* smtptxn_commands - how many commands it has */
static inline size_t
smtptxn_commands(const struct smtp_txn *t)
{
	return (size_t)t->lead + t->n + 2;
}

/* smtptxn_end_of - where its i-th command ends in cmd */
static inline uint32_t
smtptxn_end_of(const struct smtp_txn *t, size_t i)
{
	return i < (size_t)t->lead ? t->rset_end : t->end[i - (size_t)t->lead];
}

/* smtptxn_reset - make it free; its buffer is kept for the next */
void smtptxn_reset(struct smtp_txn *t);

/* smtptxn_begin - see smtp_txn_begin
 *
 * t       free; in the state TXN_FILL on success
 * o       what the host offers
 * why     filled when errno is EINVAL
 * Returns 0; -1 with errno EINVAL or ENOMEM
 */
int smtptxn_begin(struct smtp_txn *t, const struct smtp_mail *m,
    const struct smtp_offers *o, struct smtp_reply *why);

/* smtptxn_rcpt - see smtp_txn_rcpt; at most SMTP_RCPT_MAX
 *
 * Returns 0; -1 with errno EINVAL (why is filled), E2BIG or ENOMEM
 */
int smtptxn_rcpt(struct smtp_txn *t, const char *addr, size_t len, uint32_t tag,
    const struct smtp_offers *o, struct smtp_reply *why);

/* smtptxn_end - complete the commands; the state is TXN_ENVELOPE then
 *
 * t       one recipient at least
 * chunk   1: BDAT with the whole body as its one chunk, and RSET in front
 * Returns 0; -1 with errno ENOMEM
 */
int smtptxn_end(struct smtp_txn *t, const struct smtp_offers *o, int chunk);

/* smtptxn_no_dsn - does a host refuse a command because of what it said of DSN:
 * without that it may take it
 *
 * verb    SMTP_MAIL or SMTP_RCPT
 * p       its reply
 * Returns 1 or 0
 */
int smtptxn_no_dsn(
    const struct smtp_txn *t, enum smtp_verb verb, const struct smtpreply *p);

/* smtptxn_hold - keep what was said of a recipient until it is told
 *
 * i       the recipient's place, 0..n - 1
 * Returns 0; -1 with errno ENOMEM
 */
int smtptxn_hold(struct smtp_txn *t, size_t i, const struct smtp_reply *reply);

/* smtptxn_held - the next of those that are kept
 *
 * at      0 at first; moved on by each call
 * Returns 1 out is filled; 0 no more
 */
int smtptxn_held(
    const struct smtp_txn *t, size_t *at, struct smtp_refusal *out);

/* smtptxn_doubt - the two ends did not speak of the same command: neither the
 * refusals that are kept nor that of MAIL count */
void smtptxn_doubt(struct smtp_txn *t);

/* smtptxn_lost - does a reply show that the two ends do not speak of the same
 * command: nothing is wrong with this mail, and none may be returned for it
 *
 * t       the next command to be answered is t->answered of MAIL, RCPT .. DATA
 * code    of the reply to it
 * Returns 1 or 0
 */
int smtptxn_lost(const struct smtp_txn *t, int code);

#endif
