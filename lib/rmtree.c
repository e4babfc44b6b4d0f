#include "lib/rmtree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fio.h"

enum {
	DEEP = 16,  /* directories one in the other */
	TIMES = 64, /* a directory is read until it is empty, or no emptier */
};

static int
is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* The directory for reading, from its start on, whatever was read of dir. */
static DIR *
entries(int dir, const char *name)
{
	int fd =
	    openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d;

	if (fd < 0)
		return NULL;
	d = fdopendir(fd);
	if (!d)
		fio_close(fd);
	return d;
}

/* The next name; NULL at the end, then with errno 0, and on an error. */
static const char *
next(DIR *d)
{
	const struct dirent *e;

	do {
		errno = 0;
		e = readdir(d);
	} while (e && is_dot(e->d_name));
	return e ? e->d_name : NULL;
}

/* --- how much ------------------------------------------------------------- */

/* struct room - what may still come */
struct room {
	size_t files;
	uint64_t bytes;
	unsigned deep;
};

static int within(int dir, const char *name, struct room *room);

static int
entry_within(int dir, const char *name, struct room *room)
{
	struct stat st;
	uint64_t used;

	if (room->files-- == 0)
		return 0;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 1 : -1;
	if (S_ISDIR(st.st_mode))
		return within(dir, name, room);
	used = (uint64_t)st.st_blocks * 512;
	if (!S_ISREG(st.st_mode))
		return 1;
	if (used > room->bytes)
		return 0;
	room->bytes -= used;
	return 1;
}

static int
within(int dir, const char *name, struct room *room)
{
	const char *e;
	DIR *d;
	int in = 1;

	if (room->deep == DEEP)
		return 0;
	d = entries(dir, name);
	if (!d)
		return errno == ENOENT ? 1 : errno == EACCES ? 0 : -1;
	room->deep++;
	while (in == 1 && (e = next(d)) != NULL)
		in = entry_within(dirfd(d), e, room);
	if (in == 1 && errno)
		in = -1;
	closedir(d);
	room->deep--;
	return in;
}

int
rmtree_within(int dir, size_t files, uint64_t bytes)
{
	struct room room = {.files = files, .bytes = bytes};

	return within(dir, ".", &room);
}

/* --- away ----------------------------------------------------------------- */

/* Directories inside of it move up beside it, so that nothing is ever deeper
 * than two: a name that is free there is found by counting. */
static int
raise_one(int top, int dir, const char *name)
{
	static unsigned long n;
	char as[32];

	if (fchmodat(dir, name, 0700, 0) < 0)
		return -1;
	do {
		snprintf(as, sizeof as, "%lu", n++);
		if (renameat2(dir, name, top, as, RENAME_NOREPLACE) == 0)
			return 0;
	} while (errno == EEXIST);
	return -1;
}

/* All files of a directory go, all directories of it move up. */
static int
flatten(int top, const char *name)
{
	const char *e;
	DIR *d;
	int r;

	if (fchmodat(top, name, 0700, 0) < 0)
		return -1;
	d = entries(top, name);
	if (!d)
		return -1;
	while ((e = next(d)) != NULL) {
		if (unlinkat(dirfd(d), e, 0) == 0)
			continue;
		if ((errno != EISDIR && errno != EPERM) ||
		    raise_one(top, dirfd(d), e) < 0)
			break;
	}
	r = e || errno ? -1 : 0;
	closedir(d);
	return r;
}

static int
remove_entry(int top, const char *name)
{
	if (unlinkat(top, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	for (int i = 0; i < TIMES; i++) {
		if (unlinkat(top, name, AT_REMOVEDIR) == 0)
			return 0;
		if ((errno != ENOTEMPTY && errno != EEXIST) ||
		    flatten(top, name) < 0)
			return -1;
	}
	return -1;
}

/* Once over the directory: 1 when something was there. */
static int
once(int dir)
{
	const char *e;
	DIR *d = entries(dir, ".");
	int found = 0, r;

	if (!d)
		return -1;
	while ((e = next(d)) != NULL) {
		found = 1;
		if (remove_entry(dir, e) < 0)
			break;
	}
	r = e || errno ? -1 : 0;
	closedir(d);
	return r < 0 ? -1 : found;
}

int
rmtree_inside(int dir)
{
	int r;

	/* while entries go and come, readdir(3) may pass some over */
	do
		r = once(dir);
	while (r == 1);
	return r;
}

int
rmtree(int parent, const char *name)
{
	int dir, r;

	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno == ENOTDIR)
		return unlinkat(parent, name, 0);
	if (fchmodat(parent, name, 0700, 0) < 0)
		return -1;
	dir = openat(
	    parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return -1;
	r = rmtree_inside(dir);
	fio_close(dir);
	return r < 0 ? -1 : unlinkat(parent, name, AT_REMOVEDIR);
}
