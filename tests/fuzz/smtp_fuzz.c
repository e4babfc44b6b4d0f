/* What a host may send at any point of a dialogue. Whatever it is: every
 * recipient gets exactly one result, delivered ones only after the dot or the
 * chunk has left, and what others see of a reply is printable. Where TLS is a
 * must or a password is set, nothing but the opening is said in clear; nothing
 * at all is said, and no byte believed, between the reply to STARTTLS and the
 * handshake; and the password is gone from memory when AUTH is over.
 *
 * The first byte of the input is the window, the second enum conf_bit; what
 * follows is said by the host, but STEP and the byte behind it are a step. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/smtp.h"
#include "tests/fuzz/fuzz.h"

enum { RCPTS = 64, STEP = 0x1e };

/* How the dialogue begins. */
enum conf_bit {
	TLS_MAY = 1,
	TLS_MUST = 2,
	SECURE = 4, /* TLS from the first byte */
	LOGIN = 8,
	NO_CHUNKS = 16,
};

struct player {
	struct smtp s;
	uint64_t sent;
	uint32_t tag;
	int dots;      /* final dots and chunks that have left */
	char last[3];  /* bytes that have left */
	char line[10]; /* the start of the line that is leaving */
	size_t line_len;
	int secure, shy; /* TLS is on; only the opening may be in clear */
	int delivered;   /* transactions */
	int closed;
	char result[RCPTS];
};

/* The nonce of RFC 7677, so that a seed knows what SCRAM-SHA-256 answers. */
static const struct auth_login user = {"user", "pencil", 4, 6};
static const char nonce[] = "rOprNGfwEbeRWgbqNEkqO";

/* Neither the password nor what stands for it is left. */
static void
must_have_forgotten(const struct player *p)
{
	const unsigned char *a = (const unsigned char *)&p->s.auth;
	size_t i;

	for (i = 0; i < sizeof(p->s.auth); i++)
		must(a[i] == 0);
	must(memmem(p->s.say, sizeof(p->s.say), "AHVzZXIAcGVuY2ls", 16) ==
	    NULL); /* PLAIN */
	must(memmem(p->s.say, sizeof(p->s.say), "cGVuY2ls", 8) == NULL);
	must(memmem(p->s.say, sizeof(p->s.say), "dXNlcg==", 8) == NULL);
	must(memmem(p->s.say, sizeof(p->s.say), "Yz1iaXdz", 8) == NULL);
}

static void
set_result(struct player *p, uint32_t tag, enum smtp_result result)
{
	must(tag < p->tag && p->result[tag] == 0);
	p->result[tag] = (char)result;
}

static void
on_event(void *arg, const struct smtp_event *e)
{
	struct player *p = arg;
	uint32_t tag;
	size_t at = 0, n, i, left = 0;

	must(!p->closed && e->reply->len == strlen(e->reply->text) &&
	    e->reply->len <= SMTP_TEXT_MAX);
	for (i = 0; i < e->reply->len; i++)
		must(e->reply->text[i] >= ' ' && e->reply->text[i] <= '~');
	if (e->kind == SMTP_EV_RCPT)
		set_result(p, e->tag, e->result);
	while (e->kind == SMTP_EV_TXN && smtp_left(e, &at, &tag, &n))
		for (i = 0; i < n; i++, left++)
			set_result(p, tag + (uint32_t)i, e->result);
	if (e->kind == SMTP_EV_TXN) {
		must(e->left == left);
		if (e->result == SMTP_DELIVERED && left > 0)
			must(++p->delivered <= p->dots);
	}
	if (e->kind == SMTP_EV_READY) {
		must(!p->shy || p->secure);
		must(p->s.conf.login == NULL || e->verb == SMTP_AUTH);
	}
	if (e->kind == SMTP_EV_READY || e->kind == SMTP_EV_CLOSED)
		must_have_forgotten(p);
	p->closed = e->kind == SMTP_EV_CLOSED;
}

static void
begin(struct player *p, unsigned n)
{
	struct smtp_mail m = {
	    "s@x", 3, 1, 0, p, {SMTP_NOTIFY_FAILURE, {"job", 3}}};
	char addr[16];

	if (p->tag + n > RCPTS || smtp_room(&p->s) < n ||
	    smtp_txn_begin(&p->s, &m) < 0)
		return;
	for (; n > 0; n--, p->tag++) {
		snprintf(addr, sizeof(addr), "r%u@x", p->tag);
		must(smtp_txn_rcpt(&p->s, addr, strlen(addr), p->tag) == 0);
	}
	must(smtp_txn_end(&p->s) == 0);
}

/* Is it the start of a line that may go over clear text? */
static int
opens(const char *line, size_t len)
{
	static const char *const may[] = {"EHLO ", "HELO ", "STARTTLS\r\n"};
	size_t i, n;

	for (i = 0; i < sizeof(may) / sizeof(*may); i++) {
		n = strlen(may[i]);
		if (memcmp(line, may[i], n < len ? n : len) == 0)
			return 1;
	}
	return 0;
}

static void
see(struct player *p, const char *out, size_t n)
{
	must(!smtp_wants_tls(&p->s));
	for (; n > 0; n--, out++) {
		if (p->line_len < sizeof(p->line))
			p->line[p->line_len++] = *out;
		must(p->secure || !p->shy || opens(p->line, p->line_len));
		if (*out == '\n')
			p->line_len = 0;
		memmove(p->last, p->last + 1, 2);
		p->last[2] = *out;
		p->dots += memcmp(p->last, ".\r\n", 3) == 0;
	}
}

/* Take at most max bytes, a body counts as one. */
static void
drain(struct player *p, size_t max)
{
	const char *out;
	struct smtp_body b;
	size_t n;

	for (; max > 0; max -= n) {
		n = smtp_out(&p->s, &out);
		if (n > max)
			n = max;
		if (n > 0) {
			see(p, out, n);
			smtp_took(&p->s, n);
		} else if (smtp_wants_body(&p->s, &b)) {
			must(b.arg == p && !smtp_wants_tls(&p->s));
			n = 1;
			p->dots += b.raw;
			smtp_body_took(&p->s, 1);
		} else
			break;
		p->sent += n;
	}
}

/* The handshake is over; one that nobody agreed to does not happen. */
static void
tls_done(struct player *p)
{
	const char *out;

	if (!smtp_wants_tls(&p->s))
		return;
	must(!p->secure && smtp_room(&p->s) == 0);
	smtp_tls_done(&p->s);
	p->secure = 1;
	must(smtp_offers(&p->s)->bits == 0 && smtp_offers(&p->s)->auth == 0);
	must(smtp_out(&p->s, &out) == 9 && memcmp(out, "EHLO me\r\n", 9) == 0);
}

static void
hear(struct player *p, const uint8_t *data, size_t n)
{
	int clear = smtp_wants_tls(&p->s) && n > 0;

	smtp_feed(&p->s, (const char *)data, n);
	must(!clear || p->closed);
}

static void
step(struct player *p, uint8_t what)
{
	if (what == 'q')
		smtp_quit(&p->s);
	else if (what == 'l')
		smtp_lost(&p->s, "4.4.2", "lost");
	else if (what == 'w')
		smtp_wrote(&p->s, p->sent);
	else if (what == 't')
		tls_done(p);
	else if (what >= '0' && what <= '9')
		begin(p, (unsigned)(what - '0'));
	else if (what >= 'A' && what <= 'Z')
		drain(p, (size_t)(what - 'A') + 3);
	else {
		drain(p, SIZE_MAX);
		smtp_wrote(&p->s, p->sent);
	}
}

static void
configure(struct player *p, struct smtp_start *conf, unsigned bits)
{
	conf->tls = bits & TLS_MUST ? SMTP_TLS_MUST
	    : bits & TLS_MAY        ? SMTP_TLS_MAY
				    : SMTP_TLS_NONE;
	conf->secure = p->secure = (bits & SECURE) != 0;
	conf->login = bits & LOGIN ? &user : NULL;
	conf->nonce = nonce;
	conf->no_chunks = (bits & NO_CHUNKS) != 0;
	p->shy = (bits & (TLS_MUST | LOGIN)) != 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct player p;
	struct smtp_start conf = {.name = "me",
	    .rcpt_max = 20,
	    .flights = 8,
	    .event = on_event,
	    .arg = &p};
	const uint8_t *end = data + size, *mark;
	uint32_t i;

	if (size < 2)
		return 0;
	memset(&p.sent, 0, sizeof(p) - offsetof(struct player, sent));
	conf.window = *data++;
	configure(&p, &conf, *data++);
	must(smtp_start(&p.s, &conf) == 0);
	while (data < end) {
		mark = memchr(data, STEP, (size_t)(end - data));
		if (mark == NULL)
			mark = end;
		hear(&p, data, (size_t)(mark - data));
		data = mark + 1;
		if (data < end)
			step(&p, *data++);
	}
	smtp_lost(&p.s, "4.4.2", "end of input");
	must(p.closed && smtp_busy(&p.s) == 0);
	for (i = 0; i < p.tag; i++)
		must(p.result[i] != 0);
	return 0;
}
