/* netsim.h - small networks for tests, and jobs that go through them */
#ifndef LSV_NETSIM_H
#define LSV_NETSIM_H

#include "lib/network.h"
#include "lib/relaylinks.h"
#include "lib/relaytables.h"
#include "lib/relaywalk.h"

enum { NETSIM_RCPTS = 512 };

/* struct netsim - a network, and recipients in it
 *
 * rcpt    count addresses, in order of addr_key after netsim_ready
 * node    of each of them; NETWORK_NONE: nobody knows its host
 */
struct netsim {
	struct network net;
	struct relaytables tables;
	char *rcpt[NETSIM_RCPTS];
	uint32_t node[NETSIM_RCPTS];
	unsigned count;
};

/* What follows ends the test when something fails.  A netsim is zeroed at
 * first, and given back by netsim_free. */

/* netsim_links - nodes and links of them, in both directions
 *
 * text    "A-B B-C/2.5 C-D": behind a slash the resistance, else a link has no
 *         speed and no resistance
 */
void netsim_links(struct netsim *s, const char *text);

/* netsim_servers - servers on nodes, with the indexes 1, 2, ...
 *
 * text    "A B=247 -C": "=" another index; "-" no backbone server
 */
void netsim_servers(struct netsim *s, const char *text);

/* netsim_domains - "A=abc.example A=*.edu.example" */
void netsim_domains(struct netsim *s, const char *text);

/* netsim_recipients - "X@A Y@B" */
void netsim_recipients(struct netsim *s, const char *text);

/* netsim_random - a network that hangs together, servers and recipients
 *
 * seed    the same makes the same
 * variant of the links, between the same nodes
 * rated   1: links have resistances
 */
void netsim_random(
    struct netsim *s, uint64_t seed, unsigned variant, int rated);

/* netsim_ready - no more is added */
void netsim_ready(struct netsim *s);

/* netsim_table - the table of a server by its name */
const struct nettable *netsim_table(struct netsim *s, const char *name);

/* netsim_get - recipient n; arg is the netsim */
struct bytes netsim_get(void *arg, uint64_t n);

/* netsim_walk - a job that begins at a server, by its number
 *
 * moved, arg  as in struct relaywalk_config, but that arg is for moved alone
 */
void netsim_walk(struct netsim *s, struct relaywalk *w, uint32_t start,
    int (*moved)(void *arg, const struct relaywalk_stop *stop,
	const struct relay_move *m),
    void *arg);

/* netsim_cost - what the ways between all nodes cost, found the simple way
 *
 * hops    1: the number of links times 1000
 * Returns a matrix of nnodes * nnodes, NETPATH_FAR where there is none; to be
 *         given to free
 */
uint64_t *netsim_cost(const struct network *net, int hops);

/* netsim_next - a number of a sequence that looks random; state is moved on */
uint64_t netsim_next(uint64_t *state);

void netsim_free(struct netsim *s);

#endif
