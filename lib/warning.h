/* warning.h - whose sender is told that a mail is still on its way, and when */
#ifndef LSV_WARNING_H
#define LSV_WARNING_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/mailfile.h"

/* warning_wanted - is there a person who sent this mail and may want to know
 *
 * h       of the mail file or the job
 * Returns 1; 0 for postings (the owner of a list can do nothing about a delay),
 *         and for the null sender
 */
int warning_wanted(const struct mailhead *h);

/* warning_automatic - was the message sent by a machine
 *
 * text    the message from its start on: its header, or some KiB of it
 * Returns 1 when it has Auto-Submitted (but "no"), or Precedence bulk, junk or
 *         list; 0 otherwise, also for a message that has no header
 * Source  RFC 3834 section 2
 */
int warning_automatic(struct bytes text);

/* warning_at - when it is time, microseconds since 1970
 *
 * delay_ms DELAY_WARN
 * Returns 0 for never: with a delay of 0, or when the mail is given up before
 */
uint64_t warning_at(const struct mailhead *h, uint64_t delay_ms);

#endif
