#include "cmd/lsv-smtpw/waiting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/names.h"

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
	void *p = reallocarray(
	    w->waiting, w->waiting_n + n + 1, sizeof *w->waiting);

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

int
waiting_read(struct worker *w)
{
	struct names l;
	int res = 0;

	w->waiting_n = w->waiting_at = 0;
	for (unsigned p = 0; p < POOL_COUNT && res == 0; p++) {
		res = names_read(&l, w->pools->dir[p][POOL_NOW],
		    INT32_MAX, NULL, NULL);
		if (res < 0)
			break;
		if (l.n)
			res = add(w, &l, p);
		names_free(&l);
	}
	if (w->waiting_n)
		qsort(w->waiting, w->waiting_n, sizeof *w->waiting, older);
	return res;
}
