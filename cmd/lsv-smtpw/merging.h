/* merging.h - copies that differ, made while they are sent
 *
 * The body of such a file is mapped and compiled once (lib/merge.h); a copy is
 * measured when its transaction begins and goes into the connection's queue a few
 * bytes at a time, so that no copy is ever in memory or on disk.
 */
#ifndef LSV_MERGING_H
#define LSV_MERGING_H

#include "cmd/lsv-smtpw/smtpw.h"

/* merging_open - get ready for the copies of a file whose body is open
 *
 * why     what is wrong with it, with EBADMSG
 * Returns 0, also for a file whose copies are all the same; -1 with errno
 */
int merging_open(struct slot *s, struct where *why);
void merging_close(struct slot *s);

/* merging_measure - learn how long the copy of a recipient gets: s->bytes and
 * s->eightbit; those of all copies when they are the same
 *
 * i       the recipient
 * Returns 0; -1 with errno ENOMEM
 */
int merging_measure(const struct worker *w, struct slot *s, uint32_t i);

/* merging_begin - the copy of recipient i goes out next
 *
 * raw     1: a chunk of BDAT
 * Returns 0; -1 with errno
 */
int merging_begin(struct worker *w, struct slot *s, uint32_t i, int raw);

/* merging_fill - queue as much of it as there is room for
 *
 * Returns 1: all of it is queued, conn_body_bytes() tells how much; 0: the queue
 *         is full; -1 with errno ENOMEM: part of it is on its way
 */
int merging_fill(struct worker *w, struct slot *s);

#endif
