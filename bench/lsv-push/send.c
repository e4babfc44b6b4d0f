#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/lsv-push/push.h"

/* A run of recipients: the transaction that carries them. */
struct run {
	size_t at, n;
};

/* struct session - a connection and what it still waits for
 *
 * dot      the transaction whose final dot is sent and not answered; n is 0
 *          when there is none
 * flight   BDAT: transactions sent and not answered, a ring
 */
struct session {
	struct wire w;
	struct push *p;
	struct run dot;
	struct run flight[64];
	size_t flight_at, flight_n;
};

static void
settle(struct session *s, struct run r)
{
	s->p->accepted += r.n;
	s->p->messages++;
	spool_done(s->p, r.at, r.n);
}

/* owner-list+user=host@list for a recipient user@host */
static void
put_verp(struct buf *out, const struct push *p, size_t i)
{
	const char *at = strchr(p->sender, '@'), *r = p->rcpt[i];
	const char *r_at = memchr(r, '@', p->len[i]);
	size_t local = (size_t)(r_at - r);

	buf_put(out, p->sender, (size_t)(at - p->sender));
	buf_puts(out, "+");
	buf_put(out, r, local);
	buf_puts(out, "=");
	buf_put(out, r_at + 1, p->len[i] - local - 1);
	buf_puts(out, at);
}

static void
put_mail(struct session *s, size_t i)
{
	struct buf *out = &s->w.out;

	buf_puts(out, "MAIL FROM:<");
	if (s->p->verp)
		put_verp(out, s->p, i);
	else
		buf_puts(out, s->p->sender);
	buf_puts(out, ">");
	buf_puts(out, s->p->suffix);
	buf_puts(out, "\r\n");
}

static void
put_rcpt(struct session *s, size_t i)
{
	buf_put(&s->w.out, "RCPT TO:<", 9);
	buf_put(&s->w.out, s->p->rcpt[i], s->p->len[i]);
	buf_put(&s->w.out, ">\r\n", 3);
}

static size_t
text_len(const struct push *p, size_t i)
{
	if (p->personal && p->mark)
		return p->message.len - MARK_LEN + p->len[i];
	return p->message.len;
}

static void
put_text(struct session *s, size_t i)
{
	const struct push *p = s->p;
	struct buf *out = &s->w.out;
	size_t before;

	if (!p->personal || !p->mark) {
		buf_put(out, p->message.p, p->message.len);
		return;
	}
	before = (size_t)(p->mark - p->message.p);
	buf_put(out, p->message.p, before);
	buf_put(out, p->rcpt[i], p->len[i]);
	buf_put(out, p->mark + MARK_LEN, p->message.len - before - MARK_LEN);
}

static void
flush_want(struct session *s, int digit)
{
	wire_flush(&s->w);
	wire_want(&s->w, digit);
}

/* What a message is answered with: in LMTP a reply for each recipient. */
static void
want_text(struct session *s, struct run r)
{
	for (size_t i = 0; i < (s->p->socket ? r.n : 1); i++)
		wire_want(&s->w, 2);
}

/* One command, one reply: what a client without PIPELINING has to do. */
static void
send_one_by_one(struct session *s, struct run r)
{
	put_mail(s, r.at);
	flush_want(s, 2);
	for (size_t i = r.at; i < r.at + r.n; i++) {
		put_rcpt(s, i);
		flush_want(s, 2);
	}
	buf_puts(&s->w.out, "DATA\r\n");
	flush_want(s, 3);
	put_text(s, r.at);
	buf_puts(&s->w.out, ".\r\n");
	wire_flush(&s->w);
	want_text(s, r);
	settle(s, r);
}

/* The reply to the final dot before this group. */
static void
want_dot(struct session *s)
{
	if (s->dot.n == 0)
		return;
	want_text(s, s->dot);
	settle(s, s->dot);
	s->dot.n = 0;
}

/* MAIL to DATA in one write, right behind the dot of the transaction before
 * (RFC 2920 section 3.1); replies are read every WINDOW commands, so that both
 * directions keep moving. */
static void
send_pipelined(struct session *s, struct run r)
{
	size_t sent = 1, got = 0;

	put_mail(s, r.at);
	for (size_t i = r.at; i < r.at + r.n; i++) {
		put_rcpt(s, i);
		if (++sent % WINDOW != 0)
			continue;
		wire_flush(&s->w);
		want_dot(s);
		for (; got + WINDOW < sent; got++)
			wire_want(&s->w, 2);
	}
	buf_puts(&s->w.out, "DATA\r\n");
	wire_flush(&s->w);
	want_dot(s);
	for (; got < sent; got++)
		wire_want(&s->w, 2);
	if (wire_reply(&s->w) != 3) { /* refused: no message, carry on */
		s->p->bad++;
		buf_puts(&s->w.out, "RSET\r\n");
		flush_want(s, 2);
		return;
	}
	put_text(s, r.at);
	buf_puts(&s->w.out, ".\r\n");
	s->dot = r;
}

/* BDAT: replies of the oldest messages, until at most keep are in flight. */
static void
land(struct session *s, size_t keep)
{
	struct run r;

	while (s->flight_n > keep) {
		r = s->flight[s->flight_at++ % 64];
		s->flight_n--;
		for (size_t i = 0; i < r.n + 2; i++)
			wire_want(&s->w, 2);
		settle(s, r);
	}
}

/* Nothing waits for a 354, so several messages fly at once. */
static void
send_chunked(struct session *s, struct run r)
{
	put_mail(s, r.at);
	for (size_t i = r.at; i < r.at + r.n; i++)
		put_rcpt(s, i);
	buf_fmt(&s->w.out, "BDAT %zu LAST\r\n", text_len(s->p, r.at));
	put_text(s, r.at);
	s->flight[(s->flight_at + s->flight_n++) % 64] = r;
	if (s->w.out.len <= 65536 && s->flight_n < s->p->in_flight)
		return;
	wire_flush(&s->w);
	land(s, s->p->in_flight / 2);
}

static void
finish(struct session *s)
{
	wire_flush(&s->w);
	land(s, 0);
	want_dot(s);
	buf_puts(&s->w.out, "QUIT\r\n");
	flush_want(s, 2);
	close(s->w.fd);
	buf_free(&s->w.out);
	free(s);
}

void *
push_worker(void *arg)
{
	struct push *p = arg;
	struct session *s = mem_get(sizeof *s);
	struct run r;
	size_t t;

	s->p = p;
	wire_open(&s->w, p);
	wire_want(&s->w, 2);
	buf_puts(&s->w.out, p->socket ? "LHLO" : "EHLO");
	buf_puts(&s->w.out, " push.bench.test\r\n");
	flush_want(s, 2);
	while ((t = p->next++) < p->transactions) {
		r.at = t * p->per;
		r.n = p->n - r.at < p->per ? p->n - r.at : p->per;
		if (p->one_by_one)
			send_one_by_one(s, r);
		else if (p->bdat)
			send_chunked(s, r);
		else
			send_pipelined(s, r);
	}
	finish(s);
	return NULL;
}
