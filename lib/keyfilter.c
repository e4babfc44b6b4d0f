#include "lib/keyfilter.h"

#include <endian.h>
#include <stdint.h>
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
hash(struct bytes key)
{
	uint64_t h = key.len;

	for (;;) {
		h = (h ^ load(key.s, key.len < 8 ? key.len : 8)) *
		    0x9e3779b97f4a7c15U;
		h ^= h >> 32;
		if (key.len <= 8)
			return h * 0x9e3779b97f4a7c15U;
		key.s += 8;
		key.len -= 8;
	}
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
	uint64_t h = hash(key), word;
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
	uint64_t h = hash(key), bits = bits_of(h);

	return (load(filter.s + place_of(h, filter.len), WORD) & bits) == bits;
}
