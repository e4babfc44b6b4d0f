#include "lib/breaker.h"

int
breaker_asks(struct breaker *b, uint64_t now_ms)
{
	if (!b->open)
		return 1;
	if (b->probing || now_ms < b->next_ms)
		return 0;
	b->probing = 1;
	return 1;
}

int
breaker_result(struct breaker *b, int good, uint64_t now_ms)
{
	int was = b->open;

	if (good) {
		*b = (struct breaker){.failures = 0};
		return was ? -1 : 0;
	}
	b->failures++;
	b->probing = 0;
	b->next_ms = now_ms + BREAKER_PROBE_MS;
	b->open = b->failures >= BREAKER_FAILURES;
	return b->open && !was;
}
