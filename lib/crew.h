/* crew.h - which workers take the mail of a pool, now, next, or at another time
 *
 * Decides from the configuration, the orders, and what the workers show of
 * themselves; reads nothing.
 */
#ifndef LSV_CREW_H
#define LSV_CREW_H

#include <stddef.h>
#include <stdint.h>

#include "lib/board.h"
#include "lib/orders.h"
#include "lib/site.h"

enum { CREW_MAX = BOARD_WORKERS };

/* What keeps a worker from taking mail, the strongest first. */
enum crew_state {
	CREW_DELIVER, /* nothing */
	CREW_PAUSED,
	CREW_DRAINED,
	CREW_WINDOW,  /* no target is open */
	CREW_STOPPED, /* it does not run */
	CREW_DOWN,    /* no target that is open can be reached */
	CREW_LIMITED, /* a rate limit */
	CREW_BUSY,    /* CONCURRENCY= of its host */
	CREW_STATES,
};

/* struct crew_member - one worker
 *
 * f       its entry, in the site
 * label   "2.1"
 * pools   that it serves, bit pool_index()
 * target  place of the target that it uses or will use; -1 none is known
 * from    when it takes mail, seconds since 1970: not after in.t when it does;
 *         INT64_MAX: nobody knows
 * until   when the schedule says something else; INT64_MAX never
 * by      the order that keeps it, or NULL
 * seen    what it shows of itself, or NULL
 */
struct crew_member {
	const struct site_forward *f;
	char label[BOARD_LABEL];
	uint32_t pools;
	enum crew_state state;
	int target;
	int64_t from, until;
	const struct order *by;
	const struct board_worker *seen;
};

/* struct crew_in - what is decided from
 *
 * orders  in force; NULL: none
 * live    1: board says what the workers do now; 0: the schedule alone counts
 * board   boards records
 * t       seconds since 1970
 */
struct crew_in {
	const struct site *site;
	const struct orders *orders;
	int live;
	const struct board_worker *board;
	size_t boards;
	int64_t t;
};

/* crew_fill - the workers that serve one of these pools
 *
 * out     CREW_MAX of them; by entry and number, the worker of SMTP_FORWARD
 *         last
 * pools   bit pool_index(); orders about other pools do not count
 * Returns how many there are, 1 at least when pools is not 0
 */
size_t crew_fill(
    struct crew_member *out, const struct crew_in *in, uint32_t pools);

/* crew_first - who takes it now, or next
 *
 * Returns one of the n; NULL when nobody knows
 */
const struct crew_member *crew_first(const struct crew_member *m, size_t n);

/* crew_state_name - "deliver", "window", "dead-host", ... */
const char *crew_state_name(enum crew_state s);

/* crew_entry_name - "SMTP_FORWARD_2", or "SMTP_FORWARD"
 *
 * out     24 bytes
 */
const char *crew_entry_name(char *out, const struct site_forward *f);

/* crew_pools - letters of the pools, "AB-"; "*" for all of them
 *
 * out     28 bytes
 */
const char *crew_pools(char *out, uint32_t pools);

#endif
