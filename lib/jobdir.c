#include "lib/jobdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fio.h"
#include "lib/names.h"

enum { FILE_MODE = 0660, DIR_MODE = 02750 };

static int
subdir(int at, const char *name)
{
	return openat(
	    at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

int
jobdirs_open(struct jobdirs *d)
{
	d->top = subdir(AT_FDCWD, "jobs");
	d->stage = d->top < 0 ? -1 : subdir(d->top, "stage");
	return d->stage < 0 ? -1 : 0;
}

/* A new file with the mode that workers need, whatever the umask. */
static int
new_file(int dir, const char *name, int flags)
{
	int fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | flags,
	    FILE_MODE);

	if (fd >= 0 && fchmod(fd, FILE_MODE) < 0) {
		fio_close(fd);
		return -1;
	}
	return fd;
}

static int
write_file(int dir, const char *name, struct bytes text)
{
	int fd = new_file(dir, name, 0);
	int r;

	if (fd < 0)
		return -1;
	r = fio_write(fd, text.s, text.len) < 0 || fsync(fd) < 0 ? -1 : 0;
	fio_close(fd);
	return r;
}

int
jobdir_sweep(int at, const char *name)
{
	int fd = subdir(at, name);
	struct dirent *e;
	DIR *d;
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	d = fdopendir(fd);
	if (!d) {
		fio_close(fd);
		return -1;
	}
	/* cppcheck-suppress readdirCalled ; one thread */
	while (r == 0 && (errno = 0, e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = unlinkat(fd, e->d_name, 0);
	if (errno)
		r = -1;
	closedir(d);
	return r < 0 ? -1 : unlinkat(at, name, AT_REMOVEDIR);
}

int
jobdir_create(struct jobdir *j, const struct jobdirs *d, const char *name,
    uint32_t chunk, struct bytes poster)
{
	stralloc line = {0};
	int r = -1;

	*j = (struct jobdir){.dir = -1, .planfd = -1};
	id_copy(j->name, name);
	if (jobdir_sweep(d->stage, name) < 0 ||
	    mkdirat(d->stage, name, DIR_MODE) < 0 ||
	    (j->dir = subdir(d->stage, name)) < 0 ||
	    fchmod(j->dir, DIR_MODE) < 0)
		goto done;
	j->planfd = new_file(j->dir, "plan", O_APPEND);
	if (j->planfd < 0 || plan_start(&line, chunk, poster) < 0 ||
	    fio_write(j->planfd, line.s, line.len) < 0 ||
	    plan_parse(&j->plan, line.s, line.len, NULL) < 0)
		goto done;
	r = 0;
done:
	sa_free(&line);
	return r;
}

int
jobdir_facts(struct jobdir *j, struct bytes facts)
{
	return write_file(j->dir, "job", facts);
}

int
jobdir_body(struct jobdir *j)
{
	return new_file(j->dir, "body", 0);
}

int
jobdir_plan(struct plan *p, int dir, struct where *w)
{
	stralloc text = {0};
	int r = fio_read(dir, "plan", &text, PLAN_MAX);

	if (r == 0 && plan_parse(p, text.s, text.len, w) < 0) {
		errno = EBADMSG;
		r = -1;
	}
	sa_free(&text);
	return r;
}

/* A torn last line is cut before the next one is written behind it. */
static int
plan_append_fd(int dir, const struct plan *p)
{
	struct stat st;
	int fd =
	    openat(dir, "plan", O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 ||
	    ((size_t)st.st_size != p->length &&
		ftruncate(fd, (off_t)p->length) < 0)) {
		fio_close(fd);
		return -1;
	}
	return fd;
}

/* The number of a chunk by its name, 0 when it is none of this job. */
static uint32_t
chunk_number(const char *job, const char *name)
{
	size_t n = strlen(job);
	uint32_t k = 0;

	if (strncmp(name, job, n) != 0 || name[n] != '.' ||
	    strlen(name) != n + 7)
		return 0;
	for (const char *s = name + n + 1; *s; s++) {
		if (*s < '0' || *s > '9')
			return 0;
		k = k * 10 + (uint32_t)(*s - '0');
	}
	return k;
}

static int
remove_unplanned(const struct jobdir *j)
{
	struct names l;
	int r = 0;

	if (names_read(&l, j->dir, INT32_MAX, NULL, NULL) < 0)
		return -1;
	for (size_t i = 0; i < l.n && r == 0; i++)
		if (chunk_number(j->name, l.name[i]) > j->plan.chunks)
			r = unlinkat(j->dir, l.name[i], 0);
	names_free(&l);
	return r;
}

int
jobdir_reopen(struct jobdir *j, const struct jobdirs *d, const char *name,
    struct where *w)
{
	*j = (struct jobdir){.dir = -1, .planfd = -1, .committed = 1};
	id_copy(j->name, name);
	j->dir = subdir(d->top, name);
	if (j->dir < 0 || jobdir_plan(&j->plan, j->dir, w) < 0)
		return -1;
	j->planfd = plan_append_fd(j->dir, &j->plan);
	if (j->planfd < 0)
		return -1;
	j->made = j->plan.chunks;
	j->made_rcpts = j->plan.rcpts;
	/* who wrote the plan may have died before it was durable: no chunk
	 * leaves until it is */
	if (fdatasync(j->planfd) < 0 || fsync(d->top) < 0)
		return -1;
	return remove_unplanned(j);
}

void
jobdir_next(const struct jobdir *j, char *out)
{
	id_part(out, j->name, j->made + 1);
}

int
jobdir_chunk(struct jobdir *j, struct bytes text, uint32_t rcpts)
{
	char name[ID_NAME_MAX];
	int fd;

	if (j->pending == JOB_WAVE_MAX) {
		errno = EMFILE;
		return -1;
	}
	jobdir_next(j, name);
	fd = new_file(j->dir, name, 0);
	if (fd < 0)
		return -1;
	if (fio_write(fd, text.s, text.len) < 0) {
		fio_close(fd);
		return -1;
	}
	j->fd[j->pending++] = fd;
	/* only a head start for the fsync that counts: its error is seen there */
	sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	j->made++;
	j->made_rcpts += rcpts;
	return 0;
}

int
jobdir_sync(struct jobdir *j)
{
	int r = 0;

	while (j->pending) {
		int fd = j->fd[--j->pending];

		if (r == 0 && fsync(fd) < 0)
			r = -1;
		fio_close(fd);
	}
	return r;
}

static int
plan_write(struct jobdir *j, struct bytes key, int last)
{
	stralloc line = {0};
	int r = -1;

	if (plan_wave(&line, j->made, j->made_rcpts, key) == 0 &&
	    (!last || plan_end(&line, j->made, j->made_rcpts) == 0) &&
	    fio_write(j->planfd, line.s, line.len) == 0 &&
	    fdatasync(j->planfd) == 0)
		r = 0;
	sa_free(&line);
	if (r < 0)
		return -1;
	j->plan.chunks = j->made;
	j->plan.rcpts = j->made_rcpts;
	j->plan.ended = last;
	return 0;
}

static int
commit(struct jobdir *j, const struct jobdirs *d)
{
	if (renameat2(d->stage, j->name, d->top, j->name, RENAME_NOREPLACE) < 0)
		return -1;
	j->committed = 1;
	return fsync(d->top);
}

int
jobdir_wave(
    struct jobdir *j, const struct jobdirs *d, struct bytes key, int last)
{
	if (jobdir_sync(j) < 0 || fsync(j->dir) < 0 ||
	    plan_write(j, key, last) < 0)
		return -1;
	return j->committed ? 0 : commit(j, d);
}

int
jobdir_release(const struct jobdir *j, const struct pools *p, unsigned place,
    uint32_t from, uint32_t to)
{
	int now = p->dir[place][POOL_NOW];
	char name[ID_NAME_MAX];

	for (uint32_t k = from; k <= to; k++) {
		id_part(name, j->name, k);
		if (renameat2(j->dir, name, now, name, RENAME_NOREPLACE) < 0)
			return -1;
	}
	return 0;
}

void
jobdir_close(struct jobdir *j)
{
	while (j->pending)
		fio_close(j->fd[--j->pending]);
	fio_close(j->planfd);
	fio_close(j->dir);
	j->planfd = j->dir = -1;
}

int
jobdir_note(int dir, struct bytes line)
{
	struct plan p = {0};
	int fd, r;

	if (jobdir_plan(&p, dir, NULL) < 0)
		return -1;
	fd = plan_append_fd(dir, &p);
	if (fd < 0)
		return -1;
	r = fio_write(fd, line.s, line.len) < 0 || fdatasync(fd) < 0 ? -1 : 0;
	fio_close(fd);
	return r;
}
