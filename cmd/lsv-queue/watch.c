#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-queue/queue.h"
#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/names.h"
#include "lib/roots.h"
#include "lib/sig.h"

enum { US_PER_S = 1000000 };

/* Stages that watch counts. */
static const enum stage counted[] = {STAGE_SCORE, STAGE_SCAN, STAGE_HOLD,
    STAGE_COMMAND, STAGE_ROUTE, STAGE_JOBS, STAGE_NOW, STAGE_LATER, STAGE_HELD,
    STAGE_FINISHED};

enum { COUNTED = sizeof counted / sizeof counted[0] };

/* struct view - what is there now
 *
 * count   files by stage; of the pools, all together
 * pool    files by pool and state
 * oldest_us  when the oldest came in, 0 none
 */
struct view {
	uint64_t count[STAGES];
	uint64_t pool[POOL_PLACES][POOL_STATES];
	uint64_t oldest_us, now_us;
};

static int
count(struct queue *q, const struct place *at, void *arg)
{
	struct view *v = arg;
	uint64_t us = id_time_us(at->name);

	(void)q;
	v->count[at->stage]++;
	if (at->stage >= STAGE_NOW && at->stage <= STAGE_HELD)
		v->pool[at->pool][at->stage - STAGE_NOW]++;
	if (!v->oldest_us || us < v->oldest_us)
		v->oldest_us = us;
	return 0;
}

static void
look(struct queue *q, struct view *v)
{
	*v = (struct view){.now_us = clock_wall_us()};
	for (int i = 0; i < COUNTED; i++)
		if (walk(q, counted[i], count, v) < 0)
			msg_warnsys("unable to list ", stage_name(counted[i]));
}

static uint64_t
age_us(const struct view *v)
{
	return v->oldest_us && v->oldest_us < v->now_us
	    ? v->now_us - v->oldest_us
	    : 0;
}

static void
line_json(struct queue *q, const struct view *v)
{
	struct json j = {.out = &q->out};

	json_open(&j, NULL, '{');
	json_u(&j, "when", v->now_us / US_PER_S);
	for (int i = 0; i < COUNTED; i++)
		json_u(&j, stage_name(counted[i]), v->count[counted[i]]);
	json_u(&j, "oldest", age_us(v) / US_PER_S);
	json_close(&j, '}');
	put_json(&j);
	put(q, "\n", 1);
}

static void
line_text(struct queue *q, const struct view *v)
{
	char when[CLOCK_LSV_MAX], age[16];

	clock_lsv(when, v->now_us);
	putf(q, "%s", when);
	for (int i = 0; i < COUNTED; i++)
		putf(q, "  %s %" PRIu64, stage_name(counted[i]),
		    v->count[counted[i]]);
	putf(q, "  oldest %s\n", span_text(age, age_us(v)));
}

static void
service_words(struct queue *q)
{
	for (enum service i = 0; i < SERVICES; i++) {
		int r = service_runs(q, i);

		putf(q, "%s%s %s", i ? "   " : "", service_name(i),
		    r > 0        ? "runs"
			: r == 0 ? "does not run"
				 : "?");
	}
	put(q, "\n", 1);
}

/* A screen: home, then every line with what was behind it cleared. */
static void
screen(struct queue *q, const struct view *v)
{
	char when[CLOCK_LSV_MAX], age[16];

	clock_lsv(when, v->now_us);
	put(q, "\033[H\033[J", 6);
	putf(q, "%s  %s  (Ctrl-C ends)\n\n", root_spool(), when);
	service_words(q);
	putf(q,
	    "\nscore %" PRIu64 "   scan %" PRIu64 "   hold %" PRIu64
	    "   command %" PRIu64 "   route %" PRIu64 "   jobs %" PRIu64
	    "   finished %" PRIu64 "   oldest %s\n\n",
	    v->count[STAGE_SCORE], v->count[STAGE_SCAN], v->count[STAGE_HOLD],
	    v->count[STAGE_COMMAND], v->count[STAGE_ROUTE],
	    v->count[STAGE_JOBS], v->count[STAGE_FINISHED],
	    span_text(age, age_us(v)));
	putf(q, "%-8s %10s %10s %10s\n", "POOL", "NOW", "LATER", "HELD");
	for (unsigned i = 0; i < POOL_PLACES; i++) {
		const uint64_t *n = v->pool[i];

		if (n[0] + n[1] + n[2] == 0 && i != POOL_DEFAULT)
			continue;
		putf(q, "%-8s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "\n",
		    pool_name(i), n[0], n[1], n[2]);
	}
	putf(q, "%-8s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "\n", "all",
	    v->count[STAGE_NOW], v->count[STAGE_LATER], v->count[STAGE_HELD]);
}

int
command_watch(struct queue *q)
{
	int tty = isatty(STDOUT_FILENO) && !q->opt.json;
	struct timespec t = {.tv_sec = (time_t)(q->opt.interval_ms / 1000U),
	    .tv_nsec = (long)(q->opt.interval_ms % 1000U) * 1000000L};
	sigset_t asleep;
	struct view v;

	if (sig_block(&asleep) < 0)
		msg_diesys(LSV_TEMP, "unable to block signals");
	while (!sig_stop) {
		look(q, &v);
		if (q->opt.json)
			line_json(q, &v);
		else if (tty)
			screen(q, &v);
		else
			line_text(q, &v);
		flush(q, 1);
		if (ppoll(NULL, 0, &t, &asleep) < 0 && errno != EINTR)
			msg_diesys(LSV_TEMP, "unable to wait");
	}
	return LSV_OK;
}
