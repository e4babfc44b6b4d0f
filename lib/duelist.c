#include "lib/duelist.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

static int
earlier(const struct duelist *l, size_t a, size_t b)
{
	return l->item[a].at_ms < l->item[b].at_ms;
}

static void
swap(struct duelist *l, size_t a, size_t b)
{
	struct due d = l->item[a];

	l->item[a] = l->item[b];
	l->item[b] = d;
}

static void
up(struct duelist *l, size_t at)
{
	for (; at > 0 && earlier(l, at, (at - 1) / 2); at = (at - 1) / 2)
		swap(l, at, (at - 1) / 2);
}

static void
down(struct duelist *l, size_t at)
{
	for (;;) {
		size_t first = at, child = 2 * at + 1;

		if (child < l->n && earlier(l, child, first))
			first = child;
		if (child + 1 < l->n && earlier(l, child + 1, first))
			first = child + 1;
		if (first == at)
			return;
		swap(l, at, first);
		at = first;
	}
}

int
duelist_add(struct duelist *l, const struct due *d)
{
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : FIRST_ROOM;
		void *p = reallocarray(l->item, room, sizeof *l->item);

		if (!p)
			return -1;
		l->item = p;
		l->room = room;
	}
	l->item[l->n] = *d;
	up(l, l->n++);
	return 0;
}

int
duelist_take(struct duelist *l, struct due *out, uint64_t now_ms)
{
	if (l->n == 0 || l->item[0].at_ms > now_ms)
		return 0;
	*out = l->item[0];
	l->item[0] = l->item[--l->n];
	down(l, 0);
	return 1;
}

uint64_t
duelist_wait(const struct duelist *l, uint64_t now_ms, uint64_t max_ms)
{
	uint64_t at_ms = l->n ? l->item[0].at_ms : UINT64_MAX;

	if (at_ms <= now_ms)
		return 0;
	return at_ms - now_ms < max_ms ? at_ms - now_ms : max_ms;
}

size_t
duelist_hurry(struct duelist *l, const unsigned char *sum)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct due *d = &l->item[i];

		if (!d->has_sum || memcmp(d->sum, sum, sizeof d->sum) != 0)
			continue;
		d->at_ms = 0;
		up(l, i); /* what comes down instead was looked at already */
		n++;
	}
	return n;
}

void
duelist_free(struct duelist *l)
{
	free(l->item);
	*l = (struct duelist){0};
}
