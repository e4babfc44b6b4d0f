/* origin.h - addresses of mail systems, behind which nobody writes */
#ifndef LSV_ORIGIN_H
#define LSV_ORIGIN_H

#include "lib/bytes.h"

/* origin_is_mailer - does a mail system write from this address
 *
 * A posting from it is taken for a delivery error.
 * address a mail address, in any case
 * loop    Loopcheck= in force, bits of enum loop_flag: Full knows more names,
 *         Noorigin only those of this server, None nothing
 * ours    1: its domain is one of this server's
 * Returns 1 or 0
 * Source  Loopcheck= of LISTSERV: "known mailer origins such as MAILER,
 *         POSTMASTER, ROOT, UUCP and others"; with Noorigin "the address of the
 *         local mailer is still trapped".  POSTMASTER and ROOT are left to
 *         Full, as Filter= lets them post to lists that are not unsafe
 */
int origin_is_mailer(struct bytes address, unsigned loop, int ours);

#endif
