#include "lib/bucket.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/mapfile.h"

enum { NS_PER_US = 1000 };

#define NS_PER_S 1e9
#define BURST_NS ((uint64_t)BUCKET_BURST_MS * 1000000U)
#define DEBT_MAX_NS ((uint64_t)BUCKET_DEBT_MAX_S * 1000000000U)

static const char kind[] = "lsv-buckets 1";

uint64_t
bucket_now_us(void)
{
	return clock_mono_us();
}

static double
rate_of(const struct bucket *b)
{
	uint64_t bits = atomic_load_explicit(&b->rate, memory_order_relaxed);
	double per_s;

	memcpy(&per_s, &bits, sizeof per_s);
	return per_s;
}

static void
set_rate(struct bucket *b, double per_s)
{
	uint64_t bits;

	memcpy(&bits, &per_s, sizeof bits);
	atomic_store_explicit(&b->rate, bits, memory_order_relaxed);
}

/* The time that units take; more than a day is never waited for. */
static uint64_t
cost_ns(double units, double per_s)
{
	double ns = units / per_s * NS_PER_S;

	return ns < (double)DEBT_MAX_NS ? (uint64_t)(ns + 0.5) : DEBT_MAX_NS;
}

static uint64_t
earliest(uint64_t now_ns)
{
	return now_ns > BURST_NS ? now_ns - BURST_NS : 0;
}

/* What is owed is paid at the new rate. */
static uint64_t
restate(uint64_t free_ns, uint64_t now_ns, double old, double new)
{
	double owed_ns;

	if (free_ns <= now_ns || new <= 0 || old <= 0 ||
	    free_ns - now_ns > DEBT_MAX_NS)
		return free_ns <= now_ns ? free_ns : now_ns;
	owed_ns = (double)(free_ns - now_ns);
	return now_ns + cost_ns(owed_ns * old / NS_PER_S, new);
}

void
bucket_rate(struct bucket *b, uint64_t now_us, double per_s)
{
	uint64_t now_ns = now_us * NS_PER_US;
	uint64_t was = atomic_load(&b->free_ns), is;
	double old = rate_of(b);

	if (per_s < 0)
		per_s = 0;
	set_rate(b, per_s);
	do
		is = restate(was, now_ns, old, per_s);
	while (!atomic_compare_exchange_weak(&b->free_ns, &was, is));
}

uint64_t
bucket_take(struct bucket *b, uint64_t now_us, double units)
{
	double per_s = rate_of(b);
	uint64_t now_ns = now_us * NS_PER_US, was, from;

	if (per_s <= 0 || units <= 0)
		return 0;
	was = atomic_load(&b->free_ns);
	do
		from = was > earliest(now_ns) ? was : earliest(now_ns);
	while (!atomic_compare_exchange_weak(
	    &b->free_ns, &was, from + cost_ns(units, per_s)));
	return from > now_ns ? (from - now_ns + NS_PER_US - 1) / NS_PER_US : 0;
}

void
bucket_give(struct bucket *b, double units)
{
	double per_s = rate_of(b);
	uint64_t was, is, ns;

	if (per_s <= 0 || units <= 0)
		return;
	ns = cost_ns(units, per_s);
	was = atomic_load(&b->free_ns);
	do
		is = was > ns ? was - ns : 0;
	while (!atomic_compare_exchange_weak(&b->free_ns, &was, is));
}

uint64_t
bucket_wait_us(const struct bucket *b, uint64_t now_us)
{
	uint64_t free_ns =
	    atomic_load_explicit(&b->free_ns, memory_order_relaxed);
	uint64_t now_ns = now_us * NS_PER_US;

	if (rate_of(b) <= 0 || free_ns <= now_ns)
		return 0;
	return (free_ns - now_ns + NS_PER_US - 1) / NS_PER_US;
}

struct buckets *
buckets_make(int pool)
{
	return mapfile_make(pool, BUCKETS_FILE, kind, sizeof(struct buckets));
}

const struct buckets *
buckets_look(int pool)
{
	return mapfile_look(pool, BUCKETS_FILE, kind, sizeof(struct buckets));
}

/* Never 0: workers are counted from 1. */
static uint64_t
key_of(unsigned n, unsigned i)
{
	return (uint64_t)n << 32 | i;
}

static int
is_planned(const struct bucket_rates *r, uint64_t key)
{
	for (size_t i = 0; i < r->workers; i++)
		if (key_of(r->worker[i].n, r->worker[i].i) == key)
			return r->worker[i].per_s > 0;
	return 0;
}

static void
forget_workers(struct buckets *b, uint64_t now_us, const struct bucket_rates *r)
{
	for (int i = 0; i < BUCKET_WORKERS; i++) {
		if (is_planned(r, atomic_load(&b->worker[i].key)))
			continue;
		atomic_store(&b->worker[i].key, 0);
		bucket_rate(&b->worker[i].rate, now_us, 0);
	}
}

static struct bucket *
find(struct buckets *b, uint64_t key)
{
	for (int i = 0; i < BUCKET_WORKERS; i++)
		if (atomic_load_explicit(
			&b->worker[i].key, memory_order_acquire) == key)
			return &b->worker[i].rate;
	return NULL;
}

static void
plan_worker(struct buckets *b, uint64_t now_us, uint64_t key, double per_s)
{
	struct bucket *own = find(b, key);

	for (int i = 0; !own && i < BUCKET_WORKERS; i++)
		if (atomic_load(&b->worker[i].key) == 0) {
			own = &b->worker[i].rate;
			atomic_store(&own->free_ns, 0);
			atomic_store(&b->worker[i].key, key);
		}
	if (own)
		bucket_rate(own, now_us, per_s);
}

void
buckets_plan(struct buckets *b, uint64_t now_us, const struct bucket_rates *r)
{
	const struct limits *l = &r->limits;

	for (int i = 0; i < POOL_COUNT; i++) {
		bucket_rate(&b->bps[i], now_us, l->bps[i]);
		bucket_rate(&b->rps[i], now_us, l->rps[i]);
	}
	bucket_rate(&b->bps_all, now_us, l->bps_all);
	bucket_rate(&b->rps_all, now_us, l->rps_all);
	forget_workers(b, now_us, r);
	for (size_t i = 0; i < r->workers; i++)
		if (r->worker[i].per_s > 0)
			plan_worker(b, now_us,
			    key_of(r->worker[i].n, r->worker[i].i),
			    r->worker[i].per_s);
}

struct bucket *
buckets_worker(struct buckets *b, unsigned n, unsigned i)
{
	return find(b, key_of(n, i));
}

static uint64_t
longer(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t
buckets_take(struct buckets *b, struct bucket *own, unsigned pool,
    uint64_t now_us, double bits, double rcpts)
{
	uint64_t us = bucket_take(&b->bps[pool], now_us, bits);

	us = longer(us, bucket_take(&b->bps_all, now_us, bits));
	us = longer(us, bucket_take(&b->rps[pool], now_us, rcpts));
	us = longer(us, bucket_take(&b->rps_all, now_us, rcpts));
	return own ? longer(us, bucket_take(own, now_us, rcpts)) : us;
}

void
buckets_give(struct buckets *b, struct bucket *own, unsigned pool, double bits,
    double rcpts)
{
	bucket_give(&b->bps[pool], bits);
	bucket_give(&b->bps_all, bits);
	bucket_give(&b->rps[pool], rcpts);
	bucket_give(&b->rps_all, rcpts);
	if (own)
		bucket_give(own, rcpts);
}
