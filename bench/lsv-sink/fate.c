#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lsv-sink/sink.h"

/* FNV-1a with a seed, then mixed once, of the address in lower case. */
static uint64_t
hash(const char *s, size_t n, uint64_t seed)
{
	uint64_t h = 0xcbf29ce484222325u ^ (seed * 0x9e3779b97f4a7c15u);

	for (; n > 0; n--) {
		h ^= (uint64_t)tolower((unsigned char)*s++);
		h *= 0x100000001b3u;
	}
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

/* The upper 53 bits as a number from 0 to just below 1. */
static double
share(uint64_t h)
{
	return (double)(h >> 11) / 9007199254740992.0;
}

/* xorshift64 */
static double
chance(struct sink *s)
{
	uint64_t r = s->random;

	r ^= r << 13;
	r ^= r >> 7;
	r ^= r << 17;
	s->random = r;
	return share(r);
}

/* An open hash table, never more than half full, without the key 0. */
static int
set_add(uint64_t *set, size_t cap, uint64_t key)
{
	size_t i = key & (cap - 1);

	for (; set[i]; i = (i + 1) & (cap - 1))
		if (set[i] == key)
			return 0;
	set[i] = key;
	return 1;
}

static int
first_time(struct sink *s, uint64_t key)
{
	size_t cap = s->tried_cap ? s->tried_cap * 2 : 4096;
	uint64_t *larger;

	if (s->tried_n * 2 >= s->tried_cap) {
		larger = mem_get(cap * sizeof *larger);
		for (size_t i = 0; i < s->tried_cap; i++)
			if (s->tried[i])
				set_add(larger, cap, s->tried[i]);
		free(s->tried);
		s->tried = larger;
		s->tried_cap = cap;
	}
	if (!set_add(s->tried, s->tried_cap, key ? key : 1))
		return 0;
	s->tried_n++;
	return 1;
}

int
fate_perm(const struct sink *s, const char *address, size_t n)
{
	return s->opt.rcpt_perm > 0 &&
	    share(hash(address, n, s->opt.seed + 1)) < s->opt.rcpt_perm;
}

int
fate_temp(struct sink *s, const char *address, size_t n)
{
	uint64_t h;

	if (s->opt.rcpt_temp <= 0)
		return 0;
	h = hash(address, n, s->opt.seed + 2);
	return share(h) < s->opt.rcpt_temp && first_time(s, h);
}

int
fate_text_temp(struct sink *s)
{
	return s->opt.text_temp > 0 && chance(s) < s->opt.text_temp;
}

int
fate_text_cut(struct sink *s)
{
	return s->opt.text_cut > 0 && chance(s) < s->opt.text_cut;
}

void
fate_reset(struct sink *s)
{
	if (s->tried)
		memset(s->tried, 0, s->tried_cap * sizeof *s->tried);
	s->tried_n = 0;
}
