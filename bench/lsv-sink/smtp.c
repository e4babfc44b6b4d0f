#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "bench/common/opt.h"
#include "bench/lsv-sink/sink.h"
#include "lib/num.h"

/* One command line, without its end. */
struct line {
	const char *p;
	size_t n;
};

static void
say(struct conn *c, const char *reply)
{
	buf_puts(&c->out, reply);
	buf_put(&c->out, "\r\n", 2);
}

/* For what no client should send. */
static void
wrong(struct sink *s, struct conn *c, const char *reply)
{
	s->count.protocol_errors++;
	say(c, reply);
}

/* 1 when option -g answers in our place at this stage */
static int
scripted(struct sink *s, struct conn *c, enum stage at)
{
	struct script *g = &s->opt.script[at];

	if (!g->text || (g->times && g->used >= g->times))
		return 0;
	g->used++;
	if (strcmp(g->text, "!") == 0)
		c->cut = 1;
	else if (*g->text)
		say(c, g->text);
	if (strncmp(g->text, "421", 3) == 0)
		c->closing = 1;
	return 1;
}

static void
forget(struct conn *c)
{
	c->in_mail = c->mail_refused = 0;
	c->nrcpt = 0;
	c->chunk_begun = 0;
	c->sender.len = c->rcpts.len = 0;
	c->text.bytes = 0;
}

static int
begins(struct line l, const char *word)
{
	size_t n = strlen(word);

	return l.n >= n && strncasecmp(l.p, word, n) == 0;
}

/* The address between < and >, and what stands behind it. */
static int
path(struct line l, struct line *address, struct line *params)
{
	const char *from = memchr(l.p, '<', l.n), *to;

	if (!from)
		return 0;
	from++;
	to = memchr(from, '>', l.n - (size_t)(from - l.p));
	if (!to)
		return 0;
	*address = (struct line){from, (size_t)(to - from)};
	*params = (struct line){to + 1, (size_t)(l.p + l.n - (to + 1))};
	return 1;
}

/* Parameters of MAIL that our EHLO offered; NULL, or the reply to another. */
static const char *
mail_params(struct line l)
{
	struct line one;
	uint64_t size;

	while (l.n > 0 && *l.p == ' ') {
		const char *blank = memchr(l.p + 1, ' ', l.n - 1);
		size_t n = blank ? (size_t)(blank - l.p) : l.n;

		one = (struct line){l.p + 1, n - 1};
		l = (struct line){l.p + n, l.n - n};
		if (begins(one, "BODY=7BIT") || begins(one, "BODY=8BITMIME"))
			continue;
		if (!begins(one, "SIZE=") ||
		    num_u64(&size, one.p + 5, one.n - 5, UINT64_MAX) < 0)
			return "555 5.5.4 Unknown parameter";
		if (size > SIZE_OFFERED)
			return "552 5.3.4 Message too big";
	}
	return l.n > 0 ? "501 5.5.4 Bad parameter" : NULL;
}

static void
mail(struct sink *s, struct conn *c, struct line l)
{
	struct line from, params;
	const char *no;

	if (c->in_mail) {
		wrong(s, c, "503 5.5.1 Nested MAIL");
		return;
	}
	if (!path(l, &from, &params)) {
		wrong(s, c, "501 5.1.7 Bad address");
		return;
	}
	if (!s->count.first_mail)
		s->count.first_mail = now_ns(CLOCK_REALTIME);
	s->count.transactions++;
	forget(c);
	if (scripted(s, c, AT_MAIL)) {
		c->mail_refused = 1;
		return;
	}
	no = mail_params(params);
	if (no) {
		wrong(s, c, no);
		return;
	}
	c->in_mail = 1;
	if (record_wanted(s))
		buf_put(&c->sender, from.p, from.n);
	say(c, "250 2.1.0 Ok");
}

/* 1 when this recipient is to be refused; says so */
static int
refused(struct sink *s, struct conn *c, struct line to)
{
	if (s->opt.rcpt_max && c->nrcpt >= s->opt.rcpt_max) {
		s->count.rcpts_temp++;
		say(c, "452 4.5.3 Too many recipients");
		return 1;
	}
	if (fate_perm(s, to.p, to.n)) {
		s->count.rcpts_perm++;
		record_refuse(s, 'F', to.p, to.n);
		say(c, "550 5.1.1 User unknown");
		return 1;
	}
	if (fate_temp(s, to.p, to.n)) {
		s->count.rcpts_temp++;
		record_refuse(s, 'T', to.p, to.n);
		say(c, "450 4.2.1 Mailbox busy");
		return 1;
	}
	return 0;
}

static void
rcpt(struct sink *s, struct conn *c, struct line l)
{
	struct line to, params;

	if (!c->in_mail) {
		/* a client that pipelines could not know yet */
		s->count.protocol_errors += !c->mail_refused;
		say(c, "503 5.5.1 Need MAIL");
		return;
	}
	if (!path(l, &to, &params) || to.n == 0) {
		wrong(s, c, "501 5.1.3 Bad address");
		return;
	}
	if (params.n > 0) {
		wrong(s, c, "555 5.5.4 Unknown parameter");
		return;
	}
	if (scripted(s, c, AT_RCPT) || refused(s, c, to))
		return;
	c->nrcpt++;
	if (record_wanted(s)) {
		buf_puts(&c->rcpts, "R ");
		buf_put(&c->rcpts, to.p, to.n);
		buf_puts(&c->rcpts, "\n");
	}
	buf_put(&c->out, "250 2.1.5 Ok\r\n", 14);
}

/* ahead: bytes that came with DATA although they had to wait for its 354 */
static void
data(struct sink *s, struct conn *c, size_t ahead)
{
	s->count.early += ahead;
	if (c->nrcpt == 0) {
		s->count.protocol_errors += !c->in_mail && !c->mail_refused;
		say(c, "554 5.5.1 No valid recipients");
		return;
	}
	if (scripted(s, c, AT_DATA))
		return;
	text_begin(s, c);
	c->reading = DATA_START;
	say(c, "354 Go");
}

static void
bdat(struct sink *s, struct conn *c, struct line l)
{
	const char *blank = memchr(l.p, ' ', l.n);
	size_t n = blank ? (size_t)(blank - l.p) : l.n;

	c->chunk_last = blank && l.n - n == 5 &&
	    begins((struct line){blank + 1, l.n - n - 1}, "LAST");
	if (!s->opt.chunking || (blank && !c->chunk_last) ||
	    num_u64(&c->chunk_left, l.p, n, UINT32_MAX) < 0) {
		/* how many bytes to skip is not known: the end */
		wrong(s, c, "502 5.5.1 Bad BDAT");
		c->closing = 1;
		return;
	}
	if (!c->chunk_begun)
		text_begin(s, c);
	c->chunk_begun = 1;
	c->reading = BDAT;
}

static void
ehlo(struct sink *s, struct conn *c)
{
	forget(c);
	if (scripted(s, c, AT_EHLO))
		return;
	say(c, "250-sink.bench.test");
	if (s->opt.pipelining)
		say(c, "250-PIPELINING");
	if (s->opt.chunking)
		say(c, "250-CHUNKING");
	if (s->opt.limits_rcptmax)
		buf_fmt(&c->out, "250-LIMITS RCPTMAX=%" PRIu64 "\r\n",
		    s->opt.limits_rcptmax);
	buf_fmt(&c->out, "250-SIZE %d\r\n", SIZE_OFFERED);
	if (s->opt.cert && !c->ssl)
		say(c, "250-STARTTLS");
	say(c, "250-ENHANCEDSTATUSCODES");
	say(c, "250 8BITMIME");
}

/* Nothing may come behind the command before our reply. */
static void
starttls(struct sink *s, struct conn *c, size_t ahead)
{
	if (!s->opt.cert || c->ssl) {
		wrong(s, c, "502 5.5.1 No TLS now");
		return;
	}
	s->count.early += ahead;
	forget(c);
	say(c, "220 2.0.0 Go");
	c->start_tls = 1;
}

static struct line
after(struct line l, size_t n)
{
	return (struct line){l.p + n, l.n - n};
}

static void
command(struct sink *s, struct conn *c, struct line l, size_t ahead)
{
	if (!s->opt.pipelining)
		s->count.early += ahead;
	if (begins(l, "RCPT TO:"))
		rcpt(s, c, after(l, 8));
	else if (begins(l, "MAIL FROM:"))
		mail(s, c, after(l, 10));
	else if (l.n == 4 && begins(l, "DATA"))
		data(s, c, ahead);
	else if (begins(l, "BDAT "))
		bdat(s, c, after(l, 5));
	else if (begins(l, "EHLO "))
		ehlo(s, c);
	else if (begins(l, "HELO ")) {
		forget(c);
		say(c, "250 sink.bench.test");
	} else if (l.n == 4 && begins(l, "RSET")) {
		forget(c);
		say(c, "250 2.0.0 Ok");
	} else if (l.n == 8 && begins(l, "STARTTLS"))
		starttls(s, c, ahead);
	else if (begins(l, "NOOP"))
		say(c, "250 2.0.0 Ok");
	else if (l.n == 4 && begins(l, "QUIT")) {
		say(c, "221 2.0.0 Bye");
		c->closing = 1;
	} else
		wrong(s, c, "502 5.5.2 Command not recognized");
}

static void
accepted(struct sink *s, struct conn *c)
{
	struct counters *k = &s->count;

	k->messages++;
	k->rcpts += c->nrcpt;
	k->bytes += c->text.bytes;
	if (c->nrcpt > k->rcpts_per_message_max)
		k->rcpts_per_message_max = c->nrcpt;
	if (record_wanted(s))
		record_accept(s, c);
	k->last_message = now_ns(CLOCK_REALTIME);
	if (!k->first_message)
		k->first_message = k->last_message;
	say(c, "250 2.0.0 Ok: queued");
}

/* The whole text is here: accept it, or fail as asked. */
static void
end_of_text(struct sink *s, struct conn *c)
{
	c->reading = COMMANDS;
	if (fate_text_cut(s)) {
		s->count.text_cut++;
		c->cut = 1;
	} else if (fate_text_temp(s)) {
		s->count.text_temp++;
		say(c, "451 4.3.0 Try again later");
	} else if (c->text.bytes > SIZE_OFFERED)
		say(c, "552 5.3.4 Message too big");
	else if (!scripted(s, c, AT_TEXT))
		accepted(s, c);
	forget(c);
}

/* Looks for the dot; keeps back what may be its beginning. */
static size_t
eat_data(struct sink *s, struct conn *c, const char *p, size_t n)
{
	const char *dot;

	if (c->reading == DATA_START) {
		if (n < 3 && memcmp(p, ".\r\n", n) == 0)
			return 0;
		c->reading = DATA;
		if (memcmp(p, ".\r\n", 3) == 0) {
			end_of_text(s, c);
			return 3;
		}
	}
	dot = n >= 5 ? memmem(p, n, "\r\n.\r\n", 5) : NULL;
	if (dot) {
		text_feed(s, c, p, (size_t)(dot - p) + 2, 1);
		end_of_text(s, c);
		return (size_t)(dot - p) + 5;
	}
	if (n <= 4)
		return 0;
	text_feed(s, c, p, n - 4, 1);
	return n - 4;
}

static size_t
eat_chunk(struct sink *s, struct conn *c, const char *p, size_t n)
{
	if (n > c->chunk_left)
		n = c->chunk_left;
	text_feed(s, c, p, n, 0);
	c->chunk_left -= n;
	if (c->chunk_left > 0)
		return n;
	c->reading = COMMANDS;
	if (c->nrcpt == 0) {
		say(c, "554 5.5.1 No valid recipients");
		forget(c);
	} else if (c->chunk_last)
		end_of_text(s, c);
	else
		say(c, "250 2.0.0 Ok");
	return n;
}

static size_t
eat_line(struct sink *s, struct conn *c, const char *p, size_t n)
{
	const char *nl = memchr(p, '\n', n);
	struct line l;

	if (!nl) {
		if (n > LINE_MAX_SMTP) {
			s->count.protocol_errors++;
			c->cut = 1;
		}
		return 0;
	}
	l = (struct line){p, (size_t)(nl - p)};
	if (l.n > 0 && nl[-1] == '\r')
		l.n--;
	command(s, c, l, n - (size_t)(nl + 1 - p));
	return (size_t)(nl + 1 - p);
}

void
smtp_greet(struct sink *s, struct conn *c)
{
	if (!scripted(s, c, AT_GREET))
		say(c, "220 sink.bench.test ESMTP");
}

size_t
smtp_eat(struct sink *s, struct conn *c)
{
	size_t at = 0, n, used;
	enum reading was;

	while (!c->closing && !c->cut && !c->start_tls &&
	    c->out.len - c->out_at <= OUT_MAX) {
		was = c->reading;
		n = c->in_len - at;
		if (was == COMMANDS)
			used = eat_line(s, c, c->in + at, n);
		else if (was == BDAT)
			used = eat_chunk(s, c, c->in + at, n);
		else
			used = eat_data(s, c, c->in + at, n);
		at += used;
		if (used == 0 && c->reading == was) /* more has to come */
			break;
	}
	return c->closing || c->cut || c->start_tls ? c->in_len : at;
}
