/* jobdir.h - the directory of a large job, made in waves
 *
 *   jobs/stage/ID/   while it is made; a crash leaves it to be swept
 *   jobs/ID/         committed: job (its facts), body, plan, and the chunks
 *                    ID.000001, ... that are at home
 *
 * The first wave of chunks is made durable and then one rename commits the job;
 * later waves are made durable inside it, and each is recorded in the plan
 * before one of its chunks leaves.  So the first recipients are served while
 * the rest is still being expanded, and a crash at any point splits nothing
 * differently.
 */
#ifndef LSV_JOBDIR_H
#define LSV_JOBDIR_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ids.h"
#include "lib/ofat.h"
#include "lib/plan.h"
#include "lib/pools.h"
#include "lib/where.h"

enum { JOB_WAVE_MAX = 128 }; /* chunks made durable at once */

/* struct jobdirs - jobs/ and jobs/stage/ */
struct jobdirs {
	int top, stage;
};

/* struct jobdir - one job being expanded
 *
 * name    its ID
 * dir     descriptor of its directory, wherever that is
 * committed 1: it is jobs/ID
 * planfd  the plan, open for appending
 * plan    what the plan says durably
 * made, made_rcpts  chunks written so far and their recipients, durable or not
 * fd      descriptors of the chunks that are not durable yet
 * pending chunks in fd
 */
struct jobdir {
	char name[ID_NAME_MAX];
	int dir, committed, planfd;
	struct plan plan;
	uint32_t made;
	uint64_t made_rcpts;
	int fd[JOB_WAVE_MAX];
	unsigned pending;
};

/* jobdirs_open - open jobs/ below the current directory (the spool)
 *
 * Returns 0; -1 with errno
 */
int jobdirs_open(struct jobdirs *d);

/* jobdir_create - begin a job in jobs/stage/
 *
 * A leftover of that name there is swept first.
 * chunk   recipients in a chunk
 * poster  the address left out of the expansion, or empty
 * Returns 0; -1 with errno
 */
int jobdir_create(struct jobdir *j, const struct jobdirs *d, const char *name,
    uint32_t chunk, struct bytes poster);

/* jobdir_facts - write the file `job`, durably, before the first wave
 *
 * facts   a mail head without recipients
 * Returns 0; -1 with errno
 */
int jobdir_facts(struct jobdir *j, struct bytes facts);

/* jobdir_body - a descriptor to write the body to; the caller writes, syncs and
 * closes it before the first wave
 *
 * Returns it; -1 with errno
 */
int jobdir_body(struct jobdir *j);

/* jobdir_reopen - go on with a job in jobs/ that a crash interrupted
 *
 * Chunks beyond the plan are removed: they were never let go.
 * Returns 0; -1 with errno, EBADMSG for a damaged plan (w says why)
 */
int jobdir_reopen(struct jobdir *j, const struct jobdirs *d, const char *name,
    struct where *w);

/* jobdir_next - the name of the chunk that comes next
 *
 * out     ID_NAME_MAX bytes
 */
void jobdir_next(const struct jobdir *j, char *out);

/* jobdir_chunk - write the next chunk and start it on its way to the disk
 *
 * text    a whole .MAIL file without body and journal
 * rcpts   recipients in it
 * Returns 0; -1 with errno
 */
int jobdir_chunk(struct jobdir *j, struct bytes text, uint32_t rcpts);

/* jobdir_sync - make the chunks so far durable, so that more can be written
 *
 * They stay unrecorded: the next wave records them.
 * Returns 0; -1 with errno
 */
int jobdir_sync(struct jobdir *j);

/* jobdir_wave - make all chunks so far durable and record them in the plan; the
 * first wave commits the job
 *
 * key     of the last subscriber in them
 * last    1: that was all, the plan ends
 * Returns 0; -1 with errno
 */
int jobdir_wave(
    struct jobdir *j, const struct jobdirs *d, struct bytes key, int last);

/* jobdir_release - let the durable chunks from..to go to their pool
 *
 * place   pool_place of them
 * Returns 0; -1 with errno: some may have gone, recovery sends the rest
 */
int jobdir_release(const struct jobdir *j, const struct pools *p,
    unsigned place, uint32_t from, uint32_t to);

/* jobdir_close - close descriptors; an uncommitted job stays for the sweep */
void jobdir_close(struct jobdir *j);

/* jobdir_sweep - remove a directory of one level with all its files
 *
 * at      descriptor of the directory above
 * Returns 0, also when it is not there; -1 with errno
 */
int jobdir_sweep(int at, const char *name);

/* jobdir_plan - read the plan of a job
 *
 * dir     descriptor of the job's directory
 * Returns 0; -1 with errno, EBADMSG for a damaged one
 */
int jobdir_plan(struct plan *p, int dir, struct where *w);

/* jobdir_note - append a line to the plan of a job and make it durable
 *
 * Returns 0; -1 with errno
 */
int jobdir_note(int dir, struct bytes line);

#endif
