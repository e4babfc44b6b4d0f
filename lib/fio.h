/* fio.h - whole files, durable: reading them, writing them, replacing them */
#ifndef LSV_FIO_H
#define LSV_FIO_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/ofat.h"

/* fio_read - a whole file
 *
 * dir     directory descriptor, or AT_FDCWD
 * name    opened O_NOFOLLOW; must be a regular file
 * out     replaced by the bytes
 * max     largest size accepted
 * Returns 0; -1 with errno EFBIG above max, EINVAL when not a regular file, or
 *         what open, read said
 */
int fio_read(int dir, const char *name, stralloc *out, size_t max);

/* fio_read_fd - what is left to read of a descriptor, appended to out
 *
 * Returns 0; -1 with errno EFBIG when more than max bytes came
 */
int fio_read_fd(int fd, stralloc *out, size_t max);

/* fio_write - all of it, or an error
 *
 * Returns 0; -1 with errno; how much was written is then unknown
 */
int fio_write(int fd, const void *p, size_t len);

/* fio_pwrite - the same at a place */
int fio_pwrite(int fd, const void *p, size_t len, off_t at);

/* fio_replace - put a file in the place of another, durably
 *
 * Writes "tmp.<name>" beside it, makes it durable, renames, and syncs dir.
 * dir     directory descriptor
 * mode    of the new file, set whatever the umask
 * Returns 0; -1 with errno, the old file then still in place
 */
int fio_replace(
    int dir, const char *name, const void *p, size_t len, mode_t mode);

/* fio_copy - bytes of a file, behind those written already
 *
 * from    open for reading; its offset is not moved
 * at      where they begin, max how many at most
 * Returns how many there were; -1 with errno, how many were written is then
 *         unknown
 */
int64_t fio_copy(int from, off_t at, uint64_t max, int to);

/* fio_close - close, keeping errno; ignores descriptors below 0 */
void fio_close(int fd);

#endif
