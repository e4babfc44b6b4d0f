/* show.h - what a worker shows on the board */
#ifndef LSV_SHOW_H
#define LSV_SHOW_H

#include "cmd/lsv-smtpw/smtpw.h"

/* show_begin - a new worker: nothing delivered yet */
void show_begin(struct worker *w);

/* show_state - what it does now
 *
 * until_ms clock_mono_ms() at which that ends at the latest; 0: nobody knows
 * why     one line, or NULL
 */
void show_state(struct worker *w, enum board_state state, uint64_t until_ms,
    const char *why);

/* show_reply - the last words of a host */
void show_reply(struct worker *w, const struct smtp_reply *r);

#endif
