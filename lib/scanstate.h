/* scanstate.h - what lsv-scan shows of itself: the file scan/state
 *
 *	lsv-scan 1
 *	exit: /etc/lsv/exits/SAEXIT
 *	running: 3
 *	waiting: 17
 *	answered: 4711
 *	failed: 12
 *	failures: 10
 *	open: 1795361234567890
 *	why: exit status 75: spamd does not answer
 *	end
 *
 * Replaced atomically, never made durable: the next lsv-scan writes its own.
 */
#ifndef LSV_SCANSTATE_H
#define LSV_SCANSTATE_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ofat.h"
#include "lib/scananswer.h"
#include "lib/where.h"

#define SCANSTATE_FILE "scan/state" /* below the spool */

enum { SCANSTATE_MAX = PATH_MAX + 2048 }; /* bytes of the file */

/* struct scanstate - its facts
 *
 * exit    path of SPAM_EXIT; empty when there is none
 * running exits under way
 * waiting requests that none is working on
 * answered requests since it started, failed: those without a result
 * failures in a row, up to now
 * open_us when failures became too many: since then it is asked now and then
 *         only; 0: all is well
 * why     the last failure of a row, one clean line; empty when failures is 0
 */
struct scanstate {
	char exit[PATH_MAX];
	uint64_t running, waiting, answered, failed, failures, open_us;
	char why[SCANANSWER_WHY_MAX + 1];
};

/* scanstate_format - append the text of the file
 *
 * Returns 0; -1 with errno ENOMEM
 */
int scanstate_format(stralloc *out, const struct scanstate *s);

/* scanstate_parse - read the text of a file
 *
 * Returns 0; -1 with *w
 */
int scanstate_parse(
    struct scanstate *s, const char *text, size_t len, struct where *w);

/* scanstate_read - read the file of a spool
 *
 * spool   descriptor of the spool
 * Returns 1; 0 when there is none, or it is empty: lsv-scan never ran; -1 with
 *         errno, EPROTO when it is not understood
 */
int scanstate_read(struct scanstate *s, int spool);

#endif
