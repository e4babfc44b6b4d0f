#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
};

/* Bytes from the parent wake; its end of file ends us. */
static void
read_control(struct worker *w)
{
	char sink[256];
	ssize_t n = read(w->control, sink, sizeof sink);

	if (n == 0)
		sig_stop = 1;
	if (n > 0)
		w->woken = 1;
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

static void
log_host(const struct worker *w, const char *event, const char *why)
{
	struct logline l;

	log_begin(&l, NULL, event);
	log_z(&l, "worker", w->label);
	log_z(&l, "host", w->conn.peer[0] ? w->conn.peer : w->host);
	log_z(&l, "why", why);
	if (w->down_ms)
		log_u(&l, "again_ms", w->down_ms);
	log_end(&l);
}

/* Files given back are for others: who waits is told. */
static void
release_all(struct worker *w)
{
	int some = 0;

	for (int i = 0; i < SLOTS; i++) {
		some |= w->slot[i].open;
		slot_release(&w->slot[i]);
	}
	if (some)
		ho_wake(w->pools->top, "trigger");
}

static void
end_slot(struct worker *w, struct slot *s)
{
	if (slot_end(w, s) < 0)
		w->pause = 1;
}

/* A failed connection counts as a try for one file, and for those whose time
 * has passed: mail for a host that stays away is given up in its time. */
static void
count_try(struct worker *w, const struct smtp_reply *why)
{
	struct slot *s = &w->slot[0];
	int past = 1;

	for (int i = 0; past && i < DOWN_COUNT && !w->pause; i++) {
		if (pick_next(w, s) <= 0)
			return;
		past = s->claim.head.expires_us <= clock_wall_us();
		for (uint32_t k = 0; k < s->claim.head.nrcpt; k++)
			if (s->tried[k] != TRY_DONE &&
			    slot_note(w, s, OP_RETRY, k, k, why) < 0)
				w->pause = 1;
		end_slot(w, s);
	}
}

/* The host takes nothing now.  A file of which it was told already waits in
 * later/, so that its recipients are not told again and again; the others stay
 * where they are, and after RETRY_MIN the tries count. */
static void
host_down(struct worker *w, const struct smtp_reply *why)
{
	uint64_t now = clock_mono_ms();

	if (!w->down_since)
		w->down_since = now;
	w->down_ms = w->down_ms ? w->down_ms * 2 : DOWN_FIRST_MS;
	if (w->down_ms > DOWN_MAX_MS)
		w->down_ms = DOWN_MAX_MS;
	w->down_until = now + w->down_ms;
	log_host(w, "host-down", why->text);
	for (int i = 0; i < SLOTS; i++)
		if (w->slot[i].open && slot_told(&w->slot[i]))
			end_slot(w, &w->slot[i]);
	release_all(w);
	if (now - w->down_since >= w->site->retry_min_ms)
		count_try(w, why);
	w->waiting_n = w->waiting_at = 0;
}

static int
open_connection(struct worker *w)
{
	struct smtp_start start = {.name = w->site->node,
	    .rcpt_max = (size_t)w->site->maxbsmtp,
	    .limit = smtp_limit(&w->smtp),
	    .event = deliver_event,
	    .arg = w};
	struct smtp_reply why = {.enh = "4.4.1"};

	if (start.rcpt_max > SMTP_RCPT_MAX)
		start.rcpt_max = SMTP_RCPT_MAX;
	w->kept = 0;
	w->ready = w->done = 0;
	w->deadline = 0;
	w->body_queued = 0;
	if (conn_open(&w->conn, w->host, w->port,
		clock_mono_ms() + w->site->connect_timeout_ms) == 0)
		return smtp_start(&w->smtp, &start);
	why.len =
	    strlen(strncpy(why.text, conn_error(errno), sizeof why.text - 1));
	host_down(w, &why);
	return -1;
}

static unsigned
flying(const struct worker *w)
{
	unsigned n = 0;

	for (int i = 0; i < SLOTS; i++)
		n += w->slot[i].flying;
	return n;
}

static int
any_open(const struct worker *w)
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
			if (claim_sync(&s->claim) < 0)
				w->pause = 1;
			s->since_ms = 0;
		} else if (s->since_ms + w->site->sync_ms < until) {
			until = s->since_ms + w->site->sync_ms;
		}
	}
	return until;
}

/* The dialogue ended: nothing is under way.  A host that answered nothing is as
 * good as down, unless it was we who ended it, or had nothing for it. */
static void
closed(struct worker *w)
{
	int unused = w->ready && !any_open(w);

	conn_close(&w->conn);
	if (deliver_settle(w) < 0)
		w->pause = 1;
	if (!w->kept && !w->done && !unused)
		host_down(w, &w->why);
	w->conn.peer[0] = 0;
}

static void
quit(struct worker *w)
{
	w->done = 1;
	smtp_quit(&w->smtp);
}

/* Nothing to do: keep the connection for a while, then say goodbye. */
static void
idle(struct worker *w)
{
	uint64_t start = clock_mono_ms();
	struct pollfd p = {.fd = w->conn.fd, .events = POLLIN};

	wait_for(w, w->site->idle_ms);
	if (poll(&p, 1, 0) > 0) /* the host has something to say, or has gone */
		deliver_move(w, 0);
	else if (sig_stop || clock_mono_ms() - start >= w->site->idle_ms)
		quit(w);
}

static void
connected(struct worker *w)
{
	uint64_t until;

	if (deliver_fill(w) < 0)
		w->pause = 1;
	until = sync_due(w);
	/* a host whose MAILMAX is used up takes the rest over a new one */
	if (flying(w) == 0 && (w->pause || smtp_spent(&w->smtp)))
		quit(w);
	if (smtp_phase(&w->smtp) == SMTP_OPEN && !any_open(w))
		idle(w);
	else
		deliver_move(w, until);
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
			slot_release(s);
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
	log_host(w, "paused", "results cannot be recorded");
	conn_close(&w->conn);
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
	if (any_open(w) || w->waiting_at < w->waiting_n)
		return 1;
	if (waiting_read(w) < 0)
		return -1;
	return w->waiting_n > 0;
}

/* Not connected: connect when there is work and the host may be tried. */
static void
unconnected(struct worker *w)
{
	uint64_t now = clock_mono_ms();
	int res;

	if (now < w->down_until) {
		wait_for(w, w->down_until - now);
		return;
	}
	res = deliver_settle(w);
	if (res == 0)
		res = has_work(w);
	if (res < 0)
		w->pause = 1;
	else if (res == 0)
		wait_for(w, RESCAN_MS);
	else
		open_connection(w);
}

/* Let what is under way come to its end, then go. */
static void
wind_up(struct worker *w)
{
	uint64_t end = clock_mono_ms() + STOP_MS;

	while (w->conn.fd >= 0 && flying(w) && clock_mono_ms() < end &&
	    smtp_phase(&w->smtp) != SMTP_OVER)
		deliver_move(w, end);
	if (w->conn.fd >= 0 && !flying(w)) {
		smtp_quit(&w->smtp);
		deliver_move(w, clock_mono_ms() + QUIT_MS);
	}
	for (int i = 0; i < SLOTS; i++)
		if (w->slot[i].open && slot_flush(w, &w->slot[i]) == 0)
			claim_sync(&w->slot[i].claim);
	release_all(w);
	conn_free(&w->conn);
	smtp_free(&w->smtp);
	free(w->waiting);
}

int
worker_run(struct worker *w)
{
	conn_init(&w->conn);
	for (int i = 0; i < SLOTS; i++)
		w->slot[i].body = -1;
	while (!sig_stop) {
		if (w->pause && flying(w) == 0)
			paused(w);
		if (w->conn.fd >= 0)
			connected(w);
		else
			unconnected(w);
	}
	wind_up(w);
	return LSV_OK;
}
