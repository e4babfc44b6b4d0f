#include "lib/crew.h"

#include <stdio.h>
#include <string.h>

#include "lib/pools.h"
#include "lib/schedule.h"

enum { US_PER_S = 1000000 };

_Static_assert((int)BOARD_TARGETS >= (int)FORWARD_TARGETS,
    "the board has room for every target");

static const struct board_worker *
find(const struct crew_in *in, const char *label)
{
	for (size_t i = 0; i < in->boards; i++)
		if (strcmp(in->board[i].label, label) == 0)
			return &in->board[i];
	return NULL;
}

/* Rounded up: nothing happens before. */
static int64_t
seconds(uint64_t us)
{
	return (int64_t)((us + US_PER_S - 1) / US_PER_S);
}

static void
set(struct crew_member *m, enum crew_state s, int64_t from)
{
	m->state = s;
	m->from = from;
}

/* No target can be used: of those that are open, the one that is probed
 * first. */
static void
all_down(struct crew_member *m, int64_t t)
{
	uint8_t down[FORWARD_TARGETS];

	set(m, CREW_DOWN, INT64_MAX);
	for (size_t i = 0; i < m->f->f.targets; i++) {
		int64_t at = seconds(m->seen->probe_us[i]);

		memset(down, 1, sizeof down);
		down[i] = 0;
		if (schedule_at(m->f, down, t, NULL) != (int)i || at >= m->from)
			continue;
		m->from = at > t ? at : t;
		m->target = (int)i;
	}
}

/* What a running worker says of its targets. */
static void
failover(struct crew_member *m, int64_t t)
{
	uint8_t down[FORWARD_TARGETS] = {0};
	int64_t until;
	int target;

	for (size_t i = 0; i < m->f->f.targets; i++)
		down[i] = m->seen->probe_us[i] != 0;
	target = schedule_at(m->f, down, t, &until);
	if (target >= 0) {
		m->target = target;
		m->until = until;
		set(m, CREW_DELIVER, t);
	} else if (m->target >= 0) {
		all_down(m, t);
	}
}

/* What keeps a worker that could deliver. */
static void
held_up(struct crew_member *m, int64_t t)
{
	int64_t until = seconds(m->seen->until_us);

	if (m->seen->state == BOARD_PAUSED)
		set(m, CREW_PAUSED, INT64_MAX);
	else if (m->seen->state == BOARD_PROBING)
		set(m, CREW_DOWN, until > t ? until : t);
	else if (m->seen->state == BOARD_LIMITED && until >= t)
		set(m, CREW_LIMITED, until);
	else if (m->seen->state == BOARD_BUSY_HOST)
		set(m, CREW_BUSY, t);
}

static void
live(struct crew_member *m, const struct crew_in *in)
{
	m->seen = find(in, m->label);
	if (m->seen && m->seen->pid)
		failover(m, in->t);
	else if (m->state == CREW_DELIVER)
		set(m, CREW_STOPPED,
		    m->seen && m->seen->until_us ? seconds(m->seen->until_us)
						 : INT64_MAX);
	if (m->state == CREW_DELIVER && m->seen)
		held_up(m, in->t);
}

static void
ordered(struct crew_member *m, const struct orders *o, uint32_t pools)
{
	struct orders_effect e;
	const char *host =
	    m->target >= 0 ? m->f->f.target[m->target].host : NULL;

	orders_apply(&e, o, m->label, host, pools);
	m->by = e.by;
	if (e.worker != ORDER_NONE)
		set(m, e.worker == ORDER_PAUSE ? CREW_PAUSED : CREW_DRAINED,
		    INT64_MAX);
}

static void
decide(struct crew_member *m, const struct crew_in *in, uint32_t pools)
{
	m->target = schedule_at(m->f, NULL, in->t, &m->until);
	set(m, m->target >= 0 ? CREW_DELIVER : CREW_WINDOW,
	    m->target >= 0 ? in->t : m->until);
	if (in->live)
		live(m, in);
	if (in->orders)
		ordered(m, in->orders, pools & m->pools);
}

static size_t
fill_entry(struct crew_member *out, size_t n, const struct crew_in *in,
    const struct site_forward *f, uint32_t serves, uint32_t pools)
{
	if ((serves & pools) == 0)
		return n;
	for (unsigned i = 1; i <= f->f.count && n < CREW_MAX; i++) {
		struct crew_member *m = &out[n++];

		*m = (struct crew_member){.f = f, .pools = serves};
		snprintf(m->label, sizeof m->label, "%u.%u", f->n, i);
		decide(m, in, pools);
	}
	return n;
}

size_t
crew_fill(struct crew_member *out, const struct crew_in *in, uint32_t pools)
{
	const struct site *s = in->site;
	size_t n = 0;

	for (size_t i = 0; i < s->nforwards; i++)
		n = fill_entry(
		    out, n, in, &s->forwards[i], s->forwards[i].f.pools, pools);
	return fill_entry(
	    out, n, in, &s->smtp_forward, schedule_unserved(s), pools);
}

const struct crew_member *
crew_first(const struct crew_member *m, size_t n)
{
	const struct crew_member *best = NULL;

	for (size_t i = 0; i < n; i++) {
		if (m[i].state == CREW_DELIVER)
			return &m[i];
		if (m[i].from != INT64_MAX && (!best || m[i].from < best->from))
			best = &m[i];
	}
	return best;
}

const char *
crew_state_name(enum crew_state s)
{
	static const char *const name[CREW_STATES] = {"deliver", "paused",
	    "drained", "window", "stopped", "dead-host", "limited",
	    "busy-host"};

	return name[s];
}

const char *
crew_entry_name(char *out, const struct site_forward *f)
{
	if (f->n)
		snprintf(out, 24, "SMTP_FORWARD_%u", f->n);
	else
		snprintf(out, 24, "SMTP_FORWARD");
	return out;
}

const char *
crew_pools(char *out, uint32_t pools)
{
	size_t n = 0;

	for (unsigned i = 0; i < POOL_COUNT; i++)
		if (pools & UINT32_C(1) << i)
			out[n++] = pool_letter(i);
	out[n] = 0;
	if (n == POOL_COUNT)
		memcpy(out, "*", 2);
	return out;
}
