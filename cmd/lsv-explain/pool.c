#include <stdio.h>
#include <string.h>

#include "cmd/lsv-explain/explain.h"
#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/when.h"

static void
member_text(struct queue *q, const struct crew_member *m)
{
	char name[24], when[WHEN_MAX];

	putf(q, "  worker %-6s %-10s", m->label, crew_state_name(m->state));
	if (m->target >= 0)
		putf(q, " %s:%u", m->f->f.target[m->target].host,
		    (unsigned)m->f->f.target[m->target].port);
	if (m->state != CREW_DELIVER && m->from != INT64_MAX)
		putf(q, " from %s", when_words(when, m->from));
	else if (m->state == CREW_DELIVER && m->until != INT64_MAX)
		putf(q, " until %s", when_words(when, m->until));
	if (m->f->line)
		putf(q, "  (%s, line %u)", crew_entry_name(name, m->f),
		    m->f->line);
	else
		putf(q, "  (%s)", crew_entry_name(name, m->f));
	put(q, "\n", 1);
}

/* The last thing that a host said to a worker of the pool. */
static const struct board_worker *
last_reply(const struct account *a)
{
	const struct board_worker *best = NULL;

	for (size_t i = 0; i < a->n; i++) {
		const struct board_worker *w = a->member[i].seen;

		if (w && w->code && (!best || w->reply_us > best->reply_us))
			best = w;
	}
	return best;
}

static void
reply_text(struct queue *q, const struct account *a)
{
	const struct board_worker *w = last_reply(a);
	char when[CLOCK_LSV_MAX];

	if (!w)
		return;
	clock_lsv(when, w->reply_us);
	putf(q, "  last   %03u %s ", w->code, w->enh);
	put_text(q, bytes_z(w->text), 0);
	putf(q, " (to worker %s from %s, %s)\n", w->label, w->host, when);
}

static void
reply_json(struct json *j, const struct account *a)
{
	const struct board_worker *w = last_reply(a);

	if (!w) {
		json_null(j, "last");
		return;
	}
	json_open(j, "last", '{');
	json_u(j, "code", w->code);
	json_z(j, "status", w->enh);
	json_z(j, "text", w->text);
	json_z(j, "host", w->host);
	json_z(j, "worker", w->label);
	json_u(j, "when", w->reply_us / 1000000U);
	json_close(j, '}');
}

static void
block(struct explain *e, const char *pools, const struct account *a)
{
	char next[WORDS_MAX], var[96];

	if (e->q.opt.json) {
		json_open(&e->j, NULL, '{');
		json_z(&e->j, "pools", pools);
		account_json(&e->j, a);
		reply_json(&e->j, a);
		json_close(&e->j, '}');
		put_json(&e->j);
		return;
	}
	putf(&e->q, "pool%s %s\n", pools[0] && pools[1] ? "s" : "", pools);
	account_next(next, a);
	putf(&e->q, "  next   %s\n", next);
	putf(&e->q, "  why    ");
	put_text(&e->q, bytes_z(a->words), 0);
	putf(&e->q, "\n  rule   %s", a->rule);
	if (a->var[0]) {
		var_words(var, a->var, a->line);
		putf(&e->q, ", %s", var);
	}
	put(&e->q, "\n", 1);
	reply_text(&e->q, a);
	for (size_t i = 0; i < a->n; i++)
		member_text(&e->q, &a->member[i]);
}

static void
begin(struct explain *e, const char *members)
{
	if (!e->q.opt.json)
		return;
	json_open(&e->j, NULL, '{');
	json_z(&e->j, "query", e->what[0]);
	json_z(&e->j, "of", e->what[1]);
	json_open(&e->j, members, '[');
}

static void
end(struct explain *e)
{
	if (!e->q.opt.json)
		return;
	json_close(&e->j, ']');
	json_close(&e->j, '}');
	put_json(&e->j);
	put(&e->q, "\n", 1);
}

int
explain_pool(struct explain *e, char pool)
{
	static struct account a;
	char pools[2] = {pool, 0};

	begin(e, "pools");
	account_make(e, &a, pool_index(pool), e->now, 1);
	block(e, pools, &a);
	end(e);
	return LSV_OK;
}

/* What goes to other servers has no worker: one service takes it all. */
int
explain_peer(struct explain *e)
{
	struct reason r = {.rule = ""};

	wait_for(&e->q, &r, SERVICE_PEER, "peer",
	    "lsv-peer takes what goes to other servers, the oldest first");
	begin(e, "pools");
	if (e->q.opt.json) {
		json_open(&e->j, NULL, '{');
		json_z(&e->j, "pools", pool_name(POOL_PEER));
		json_z(&e->j, "rule", r.rule);
		json_z(&e->j, "why", r.text);
		json_close(&e->j, '}');
		put_json(&e->j);
	} else {
		putf(&e->q, "pool %s\n  why    %s\n  rule   %s\n",
		    pool_name(POOL_PEER), r.text, r.rule);
	}
	end(e);
	return LSV_OK;
}

/* Are two pools served by the same entries? */
static int
alike(const struct site *s, unsigned a, unsigned b)
{
	for (size_t i = 0; i < s->nforwards; i++)
		if ((s->forwards[i].f.pools >> a ^
			s->forwards[i].f.pools >> b) &
		    1)
			return 0;
	return 1;
}

int
explain_time(struct explain *e, int64_t t)
{
	static struct account a;
	char pools[POOL_COUNT + 1], when[WHEN_MAX];
	uint32_t done = 0, group;

	begin(e, "pools");
	if (!e->q.opt.json)
		putf(&e->q, "%s\n\n", when_words(when, t));
	for (unsigned i = 0; i < POOL_COUNT; i++) {
		if (done & UINT32_C(1) << i)
			continue;
		group = 0;
		for (unsigned k = i; k < POOL_COUNT; k++)
			if (alike(&e->q.site, i, k))
				group |= UINT32_C(1) << k;
		if (done && !e->q.opt.json)
			put(&e->q, "\n", 1);
		done |= group;
		account_make(e, &a, i, t, 0);
		block(e, crew_pools(pools, group), &a);
	}
	end(e);
	return LSV_OK;
}
