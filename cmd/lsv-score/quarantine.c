/* quarantine.c - what waits in hold/ for its time, and how much is held */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/lsv-score/score.h"
#include "lib/clock.h"
#include "lib/num.h"

enum {
	DUE_BATCH = 256, /* files that share the syncs */
	AGAIN_MS = 500,  /* after one could not be moved */
	COUNT_MS = 1000, /* hold/ is counted so often at most */
	MS_PER_MIN = 60 * 1000,
	US_PER_S = 1000000,
	US_PER_MS = 1000,
};

static const uint64_t day_us = UINT64_C(24) * 3600 * US_PER_S;

/* --- what waits ------------------------------------------------------------ */

/* Its time on the clock that is never set: at most its delay from now, so that
 * a clock that was set back does not keep it. */
static uint64_t
due_ms(uint64_t until_us, uint64_t delay_min)
{
	uint64_t now_us = clock_wall_us(), ms = 0;

	if (until_us > now_us)
		ms = (until_us - now_us) / US_PER_MS + 1;
	if (ms > delay_min * MS_PER_MIN)
		ms = delay_min * MS_PER_MIN;
	return clock_mono_ms() + ms;
}

static int
why_number(struct bytes why, const char *key, uint64_t max, uint64_t *n)
{
	struct bytes line = hold_why_line(why, key);

	return line.s ? num_u64(n, line.s, line.len, max) : -1;
}

/* What its reason says of one: 1 it waits for its time; 0 for a person; -1 its
 * reason is lost, or a part of it. */
static int
due_read(struct due *d, const char *id, struct bytes why)
{
	struct bytes rule = hold_why_line(why, "rule");
	struct bytes sum = hold_why_line(why, "sum");
	uint64_t until_us, delay_min;

	if (rule.s && !bytes_eq(rule, HOLD_QUARANTINE))
		return 0;
	if (!rule.s || why_number(why, "until", UINT64_MAX, &until_us) < 0 ||
	    why_number(why, "delay", LOOP_DELAY_MAX, &delay_min) < 0)
		return -1;
	*d = (struct due){.at_ms = due_ms(until_us, delay_min)};
	id_copy(d->id, id);
	d->has_sum = sum.s && sums_unhex(d->sum, sum) == 0;
	return 1;
}

/* Without a reason, which a power cut may take, nobody knows how long: it is
 * judged once more. */
static int
judge_again(struct score *s, const char *id)
{
	struct logline l;
	int r = hold_return(s->hold, s->in.new, id, HOLD_NOT);

	if (r != 1)
		return r;
	log_begin(&l, id, "returned");
	log_z(&l, "why", "the reason why it was held is lost");
	log_end(&l);
	return 1;
}

/* One file of hold/: 1 when it left. */
static int
load_one(struct score *s, const char *id, stralloc *why)
{
	struct due d;
	int r;

	if (hold_why(s->hold, id, why) < 0)
		return -1;
	r = due_read(&d, id, (struct bytes){why->s, why->len});
	if (r < 0)
		return judge_again(s, id);
	return r == 1 ? duelist_add(&s->q.due, &d) : 0;
}

/* Alerts that were raised before we were started, or by another server. */
static int
hurry_all(struct score *s)
{
	struct sums_alert a = {.has_subject = 0};
	uint64_t now_us = clock_wall_us();
	int r = seen_look(&s->seen);

	if (r != 1)
		return r;
	while ((r = sums_alert_next(&s->seen, &a)) == 1)
		if (sums_alert_lasts(&a, now_us))
			duelist_hurry(&s->q.due, a.sum);
	seen_end(&s->seen, 0);
	return r;
}

static int
load(struct score *s)
{
	struct names l;
	stralloc why = {0};
	size_t left = 0;
	int r = hold_list(&l, s->hold, HOLD_NAMES_MAX);

	if (r < 0)
		return -1;
	duelist_free(&s->q.due);
	for (size_t i = 0; i < l.n && r >= 0; i++) {
		r = load_one(s, l.name[i], &why);
		left += r == 1;
	}
	s->q.files = l.n - left;
	if (r >= 0 && left)
		r = fsync(s->in.new) < 0 ? -1 : fsync(s->hold);
	names_free(&l);
	sa_free(&why);
	return r < 0 ? -1 : hurry_all(s);
}

int
quarantine_open(struct score *s)
{
	if (s->hold < 0)
		s->hold = hold_open();
	if (s->hold < 0)
		return -1;
	if (!s->q.loaded && load(s) < 0)
		return -1;
	s->q.loaded = 1;
	return 0;
}

/* So many at once share two syncs: 1 when there are more; 0; -1. */
static int
due_batch(struct score *s)
{
	static char moved[DUE_BATCH][ID_NAME_MAX];
	uint64_t now_ms = clock_mono_ms();
	struct due d;
	size_t n = 0;
	int r = 0;

	while (n < DUE_BATCH && r >= 0 && duelist_take(&s->q.due, &d, now_ms)) {
		r = hold_return(s->hold, s->in.new, d.id, HOLD_BY_TIME);
		if (r == 1) {
			memcpy(moved[n++], d.id, sizeof d.id);
			s->q.files -= s->q.files > 0;
		} else if (r < 0) {
			d.at_ms = now_ms + AGAIN_MS;
			duelist_add(&s->q.due, &d); /* its place is there */
		}
	}
	if (n && (fsync(s->in.new) < 0 || fsync(s->hold) < 0))
		return -1;
	for (size_t i = 0; i < n; i++)
		hold_forget(s->hold, moved[i]);
	return r < 0 ? -1 : n == DUE_BATCH;
}

void
quarantine_due(struct score *s)
{
	int r;

	if (quarantine_open(s) < 0) {
		if (errno == ENOENT) /* what is missing holds nothing */
			return;
		score_complain(s, "unable to read hold/");
		s->later = 1;
		return;
	}
	do
		r = due_batch(s);
	while (r == 1);
	if (r < 0) {
		score_complain(s, "unable to take a file out of hold/");
		s->later = 1;
	}
}

uint64_t
quarantine_wait(const struct score *s, uint64_t max_ms)
{
	/* of what is not all known nothing can be due */
	return s->q.loaded ? duelist_wait(&s->q.due, clock_mono_ms(), max_ms)
			   : max_ms;
}

void
quarantine_hurry(struct score *s, const unsigned char *sum)
{
	duelist_hurry(&s->q.due, sum);
}

/* --- what is held ---------------------------------------------------------- */

/* Persons take files away as well, which nobody tells us. */
static int
recount(struct score *s)
{
	struct names l;

	s->q.counted_ms = clock_mono_ms();
	if (hold_list(&l, s->hold, HOLD_NAMES_MAX) < 0)
		return -1;
	s->q.files = l.n;
	names_free(&l);
	return 0;
}

int
quarantine_room(struct score *s)
{
	const struct quarantine *q = &s->q;

	if (quarantine_open(s) < 0)
		return -1;
	if (q->files >= s->site.hold_max &&
	    (!q->counted_ms || clock_mono_ms() - q->counted_ms >= COUNT_MS) &&
	    recount(s) < 0)
		return -1;
	if (q->files < s->site.hold_max)
		return 0;
	errno = EDQUOT;
	return -1;
}

int
quarantine_why(const struct entry *e, stralloc *why)
{
	char text[96], sum[SUMS_HEX_LEN + 1];

	if (e->v.rule != RULE_QUARANTINE)
		return 0;
	snprintf(text, sizeof text, "until: %" PRIu64 "\ndelay: %u\n",
	    e->until_us, e->delay_min);
	sums_hex(sum, e->sums.text);
	if (sa_puts(why, text) < 0 || sa_puts(why, "list: ") < 0 ||
	    sa_put(why, e->head.list.s, e->head.list.len) < 0 ||
	    sa_puts(why, "\nwhy: ") < 0 || sa_puts(why, e->unknown) < 0 ||
	    sa_puts(why, "\n") < 0)
		return -1;
	if (!e->sums.has_text)
		return 0;
	if (sa_puts(why, "sum: ") < 0 || sa_puts(why, sum) < 0)
		return -1;
	return sa_puts(why, "\n");
}

void
quarantine_held(struct score *s, const struct entry *e)
{
	struct due d = {.has_sum = e->sums.has_text};

	s->q.files++;
	if (e->v.rule != RULE_QUARANTINE)
		return;
	d.at_ms = due_ms(e->until_us, e->delay_min);
	id_copy(d.id, e->name);
	memcpy(d.sum, e->sums.text, sizeof d.sum);
	if (duelist_add(&s->q.due, &d) < 0)
		s->q.loaded = 0; /* it is found when hold/ is read again */
}

static void
log_expired(const char *id)
{
	struct logline l;

	log_begin(&l, id, "dropped");
	log_z(&l, "rule", "held-too-long");
	log_end(&l);
}

/* Held before that time, for a person: 1 removed; 0; -1. */
static int
expire_one(struct score *s, const char *id, uint64_t before_us, stralloc *why)
{
	struct bytes rule;
	uint64_t since_us;

	if (hold_since(s->hold, id, &since_us) < 0)
		return -1;
	if (since_us >= before_us)
		return 0;
	if (hold_why(s->hold, id, why) < 0)
		return -1;
	rule = hold_why_line((struct bytes){why->s, why->len}, "rule");
	if (!rule.s || bytes_eq(rule, HOLD_QUARANTINE))
		return 0;
	if (unlinkat(s->hold, id, 0) < 0)
		return errno == ENOENT ? 0 : -1;
	hold_forget(s->hold, id);
	log_expired(id);
	return 1;
}

int
quarantine_expire(struct score *s)
{
	uint64_t now_us = clock_wall_us();
	uint64_t keep_us = s->site.keep_hold_days * day_us;
	struct names l;
	stralloc why = {0};
	size_t removed = 0;
	int r = 0;

	if (s->hold < 0 || keep_us == 0 || now_us <= keep_us)
		return 0;
	if (hold_list(&l, s->hold, HOLD_NAMES_MAX) < 0)
		return -1;
	for (size_t i = 0; i < l.n && r >= 0; i++) {
		r = expire_one(s, l.name[i], now_us - keep_us, &why);
		removed += r == 1;
	}
	if (r >= 0 && removed)
		r = fsync(s->hold);
	s->q.files = l.n - removed;
	names_free(&l);
	sa_free(&why);
	return r < 0 ? -1 : 0;
}
