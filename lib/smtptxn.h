/* smtptxn.h - the envelope of one SMTP transaction, as the commands that are
 * sent; part of lib/smtp.h, which is what to use */
#ifndef LSV_SMTPTXN_H
#define LSV_SMTPTXN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/ofat.h"
#include "lib/smtpoffer.h"
#include "lib/smtpreply.h"

enum {
	SMTP_RCPT_MAX = 1000, /* recipients a transaction */
	SMTP_ADDR_MAX = 320   /* 64 '@' 255: RFC 5321 section 4.5.3.1 */
};

struct smtp_mail {
	const char *sender; /* envelope sender, no <>; may be empty */
	size_t len;         /* bytes in sender */
	uint64_t size;      /* bytes of the body in wire form, unstuffed */
	int eightbit;       /* the body has bytes above 127 */
	void *arg;          /* comes back in its events */
};

struct smtp_txn {
	enum { TXN_FREE, TXN_FILL, TXN_ENVELOPE, TXN_BODY, TXN_DOT } at;
	struct smtp_mail mail; /* its sender is the one below */
	char sender[SMTP_ADDR_MAX];
	int utf8;          /* an address needs SMTPUTF8 */
	size_t n;          /* recipients */
	size_t answered;   /* commands answered, of MAIL, n RCPT, DATA */
	size_t accepted;   /* recipients accepted */
	size_t own_events; /* recipients that had an event of their own */
	int too_many;      /* some recipient is to be given again */
	int mail_bad;      /* MAIL was refused, with reply */
	struct smtp_reply reply;
	stralloc cmd;                    /* room for MAIL, MAIL, RCPT .. DATA */
	size_t from;                     /* where MAIL starts in cmd */
	size_t taken;                    /* how far cmd was taken to be sent */
	uint64_t base;                   /* stream position of cmd.s[from] */
	uint32_t end[SMTP_RCPT_MAX + 2]; /* where each command ends in cmd */
	uint32_t tag[SMTP_RCPT_MAX];
	uint8_t own[SMTP_RCPT_MAX]; /* 1: had an event of its own */
};

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
 * Returns 0; -1 with errno ENOMEM
 */
int smtptxn_end(struct smtp_txn *t, const struct smtp_offers *o);

#endif
