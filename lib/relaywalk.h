/* relaywalk.h - a distribution followed from server to server, on paper
 *
 * Each server decides by its own table, as lsv-route would there, and leaves
 * recipients to the next ones, which decide again: what lsv-path draws and what
 * tests and benchmarks count.
 */
#ifndef LSV_RELAYWALK_H
#define LSV_RELAYWALK_H

#include "lib/relay.h"

#define RELAYWALK_NONE UINT32_MAX

/* struct relaywalk_stop - a server with a job
 *
 * server  as the caller numbers them
 * from    the stop it came from; RELAYWALK_NONE: the job began here
 * hops    how many servers had passed it on
 * count   recipients it came with, and those that were served from here
 * served
 */
struct relaywalk_stop {
	uint32_t server, from;
	unsigned hops;
	uint64_t count, served;
};

/* struct relaywalk_config - what is followed
 *
 * get     gives recipient n of count, in order of addr_key, none twice; valid
 *         until the next call
 * start   the server it begins at
 * table   gives the table of a server, valid until the next call
 * named   gives the server that a table calls by that name, as the caller
 *         numbers them
 * moved   told each decision of each stop; may be NULL
 * arg     given to all of them, which return 0; -1 with errno to stop
 */
struct relaywalk_config {
	struct bytes (*get)(void *arg, uint64_t n);
	uint64_t count;
	uint32_t start;
	int (*table)(void *arg, uint32_t server, const struct nettable **t);
	int (*named)(void *arg, struct bytes name, uint32_t *server);
	int (*moved)(void *arg, const struct relaywalk_stop *stop,
	    const struct relay_move *m);
	void *arg;
};

/* struct relaywalk - where the job was
 *
 * stop    in the order they were reached, the first is the start
 * served  of each recipient the stop it is served from
 * twice   recipients that were served again: 0, or the rules are broken
 *
 * The rest is not for callers.
 */
struct relaywalk {
	struct relaywalk_stop *stop;
	uint32_t stops;
	uint32_t *served;
	uint64_t twice;

	uint32_t room;
	const struct relaywalk_config *config;
	struct relaywalk_list {
		uint32_t *n;
		uint64_t count, room;
		stralloc trail;
	} * list;        /* of each stop, until it was its turn */
	uint32_t *child; /* of the servers of the table in use: their stops */
	size_t children;
	const struct nettable *table;
	uint32_t at;
};

/* relaywalk_make - follow a job to its end
 *
 * w       overwritten; free with relaywalk_free, also after a failure
 * config  used during the call only; fewer than 2^32 recipients
 * Returns 0; -1 with errno
 */
int relaywalk_make(struct relaywalk *w, const struct relaywalk_config *config);

/* relaywalk_free - give the memory back */
void relaywalk_free(struct relaywalk *w);

#endif
