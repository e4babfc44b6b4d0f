/* rows.h - the recipients of a job, while it is split
 *
 * Those whose copies differ are copied into the job's directory, so that the
 * inbox file can go when the first wave is durable; so are those that are left
 * when other servers have got theirs.  They are read from there, a step at a
 * time.
 */
#ifndef LSV_ROWS_H
#define LSV_ROWS_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/mailfile.h"
#include "lib/ofat.h"

#define ROWS_FILE "table"

enum {
	ROWS_BYTES = MAIL_FRONT_MAX - 16384, /* bytes of the rows in a chunk */
};

/* struct rows - the rows, as far as they were read
 *
 * fd      -1: there is none
 * at, end  offset of the next row, and where the last one ends
 * text    a step of the file, of which `used` bytes lie behind us
 */
struct rows {
	int fd;
	uint64_t at, end;
	stralloc text;
	size_t used;
};

/* rows_make - copy the rows into a job's directory, durably
 *
 * dir     of the job
 * h       its facts: merged, and the fields
 * from    the inbox file, in which they are at that offset
 * size    bytes of them
 * n       how many there must be
 * Returns 0; -1 with errno, EBADMSG when they are not so many, or one of them is
 *         none (mail_rows_ok): nothing was handed over yet
 */
int rows_make(int dir, const struct mailhead *h, int from, uint64_t at,
    uint64_t size, uint64_t n);

/* rows_create - an empty file of rows in a job's directory
 *
 * Returns a descriptor to write them to; -1 with errno
 */
int rows_create(int dir);

/* rows_open - begin to read them
 *
 * t       overwritten; rows_close frees it, also after a failure
 * at      offset of the first that is wanted
 * Returns 0; -1 with errno
 */
int rows_open(struct rows *t, int dir, uint64_t at);

/* rows_inside - the same for rows inside of another file
 *
 * fd      of it, which stays with the caller
 * at, size  where they are
 */
int rows_inside(struct rows *t, int fd, uint64_t at, uint64_t size);

/* rows_get - the next row, without its LF
 *
 * row     valid until the next call
 * Returns 1; 0 at the end; -1 with errno, EBADMSG when it is damaged
 */
int rows_get(struct rows *t, struct bytes *row);

/* rows_next - go behind the row that rows_get gave */
void rows_next(struct rows *t, struct bytes row);

void rows_close(struct rows *t);

#endif
