#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/common/opt.h"
#include "bench/lsv-sink/sink.h"
#include "lib/num.h"

static uint64_t
settled(const struct sink *s)
{
	return s->count.rcpts + s->count.rcpts_perm;
}

static void
reset(struct sink *s)
{
	uint64_t open = s->count.open;

	s->count = (struct counters){.open = open, .open_max = open};
	fate_reset(s);
	record_reset(s);
}

/* "WAIT n ms": the answer comes once n recipients are accepted or refused for
 * good, or when the time is over. */
static void
wait_for(struct sink *s, struct conn *c, const char *arg, size_t n)
{
	const char *blank = memchr(arg, ' ', n);
	size_t k = blank ? (size_t)(blank - arg) : n;
	uint64_t rcpts, ms = 60000;

	if (num_u64(&rcpts, arg, k, UINT64_MAX) < 0 ||
	    (blank && num_u64(&ms, blank + 1, n - k - 1, 86400000) < 0) ||
	    s->waiters == WAITERS_MAX || c->wait_for) {
		buf_puts(&c->out, "ERR\n");
		return;
	}
	if (settled(s) >= rcpts) {
		stats_json(s, &c->out);
		return;
	}
	c->wait_for = rcpts;
	c->wait_until = now_ns(CLOCK_MONOTONIC) + ms * 1000000;
	s->waiter[s->waiters++] = c;
}

static int
is(const char *line, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(line, word, n) == 0;
}

static void
line(struct sink *s, struct conn *c, const char *p, size_t n)
{
	if (n > 0 && p[n - 1] == '\r')
		n--;
	if (is(p, n, "STATS")) {
		record_flush(s);
		stats_json(s, &c->out);
	} else if (is(p, n, "RESET")) {
		reset(s);
		buf_puts(&c->out, "OK\n");
	} else if (n > 5 && memcmp(p, "WAIT ", 5) == 0) {
		wait_for(s, c, p + 5, n - 5);
	} else if (is(p, n, "QUIT")) {
		record_flush(s);
		stats_json(s, &c->out);
		c->closing = s->stop = 1;
	} else
		buf_puts(&c->out, "ERR\n");
}

size_t
control_eat(struct sink *s, struct conn *c)
{
	size_t at = 0, n;
	char *nl;

	while ((nl = memchr(c->in + at, '\n', c->in_len - at)) != NULL) {
		n = (size_t)(nl - (c->in + at));
		line(s, c, c->in + at, n);
		at += n + 1;
	}
	return at;
}

int
control_ready(struct sink *s, struct conn *c, uint64_t now)
{
	if (settled(s) < c->wait_for && c->wait_until > now)
		return 0;
	control_forget(s, c);
	c->wait_for = 0;
	record_flush(s);
	stats_json(s, &c->out);
	return 1;
}

void
control_forget(struct sink *s, const struct conn *c)
{
	for (size_t i = 0; i < s->waiters; i++)
		if (s->waiter[i] == c)
			s->waiter[i--] = s->waiter[--s->waiters];
}
