#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-worker/worker.h"
#include "lib/clock.h"
#include "lib/crew.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/schedule.h"
#include "lib/sig.h"
#include "lib/when.h"

enum { US_PER_S = 1000000, WIDE_HOST = 28, WIDE_JOB = 31, HOUR_S = 3600 };

/* struct view - what there is to show
 *
 * running what service_runs says of lsv-smtpw
 * worker  workers records of the board, or, when it has none of a worker that
 *         there should be, what is known of that one
 * unserved  pools that no SMTP_FORWARD_n serves
 */
struct view {
	int running;
	struct board_worker worker[BOARD_WORKERS];
	size_t workers;
	struct orders orders;
	uint32_t unserved;
	uint64_t now_us;
};

static int
is_shown(const struct view *v, const char *label)
{
	for (size_t i = 0; i < v->workers; i++)
		if (strcmp(v->worker[i].label, label) == 0)
			return 1;
	return 0;
}

/* Workers of the configuration that the board does not have. */
static void
add_missing(struct queue *q, struct view *v)
{
	static struct crew_member m[CREW_MAX];
	struct crew_in in = {
	    .site = &q->site, .t = (int64_t)(v->now_us / US_PER_S)};
	size_t n = crew_fill(m, &in, FORWARD_ALL_POOLS);

	for (size_t i = 0; i < n && v->workers < BOARD_WORKERS; i++) {
		struct board_worker *w = &v->worker[v->workers];

		if (is_shown(v, m[i].label))
			continue;
		*w = (struct board_worker){.entry = m[i].f->n,
		    .pools = m[i].pools,
		    .state = BOARD_STARTING,
		    .target = -1};
		memcpy(w->label, m[i].label, sizeof w->label);
		v->workers++;
	}
}

static void
look(struct queue *q, struct view *v)
{
	const struct board *b = board_look(q->pools.top);

	v->now_us = clock_wall_us();
	v->running = service_runs(q, SERVICE_SMTPW);
	v->workers = v->running ? board_all(v->worker, b) : 0;
	board_drop(b);
	orders_load(&v->orders, q);
	v->unserved = 0;
	if (!q->site_ok)
		return;
	add_missing(q, v);
	if (q->site.nforwards)
		v->unserved = schedule_unserved(&q->site);
}

static const char *
state_of(const struct board_worker *w)
{
	return w->pid ? board_state_name((enum board_state)w->state)
		      : "stopped";
}

static void
entry_json(const struct queue *q, struct json *j, const struct board_worker *w)
{
	const struct site_forward *f = NULL;
	struct site_forward none = {.n = w->entry};
	char name[24];

	if (q->site_ok && w->entry == 0)
		f = &q->site.smtp_forward;
	for (size_t i = 0; q->site_ok && i < q->site.nforwards; i++)
		if (q->site.forwards[i].n == w->entry)
			f = &q->site.forwards[i];
	json_z(j, "entry", crew_entry_name(name, &none));
	json_u(j, "line", f ? f->line : 0);
}

static void
where_json(struct json *j, const struct board_worker *w)
{
	char pool = pool_letter(w->pool);

	if (w->host[0]) {
		json_z(j, "host", w->host);
		json_u(j, "port", w->port);
		json_z(j, "tls", w->tls);
	}
	if (w->job[0]) {
		json_z(j, "job", w->job);
		json_s(j, "pool", &pool, 1);
	}
}

static void
worker_json(const struct queue *q, struct json *j, const struct view *v,
    const struct board_worker *w)
{
	double rate = board_rate(w, v->now_us);
	char pools[POOL_COUNT + 1];

	json_open(j, NULL, '{');
	json_z(j, "worker", w->label);
	entry_json(q, j, w);
	json_z(j, "pools", crew_pools(pools, w->pools));
	json_u(j, "pid", (uint64_t)w->pid);
	json_z(j, "state", state_of(w));
	json_u(j, "since", w->since_us / US_PER_S);
	json_u(j, "until", w->until_us / US_PER_S);
	json_i(j, "target", w->target);
	where_json(j, w);
	json_u(j, "transactions", w->transactions);
	json_u(j, "delivered", w->delivered);
	json_u(j, "failed", w->failed);
	json_u(j, "deferred", w->deferred);
	json_u(j, "per_second", (uint64_t)(rate + 0.5));
	json_u(j, "per_hour", (uint64_t)(rate * HOUR_S + 0.5));
	if (w->code) {
		json_open(j, "reply", '{');
		json_u(j, "code", w->code);
		json_z(j, "status", w->enh);
		json_z(j, "text", w->text);
		json_u(j, "when", w->reply_us / US_PER_S);
		json_close(j, '}');
	}
	json_z(j, "why", w->why);
	json_close(j, '}');
}

static void
view_json(struct queue *q, const struct view *v)
{
	struct json j = {.out = &q->out};
	char pools[POOL_COUNT + 1];

	json_open(&j, NULL, '{');
	json_u(&j, "when", v->now_us / US_PER_S);
	json_b(&j, "running", v->running > 0);
	json_open(&j, "workers", '[');
	for (size_t i = 0; i < v->workers; i++)
		worker_json(q, &j, v, &v->worker[i]);
	json_close(&j, ']');
	json_open(&j, "orders", '[');
	for (size_t i = 0; i < v->orders.n; i++) {
		const struct order *o = &v->orders.of[i];

		json_open(&j, NULL, '{');
		json_z(&j, "order", order_kind_name(o->kind));
		json_z(&j, "what", order_what_name(o->what));
		json_z(&j, "name", o->name);
		json_u(&j, "since", o->since_us / US_PER_S);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_z(&j, "unserved", crew_pools(pools, v->unserved));
	json_close(&j, '}');
	put_json(&j);
	put(q, "\n", 1);
}

/* What stands behind the line: until when, and what was said last. */
static void
tail_text(struct queue *q, const struct board_worker *w)
{
	char when[WHEN_MAX];

	if (w->until_us)
		putf(q, "until %s; ",
		    when_words(when, (int64_t)(w->until_us / US_PER_S)));
	if (w->why[0]) {
		put_text(q, bytes_z(w->why), 0);
		put(q, "; ", 2);
	}
	if (w->code) {
		putf(q, "%03u %s ", w->code, w->enh);
		put_text(q, bytes_z(w->text), 0);
	}
	put(q, "\n", 1);
}

static void
worker_text(struct queue *q, const struct view *v, const struct board_worker *w)
{
	char pools[POOL_COUNT + 1], host[BOARD_HOST + 40] = "-";

	if (w->host[0])
		snprintf(host, sizeof host, "%s:%u%s%s", w->host, w->port,
		    w->tls[0] ? " " : "", w->tls);
	putf(q, "%-7s %-7s %-10s ", w->label, crew_pools(pools, w->pools),
	    state_of(w));
	put_text(q, bytes_z(host), WIDE_HOST);
	put_text(q, bytes_z(w->job[0] ? w->job : "-"), WIDE_JOB);
	putf(q, "%8.1f  ", board_rate(w, v->now_us));
	tail_text(q, w);
}

static void
orders_text(struct queue *q, const struct orders *o)
{
	char when[CLOCK_LSV_MAX];

	for (size_t i = 0; i < o->n; i++) {
		clock_lsv(when, o->of[i].since_us);
		putf(q, "%s%s %s %s since %s\n", i ? "" : "\n",
		    order_kind_name(o->of[i].kind),
		    order_what_name(o->of[i].what), o->of[i].name, when);
	}
}

static void
view_text(struct queue *q, const struct view *v)
{
	char pools[POOL_COUNT + 1];

	if (v->running == 0)
		putf(q,
		    "lsv-smtpw does not run (lsv-service up starts "
		    "it)\n\n");
	putf(q, "%-7s %-7s %-10s %-*s %-*s %8s  %s\n", "WORKER", "POOLS",
	    "STATE", WIDE_HOST, "HOST", WIDE_JOB, "JOB", "RCPTS/S",
	    "LAST REPLY");
	for (size_t i = 0; i < v->workers; i++)
		worker_text(q, v, &v->worker[i]);
	orders_text(q, &v->orders);
	if (v->unserved)
		putf(q,
		    "\nno SMTP_FORWARD_n serves pool%s %s: mail there goes "
		    "through SMTP_FORWARD\n",
		    v->unserved & (v->unserved - 1) ? "s" : "",
		    crew_pools(pools, v->unserved));
}

static void
show(struct queue *q, const struct asked *a, struct view *v, int screen)
{
	char when[WHEN_MAX];

	look(q, v);
	if (a->json) {
		view_json(q, v);
	} else {
		if (screen)
			putf(q, "\033[H\033[J%s  %s  (Ctrl-C ends)\n\n",
			    root_spool(),
			    when_words(when, (int64_t)(v->now_us / US_PER_S)));
		view_text(q, v);
	}
	flush(q, 1);
}

int
command_show_workers(struct queue *q, const struct asked *a)
{
	static struct view v;
	int screen = a->watch && !a->json && isatty(STDOUT_FILENO);
	struct timespec t = {.tv_sec = (time_t)(a->interval_ms / 1000U),
	    .tv_nsec = (long)(a->interval_ms % 1000U) * 1000000L};
	sigset_t asleep;

	if (!a->watch) {
		show(q, a, &v, 0);
		return LSV_OK;
	}
	if (sig_block(&asleep) < 0)
		msg_diesys(LSV_TEMP, "unable to block signals");
	while (!sig_stop) {
		show(q, a, &v, screen);
		if (ppoll(NULL, 0, &t, &asleep) < 0 && errno != EINTR)
			msg_diesys(LSV_TEMP, "unable to wait");
		if (site_refresh(&q->site, root_etc()) == 0)
			q->site_ok = 1;
	}
	return LSV_OK;
}
