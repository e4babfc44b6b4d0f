/* trail.h - the way a job took from server to server
 *
 *   LISTS.EXAMPLE.ORG/0647c1a2b3d4e.9f02c4d1aa 2 FRECP11 CEARN
 *
 * where it began and what it was called there, how often it was handed on, and
 * the servers that handed it on.  It stops what tables that differ would send in
 * a circle.
 */
#ifndef LSV_TRAIL_H
#define LSV_TRAIL_H

#include "lib/bytes.h"
#include "lib/ofat.h"
#include "lib/where.h"

enum {
	TRAIL_NAME_MAX = 255, /* bytes of a server's name, or of a number */
	TRAIL_HOPS_MAX = 999, /* that can be read */
};

/* struct trail - its parts, pointing into the text
 *
 * origin  the server where the job began
 * number  what it was called there
 * hops    how often it was handed on
 * visited names of servers with one blank between them; may be empty
 */
struct trail {
	struct bytes origin, number;
	unsigned hops;
	struct bytes visited;
};

/* trail_parse - read one
 *
 * w       what is wrong and where
 * Returns 0; -1
 */
int trail_parse(struct trail *t, struct bytes text, struct where *w);

/* trail_format - write one
 *
 * out     appended; unchanged on failure
 * Returns 0; -1 with errno ENOMEM, EINVAL when a part is none, or EMSGSIZE when
 *         it is over SPOOL_TRAIL_MAX bytes (lib/spoolfile.h)
 */
int trail_format(stralloc *out, const struct trail *t);

/* trail_next - the trail of a job that we hand on
 *
 * out     appended; unchanged on failure
 * t       with which it came; that of a job of ours has no hops, and nothing
 *         visited
 * self    our name
 * Returns as trail_format does
 */
int trail_next(stralloc *out, const struct trail *t, struct bytes self);

#endif
