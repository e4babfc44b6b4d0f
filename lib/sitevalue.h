/* sitevalue.h - is a text a value of that variable, and which? */
#ifndef LSV_SITEVALUE_H
#define LSV_SITEVALUE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/forward.h"
#include "lib/limits.h"
#include "lib/loopcheck.h"
#include "lib/sitevar.h"
#include "lib/where.h"

/* struct sitevalue - a value with a type
 *
 * n       NUMBER, BOOLEAN: the number; BYTES: bytes; DURATION: milliseconds, 0
 *         for one of the variable's words; LIST: how many items; FORWARD: the
 *         pools it serves, as in struct forward
 * forward FORWARD only
 * host    RUNMODE: the host behind TABLELESS, else empty; n is 1 for STANDALONE
 * limits  BANDWIDTH: bps and bps_all; RATE: rps and rps_all
 */
struct sitevalue {
	uint64_t n;
	struct forward forward;
	struct bytes host;
	struct limits limits;
	struct loopcheck loop;
};

/* sitevalue_read - check a value and read it
 *
 * Entries of SITEVAR_SPAM and SITEVAR_FILTER are only counted: to check them takes libidn2, which
 * lsv-inject is made without.  sitecheck_read does it.
 *
 * out     filled on success
 * v       the variable: kind, range, words
 * s, len  the text, from sitefile or the compiled table; points into it remain
 * w       offset in s and reason
 * Returns 0; -1 with *w
 */
int sitevalue_read(struct sitevalue *out, const struct sitevar *v,
    const char *s, size_t len, struct where *w);

/* sitevalue_item - the next item of a list
 *
 * s, len  the whole list
 * at      where to go on, 0 at first; moved behind the item
 * item    offset of the item
 * Returns its length, 0 when there is none left
 */
size_t sitevalue_item(const char *s, size_t len, size_t *at, size_t *item);

/* sitevalue_marker - "Hide:" or "Quiet:", in any case
 *
 * Returns 'H', 'Q', or 0 for anything else
 */
int sitevalue_marker(const char *s, size_t len);

/* sitevalue_pool - the letter of a pool
 *
 * c       A..Z in any case, or '-'
 * Returns 'A'..'Z' or '-'; 0 when it is none
 */
char sitevalue_pool(char c);

#endif
