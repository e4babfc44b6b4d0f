/* bucket.h - rates that several processes keep together, exactly
 *
 * A bucket is one word in shared memory: the time at which all that was taken
 * so far is paid for.  Taking moves that time on, by one compare-and-swap, and
 * says how long to wait first: what is taken is reserved, whoever comes later
 * queues behind it.  So the sum of all processes keeps the rate, however many
 * there are, and whatever one of them does.
 *
 * Who takes from several buckets waits for the longest.  Time is that of
 * CLOCK_MONOTONIC, which nobody can set.
 */
#ifndef LSV_BUCKET_H
#define LSV_BUCKET_H

#include <stddef.h>
#include <stdint.h>

#include "lib/limits.h"
#include "lib/pools.h"

#define BUCKETS_FILE "buckets" /* below pool/ */

enum {
	BUCKET_WORKERS = 256,  /* workers that may have a rate of their own */
	BUCKET_BURST_MS = 250, /* of unused time that may be kept */
	BUCKET_DEBT_MAX_S = 86400 /* more than this was never taken */
};

/* struct bucket - one rate
 *
 * free_ns when all that was taken is paid for, ns of CLOCK_MONOTONIC
 * rate    units a second, bits of a double; 0: no limit
 * Zero bytes are an unlimited bucket.
 */
struct bucket {
	_Atomic uint64_t free_ns;
	_Atomic uint64_t rate;
};

/* struct buckets - all of them, as they lie in the file
 *
 * bps     bits a second by pool (pool_index); bps_all of all pools together
 * rps     recipients a second, likewise
 * worker  recipients a second of one worker; key says which, 0 none
 */
struct buckets {
	struct bucket bps[POOL_COUNT], bps_all;
	struct bucket rps[POOL_COUNT], rps_all;
	struct {
		_Atomic uint64_t key;
		struct bucket rate;
	} worker[BUCKET_WORKERS];
};

/* struct bucket_rates - what the configuration says; 0 is no limit
 *
 * limits  SMTP_RATE_LIMIT and SMTP_MESSAGE_LIMIT
 * n, i, per_s  RATE= of the i-th worker, from 1, of SMTP_FORWARD_n; workers of
 *         them
 */
struct bucket_rates {
	struct limits limits;
	struct {
		unsigned n, i;
		double per_s;
	} worker[BUCKET_WORKERS];
	size_t workers;
};

/* bucket_now_us - the time that buckets go by: clock_mono_us */
uint64_t bucket_now_us(void);

/* bucket_rate - set the rate; what was taken and is not paid for keeps its
 * units and is paid at the new rate
 *
 * now_us  bucket_now_us()
 * per_s   units a second, above 0; 0 or less: no limit
 */
void bucket_rate(struct bucket *b, uint64_t now_us, double per_s);

/* bucket_take - take units, and learn how long to wait before using them
 *
 * Nobody waits for his own units, but for those that were taken before: after
 * a time without use the first goes at once, up to BUCKET_BURST_MS of the rate
 * is made up for, and a bucket is never ahead by more than that and what is
 * taken in one piece.
 * now_us  bucket_now_us()
 * units   bits or recipients, as the rate is
 * Returns 0: go on; else microseconds to wait from now_us.  Who cannot use what
 *         he took gives it back with bucket_give
 * Source  the generic cell rate algorithm, ITU-T I.371 annex A
 */
uint64_t bucket_take(struct bucket *b, uint64_t now_us, double units);

/* bucket_give - give units back that were taken and not used: the wait was
 * broken off, or the host accepted fewer recipients
 */
void bucket_give(struct bucket *b, double units);

/* bucket_wait_us - how long one who took something now would have to wait */
uint64_t bucket_wait_us(const struct bucket *b, uint64_t now_us);

/* buckets_make - map the file for taking, see mapfile_make
 *
 * pool    descriptor of pool/
 * Returns it; NULL with errno
 */
struct buckets *buckets_make(int pool);

/* buckets_look - map it for reading, see mapfile_look */
const struct buckets *buckets_look(int pool);

/* buckets_plan - put the rates of a configuration in force
 *
 * For the parent, at start and on reload; workers may be taking meanwhile.
 * What was taken stays taken, see bucket_rate.  Workers that are not in r are
 * forgotten.
 */
void buckets_plan(
    struct buckets *b, uint64_t now_us, const struct bucket_rates *r);

/* buckets_worker - the bucket of the i-th worker of SMTP_FORWARD_n; NULL when it
 * has no rate of its own
 */
struct bucket *buckets_worker(struct buckets *b, unsigned n, unsigned i);

/* buckets_take - take one transaction from every bucket that counts it
 *
 * own     of buckets_worker, or NULL
 * pool    its place, pool_index()
 * bits    8 times the bytes of the message times its recipients
 * rcpts   recipients
 * Returns microseconds to wait, the longest of all; 0: go on
 */
uint64_t buckets_take(struct buckets *b, struct bucket *own, unsigned pool,
    uint64_t now_us, double bits, double rcpts);

/* buckets_give - give back what buckets_take took, or a part of it */
void buckets_give(struct buckets *b, struct bucket *own, unsigned pool,
    double bits, double rcpts);

#endif
