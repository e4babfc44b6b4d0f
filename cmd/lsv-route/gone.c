#include <errno.h>
#include <unistd.h>

#include "cmd/lsv-route/route.h"
#include "lib/clock.h"
#include "lib/msg.h"

/* A file whose recipients all have their mail is never synced: nothing in it is
 * needed any more.  What must not come back after a power cut are its names in
 * the directories it was delivered from and came through: found there without
 * its journal, it would be delivered again.  One sync of each is enough for all
 * that went within a moment. */

static void
note(struct route *r, uint32_t pools, int later)
{
	r->gone[POOL_NOW] |= pools;
	if (later)
		r->gone[POOL_LATER] |= pools;
	if (r->gone_ms == 0)
		r->gone_ms = clock_mono_ms();
}

void
gone_note(struct route *r, const struct claim *c)
{
	note(r, UINT32_C(1) << pool_place(&c->head), c->tries > 0);
}

void
gone_all(struct route *r)
{
	note(r, (UINT32_C(1) << POOL_PLACES) - 1, 1);
}

uint64_t
gone_due(const struct route *r)
{
	return r->gone_ms ? r->gone_ms + r->site.sync_ms : UINT64_MAX;
}

static void
sync_one(int dir)
{
	if (fsync(dir) < 0)
		msg_warnsys("unable to sync a pool");
}

void
gone_sync(struct route *r, int now)
{
	if (r->gone_ms == 0 || (!now && clock_mono_ms() < gone_due(r)))
		return;
	sync_one(r->pools.finished);
	for (int state = POOL_NOW; state <= POOL_LATER; state++) {
		for (unsigned p = 0; p < POOL_PLACES; p++)
			if (r->gone[state] & UINT32_C(1) << p)
				sync_one(r->pools.dir[p][state]);
		r->gone[state] = 0;
	}
	r->gone_ms = 0;
}
