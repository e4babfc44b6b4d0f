/* beneath.h - opening what lies below a directory, and nothing else */
#ifndef LSV_BENEATH_H
#define LSV_BENEATH_H

/* beneath_open - open a path that neither leaves a directory nor goes through
 * a symbolic link
 *
 * dir     directory descriptor
 * path    relative, NUL-terminated; "" or "." is the directory itself
 * flags   as for openat(2); O_NOFOLLOW and O_CLOEXEC are added. With O_PATH a
 *         symbolic link at the end of the path is opened itself
 * Returns a descriptor; -1 with errno, ELOOP for a symbolic link on the way,
 *         EXDEV for a path that leaves the directory
 * Source  openat2(2), RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS
 */
int beneath_open(int dir, const char *path, int flags);

#endif
