/* netentries.h - the names that hosts of a network have, each once
 *
 * Of a name there may be two entries: the name itself, and the suffix for all
 * below it.  Where several things have the same name, a node counts before an
 * alias, that before a server, and that before a domain.
 */
#ifndef LSV_NETENTRIES_H
#define LSV_NETENTRIES_H

#include <stdint.h>

#include "lib/network.h"

/* Of struct netentry: the name itself, and the suffix. */
enum { NETENTRY_EXACT, NETENTRY_BELOW, NETENTRY_KINDS };

/* struct netentry - a name
 *
 * name    in any case, without "*."
 * node    of each kind, NETWORK_NONE where there is no such entry
 * place   likewise: where it was said
 */
struct netentry {
	struct nettext name;
	uint32_t node[NETENTRY_KINDS];
	struct netplace place[NETENTRY_KINDS];
};

/* struct netentries - n of them; slot is not for callers */
struct netentries {
	struct netentry *entry;
	uint32_t n;
	uint32_t *slot;
	size_t slots;
};

/* netentries_make - all of a finished network
 *
 * e       overwritten; free with netentries_free, also after a failure
 * Returns 0; -1 with errno ENOMEM
 */
int netentries_make(struct netentries *e, const struct network *net);

/* netentries_free - give the memory back; e is empty then */
void netentries_free(struct netentries *e);

#endif
