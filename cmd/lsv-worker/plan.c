#include <errno.h>
#include <string.h>
#include <time.h>

#include "cmd/lsv-worker/worker.h"
#include "lib/crew.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/siteneed.h"
#include "lib/sitetry.h"
#include "lib/when.h"

static int64_t
time_asked(const struct asked *a)
{
	int64_t now = time(NULL), t;
	struct where w;

	if (!a->at)
		return now;
	if (when_parse(&t, a->at, strlen(a->at), now, &w) < 0)
		msg_die(LSV_PERM, "--at ", a->at, ": ", w.why);
	return t;
}

static void
one_json(struct json *j, const struct crew_member *m)
{
	const struct forward_target *to =
	    m->target >= 0 ? &m->f->f.target[m->target] : NULL;
	char name[24], pools[POOL_COUNT + 1], until[WHEN_MAX];

	json_open(j, NULL, '{');
	json_z(j, "entry", crew_entry_name(name, m->f));
	json_z(j, "worker", m->label);
	json_z(j, "pools", crew_pools(pools, m->pools));
	if (to) {
		json_z(j, "target", to->host);
		json_u(j, "port", to->port);
	} else {
		json_null(j, "target");
		json_null(j, "port");
	}
	if (m->until == INT64_MAX)
		json_null(j, "until");
	else
		json_z(j, "until", when_iso(until, m->until));
	json_z(j, "state", to ? "deliver" : "idle");
	json_close(j, '}');
}

static void
one_text(struct queue *q, const struct crew_member *m)
{
	char name[24], pools[POOL_COUNT + 1], until[WHEN_MAX];

	putf(q, "%-8s %-18s %-8s ", m->label, crew_entry_name(name, m->f),
	    crew_pools(pools, m->pools));
	if (m->target >= 0)
		putf(q, "deliver  %s:%u", m->f->f.target[m->target].host,
		    (unsigned)m->f->f.target[m->target].port);
	else
		putf(q, "idle");
	if (m->until != INT64_MAX)
		putf(q, "  until %s", when_words(until, m->until));
	put(q, "\n", 1);
}

static void
all_json(struct queue *q, const struct crew_member *m, size_t n)
{
	struct json j = {.out = &q->out};

	json_open(&j, NULL, '[');
	for (size_t i = 0; i < n; i++)
		one_json(&j, &m[i]);
	json_close(&j, ']');
	put_json(&j);
	put(q, "\n", 1);
}

static void
all_text(struct queue *q, const struct crew_member *m, size_t n, int64_t t)
{
	char at[WHEN_MAX];

	putf(q, "%s\n\n%-8s %-18s %-8s %s\n", when_words(at, t), "WORKER",
	    "ENTRY", "POOLS", "DOES");
	for (size_t i = 0; i < n; i++)
		one_text(q, &m[i]);
}

int
command_plan(struct queue *q, const struct asked *a)
{
	static struct crew_member m[CREW_MAX];
	struct crew_in in = {.site = &q->site, .t = time_asked(a)};
	size_t n;

	if (a->config)
		site_try(&q->site, a->config);
	else
		site_need(&q->site);
	n = crew_fill(m, &in, FORWARD_ALL_POOLS);
	if (a->json)
		all_json(q, m, n);
	else
		all_text(q, m, n, in.t);
	return LSV_OK;
}
