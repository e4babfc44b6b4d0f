/* spamscore.h - the points that the white and blacklists give a message */
#ifndef LSV_SPAMSCORE_H
#define LSV_SPAMSCORE_H

#include <stdint.h>

#include "lib/facts.h"
#include "lib/header.h"
#include "lib/mailaddrs.h"
#include "lib/spamentry.h"
#include "lib/spamlist.h"
#include "lib/spamset.h"

enum {
	/* bytes of an entry with its '>' as a score keeps it; longer is cut */
	SPAM_TEXT_MAX = SPAM_POINTS_MAX + SPAM_ENTRY_MAX,
	SPAM_FIELD_MAX = 15, /* bytes of the longest name: Resent-Sender */
};

/* struct spam_match - an entry that matched
 *
 * hit     the entry, its points, and its line when it is of a table
 * address the address as mailaddrs_next gives it
 * field   the name of the field it stands in, as the message has it
 */
struct spam_match {
	struct spam_hit hit;
	struct bytes address, field;
};

/* struct spam_made - the entry that gave a list its points
 *
 * All empty and 0 when the list gave none; the strings end in NUL
 */
struct spam_made {
	char entry[SPAM_TEXT_MAX + 1];
	char address[MAILADDRS_LOCAL_MAX + MAILADDRS_DOMAIN_MAX + 2];
	char field[SPAM_FIELD_MAX + 1];
	uint32_t line; /* of its table; 0: of site.cfg */
};

/* struct spam_score - the score of a message
 *
 * sum     whitelists less blacklists, and bounce; above 0 the message is
 *         whitelisted, below 0 it is blacklisted
 * points  of each list: the highest that matched, once
 * bounce  points for being a bounce
 * made    what gave each list its points
 * looked, more  addresses looked at, and those that were too many
 */
struct spam_score {
	int sum;
	unsigned points[SPAM_LISTS];
	unsigned bounce;
	struct spam_made made[SPAM_LISTS];
	uint64_t looked, more;
};

/* spam_seen - what is told of each match
 *
 * arg     as given to spamscore
 * match   valid for the call only
 */
typedef void spam_seen(
    void *arg, enum spam_list list, const struct spam_match *match);

/* spamscore - look every address up and add the points up
 *
 * out     overwritten
 * set     the lists, in the order of enum spam_list; when both of a side are
 *         empty, its addresses are not looked at
 * m       zeroed once; keeps its memory
 * h       the header
 * bounce_points  what is added: SPAM_WHITELIST_BOUNCE for a bounce, 0 for all
 *         other mail
 * seen    called for every entry that matches an address, also those that do
 *         not count; NULL: nobody asks, and only the best are looked for
 * Returns 0; -1 with errno: ENOMEM, and out is of no use; EPROTO a table is
 *         damaged, and out is what all else gives
 * Source  "Spam Blacklists and Whitelists" of LISTSERV's site variables
 */
int spamscore(struct spam_score *out, const struct spamset set[SPAM_LISTS],
    struct mailaddrs *m, const struct header *h, unsigned bounce_points,
    spam_seen *seen, void *arg);

/* spamscore_is_bounce - is SPAM_WHITELIST_BOUNCE for this message
 *
 * sender  of the envelope; s is NULL when it is not known
 * Returns 1 for the null sender and for a multipart/report; 0
 */
int spamscore_is_bounce(const struct header_facts *facts, struct bytes sender);

/* spamscore_reason - the list that decided
 *
 * Returns the list with the most points on the side that won; SPAM_LISTS when
 *         none gave any (the sum is 0, or the bounce alone made it)
 */
enum spam_list spamscore_reason(const struct spam_score *s);

#endif
