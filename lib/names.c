#include "lib/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_ROOM = 64 };

static int
add(struct names *l, const char *name, size_t len)
{
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : FIRST_ROOM;
		void *p = reallocarray(l->name, room, sizeof *l->name);

		if (!p)
			return -1;
		l->name = p;
		l->room = room;
	}
	memcpy(l->name[l->n], name, len);
	l->name[l->n++][len] = 0;
	return 0;
}

static int
older(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int
read_all(struct names *l, DIR *d, size_t max,
    void (*other)(void *arg, const char *name), void *arg)
{
	const struct dirent *e;
	size_t len;

	/* readdir tells the end from an error only by errno */
	while (errno = 0, l->n < max && (e = readdir(d))) {
		len = strlen(e->d_name);
		if (id_ok(e->d_name, len)) {
			if (add(l, e->d_name, len) < 0)
				return -1;
		} else if (other && e->d_name[0] != '.') {
			other(arg, e->d_name);
		}
	}
	return errno ? -1 : 0;
}

int
names_read(struct names *l, int dir, size_t max,
    void (*other)(void *arg, const char *name), void *arg)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d;
	int r, err;

	*l = (struct names){0};
	if (fd < 0)
		return -1;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -1;
	}
	r = read_all(l, d, max, other, arg);
	err = errno;
	closedir(d);
	if (r < 0) {
		names_free(l);
		errno = err;
		return -1;
	}
	if (l->n)
		qsort(l->name, l->n, sizeof *l->name, older);
	return 0;
}

void
names_free(struct names *l)
{
	free(l->name);
	*l = (struct names){0};
}
