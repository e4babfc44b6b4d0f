#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-service/service.h"
#include "lib/beneath.h"
#include "lib/fio.h"

enum { DEPTH = 8, FILE_MAX = 65536 };

/* What each name of a directory is given to.  Returns 0; -1 ends the walk. */
typedef int each_fn(void *arg, int dir, const char *name);

static int
each(int dir, const char *path, each_fn *fn, void *arg)
{
	int fd = beneath_open(dir, path, O_RDONLY | O_DIRECTORY);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int r = 0;

	if (!d) {
		fio_close(fd);
		return -1;
	}
	/* cppcheck-suppress readdirCalled ; one thread */
	while (errno = 0, r == 0 && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = fn(arg, fd, e->d_name);
	if (r == 0 && errno)
		r = -1;
	fd = errno;
	closedir(d);
	errno = fd;
	return r;
}

/* arg: how deep we are, an int */
static int
remove_one(void *arg, int dir, const char *name)
{
	int depth = *(const int *)arg + 1;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISDIR(st.st_mode))
		return unlinkat(dir, name, 0);
	if (depth > DEPTH) {
		errno = ELOOP;
		return -1;
	}
	if (each(dir, name, remove_one, &depth) < 0)
		return -1;
	return unlinkat(dir, name, AT_REMOVEDIR);
}

static int
copy_file(int from, int to, const char *name, mode_t mode)
{
	stralloc text = {0};
	int fd = -1, r = -1;

	if (fio_read(from, name, &text, FILE_MAX) < 0)
		goto done;
	fd = openat(to, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fio_write(fd, text.s, text.len) < 0)
		goto done;
	r = fchmod(fd, mode & 0111 ? 0755 : 0644);
done:
	sa_free(&text);
	fio_close(fd);
	return r;
}

/* struct copy - where copies go
 *
 * to      directory
 * depth   how deep we are
 */
struct copy {
	int to, depth;
};

static int
copy_one(void *arg, int dir, const char *name)
{
	const struct copy *c = arg;
	struct copy down = {.to = -1, .depth = c->depth + 1};
	struct stat st;
	int r;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (S_ISREG(st.st_mode))
		return copy_file(dir, c->to, name, st.st_mode);
	if (!S_ISDIR(st.st_mode) || down.depth > DEPTH) {
		errno = EINVAL;
		return -1;
	}
	if (mkdirat(c->to, name, 0755) < 0)
		return -1;
	down.to = beneath_open(c->to, name, O_RDONLY | O_DIRECTORY);
	if (down.to < 0)
		return -1;
	r = each(dir, name, copy_one, &down);
	fio_close(down.to);
	return r;
}

static int
add_name(void *arg, int dir, const char *name)
{
	struct service *s = arg;

	(void)dir;
	if (name[0] == '.')
		return 0;
	if (s->n == SERVICES_MAX || strlen(name) >= SERVICE_NAME) {
		errno = E2BIG;
		return -1;
	}
	snprintf(s->name[s->n++], SERVICE_NAME, "%s", name);
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

int
services_list(struct service *s, int dir)
{
	s->n = 0;
	if (each(dir, ".", add_name, s) < 0)
		return -1;
	qsort(s->name, s->n, SERVICE_NAME, by_name);
	return 0;
}

void
services_scanned(struct service *s)
{
	int dir = open(s->scan.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 || services_list(s, dir) < 0)
		s->n = 0;
	fio_close(dir);
}

int
scandir_make(struct service *s)
{
	int to = open(s->scan.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct copy c = {.to = to};
	int depth = 0, r = -1;

	if (to < 0)
		return -1;
	if (each(to, ".", remove_one, &depth) == 0 &&
	    each(s->share, "service", copy_one, &c) == 0)
		r = services_list(s, to);
	fio_close(to);
	return r;
}
