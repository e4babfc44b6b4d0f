#include "lib/smtptxn.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "lib/xtext.h"

/* Kept in front of the RCPTs for RSET CR LF, "MAIL FROM:<" sender "> SIZE=" 20
 * digits " BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=" job CR LF: only the end tells
 * what is needed. Behind the address of a RCPT: "> NOTIFY=FAILURE ORCPT=", what
 * that is, and CR LF. */
enum {
	MAIL_ROOM = SMTP_ADDR_MAX + SMTP_ENVID_MAX + 118,
	RCPT_ROOM = 12,
	DSN_ROOM = SMTP_ORCPT_MAX + 24
};

/* Can it stand between < and >? 1 yes, -1 yes with SMTPUTF8, 0 no. Whether it
 * is a good address was found out long before; nothing here may break out of
 * the command, whatever came before. */
static int
fits_path(const char *s, size_t len)
{
	int quoted = 0, high = 0;
	size_t i;

	if (len > SMTP_ADDR_MAX)
		return 0;
	for (i = 0; i < len; i++) {
		if (s[i] == '"')
			quoted = !quoted;
		else if (s[i] == '\\' && quoted && i + 1 < len)
			i++;
		else if (!quoted &&
		    (s[i] == ' ' || s[i] == '<' || s[i] == '>' || s[i] == '\\'))
			return 0;
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return 0;
		high |= (unsigned char)s[i] > 0x7f;
	}
	if (quoted)
		return 0;
	return high ? -1 : 1;
}

static int
refuse(struct smtp_reply *why, const char *enh, const char *text)
{
	smtpreply_ours(why, enh, text);
	errno = EINVAL;
	return -1;
}

static int
no_memory(void)
{
	errno = ENOMEM;
	return -1;
}

void
smtptxn_reset(struct smtp_txn *t)
{
	/* end and tag are written before they are read: to clear them, and what
	 * of own was not used, would cost more than a small transaction */
	memset(t->own, 0, t->n);
	t->cmd.len = 0;
	t->held.len = 0;
	t->at = TXN_FREE;
	t->utf8 = t->chunk = t->lead = t->too_many = 0;
	t->mail_bad = t->mail_again = 0;
	t->n = t->answered = t->accepted = t->own_events = 0;
	t->from = t->taken = 0;
	t->base = t->body_end = 0;
}

int
smtptxn_begin(struct smtp_txn *t, const struct smtp_mail *m,
    const struct smtp_offers *o, struct smtp_reply *why)
{
	char text[SMTP_TEXT_MAX];
	int fits = fits_path(m->sender, m->len);

	if (o->size_max > 0 && m->size > o->size_max) {
		snprintf(text, sizeof(text),
		    "message of %" PRIu64 " bytes is larger than the %" PRIu64
		    " the relay takes",
		    m->size, o->size_max);
		return refuse(why, "5.3.4", text);
	}
	if (m->eightbit && (o->bits & SMTP_8BITMIME) == 0)
		return refuse(why, "5.6.3",
		    "message has 8-bit bytes, the relay lacks 8BITMIME");
	if (m->eightbit > 1 && (o->bits & SMTP_SMTPUTF8) == 0)
		return refuse(why, "5.6.9",
		    "header is not ASCII, the relay lacks SMTPUTF8");
	if (fits == 0)
		return refuse(why, "5.1.7", "not an envelope sender");
	if (fits < 0 && (o->bits & SMTP_SMTPUTF8) == 0)
		return refuse(why, "5.6.7",
		    "sender is not ASCII, the relay lacks SMTPUTF8");
	smtptxn_reset(t);
	if (!stralloc_ready(&t->cmd, MAIL_ROOM))
		return no_memory();
	t->cmd.len = MAIL_ROOM;
	t->mail = *m;
	if (m->len > 0)
		memcpy(t->sender, m->sender, m->len);
	t->mail.sender = t->sender;
	t->utf8 = m->eightbit > 1 || fits < 0;
	t->dsn = o->bits & SMTP_DSN ? m->dsn.notify : SMTP_NOTIFY_UNSAID;
	t->at = TXN_FILL;
	return 0;
}

/* Text of ours at p; the place behind it. */
static char *
put(char *p, const char *text, size_t len)
{
	memcpy(p, text, len);
	return p + len;
}

/* What is said of DSN behind a recipient; an address of which the host would not
 * take all is not named a second time. */
static size_t
put_dsn(
    const struct smtp_txn *t, char *at, const char *addr, size_t len, int high)
{
	struct bytes b = {addr, len};
	char *p, *orcpt;
	size_t n;

	if (t->dsn == SMTP_NOTIFY_NEVER)
		return (size_t)(put(at, " NOTIFY=NEVER", 13) - at);
	p = put(at, " NOTIFY=FAILURE", 15);
	orcpt = put(p, " ORCPT=", 7);
	if (high) {
		n = 6 +
		    xtext_write_utf8(
			put(orcpt, "utf-8;", 6), SMTP_ORCPT_MAX - 6, &b);
	} else {
		n = 7 +
		    xtext_write(
			put(orcpt, "rfc822;", 7), SMTP_ORCPT_MAX - 7, &b);
	}
	return (size_t)((b.len == 0 ? orcpt + n : p) - at);
}

int
smtptxn_rcpt(struct smtp_txn *t, const char *addr, size_t len, uint32_t tag,
    const struct smtp_offers *o, struct smtp_reply *why)
{
	int fits = len > 0 ? fits_path(addr, len) : 0;
	char *p;
	size_t n;

	if (t->n == SMTP_RCPT_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (fits == 0)
		return refuse(why, "5.1.3", "not a recipient address");
	if (fits < 0 && (o->bits & SMTP_SMTPUTF8) == 0)
		return refuse(why, "5.6.7",
		    "address is not ASCII, the relay lacks SMTPUTF8");
	if (!stralloc_readyplus(
		&t->cmd, len + (t->dsn ? RCPT_ROOM + DSN_ROOM : RCPT_ROOM)))
		return no_memory();
	p = t->cmd.s + t->cmd.len;
	memcpy(p, "RCPT TO:<", 9);
	memcpy(p + 9, addr, len);
	p[9 + len] = '>';
	n = t->dsn ? put_dsn(t, p + len + 10, addr, len, fits < 0) : 0;
	memcpy(p + 10 + len + n, "\r\n", 2);
	t->cmd.len += len + n + RCPT_ROOM;
	t->utf8 |= fits < 0;
	t->tag[t->n] = tag;
	t->n++;
	t->end[t->n] = (uint32_t)t->cmd.len;
	return 0;
}

/* The last command: it brings the body, or asks for it. */
static int
put_last(struct smtp_txn *t)
{
	if (!t->chunk)
		return sa_puts(&t->cmd, "DATA\r\n");
	if (sa_puts(&t->cmd, "BDAT ") < 0 || sa_addu(&t->cmd, t->mail.size) < 0)
		return -1;
	return sa_puts(&t->cmd, " LAST\r\n");
}

/* " RET=HDRS ENVID=" and the job at p, as far as it is said; the place behind. */
static char *
put_envid(const struct smtp_txn *t, char *p)
{
	struct bytes b = t->mail.dsn.envid;
	char *envid;

	if (t->dsn != SMTP_NOTIFY_FAILURE)
		return p;
	p = put(p, " RET=HDRS", 9);
	envid = put(p, " ENVID=", 7);
	envid += xtext_write(envid, SMTP_ENVID_MAX, &b);
	return b.len == 0 && t->mail.dsn.envid.len > 0 ? envid : p;
}

/* All that stands in front of the RCPTs at p; the place behind.  No snprintf: it
 * would be a tenth of what a personal copy costs us. */
static char *
put_mail(const struct smtp_txn *t, const struct smtp_offers *o, char *p)
{
	if (t->lead)
		p = put(p, "RSET\r\n", 6);
	p = put(p, "MAIL FROM:<", 11);
	p = put(p, t->sender, t->mail.len);
	p = put(p, ">", 1);
	if (o->bits & SMTP_SIZE) {
		p = put(p, " SIZE=", 6);
		p += fmt_ulonglong(p, t->mail.size);
	}
	if (t->mail.eightbit)
		p = put(p, " BODY=8BITMIME", 14);
	if (t->utf8)
		p = put(p, " SMTPUTF8", 9);
	return put(put_envid(t, p), "\r\n", 2);
}

int
smtptxn_end(struct smtp_txn *t, const struct smtp_offers *o, int chunk)
{
	char line[MAIL_ROOM];
	size_t n;

	t->chunk = t->lead = chunk;
	if (put_last(t) < 0)
		return -1;
	t->end[t->n + 1] = (uint32_t)t->cmd.len;
	n = (size_t)(put_mail(t, o, line) - line);
	t->from = MAIL_ROOM - n;
	memcpy(t->cmd.s + t->from, line, n);
	t->rset_end = (uint32_t)t->from + (t->lead ? 6U : 0U);
	t->end[0] = MAIL_ROOM;
	t->taken = t->from;
	t->at = TXN_ENVELOPE;
	return 0;
}

/* 501 with a code of its own is said of addresses as well. */
int
smtptxn_no_dsn(
    const struct smtp_txn *t, enum smtp_verb verb, const struct smtpreply *p)
{
	int code = p->reply.code;

	if (t->dsn == SMTP_NOTIFY_UNSAID ||
	    (verb == SMTP_MAIL && t->dsn == SMTP_NOTIFY_NEVER))
		return 0;
	return code == 504 || code == 555 ||
	    (code == 501 &&
		(!p->enh_given || strncmp(p->reply.enh, "5.5.", 4) == 0));
}

int
smtptxn_hold(struct smtp_txn *t, size_t i, const struct smtp_reply *reply)
{
	struct smtp_refusal r = {.i = i, .reply = *reply};

	return sa_put(&t->held, (const char *)&r, sizeof r);
}

int
smtptxn_held(const struct smtp_txn *t, size_t *at, struct smtp_refusal *out)
{
	if (*at == t->held.len)
		return 0;
	memcpy(out, t->held.s + *at, sizeof *out);
	*at += sizeof *out;
	return 1;
}

void
smtptxn_doubt(struct smtp_txn *t)
{
	t->held.len = 0;
	t->mail_bad = 0;
}

int
smtptxn_lost(const struct smtp_txn *t, int code)
{
	int data = t->answered == smtptxn_commands(t) - 1;
	int first = t->answered == (size_t)t->lead;

	if (code / 100 == 2) /* nobody is left whom the chunk is for */
		return data && (!t->chunk || t->mail_bad || t->accepted == 0);
	if (t->answered < (size_t)t->lead)
		return 1;    /* who refuses RSET? */
	if (code / 100 == 3) /* 354 to DATA; who was accepted without MAIL? */
		return code != 354 || !data || (t->mail_bad && t->accepted > 0);
	if (t->mail_bad || (data && t->accepted == 0))
		return 0; /* a consequence of what was refused before */
	return code == 502 || code == 503 || (code == 500 && (data || first));
}
