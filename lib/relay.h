/* relay.h - which recipients this server delivers, and which it leaves to the
 * next servers on the way
 *
 * The recipients come in order of addr_key, none twice, and are seen once.  For
 * each of them the nearest server is looked up; is that ourselves, the recipient
 * is ours.  All others are counted by the first server on the way to theirs:
 * whoever would get a single recipient gets none, unless that recipient is on
 * the server's own host, for a copy sent directly can only be better.  And nobody
 * is sent on a way so much longer that it could cost more than sending directly:
 * all copies together cost at most as much as one copy from here to each.
 *
 * Whatever happens, each recipient is emitted exactly once.  What the tables of
 * two servers disagree about ends in a direct delivery, never in a loop: no
 * server that a job has visited gets it again, and no job goes on after
 * RELAY_HOPS_MAX servers.
 */
#ifndef LSV_RELAY_H
#define LSV_RELAY_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/nettable.h"
#include "lib/ofat.h"

enum {
	RELAY_HOPS_MAX = 16, /* HOPS= of a job that is sent, at most */
};

#define RELAY_GATE UINT32_MAX /* number of the host of RUNMODE=TABLELESS */

/* What becomes of a recipient. */
enum relay_way {
	RELAY_LOCAL,   /* delivered here, and it is on our own node */
	RELAY_DIRECT,  /* delivered here */
	RELAY_FORWARD, /* left to the next server */
};

/* struct relay_config - what a decision is made with; kept by reference
 *
 * table     NULL: there is none
 * tableless without a table: host of the server that gets all that is not
 *           local; empty, or in mydomain: nobody does, all is delivered here
 * mydomain  n domains that are local whatever the table says, lower case; may
 *           be NULL
 * hops      HOPS= of the job: servers that passed it on before us
 * visited   names of servers between blanks, any case, by name, node or host
 */
struct relay_config {
	const struct nettable *table;
	struct bytes tableless;
	const char *const *mydomain;
	size_t nmydomain;
	unsigned hops;
	struct bytes visited;
};

/* struct relay_move - one decision
 *
 * hop     number of the server that gets it, or RELAY_GATE; only for
 *         RELAY_FORWARD
 * nearest number of the server nearest to the recipient, or RELAY_GATE; where
 *         nothing was looked up ourselves, or 0 without a table
 * n       which recipient this is, counted from 0 as they were added
 * line    as it was added; valid during the call
 * rule    a word for why, a constant:
 *         local         on our own node, or in a domain of ours
 *         off           no table, no gate
 *         unknown-host  no table knows the host
 *         nearest-here  no other server is nearer
 *         unreachable   there is no way to the nearest server
 *         hops          the job has passed RELAY_HOPS_MAX servers
 *         visited       the next server has had the job
 *         backwards     the next server is no nearer to the one wanted: the
 *                       table is damaged
 *         detour        the way by the next server is that much longer that
 *                       two recipients need not save anything by it
 *         single        the only recipient on that way
 *         relayed       left to the next server
 */
struct relay_move {
	enum relay_way way;
	uint32_t hop, nearest;
	uint64_t n;
	struct bytes line;
	const char *rule;
};

/* relay_emit - receives each decision, in the order of the recipients but for
 * the first one of each way, which comes with the second or at the end
 *
 * Returns 0 to go on; -1 with errno to stop
 */
typedef int relay_emit(void *arg, const struct relay_move *m);

/* struct relay - a distribution under way; relay_begin makes it ready
 *
 * n       recipients added
 * looked  how often the table was asked: a run of one domain asks once
 *
 * The rest is not for callers.
 */
struct relay {
	const struct relay_config *config;
	relay_emit *emit;
	void *arg;
	uint64_t n, looked;

	stralloc domain; /* of the last recipient, and what was decided */
	struct relay_move last;
	int own;
	struct relay_group *group; /* one for each next server */
	size_t groups, room;
	uint32_t *slot; /* where its group is, by the server's number */
	size_t slots;
};

/* relay_begin - a new distribution
 *
 * r       overwritten; free with relay_free
 * config  must stay, with all it points to
 * emit    called with arg
 * Returns 0; -1 with errno
 */
int relay_begin(struct relay *r, const struct relay_config *config,
    relay_emit *emit, void *arg);

/* relay_add - the next recipient
 *
 * address in normal form (addr_spec); one without '@' is local
 * line    what emit gets: the address, or more
 * Memory  one line for each next server
 * Returns 0; -1 with errno of the table, of emit, or ENOMEM
 */
int relay_add(struct relay *r, struct bytes address, struct bytes line);

/* relay_end - that was all: what was held back is emitted
 *
 * Returns as relay_add
 */
int relay_end(struct relay *r);

/* relay_free - give the memory back */
void relay_free(struct relay *r);

/* relay_domain - the domain of an address; empty when it has none */
struct bytes relay_domain(struct bytes address);

/* relay_may_visit - has a server not had the job yet
 *
 * visited as in relay_config
 * name    one name of the server
 * Returns 1 when the name is not among them; 0
 */
int relay_may_visit(struct bytes visited, struct bytes name);

#endif
