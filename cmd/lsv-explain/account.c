#include <stdio.h>
#include <string.h>

#include "cmd/lsv-explain/explain.h"
#include "lib/roots.h"
#include "lib/schedule.h"
#include "lib/when.h"

enum { US_PER_S = 1000000 };

void
var_words(char *out, const char *name, unsigned line)
{
	if (line)
		snprintf(out, 96, "%s in line %u of " SITE_TEXT, name, line);
	else
		snprintf(out, 96, "%s by default", name);
}

static void
target_words(char *out, size_t room, const struct crew_member *m)
{
	const struct forward_target *to = &m->f->f.target[m->target];

	snprintf(out, room, to->kind == FORWARD_IPV6 ? "[%s]:%u" : "%s:%u",
	    to->host, (unsigned)to->port);
}

/* The target of a worker that waits for its window is that of the window. */
static int
target_then(const struct crew_member *m)
{
	return m->target < 0 && m->from != INT64_MAX
	    ? schedule_at(m->f, NULL, m->from, NULL)
	    : m->target;
}

void
account_next(char *out, const struct account *a)
{
	char target[BOARD_HOST + 16] = "nowhere", name[24], var[96];
	struct crew_member m;

	if (!a->first) {
		snprintf(out, WORDS_MAX, "nobody knows when");
		return;
	}
	m = *a->first;
	m.target = target_then(&m);
	if (m.target >= 0)
		target_words(target, sizeof target, &m);
	var_words(var, crew_entry_name(name, m.f), m.f->line);
	snprintf(out, WORDS_MAX, "worker %s to %s, %s", m.label, target, var);
}

/* struct limit - one that may keep mail of a pool */
struct limit {
	const char *var;
	const struct bucket *b;
};

/* The limit with the longest wait; var is NULL when none has any. */
static struct limit
longest(const struct explain *e, unsigned pool)
{
	const struct buckets *b = e->buckets;
	const struct limit all[] = {{"SMTP_RATE_LIMIT", &b->bps[pool]},
	    {"SMTP_RATE_LIMIT", &b->bps_all},
	    {"SMTP_MESSAGE_LIMIT", &b->rps[pool]},
	    {"SMTP_MESSAGE_LIMIT", &b->rps_all}};
	struct limit best = {NULL, NULL};
	uint64_t now = bucket_now_us(), most = 0;

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		uint64_t us = bucket_wait_us(all[i].b, now);

		if (us > most) {
			most = us;
			best = all[i];
		}
	}
	return best;
}

static void
name_limit(const struct explain *e, struct account *a, unsigned pool,
    const struct crew_member *m)
{
	struct limit l = {NULL, NULL};

	if (e->buckets)
		l = longest(e, pool);
	if (!l.var) { /* no other limit has a wait: it is the worker's own */
		a->line = m->f->line;
		return;
	}
	snprintf(a->var, sizeof a->var, "%s", l.var);
	if (site_line(&a->line, root_etc(), l.var) <= 0)
		a->line = 0;
}

static void
when_text(char *out, int64_t t)
{
	if (t == INT64_MAX)
		snprintf(out, WHEN_MAX, "nobody knows when");
	else
		when_words(out, t);
}

static void
ordered_words(struct account *a, const struct crew_member *m)
{
	const struct order *by = m->by;
	char since[WHEN_MAX];

	a->rule = m->state == CREW_PAUSED ? "paused" : "drained";
	a->line = 0;
	a->var[0] = 0;
	if (!by) {
		snprintf(a->words, sizeof a->words, "worker %s has paused: %s",
		    m->label, m->seen ? m->seen->why : "");
		return;
	}
	when_words(since, (int64_t)(by->since_us / US_PER_S));
	snprintf(a->words, sizeof a->words,
	    "%s %s was %s by order on %s; lsv-worker resume %s %s lets it go "
	    "on",
	    order_what_name(by->what), by->name, a->rule, since,
	    order_what_name(by->what), by->name);
}

static void
down_words(struct account *a, const struct crew_member *m, int64_t now)
{
	char target[BOARD_HOST + 16] = "no target", from[WHEN_MAX] = "at once";

	a->rule = "dead-host";
	if (m->target >= 0)
		target_words(target, sizeof target, m);
	if (m->from > now)
		when_text(from, m->from);
	snprintf(a->words, sizeof a->words,
	    "%s could not be reached%s%s%s; it is tried again %s", target,
	    m->seen && m->seen->why[0] ? ": " : "", m->seen ? m->seen->why : "",
	    m->f->f.targets > 1 ? ", nor any other target that is open" : "",
	    from);
}

static void
deliver_words(struct account *a, const struct crew_member *m, int64_t now)
{
	char target[BOARD_HOST + 16], until[WHEN_MAX];
	size_t n;

	a->rule = "next-worker";
	target_words(target, sizeof target, m);
	snprintf(a->words, sizeof a->words,
	    "worker %s takes the oldest file%s and delivers it to %s", m->label,
	    m->from > now ? " then" : "", target);
	n = strlen(a->words);
	if (m->until != INT64_MAX)
		snprintf(a->words + n, sizeof a->words - n, ", open until %s",
		    when_words(until, m->until));
}

static void
words_of(const struct explain *e, struct account *a, unsigned pool,
    const struct crew_member *m)
{
	char from[WHEN_MAX];

	when_text(from, m->from);
	switch (m->state) {
	case CREW_PAUSED:
	case CREW_DRAINED:
		ordered_words(a, m);
		break;
	case CREW_WINDOW:
		a->rule = "window";
		snprintf(a->words, sizeof a->words,
		    "no target of %s is open at this time; the next window "
		    "opens on %s",
		    a->var, from);
		break;
	case CREW_STOPPED:
		a->rule = "worker-stopped";
		snprintf(a->words, sizeof a->words,
		    "worker %s does not run; lsv-smtpw starts it again",
		    m->label);
		break;
	case CREW_DOWN:
		down_words(a, m, e->now);
		break;
	case CREW_LIMITED:
		a->rule = "rate-limit";
		name_limit(e, a, pool, m);
		snprintf(a->words, sizeof a->words,
		    "worker %s waits for a rate limit until %s", m->label,
		    from);
		break;
	case CREW_BUSY:
		a->rule = "concurrency";
		snprintf(a->words, sizeof a->words,
		    "worker %s waits for CONCURRENCY= of its host", m->label);
		break;
	default:
		deliver_words(a, m, e->now);
		break;
	}
}

/* A pool without a worker of its own: that is the first thing to know. */
static void
unserved(const struct explain *e, struct account *a, unsigned pool)
{
	char words[WORDS_MAX];

	if (e->q.site.nforwards == 0 ||
	    !(schedule_unserved(&e->q.site) & UINT32_C(1) << pool))
		return;
	memcpy(words, a->words, sizeof words);
	snprintf(a->words, sizeof a->words,
	    "no SMTP_FORWARD_n serves this pool: its mail goes through "
	    "SMTP_FORWARD; %.500s",
	    words);
	if (strcmp(a->rule, "next-worker") == 0)
		a->rule = "unserved-pool";
}

void
account_make(const struct explain *e, struct account *a, unsigned pool,
    int64_t t, int live)
{
	struct crew_in in = {.site = &e->q.site,
	    .orders = live ? &e->orders : NULL,
	    .live = live && e->running != 0 && e->boards,
	    .board = e->board,
	    .boards = e->boards,
	    .t = t};
	const struct crew_member *m;

	*a = (struct account){.rule = "unknown"};
	a->n = crew_fill(a->member, &in, UINT32_C(1) << pool);
	a->first = crew_first(a->member, a->n);
	m = a->first ? a->first : a->n ? &a->member[0] : NULL;
	if (!m) /* more workers than there can be */
		return;
	crew_entry_name(a->var, m->f);
	a->line = m->f->line;
	words_of(e, a, pool, m);
	unserved(e, a, pool);
	if (live && e->running == 0) {
		a->rule = "service-down";
		snprintf(a->words, sizeof a->words,
		    "lsv-smtpw does not run (lsv-service up starts it)");
	}
}

static void
member_json(struct json *j, const struct crew_member *m)
{
	char name[24];

	json_open(j, NULL, '{');
	json_z(j, "worker", m->label);
	json_z(j, "entry", crew_entry_name(name, m->f));
	json_u(j, "line", m->f->line);
	json_z(j, "state", crew_state_name(m->state));
	if (m->target >= 0) {
		json_z(j, "host", m->f->f.target[m->target].host);
		json_u(j, "port", m->f->f.target[m->target].port);
	} else {
		json_null(j, "host");
		json_null(j, "port");
	}
	if (m->from == INT64_MAX)
		json_null(j, "from");
	else
		json_i(j, "from", m->from);
	if (m->until == INT64_MAX)
		json_null(j, "until");
	else
		json_i(j, "until", m->until);
	json_close(j, '}');
}

void
account_json(struct json *j, const struct account *a)
{
	json_open(j, "workers", '[');
	for (size_t i = 0; i < a->n; i++)
		member_json(j, &a->member[i]);
	json_close(j, ']');
	if (a->first)
		json_z(j, "next_worker", a->first->label);
	else
		json_null(j, "next_worker");
	json_z(j, "rule", a->rule);
	json_z(j, "why", a->words);
	json_z(j, "decided_by", a->var);
	json_u(j, "line", a->line);
}
