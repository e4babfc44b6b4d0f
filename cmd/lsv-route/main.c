/* lsv-route - expands lists, makes .MAIL files and job directories, sums jobs
 * up, reports what failed, and gives up what is too old */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/lsv-route/split.h"
#include "lib/clock.h"
#include "lib/confine.h"
#include "lib/daemon.h"
#include "lib/handover.h"
#include "lib/logline.h"
#include "lib/msg.h"
#include "lib/ready.h"
#include "lib/roots.h"
#include "lib/sig.h"
#include "lib/siteneed.h"

enum {
	RESCAN_MS = 300000, /* the inbox is read unasked */
	EXPIRE_MS = 60000,
	PURGE_MS = 3600000,
	AGAIN_FIRST_MS = 250, /* after a failure, doubling ... */
	AGAIN_MAX_MS = 30000, /* ... up to this */
};

static const char usage[] = "usage: lsv-route [-h] [-d fd]";

/* struct timer - what is done from time to time, clock_mono_ms()
 *
 * again_ms  the pause after a failure
 * again_at_ms  when it is over; 0: there was none
 */
struct timer {
	uint64_t expire_ms, warn_ms, purge_ms, again_ms, again_at_ms;
};

static void
open_spool(struct route *r)
{
	static const char *const writers[] = {
	    "lsvin", "lsvscore", "lsvlist", "lsvpeer"};

	if (chdir(root_spool()) < 0)
		msg_diesys(LSV_TEMP, "unable to start in ", root_spool());
	if (inbox_open(&r->in, "route", writers, 4) < 0)
		msg_diesys(LSV_TEMP, "unable to open ", "route");
	if (jobdirs_open(&r->jobs) < 0)
		msg_diesys(LSV_TEMP, "unable to open ", "jobs");
	if (pools_open(&r->pools) < 0)
		msg_diesys(LSV_TEMP, "unable to open ", "pool");
	r->today = -1;
	r->done = open("done", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r->fifo = openat(r->pools.top, "finished.trigger",
	    O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	r->hold = openat(r->pools.top, "finished.trigger",
	    O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (r->done < 0 || r->fifo < 0 || r->hold < 0)
		msg_diesys(LSV_TEMP, "unable to open the spool");
}

static void
drop(struct route *r, const char *name, const char *rule)
{
	struct logline l;

	log_begin(&l, name, "dropped");
	log_z(&l, "rule", rule);
	log_end(&l);
	if (unlinkat(r->in.new, name, 0) < 0)
		r->again = 1;
}

/* The recipients of a job of one file; rcpts holds what is not in the message.
 * -1 with errno E2BIG when they are more than that. */
static int
small_rcpts(struct route *r, const struct message *m, struct letter *l,
    stralloc *rcpts, uint32_t max)
{
	if (m->head.class == CLASS_POST) {
		if (letter_rcpts(r, l, rcpts, &l->head.nrcpt, max) < 0)
			return -1;
		l->head.rcpts = (struct bytes){rcpts->s, rcpts->len};
	} else if (spoolhead_tabled(&m->head)) {
		if (message_table(m, l, &l->head.rcpts) < 0)
			return -1;
		l->head.nrcpt = (uint32_t)m->head.rows;
	} else {
		l->head.rcpts = m->head.rcpts;
		l->head.nrcpt = m->head.nrcpt;
	}
	return 0;
}

/* Must their order be looked at, or may another server get some? */
static int
forwards(struct route *r, const struct letter *l)
{
	if (l->head.merged || (!l->relay && l->head.class != CLASS_DIST))
		return 0;
	return split_forwards(r, l, l->head.rcpts);
}

/* A job of one file: recipients and body in memory, written once.  1 when it
 * takes more than one. */
static int
stage_small(
    struct route *r, const struct message *m, struct letter *l, uint32_t max)
{
	stralloc rcpts = {0}, body = {0}, file = {0};
	int res = -1;

	res = small_rcpts(r, m, l, &rcpts, max);
	if (res < 0 && errno == E2BIG)
		res = 1; /* the list has just grown */
	else if (res == 0)
		res = forwards(r, l);
	if (res < 0 && l->head.class == CLASS_DIST)
		l->why = SPLIT_BAD;
	if (res)
		goto done;
	res = -1;
	l->head.inlined = 1;
	if (l->head.nrcpt == 0) {
		drop(r, m->head.id, "no-recipients");
		res = 0;
		goto done;
	}
	if (message_wire(m, l, &body) < 0 ||
	    mailhead_format(&file, &l->head) < 0 ||
	    sa_put(&file, body.s, body.len) < 0 ||
	    small_stage(r, &l->head, (struct bytes){file.s, file.len}) < 0)
		goto done;
	if (m->head.class == CLASS_DIST)
		say_begin(m, l);
	res = 0;
done:
	sa_free(&rcpts);
	sa_free(&body);
	sa_free(&file);
	return res;
}

/* Small work at once; a large list in a process of its own, so that nothing
 * waits for it. */
static int
route_letter(struct route *r, const struct message *m, struct letter *l)
{
	uint32_t max = letter_chunk(r, l);

	if (l->count <= max && message_small(m)) {
		int res = stage_small(r, m, l, max);

		if (res <= 0)
			return res;
	}
	if (l->count <= INLINE_RCPTS && message_small(m))
		return large_make(r, m->head.id);
	if (child_start(r, m->head.id, large_make) < 0 && errno != EAGAIN)
		return -1;
	return 0;
}

static int
route_message(struct route *r, struct message *m, struct where *w)
{
	struct letter l = {.skip = 0};
	int res = 1;

	if (m->head.class == CLASS_POST || m->head.class == CLASS_MAIL ||
	    m->head.class == CLASS_DIST)
		res = letter_of(r, m, &l, w);
	else
		res = inbox_bad(
			  &r->in, m->head.id, "no program takes this class") < 0
		    ? -1
		    : 2;
	if (res == 0)
		res = inbox_bad(
		    &r->in, m->head.id, "the list does not exist any more");
	else if (res == 1)
		res = route_letter(r, m, &l);
	if (res < 0 && l.why)
		w->why = l.why;
	letter_free(&l);
	return res < 0 ? -1 : 0;
}

/* 1 when the file was committed before: then it only has to go. */
static int
spent(struct route *r, const char *name)
{
	int known = small_known(r, name);

	if (known)
		return known < 0 || small_settle(r, name) < 0 ? -1 : 1;
	if (faccessat(r->jobs.top, name, F_OK, 0) < 0)
		return errno == ENOENT ? 0 : -1;
	if (fsync(r->jobs.top) < 0 || unlinkat(r->in.new, name, 0) < 0)
		return -1;
	return fsync(r->in.new) < 0 ? -1 : 1;
}

/* A file that cannot be taken: gone, none of ours, damaged, or trouble. */
static int
not_opened(struct route *r, const char *name, const char *why)
{
	if (errno == ENOENT)
		return 0;
	if (errno == EBADMSG)
		return inbox_bad(&r->in, name, why);
	if (errno == EPERM)
		return inbox_bad(&r->in, name,
		    "not a regular file of a user who may write here");
	return -1;
}

static int
route_one(struct route *r, const char *name)
{
	struct where w = {0, "it cannot be brought into wire form"};
	struct message m = {.fd = -1};
	int res = spent(r, name);

	if (res)
		return res < 0 ? -1 : 0;
	if (message_open(r, &m, name, &w) < 0) {
		res = not_opened(r, name, w.why);
	} else {
		res = route_message(r, &m, &w);
		if (res < 0 && errno == EBADMSG)
			res = inbox_bad(&r->in, name, w.why);
	}
	message_close(&m);
	return res;
}

static int
route_batch(void *arg, char (*name)[ID_NAME_MAX], size_t n)
{
	struct route *r = arg;

	net_refresh(r);
	for (size_t i = 0; i < n; i++) {
		if (child_of(r, name[i]))
			continue;
		if (route_one(r, name[i]) < 0) {
			msg_warnsys("unable to route ", name[i], "; it stays");
			r->again = 1;
		}
	}
	if (small_commit(r) < 0)
		msg_warnsys("unable to commit; the messages stay");
	gone_sync(r, 0); /* there may be many batches */
	return 0;
}

static void
reload(struct route *r)
{
	sig_reload = 0;
	if (site_refresh(&r->site, root_etc()) < 0)
		msg_warnsys("unable to reread ", root_etc(),
		    "/" SITE_TABLE "; the old values stay");
	net_refresh(r);
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void
wait_for_work(struct route *r, const struct timer *t)
{
	struct pollfd p[2] = {{.fd = r->in.fifo, .events = POLLIN},
	    {.fd = r->fifo, .events = POLLIN}};
	uint64_t now = clock_mono_ms();
	uint64_t until = earlier(now + RESCAN_MS, t->expire_ms);
	uint64_t ms;
	struct timespec ts;

	until = earlier(earlier(until, t->warn_ms), gone_due(r));
	if (r->again)
		until = earlier(until, t->again_at_ms);
	ms = until > now ? until - now : 0;
	ts = (struct timespec){.tv_sec = (time_t)(ms / 1000U),
	    .tv_nsec = (long)(ms % 1000U) * 1000000};
	if (ppoll(p, 2, &ts, &r->asleep) < 0 && errno != EINTR)
		msg_diesys(LSV_TEMP, "unable to wait");
}

/* When the next look after a failure is due: ever later until it goes well. */
static void
plan_again(struct route *r, struct timer *t, int was_due)
{
	if (!r->again) {
		t->again_ms = AGAIN_FIRST_MS;
		t->again_at_ms = 0;
	} else if (was_due || t->again_at_ms == 0) {
		t->again_ms = was_due ? earlier(2 * t->again_ms, AGAIN_MAX_MS)
				      : AGAIN_FIRST_MS;
		t->again_at_ms = clock_mono_ms() + t->again_ms;
	}
}

/* What is new is looked at whenever something wakes us; what failed, and with
 * it all jobs, only when its pause is over. */
static void
round_of_work(struct route *r, struct timer *t)
{
	int due = r->again && clock_mono_ms() >= t->again_at_ms;

	if (due)
		r->again = 0;
	child_reap(r);
	if (due && (recover_stage(r, 0) < 0 || recover_jobs(r) < 0))
		r->again = 1;
	if (inbox_scan(&r->in, route_batch, r) < 0) {
		msg_warnsys("unable to scan ", "route/new");
		r->again = 1;
	}
	if (home_scan(r) < 0) {
		msg_warnsys("unable to scan ", "pool/finished");
		r->again = 1;
	}
	plan_again(r, t, due);
}

static void
now_and_then(struct route *r, struct timer *t)
{
	uint64_t now = clock_mono_ms();

	if (now >= t->warn_ms)
		t->warn_ms =
		    now + (delay_scan(r) ? AGAIN_FIRST_MS : delay_pause_ms(r));
	if (now < t->expire_ms)
		return;
	expire_scan(r);
	t->expire_ms = now + EXPIRE_MS;
	/* clearing out may take long, and must not wait while mail is refused */
	if (now >= t->purge_ms || done_low(r)) {
		child_start(r, "purge", done_purge);
		t->purge_ms = now + PURGE_MS;
	}
}

static void
confine_self(void)
{
	struct confine c = {0};
	struct confine_limits l = {.nofile = 1024};
	struct confine_path p[] = {{root_spool(), CONFINE_WRITE},
	    {root_lib(), CONFINE_READ}, {root_etc(), CONFINE_READ},
	    {"/etc", CONFINE_READ}, {"/usr", CONFINE_READ}};

	if (confine_limits(&c, &l) < 0 || confine_privileges(&c) < 0 ||
	    confine_paths(&c, p, sizeof p / sizeof p[0]) < 0 ||
	    confine_calls(&c, 0) < 0)
		msg_diesys(LSV_TEMP, "unable to confine myself");
	confine_report(&c);
}

int
main(int argc, char **argv)
{
	static struct route r;
	struct timer t = {.again_ms = AGAIN_FIRST_MS};
	struct daemon_options o;

	msg_prog = "lsv-route";
	if (daemon_options(&o, argc, argv, ":d:h") < 0)
		msg_die(LSV_PERM, usage);
	if (o.help)
		return puts(usage) < 0 ? LSV_TEMP : LSV_OK;
	site_need(&r.site);
	if (sig_block(&r.asleep) < 0)
		msg_diesys(LSV_TEMP, "unable to block signals");
	open_spool(&r);
	confine_self();
	net_refresh(&r);
	/* before anything in pool/finished is touched */
	if (recover_stage(&r, 1) < 0 || recover_jobs(&r) < 0)
		msg_diesys(LSV_TEMP, "unable to recover jobs/");
	/* what our predecessor let go, and died before it could tell or sync */
	large_wake(&r);
	gone_all(&r);
	ready_tell(o.ready_fd);

	while (!sig_stop) {
		if (sig_reload) {
			reload(&r);
			delay_forget(&r);
			t.warn_ms = 0;
		}
		round_of_work(&r, &t);
		gone_sync(&r, 0);
		now_and_then(&r, &t);
		if (!sig_child)
			wait_for_work(&r, &t);
	}
	gone_sync(&r, 1);
	return LSV_OK;
}
