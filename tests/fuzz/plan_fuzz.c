/* Any text as a plan: what was read keeps to its maxima, and a plan that could
 * be read can be gone on with. */
#include <stdint.h>

#include "lib/plan.h"
#include "tests/fuzz/fuzz.h"

static void
go_on(const struct plan *p, const char *s)
{
	stralloc out = {0};
	struct plan next;
	struct where w;
	struct bytes key = {(const char *)p->key, p->key_len};

	must(sa_put(&out, s, p->length) == 0);
	if (!p->ended) {
		must(plan_wave(&out, p->chunks, p->rcpts, key) == 0);
		must(plan_end(&out, p->chunks, p->rcpts) == 0);
	}
	must(plan_reported(&out) == 0);
	must(plan_parse(&next, out.s, out.len, &w) == 0);
	must(next.length == out.len && next.ended && next.reported);
	must(next.chunks == p->chunks && next.rcpts == p->rcpts);
	must(next.key_len == p->key_len);
	must(memcmp(next.key, p->key, p->key_len) == 0);
	sa_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct where w = {0, NULL};
	struct plan p;

	if (plan_parse(&p, s, size, &w) < 0) {
		must(w.why != NULL && w.at <= size);
		return 0;
	}
	must(p.chunk > 0 && p.length <= size && p.key_len <= PLAN_KEY_MAX);
	must(strlen(p.poster) <= PLAN_POSTER_MAX);
	go_on(&p, s);
	return 0;
}
