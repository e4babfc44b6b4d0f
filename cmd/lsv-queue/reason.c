#include <stdio.h>
#include <string.h>

#include "cmd/lsv-queue/queue.h"
#include "lib/clock.h"

enum { US_PER_MS = 1000 };

static void
set(struct reason *r, const char *rule, const char *text)
{
	r->rule = rule;
	snprintf(r->text, sizeof r->text, "%s", text);
}

void
wait_for(const struct queue *q, struct reason *r, enum service s,
    const char *rule, const char *what)
{
	r->rule = rule;
	if (service_runs(q, s) == 0) {
		r->rule = "service-down";
		snprintf(r->text, sizeof r->text,
		    "%s; but %s does not run (lsv-service up starts it)", what,
		    service_name(s));
	} else {
		snprintf(r->text, sizeof r->text, "%s", what);
	}
	r->next_us = r->rule == rule ? q->now_us : 0;
}

static size_t
put_last(char *out, size_t room, const struct answer *a)
{
	int n = 0;

	if (a->op && a->code)
		n = snprintf(out, room, "last answer %03u %s from %s: %s; ",
		    a->code, a->status, a->host, a->text);
	else if (a->op)
		n = snprintf(
		    out, room, "last failure %s: %s; ", a->status, a->text);
	return n > 0 && (size_t)n < room ? (size_t)n : 0;
}

/* What the configuration says about the next try. */
static void
put_delays(const struct queue *q, char *out, size_t room)
{
	char min[16], max[16], life[16];

	if (!q->site_ok)
		return;
	snprintf(out, room,
	    "the delay is RETRY_MIN=%s, doubled with every try up to "
	    "RETRY_MAX=%s; QUEUE_LIFE=%s",
	    span_text(min, q->site.retry_min_ms * US_PER_MS),
	    span_text(max, q->site.retry_max_ms * US_PER_MS),
	    span_text(life, q->site.queue_life_ms * US_PER_MS));
}

static void
later(const struct queue *q, const struct file *f, struct reason *r)
{
	size_t n = put_last(r->text, sizeof r->text, &f->last);
	uint64_t max_us =
	    q->site_ok ? q->site.retry_max_ms * US_PER_MS : UINT64_MAX / 2;

	enum service taker =
	    f->at->pool == POOL_PEER ? SERVICE_PEER : SERVICE_SMTPW;

	r->rule = "retry";
	r->next_us = f->due_us > q->now_us ? f->due_us : q->now_us;
	if (service_runs(q, taker) == 0) {
		r->rule = "service-down";
		r->next_us = 0;
		snprintf(r->text + n, sizeof r->text - n,
		    "%s does not run (lsv-service up starts it)",
		    service_name(taker));
	} else if (q->site_ok && f->due_us > q->now_us + max_us) {
		r->rule = "clock";
		r->next_us = q->now_us;
		snprintf(r->text + n, sizeof r->text - n,
		    "its time was made by another clock and counts as due");
	} else {
		put_delays(q, r->text + n, sizeof r->text - n);
	}
}

/* A file for another server. */
static void
wait_for_peer(const struct queue *q, const struct file *f, struct reason *r)
{
	const struct bytes to = f->claim.head.server;
	char text[sizeof r->text / 2];

	snprintf(text, sizeof text,
	    "it waits for lsv-peer, which sends it to %.*s",
	    to.len < 256 ? (int)to.len : 256, to.s);
	wait_for(q, r, SERVICE_PEER, "peer", text);
}

static void
now(const struct queue *q, const struct file *f, struct reason *r)
{
	int peer = f->at->pool == POOL_PEER;
	size_t n;

	if (f->active) {
		set(r, "delivering",
		    peer ? "lsv-peer is sending it just now"
			 : "a worker is delivering it just now");
		r->next_us = q->now_us;
		return;
	}
	if (peer)
		wait_for_peer(q, f, r);
	else
		wait_for(q, r, SERVICE_SMTPW, "next-worker",
		    "the next free worker takes the oldest file");
	n = strlen(r->text);
	if (f->tries && n + 4 < sizeof r->text) {
		memcpy(r->text + n, "; ", 3);
		put_last(r->text + n + 2, sizeof r->text - n - 2, &f->last);
	}
}

static void
of_job(const struct queue *q, const struct file *f, struct reason *r)
{
	if (f->expanding) {
		wait_for(q, r, SERVICE_ROUTE, "expanding",
		    "lsv-route is still making parts of it");
		return;
	}
	if (f->home < f->chunks) {
		r->rule = "parts-out";
		snprintf(r->text, sizeof r->text,
		    "%u of its %u parts have not come home from the pools",
		    (unsigned)(f->chunks - f->home), (unsigned)f->chunks);
		return;
	}
	wait_for(q, r, SERVICE_ROUTE, "sum",
	    "all parts are home: lsv-route sums it up and reports");
}

static void
done(const struct queue *q, const struct file *f, struct reason *r)
{
	if (q->site_ok)
		snprintf(r->text, sizeof r->text,
		    "it is over since %s; kept KEEP_DONE=%u days", f->at->day,
		    (unsigned)q->site.keep_done_days);
	else
		snprintf(
		    r->text, sizeof r->text, "it is over since %s", f->at->day);
	r->rule = "keep-done";
}

void
reason_of(const struct queue *q, const struct file *f, struct reason *r)
{
	*r = (struct reason){.rule = "unknown"};
	if (f->kind == KIND_DAMAGED) {
		r->rule = "damaged";
		snprintf(
		    r->text, sizeof r->text, "it cannot be used: %s", f->why);
		return;
	}
	switch (f->at->stage) {
	case STAGE_SCORE:
		wait_for(q, r, SERVICE_SCORE, "inbox",
		    "lsv-score has not looked at it yet");
		break;
	case STAGE_SCAN:
		waits_scan(q, r);
		break;
	case STAGE_HOLD:
		waits_hold(q, f, r);
		break;
	case STAGE_COMMAND:
		wait_for(q, r, SERVICE_COMMAND, "inbox",
		    "lsv-command has not executed it yet");
		break;
	case STAGE_ROUTE:
		wait_for(q, r, SERVICE_ROUTE, "inbox",
		    "lsv-route has not looked at it yet");
		break;
	case STAGE_JOBS:
		of_job(q, f, r);
		break;
	case STAGE_HOME:
		set(r, "sum",
		    f->left ? "lsv-route sends it out at its next start"
			    : "it waits for the other parts of its job");
		break;
	case STAGE_NOW:
		now(q, f, r);
		break;
	case STAGE_LATER:
		later(q, f, r);
		break;
	case STAGE_HELD:
		set(r, "held",
		    "it was held, and waits for lsv-queue release or remove");
		break;
	case STAGE_FINISHED:
		wait_for(q, r, SERVICE_ROUTE, "coming-home",
		    "lsv-route takes it home and reports what failed");
		break;
	case STAGE_DONE:
		done(q, f, r);
		break;
	default:
		break;
	}
}
