#include "cmd/lsv-list/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/fio.h"

enum {
	ROOM_FIRST = 65536,  /* bytes */
	ROOM_STEP = 4 << 20, /* bytes, once it is larger than that */
	TRIES = 100,         /* of other processes that make one meanwhile */
};

static int
path_of(char path[PATH_MAX], const char *dir)
{
	int n = snprintf(path, PATH_MAX, "%s/import.tmp", dir);

	if (n < 0 || n >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

int
arena_sweep(const char *dir)
{
	char path[PATH_MAX];

	if (path_of(path, dir) < 0)
		return -1;
	return unlink(path) < 0 && errno != ENOENT ? -1 : 0;
}

int
arena_open(struct arena *a, const char *dir)
{
	char path[PATH_MAX];
	int i;

	*a = (struct arena){.fd = -1};
	if (path_of(path, dir) < 0)
		return -1;
	/* the name says nothing: who has the file open keeps it */
	for (i = 0; a->fd < 0 && i < TRIES; i++) {
		a->fd = open(path,
		    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if ((a->fd < 0 && errno != EEXIST) || arena_sweep(dir) < 0)
			return -1;
	}
	return a->fd < 0 ? -1 : 0;
}

static int
grow(struct arena *a, size_t len)
{
	size_t more = a->room < ROOM_STEP ? a->room : ROOM_STEP;
	void *p;
	int r;

	if (more < ROOM_FIRST)
		more = ROOM_FIRST;
	while (more < len)
		more += ROOM_STEP;
	/* a page that the disk has no room for would be a signal when it is
	 * written to, so the room is taken first */
	do
		r = posix_fallocate(a->fd, (off_t)a->room, (off_t)more);
	while (r == EINTR);
	if (r != 0) {
		errno = r;
		return -1;
	}
	if (a->room)
		p = mremap(a->p, a->room, a->room + more, MREMAP_MAYMOVE);
	else
		p = mmap(
		    NULL, more, PROT_READ | PROT_WRITE, MAP_SHARED, a->fd, 0);
	if (p == MAP_FAILED)
		return -1;
	a->p = p;
	a->room += more;
	return 0;
}

void *
arena_add(struct arena *a, size_t len)
{
	char *p;

	if (a->room - a->len < len && grow(a, len) < 0)
		return NULL;
	p = a->p + a->len;
	a->len += len;
	return p;
}

void
arena_close(struct arena *a)
{
	int err = errno;

	if (a->room)
		munmap(a->p, a->room);
	fio_close(a->fd);
	*a = (struct arena){.fd = -1};
	errno = err;
}
