/* netview.h - a network as one of its servers sees it
 *
 * The way from a server to another crosses every backbone server whose node is
 * on the shortest way between their nodes; others pass nothing on.
 */
#ifndef LSV_NETVIEW_H
#define LSV_NETVIEW_H

#include <stdint.h>

#include "lib/netpath.h"

struct network;

/* struct netview - the ways from here, and from the servers to all nodes
 *
 * here    the way to each node from that of this server
 * near    the way to each node from the nearest server, which is
 *         server[near.source[node]]: the servers that can be reached, this one
 *         first and then by index
 * first, last   by node: the first and the last server that a way from here
 *         crosses on and before it, of those that pass on; the first is
 *         NETPATH_NONE where there is none, the last then this server
 * hops    1 when links are counted; see netpath.h
 */
struct netview {
	const struct network *net;
	struct netways here, near;
	uint32_t *server, nserver;
	uint32_t *first, *last;
	uint32_t self;
	int hops;
};

/* netview_make - of a finished network
 *
 * v       overwritten; free with netview_free, also after a failure
 * self    number of this server
 * Returns 0; -1 with errno ENOMEM, or EINVAL when there is no such server
 */
int netview_make(struct netview *v, const struct network *net, uint32_t self);

/* netview_hop, netview_via - the first and the last server on the way to one
 *
 * server  its number
 * Returns hop: itself where there is none before it. via: this server where
 *         there is none. NETPATH_NONE where there is no way
 */
uint32_t netview_hop(const struct netview *v, uint32_t server);
uint32_t netview_via(const struct netview *v, uint32_t server);

/* netview_nearest - the server that is nearest to a node
 *
 * cost    receives what the way from there costs, or NETPATH_FAR
 * Returns its number; that of this server where none can reach the node
 */
uint32_t netview_nearest(
    const struct netview *v, uint32_t node, uint64_t *cost);

/* netview_free - give the memory back; v is empty then */
void netview_free(struct netview *v);

#endif
