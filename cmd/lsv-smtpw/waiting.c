#include "cmd/lsv-smtpw/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/names.h"

enum { TICK_US = 20000 }; /* more than the grain of any file time */

static int
older(const void *a, const void *b)
{
	return strcmp(((const struct waiting *)a)->name,
	    ((const struct waiting *)b)->name);
}

static int
grow(struct waiting_list *l)
{
	size_t room = l->room ? l->room * 2 : 64;
	void *p = reallocarray(l->of, room, sizeof *l->of);

	if (!p)
		return -1;
	l->of = p;
	l->room = room;
	return 0;
}

/* struct job - the last one whose directory was looked for */
struct job {
	char name[ID_NAME_MAX];
	int large;
};

/* A large job has a directory, and its files are named after it: JOB.000012.
 * What is one file fits into one transaction. */
static enum queue
queue_of(const struct worker *w, const char *name, struct job *last)
{
	const char *dot = strrchr(name, '.');
	size_t n = dot ? (size_t)(dot - name) : 0;

	if (w->site->pool_order_fifo)
		return QUEUE_LARGE;
	if (n < ID_LEN)
		return QUEUE_SMALL;
	if (strncmp(last->name, name, n) != 0 || last->name[n]) {
		memcpy(last->name, name, n);
		last->name[n] = 0;
		last->large = faccessat(w->jobs, last->name, F_OK, 0) == 0;
	}
	return last->large ? QUEUE_LARGE : QUEUE_SMALL;
}

/* The oldest of each queue; l is sorted. */
static int
add(struct worker *w, const struct names *l, unsigned pool)
{
	size_t room[QUEUES] = {WAITING_MAX, WAITING_MAX};
	struct job last = {.large = 0};

	for (size_t i = 0; i < l->n && room[QUEUE_SMALL] + room[QUEUE_LARGE];
	     i++) {
		enum queue q = queue_of(w, l->name[i], &last);
		struct waiting_list *to = &w->waiting[q];
		struct waiting *f;

		if (room[q] == 0)
			continue;
		room[q]--;
		if (to->n == to->room && grow(to) < 0)
			return -1;
		f = &to->of[to->n++];
		memcpy(f->name, l->name[i], ID_NAME_MAX);
		f->pool = pool;
	}
	return 0;
}

/* An empty directory that has not changed since is empty still.  Its time says
 * so only when it was some ticks old at the look: what came in the same tick
 * would not show. */
static int
still_empty(struct worker *w, unsigned pool, struct stat *st)
{
	const struct empty *e = &w->empty[pool];

	if (fstat(w->pools->dir[pool][POOL_NOW], st) < 0)
		return 0;
	return e->is && st->st_mtim.tv_sec == e->mtime.tv_sec &&
	    st->st_mtim.tv_nsec == e->mtime.tv_nsec;
}

static void
remember(struct worker *w, unsigned pool, const struct stat *st,
    uint64_t looked_us, size_t n)
{
	uint64_t changed_us = (uint64_t)st->st_mtim.tv_sec * 1000000U +
	    (uint64_t)st->st_mtim.tv_nsec / 1000U;

	w->empty[pool].is = n == 0 && looked_us > changed_us + TICK_US;
	w->empty[pool].mtime = st->st_mtim;
}

static int
read_pool(struct worker *w, unsigned pool)
{
	uint64_t now = clock_wall_us();
	struct names l;
	struct stat st = {.st_size = 0};
	int res;

	if (still_empty(w, pool, &st))
		return 0;
	res = names_read(
	    &l, w->pools->dir[pool][POOL_NOW], INT32_MAX, NULL, NULL);
	if (res < 0)
		return -1;
	remember(w, pool, &st, now, l.n);
	if (l.n)
		res = add(w, &l, pool);
	names_free(&l);
	return res;
}

int
waiting_read(struct worker *w)
{
	uint32_t pools = w->serves & ~(w->effect.paused | w->effect.drained);
	int res = 0;

	w->woken = 0;
	w->looked_ms = clock_mono_ms();
	for (int q = 0; q < QUEUES; q++)
		w->waiting[q].n = w->waiting[q].at = 0;
	for (unsigned p = 0; p < POOL_COUNT && res == 0; p++)
		if (pools & UINT32_C(1) << p)
			res = read_pool(w, p);
	for (int q = 0; q < QUEUES; q++)
		if (w->waiting[q].n)
			qsort(w->waiting[q].of, w->waiting[q].n,
			    sizeof *w->waiting[q].of, older);
	return res;
}

int
waiting_any(const struct worker *w)
{
	for (int q = 0; q < QUEUES; q++)
		if (w->waiting[q].at < w->waiting[q].n)
			return 1;
	return 0;
}

int
waiting_old(const struct worker *w)
{
	return clock_mono_ms() - w->looked_ms >= RESCAN_MS;
}

void
waiting_drop(struct worker *w)
{
	for (int q = 0; q < QUEUES; q++)
		w->waiting[q].n = w->waiting[q].at = 0;
}

void
waiting_free(struct worker *w)
{
	for (int q = 0; q < QUEUES; q++)
		free(w->waiting[q].of);
}
