#include "lib/later.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/claim.h"
#include "lib/clock.h"
#include "lib/logline.h"
#include "lib/names.h"

enum {
	SCAN_MS = 60000,    /* later/ is read unasked */
	AGAIN_US = 1000000, /* after a file or a directory gave trouble */
};

/* struct scan - a look at the directories
 *
 * res, err bits to return, and why there was trouble
 */
struct scan {
	struct later *later;
	const struct pools *pools;
	uint64_t longest_us;
	int res, err;
};

static void
trouble(struct scan *s, int err)
{
	s->res |= LATER_TROUBLE;
	s->err = err;
	later_due(s->later, clock_wall_us() + AGAIN_US);
}

/* A due time further ahead than the longest delay was made by another clock: it
 * counts as due. */
static int
is_due(const struct scan *s, uint64_t due)
{
	uint64_t now = clock_wall_us();

	return due <= now || due > now + s->longest_us;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, ((const struct later_file *)b)->name);
}

/* A file seen before need not be opened again to learn its time. */
static uint64_t
due_of(const struct scan *s, unsigned place, const char *name)
{
	const struct later_file *f = s->later->place[place].n
	    ? bsearch(name, s->later->place[place].of, s->later->place[place].n,
		  sizeof *f, by_name)
	    : NULL;
	struct claim c;
	uint64_t us = 0;

	if (f)
		return f->us;
	if (claim_peek(&c, s->pools->dir[place][POOL_LATER], name, NULL) == 0)
		us = c.due_us;
	claim_close(&c);
	return us;
}

/* Move a file back under its lock, if it is still due then; us receives its
 * time.  1 moved, 0 not, -1 with errno. */
static int
bring_back(struct scan *s, unsigned place, const char *name, uint64_t *us)
{
	int from = s->pools->dir[place][POOL_LATER];
	struct claim c;
	int res = claim_open(&c, from, name, NULL);

	if (res < 0) {
		res = errno == EAGAIN || errno == ENOENT ? 0 : -1;
	} else if (!is_due(s, c.due_us)) {
		*us = c.due_us;
	} else {
		res = renameat2(from, name, s->pools->dir[place][POOL_NOW],
		    name, RENAME_NOREPLACE);
		res = res < 0 ? -1 : 1;
	}
	claim_close(&c);
	return res;
}

/* What cannot be read is put where a person looks. */
static void
set_aside(struct scan *s, unsigned place, const char *name)
{
	struct logline l;

	if (renameat2(s->pools->dir[place][POOL_LATER], name,
		s->pools->dir[place][POOL_HELD], name, RENAME_NOREPLACE) < 0) {
		trouble(s, errno);
		return;
	}
	log_begin(&l, name, "held");
	log_z(&l, "why", "it cannot be read");
	log_end(&l);
}

/* Returns 1 when the file stays and is to be remembered. */
static int
look_at(struct scan *s, unsigned place, const char *name, struct later_file *f)
{
	int res;

	f->us = due_of(s, place, name);
	id_copy(f->name, name);
	if (is_due(s, f->us)) {
		res = bring_back(s, place, name, &f->us);
		if (res > 0)
			s->res |= LATER_BACK;
		if (res < 0 && errno == EBADMSG) {
			set_aside(s, place, name);
			return 0;
		}
		if (res < 0)
			trouble(s, errno);
		if (res || is_due(s, f->us)) {
			if (res == 0) /* locked: look again soon */
				later_due(s->later, clock_wall_us() + AGAIN_US);
			return 0;
		}
	}
	later_due(s->later, f->us);
	return 1;
}

static void
scan_place(struct scan *s, unsigned place)
{
	struct names l;
	struct later_file *of;
	size_t n = 0;

	if (names_read(&l, s->pools->dir[place][POOL_LATER], INT32_MAX, NULL,
		NULL) < 0) {
		trouble(s, errno);
		return;
	}
	of = calloc(l.n + 1, sizeof *of);
	for (size_t i = 0; of && i < l.n; i++)
		n += (size_t)look_at(s, place, l.name[i], &of[n]);
	names_free(&l);
	if (!of) {
		trouble(s, ENOMEM);
		return;
	}
	free(s->later->place[place].of);
	s->later->place[place].of = of;
	s->later->place[place].n = n;
}

int
later_scan(struct later *l, const struct pools *p, unsigned first,
    unsigned last, uint64_t longest_ms)
{
	struct scan s = {
	    .later = l, .pools = p, .longest_us = longest_ms * 1000U};

	if (later_wait_ms(l) > 0)
		return 0;
	l->due_us = UINT64_MAX;
	l->scan_ms = clock_mono_ms() + SCAN_MS;
	for (unsigned i = first; i <= last; i++)
		scan_place(&s, i);
	if (s.res & LATER_TROUBLE)
		errno = s.err;
	return s.res;
}

void
later_due(struct later *l, uint64_t us)
{
	if (us < l->due_us)
		l->due_us = us;
}

uint64_t
later_wait_ms(const struct later *l)
{
	uint64_t mono = clock_mono_ms(), now = clock_wall_us(), due;
	uint64_t ms = l->scan_ms > mono ? l->scan_ms - mono : 0;

	if (l->due_us == UINT64_MAX)
		return ms;
	due = l->due_us > now ? (l->due_us - now) / 1000U + 1 : 0;
	return due < ms ? due : ms;
}

uint64_t
later_delay_us(uint64_t least_ms, uint64_t most_ms, uint32_t tries)
{
	uint64_t ms = least_ms;

	while (tries-- && ms < most_ms)
		ms *= 2;
	return (ms < most_ms ? ms : most_ms) * 1000U;
}

void
later_free(struct later *l)
{
	for (unsigned i = 0; i < POOL_PLACES; i++)
		free(l->place[i].of);
	*l = (struct later){.due_us = 0};
}
