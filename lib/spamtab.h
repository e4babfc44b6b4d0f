/* spamtab.h - making a list of spam entries that can be looked up
 *
 * A list is a set of keys, each with a value. The first byte of a key says what
 * it is:
 *
 *	h	head: the version and how many entries there are of each kind
 *	a d s u an entry of the kinds address, domain, subdomains, user, under
 *		its key (lib/spamentry.h)
 *	g	all free patterns that hold these 4 bytes next to each other;
 *		a pattern stands under one of its grams only, a rare one
 *	b	a bit for each gram that is a key, so that most grams of an
 *		address need no look-up
 *	i	what else those patterns are made of, so that most of the grams
 *		that are keys need no look-up either: for each of SPAMTAB_GROUPS
 *		groups of bits how many patterns those before it have, 2 bytes;
 *		the number of all; and the pairs of each, 8 bytes (see
 *		spamtab_pairs). An older table has none
 *	f	all free patterns that have no 4 bytes without a '*'
 *	x	a filter of the keys (lib/keyfilter.h): most look-ups end here
 *
 * The value of all but h, b, i and x is one record or more:
 *
 *	points 1, line 4, length of pattern 2, length of text 2, pattern, text
 *
 * (bytes; numbers with the little end first). The pattern is that of a free
 * one, else empty; the text is the entry as it was written. Of free patterns
 * those with more points come first. Of entries that mean the same only the
 * one with the most points is kept, of those the first.
 */
#ifndef LSV_SPAMTAB_H
#define LSV_SPAMTAB_H

#include <endian.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/keysort.h"
#include "lib/spamentry.h"

enum {
	SPAMTAB_FREE_MAX = 10000, /* free patterns of a list */
	SPAMTAB_GRAM = 4,         /* bytes */
	SPAMTAB_BITS = 1 << 17,   /* of the value under b */
	SPAMTAB_GROUPS = 1 << 13, /* of them, under i */
	SPAMTAB_RECORD = 9,       /* bytes of a record before its pattern */
};

/* The letter of each enum spam_kind. */
#define SPAMTAB_LETTERS "adsuf"

/* The start of the value under h; then SPAM_KINDS numbers of 4 bytes. */
#define SPAMTAB_FORMAT "lsv-spam 1\n"

/* struct spamtab - a list being made; zeroed is empty
 *
 * arena   the entries, each at a multiple of 8 bytes
 * order   n that are not free, by their place in the arena
 * loose   nloose free patterns, likewise
 * room    for the key of the entry that is being read
 * count   entries of each kind, those that mean the same counted as often as
 *         they were added
 */
struct spamtab {
	char *arena;
	size_t used, arena_room;
	struct keysort *order;
	size_t n, order_room;
	uint32_t *loose;
	size_t nloose;
	stralloc room;
	uint32_t count[SPAM_KINDS];
};

/* spamtab_add - add an entry
 *
 * s, len  as for spam_entry_parse
 * line    where it stands in its file; 0 for an entry of site.cfg
 * w       at is an offset into s
 * Returns 0; -1 with w set as spam_entry_parse does, or because there are too
 *         many free patterns; the list then is as it was
 */
int spamtab_add(struct spamtab *t, const char *s, size_t len, uint32_t line,
    struct where *w);

/* spamtab_each - call fn with every key and value, each key once
 *
 * t       is sorted by it; more entries may be added afterwards
 * fn      key and value are valid during the call only. It returns 0, or -1 to
 *         stop
 * Returns 0; -1 with the errno of fn, or ENOMEM
 */
int spamtab_each(struct spamtab *t,
    int (*fn)(void *arg, struct bytes key, struct bytes value), void *arg);

/* struct spamtab_written - what is known of a table
 *
 * keys    without h, b, i and x
 * bytes   of the file
 */
struct spamtab_written {
	uint64_t keys, bytes;
};

/* spamtab_write - make the table of a list, durable and in place
 *
 * dir     directory descriptor; nobody else writes tables there meanwhile
 * name    of the table; NULL only finds out how large it would be
 * mode    of the file, whatever the umask
 * out     overwritten
 * Returns 0; -1 with errno as the functions table_make_*: the old table is then
 *         still in place
 */
int spamtab_write(struct spamtab *t, int dir, const char *name, mode_t mode,
    struct spamtab_written *out);

/* spamtab_gram_bit - which bit of the value under b belongs to 4 bytes */
static inline uint32_t
spamtab_gram_bit(const char *gram)
{
	uint32_t n;

	/* the same on every machine, as it is in files */
	memcpy(&n, gram, sizeof n);
	return le32toh(n) * 0x9e3779b1U >> 15;
}

/* spamtab_group - the group under i that this bit is of */
static inline size_t
spamtab_group(uint32_t bit)
{
	return bit / (SPAMTAB_BITS / SPAMTAB_GROUPS);
}

/* spamtab_pairs - which pairs of bytes stand side by side in a pattern or in
 * an address
 *
 * pattern 1: a pair with a '*' does not count
 * Returns a bit for each; several have the same. A pattern that has one which
 *         an address has not does not match it
 */
uint64_t spamtab_pairs(struct bytes text, int pattern);

/* spamtab_free - give the memory back; t is empty then */
void spamtab_free(struct spamtab *t);

#endif
