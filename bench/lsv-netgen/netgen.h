/* netgen.h - networks made up, like those that grew */
#ifndef BENCH_NETGEN_H
#define BENCH_NETGEN_H

#include <stdint.h>

enum {
	DEGREE_MAX = 900,  /* links of one node, so that they fit in its tags */
	DOMAINS_MAX = 900, /* suffixes of one server, likewise */
	KINDS = 5,         /* of links */
};

/* struct gennode - a node
 *
 * region  a country: its nodes are linked with each other more than with
 *         others
 */
struct gennode {
	uint32_t region, degree, domains;
	uint8_t server, backbone;
};

/* struct genlink - a link; kind is a number below KINDS */
struct genlink {
	uint32_t a, b;
	uint8_t kind;
};

/* struct gen - what is made; the same for the same numbers and seed
 *
 * first   by region: its nodes are first[r] .. first[r + 1] - 1
 * server  of each suffix, the number of the node
 * top     n servers, those with the most links first
 */
struct gen {
	uint64_t seed;
	uint32_t nodes, servers, domains, regions, links;
	struct gennode *node;
	struct genlink *link;
	uint32_t *first, *server, *top;
};

/* gen_below - the next number of the seed, below n */
uint32_t gen_below(struct gen *g, uint32_t n);

/* gen_make - nodes, links, servers and suffixes; g has the numbers and the seed
 *
 * Source  A.-L. Barabasi and R. Albert, "Emergence of scaling in random
 *         networks", 1999: a new node is linked to nodes that have many links;
 *         P. Holme and B. J. Kim, "Growing scale-free networks with tunable
 *         clustering", 2002: and often to a neighbour of the node it just chose
 */
void gen_make(struct gen *g);

/* gen_write - its tables and hosts, as text into files of the current directory
 *
 * hosts   how many
 */
void gen_write(struct gen *g, uint32_t hosts);

#endif
