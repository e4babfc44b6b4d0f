#include "cmd/lsv-smtpw/meter.h"

#include <ctype.h>
#include <stdatomic.h>
#include <unistd.h>

#include "lib/clock.h"

enum {
	BUSY_MS = 10,     /* until the host may have room again ... */
	BUSY_SPREAD = 16, /* ... and some, not the same for all */
};

static double
bits_of(const struct slot *s, size_t rcpts)
{
	return 8.0 * (double)s->bytes * (double)rcpts;
}

/* So many units go in one piece; per_s 0: no limit. */
static size_t
piece(size_t room, double per_s, double unit, unsigned sharers)
{
	double n = per_s * METER_PIECE_MS / 1000.0 / unit / sharers;

	if (per_s <= 0 || n >= (double)room)
		return room;
	return n < 1 ? 1 : (size_t)n;
}

static size_t
smaller(const struct worker *w, const struct slot *s, size_t room)
{
	const struct limits *l = &w->site->limits;
	unsigned all = w->shared->places ? w->shared->places : 1;
	double bits = bits_of(s, 1) + 1;

	room = piece(room, l->rps[s->pool], 1, all);
	room = piece(room, l->rps_all, 1, all);
	room = piece(room, l->bps[s->pool], bits, all);
	room = piece(room, l->bps_all, bits, all);
	return piece(room, w->entry->f.rate, 1, 1);
}

size_t
meter_rcpts(struct worker *w, struct slot *s, size_t room)
{
	uint64_t now = bucket_now_us(), wait;

	if (s->held == 0) {
		room = smaller(w, s, room);
		wait = buckets_take(w->shared->buckets, w->rate, s->pool, now,
		    bits_of(s, room), (double)room);
		s->held = (uint32_t)room;
		s->held_us = now + wait;
	}
	return now >= s->held_us ? s->held : 0;
}

uint64_t
meter_wait_us(const struct worker *w, unsigned pool)
{
	const struct buckets *b = w->shared->buckets;
	const struct bucket *all[] = {
	    &b->bps[pool], &b->bps_all, &b->rps[pool], &b->rps_all, w->rate};
	uint64_t now = bucket_now_us(), us = 0;

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		uint64_t n = all[i] ? bucket_wait_us(all[i], now) : 0;

		us = n > us ? n : us;
	}
	return us;
}

void
meter_used(struct worker *w, struct slot *s, size_t n)
{
	size_t rest = n < s->held ? s->held - n : 0;

	if (rest)
		buckets_give(w->shared->buckets, w->rate, s->pool,
		    bits_of(s, rest), (double)rest);
	s->held = 0;
	s->held_us = 0;
}

/* FNV-1a; 0 is nobody. */
static uint64_t
hash(const char *host, unsigned port)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ port;

	for (; *host; host++)
		h = (h ^ (uint64_t)tolower((unsigned char)*host)) *
		    UINT64_C(0x100000001b3);
	return h ? h : 1;
}

void
meter_host(struct worker *w)
{
	atomic_store(&w->now->flying, 0);
	atomic_store(&w->now->host, hash(w->to.host, w->to.port));
}

void
meter_count(struct worker *w)
{
	atomic_store(&w->now->flying, worker_flying(w));
}

static unsigned
at_host(const struct worker *w)
{
	struct current *c = w->shared->current;
	uint64_t host = atomic_load(&w->now->host);
	unsigned n = 0;

	for (unsigned i = 0; i < w->shared->places; i++)
		if (atomic_load(&c[i].host) == host)
			n += atomic_load(&c[i].flying);
	return n;
}

int
meter_enter(struct worker *w)
{
	unsigned max = w->entry->f.concurrency;

	if (max == 0)
		return 1;
	atomic_fetch_add(&w->now->flying, 1);
	if (at_host(w) <= max)
		return 1;
	meter_count(w);
	w->busy_ms =
	    clock_mono_ms() + BUSY_MS + (unsigned)getpid() % BUSY_SPREAD;
	return 0;
}
