#include <errno.h>
#include <string.h>

#include "cmd/lsv-smtpw/merging.h"
#include "cmd/lsv-smtpw/meter.h"
#include "cmd/lsv-smtpw/show.h"
#include "cmd/lsv-smtpw/smtpw.h"
#include "cmd/lsv-smtpw/waiting.h"
#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/verp.h"

enum {
	IN_MAX = 65536,
	CROWD_US =
	    500000,      /* of work of a large file under way at a slow host */
	QUICK_US = 1000, /* a transaction that takes less is quick */
};

/* Recipients are gone through in a circle that begins with one never tried:
 * who stands behind a trouble-maker has his turn the next time. */
static uint32_t
turn(const struct slot *s, uint32_t step)
{
	return (s->first + step) % s->claim.head.nrcpt;
}

/* Not tried after all: a later transaction of this try takes them. */
static void
again(struct slot *s, uint32_t first, uint32_t n)
{
	memset(s->tried + first, TRY_NOT, n);
	s->next = 0;
}

/* A host that answers, whatever it says, is there: unless it says goodbye. */
static void
heard(struct worker *w, const struct smtp_event *e)
{
	if (e->reply->code == 0 || e->reply->code == 421)
		return;
	w->kept++;
	w->down_ms = w->down_since = 0;
	show_reply(w, e->reply);
}

static enum journal_op
op_of(enum smtp_result r)
{
	return r == SMTP_DELIVERED ? OP_DELIVERED
	    : r == SMTP_FAILED     ? OP_FAILED
				   : OP_RETRY;
}

static void
event_rcpt(struct worker *w, struct slot *s, const struct smtp_event *e)
{
	heard(w, e);
	if (e->result == SMTP_AGAIN)
		again(s, e->tag, 1);
	else if (slot_note(w, s, op_of(e->result), e->tag, e->tag, e->reply) <
	    0)
		w->pause = 1;
}

/* How long a transaction takes: the time from the end of the one before, a
 * moving average, since answers come in bursts. */
static void
ended(struct worker *w)
{
	uint64_t now = bucket_now_us(), us = now - w->mark_us;

	w->mark_us = now;
	w->lag_us = w->lag_us ? (w->lag_us * 3 + us) / 4 : us;
	w->show.transactions++;
	meter_count(w);
}

/* A kept connection may have been closed before our first command arrived:
 * what got no answer at all goes over a new one without delay. */
static void
event_txn(struct worker *w, struct slot *s, const struct smtp_event *e)
{
	size_t at = 0, n;
	uint32_t tag;
	int kept = w->kept > 0; /* before this reply */

	s->flying--;
	ended(w);
	heard(w, e);
	while (smtp_left(e, &at, &tag, &n))
		if (e->result == SMTP_AGAIN || (e->untried && kept))
			again(s, tag, (uint32_t)n);
		else if (slot_note(w, s, op_of(e->result), tag,
			     tag + (uint32_t)n - 1, e->reply) < 0)
			w->pause = 1;
	s->dirty = 1;
	w->unwritten++;
	if (s->since_ms == 0)
		s->since_ms = clock_mono_ms();
}

void
deliver_event(void *arg, const struct smtp_event *e)
{
	struct worker *w = arg;

	switch (e->kind) {
	case SMTP_EV_READY:
		w->ready = 1;
		target_up(&w->targets, w->target);
		break;
	case SMTP_EV_RCPT:
		event_rcpt(w, e->arg, e);
		break;
	case SMTP_EV_TXN:
		event_txn(w, e->arg, e);
		break;
	case SMTP_EV_CLOSED:
		w->why = *e->reply;
		break;
	}
}

/* Steps of the circle up to the next recipient not tried yet; nrcpt when there
 * is none. */
static uint32_t
untried(struct slot *s)
{
	while (s->next < s->claim.head.nrcpt &&
	    s->tried[turn(s, s->next)] != TRY_NOT)
		s->next++;
	return s->next;
}

static int
refuse_one(struct worker *w, struct slot *s)
{
	uint32_t i = turn(s, untried(s));

	return slot_note(w, s, OP_FAILED, i, i, smtp_why(&w->smtp));
}

/* The host cannot take this mail at all: nobody gets it.  A sender or a copy made
 * for one recipient says nothing about the others. */
static int
refuse(struct worker *w, struct slot *s)
{
	do {
		if (refuse_one(w, s) < 0)
			return -1;
	} while (!slot_personal(s) && untried(s) < s->claim.head.nrcpt);
	return slot_flush(w, s);
}

/* Up to room recipients, which is counted down; one at most when sender or copy
 * are made for it. */
static int
add_rcpts(struct worker *w, struct slot *s, size_t *room)
{
	int one = slot_personal(s);

	while (*room && untried(s) < s->claim.head.nrcpt) {
		uint32_t i = turn(s, s->next);
		struct bytes b = claim_rcpt(&s->claim, i);

		if (smtp_txn_rcpt(&w->smtp, b.s, b.len, i) == 0) {
			s->tried[i] = TRY_NOW;
			(*room)--;
		} else if (errno != EINVAL || refuse_one(w, s) < 0) {
			return -1;
		}
		if (one)
			break;
	}
	return 0;
}

/* The envelope sender: the list's, or one that names the recipient. */
static int
sender_of(const struct slot *s, stralloc *out)
{
	struct bytes from = s->claim.head.from;
	struct bytes rcpt = claim_rcpt(&s->claim, turn(s, s->next));

	if (s->claim.head.verp && from.len &&
	    verp_sender(out, from.s, from.len, rcpt.s, rcpt.len) == 0)
		return 0;
	/* too long to be named: the list's own sender serves */
	return sa_put(out, from.s, from.len);
}

/* A recipient on whom the relay drops the connection takes those beside him
 * along: from the third try on transactions get smaller, down to one. */
static size_t
room_for(const struct worker *w, const struct slot *s)
{
	size_t room = smtp_room(&w->smtp);
	uint32_t halvings = s->claim.tries > 1 ? s->claim.tries - 1 : 0;

	if (slot_personal(s) || halvings >= 10)
		return 1;
	room >>= halvings;
	return room ? room : 1;
}

/* What hosts are to report.  A mailing list asks for itself, never on behalf of
 * the author; whoever else has a sender asked nothing of us, so nothing is asked
 * for him: RFC 3461 section 5.2. */
static struct smtp_dsn
dsn_of(const struct mailhead *h)
{
	struct smtp_dsn d = {.notify = SMTP_NOTIFY_UNSAID};

	if (h->from.len == 0)
		d.notify = SMTP_NOTIFY_NEVER;
	else if (h->class != CLASS_MAIL)
		d = (struct smtp_dsn){SMTP_NOTIFY_FAILURE, bytes_z(h->job)};
	return d;
}

static int
begin(struct worker *w, struct slot *s, size_t room)
{
	stralloc sender = {0};
	size_t left = room;
	uint64_t now = bucket_now_us();
	struct smtp_mail m = {.arg = s, .dsn = dsn_of(&s->claim.head)};
	unsigned busy = (unsigned)smtp_busy(&w->smtp);
	int res = sender_of(s, &sender);

	if (res < 0)
		goto done;
	m.size = s->bytes;
	m.eightbit = s->claim.head.eightbit > 1 ? 2 : s->eightbit;
	m.sender = sender.s ? sender.s : "";
	m.len = sender.len;
	if (smtp_txn_begin(&w->smtp, &m) < 0) {
		res = errno == EINVAL ? refuse(w, s) : -1;
		goto done;
	}
	if (add_rcpts(w, s, &left) < 0 || smtp_txn_end(&w->smtp) < 0)
		res = -1;
	/* one without a recipient is forgotten by the machine */
	if (busy == 0)
		w->mark_us = now;
	s->flying += (unsigned)smtp_busy(&w->smtp) - busy;
done:
	meter_used(w, s, room - left);
	meter_count(w);
	sa_free(&sender);
	return res;
}

int
deliver_settle(struct worker *w)
{
	int res = 0;

	for (int i = 0; i < SLOTS; i++) {
		struct slot *s = &w->slot[i];

		if (s->open && s->flying == 0 &&
		    untried(s) == s->claim.head.nrcpt && slot_end(w, s) < 0)
			res = -1;
	}
	return res;
}

/* With one that waits for a rate others may go on. */
static int
waits(const struct slot *s)
{
	return s->held && bucket_now_us() < s->held_us;
}

static int
claim_another(struct worker *w, enum queue q)
{
	struct slot *free = NULL;
	int busy = 0;

	for (int i = 0; i < SLOTS; i++)
		if (!w->slot[i].open)
			free = free ? free : &w->slot[i];
		else
			busy += w->slot[i].queue == q && !waits(&w->slot[i]);
	if (!free || busy >= QUEUE_SLOTS || w->effect.worker != ORDER_NONE ||
	    w->waiting[q].at == w->waiting[q].n || pick_alone(w) ||
	    worker_stopping(w))
		return 0;
	return pick_next(w, free, q);
}

/* The host is slow: a small file would stand behind all that is under way. */
static int
crowded(const struct worker *w, const struct slot *s)
{
	unsigned n = worker_flying(w);

	return !w->site->pool_order_fifo && s->queue == QUEUE_LARGE && n &&
	    (n + 1) * w->lag_us > CROWD_US;
}

/* How many recipients of a file may go now. */
static size_t
may_send(struct worker *w, struct slot *s)
{
	size_t room = room_for(w, s), n;

	if (w->effect.paused & UINT32_C(1) << s->pool || crowded(w, s) ||
	    clock_mono_ms() < w->busy_ms)
		return 0;
	if (room > s->claim.left)
		room = s->claim.left ? s->claim.left : 1;
	if (merging_measure(w, s, turn(s, untried(s))) < 0)
		return 0;
	n = meter_rcpts(w, s, room);
	if (n == 0 || !meter_enter(w))
		return 0;
	return n < room ? n : room;
}

/* A file of this queue that has something to send now, claimed if need be. */
static struct slot *
of_queue(struct worker *w, enum queue q, size_t *room)
{
	int res;

	do {
		for (int i = 0; i < SLOTS; i++) {
			struct slot *s = &w->slot[i];

			if (s->open && s->queue == q &&
			    untried(s) < s->claim.head.nrcpt &&
			    (*room = may_send(w, s)) > 0)
				return s;
		}
		res = claim_another(w, q);
		if (res < 0)
			w->pause = 1;
	} while (res > 0);
	return NULL;
}

/* Both queues have their turn: transactions of a small file and of a large one
 * alternate. */
static struct slot *
next_slot(struct worker *w, size_t *room)
{
	enum queue q = w->turn ? QUEUE_LARGE : QUEUE_SMALL;
	struct slot *s = of_queue(w, q, room);

	if (!s)
		s = of_queue(
		    w, q == QUEUE_SMALL ? QUEUE_LARGE : QUEUE_SMALL, room);
	if (s)
		w->turn = s->queue == QUEUE_SMALL;
	return s;
}

/* Begin what can be begun; 1 when that came of a look made with no file open,
 * so that there is no more. */
static int
fill(struct worker *w)
{
	int fresh = !worker_any_open(w) && !waiting_any(w);
	struct slot *s;
	size_t room;

	if (w->effect.worker == ORDER_NONE && pick_look(w) < 0)
		return -1;
	while (!w->pause && smtp_room(&w->smtp) > 0 &&
	    (unsigned)smtp_busy(&w->smtp) + w->unwritten < w->site->window) {
		s = next_slot(w, &room);
		if (!s)
			break;
		if (begin(w, s, room) < 0)
			return -1;
	}
	return deliver_settle(w) < 0 ? -1 : fresh;
}

/* Would who rests now leave something behind?  Files that had nothing left to
 * send may have filled the slots; the names of an earlier look may all be gone;
 * and who was told of mail after the look is not told again. */
static int
is_more(struct worker *w, int fresh)
{
	if (worker_any_open(w) || w->effect.worker != ORDER_NONE ||
	    smtp_room(&w->smtp) == 0 || worker_stopping(w))
		return 0;
	return waiting_any(w) ? pick_wait_us(w) == 0 : w->woken || !fresh;
}

int
deliver_fill(struct worker *w)
{
	int res;

	if (deliver_settle(w) < 0)
		return -1;
	do {
		if (w->leave || w->pause)
			return 0;
		res = fill(w);
	} while (res >= 0 && is_more(w, res));
	return res < 0 ? -1 : 0;
}

uint64_t
deliver_held(const struct worker *w)
{
	uint64_t now = clock_mono_ms(), us = bucket_now_us(), at = 0;

	for (int i = 0; i < SLOTS; i++) {
		const struct slot *s = &w->slot[i];
		uint64_t ms = now < w->busy_ms ? w->busy_ms : 0;

		if (!s->open)
			continue;
		if (s->held && us < s->held_us)
			ms = now + (s->held_us - us) / 1000U + 1;
		if (ms == 0)
			return 0;
		at = at == 0 || ms < at ? ms : at;
	}
	if (at == 0 && pick_wait_us(w))
		at = now + pick_wait_us(w) / 1000U + 1;
	return at;
}

static enum conn_form
form_of(const struct slot *s, const struct smtp_body *b)
{
	if (b->raw)
		return CONN_RAW;
	return s->claim.head.dots ? CONN_DOTS : CONN_PLAIN;
}

/* The message of a transaction begins: as it is, or made for its recipient. */
static int
body(struct worker *w, const struct smtp_body *b)
{
	struct slot *s = b->arg;

	w->making = s->merging ? s : NULL;
	if (w->making)
		return merging_begin(w, s, b->tag, b->raw);
	conn_body(
	    &w->conn, s->body, s->body_at, s->claim.head.size, form_of(s, b));
	return 0;
}

/* Hand over what may be sent, as far as the queue has room. */
static int
queue(struct worker *w)
{
	const char *p;
	struct smtp_body b;
	size_t n, k;

	for (;;) {
		if (w->body_queued) {
			int r = w->making ? merging_fill(w, w->making)
					  : conn_fill(&w->conn);

			if (r <= 0)
				return r;
			smtp_body_took(&w->smtp, conn_body_bytes(&w->conn));
			w->body_queued = 0;
		}
		n = smtp_out(&w->smtp, &p);
		if (n) {
			k = conn_put(&w->conn, p, n);
			smtp_took(&w->smtp, k);
			if (k < n)
				return 0;
		} else if (smtp_wants_body(&w->smtp, &b)) {
			if (body(w, &b) < 0)
				return -1;
			w->body_queued = 1;
		} else {
			return 0;
		}
	}
}

/* Write the results of all transactions that one read has ended at once. */
static void
flush(struct worker *w)
{
	for (int i = 0; i < SLOTS; i++) {
		struct slot *s = &w->slot[i];

		if (s->open && s->dirty && slot_flush(w, s) < 0)
			w->pause = 1;
		s->dirty = 0;
	}
	w->unwritten = 0;
}

/* Where DATA is answered quickly, results of a few transactions are written at
 * once.  They count as under way until then, so that WINDOW still says how many
 * a kill can repeat; by BDAT one read has several of them anyway. */
static int
may_be_late(const struct worker *w)
{
	return w->unwritten < w->site->window / 2 && smtp_busy(&w->smtp) &&
	    w->site->sync_ms && w->lag_us < QUICK_US && !w->pause &&
	    smtp_proof(&w->smtp) != SMTP_PROVEN &&
	    smtp_phase(&w->smtp) == SMTP_OPEN;
}

/* A step that made no progress in SMTP_TIMEOUT is the end of a connection. */
static int
timed_out(struct worker *w, uint64_t now)
{
	if (w->replies != smtp_replies(&w->smtp) || w->wrote != w->conn.wrote ||
	    w->deadline == 0) {
		w->replies = smtp_replies(&w->smtp);
		w->wrote = w->conn.wrote;
		w->deadline = now + w->site->smtp_timeout_ms;
	}
	return now >= w->deadline;
}

static void
lost(struct worker *w, const char *enh, const char *why)
{
	smtp_lost(&w->smtp, enh, why);
	flush(w);
}

void
deliver_move(struct worker *w, uint64_t until)
{
	static char in[IN_MAX];
	size_t got = 0;
	int r;

	if (queue(w) < 0) {
		lost(w, "4.3.0", strerror(errno));
		return;
	}
	if (timed_out(w, clock_mono_ms())) {
		lost(w, "4.4.2", "no answer in time");
		return;
	}
	r = conn_io(&w->conn, in, sizeof in, &got,
	    until < w->deadline ? until : w->deadline);
	smtp_wrote(&w->smtp, w->conn.wrote);
	if (r == 0)
		smtp_feed(&w->smtp, in, got);
	else if (errno != ETIMEDOUT)
		smtp_lost(&w->smtp, "4.4.2", conn_why(&w->conn, errno));
	if (smtp_wants_tls(&w->smtp))
		worker_tls(w);
	if (!may_be_late(w))
		flush(w);
}
