#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-smtpw/merging.h"
#include "cmd/lsv-smtpw/meter.h"
#include "cmd/lsv-smtpw/smtpw.h"
#include "cmd/lsv-smtpw/waiting.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/handover.h"
#include "lib/later.h"
#include "lib/logline.h"
#include "lib/msg.h"

enum {
	LOOK_MS = 200,  /* between two looks at now/ while there is work */
	BUSY_MS = 1000, /* lsv-route may be busy with other things */
};

/* The body lies in the file itself, or once for all chunks of a job. */
static int
open_body(struct worker *w, struct slot *s, struct where *why)
{
	char path[ID_NAME_MAX + 8];

	if (s->claim.head.inlined) {
		s->body = s->claim.fd;
		s->body_at = (off_t)s->claim.head.front;
		return 0;
	}
	snprintf(path, sizeof path, "%s/body", s->claim.head.job);
	s->body = openat(w->jobs, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	s->body_at = 0;
	/* the part is there, so it is not that somebody else took it */
	if (s->body < 0 && errno == ENOENT) {
		where_set(why, 0, "the message of its job is gone");
		errno = EBADMSG;
	}
	return s->body < 0 ? -1 : 0;
}

/* Let the parent see what is being opened, before it is read: it may be what
 * we die of. */
static void
show(struct worker *w, const struct slot *s, unsigned pool, const char *name)
{
	w->now->pool[s - w->slot] = pool;
	id_copy(w->now->name[s - w->slot], name);
}

void
slot_release(struct worker *w, struct slot *s)
{
	if (!s->open)
		return;
	meter_used(w, s, 0);
	merging_close(s);
	if (s->body >= 0 && s->body != s->claim.fd)
		fio_close(s->body);
	claim_close(&s->claim);
	free(s->tried);
	*s = (struct slot){.body = -1};
	show(w, s, 0, "");
}

int
slot_told(const struct slot *s)
{
	return s->delivered || s->failed || s->retry;
}

/* What cannot be read is put where nobody trips over it again. */
static void
set_aside(struct worker *w, unsigned pool, const char *name, const char *why)
{
	struct logline l;

	if (renameat2(w->pools->dir[pool][POOL_NOW], name,
		w->pools->dir[pool][POOL_HELD], name, RENAME_NOREPLACE) < 0) {
		msg_warnsys("unable to set aside ", name);
		return;
	}
	log_begin(&l, name, "held");
	log_z(&l, "why", why);
	log_end(&l);
}

/* 1 it is ours; 0 it is not to be had; -1 with errno */
static int
take(struct worker *w, struct slot *s, unsigned pool, const char *name)
{
	struct where why = {0, "it cannot be read"};
	int res =
	    claim_open(&s->claim, w->pools->dir[pool][POOL_NOW], name, &why);

	s->open = 1;
	s->body = -1;
	s->pool = pool;
	id_copy(s->name, name);
	if (res == 0)
		res = claim_reserve(&s->claim);
	if (res == 0)
		res = open_body(w, s, &why);
	if (res == 0)
		res = merging_open(s, &why);
	if (res == 0) {
		s->tried = calloc(s->claim.head.nrcpt + 1U, 1);
		if (s->tried) {
			s->began_us = clock_wall_us();
			return 1;
		}
	}
	res = errno == EAGAIN || errno == ENOENT || errno == EBADMSG ? 0 : -1;
	if (errno == EBADMSG)
		set_aside(w, pool, name, why.why);
	slot_release(w, s);
	return res;
}

/* Recipients settled in an earlier try are done; none left ends the file. */
static void
start(struct slot *s)
{
	uint32_t i, n = s->claim.head.nrcpt;

	for (i = 0; i < n; i++)
		if (s->claim.state[i] == OP_DELIVERED ||
		    s->claim.state[i] == OP_FAILED)
			s->tried[i] = TRY_DONE;
	for (i = 0; i < n && s->claim.state[i]; i++)
		continue;
	s->first = i < n ? i : 0;
}

/* Looking again is dear: while a file is open only when we were told to, and
 * not at every file that comes. */
static int
may_look(const struct worker *w)
{
	for (int i = 0; i < SLOTS; i++)
		if (w->slot[i].open)
			return w->woken &&
			    clock_mono_ms() - w->looked_ms >= LOOK_MS;
	return !waiting_any(w) || waiting_old(w);
}

int
pick_look(struct worker *w)
{
	if (!may_look(w) || waiting_read(w) == 0)
		return 0;
	msg_warnsys("unable to look for mail");
	return -1;
}

static int
try_file(struct worker *w, struct slot *s, struct waiting *f, enum queue q)
{
	int res;

	show(w, s, f->pool, f->name);
	res = take(w, s, f->pool, f->name);
	f->name[0] = 0;
	if (res > 0) {
		s->queue = q;
		start(s);
	}
	return res;
}

/* May a file be opened beside those that are?  One that was open when a worker
 * crashed is delivered alone, so that the next crash names it.  1 yes; 0 not
 * now; -1 when it is about to be held. */
static int
may_open(const struct worker *w, const char *name)
{
	unsigned deaths = poison_deaths(w->shared->poison, name);

	if (deaths >= POISON_DEATHS)
		return -1;
	return deaths == 0 || !worker_any_open(w);
}

int
pick_alone(const struct worker *w)
{
	for (int i = 0; i < SLOTS; i++)
		if (w->slot[i].open &&
		    poison_deaths(w->shared->poison, w->slot[i].name))
			return 1;
	return 0;
}

int
pick_next(struct worker *w, struct slot *s, enum queue q)
{
	struct waiting_list *l = &w->waiting[q];
	int8_t waits[POOL_COUNT] = {0}; /* 1 it does, -1 it does not */
	int res = 0;

	for (size_t i = l->at; i < l->n && res == 0; i++) {
		struct waiting *f = &l->of[i];
		int may = f->name[0] ? may_open(w, f->name) : -1;

		if (may < 0) {
			f->name[0] = 0;
			continue;
		}
		if (may == 0) /* its turn comes once the others have ended */
			break;
		if (waits[f->pool] == 0)
			waits[f->pool] = meter_wait_us(w, f->pool) ? 1 : -1;
		if (waits[f->pool] < 0)
			res = try_file(w, s, f, q);
	}
	while (l->at < l->n && !l->of[l->at].name[0])
		l->at++;
	return res;
}

uint64_t
pick_wait_us(const struct worker *w)
{
	uint64_t least = UINT64_MAX;
	uint32_t seen = 0;

	for (int q = 0; q < QUEUES && w->effect.worker == ORDER_NONE; q++)
		for (size_t i = w->waiting[q].at; i < w->waiting[q].n; i++) {
			const struct waiting *f = &w->waiting[q].of[i];
			uint32_t bit = UINT32_C(1) << f->pool;
			uint64_t us;

			if (!f->name[0] || (seen & bit))
				continue;
			seen |= bit;
			us = meter_wait_us(w, f->pool);
			least = us < least ? us : least;
		}
	return least == UINT64_MAX ? 0 : least;
}

static struct entry
entry_of(const struct worker *w, const struct run *r)
{
	return (struct entry){.op = r->op,
	    .first = r->first,
	    .last = r->last,
	    .code = (unsigned)r->reply.code,
	    .status = bytes_z(r->reply.enh),
	    .when_us = clock_wall_us(),
	    .host = bytes_z(w->conn.peer[0] ? w->conn.peer : w->to.host),
	    .text = {r->reply.text, r->reply.len}};
}

static int
note_run(struct worker *w, struct slot *s)
{
	struct entry e = entry_of(w, &s->run);
	int some = s->run.op != 0;

	s->run.op = 0;
	return some ? claim_note(&s->claim, &e) : 0;
}

/* Recipients in a row with the same answer share one line. */
static int
joins(const struct run *r, enum journal_op op, uint32_t first,
    const struct smtp_reply *reply)
{
	return r->op == op && r->last + 1 == first &&
	    r->reply.code == reply->code && r->reply.len == reply->len &&
	    strcmp(r->reply.enh, reply->enh) == 0 &&
	    memcmp(r->reply.text, reply->text, reply->len) == 0;
}

int
slot_note(struct worker *w, struct slot *s, enum journal_op op, uint32_t first,
    uint32_t last, const struct smtp_reply *reply)
{
	uint32_t n = last - first + 1;

	memset(s->tried + first, TRY_DONE, n);
	s->delivered += op == OP_DELIVERED ? n : 0;
	s->failed += op == OP_FAILED ? n : 0;
	s->retry += op == OP_RETRY ? n : 0;
	w->show.delivered += op == OP_DELIVERED ? n : 0;
	w->show.failed += op == OP_FAILED ? n : 0;
	w->show.deferred += op == OP_RETRY ? n : 0;
	if (joins(&s->run, op, first, reply)) {
		s->run.last = last;
		return 0;
	}
	if (note_run(w, s) < 0)
		return -1;
	s->run = (struct run){
	    .op = op, .first = first, .last = last, .reply = *reply};
	return 0;
}

int
slot_flush(struct worker *w, struct slot *s)
{
	if (note_run(w, s) < 0 || claim_write(&s->claim) < 0)
		return -1;
	if (w->site->sync_ms == 0)
		return claim_sync(&s->claim);
	if (s->claim.unsynced && s->since_ms == 0)
		s->since_ms = clock_mono_ms();
	return 0;
}

static void
log_try(const struct worker *w, const struct slot *s, uint64_t due_us)
{
	struct logline l;

	log_begin(&l, s->name, due_us ? "deferred" : "sent");
	log_u(&l, "rcpts", s->claim.head.nrcpt);
	log_u(&l, "delivered", s->delivered);
	log_u(&l, "failed", s->failed);
	log_u(&l, "retry", s->claim.left);
	log_z(&l, "host", w->conn.peer[0] ? w->conn.peer : w->to.host);
	log_z(&l, "worker", w->label);
	if (due_us) {
		log_u(&l, "tries", s->claim.tries);
		log_u(&l, "due", due_us / 1000000U);
	}
	log_u(&l, "ms", (clock_wall_us() - s->began_us) / 1000U);
	log_end(&l);
}

/* Is nobody there who takes finished files home? */
static int
route_away(const struct worker *w)
{
	return w->unread_ms &&
	    clock_mono_ms() - w->unread_ms >= w->site->sync_ms + BUSY_MS;
}

/* Of a job that is over, and owes no report, nothing has to be durable but that
 * it went: lsv-route sees to that for many at once.  But where it leaves them
 * lying, a power cut would repeat all of them. */
static int
needs_sync(const struct worker *w, const struct slot *s)
{
	return w->site->sync_ms == 0 || s->claim.failed ||
	    s->claim.head.size >= CLAIM_HOLE_MIN || route_away(w) ||
	    strcmp(s->claim.head.job, s->claim.head.name) != 0;
}

static int
to_finished(struct worker *w, struct slot *s)
{
	if (!s->claim.ended &&
	    claim_note(&s->claim, &(struct entry){.op = OP_END}) < 0)
		return -1;
	if ((needs_sync(w, s) ? claim_sync(&s->claim)
			      : claim_write(&s->claim)) < 0 ||
	    renameat2(w->pools->dir[s->pool][POOL_NOW], s->name,
		w->pools->finished, s->name, RENAME_NOREPLACE) < 0)
		return -1;
	log_try(w, s, 0);
	return 0;
}

static int
to_later(struct worker *w, struct slot *s, uint64_t due)
{
	struct entry e = {
	    .op = OP_LATER, .when_us = due, .tries = s->claim.tries + 1};

	if (claim_note(&s->claim, &e) < 0 || claim_sync(&s->claim) < 0 ||
	    renameat2(w->pools->dir[s->pool][POOL_NOW], s->name,
		w->pools->dir[s->pool][POOL_LATER], s->name,
		RENAME_NOREPLACE) < 0)
		return -1;
	log_try(w, s, due);
	return 0;
}

/* It reads its wake-ups whenever it looks for finished files. */
static void
tell_route(struct worker *w)
{
	int unread = ho_wake_unread(w->pools->top, "finished.trigger");

	if (unread == 0)
		w->unread_ms = 0;
	else if (unread < 0)
		w->unread_ms = 1; /* it does not run, who knows since when */
	else if (w->unread_ms == 0)
		w->unread_ms = clock_mono_ms();
}

/* Not sooner than the lock is free: lsv-route and our parent pass over a file
 * that is locked.  The parent sleeps until the earliest due time; one that
 * cannot be told is ending. */
static void
tell(struct worker *w, uint64_t due)
{
	if (due)
		(void)fio_write(w->control, &due, sizeof due);
	else
		tell_route(w);
}

int
slot_end(struct worker *w, struct slot *s)
{
	int res = note_run(w, s);
	uint64_t due = 0;

	if (res == 0 && claim_write(&s->claim) == 0)
		claim_trim(&s->claim);
	if (s->claim.left)
		due = clock_wall_us() +
		    later_delay_us(w->site->retry_min_ms, w->site->retry_max_ms,
			s->claim.tries);
	if (res == 0)
		res = due ? to_later(w, s, due) : to_finished(w, s);
	if (res < 0)
		msg_warnsys("unable to record the results of ", s->name);
	slot_release(w, s);
	if (res == 0)
		tell(w, due);
	return res;
}

/* Files given back are for others: who waits is told. */
void
slots_release(struct worker *w)
{
	int some = 0;

	for (int i = 0; i < SLOTS; i++) {
		some |= w->slot[i].open;
		slot_release(w, &w->slot[i]);
	}
	if (some)
		ho_wake(w->pools->top, "trigger");
}

/* Nothing is under way there: what is known of these files becomes durable, and
 * others may have them. */
void
slots_give_back(struct worker *w, uint32_t pools)
{
	int some = 0;

	for (int i = 0; i < SLOTS; i++) {
		struct slot *s = &w->slot[i];

		if (!s->open || s->flying || !(pools & UINT32_C(1) << s->pool))
			continue;
		if (slot_flush(w, s) < 0 || claim_sync(&s->claim) < 0) {
			w->pause = 1;
			continue;
		}
		slot_release(w, s);
		some = 1;
	}
	if (some)
		ho_wake(w->pools->top, "trigger");
}
