#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cmd/lsv-route/route.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/logline.h"

enum {
	DIR_MODE = 0750,
	DAYS_MAX = 4096, /* directories of days looked at */
	LOW_PERCENT = 5, /* free blocks or inodes: clear all out */
	US_PER_DAY_S = 86400,
};

/* The directory of today, made when it is missing. */
static int
open_day(struct route *r, const char *day)
{
	int dir = openat(r->done, day, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir >= 0 || errno != ENOENT)
		return dir;
	if (mkdirat(r->done, day, DIR_MODE) < 0 && errno != EEXIST)
		return -1;
	return openat(r->done, day, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The directory of today stays open from one file to the next. */
static int
today(struct route *r)
{
	char day[CLOCK_DAY_LEN + 1];

	clock_day(day, clock_wall_us());
	if (r->today >= 0 && strcmp(day, r->day) == 0)
		return r->today;
	fio_close(r->today);
	r->today = open_day(r, day);
	memcpy(r->day, day, sizeof r->day);
	return r->today;
}

int
done_put(struct route *r, int from, const char *name)
{
	int dir = today(r);

	if (dir < 0)
		return -1;
	if (renameat(from, name, dir, name) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	/* it may have been removed when the disk was full */
	r->day[0] = '\0';
	dir = today(r);
	return dir < 0 ? -1 : renameat(from, name, dir, name);
}

/* struct day - one directory of done/ */
struct day {
	char name[CLOCK_DAY_LEN + 1];
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(
	    ((const struct day *)a)->name, ((const struct day *)b)->name);
}

static size_t
days_read(int done, struct day *day)
{
	int fd = openat(done, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	size_t n = 0;

	if (!d) {
		fio_close(fd);
		return 0;
	}
	while (n < DAYS_MAX && (e = readdir(d)))
		if (strlen(e->d_name) == CLOCK_DAY_LEN &&
		    strspn(e->d_name, "0123456789") == CLOCK_DAY_LEN)
			memcpy(day[n++].name, e->d_name, CLOCK_DAY_LEN + 1);
	closedir(d);
	qsort(day, n, sizeof *day, by_name);
	return n;
}

/* Bytes of the files of a directory of at most two levels. */
static uint64_t
size_of(int at, const char *name)
{
	int fd =
	    openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	struct stat st;
	uint64_t n = 0;

	if (!d) {
		fio_close(fd);
		return 0;
	}
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.' ||
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		n += (uint64_t)st.st_blocks * 512U;
		if (S_ISDIR(st.st_mode))
			n += size_of(fd, e->d_name);
	}
	closedir(d);
	return n;
}

/* A day, with the files and job directories in it. */
static void
day_remove(int done, const char *day)
{
	int fd =
	    openat(done, day, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	struct logline l;

	if (!d) {
		fio_close(fd);
		return;
	}
	while ((e = readdir(d)))
		if (e->d_name[0] != '.' && unlinkat(fd, e->d_name, 0) < 0)
			jobdir_sweep(fd, e->d_name);
	closedir(d);
	if (unlinkat(done, day, AT_REMOVEDIR) < 0)
		return;
	log_begin(&l, NULL, "purged");
	log_z(&l, "done", day);
	log_end(&l);
}

static int
disk_low(int fd)
{
	struct statvfs v;

	if (fstatvfs(fd, &v) < 0)
		return 0;
	return v.f_bavail * 100 / (v.f_blocks ? v.f_blocks : 1) < LOW_PERCENT ||
	    (v.f_files && v.f_favail * 100 / v.f_files < LOW_PERCENT);
}

int
done_low(const struct route *r)
{
	return disk_low(r->done);
}

/* Days go as a whole, the oldest first: by age, then as long as all together
 * take more than they may, and all of them before a full disk stops the mail.
 */
int
done_purge(struct route *r, const char *unused)
{
	struct day *day = calloc(DAYS_MAX, sizeof *day);
	char keep[CLOCK_DAY_LEN + 1];
	uint64_t age_us = r->site.keep_done_days * US_PER_DAY_S * 1000000ULL;
	uint64_t now = clock_wall_us(), bytes = 0;
	size_t n, i;

	(void)unused;
	if (!day)
		return -1;
	clock_day(keep, now > age_us ? now - age_us : 0);
	n = days_read(r->done, day);
	for (i = 0; i < n; i++)
		bytes += size_of(r->done, day[i].name);
	for (i = 0; i < n; i++) {
		if (strcmp(day[i].name, keep) >= 0 &&
		    bytes <= r->site.keep_done_bytes && !disk_low(r->done))
			break;
		bytes -= size_of(r->done, day[i].name);
		day_remove(r->done, day[i].name);
	}
	free(day);
	return 0;
}
