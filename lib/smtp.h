/* smtp.h - the client's side of an SMTP dialogue over one connection
 *
 * A state machine: no descriptor, no clock, no allocation per recipient. It
 * is given transactions and the bytes that the host sent; it says which bytes
 * to send, when the body goes out, and what became of every recipient.
 *
 * PIPELINING  MAIL, every RCPT and DATA of a transaction go out in one piece;
 *         after the 354 the body, the final dot, and right behind it the MAIL
 *         .. DATA of the next transaction. So two transactions are open at
 *         the most: one that waits for the answer to its dot, one whose
 *         envelope is under way. Without PIPELINING the window is one
 *         command, and the rest of the machine is the same.
 * BDAT    needs no 354: whole transactions follow one another without a wait.
 *         It is used once the host has shown, on this connection, that it
 *         swallows a chunk that follows a refused RCPT; until then the body
 *         of a message that nobody is to get could be read as commands. The
 *         proof is made after SMTP_PROOF_AFTER transactions: a null sender,
 *         an empty recipient, and six bytes that are no command. Each such
 *         transaction begins with RSET, so that none inherits an envelope.
 * Events  The callback of smtp_start hears of a recipient only when something
 *         is to be recorded for it alone (refused, or to be given again; of
 *         one that was refused for good when its transaction ends, because a
 *         host that is found out of step may have meant another). An
 *         event SMTP_EV_TXN ends a transaction; its result holds for every
 *         recipient that had no event of its own. After SMTP_EV_CLOSED
 *         (always the last event) nothing is open any more. So every
 *         recipient gets exactly one result. The callback may read the
 *         machine but not change it.
 * Trust   A reply counts only when the command it answers has left: a host
 *         that answers ahead, or twice, is out of step, and the connection
 *         ends with the rest as retry. No body byte is offered before a 354.
 *
 * The loop of a worker (struct conn is lib/conn.h, t->body starts at 0):
 *
 *	while (smtp_room(s) > 0 && work_left)
 *		smtp_txn_begin, up to smtp_room() times smtp_txn_rcpt,
 *		smtp_txn_end
 *	for (;;) {
 *		if (t->body) {
 *			r = conn_fill(c);
 *			if (r < 0)		the file cannot be read:
 *				...		smtp_lost(), conn_close()
 *			if (r == 0)
 *				break;		no room: send first
 *			smtp_body_took(s, conn_body_bytes(c));
 *			t->body = 0;
 *		}
 *		n = smtp_out(s, &p);
 *		if (n > 0) {
 *			k = conn_put(c, p, n);
 *			smtp_took(s, k);
 *			if (k < n)
 *				break;		no room: send first
 *		} else if (smtp_wants_body(s, &b)) {
 *			conn_body(c, fd, at, size, b.raw ? CONN_RAW : ...);
 *			t->body = 1;
 *		} else
 *			break;
 *	}
 *	r = conn_io(c, in, sizeof(in), &got, deadline);
 *	smtp_wrote(s, c->wrote);	in every case: it tells unsure from sure
 *	if (r < 0)
 *		smtp_lost(s, "4.4.2", conn_error(errno));
 *	else
 *		smtp_feed(s, in, got);
 *
 * until smtp_phase() is SMTP_OVER. A deadline is set anew when smtp_replies()
 * or c->wrote has grown: a host that drips bytes of one reply gains nothing.
 *
 * Source  RFC 5321, 2920 (PIPELINING), 3030 (CHUNKING), 1870 (SIZE), 6152 (8BITMIME), 2034 and
 *         3463 (enhanced codes), 6531 (SMTPUTF8), 9422 (LIMITS), 3207
 *         (STARTTLS), 4954 (AUTH), 3461 and 6533 (DSN)
 */
#ifndef LSV_SMTP_H
#define LSV_SMTP_H

#include <stddef.h>
#include <stdint.h>

#include "lib/auth.h"
#include "lib/smtpoffer.h"
#include "lib/smtpreply.h"
#include "lib/smtptxn.h"

enum {
	SMTP_WINDOW = 2048,   /* commands without a reply, PIPELINING */
	SMTP_TXNS = 32,       /* transactions open at a time, at most */
	SMTP_PROOF_AFTER = 4, /* transactions on a connection, then it is worth
			       * the two round trips of the proof */
	SMTP_NAME_MAX = 255,  /* our name in EHLO */
	SMTP_SAY_MAX = AUTH_LINE_MAX + 2 /* a command outside envelopes */
};

enum smtp_event_kind {
	SMTP_EV_READY, /* the opening is over: smtp_room() > 0 */
	SMTP_EV_RCPT,  /* result F, R or A for recipient tag */
	SMTP_EV_TXN,   /* end of a transaction, result D, F, R or A
				 * for the recipients smtp_left() lists */
	SMTP_EV_CLOSED /* the dialogue is over, see its reply */
};

/* What STARTTLS is to do. */
enum smtp_tls {
	SMTP_TLS_NONE, /* nothing: it is not used */
	SMTP_TLS_MAY, /* used when offered; when refused, it goes on in clear */
	SMTP_TLS_MUST /* without it the host is of no use */
};

/* What is known of the host's BDAT. */
enum smtp_proof { SMTP_UNPROVEN, SMTP_PROVING, SMTP_PROVEN, SMTP_DISPROVEN };

enum smtp_phase {
	SMTP_OPENING, /* greeting, EHLO, TLS or AUTH are not over yet */
	SMTP_OPEN,    /* transactions are possible, or under way */
	SMTP_ENDING,  /* smtp_quit(): the last ones, then QUIT */
	SMTP_OVER     /* close the connection */
};

struct smtp_event {
	enum smtp_event_kind kind;
	enum smtp_result result; /* RCPT, TXN */
	enum smtp_verb verb;     /* the command that reply answers */
	void *arg;               /* TXN, RCPT: as given to smtp_txn_begin */
	uint32_t tag;            /* RCPT: as given to smtp_txn_rcpt */
	size_t left;             /* TXN: recipients that result holds for */
	int unsure;              /* TXN, R: the whole message had left but no
				 * reply came: it may be delivered all the
				 * same, and a retry may double it */
	int untried;             /* TXN, R: no reply to any of its commands: on
				 * a kept connection the host had most likely
				 * just gone; try a new one without delay */
	const struct smtp_reply *reply;
	const struct smtp_txn *txn; /* TXN: for smtp_left() */
};

struct smtp_start {
	const char *name;  /* ours, for EHLO: a domain or [address] */
	size_t rcpt_max;   /* recipients a transaction, 1..1000 */
	size_t limit;      /* where to start, as smtp_limit() told at the
				 * end of the last connection; 0: rcpt_max */
	size_t window;     /* commands of a transaction in flight; 0:
			    * SMTP_WINDOW */
	unsigned flights;  /* transactions open where BDAT allows it, up to
			   * SMTP_TXNS; 0: 2 */
	int no_chunks;     /* 1: the host shall not be tried with BDAT */
	int no_dsn;        /* 1: nor with DSN, as smtp_no_dsn() told */
	enum smtp_tls tls; /* STARTTLS; see smtp_wants_tls() */
	int secure;        /* 1: the connection is TLS from the first byte */
	const struct auth_login *login; /* NULL: no AUTH. Else AUTH or nothing,
				* and never in clear */
	const char *nonce; /* with login: see auth_begin() of lib/auth.h */
	void (*event)(void *arg, const struct smtp_event *e);
	void *arg;
};

/* A body that goes out now. */
struct smtp_body {
	void *arg;    /* as given to smtp_txn_begin */
	int raw;      /* 1: as it is; 0: dot-stuffed, in front of the dot */
	uint32_t tag; /* of the transaction's first recipient */
};

/* Laid open for its size only: use the functions. */
struct smtp {
	struct smtp_start conf;
	enum smtp_phase phase;
	int helo; /* EHLO was refused */
	int quit; /* smtp_quit() was called */
	struct smtp_offers offers;
	size_t window;           /* commands of a transaction in flight */
	size_t limit, limit_max; /* recipients a transaction, now and at most */
	uint64_t mails;          /* transactions begun on the connection */
	uint64_t ended;          /* and ended */
	uint64_t replies;        /* complete replies read */
	uint64_t took;           /* stream position the caller has taken */
	uint64_t wrote;          /* stream position the kernel has taken */
	enum smtp_verb said;     /* what a reply outside envelopes answers */
	int secure;              /* the connection is TLS */
	int handshake; /* STARTTLS was agreed to, smtp_tls_done() is awaited */
	struct auth auth;
	const char *challenge; /* behind "334 ", while the reply is looked at */
	size_t challenge_len;
	char say[SMTP_SAY_MAX + 1]; /* a command outside envelopes */
	size_t say_len, say_at;     /* its length; how much of it was taken */
	uint64_t say_end;           /* stream position behind it, once taken */
	struct smtpreply in;        /* the reply being read */
	struct smtp_reply why;
	int no_dsn; /* the host shall hear nothing of DSN */
	enum smtp_proof proof;
	unsigned proof_step;          /* replies of the proof read so far */
	int proof_bad;                /* one of them was not as it should be */
	size_t part;                  /* bytes in line, of an unfinished line */
	char line[SMTP_LINE_MAX + 1]; /* and a CR */
	unsigned first, used;         /* the oldest transaction, and how many */
	int filling;                  /* the newest was begun and not ended */
	struct smtp_txn txn[SMTP_TXNS];
};

/* smtp_start - begin the dialogue of a new connection: a greeting is awaited
 *
 * s       all zero bytes the first time; later buffers are kept. Whatever
 *         was open is forgotten without an event: call smtp_lost() first
 * conf    copied; name must stay valid. name is 1..SMTP_NAME_MAX bytes of
 *         printable ASCII without a blank
 * Returns 0; -1 with errno EINVAL (name, rcpt_max or event)
 */
int smtp_start(struct smtp *s, const struct smtp_start *conf);

/* smtp_free - give the buffers back; s may be started again afterwards */
void smtp_free(struct smtp *s);

/* smtp_wants_tls - 1: the host agreed to STARTTLS. The caller does the
 * handshake on the connection and calls smtp_tls_done(), or smtp_lost() when it
 * fails. A byte given to smtp_feed before ends the dialogue: it came in clear,
 * and anybody may have sent it
 * Source  RFC 3207; CVE-2011-0411 for responses */
static inline int
smtp_wants_tls(const struct smtp *s)
{
	return s->handshake && s->phase != SMTP_OVER;
}

/* smtp_tls_done - the connection is TLS now: all that the host said before is
 * forgotten, and EHLO goes out once more
 * Source  RFC 3207 section 4.2 */
void smtp_tls_done(struct smtp *s);

/* smtp_phase - see enum smtp_phase; SMTP_OVER: close the connection */
static inline enum smtp_phase
smtp_phase(const struct smtp *s)
{
	return s->phase;
}

/* smtp_offers - what the host offers; all zero before SMTP_EV_READY */
static inline const struct smtp_offers *
smtp_offers(const struct smtp *s)
{
	return &s->offers;
}

/* smtp_replies - complete replies read so far, to see that things go on */
static inline uint64_t
smtp_replies(const struct smtp *s)
{
	return s->replies;
}

/* smtp_busy - transactions that have no SMTP_EV_TXN yet, 0..SMTP_TXNS */
static inline int
smtp_busy(const struct smtp *s)
{
	return (int)s->used;
}

/* smtp_proof - what is known of the host's BDAT; SMTP_PROVING when the
 * connection ended: it cannot stand the question, or its replies to chunks got
 * out of step; ask no more */
static inline enum smtp_proof
smtp_proof(const struct smtp *s)
{
	return s->proof;
}

/* smtp_no_dsn - 1: the host offers DSN but refused what was said of it (501, 504
 * or 555 to MAIL or RCPT); who was refused is to be given again, and nothing is
 * said of it any more */
static inline int
smtp_no_dsn(const struct smtp *s)
{
	return s->no_dsn;
}

/* smtp_limit - recipients a transaction the host is believed to take now
 *
 * Starts at the smaller of rcpt_max, the limit given, and the host's RCPTMAX;
 * halved (but not below what the host just took) when it answers "too many
 * recipients", and grown by an eighth after each full transaction without.
 */
static inline size_t
smtp_limit(const struct smtp *s)
{
	return s->limit;
}

/* smtp_room - how many recipients a transaction begun now may have
 *
 * Returns 1..1000; 0 when none can begin now: not open yet, two are open (with
 *         BDAT: as many as flights says), the proof for BDAT is under way,
 *         smtp_quit() was called, or the host's MAILMAX is used up (then
 *         smtp_spent() is 1)
 */
size_t smtp_room(const struct smtp *s);

/* smtp_spent - 1: the host takes no further transaction on this connection
 * (MAILMAX of RFC 9422): smtp_quit() and open another */
int smtp_spent(const struct smtp *s);

/* smtp_txn_begin - begin a transaction
 *
 * m       copied, the sender too
 * Returns 0; -1 with errno EAGAIN (smtp_room() is 0), or EINVAL: this host
 *         cannot take this mail at all, smtp_why() tells: 5.3.4 larger than
 *         its SIZE, 5.6.3 eight bits without 8BITMIME, 5.6.7 sender needs
 *         SMTPUTF8, 5.1.7 sender is no address. Permanent, all recipients
 */
int smtp_txn_begin(struct smtp *s, const struct smtp_mail *m);

/* smtp_txn_rcpt - add a recipient to the transaction begun
 *
 * addr    len bytes, no <> around it. Control bytes anywhere, and blanks, <
 *         and > outside quotes, are refused here, so that nothing can slip
 *         into the command line
 * tag     comes back in events; consecutive tags make for long runs in
 *         smtp_left()
 * Returns 0; -1 with errno ENOMEM; E2BIG: smtp_room() recipients are in;
 *         EINVAL: permanent for this one, smtp_why() tells: 5.1.3 no
 *         address, 5.6.7 needs SMTPUTF8 and the host has not got it. The
 *         transaction goes on without it
 */
int smtp_txn_rcpt(struct smtp *s, const char *addr, size_t len, uint32_t tag);

/* smtp_txn_end - the transaction is complete and may be sent
 *
 * Without a recipient it is forgotten, without an event.
 * Returns 0; -1 with errno ENOMEM (forgotten, without an event)
 */
int smtp_txn_end(struct smtp *s);

/* smtp_why - why smtp_txn_begin or _rcpt just said EINVAL; code is 0 */
static inline const struct smtp_reply *
smtp_why(const struct smtp *s)
{
	return &s->why;
}

/* smtp_out - what may be sent now
 *
 * p       set to the bytes, valid until the next call on s
 * Returns their number; 0 when a reply, the body, or a transaction is missing
 */
size_t smtp_out(struct smtp *s, const char **p);

/* smtp_took - the caller took n of the bytes that smtp_out offered (they are
 * in its queue, in order); n at most what was offered */
void smtp_took(struct smtp *s, size_t n);

/* smtp_wants_body - does the body of a transaction go out here?
 *
 * b       set to which, and how
 * Returns 1: everything smtp_out offered before was taken, and the host said
 *         354 or awaits a chunk; the caller sends the body, ending in CR LF
 *         and of the size that smtp_mail told, and nothing else, then calls
 *         smtp_body_took(). 0: not now
 */
int smtp_wants_body(struct smtp *s, struct smtp_body *b);

/* smtp_body_took - all n bytes of the body (as on the wire) are in the
 * caller's queue; smtp_out now has the final dot where there is one, and the
 * next transaction. A chunk of another size than announced ends the dialogue */
void smtp_body_took(struct smtp *s, uint64_t n);

/* smtp_wrote - bytes since smtp_start that the kernel has taken, body
 * included: what a reply can be an answer to */
static inline void
smtp_wrote(struct smtp *s, uint64_t total)
{
	s->wrote = total;
}

/* smtp_feed - bytes from the host, in whatever pieces; all are consumed
 *
 * buf     len bytes; anything at all may stand in it
 * Events are reported from within. What is not a reply (RFC 5321 section 4.2),
 * too long, or answers nothing, ends the dialogue: SMTP_EV_TXN with R for what
 * is open, then SMTP_EV_CLOSED.
 */
void smtp_feed(struct smtp *s, const char *buf, size_t len);

/* smtp_lost - the connection is gone (closed, reset, timed out, given up)
 *
 * enh     "4.4.2" and the like, at most 11 bytes
 * why     text for the record; cleaned and cut here
 * Reports as smtp_feed does on failure (a transaction begun but not ended
 * gets its event, too); nothing if the dialogue is over.
 */
void smtp_lost(struct smtp *s, const char *enh, const char *why);

/* smtp_quit - no further transaction: finish those begun, then QUIT; the
 * event SMTP_EV_CLOSED follows its reply, whatever that is */
void smtp_quit(struct smtp *s);

/* smtp_left - the recipients that the result of an SMTP_EV_TXN holds for
 *
 * e       the event, inside the callback
 * at      0 at first; moved on by each call
 * tag     set to the tag of the first of a run
 * n       set to how many tags follow one another: tag .. tag + n - 1
 * Returns 1 a run; 0 no more
 */
int smtp_left(const struct smtp_event *e, size_t *at, uint32_t *tag, size_t *n);

#endif
