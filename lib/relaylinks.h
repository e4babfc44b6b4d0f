/* relaylinks.h - the links that copies cross on their way through a network
 *
 * A copy that goes from one node to another crosses each link of the shortest
 * way there once; one that stays where it is crosses none.
 */
#ifndef LSV_RELAYLINKS_H
#define LSV_RELAYLINKS_H

#include "lib/netpath.h"
#include "lib/network.h"
#include "lib/relaywalk.h"

/* struct relaylinks - copies counted
 *
 * crossed one for each link of the network, which are told apart by direction:
 *         so many copies went that way
 * links   all of them together
 * cost    of their ways together, thousandths
 * copies  so many were sent, those that stayed where they were too
 * lost    copies to a node that cannot be reached, or to no node
 *
 * The rest is not for callers.
 */
struct relaylinks {
	const struct network *net;
	uint64_t *crossed, links, cost, copies, lost;

	struct netgraph graph;
	struct netways ways;
	uint32_t from;
	int known;
};

/* relaylinks_begin - nothing was sent yet
 *
 * l       overwritten; free with relaylinks_free, also after a failure
 * net     finished; must stay
 * Returns 0; -1 with errno ENOMEM
 */
int relaylinks_begin(struct relaylinks *l, const struct network *net);

/* relaylinks_send - one copy
 *
 * from    node; many copies from one node after the other are cheap
 * to      node; NETWORK_NONE: there is none
 * Returns 0; -1 with errno ENOMEM
 */
int relaylinks_send(struct relaylinks *l, uint32_t from, uint32_t to);

/* relaylinks_clear - nothing was sent yet, in the same network */
void relaylinks_clear(struct relaylinks *l);

/* relaylinks_free - give the memory back */
void relaylinks_free(struct relaylinks *l);

/* struct relaylinks_job - a distribution to be counted
 *
 * walk    where it went; servers as the network numbers its peers
 * node    of each of count recipients; NETWORK_NONE: unknown
 * together 0: a copy for each recipient, as on the NJE network and in
 *         the example of the manual; 1: one for all recipients of a node that
 *         are served from one server, as over SMTP
 */
struct relaylinks_job {
	const struct relaywalk *walk;
	const uint32_t *node;
	uint64_t count;
	int together;
};

/* relaylinks_relayed - count all copies of a distribution: one for each server
 * that passes it on to another, and those that servers deliver
 *
 * Returns 0; -1 with errno ENOMEM
 */
int relaylinks_relayed(struct relaylinks *l, const struct relaylinks_job *job);

/* relaylinks_direct - count what the first server would send if it delivered
 * all itself
 *
 * Returns 0; -1 with errno ENOMEM
 */
int relaylinks_direct(struct relaylinks *l, const struct relaylinks_job *job);

#endif
