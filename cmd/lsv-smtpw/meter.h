/* meter.h - how much a worker may send now: rates, and CONCURRENCY= */
#ifndef LSV_METER_H
#define LSV_METER_H

#include "cmd/lsv-smtpw/smtpw.h"

enum {
	METER_PIECE_MS = 500, /* of a rate that all workers together take at a
			       * time: so long a small job waits, at most */
};

/* meter_rcpts - take recipients of one transaction from every rate
 *
 * What was taken is the file's until it is used or given back.
 * room    at most so many; fewer when a rate is low
 * Returns how many may go now; 0: wait until s->held_us
 */
size_t meter_rcpts(struct worker *w, struct slot *s, size_t room);

/* meter_wait_us - how long the next recipient of a pool would have to wait */
uint64_t meter_wait_us(const struct worker *w, unsigned pool);

/* meter_used - n of them are in a transaction; the others are given back */
void meter_used(struct worker *w, struct slot *s, size_t n);

/* meter_enter - one more transaction at the host, if CONCURRENCY= allows it
 *
 * Returns 1, until meter_count tells how many there are; 0: not before
 *         w->busy_ms
 * All workers announce themselves before they count: two who come at the same
 * time may both step back, but never are there too many.
 */
int meter_enter(struct worker *w);

/* meter_count - show how many transactions are under way */
void meter_count(struct worker *w);

/* meter_host - show at which host we are; flying is 0 */
void meter_host(struct worker *w);

#endif
