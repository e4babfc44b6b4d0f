#include "cmd/lsv-smtpw/away.h"

#include "cmd/lsv-smtpw/meter.h"
#include "cmd/lsv-smtpw/show.h"
#include "cmd/lsv-smtpw/waiting.h"
#include "lib/clock.h"
#include "lib/logline.h"

void
away_log(const struct worker *w, const char *event, const char *why,
    uint64_t again_ms)
{
	struct logline l;

	log_begin(&l, NULL, event);
	log_z(&l, "worker", w->label);
	log_z(&l, "host", w->conn.peer[0] ? w->conn.peer : w->to.host);
	log_z(&l, "why", why);
	if (again_ms)
		log_u(&l, "again_ms", again_ms);
	log_end(&l);
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
		if (pick_look(w) < 0 ||
		    (pick_next(w, s, QUEUE_SMALL) <= 0 &&
			pick_next(w, s, QUEUE_LARGE) <= 0))
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
	away_log(w, "host-down", why->text, w->down_ms);
	for (int i = 0; i < SLOTS; i++)
		if (w->slot[i].open && slot_told(&w->slot[i]))
			end_slot(w, &w->slot[i]);
	slots_release(w);
	if (now - w->down_since >= w->site->retry_min_ms)
		count_try(w, why);
	waiting_drop(w);
}

/* From here on with this one; what was learnt of the other says nothing. */
void
away_adopt(struct worker *w, int target)
{
	if (target == w->target)
		return;
	w->target = target;
	w->limit = 0;
	w->no_chunks = w->no_dsn = 0;
	w->lag_us = 0;
	if (target < 0)
		return;
	dial_target(&w->to, &w->entry->f, (size_t)target);
	w->to.login = w->entry->f.auth.len > 0 ? &w->login : NULL;
	meter_host(w);
}

/* The next one that is open takes over at once, with the files that are open. */
void
away_hand_over(struct worker *w, const struct smtp_reply *why)
{
	int was = w->target, next = target_failed(&w->targets, was);

	w->why = *why;
	show_reply(w, why);
	if (next < 0) {
		host_down(w, why);
		return;
	}
	away_log(w, "host-down", why->text,
	    w->targets.probe_ms[was] - clock_mono_ms());
	away_adopt(w, next);
	away_log(w, "host-next", "takes over", 0);
}
