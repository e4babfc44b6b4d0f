/* bytes.h - a piece of somebody else's memory */
#ifndef LSV_BYTES_H
#define LSV_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* struct bytes - len bytes at s; may hold NUL, has no terminating one */
struct bytes {
	const char *s;
	size_t len;
};

/* bytes_z - the bytes of a NUL-terminated string, without the NUL */
static inline struct bytes
bytes_z(const char *z)
{
	return (struct bytes){z, strlen(z)};
}

/* bytes_hash - a number that spreads well, never for anything that must not be
 * made to collide
 *
 * Source  FNV-1a, 64 bits
 */
static inline uint64_t
bytes_hash(struct bytes b)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < b.len; i++)
		h = (h ^ (unsigned char)b.s[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* bytes_eq - are they the same; 1 or 0 */
static inline int
bytes_eq(struct bytes b, const char *z)
{
	return b.len == strlen(z) && memcmp(b.s, z, b.len) == 0;
}

/* bytes_starts, bytes_ends, bytes_same - begin, end, or are the whole of the
 * bytes a text, in whatever case of A to Z; 1 or 0
 *
 * z       no bytes above 127
 */
static inline int
bytes_starts(struct bytes b, const char *z)
{
	size_t n = strlen(z);

	return n == 0 || (b.len >= n && strncasecmp(b.s, z, n) == 0);
}

static inline int
bytes_ends(struct bytes b, const char *z)
{
	size_t n = strlen(z);

	return n == 0 ||
	    (b.len >= n && strncasecmp(b.s + b.len - n, z, n) == 0);
}

static inline int
bytes_same(struct bytes b, const char *z)
{
	return b.len == strlen(z) && bytes_starts(b, z);
}

/* bytes_among - are the bytes the same as one of n words; 1 or 0 */
static inline int
bytes_among(struct bytes b, const char *const *word, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_same(b, word[i]))
			return 1;
	return 0;
}

/* bytes_word - take the next word off a line
 *
 * line    moved on behind the word and the blank after it
 * Returns the bytes up to the next blank, or all; empty when there is none
 */
static inline struct bytes
bytes_word(struct bytes *line)
{
	const char *sp = memchr(line->s, ' ', line->len);
	struct bytes w = {line->s, sp ? (size_t)(sp - line->s) : line->len};
	size_t used = w.len + (sp != NULL);

	line->s += used;
	line->len -= used;
	return w;
}

#endif
