/* lock.h - locks of an open file description: gone when the last descriptor
 * of it closes, inherited by children, never stale */
#ifndef LSV_LOCK_H
#define LSV_LOCK_H

#include <sys/types.h>

/* lock_file - take, change or drop a lock on some bytes of a file
 *
 * fd      open for reading (F_RDLCK) or writing (F_WRLCK)
 * type    F_RDLCK, F_WRLCK or F_UNLCK
 * at, len the bytes, which need not exist; len 0 means to the end
 * wait    1 waits for the lock, 0 does not
 * Returns 0; -1 with errno EAGAIN when another holds it, or what fcntl(2) says
 * Source  fcntl(2), "Open file description locks"
 */
int lock_file(int fd, int type, off_t at, off_t len, int wait);

/* lock_instance - be the only one that runs here
 *
 * dir     a directory
 * name    the lock file in it, made when missing (mode 0600)
 * wait    1 waits until the predecessor and all its children are gone
 * Returns a descriptor that holds the lock as long as it, or a copy in a child,
 *         is open (close-on-exec); -1 with errno EAGAIN when held
 */
int lock_instance(int dir, const char *name, int wait);

#endif
