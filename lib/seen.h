/* seen.h - the memory of lsv-score: what came in before, and what is limited a
 * day
 *
 * A store (store.h) in $LSV_LIB/score with three tables, and those of sums.h:
 *
 *	digests	day (4 bytes, big end first), SHA-256 -> time, ID
 *	counts	day, kind, who -> a number
 *	allowed	ID -> time, kind, 1 or 0
 *
 * Numbers and times (microseconds since 1970) are 8 bytes, big end first.  Days
 * are days since 1970, UTC; in counts they are local ones, YYYYMMDD.  Everything is forgotten after a day or two.
 */
#ifndef LSV_SEEN_H
#define LSV_SEEN_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ids.h"
#include "lib/store.h"

#define SEEN_DIR "score" /* below $LSV_LIB */

enum {
	SEEN_DIGEST_LEN = 32,
	SEEN_WHO_MAX = 256,     /* bytes of who is counted */
	SEEN_DAY_S = 24 * 3600, /* so long a message is recognised */
};

/* What is limited. */
enum seen_kind {
	SEEN_FORWARD = 'f', /* bounces forwarded, per list */
	SEEN_REPLY = 'r',   /* replies and reports, per address */
	SEEN_REPORT = 's',  /* reports of rejected mail, of the whole site */
};

struct evp_md_st;
struct evp_md_ctx_st;

/* struct seen - the open memory; its members are its own
 *
 * sha256, hash  what keys are made with
 */
struct seen {
	struct store store;
	struct evp_md_st *sha256;
	struct evp_md_ctx_st *hash;
	unsigned digests, counts, allowed;
	unsigned sums, alerts, posters, postings;
};

/* seen_open - open the memory, or make it
 *
 * dir     an existing directory, ours
 * Returns 0; -1 with errno
 */
int seen_open(struct seen *s, const char *dir);

/* seen_open_read - open it for reading only, while lsv-score writes
 *
 * Returns 0; -1 with errno, ENOENT when there is none yet
 */
int seen_open_read(struct seen *s, const char *dir);

/* seen_close - drop the transaction, if any, and close */
void seen_close(struct seen *s);

/* seen_begin, seen_end - a writing transaction; the functions below need one
 *
 * keep    1 makes durable what was recorded, 0 forgets it
 * Returns 0; -1 with errno, and then nothing was recorded
 */
int seen_begin(struct seen *s);
int seen_end(struct seen *s, int keep);

/* seen_look - a transaction in which nothing is recorded, ended by seen_end
 *
 * Returns 1; 0 when nothing was ever recorded, and then it is over; -1 with
 *         errno
 */
int seen_look(struct seen *s);

/* seen_digest - did the same message come in within a day, under another ID
 *
 * first   receives that ID when it did; ID_NAME_MAX bytes
 * digest  SEEN_DIGEST_LEN bytes
 * id      the ID it has now, recorded when it did not
 * Returns 1 it did; 0 not; -1 with errno
 */
int seen_digest(struct seen *s, char *first, const unsigned char *digest,
    const char *id, uint64_t now_us);

/* seen_allow - one more, if the day's number allows it
 *
 * id      for which message: asked again, the answer is the same, and nothing
 *         is counted twice
 * who     list or address, at most SEEN_WHO_MAX bytes
 * max     allowed a local day
 * Returns 1 allowed, and counted; 0 not; -1 with errno
 */
int seen_allow(struct seen *s, const char *id, enum seen_kind kind,
    struct bytes who, uint64_t max, uint64_t now_us);

/* seen_was_allowed - did seen_allow say yes to this ID
 *
 * Returns 1; 0; -1 with errno
 */
int seen_was_allowed(struct seen *s, const char *id);

/* seen_sweep - forget what is too old, in a transaction of its own
 *
 * max     so many entries at most
 * Returns how many were forgotten; -1 with errno
 */
ssize_t seen_sweep(struct seen *s, uint64_t now_us, size_t max);

#endif
