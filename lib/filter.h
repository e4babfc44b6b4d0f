/* filter.h - who may not post: Filter= and Safe= of a list, FILTER_ALSO,
 * FILTER_ALLOW, and the two built-in filters
 *
 * lsv-list(5) has the rules.  Patterns are those of lib/spamentry.h without
 * '>': an address in which '*' stands for any bytes.
 */
#ifndef LSV_FILTER_H
#define LSV_FILTER_H

#include "lib/bytes.h"
#include "lib/listhdr.h"
#include "lib/spamset.h"
#include "lib/where.h"

enum filter_result {
	FILTER_PASSES,
	FILTER_DENIED,  /* a pattern of the list or of the site */
	FILTER_MACHINE, /* a built-in filter: nobody reads there */
};

/* struct filter - what is in force for a message
 *
 * site_also, site_allow  FILTER_ALSO, FILTER_ALLOW
 * how     Filter= of the list; FILTER_NONE for mail with commands
 * deny, allow  its patterns; not looked at when how is FILTER_NONE
 * safe    1: of the built-in filters the safe one, else the minimal one;
 *         Filter= Safe asks for it as well
 */
struct filter {
	const struct spamset *site_also, *site_allow;
	enum listhdr_filter how;
	const struct spamset *deny, *allow;
	int safe;
};

/* filter_address - may somebody with this address post
 *
 * address in lower case, its domain as A-labels (mailaddrs_next)
 * Order   FILTER_ALSO: nothing exempts from it; Allow of the list exempts from
 *         all else; its patterns; the built-in filter, unless it is Only,
 *         from which FILTER_ALLOW exempts
 */
enum filter_result filter_address(const struct filter *f, struct bytes address);

/* filter_builtin - is it in a built-in filter
 *
 * address as above
 * safe    1 the safe one, which holds the minimal one; 0 that
 * Returns 1 or 0
 * Source  our own names: those of LISTSERV's filters are not public
 */
int filter_builtin(struct bytes address, int safe);

/* filter_add - one more pattern of a filter
 *
 * What an older lsv-config or lsv-list took and this one does not is left out,
 * as it matches nothing.
 * Returns 0; -1 with errno ENOMEM
 */
int filter_add(struct spamset *set, const char *s, size_t len);

/* filter_load - the patterns of a Filter=
 *
 * set     what it held is freed
 * pattern filter_deny or filter_allow of a struct listhdr
 * Returns 0; -1 with errno ENOMEM
 */
int filter_load(struct spamset *set, const stralloc *pattern);

/* filter_pattern - can this be a pattern
 *
 * Returns 0; -1 with w set
 */
int filter_pattern(const char *s, size_t len, struct where *w);

#endif
