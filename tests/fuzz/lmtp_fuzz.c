/* A client of LMTP: the steps in which it speaks make no difference, a message
 * ends where a plain search finds its end and nowhere else, each command has
 * one reply and each message one for every recipient that was taken. */
#include <stdlib.h>
#include <string.h>

#include "lib/lmtp.h"
#include "tests/fuzz/fuzz.h"

/* struct run - a dialogue
 *
 * s, len  what the client says, at bytes of it read
 * body    where the message under way begins
 * got     bytes of it so far, dots undone
 * taken   recipients of the transaction
 * replies how many there have to be
 */
struct run {
	struct lmtp l;
	const char *s;
	size_t len, at;
	size_t body;
	stralloc got;
	size_t taken;
	size_t replies;
};

static int
has(const struct run *r, size_t at, const char *z)
{
	size_t n = strlen(z);

	return r->len - at >= n && memcmp(r->s + at, z, n) == 0;
}

/* Where the message that begins at r->body is over; 0 when it is not. */
static size_t
message_end(const struct run *r)
{
	if (has(r, r->body, ".\r\n"))
		return r->body + 3;
	for (size_t i = r->body; i < r->len; i++)
		if (has(r, i, "\r\n.\r\n"))
			return i + 5;
	return 0;
}

/* The message line by line, a dot in front of one left out. */
static void
message_check(const struct run *r, size_t end)
{
	size_t n = 0, i = r->body;

	while (i < end - 3) {
		if (r->s[i] == '.')
			i++;
		for (; !has(r, i, "\r\n"); i++, n++)
			must(n < r->got.len && r->got.s[n] == r->s[i]);
		must(n < r->got.len && r->got.s[n++] == '\n');
		i += 2;
	}
	must(n == r->got.len);
}

/* Some are refused, the same ones in any steps. */
static int
taken(struct bytes arg)
{
	return arg.len == 0 || (unsigned char)arg.s[arg.len - 1] % 8 != 0;
}

static void
answer(struct run *r, int event)
{
	int ok;

	if (event == LMTP_MAIL || event == LMTP_RCPT) {
		ok = taken(r->l.arg);
		must(lmtp_answer(&r->l, ok, 0, ok ? "2.0.0 ok" : "5.7.1 no") ==
		    0);
		r->taken += ok && event == LMTP_RCPT;
	}
	if (r->l.state != LMTP_GIVEN && r->l.state != LMTP_BODY)
		r->taken = 0;
	must(r->l.rcpts == r->taken && r->taken <= LMTP_RCPT_MAX);
	must(event != LMTP_DATA || r->taken > 0);
}

static size_t
count(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += s[i] == '\n';
	return n;
}

static int
commands(struct run *r, size_t part)
{
	size_t used;
	int event = lmtp_next(&r->l, r->s + r->at, part, &used);

	must(event >= 0 && used > 0 && used <= part);
	must(event == LMTP_MORE || r->s[r->at + used - 1] == '\n');
	r->replies += count(r->s + r->at, used);
	r->at += used;
	answer(r, event);
	if (event == LMTP_DATA) {
		r->body = r->at;
		r->got.len = 0;
	}
	return event;
}

static int
body(struct run *r, size_t part)
{
	char to[64];
	size_t used, n;
	int event =
	    lmtp_data(&r->l, r->s + r->at, part, &used, to, sizeof to, &n);

	must(event >= 0 && used > 0 && used <= part && n <= sizeof to);
	must(sa_put(&r->got, to, n) == 0);
	r->at += used;
	if (event != LMTP_DOT)
		return event;
	must(r->at == message_end(r));
	message_check(r, r->at);
	must(r->l.rcpts == r->taken);
	for (size_t i = 0; i < r->l.rcpts; i++)
		must(lmtp_answer(&r->l, !r->l.flaw, 0, "5.6.0 dot") == 0);
	r->replies += r->taken;
	lmtp_done(&r->l);
	answer(r, LMTP_RESET);
	return event;
}

/* Whole lines of printable text, and as many replies as there have to be. */
static void
replies_check(const struct run *r)
{
	const char *s = r->l.out.s;
	size_t len = r->l.out.len, n = 0;

	for (size_t at = 0, end; at < len; at = end) {
		const char *lf = memchr(s + at, '\n', len - at);

		must(lf != NULL);
		end = (size_t)(lf - s) + 1;
		must(end - at >= 6 && end - at <= LMTP_REPLY_MAX);
		must(lf[-1] == '\r' && s[at] >= '2' && s[at] <= '5');
		for (size_t i = at; i < end - 2; i++)
			must(s[i] >= ' ' && s[i] <= '~');
		n += s[at + 3] == ' ';
	}
	must(n == r->replies);
}

static void
talk(struct run *r, size_t step)
{
	int event = LMTP_MORE;

	while (r->at < r->len && event != LMTP_QUIT) {
		size_t left = r->len - r->at;
		size_t part = left < step ? left : step;

		event =
		    r->l.state == LMTP_BODY ? body(r, part) : commands(r, part);
	}
	if (r->l.state == LMTP_BODY)
		must(message_end(r) == 0);
	replies_check(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run whole = {.l = {.name = "n", .max = 4096},
	    .s = (const char *)data,
	    .len = size};
	struct run parts = whole;

	talk(&whole, size);
	talk(&parts, 7);
	must(whole.at == parts.at && whole.l.out.len == parts.l.out.len);
	must(whole.l.out.len == 0 ||
	    memcmp(whole.l.out.s, parts.l.out.s, whole.l.out.len) == 0);
	sa_free(&whole.got);
	sa_free(&parts.got);
	lmtp_free(&whole.l);
	lmtp_free(&parts.l);
	return 0;
}
