/* spamset.h - the entries of a white or blacklist, looked up by address
 *
 * The entries of the site's variable are in memory, those of its text file in a
 * table that lsv-table made (lib/spamtab.h). Both are looked up the same way.
 */
#ifndef LSV_SPAMSET_H
#define LSV_SPAMSET_H

#include "lib/spamtab.h"
#include "lib/table.h"

enum {
	/* of a longer address only so many bytes are looked at, the last */
	SPAMSET_ADDRESS_MAX = 1024,
	/* itself, its domain, and what is behind a dot or before an '@' */
	SPAMSET_KEYS_MAX = SPAMSET_ADDRESS_MAX + 2,
};

/* struct spam_hit - an entry that matches an address
 *
 * points  1 to SPAM_POINTS_MAX
 * entry   as it was written, with its '>'; valid until the set changes
 * line    of the file its table was made from; 0 when it is of site.cfg
 */
struct spam_hit {
	unsigned points;
	struct bytes entry;
	uint32_t line;
};

/* struct spamset_pair - a key and its value */
struct spamset_pair {
	struct bytes key, value;
};

/* struct spamset_half - what is known of one of the two places of a set
 *
 * has     a bit 1 << enum spam_kind for each kind of which there are entries
 * grams   the value under b; NULL when there is none
 * pairs   the value under i; NULL when there is none
 * loose, filter  the values under f and x; empty when there is none
 */
struct spamset_half {
	unsigned has;
	const unsigned char *grams;
	const char *pairs;
	struct bytes loose, filter;
};

/* struct spamset - one of the four lists; zeroed is empty
 *
 * building  entries of the variable before spamset_seal
 * pair    npair of them afterwards in the order of their keys, text their
 *         memory
 * path    of the table, also when it could not be opened; NULL for none
 * own, other   of the variable, of the table
 */
struct spamset {
	struct spamtab building;
	struct spamset_pair *pair;
	size_t npair;
	stralloc text;
	struct table table;
	char *path;
	struct spamset_half own, other;
};

/* spamset_add - add an entry of the variable
 *
 * s, len  as for spam_entry_parse
 * w       at is an offset into s
 * Returns 0; -1 with w set as spamtab_add does
 */
int spamset_add(
    struct spamset *set, const char *s, size_t len, struct where *w);

/* spamset_seal - after the last entry of the variable: they can be found now
 *
 * Nothing may be added afterwards. A set without entries need not be sealed.
 * Returns 0; -1 with errno ENOMEM
 */
int spamset_seal(struct spamset *set);

/* spamset_table - use a table
 *
 * path    remembered for spamset_refresh, also when the table cannot be opened;
 *         NULL: use none from now on
 * Returns 0; -1 with errno ENOENT when there is none, EPROTO when it is damaged
 *         or of another version, ENOMEM, or what open said: then only the
 *         entries of the variable are found
 */
int spamset_table(struct spamset *set, const char *path);

/* spamset_refresh - open the table again if another one took its place, or if
 * it could not be opened before
 *
 * Returns 1 when a new table is in use: what hits point to is gone then; 0 when
 *         it is the same, or there is no path; -1 with the errno of
 *         spamset_table: the old one stays in use
 */
int spamset_refresh(struct spamset *set);

/* spamset_is_empty - is there no entry that could match; 1 or 0 */
int spamset_is_empty(const struct spamset *set);

/* spamset_find - the entry with the most points that matches an address
 *
 * address in lower case, its domain as A-labels; what has no '@' matches
 *         nothing
 * hit     overwritten; its points are 0 when none was found
 * Returns 1; 0 when none matches; -1 with errno EPROTO when the table is
 *         damaged, and hit is what was found before that was seen
 */
int spamset_find(
    const struct spamset *set, struct bytes address, struct spam_hit *hit);

/* struct spamset_key - what an entry that is not free would stand under
 *
 * hash    of the key with its letter
 * at, len which bytes of the address it is
 * kind    enum spam_kind
 */
struct spamset_key {
	uint64_t hash;
	uint16_t at, len;
	uint8_t kind;
};

/* struct spamset_look - an address and all of its keys, n, for all lists
 *
 * pairs   spamtab_pairs of the address
 * sign    1: there is an '@'
 */
struct spamset_look {
	struct bytes address;
	uint64_t pairs;
	int sign;
	size_t n;
	struct spamset_key key[SPAMSET_KEYS_MAX];
};

/* spamset_look - get ready to look an address up, in several lists
 *
 * look    overwritten; it points to the address
 * address as for spamset_find
 */
void spamset_look(struct spamset_look *look, struct bytes address);

/* spamset_fetch - have what a look into the set needs in the cache soon */
void spamset_fetch(const struct spamset *set, const struct spamset_look *look);

/* spamset_find_looked, spamset_each_looked - spamset_find and spamset_each of
 * the address of a look */
int spamset_find_looked(const struct spamset *set,
    const struct spamset_look *look, struct spam_hit *hit);
int spamset_each_looked(const struct spamset *set,
    const struct spamset_look *look,
    int (*fn)(void *arg, const struct spam_hit *hit), void *arg);

/* spamset_each - call fn with every entry that matches an address
 *
 * Of entries that mean the same only one is known, see lib/spamtab.h.
 * address as for spamset_find
 * fn      returns 0; anything else stops
 * Returns 0; what fn returned; -1 with errno EPROTO
 */
int spamset_each(const struct spamset *set, struct bytes address,
    int (*fn)(void *arg, const struct spam_hit *hit), void *arg);

/* spamset_free - close the table and give the memory back; set is empty then */
void spamset_free(struct spamset *set);

#endif
