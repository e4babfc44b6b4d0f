#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-smtpw/away.h"
#include "cmd/lsv-smtpw/meter.h"
#include "cmd/lsv-smtpw/show.h"
#include "cmd/lsv-smtpw/smtpw.h"
#include "cmd/lsv-smtpw/waiting.h"
#include "lib/clock.h"
#include "lib/handover.h"
#include "lib/logline.h"
#include "lib/msg.h"
#include "lib/sig.h"

enum {
	STOP_MS = 30000, /* transactions under way may take so long to end */
	PAUSE_MS = 1000, /* after results could not be recorded */
	QUIT_MS = 2000,  /* wait for the answer to QUIT */
	CONTROL_MS = 50, /* at most, until the parent is heard */
};

unsigned
worker_flying(const struct worker *w)
{
	unsigned n = 0;

	for (int i = 0; i < SLOTS; i++)
		n += w->slot[i].flying;
	return n;
}

uint64_t
worker_idle_ms(const struct worker *w)
{
	return w->entry->f.idle_given ? w->entry->f.idle_ms : w->site->idle_ms;
}

/* Bytes from the parent wake; its end of file ends us. */
static void
read_control(struct worker *w)
{
	char in[256];
	ssize_t n = read(w->control, in, sizeof in);

	if (n == 0)
		sig_stop = 1;
	if (n > 0)
		w->woken = 1;
	if (n > 0 && memchr(in, CONTROL_ORDERS, (size_t)n))
		w->ordered = 1;
}

/* Sleep until something comes from the parent or the host. */
static void
wait_for(struct worker *w, uint64_t ms)
{
	struct pollfd p[2] = {{.fd = w->control, .events = POLLIN},
	    {.fd = w->conn.fd, .events = POLLIN}};

	if (sig_stop)
		return;
	if (poll(p, 2, (int)(ms < INT32_MAX ? ms : INT32_MAX)) > 0 &&
	    p[0].revents)
		read_control(w);
}

int
worker_stopping(struct worker *w)
{
	wait_for(w, 0);
	return sig_stop || w->pause;
}

/* It goes on in clear where it may: that is said. */
int
worker_tls(struct worker *w)
{
	int r = dial_tls(&w->dial);

	if (r > 0)
		away_log(w, "tls-failed", dial_why(&w->dial), 0);
	return r;
}

static int
dial(struct worker *w, const struct smtp_start *start)
{
	struct smtp_reply why;

	w->dial.conn = &w->conn;
	w->dial.smtp = &w->smtp;
	w->dial.connect_ms = w->site->connect_timeout_ms;
	w->dial.step_ms = w->site->smtp_timeout_ms;
	if (!w->no_login && dial_open(&w->dial, &w->to, start) == 0)
		return 0;
	smtpreply_ours(
	    &why, "4.4.1", w->no_login ? w->no_login : dial_why(&w->dial));
	away_hand_over(w, &why);
	return -1;
}

static int
open_connection(struct worker *w)
{
	const struct forward *f = &w->entry->f;
	struct smtp_start start = {
	    .name = f->helo.len ? f->helo.s : w->site->node,
	    .rcpt_max = f->maxrcpt ? f->maxrcpt : (size_t)w->site->maxbsmtp,
	    .limit = w->limit,
	    .flights = (unsigned)w->site->window,
	    .no_chunks = w->no_chunks,
	    .no_dsn = w->no_dsn,
	    .event = deliver_event,
	    .arg = w};

	if (start.rcpt_max > SMTP_RCPT_MAX)
		start.rcpt_max = SMTP_RCPT_MAX;
	w->kept = 0;
	w->ready = w->done = 0;
	w->deadline = 0;
	w->body_queued = 0;
	show_state(w, BOARD_DELIVERING, 0, NULL);
	return dial(w, &start);
}

int
worker_any_open(const struct worker *w)
{
	for (int i = 0; i < SLOTS; i++)
		if (w->slot[i].open)
			return 1;
	return 0;
}

/* Make results durable that waited long enough; when the next are due. */
static uint64_t
sync_due(struct worker *w)
{
	uint64_t now = clock_mono_ms(), until = UINT64_MAX;

	for (int i = 0; i < SLOTS; i++) {
		struct slot *s = &w->slot[i];

		if (!s->open || !s->since_ms)
			continue;
		if (now - s->since_ms >= w->site->sync_ms) {
			if (slot_flush(w, s) < 0 || claim_sync(&s->claim) < 0)
				w->pause = 1;
			s->since_ms = 0;
		} else if (s->since_ms + w->site->sync_ms < until) {
			until = s->since_ms + w->site->sync_ms;
		}
	}
	return until;
}

/* The dialogue ended: nothing is under way.  A host that answered nothing is as
 * good as down, unless it was we who ended it, or had nothing for it and were
 * at rest. */
static void
closed(struct worker *w)
{
	int unused = w->ready && w->idle_ms && !worker_any_open(w);

	conn_close(&w->conn);
	w->control_ms = 0;
	w->limit = smtp_limit(&w->smtp);
	if (smtp_proof(&w->smtp) == SMTP_PROVING)
		w->no_chunks = 1;
	/* one connection without DSN takes the mail of a host that hangs up
	 * when it refuses it */
	w->no_dsn = smtp_no_dsn(&w->smtp) && !w->no_dsn;
	if (deliver_settle(w) < 0)
		w->pause = 1;
	if (!w->kept && !w->done && !unused)
		away_hand_over(w, &w->why);
	w->conn.peer[0] = 0;
}

static void
quit(struct worker *w)
{
	w->done = 1;
	smtp_quit(&w->smtp);
}

/* When the hours of the targets say something else, clock_mono_ms(); 0 never. */
static uint64_t
hours_end_ms(const struct worker *w)
{
	int64_t now = (int64_t)(clock_wall_us() / 1000U);

	if (w->until_s >= INT64_MAX / 1000)
		return 0;
	return clock_mono_ms() +
	    (w->until_s * 1000 > now ? (uint64_t)(w->until_s * 1000 - now) : 0);
}

/* Sleep until something happens, and look at all of it then. */
static void
sleep_for(struct worker *w, uint64_t ms)
{
	uint64_t probe = target_wait_ms(&w->targets), end = hours_end_ms(w);
	uint64_t now = clock_mono_ms();

	if (end && end - now < ms)
		ms = end > now ? end - now : 0;
	wait_for(w, ms < probe ? ms : probe);
	w->control_ms = 0;
}

/* Connected, and nothing to send: there is no mail, or it has to wait. Keep the
 * connection for a while, then say goodbye. */
static void
rest(struct worker *w, uint64_t until, uint64_t held)
{
	uint64_t now = clock_mono_ms(), end;
	struct pollfd p = {.fd = w->conn.fd, .events = POLLIN};

	w->idle_ms = w->idle_ms ? w->idle_ms : now;
	w->deadline = 0;
	end = w->idle_ms + worker_idle_ms(w);
	if (!held)
		show_state(w, BOARD_IDLE, 0, NULL);
	else
		show_state(w,
		    now < w->busy_ms ? BOARD_BUSY_HOST : BOARD_LIMITED, held,
		    NULL);
	until = until < end ? until : end;
	until = until < now + RESCAN_MS ? until : now + RESCAN_MS;
	until = held && held < until ? held : until;
	sleep_for(w, until > now ? until - now : 0);
	if (poll(&p, 1, 0) > 0) /* the host has something to say, or has gone */
		deliver_move(w, 0);
	else if (sig_stop || clock_mono_ms() >= end)
		quit(w);
}

static void
connected(struct worker *w)
{
	uint64_t until, held, soon;

	if (deliver_fill(w) < 0)
		w->pause = 1;
	until = sync_due(w);
	/* a host whose MAILMAX is used up takes the rest over a new one */
	if (worker_flying(w) == 0 && !w->done &&
	    (w->pause || w->leave || smtp_spent(&w->smtp)))
		quit(w);
	held = deliver_held(w);
	if (smtp_phase(&w->smtp) == SMTP_OPEN && worker_flying(w) == 0 &&
	    (held || !worker_any_open(w)) &&
	    smtp_proof(&w->smtp) != SMTP_PROVING) {
		rest(w, until, held);
	} else {
		soon = clock_mono_ms() + CONTROL_MS;
		w->idle_ms = 0;
		deliver_move(w, until < soon ? until : soon);
	}
	if (smtp_phase(&w->smtp) == SMTP_OVER)
		closed(w);
}

static int
record_all(struct worker *w)
{
	int res = 0;

	for (int i = 0; i < SLOTS; i++) {
		struct slot *s = &w->slot[i];

		if (!s->open ||
		    (slot_flush(w, s) == 0 && claim_sync(&s->claim) == 0))
			continue;
		/* a sync failed: all is written, and whoever claims the file
		 * next reads it and syncs it anew */
		if (s->claim.dead)
			slot_release(w, s);
		else
			res = -1;
	}
	return res;
}

/* Results could not be recorded: deliver nothing until they can.  They are kept
 * meanwhile: given up, they would be delivered again. */
static void
paused(struct worker *w)
{
	away_log(w, "paused", "results cannot be recorded", 0);
	conn_close(&w->conn);
	show_state(w, BOARD_PAUSED, 0, "results cannot be recorded");
	do
		wait_for(w, PAUSE_MS);
	while (!sig_stop && record_all(w) < 0);
	w->pause = 0;
}

/* Is there anything to connect for?  A file is claimed only once the host is
 * known to answer: until then others may have it. */
static int
has_work(struct worker *w)
{
	if (worker_any_open(w))
		return 1;
	if (w->effect.worker != ORDER_NONE)
		return 0;
	if ((!waiting_any(w) || waiting_old(w)) && waiting_read(w) < 0)
		return -1;
	return waiting_any(w);
}

static void
out_of_work(struct worker *w)
{
	if (w->effect.worker == ORDER_NONE)
		show_state(w, BOARD_IDLE, 0, NULL);
	else
		show_state(w, BOARD_DRAINED, 0, "by order");
	sleep_for(w, RESCAN_MS);
}

/* Paused, or outside all hours: others may have our files. */
static void
shut(struct worker *w)
{
	slots_give_back(w, FORWARD_ALL_POOLS);
	waiting_drop(w);
	if (w->target < 0)
		show_state(w, BOARD_WINDOW, hours_end_ms(w), NULL);
	else
		show_state(w, BOARD_PAUSED, 0, "by order");
	sleep_for(w, RESCAN_MS);
}

/* Not connected: connect when there is work and a host may be tried. */
static void
unconnected(struct worker *w)
{
	uint64_t now = clock_mono_ms(), held = deliver_held(w);
	int res;

	if (w->target < 0 || w->effect.worker == ORDER_PAUSE) {
		shut(w);
		return;
	}
	if (now < w->down_until) {
		show_state(w, BOARD_PROBING, w->down_until, w->why.text);
		sleep_for(w, w->down_until - now);
		return;
	}
	if (held > now) {
		show_state(w, BOARD_LIMITED, held, NULL);
		sleep_for(w, held - now);
		return;
	}
	res = deliver_settle(w);
	if (res == 0)
		res = has_work(w);
	if (res < 0)
		w->pause = 1;
	else if (res == 0)
		out_of_work(w);
	else
		open_connection(w);
}

static void
log_back(const struct worker *w, const char *host)
{
	struct logline l;

	log_begin(&l, NULL, "host-back");
	log_z(&l, "worker", w->label);
	log_z(&l, "host", host);
	log_end(&l);
}

/* An order that cannot be read changes nothing: our parent read it before. */
static void
take_orders(struct worker *w)
{
	static struct orders fresh;
	struct where why;

	if (w->ordered && orders_read(&fresh, w->pools->top, &why) == 0)
		w->orders = fresh;
	w->ordered = 0;
}

static void
obey(struct worker *w)
{
	uint32_t was = w->effect.paused | w->effect.drained;

	orders_apply(&w->effect, &w->orders, w->label, w->to.host, w->serves);
	if (was != (w->effect.paused | w->effect.drained)) {
		waiting_drop(w);
		w->woken = 1;
	}
	if (w->effect.paused)
		slots_give_back(w, w->effect.paused);
}

/* What has changed around us: orders, hours, hosts.  A running transaction ends
 * where it began. */
static void
look_around(struct worker *w)
{
	uint64_t now = clock_mono_ms();
	int up, target;

	if (now - w->control_ms < CONTROL_MS && !w->ordered)
		return;
	w->control_ms = now;
	wait_for(w, 0);
	take_orders(w);
	up = target_probe(&w->targets, w->target, w->site->connect_timeout_ms);
	if (up >= 0)
		log_back(w, w->entry->f.target[up].host);
	target = target_now(&w->targets, &w->until_s);
	if (w->conn.fd < 0)
		away_adopt(w, target);
	obey(w);
	w->leave = target != w->target || w->effect.worker == ORDER_PAUSE ||
	    (w->effect.worker == ORDER_DRAIN && !worker_any_open(w));
	if (worker_flying(w))
		show_state(w, BOARD_DELIVERING, 0, NULL);
}

/* Let what is under way come to its end, then go. */
static void
wind_up(struct worker *w)
{
	uint64_t end = clock_mono_ms() + STOP_MS;

	while (w->conn.fd >= 0 && worker_flying(w) && clock_mono_ms() < end &&
	    smtp_phase(&w->smtp) != SMTP_OVER)
		deliver_move(w, end);
	if (w->conn.fd >= 0 && !worker_flying(w)) {
		smtp_quit(&w->smtp);
		deliver_move(w, clock_mono_ms() + QUIT_MS);
	}
	for (int i = 0; i < SLOTS; i++)
		if (w->slot[i].open && slot_flush(w, &w->slot[i]) == 0)
			claim_sync(&w->slot[i].claim);
	slots_release(w);
	conn_free(&w->conn);
	smtp_free(&w->smtp);
	target_end(&w->targets);
	waiting_free(w);
}

int
worker_run(struct worker *w)
{
	conn_init(&w->conn);
	for (int i = 0; i < SLOTS; i++)
		w->slot[i].body = -1;
	w->targets.entry = w->entry;
	w->target = -1;
	dial_target(&w->to, &w->entry->f, 0); /* for the record, until then */
	w->ordered = 1;
	show_begin(w);
	while (!sig_stop) {
		look_around(w);
		if (w->pause && worker_flying(w) == 0)
			paused(w);
		if (w->conn.fd >= 0)
			connected(w);
		else
			unconnected(w);
	}
	wind_up(w);
	return LSV_OK;
}
