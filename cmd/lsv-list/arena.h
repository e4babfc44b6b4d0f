/* arena.h - bytes that grow, in a file without a name instead of in memory
 *
 * The kernel keeps as much of it in memory as it has to spare and writes the
 * rest to disk; a process that ends, in whatever way, gives it all back.
 */
#ifndef LSV_LIST_ARENA_H
#define LSV_LIST_ARENA_H

#include <stddef.h>

/* struct arena - len bytes in use at p, which moves when it grows */
struct arena {
	char *p;
	size_t len, room;
	int fd;
};

/* arena_open - an empty arena
 *
 * a       overwritten; give it to arena_close, also after a failure
 * dir     where the file has a name for a moment, see arena_sweep
 * Returns 0; -1 with errno
 */
int arena_open(struct arena *a, const char *dir);

/* arena_add - len more bytes, not initialised
 *
 * Returns their place, which is that of the arena plus its length of before;
 *         NULL with errno, ENOSPC when the disk is full
 */
void *arena_add(struct arena *a, size_t len);

/* arena_close - give it back */
void arena_close(struct arena *a);

/* arena_sweep - remove the name that a process left when it was killed between
 * making the file and removing its name; does no harm to one that is not dead
 *
 * Returns 0; -1 with errno
 */
int arena_sweep(const char *dir);

#endif
