/* What a host may send at any point of a dialogue. Whatever it is: every
 * recipient gets exactly one result, delivered ones only after the dot or the
 * chunk has left, and what others see of a reply is printable. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/smtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RCPTS = 64, STEP = 0x1e };

struct player {
	struct smtp s;
	uint64_t sent;
	uint32_t tag;
	int dots;      /* final dots and chunks that have left */
	char last[3];  /* bytes that have left */
	int delivered; /* transactions */
	int closed;
	char result[RCPTS];
};

static void
must(int truth)
{
	if (!truth)
		abort();
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
	p->closed = e->kind == SMTP_EV_CLOSED;
}

static void
begin(struct player *p, unsigned n)
{
	struct smtp_mail m = {"s@x", 3, 1, 0, p};
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

static void
see(struct player *p, const char *out, size_t n)
{
	for (; n > 0; n--, out++) {
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
			must(b.arg == p);
			n = 1;
			p->dots += b.raw;
			smtp_body_took(&p->s, 1);
		} else
			break;
		p->sent += n;
	}
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
	else if (what >= '0' && what <= '9')
		begin(p, (unsigned)(what - '0'));
	else if (what >= 'A' && what <= 'Z')
		drain(p, (size_t)(what - 'A') + 3);
	else {
		drain(p, SIZE_MAX);
		smtp_wrote(&p->s, p->sent);
	}
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

	if (size < 1)
		return 0;
	conf.window = *data++;
	memset(&p.sent, 0, sizeof(p) - offsetof(struct player, sent));
	must(smtp_start(&p.s, &conf) == 0);
	while (data < end) {
		mark = memchr(data, STEP, (size_t)(end - data));
		if (mark == NULL)
			mark = end;
		smtp_feed(&p.s, (const char *)data, (size_t)(mark - data));
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
