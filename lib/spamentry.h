/* spamentry.h - one entry of a white or blacklist: points and a pattern */
#ifndef LSV_SPAMENTRY_H
#define LSV_SPAMENTRY_H

#include "lib/bytes.h"
#include "lib/ofat.h"
#include "lib/where.h"

enum {
	SPAM_POINTS_MAX = 255, /* one, and 254 extra */
	SPAM_ENTRY_MAX = 512,  /* bytes of a pattern, without its '>' */
};

/* enum spam_kind - what has to be done to find the entries of an address
 *
 * SPAM_ADDRESS     user@domain
 * SPAM_DOMAIN      *@domain
 * SPAM_SUBDOMAINS  *@*.domain: all below the domain, not the domain itself
 * SPAM_USER        user@*
 * SPAM_FREE        all else with a '*'
 */
enum spam_kind {
	SPAM_ADDRESS,
	SPAM_DOMAIN,
	SPAM_SUBDOMAINS,
	SPAM_USER,
	SPAM_FREE,
};
enum { SPAM_KINDS = SPAM_FREE + 1 };

/* struct spam_entry - an entry that was read
 *
 * points  1 to SPAM_POINTS_MAX
 * key     what is looked up: the address; the domain without "*@" or "*@*.";
 *         the user; or the whole pattern. At most SPAM_ENTRY_MAX bytes
 */
struct spam_entry {
	unsigned points;
	enum spam_kind kind;
	struct bytes key;
};

/* spam_entry_parse - read an entry: *">" pattern
 *
 * A pattern is an address in which each '*' stands for any bytes, none as
 * well; without an '@' it means "*@pattern". The key is in normal form: ASCII
 * letters in lower case, no needless quotes, the domain as A-labels. In a
 * domain with a '*' each label without one is turned into an A-label.
 * e       overwritten
 * room    overwritten, holds the key: e is valid until it is used again
 * s, len  without blanks around
 * w       at is an offset into s
 * Returns 0; -1 with w set: no pattern, too many '>', too long, control bytes,
 *         a blank outside of quotes, bytes that are not UTF-8, a domain that
 *         can be none, or out of memory
 * Source  "SPAM_BLACKLIST_FROM, ..." of the site manual: "every '>' sign gives
 *         another score point", "up to 254 extra score points"
 */
int spam_entry_parse(struct spam_entry *e, stralloc *room, const char *s,
    size_t len, struct where *w);

/* spam_entry_of_line - the entry in a line of a text of entries
 *
 * s, len  the line without its LF
 * Returns the entry, without blanks around it, a CR at the end of the line, and a
 *         comment: '#' at its start or behind a blank, not in quotes.  Empty when
 *         the line has none
 */
struct bytes spam_entry_of_line(const char *s, size_t len);

/* spam_glob - does a pattern match all of a text
 *
 * pattern '*' stands for any bytes, none as well; all else for itself
 * text    any bytes
 * Returns 1 or 0, after at most pattern.len times text.len steps
 */
int spam_glob(struct bytes pattern, struct bytes text);

#endif
