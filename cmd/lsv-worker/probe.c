#include "cmd/lsv-worker/probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/bytes.h"
#include "lib/clock.h"

enum {
	HEARD_MAX = 65536, /* bytes kept of what a host says */
	QUIT_MS = 2000     /* wait for the answer to QUIT */
};

/* struct talk - a dialogue under way
 *
 * heard   what the host said, as it came
 * began   where the connection in use began in it; tls_at where TLS did, 0: it
 *         did not
 */
struct talk {
	struct probe *p;
	struct dial d;
	struct conn conn;
	struct smtp smtp;
	stralloc heard;
	size_t began, tls_at;
	int failed;
};

static void
note(void *arg, const struct smtp_event *e)
{
	struct talk *t = arg;
	const struct smtp_reply *r = e->reply;

	if (e->kind == SMTP_EV_READY)
		t->p->open = 1;
	if (e->kind != SMTP_EV_CLOSED || t->p->open)
		return;
	if (r->code)
		snprintf(t->p->why, sizeof t->p->why, "%s: %d %s %s",
		    smtp_verb_name(e->verb), r->code, r->enh, r->text);
	else
		snprintf(t->p->why, sizeof t->p->why, "%s", r->text);
}

static void
look_at_tls(struct talk *t)
{
	int r;

	t->p->secure = 1;
	tls_facts(t->conn.tls, &t->p->facts);
	r = tlscert_look(&t->p->cert, t->conn.tls, t->d.to->host);
	t->p->cert_shown = r > 0;
	if (r < 0)
		t->failed = 1;
}

/* The handshake, and what it makes of the replies. */
static void
secure(struct talk *t)
{
	int r = dial_tls(&t->d);

	if (r == 0) {
		t->tls_at = t->heard.len;
		look_at_tls(t);
	}
	if (r > 0) {
		t->began = t->heard.len;
		snprintf(t->p->why, sizeof t->p->why, "%s", dial_why(&t->d));
	}
}

static void
step(struct talk *t, uint64_t deadline)
{
	char in[4096];
	const char *p;
	size_t n, got = 0;
	int r;

	while ((n = smtp_out(&t->smtp, &p)) > 0) {
		size_t k = conn_put(&t->conn, p, n);

		smtp_took(&t->smtp, k);
		if (k < n)
			break;
	}
	r = conn_io(&t->conn, in, sizeof in, &got, deadline);
	smtp_wrote(&t->smtp, t->conn.wrote);
	if (r < 0) {
		smtp_lost(&t->smtp, "4.4.2", conn_why(&t->conn, errno));
		return;
	}
	if (t->heard.len + got <= HEARD_MAX && sa_put(&t->heard, in, got) < 0)
		t->failed = 1;
	smtp_feed(&t->smtp, in, got);
	if (smtp_wants_tls(&t->smtp))
		secure(t);
}

/* Until the phase is another; each reply has its time. */
static void
go_on(struct talk *t, enum smtp_phase phase, uint64_t step_ms)
{
	uint64_t deadline = clock_mono_ms() + step_ms;
	uint64_t seen = smtp_replies(&t->smtp);

	while (smtp_phase(&t->smtp) == phase) {
		if (smtp_replies(&t->smtp) != seen)
			deadline = clock_mono_ms() + step_ms;
		seen = smtp_replies(&t->smtp);
		step(t, deadline);
	}
}

/* The lines of the next reply: each is appended to out, if there is one. */
static int
take_reply(struct bytes *rest, stralloc *out)
{
	while (rest->len > 0) {
		const char *nl = memchr(rest->s, '\n', rest->len);
		size_t n = nl ? (size_t)(nl - rest->s) : rest->len;
		size_t text = n > 4 ? 4 : n, end = n;
		int last = n < 4 || rest->s[3] != '-';

		if (end > text && rest->s[end - 1] == '\r')
			end--;
		if (out &&
		    (sa_put(out, rest->s + text, end - text) < 0 ||
			sa_put(out, "\n", 1) < 0))
			return -1;
		rest->s += nl ? n + 1 : n;
		rest->len -= nl ? n + 1 : n;
		if (last)
			break;
	}
	return 0;
}

/* Greeting, EHLO, and after STARTTLS EHLO again; what follows is not of
 * interest, and what HELO offers is nothing. */
static int
read_heard(struct talk *t)
{
	struct probe *p = t->p;
	size_t end = t->tls_at ? t->tls_at : t->heard.len;
	struct bytes clear = {t->heard.s + t->began, end - t->began};
	struct bytes later = {t->heard.s + end, t->heard.len - end};

	if (t->heard.len == 0)
		return 0;
	if (take_reply(&clear, &p->greeting) < 0 ||
	    take_reply(&clear, &p->clear) < 0)
		return -1;
	if (t->tls_at)
		return take_reply(&later, &p->offers);
	return sa_put(&p->offers, p->clear.s, p->clear.len);
}

static void
converse(struct talk *t, const struct probe_how *how)
{
	if (t->conn.tls)
		look_at_tls(t);
	go_on(t, SMTP_OPENING, how->step_ms);
	if (!t->p->open)
		return;
	smtp_quit(&t->smtp);
	go_on(t, SMTP_ENDING, QUIT_MS);
}

int
probe_run(
    struct probe *p, const struct probe_how *how, const struct dial_to *to)
{
	static struct talk t; /* too large for a stack */
	struct smtp_start start = {
	    .name = how->helo, .rcpt_max = 1, .event = note, .arg = &t};

	memset(&t, 0, sizeof t);
	t.p = p;
	t.d = (struct dial){.conn = &t.conn,
	    .smtp = &t.smtp,
	    .client = how->client,
	    .connect_ms = how->step_ms,
	    .step_ms = how->step_ms};
	conn_init(&t.conn);
	if (dial_open(&t.d, to, &start) == 0)
		converse(&t, how);
	else
		snprintf(p->why, sizeof p->why, "%s", dial_why(&t.d));
	p->reached = t.d.reached;
	if (read_heard(&t) < 0)
		t.failed = 1;
	conn_free(&t.conn);
	smtp_free(&t.smtp);
	sa_free(&t.heard);
	if (!t.failed)
		return 0;
	errno = ENOMEM;
	return -1;
}

void
probe_free(struct probe *p)
{
	tlscert_free(&p->cert);
	sa_free(&p->greeting);
	sa_free(&p->clear);
	sa_free(&p->offers);
}
