#include "lib/spoolmend.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/beneath.h"
#include "lib/fio.h"
#include "lib/ids.h"

enum { PROC_PATH = 32, FRESH_MODE = 0700, FRESH_FILE = 0600 };

int
spoolmend_able(const struct spooldiff *d, unsigned may)
{
	switch (d->what) {
	case DIFF_MISSING:
	case DIFF_GROUP:
	case DIFF_MODE:
		return (may & MEND_MAKE) != 0;
	case DIFF_OWNER:
		if (!d->name[0])
			return (may & MEND_MAKE) != 0;
		return (may & (MEND_MOVE | MEND_ADOPT)) != 0;
	case DIFF_TYPE:
	case DIFF_LINKS:
	case DIFF_FOREIGN:
	case DIFF_ORPHAN:
		return (may & MEND_MOVE) != 0 &&
		    d->row->root == SPOOLTAB_SPOOL &&
		    (d->row->path[0] || d->name[0]);
	case DIFF_UNREADABLE:
		break;
	}
	return 0;
}

/* The directory in which the row or the name of a difference lies, and its
 * last component. */
static int
parent_open(struct spoolcheck *c, const struct spooltab_row *row,
    const char *name, const char **last, int flags)
{
	char path[SPOOLTAB_PATH + SPOOLDIFF_NAME + 2];
	char *slash;

	snprintf(path, sizeof path, "%s%s%s", row->path,
	    name[0] && row->path[0] ? "/" : "", name);
	*last = name[0] ? name : row->path;
	slash = strrchr(*last, '/');
	if (slash)
		*last = slash + 1;
	slash = strrchr(path, '/');
	*(slash ? slash : path) = 0;
	return beneath_open(c->root[row->root], path, flags);
}

/* --- owner, group, mode --------------------------------------------------- */

/* chmod(2) of the very thing that is open; O_PATH descriptors have no
 * fchmod(2), and what is behind this name cannot be exchanged. */
static int
set_mode(int fd, unsigned mode)
{
	char path[PROC_PATH];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return chmod(path, mode);
}

static int
is_row(const struct stat *st, const struct spooltab_row *row)
{
	if (row->type == 'd')
		return S_ISDIR(st->st_mode);
	return st->st_nlink == 1 &&
	    (row->type == 'p' ? S_ISFIFO(st->st_mode) : S_ISREG(st->st_mode));
}

/* Owner first: chown(2) takes set-group-ID away. */
static int
set_all(struct spoolcheck *c, const struct spooltab_row *row, int fd)
{
	struct stat st;
	uid_t uid;
	gid_t gid;

	if (fstat(fd, &st) < 0 || spoolcheck_owner(c, row, &uid) < 0 ||
	    spoolcheck_group(c, row, &gid) < 0)
		return -1;
	if (!is_row(&st, row)) {
		errno = ESTALE;
		return -1;
	}
	if ((st.st_uid != uid || st.st_gid != gid) &&
	    fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0)
		return -1;
	return set_mode(fd, row->mode);
}

static int
set_row(struct spoolcheck *c, const struct spooltab_row *row)
{
	int fd = beneath_open(c->root[row->root], row->path, O_PATH);
	int r;

	if (fd < 0)
		return -1;
	r = set_all(c, row, fd);
	fio_close(fd);
	return r;
}

/* --- what is missing ------------------------------------------------------ */

static int
make_thing(int dir, const char *name, char type)
{
	int fd;

	if (type == 'd')
		return mkdirat(dir, name, FRESH_MODE);
	if (type == 'p')
		return mkfifoat(dir, name, FRESH_FILE);
	fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FRESH_FILE);
	if (fd < 0)
		return -1;
	fio_close(fd);
	return 0;
}

/* What was made a moment ago must be what is opened now: ours, and alone. */
static int
made_by_us(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if (st.st_uid == geteuid())
		return 0;
	errno = ESTALE;
	return -1;
}

static int
make_row(struct spoolcheck *c, const struct spooltab_row *row)
{
	const char *name;
	int dir, fd = -1, r = -1;

	if (!row->path[0])
		return spoolmend_root(c, row->root) < 0 ? -1 : set_row(c, row);
	dir = parent_open(c, row, "", &name, O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		return -1;
	if (make_thing(dir, name, row->type) < 0)
		goto done;
	fd = beneath_open(dir, name, O_PATH);
	if (fd < 0 || made_by_us(fd) < 0 || set_all(c, row, fd) < 0)
		goto done;
	r = fsync(dir);
done:
	fio_close(fd);
	fio_close(dir);
	return r;
}

/* ext4 looks for a free inode near the directory, and without a journal passes
 * over those that were freed in the last minute one by one: inboxes, where files
 * come and go, are to be far from where others are only made.  A file system
 * that knows nothing of it does as well. */
static void
spread(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int flags;

	if (fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags |= FS_TOPDIR_FL;
		(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	fio_close(fd);
}

int
spoolmend_root(struct spoolcheck *c, enum spooltab_root root)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s", c->path[root]);

	if (c->root[root] >= 0)
		return 0;
	if (n < 0 || (size_t)n >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (char *p = path + 1;; p++) {
		char was = *p;

		if (was != '/' && was)
			continue;
		*p = 0;
		if (mkdir(path, 0755) == 0) {
			if (!was && root == SPOOLTAB_SPOOL)
				spread(path);
		} else if (errno != EEXIST) {
			return -1;
		}
		*p = was;
		if (!was)
			break;
	}
	c->root[root] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return c->root[root] < 0 ? -1 : 0;
}

/* --- what does not belong ------------------------------------------------- */

/* A new name for lost/: an ID, then where it came from with ':' for '/',
 * cut to what a directory takes. */
static int
lost_name(char *out, const struct spooldiff *d)
{
	char full[ID_LEN + SPOOLTAB_PATH + SPOOLDIFF_NAME + 3];

	if (id_make(full) < 0)
		return -1;
	snprintf(full + ID_LEN, sizeof full - ID_LEN, ":%s%s%s", d->row->path,
	    d->name[0] && d->row->path[0] ? "/" : "", d->name);
	full[NAME_MAX] = 0;
	for (char *p = full; *p; p++)
		if (*p == '/')
			*p = ':';
	memcpy(out, full, NAME_MAX + 1);
	return 0;
}

static int
move_away(struct spoolcheck *c, const struct spooldiff *d, stralloc *lost)
{
	char to[NAME_MAX + 1];
	const char *name;
	int from, shelf, r = -1;

	shelf = beneath_open(
	    c->root[SPOOLTAB_SPOOL], "lost", O_RDONLY | O_DIRECTORY);
	from = parent_open(c, d->row, d->name, &name, O_RDONLY | O_DIRECTORY);
	if (from < 0 || shelf < 0 || lost_name(to, d) < 0 ||
	    renameat2(from, name, shelf, to, RENAME_NOREPLACE) < 0 ||
	    fsync(shelf) < 0 || fsync(from) < 0)
		goto done;
	lost->len = 0;
	if (sa_puts(lost, to) == 0 && sa_0(lost) == 0)
		r = 0;
done:
	fio_close(shelf);
	fio_close(from);
	return r;
}

/* Give a file to the first user of its row; only a file with one link, or a
 * directory, and only the one that is open. */
static int
adopt(struct spoolcheck *c, const struct spooldiff *d)
{
	struct spooltab_row want = *d->row;
	struct stat st;
	const char *name;
	uid_t uid;
	int dir, fd = -1, r = -1;

	if (want.nfrom)
		memcpy(want.owner, want.from[0], sizeof want.owner);
	if (spoolcheck_owner(c, &want, &uid) < 0)
		return -1;
	dir = parent_open(c, d->row, d->name, &name, O_PATH | O_DIRECTORY);
	if (dir >= 0)
		fd = beneath_open(dir, name, O_PATH);
	if (fd < 0 || fstat(fd, &st) < 0)
		goto done;
	if (!S_ISDIR(st.st_mode) &&
	    !(S_ISREG(st.st_mode) && st.st_nlink == 1)) {
		errno = ESTALE;
		goto done;
	}
	r = fchownat(fd, "", uid, (gid_t)-1, AT_EMPTY_PATH);
done:
	fio_close(fd);
	fio_close(dir);
	return r;
}

int
spoolmend(struct spoolcheck *c, const struct spooldiff *d, unsigned may,
    stralloc *lost)
{
	lost->len = 0;
	if (sa_0(lost) < 0)
		return -1;
	if (!spoolmend_able(d, may)) {
		errno = EPERM;
		return -1;
	}
	switch (d->what) {
	case DIFF_MISSING:
		return make_row(c, d->row);
	case DIFF_OWNER:
	case DIFF_GROUP:
	case DIFF_MODE:
		if (!d->name[0])
			return set_row(c, d->row);
		return may & MEND_ADOPT ? adopt(c, d) : move_away(c, d, lost);
	case DIFF_TYPE:
		if (move_away(c, d, lost) < 0)
			return -1;
		return make_row(c, d->row);
	case DIFF_LINKS:
		if (move_away(c, d, lost) < 0)
			return -1;
		return d->name[0] ? 0 : make_row(c, d->row);
	case DIFF_FOREIGN:
	case DIFF_ORPHAN:
		return move_away(c, d, lost);
	case DIFF_UNREADABLE:
		break;
	}
	errno = EPERM;
	return -1;
}
