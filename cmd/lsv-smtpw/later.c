#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/lsv-smtpw/parent.h"
#include "lib/clock.h"
#include "lib/logline.h"
#include "lib/msg.h"
#include "lib/names.h"

enum {
	SCAN_MS = 60000,    /* later/ is read unasked */
	AGAIN_US = 1000000, /* after a file or a directory gave trouble */
};

/* A due time further ahead than the longest delay was made by another clock: it
 * counts as due. */
static int
is_due(const struct parent *p, uint64_t due, uint64_t now)
{
	return due <= now || due > now + p->site.retry_max_ms * 1000U;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, ((const struct due *)b)->name);
}

/* A file seen before need not be opened again to learn its time. */
static uint64_t
due_of(const struct parent *p, unsigned pool, const char *name)
{
	const struct due *d = p->later[pool].n
	    ? bsearch(
		  name, p->later[pool].of, p->later[pool].n, sizeof *d, by_name)
	    : NULL;
	struct claim c;
	uint64_t us = 0;

	if (d)
		return d->us;
	if (claim_peek(&c, p->pools.dir[pool][POOL_LATER], name, NULL) == 0)
		us = c.due_us;
	claim_close(&c);
	return us;
}

/* Move a file back under its lock, if it is still due then; us receives its
 * time.  1 moved, 0 not, -1 with errno. */
static int
bring_back(struct parent *p, unsigned pool, const char *name, uint64_t *us)
{
	int from = p->pools.dir[pool][POOL_LATER];
	struct claim c;
	int res = claim_open(&c, from, name, NULL);

	if (res < 0) {
		res = errno == EAGAIN || errno == ENOENT ? 0 : -1;
	} else if (!is_due(p, c.due_us, clock_wall_us())) {
		*us = c.due_us;
	} else {
		res = renameat2(from, name, p->pools.dir[pool][POOL_NOW], name,
		    RENAME_NOREPLACE);
		res = res < 0 ? -1 : 1;
	}
	claim_close(&c);
	return res;
}

static void
soon(struct parent *p)
{
	uint64_t at = clock_wall_us() + AGAIN_US;

	if (at < p->due_us)
		p->due_us = at;
}

/* What cannot be read is put where a person looks. */
static void
set_aside(struct parent *p, unsigned pool, const char *name)
{
	struct logline l;

	renameat2(p->pools.dir[pool][POOL_LATER], name,
	    p->pools.dir[pool][POOL_HELD], name, RENAME_NOREPLACE);
	log_begin(&l, name, "held");
	log_z(&l, "why", "it cannot be read");
	log_end(&l);
}

/* Returns 1 when the file stays and is to be remembered. */
static int
look_at(struct parent *p, unsigned pool, const char *name, struct due *d,
    int *woken)
{
	int res;

	d->us = due_of(p, pool, name);
	memcpy(d->name, name, ID_NAME_MAX);
	if (is_due(p, d->us, clock_wall_us())) {
		res = bring_back(p, pool, name, &d->us);
		if (res > 0)
			*woken = 1;
		if (res < 0 && errno == EBADMSG) {
			set_aside(p, pool, name);
			return 0;
		}
		if (res < 0)
			msg_warnsys("unable to bring back ", name);
		if (res || is_due(p, d->us, clock_wall_us())) {
			if (res <= 0) /* locked, or trouble: look again soon */
				soon(p);
			return 0;
		}
	}
	if (d->us < p->due_us)
		p->due_us = d->us;
	return 1;
}

static int
scan_pool(struct parent *p, unsigned pool)
{
	struct names l;
	struct due *of;
	size_t n = 0;
	int woken = 0;

	if (names_read(&l, p->pools.dir[pool][POOL_LATER], INT32_MAX, NULL,
		NULL) < 0) {
		msg_warnsys("unable to read later/");
		soon(p);
		return 0;
	}
	of = calloc(l.n + 1, sizeof *of);
	for (size_t i = 0; of && i < l.n; i++)
		n += (size_t)look_at(p, pool, l.name[i], &of[n], &woken);
	names_free(&l);
	if (of) {
		free(p->later[pool].of);
		p->later[pool].of = of;
		p->later[pool].n = n;
	} else {
		soon(p);
	}
	return woken;
}

void
later_scan(struct parent *p)
{
	uint64_t mono = clock_mono_ms();
	int woken = 0;

	if (p->due_us > clock_wall_us() && mono < p->scan_ms)
		return;
	p->due_us = UINT64_MAX;
	p->scan_ms = mono + SCAN_MS;
	for (unsigned i = 0; i < POOL_COUNT; i++)
		woken |= scan_pool(p, i);
	if (woken)
		workers_wake(p);
}
