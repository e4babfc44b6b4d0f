/* peer.h - what lsv-peer works with
 *
 * A chunk is a .MAIL file of pool/peer: recipients that another server gets.
 * It becomes a mail to that server, in this order:
 *
 *   1 the mail is durable in peer/out, under a name that follows from that of
 *     the chunk
 *   2 the chunk's journal says K, durably
 *   3 the mail is renamed to route/new, durably: it is handed over
 *   4 the journal says D for all recipients, durably
 *   5 the chunk goes to pool/finished
 *
 * A crash in front of 2 leaves a mail that is made again; behind it the mail is
 * in peer/out and is handed over, or it is not, and was.  So it is handed over
 * once.
 */
#ifndef LSV_PEER_H
#define LSV_PEER_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/claim.h"
#include "lib/container.h"
#include "lib/handover.h"
#include "lib/inbox.h"
#include "lib/later.h"
#include "lib/nettable.h"
#include "lib/pools.h"
#include "lib/site.h"

#define PEER_OUT "peer/out"

enum { PEER_BATCH = 32 /* chunks that share the syncs of directories */ };

/* struct peer - everything
 *
 * table_err why there is no table, 0 when there is one; ENOENT: none was made
 * in      peer/: lock, what is worked on, and who died of what
 * out     descriptor of peer/out
 * hold    a write end of pool/peer/trigger, which in.also reads
 * trouble 1: something of ours failed: it is tried again soon
 */
struct peer {
	struct site site;
	struct nettable table;
	int table_err;
	struct inbox in;
	struct pools pools;
	struct handover route;
	struct later later;
	int jobs, out, hold;
	sigset_t asleep;
	int trouble;
};

/* What is left to do for a chunk. */
enum chunk_step {
	CHUNK_OVER,    /* nothing, or nothing now */
	CHUNK_CLAIMED, /* a mail has to be made of it */
	CHUNK_WRITTEN, /* it is in route/tmp, not durable */
	CHUNK_PLACED,  /* in peer/out, the name perhaps not durable */
	CHUNK_PACKED,  /* the journal says so: it has to be handed over */
	CHUNK_HANDED,  /* in route/new, the name perhaps not durable */
};

/* struct chunk - one of a batch
 *
 * name    its own; mail is that of the mail
 * host    of the server, points into the claim
 * fd      the mail while it is CHUNK_WRITTEN
 * body    descriptor of its message, which begins at body_at
 * bytes   of the mail
 * began_us when it was claimed
 */
struct chunk {
	enum chunk_step step;
	char name[ID_NAME_MAX], mail[ID_NAME_MAX];
	struct claim claim;
	struct bytes host;
	int fd, body;
	off_t body_at;
	uint64_t bytes, began_us;
};

/* batch.c */

/* batch_work - chunks of pool/peer/now, as far as they go
 *
 * name    n of them, at most PEER_BATCH
 */
void batch_work(struct peer *p, char (*name)[ID_NAME_MAX], size_t n);

/* chunk_mail - the name of the mail that is made of a chunk
 *
 * out     ID_NAME_MAX bytes: its microseconds, and what its SHA-256 begins with
 * Returns 0; -1 with errno ENOMEM
 */
int chunk_mail(char *out, const char *name);

/* take.c - what becomes of a chunk */

/* chunk_take - claim it, and decide
 *
 * c       overwritten; step says what is left to do, and that it is ours
 */
void chunk_take(struct peer *p, struct chunk *c, const char *name);

/* chunk_end - note that all recipients are settled
 *
 * Returns 0; -1 with errno ENOMEM
 */
int chunk_end(struct chunk *c);

/* chunk_finish - make what was noted durable; to pool/finished
 *
 * Returns 0; -1 with errno, and it is still ours
 */
int chunk_finish(struct peer *p, struct chunk *c);

/* chunk_direct - let the workers of its pool have it
 *
 * why     for the log
 */
void chunk_direct(struct peer *p, struct chunk *c, const char *why);

/* chunk_later - something failed, errno says what: it is tried again later
 *
 * what    for the log: "unable to ..."
 */
void chunk_later(struct peer *p, struct chunk *c, const char *what);

/* chunk_aside - to held/, for a person */
void chunk_aside(struct peer *p, struct chunk *c, const char *why);

/* chunk_note - the same entry for all recipients that are left
 *
 * Returns 0; -1 with errno ENOMEM
 */
int chunk_note(struct chunk *c, enum journal_op op, unsigned code,
    const char *status, const char *text);

/* chunk_release - give it back as it is */
void chunk_release(struct chunk *c);

/* pack.c */

/* pack_write - make the mail, in route/tmp
 *
 * c       CHUNK_CLAIMED; CHUNK_WRITTEN then
 * Returns 1; 0 when it cannot be made and never will, and why says so; -1 with
 *         errno, EBADMSG and why when the chunk is damaged
 */
int pack_write(struct peer *p, struct chunk *c, const char **why);

/* sweep.c */

/* sweep - remove what lies in peer/out and is for no chunk any more
 *
 * That is rare: a person removed the chunk, or its time was over, in the
 * moment between steps 2 and 3 of a program that died there.
 */
void sweep(struct peer *p);

#endif
