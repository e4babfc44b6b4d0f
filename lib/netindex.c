#include "lib/netindex.h"

enum { ROOM_FIRST = 128 };

static struct bytes
name_of(struct netnamed a, uint32_t number)
{
	struct nettext t;

	memcpy(&t, (const char *)a.array + number * a.size, sizeof t);
	if (t.len == 0)
		return (struct bytes){"", 0};
	return (struct bytes){a.text->s + t.at, t.len};
}

/* The upper half of its hash, the lower one all zero. */
static uint64_t
hash(struct bytes name)
{
	return bytes_hash(name) & ~(uint64_t)UINT32_MAX;
}

static uint32_t
number_in(uint64_t slot)
{
	return (uint32_t)slot - 1;
}

/* The slot that has a name, or the free one for it. */
static size_t
slot_of(const struct netindex *x, struct netnamed a, struct bytes name)
{
	uint64_t h = hash(name);
	size_t mask = x->room - 1, i = (h >> 32) & mask;

	for (; x->slot[i]; i = (i + 1) & mask) {
		struct bytes b;

		if ((x->slot[i] & ~(uint64_t)UINT32_MAX) != h)
			continue;
		b = name_of(a, number_in(x->slot[i]));
		if (b.len == name.len && memcmp(b.s, name.s, b.len) == 0)
			break;
	}
	return i;
}

uint32_t
netindex_find(const struct netindex *x, struct netnamed a, struct bytes name)
{
	uint64_t slot;

	if (x->room == 0)
		return UINT32_MAX;
	slot = x->slot[slot_of(x, a, name)];
	return slot ? number_in(slot) : UINT32_MAX;
}

/* Twice the room: a quarter to a half of it is used. */
static int
grow(struct netindex *x)
{
	size_t room = x->room ? 2 * x->room : ROOM_FIRST, mask = room - 1;
	uint64_t *slot = calloc(room, sizeof *slot);

	if (!slot)
		return -1;
	for (size_t i = 0; i < x->room; i++) {
		size_t to = (x->slot[i] >> 32) & mask;

		if (!x->slot[i])
			continue;
		while (slot[to])
			to = (to + 1) & mask;
		slot[to] = x->slot[i];
	}
	free(x->slot);
	x->slot = slot;
	x->room = room;
	return 0;
}

int
netindex_add(struct netindex *x, struct netnamed a, uint32_t number)
{
	struct bytes name = name_of(a, number);

	if (2 * (x->used + 1) > x->room && grow(x) < 0)
		return -1;
	x->slot[slot_of(x, a, name)] = hash(name) | (number + UINT64_C(1));
	x->used++;
	return 0;
}

void
netindex_free(struct netindex *x)
{
	free(x->slot);
	*x = (struct netindex){0};
}
