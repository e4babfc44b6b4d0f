#include "lib/spamscore.h"

#include <errno.h>

enum {
	SIDES = 2,
	RECENT = 8, /* addresses that are known to have been looked up */
};

/* struct scoring - the work on one message
 *
 * list    being looked into, for now.address and its look
 * damaged 1: a table was
 * recent  the last nrecent addresses of the side, overwritten in turn
 */
struct scoring {
	struct spam_score *out;
	const struct spamset *set;
	struct mailaddrs *m;
	spam_seen *seen;
	void *arg;
	enum spam_list list;
	struct spam_match now;
	struct spamset_look look;
	int damaged;
	struct {
		char s[ADDR_MAX];
		size_t len;
	} recent[RECENT];
	unsigned nrecent;
};

/* Make a string of at most size - 1 bytes.  An address may hold a NUL, and then
 * that is its end; nothing but the log has it from here. */
static void
keep(char *out, size_t size, struct bytes b)
{
	size_t n = b.len < size ? b.len : size - 1;

	if (n)
		memcpy(out, b.s, n);
	out[n] = 0;
}

/* An entry matches: it counts when it is the best of its list so far. */
static void
note(struct scoring *w, const struct spam_hit *hit)
{
	struct spam_made *made = &w->out->made[w->list];

	if (hit->points <= w->out->points[w->list])
		return;
	w->out->points[w->list] = hit->points;
	keep(made->entry, sizeof made->entry, hit->entry);
	keep(made->address, sizeof made->address, w->now.address);
	keep(made->field, sizeof made->field, w->now.field);
	made->line = hit->line;
}

static int
matched(void *arg, const struct spam_hit *hit)
{
	struct scoring *w = arg;

	w->now.hit = *hit;
	w->seen(w->arg, w->list, &w->now);
	note(w, hit);
	return 0;
}

/* Look the address up in one list. */
static void
look_up(struct scoring *w, enum spam_list list)
{
	const struct spamset *set = &w->set[list];
	struct spam_hit hit = {.points = 0};
	int r;

	w->list = list;
	if (w->seen)
		r = spamset_each_looked(set, &w->look, matched, w);
	else
		r = spamset_find_looked(set, &w->look, &hit);
	if (r < 0)
		w->damaged = 1;
	note(w, &hit); /* a damaged table hides none of what was found before */
}

/* Was the address looked up a moment ago?  From, Sender and Resent-From often
 * are the same.  If not, it is now. */
static int
is_recent(struct scoring *w, struct bytes a)
{
	unsigned n = w->nrecent < RECENT ? w->nrecent : RECENT, slot;

	if (a.len > ADDR_MAX)
		return 0;
	for (unsigned i = 0; i < n; i++)
		if (w->recent[i].len == a.len &&
		    memcmp(w->recent[i].s, a.s, a.len) == 0)
			return 1;
	slot = w->nrecent++ % RECENT;
	w->recent[slot].len = a.len;
	memcpy(w->recent[slot].s, a.s, a.len);
	return 0;
}

/* One side: the lists of its number, and of its number behind the whitelists
 * in the order of enum spam_list. */
static int
score_side(struct scoring *w, const struct header *h, enum mailaddrs_side side)
{
	enum spam_list white =
	    side == MAILADDRS_FROM ? SPAM_WHITELIST_FROM : SPAM_WHITELIST_TO;
	enum spam_list black =
	    side == MAILADDRS_FROM ? SPAM_BLACKLIST_FROM : SPAM_BLACKLIST_TO;
	int r;

	if (spamset_is_empty(&w->set[white]) &&
	    spamset_is_empty(&w->set[black]))
		return 0;
	w->nrecent = 0;
	mailaddrs_begin(w->m, h, side);
	while ((r = mailaddrs_next(w->m, &w->now.address, &w->now.field)) > 0) {
		if (!w->seen && is_recent(w, w->now.address))
			continue;
		spamset_look(&w->look, w->now.address);
		spamset_fetch(&w->set[white], &w->look);
		spamset_fetch(&w->set[black], &w->look);
		look_up(w, white);
		look_up(w, black);
	}
	w->out->looked += w->m->looked;
	w->out->more += w->m->more;
	return r;
}

int
spamscore(struct spam_score *out, const struct spamset set[SPAM_LISTS],
    struct mailaddrs *m, const struct header *h, unsigned bounce_points,
    spam_seen *seen, void *arg)
{
	struct scoring w;

	/* not zeroed as a whole, nor is out: that is most of a usual score */
	w.out = out;
	w.set = set;
	w.m = m;
	w.seen = seen;
	w.arg = arg;
	w.damaged = 0;
	out->looked = out->more = 0;
	for (unsigned i = 0; i < SPAM_LISTS; i++) {
		struct spam_made *made = &out->made[i];

		out->points[i] = 0;
		made->entry[0] = made->address[0] = made->field[0] = 0;
		made->line = 0;
	}
	if (score_side(&w, h, MAILADDRS_FROM) < 0 ||
	    score_side(&w, h, MAILADDRS_TO) < 0)
		return -1;
	out->bounce = bounce_points;
	out->sum = (int)(out->points[SPAM_WHITELIST_FROM] +
		       out->points[SPAM_WHITELIST_TO] + bounce_points) -
	    (int)(out->points[SPAM_BLACKLIST_FROM] +
		out->points[SPAM_BLACKLIST_TO]);
	if (w.damaged)
		errno = EPROTO;
	return w.damaged ? -1 : 0;
}

int
spamscore_is_bounce(const struct header_facts *facts, struct bytes sender)
{
	return (sender.s && sender.len == 0) || facts->report;
}

enum spam_list
spamscore_reason(const struct spam_score *s)
{
	enum spam_list from, to;

	if (s->sum == 0)
		return SPAM_LISTS;
	from = s->sum > 0 ? SPAM_WHITELIST_FROM : SPAM_BLACKLIST_FROM;
	to = s->sum > 0 ? SPAM_WHITELIST_TO : SPAM_BLACKLIST_TO;
	if (s->points[from] == 0 && s->points[to] == 0)
		return SPAM_LISTS;
	return s->points[from] >= s->points[to] ? from : to;
}
