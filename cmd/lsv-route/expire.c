#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/lsv-route/route.h"
#include "lib/clock.h"
#include "lib/handover.h"
#include "lib/logline.h"
#include "lib/msg.h"
#include "lib/names.h"

/* Every recipient that is left fails now, run by run. */
static int
fail_rest(struct claim *c, uint64_t now)
{
	uint32_t i = 0;

	while (i < c->head.nrcpt) {
		uint32_t first = i;
		struct entry e = {.op = OP_FAILED,
		    .status = bytes_z("4.4.7"),
		    .when_us = now,
		    .host = bytes_z("-"),
		    .text = bytes_z("delivery time expired")};

		while (i < c->head.nrcpt && c->state[i] != OP_DELIVERED &&
		    c->state[i] != OP_FAILED)
			i++;
		if (i == first) {
			i++;
			continue;
		}
		e.first = first;
		e.last = i - 1;
		if (claim_note(c, &e) < 0)
			return -1;
	}
	if (claim_note(c, &(struct entry){.op = OP_END}) < 0)
		return -1;
	return claim_sync(c);
}

/* A file expires only when it was tried after its time had passed: a clock set
 * forward gives up nothing that was not tried since. */
static int
expire_one(struct route *r, int dir, const char *name, uint64_t now)
{
	struct where w;
	struct claim c;
	struct logline l;
	int res = claim_open(&c, dir, name, &w);

	if (res < 0) {
		if (errno == EAGAIN || errno == ENOENT)
			res = 0;
		goto done;
	}
	if (c.tried_us < c.head.expires_us || now < c.head.expires_us)
		goto done;
	log_begin(&l, name, "expired");
	log_u(&l, "rcpts", c.left);
	log_u(&l, "tries", c.tries);
	log_end(&l);
	if (fail_rest(&c, now) < 0 ||
	    renameat2(dir, name, r->pools.finished, name, RENAME_NOREPLACE) < 0)
		res = -1;
done:
	claim_close(&c);
	return res;
}

static void
expire_dir(struct route *r, int dir, uint64_t now)
{
	uint64_t life_us = r->site.queue_life_ms * 1000U;
	struct names l;

	if (names_read(&l, dir, INBOX_SCAN_MAX, NULL, NULL) < 0) {
		msg_warnsys("unable to look for expired files");
		return;
	}
	/* names sort by age: the first young one ends the search */
	for (size_t i = 0; i < l.n && id_time_us(l.name[i]) + life_us <= now;
	     i++)
		if (expire_one(r, dir, l.name[i], now) < 0)
			msg_warnsys("unable to expire ", l.name[i]);
	names_free(&l);
}

void
expire_scan(struct route *r)
{
	uint64_t now = clock_wall_us();

	for (unsigned p = 0; p < POOL_PLACES; p++)
		expire_dir(r, r->pools.dir[p][POOL_LATER], now);
}
