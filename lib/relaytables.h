/* relaytables.h - the tables of all servers of a network, made when one is
 * looked at
 *
 * For looking at a network as others see it: lsv-path, tests and benchmarks.
 * The files have no names; they are gone with the process.
 */
#ifndef LSV_RELAYTABLES_H
#define LSV_RELAYTABLES_H

#include "lib/nettable.h"
#include "lib/network.h"

enum { RELAYTABLES_MOST = 64 }; /* open at once */

/* struct relaytables - the tables; servers have the numbers of the network
 *
 * made    so many were compiled
 *
 * The rest is not for callers.
 */
struct relaytables {
	const struct network *net;
	uint64_t made;

	stralloc above;
	struct relaytables_one {
		struct nettable table;
		uint32_t server;
	} one[RELAYTABLES_MOST];
	unsigned next;
};

/* relaytables_open - nothing is compiled yet
 *
 * t       overwritten; free with relaytables_close, also after a failure
 * net     finished; must stay
 * above   directory in which a private one is made for a moment
 * Returns 0; -1 with errno ENOMEM
 */
int relaytables_open(
    struct relaytables *t, const struct network *net, const char *above);

/* relaytables_get - the table of a server; a function for relaywalk_config
 *
 * arg     a struct relaytables
 * out     receives the table, which stays until RELAYTABLES_MOST - 1 others were
 *         asked for
 * Returns 0; -1 with errno as nettable_make and nettable_open
 */
int relaytables_get(void *arg, uint32_t server, const struct nettable **out);

/* relaytables_named - the number of a server; a function for relaywalk_config
 *
 * arg     a struct relaytables
 * Returns 0; -1 with errno ENOENT when the network has no such server
 */
int relaytables_named(void *arg, struct bytes name, uint32_t *server);

/* relaytables_close - give the memory and the directory back */
void relaytables_close(struct relaytables *t);

#endif
