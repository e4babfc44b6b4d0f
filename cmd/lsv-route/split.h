/* split.h - which recipients of a job this server delivers, and which it leaves
 * to others (lib/relay.h)
 *
 * One pass over recipients in order.  Ours go into the file of rows of the job's
 * directory, from which they are expanded in waves as those of other jobs are;
 * what another server gets is written as chunks at once.  All of it stands in
 * jobs/stage/ID before the job is committed, so that the tables may change and
 * a crash never splits a job differently.
 */
#ifndef LSV_SPLIT_H
#define LSV_SPLIT_H

#include <stdint.h>

#include "cmd/lsv-route/route.h"
#include "lib/relay.h"

/* Why a job of class dist is set aside when its recipients are to blame. */
#define SPLIT_BAD "its recipients are damaged, or not in order"

/* struct hop - a server that gets some of the recipients
 *
 * number  in the table, or RELAY_GATE
 * index   by which all servers know it: they stand in this order in the log
 * server  LISTSERV@host
 * rcpts   lines of the chunk under way, n of them
 * total, files  recipients of all its chunks, and how many these are
 */
struct hop {
	uint32_t number, index;
	stralloc server, rcpts;
	uint32_t n, files;
	uint64_t total;
};

/* struct split - a job being split
 *
 * j, head  its directory, and the template of each chunk's head
 * site    MAXDIST, MYDOMAIN
 * trail   what the other servers are told
 * config, relay  what decides
 * hop     the servers, hops of them; slot: where each is, by its number
 * most    bytes of cards and recipients for which a job has room
 * held    bytes that all their lines take
 * fd, out the file of rows, and what is not written yet
 * sorted  1: somebody else has sorted them, which is looked at
 * key, last  of the last recipient, and of the one before
 * direct, forwarded  recipients so far
 * own     the first of ours
 * jobs    chunks for other servers
 */
struct split {
	struct jobdir *j;
	const struct mailhead *head;
	const struct site *site;
	stralloc trail, self;
	struct relay_config config;
	struct relay relay;
	struct hop *hop;
	size_t hops, room;
	uint32_t *slot;
	size_t slots, held;
	uint64_t most;
	int fd, sorted;
	stralloc out, text, last, key, own;
	uint64_t direct, forwarded;
	uint32_t jobs;
};

/* split_forwards - does another server get any of these recipients?
 *
 * lines   one address a line, in order of addr_key
 * Returns 1; 0; -1 with errno, EBADMSG when they are not in order, or the trail
 *         of the job is none
 */
int split_forwards(struct route *r, const struct letter *l, struct bytes lines);

/* split_begin - start to split a job
 *
 * s       overwritten; free it with split_free, also after a failure
 * j       its directory, created; head and l must stay
 * Returns 0; -1 with errno, EBADMSG when the trail of the job is none
 */
int split_begin(struct split *s, struct route *r, struct jobdir *j,
    const struct mailhead *head, const struct letter *l);

/* split_add - the next recipient
 *
 * Returns 0; -1 with errno, EBADMSG when it is none, or does not come behind the
 *         one before
 */
int split_add(struct split *s, struct bytes address);

/* split_end - that was all: what is left is written, and the rows are durable
 *
 * Returns 0; -1 with errno
 */
int split_end(struct split *s);

void split_free(struct split *s);

/* feed.c - where the recipients come from */

/* feed_list - the subscribers of the list that a letter is for */
int feed_list(struct route *r, struct split *s, const struct letter *l);

/* feed_table - the rows behind the head of a message
 *
 * Returns 0; -1 with errno, EBADMSG when they are not as many as it says, or one
 *         of them is none
 */
int feed_table(struct split *s, const struct message *m);

#endif
