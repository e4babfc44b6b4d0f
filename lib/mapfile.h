/* mapfile.h - a file that processes share as memory
 *
 * The file begins with a page that says what it is and in which life of the
 * machine it was begun.  What it holds outlives the processes, not the
 * machine: after a boot it starts anew, all zero.
 */
#ifndef LSV_MAPFILE_H
#define LSV_MAPFILE_H

#include <stddef.h>

enum {
	MAPFILE_PAGE = 4096, /* bytes of the file before the memory */
	MAPFILE_KIND = 16,   /* longest kind, bytes */
};

/* mapfile_make - map it for writing, made or begun anew when it is missing, of
 * another kind or size, or of another life of the machine
 *
 * Only one process may do so at a time, the one that holds the service's lock;
 * children inherit the map.  Room on the disk is taken at once.
 * dir     directory descriptor
 * name    made with mode 0640 when missing
 * kind    what is in it and its version, at most MAPFILE_KIND - 1 bytes; NUL
 *         at its end
 * size    bytes of memory wanted
 * Returns the memory; NULL with errno
 */
void *mapfile_make(int dir, const char *name, const char *kind, size_t size);

/* mapfile_look - map it for reading only
 *
 * Arguments as for mapfile_make.
 * Returns the memory; NULL with errno ENOENT when there is none, EPROTO when it
 *         is of another kind or size, ESTALE when it is of another life of
 *         the machine
 */
const void *mapfile_look(
    int dir, const char *name, const char *kind, size_t size);

/* mapfile_drop - unmap what either of them returned; NULL is left alone */
void mapfile_drop(const void *p, size_t size);

#endif
