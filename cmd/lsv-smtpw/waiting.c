#include "cmd/lsv-smtpw/waiting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
add(struct worker *w, const struct names *l, unsigned pool)
{
	size_t n = l->n < WAITING_MAX ? l->n : WAITING_MAX;
	void *p =
	    reallocarray(w->waiting, w->waiting_n + n + 1, sizeof *w->waiting);

	if (!p)
		return -1;
	w->waiting = p;
	for (size_t i = 0; i < n; i++) {
		struct waiting *f = &w->waiting[w->waiting_n++];

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
	int res = 0;

	w->woken = 0;
	w->waiting_n = w->waiting_at = 0;
	for (unsigned p = 0; p < POOL_COUNT && res == 0; p++)
		res = read_pool(w, p);
	if (w->waiting_n)
		qsort(w->waiting, w->waiting_n, sizeof *w->waiting, older);
	return res;
}
