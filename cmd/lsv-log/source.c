#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/lsv-log/log.h"
#include "lib/fio.h"

enum { FILES_MAX = 1024, NAME_ROOM = 32 };

static const char live[] = "current";

int
source_open(struct source *s, int logs, const char *name)
{
	size_t len = strlen(name);

	*s = (struct source){.fd = -1};
	if (len >= sizeof s->name) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(s->name, name, len + 1);
	s->dir =
	    openat(logs, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->dir >= 0 && !stralloc_ready(&s->buf, LINE_BYTES))
		errno = ENOMEM;
	return s->dir < 0 || !s->buf.s ? -1 : 0;
}

/* struct listing - files of a log, oldest first: those put away, then the one
 * being put away, then the live one */
struct listing {
	char name[FILES_MAX][NAME_ROOM];
	size_t n;
};

static int
rank(const char *name)
{
	return name[0] == '@' ? 0 : strcmp(name, live) == 0 ? 2 : 1;
}

static int
older(const void *a, const void *b)
{
	int r = rank(a) - rank(b);

	return r ? r : strcmp(a, b);
}

static int
list_files(int dir, struct listing *l)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	l->n = 0;
	if (!d) {
		fio_close(fd);
		return -1;
	}
	/* cppcheck-suppress readdirCalled ; one thread */
	while (l->n < FILES_MAX && (e = readdir(d)))
		if ((e->d_name[0] == '@' || strcmp(e->d_name, live) == 0 ||
			strcmp(e->d_name, "previous") == 0) &&
		    strlen(e->d_name) < NAME_ROOM)
			memcpy(
			    l->name[l->n++], e->d_name, strlen(e->d_name) + 1);
	closedir(d);
	qsort(l->name, l->n, sizeof l->name[0], older);
	return 0;
}

/* Where to go on: behind the file we were in.  When that is gone it was the
 * oldest, and all that are left are newer. */
static size_t
behind(const struct source *s, const struct listing *l)
{
	struct stat st;

	if (s->fd >= 0)
		for (size_t i = 0; i < l->n; i++)
			if (fstatat(s->dir, l->name[i], &st,
				AT_SYMLINK_NOFOLLOW) == 0 &&
			    st.st_ino == s->ino)
				return i + 1;
	return 0;
}

static int
enter(struct source *s, const char *name, uint64_t since_us)
{
	struct stat st;
	int fd = openat(
	    s->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0) {
		fio_close(fd);
		return errno == ENOENT ? 0 : -1;
	}
	if (!S_ISREG(st.st_mode) ||
	    (strcmp(name, live) != 0 &&
		(uint64_t)st.st_mtime + 1 < since_us / 1000000U)) {
		fio_close(fd);
		return 0;
	}
	fio_close(s->fd);
	s->fd = fd;
	s->ino = st.st_ino;
	s->live = strcmp(name, live) == 0;
	s->at = s->buf.len = 0;
	return 1;
}

/* The next file; 0 when the one we are in is still being written. */
static int
next_file(struct source *s, uint64_t since_us)
{
	static struct listing l;
	int r = list_files(s->dir, &l);

	for (size_t i = r < 0 ? l.n : behind(s, &l); r == 0 && i < l.n; i++)
		r = enter(s, l.name[i], since_us);
	return r;
}

/* Local time as it stood on the clock; an hour that is there twice is read as
 * going on, never back. */
static void
take_time(struct source *s, const struct logstamp *t)
{
	struct tm tm = {.tm_year = (int)t->year - 1900,
	    .tm_mon = (int)t->month - 1,
	    .tm_mday = (int)t->day,
	    .tm_hour = (int)t->hour,
	    .tm_min = (int)t->minute,
	    .tm_sec = (int)t->second,
	    .tm_isdst = -1};
	time_t sec = mktime(&tm);
	uint64_t us;

	if (sec < 0)
		return;
	us = (uint64_t)sec * 1000000U + t->us;
	if (us > s->us)
		s->us = us;
}

static int
take_line(struct source *s, size_t len)
{
	struct logstamp t;
	size_t n;

	s->line = (struct bytes){s->buf.s + s->at, len};
	n = logparse_stamp(&t, s->line.s, len);
	if (n)
		take_time(s, &t);
	s->text = (struct bytes){s->line.s + n, len - n};
	s->at += len;
	if (s->at < s->buf.len && s->buf.s[s->at] == '\n')
		s->at++;
	s->ready = 1;
	return 1;
}

/* A whole line of what was read; without one, a full buffer is one, and at the
 * end of a file that nobody writes any more all that is left. */
static int
whole_line(struct source *s, int ended)
{
	size_t left = s->buf.len - s->at;
	const char *nl = left ? memchr(s->buf.s + s->at, '\n', left) : NULL;

	if (nl)
		return take_line(s, (size_t)(nl - s->buf.s) - s->at);
	if (left == LINE_BYTES || (ended && left))
		return take_line(s, left);
	return 0;
}

static ssize_t
fill(struct source *s)
{
	ssize_t n;

	memmove(s->buf.s, s->buf.s + s->at, s->buf.len - s->at);
	s->buf.len -= s->at;
	s->at = 0;
	do {
		n = read(s->fd, s->buf.s + s->buf.len, LINE_BYTES - s->buf.len);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		s->buf.len += (size_t)n;
	return n;
}

/* Has the live file been put away meanwhile? */
static int
put_away(const struct source *s)
{
	struct stat st;

	return fstatat(s->dir, live, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    st.st_ino != s->ino;
}

int
source_next(struct source *s, uint64_t since_us)
{
	ssize_t n;
	int r, gone;

	for (;;) {
		if (s->fd >= 0) {
			if (whole_line(s, 0))
				return 1;
			/* looked at first: what is written in between is
			 * still in the file */
			gone = !s->live || put_away(s);
			n = fill(s);
			if (n < 0)
				return -1;
			if (n > 0)
				continue;
			if (!gone)
				return 0;
			if (whole_line(s, 1))
				return 1;
		}
		r = next_file(s, since_us);
		if (r <= 0)
			return r;
	}
}
