/* Any text as SMTP_FORWARD_n and as SMTP_FORWARD: relays inside the text, or a
 * place in it. */
#include <stdint.h>

#include "lib/forward.h"
#include "tests/fuzz/fuzz.h"

static void
check_target(const struct forward_target *t, const char *s, size_t len)
{
	must(t->host >= s && t->host + t->hostlen <= s + len);
	must(t->hostlen > 0 && t->hostlen <= FORWARD_NAME_MAX);
	must(t->port > 0 && t->windows <= FORWARD_WINDOWS);
	for (size_t i = 0; i < t->windows; i++) {
		const struct window *w = &t->window[i];

		must(w->days > 0 && w->days <= WINDOW_ALL_DAYS);
		must(w->from < WINDOW_DAY_END && w->to <= WINDOW_DAY_END);
		must(w->from != w->to);
	}
}

static void
check_text(struct bytes b, const char *s, size_t len)
{
	must(b.len == 0 || (b.s >= s && b.s + b.len <= s + len));
}

static void
check(const struct forward *f, const char *s, size_t len)
{
	must(f->count > 0 && f->count <= FORWARD_COUNT_MAX);
	must(f->targets > 0 && f->targets <= FORWARD_TARGETS);
	for (size_t i = 0; i < f->targets; i++)
		check_target(&f->target[i], s, len);
	must(f->pools > 0 && f->pools <= FORWARD_ALL_POOLS);
	must(f->tls <= TLS_IMPLICIT);
	check_text(f->auth, s, len);
	check_text(f->helo, s, len);
	check_text(f->bind, s, len);
	must(f->auth.len == 0 || f->tls != TLS_NONE);
	must(f->rate >= 0 && f->rate < 1e9 + 1);
	must(f->concurrency <= FORWARD_CONCURRENCY_MAX);
	must(f->maxrcpt <= FORWARD_MAXRCPT_MAX);
	must(f->idle_ms <= FORWARD_IDLE_MAX_MS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct where w = {0, NULL};
	struct forward f, one;
	int many = forward_parse(&f, s, size, &w);

	if (many == 0)
		check(&f, s, size);
	else
		must(w.at <= size && w.why != NULL);
	if (forward_parse_one(&one, s, size, &w) == 0) {
		must(many == 0 && one.targets == 1 && one.count == 1);
		must(one.target[0].windows == 0 &&
		    one.pools == FORWARD_ALL_POOLS);
		check(&one, s, size);
	} else {
		must(w.at <= size && w.why != NULL);
	}
	return 0;
}
