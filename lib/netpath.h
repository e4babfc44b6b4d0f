/* netpath.h - shortest ways through a network
 *
 * A way costs the resistances of its links and of its nodes but the last.
 * Where a network names no speed and no resistance at all, it costs as many
 * times NETPATH_HOP as it has links.  A link that is dialled is used only where
 * there is no other way: of two ways the one with fewer of them is shorter,
 * whatever they cost.  Links of speed 0 are not there.
 */
#ifndef LSV_NETPATH_H
#define LSV_NETPATH_H

#include <stddef.h>
#include <stdint.h>

struct network;

#define NETPATH_NONE UINT32_MAX /* no node */
#define NETPATH_FAR UINT64_MAX  /* cost where there is no way */

enum { NETPATH_HOP = 1000 }; /* cost of a link where they are counted */

/* struct netarc - a link in one direction
 *
 * cost    with that of the node it comes from; 1 .. NETPATH_COST_MAX
 * dial    1: used only where there is no other way
 */
struct netarc {
	uint32_t from, to;
	uint64_t cost;
	int dial;
};

#define NETPATH_COST_MAX (UINT64_C(1) << 40)

/* struct netgraph - the links of a network, by the node they come from
 *
 * hops    1 when links are counted
 * arcs    how many links can be used
 *
 * The rest is not for callers.
 */
struct netgraph {
	uint32_t nodes, arcs;
	int hops;
	uint32_t *first; /* of each node, and one more */
	uint32_t *to;    /* with DIAL */
	uint64_t *cost;
};

/* struct netways - the shortest way to each node
 *
 * cost    of the way, or NETPATH_FAR; one for each node
 * dials   how many of its links are dialled
 * from    the node before it, or NETPATH_NONE at the start and where there is
 *         no way
 * source  where the way begins, as a place in the list of sources; likewise
 */
struct netways {
	uint64_t *cost;
	uint32_t *dials, *from, *source;
};

/* netgraph_make - of arcs
 *
 * g       overwritten; free with netgraph_free, also after a failure
 * nodes   how many; those of arcs are below
 * Returns 0; -1 with errno ENOMEM, or EINVAL when an arc is not as it should be
 */
int netgraph_make(struct netgraph *g, uint32_t nodes, const struct netarc *arcs,
    size_t narcs);

/* netgraph_of - of a network
 *
 * Returns 0; -1 with errno ENOMEM
 */
int netgraph_of(struct netgraph *g, const struct network *net);

/* netgraph_free - give the memory back; g is empty then */
void netgraph_free(struct netgraph *g);

/* netpath_find - the shortest way to each node from the nearest of some
 *
 * w       overwritten; free with netways_free, also after a failure
 * source  n nodes, the preferred ones first: where two are as near, the
 *         way begins at the first of them.  Of ways from one source that are
 *         as short, the one is taken whose last nodes have lower numbers
 * Returns 0; -1 with errno ENOMEM, or EINVAL when a source is no node
 * Source  E. W. Dijkstra, "A note on two problems in connexion with graphs",
 *         1959, with a heap
 */
int netpath_find(struct netways *w, const struct netgraph *g,
    const uint32_t *source, size_t n);

/* netways_free - give the memory back; w is empty then */
void netways_free(struct netways *w);

#endif
