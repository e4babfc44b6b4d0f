#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/lsv-queue/queue.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/names.h"
#include "lib/num.h"

enum {
	PREFIX_MIN = 4,    /* bytes that may stand for an ID */
	NUMBER_DIGITS = 7, /* of LISTSERV's file number */
	DAYS_MAX = 4096,   /* days looked at in done/ */
};

const char *
stage_name(enum stage s)
{
	static const char *const name[STAGES] = {"score", "scan", "hold",
	    "command", "route", "bad", "jobs", "home", "now", "later", "held",
	    "finished", "done"};

	return name[s];
}

/* Up to seven digits may also be the file number of LISTSERV's log. */
static int
is_number(const char *arg, const char *name)
{
	uint64_t n;
	size_t len = strlen(arg);

	return len <= NUMBER_DIGITS && num_u64(&n, arg, len, 9999999) == 0 &&
	    id_number(name) == n;
}

static int
means(const struct queue *q, const char *arg, const char *name)
{
	size_t n = strlen(arg);

	if (strncmp(name, arg, n) == 0 && (q->opt.exact || n >= PREFIX_MIN))
		return !q->opt.exact || name[n] == 0 || name[n] == '.';
	return !q->opt.exact && is_number(arg, name);
}

int
selected(const struct queue *q, const char *name)
{
	for (int i = 0; i < q->opt.narg; i++)
		if (means(q, q->opt.arg[i], name))
			return 1;
	return q->opt.narg == 0;
}

/* Can something in this job's directory be meant? */
static int
related(const struct queue *q, const char *job)
{
	for (int i = 0; i < q->opt.narg; i++)
		if (strncmp(q->opt.arg[i], job, strlen(job)) == 0)
			return 1;
	return selected(q, job);
}

static int
is_reason(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, ".why") == 0;
}

static int
walk_names(struct queue *q, const struct place *where, place_fn *fn, void *arg)
{
	struct names l;
	struct place at = *where;
	int r = 0;

	if (names_read(&l, where->dir, INT32_MAX, NULL, NULL) < 0)
		return -1;
	for (size_t i = 0; i < l.n && r == 0; i++)
		if (selected(q, l.name[i]) && !is_reason(l.name[i])) {
			at.name = l.name[i];
			r = fn(q, &at, arg);
		}
	names_free(&l);
	return r;
}

static int
subdir(int at, const char *name)
{
	return openat(
	    at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* The parts of a job that lie in its directory. */
static int
walk_parts(struct queue *q, const struct place *job, place_fn *fn, void *arg)
{
	struct place at = *job;
	int dir = subdir(job->dir, job->name);
	int r;

	if (dir < 0)
		return errno == ENOENT ? 0 : -1;
	at.isdir = 0;
	at.job = job->name;
	at.stage = job->stage == STAGE_DONE ? STAGE_DONE : STAGE_HOME;
	at.dir = dir;
	r = walk_names(q, &at, fn, arg);
	fio_close(dir);
	return r;
}

/* Files and directories of jobs side by side; only what fits the stage. */
static int
walk_mixed(struct queue *q, const struct place *where, place_fn *fn, void *arg,
    int parts)
{
	struct names l;
	struct place at = *where;
	struct stat st;
	int r = 0;

	if (names_read(&l, where->dir, INT32_MAX, NULL, NULL) < 0)
		return -1;
	for (size_t i = 0; i < l.n && r == 0; i++) {
		if (!related(q, l.name[i]) ||
		    fstatat(at.dir, l.name[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		at.name = l.name[i];
		at.isdir = S_ISDIR(st.st_mode);
		if (selected(q, at.name) &&
		    (!parts || !at.isdir || at.stage == STAGE_DONE))
			r = fn(q, &at, arg);
		if (r == 0 && parts && at.isdir)
			r = walk_parts(q, &at, fn, arg);
	}
	names_free(&l);
	return r;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The days of done/, oldest first. */
static int
days_read(int done, char (**day)[CLOCK_DAY_LEN + 1], size_t *n)
{
	int fd = subdir(done, ".");
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	*n = 0;
	*day = calloc(DAYS_MAX, sizeof **day);
	if (!d || !*day) {
		if (d)
			closedir(d);
		else
			fio_close(fd);
		return -1;
	}
	/* cppcheck-suppress readdirCalled ; one thread */
	while (*n < DAYS_MAX && (e = readdir(d)))
		if (strlen(e->d_name) == CLOCK_DAY_LEN &&
		    strspn(e->d_name, "0123456789") == CLOCK_DAY_LEN)
			memcpy((*day)[(*n)++], e->d_name, CLOCK_DAY_LEN + 1);
	closedir(d);
	qsort(*day, *n, sizeof **day, by_name);
	return 0;
}

static int
walk_done(struct queue *q, place_fn *fn, void *arg)
{
	struct place at = {.stage = STAGE_DONE};
	char(*day)[CLOCK_DAY_LEN + 1];
	size_t n;
	int r = days_read(q->done, &day, &n);

	for (size_t i = 0; i < n && r == 0; i++) {
		at.day = day[i];
		at.dir = subdir(q->done, day[i]);
		if (at.dir < 0)
			continue; /* cleared out just now */
		r = walk_mixed(q, &at, fn, arg, 1);
		fio_close(at.dir);
	}
	free(day);
	return r;
}

static int
walk_pools(struct queue *q, struct place *at, place_fn *fn, void *arg)
{
	int state = (int)at->stage - STAGE_NOW;
	int r = 0;

	for (unsigned i = 0; i < POOL_PLACES && r == 0; i++) {
		if (q->opt.pool && i != q->opt.pool - 1)
			continue;
		at->pool = i;
		at->dir = q->pools.dir[i][state];
		r = walk_names(q, at, fn, arg);
	}
	return r;
}

int
walk(struct queue *q, enum stage s, place_fn *fn, void *arg)
{
	struct place at = {.stage = s};

	switch (s) {
	case STAGE_SCORE:
		at.dir = q->score;
		break;
	case STAGE_SCAN:
		at.dir = q->scan;
		break;
	case STAGE_HOLD:
		at.dir = q->hold;
		break;
	case STAGE_COMMAND:
		at.dir = q->command;
		break;
	case STAGE_ROUTE:
		at.dir = q->route;
		break;
	case STAGE_BAD:
		at.dir = q->bad;
		break;
	case STAGE_JOBS:
	case STAGE_HOME:
		at.dir = q->jobs.top;
		return walk_mixed(q, &at, fn, arg, s == STAGE_HOME);
	case STAGE_FINISHED:
		at.dir = q->pools.finished;
		break;
	case STAGE_DONE:
		return q->done < 0 ? 0 : walk_done(q, fn, arg);
	default:
		return walk_pools(q, &at, fn, arg);
	}
	return at.dir < 0 ? 0 : walk_names(q, &at, fn, arg);
}
