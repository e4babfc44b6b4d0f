#include "lib/keyfilter.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 8 }; /* bytes */

static uint64_t
load(const char *s, size_t len)
{
	uint64_t n = 0;

	memcpy(&n, s, len);
	return le64toh(n);
}

static uint64_t
mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15U;
	return h ^ h >> 32;
}

uint64_t
keyfilter_hash(struct bytes key)
{
	uint64_t h = key.len;

	for (; key.len > WORD; key.s += WORD, key.len -= WORD)
		h = mix(h, load(key.s, WORD));
	return mix(h, load(key.s, key.len)) * 0x9e3779b97f4a7c15U;
}

/* A key is three bits of one word: where that is, and which they are. */
static size_t
place_of(uint64_t h, size_t len)
{
	return (h >> 24 & (len / WORD - 1)) * WORD;
}

static uint64_t
bits_of(uint64_t h)
{
	return 1ULL << (h >> 6 & 63) | 1ULL << (h >> 12 & 63) |
	    1ULL << (h >> 18 & 63);
}

int
keyfilter_make(struct keyfilter *f, size_t n)
{
	f->len = WORD;
	while (f->len < n * 2)
		f->len *= 2;
	f->s = calloc(1, f->len);
	return f->s ? 0 : -1;
}

void
keyfilter_add(struct keyfilter *f, struct bytes key)
{
	uint64_t h = keyfilter_hash(key), word;
	char *at = f->s + place_of(h, f->len);

	word = htole64(load(at, WORD) | bits_of(h));
	memcpy(at, &word, sizeof word);
}

void
keyfilter_free(struct keyfilter *f)
{
	free(f->s);
	*f = (struct keyfilter){NULL, 0};
}

int
keyfilter_ok(struct bytes filter)
{
	return filter.len >= WORD && (filter.len & (filter.len - 1)) == 0;
}

int
keyfilter_may_hold(struct bytes filter, struct bytes key)
{
	return keyfilter_may_have(filter, keyfilter_hash(key));
}

int
keyfilter_may_have(struct bytes filter, uint64_t hash)
{
	uint64_t bits = bits_of(hash);

	return (load(filter.s + place_of(hash, filter.len), WORD) & bits) ==
	    bits;
}

void
keyfilter_fetch(struct bytes filter, uint64_t hash)
{
	__builtin_prefetch(filter.s + place_of(hash, filter.len));
}
