/* saving.h - what a distribution saves in a network */
#ifndef BENCH_SAVING_H
#define BENCH_SAVING_H

#include <stdint.h>

#include "lib/network.h"
#include "lib/relaylinks.h"
#include "lib/relaytables.h"

enum { TERMINALS_MAX = 12 }; /* of an exact Steiner tree */

/* struct jobs - distributions to be tried
 *
 * recipients  of each, on different nodes when exact
 * jobs        how many, each from another backbone server
 * equal       1: all links are taken for equal, and counted
 * exact       1: the Steiner tree of each is found, too
 */
struct jobs {
	uint64_t seed;
	uint32_t recipients, jobs;
	int equal, exact;
};

/* struct sum - what all jobs came to
 *
 * relayed, direct     one copy for each recipient
 * together            the same, one copy for all recipients of a node that are
 *                     served from one server: relayed, direct
 * first   copies that left the first servers, one for each recipient
 * stops   servers that had a job, the first one of each not counted
 * hops    servers on the longest way
 * steiner cost of the smallest trees that hold the start and all recipients
 */
struct count {
	uint64_t links, cost, copies;
};

struct sum {
	struct count relayed, direct, together[2];
	uint64_t first, stops, steiner;
	unsigned hops;
};

/* saving_run - try all jobs; the program ends when that fails */
void saving_run(
    struct sum *s, const struct jobs *jobs, const struct network *net);

/* steiner_cost - of the smallest tree that holds some nodes
 *
 * net     every link in both directions, at the same cost
 * equal   1: each link costs NETPATH_HOP
 * node    n of them, at most TERMINALS_MAX, all different
 * Returns its cost; UINT64_MAX when they do not hang together
 * Source  S. E. Dreyfus and R. A. Wagner, "The Steiner problem in graphs", 1971
 */
uint64_t steiner_cost(
    const struct network *net, int equal, const uint32_t *node, unsigned n);

#endif
