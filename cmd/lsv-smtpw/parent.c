#include "cmd/lsv-smtpw/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/handover.h"
#include "lib/inbox.h"
#include "lib/logline.h"
#include "lib/msg.h"
#include "lib/schedule.h"
#include "lib/sig.h"

enum {
	RESTART_MS = 1000,      /* between two lives of a worker ... */
	RESTART_MAX_MS = 60000, /* ... doubled up to this when they are short */
	LIFE_MS = 60000,        /* one of these is long */
	CANNOT_MS = 4000,       /* pause after three lives that were short */
};

static void
plan_entry(struct parent *p, const struct site_forward *f, uint32_t serves)
{
	/* site.cfg names no more than there is room for */
	for (unsigned i = 0; i < f->f.count && p->hands < WORKERS_MAX; i++) {
		struct hand *h = &p->hand[p->hands];

		*h = (struct hand){.entry = f,
		    .number = i + 1,
		    .serves = serves,
		    .control = -1};
		snprintf(h->label, sizeof h->label, "%u.%u", f->n, i + 1);
		p->hands++;
	}
}

/* SMTP_FORWARD takes these pools; it comes behind all entries. */
static void
log_fallback(const struct parent *p, uint32_t serves, const char *why)
{
	char pools[POOL_COUNT + 1] = "";
	struct logline l;
	size_t n = 0;

	for (unsigned i = 0; i < POOL_COUNT; i++)
		if (serves & UINT32_C(1) << i)
			pools[n++] = pool_letter(i);
	log_begin(&l, NULL, "fallback");
	log_z(&l, "worker", "0.1");
	log_z(&l, "host", p->site.smtp_forward.f.target[0].host);
	log_z(&l, "pools", n ? pools : "none");
	log_z(&l, "why", why);
	log_end(&l);
}

/* SMTP_FORWARD takes what no entry does. */
static void
plan_rest(struct parent *p)
{
	p->rest = schedule_unserved(&p->site);
	if (!p->rest)
		return;
	plan_entry(p, &p->site.smtp_forward, p->rest);
	log_fallback(p, p->rest, "no SMTP_FORWARD_n serves them");
}

static void
plan_rates(struct parent *p)
{
	static struct bucket_rates r;

	r.limits = p->site.limits;
	r.workers = 0;
	for (unsigned i = 0; i < p->hands && r.workers < BUCKET_WORKERS; i++) {
		const struct forward *f = &p->hand[i].entry->f;

		if (f->rate <= 0)
			continue;
		r.worker[r.workers].n = p->hand[i].entry->n;
		r.worker[r.workers].i = p->hand[i].number;
		r.worker[r.workers++].per_s = f->rate;
	}
	buckets_plan(p->shared.buckets, bucket_now_us(), &r);
}

/* What the board says of a worker that does not run. */
static void
show_none(struct parent *p, unsigned i)
{
	const struct hand *h = &p->hand[i];
	uint64_t now = clock_wall_us(), mono = clock_mono_ms();
	struct board_worker b;

	if (board_read(&b, p->shared.board, i) <= 0 ||
	    strcmp(b.label, h->label) != 0) {
		b = (struct board_worker){.used = 1, .target = -1};
		memcpy(b.label, h->label, sizeof b.label);
	}
	b.entry = h->entry->n;
	b.pools = h->serves;
	b.pid = 0;
	b.state = BOARD_STARTING;
	b.since_us = now;
	b.until_us =
	    now + (h->again_ms > mono ? (h->again_ms - mono) * 1000U : 0);
	board_write(p->shared.board, i, &b, now);
}

void
workers_plan(struct parent *p)
{
	p->hands = 0;
	for (size_t i = 0; i < p->site.nforwards; i++)
		plan_entry(
		    p, &p->site.forwards[i], p->site.forwards[i].f.pools);
	plan_rest(p);
	plan_rates(p);
	/* one more for the fallback: all count the same places */
	p->shared.places = p->hands + (p->rest == 0);
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		if (i < p->hands)
			show_none(p, i);
		else
			board_clear(p->shared.board, i);
}

/* The worker's signals: SIGTERM ends it between transactions, whoever sends it;
 * its parent just closes the pair. */
static _Noreturn void
live(struct parent *p, struct hand *h, int control)
{
	static struct worker w;

	for (unsigned i = 0; i < p->hands; i++)
		if (p->hand[i].control >= 0)
			close(p->hand[i].control);
	close(p->fifo);
	close(p->hold);
	sigprocmask(SIG_SETMASK, &p->asleep, NULL);
	w = (struct worker){.site = &p->site,
	    .pools = &p->pools,
	    .shared = &p->shared,
	    .entry = h->entry,
	    .serves = h->serves,
	    .place = (unsigned)(h - p->hand),
	    .control = control,
	    .jobs = p->jobs,
	    .now = &p->shared.current[h - p->hand]};
	memcpy(w.label, h->label, sizeof w.label);
	w.rate = buckets_worker(p->shared.buckets, h->entry->n, h->number);
	secrets_keep(p, &w, &h->entry->f);
	_exit(worker_run(&w));
}

static void
start(struct parent *p, struct hand *h)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		pair) < 0) {
		msg_warnsys("unable to make a socket pair");
		return;
	}
	h->pid = fork();
	if (h->pid == 0) {
		close(pair[0]);
		live(p, h, pair[1]);
	}
	close(pair[1]);
	h->control = pair[0];
	if (h->pid < 0) {
		msg_warnsys("unable to fork a worker");
		h->pid = 0;
		close(pair[0]);
		h->control = -1;
	}
}

/* 1 when it died again and again, and has not proved since that it lives. */
static int
cannot(const struct hand *h, uint64_t now)
{
	return h->wait_ms >= CANNOT_MS &&
	    (!h->pid || now - h->began_ms < LIFE_MS);
}

/* The fallback, when there is one now; it is the last hand. */
static struct hand *
fallback(struct parent *p)
{
	struct hand *h = p->hands ? &p->hand[p->hands - 1] : NULL;

	return h && h->entry == &p->site.smtp_forward ? h : NULL;
}

/* Nobody needs it any more. */
static void
drop_last(struct parent *p)
{
	board_clear(p->shared.board, --p->hands);
}

/* The pools all of whose workers cannot be started. */
static uint32_t
stranded(struct parent *p)
{
	uint64_t now = clock_mono_ms();
	unsigned n = p->hands - (fallback(p) != NULL);
	uint32_t some = 0, served = 0;

	for (unsigned i = 0; i < n; i++)
		*(cannot(&p->hand[i], now) ? &some : &served) |=
		    p->hand[i].serves;
	return some & ~served;
}

/* A fallback that serves other pools is another process: the present one ends
 * what is under way. */
void
workers_fall_back(struct parent *p)
{
	struct hand *h = fallback(p);
	uint32_t lost = stranded(p), pools = p->rest | lost;

	if ((h ? h->serves : 0) == pools)
		return;
	log_fallback(p, pools,
	    lost ? "no worker of theirs can be started"
		 : "the workers of the others live again");
	if (!h) {
		plan_entry(p, &p->site.smtp_forward, pools);
		show_none(p, p->hands - 1);
		return;
	}
	h->serves = pools;
	fio_close(h->control);
	h->control = -1;
	if (!h->pid && !pools)
		drop_last(p);
}

void
workers_start(struct parent *p)
{
	uint64_t now = clock_mono_ms();

	for (unsigned i = 0; i < p->hands; i++) {
		struct hand *h = &p->hand[i];

		if (h->pid || now < h->again_ms)
			continue;
		h->began_ms = now;
		h->again_ms = now + RESTART_MS;
		start(p, h);
	}
}

int
workers_share(struct parent *p)
{
	struct {
		struct current current[WORKERS_MAX];
		struct poison poison;
	} *m = mmap(NULL, sizeof *m, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (m == MAP_FAILED)
		return -1;
	p->shared.current = m->current;
	p->shared.poison = &m->poison;
	p->shared.board = board_make(p->pools.top);
	p->shared.buckets = buckets_make(p->pools.top);
	return p->shared.board && p->shared.buckets ? 0 : -1;
}

/* One that has left now/ since needs no holding.  1 when it is held. */
static int
hold_poison(struct parent *p, unsigned pool, const char *name)
{
	struct logline l;

	if (renameat2(p->pools.dir[pool][POOL_NOW], name,
		p->pools.dir[pool][POOL_HELD], name, RENAME_NOREPLACE) < 0) {
		if (errno != ENOENT)
			msg_warnsys("unable to hold ", name);
		return 0;
	}
	log_begin(&l, name, "held");
	log_z(&l, "why", "workers died of it");
	log_end(&l);
	poison_forget(p->shared.poison, name);
	return 1;
}

/* 1 when what the worker died of is out of the way. */
static int
suspect(struct parent *p, struct current *now)
{
	int held = 0;

	for (int i = 0; i < SLOTS; i++) {
		/* the worker may have died while it wrote the name */
		now->name[i][ID_NAME_MAX - 1] = 0;
		if (!id_ok(now->name[i], strlen(now->name[i])) ||
		    now->pool[i] >= POOL_COUNT)
			continue;
		if (poison_died(p->shared.poison, now->name[i], 1) >=
		    POISON_DEATHS)
			held |= hold_poison(p, now->pool[i], now->name[i]);
	}
	return held;
}

/* One that dies soon after its start waits longer for the next one. */
static void
back_off(struct hand *h)
{
	uint64_t now = clock_mono_ms();

	if (now - h->began_ms >= LIFE_MS || h->wait_ms == 0)
		h->wait_ms = RESTART_MS;
	else if (h->wait_ms < RESTART_MAX_MS)
		h->wait_ms *= 2;
	if (h->wait_ms > RESTART_MAX_MS)
		h->wait_ms = RESTART_MAX_MS;
	h->again_ms = now + h->wait_ms;
}

/* One that died may have moved a file and told nobody. */
static void
gone(struct parent *p, struct hand *h, int status)
{
	struct current *c = &p->shared.current[h - p->hand];
	struct logline l;

	fio_close(h->control);
	h->control = -1;
	h->pid = 0;
	if (poison_crashed(status) && suspect(p, c))
		h->wait_ms = 0;
	*c = (struct current){.pool = {0}};
	back_off(h);
	show_none(p, (unsigned)(h - p->hand));
	if (h == fallback(p) && !h->serves)
		drop_last(p);
	later_due(&p->later, 0);
	if (status == 0)
		return;
	ho_wake(p->pools.top, "finished.trigger");
	log_begin(&l, NULL, "worker-died");
	log_z(&l, "worker", h->label);
	log_u(&l, WIFSIGNALED(status) ? "signal" : "code",
	    (uint64_t)(WIFSIGNALED(status) ? WTERMSIG(status)
					   : WEXITSTATUS(status)));
	log_u(&l, "again_ms", h->wait_ms);
	log_end(&l);
}

void
workers_reap(struct parent *p)
{
	int status;
	pid_t pid;

	sig_child = 0;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (unsigned i = 0; i < p->hands; i++)
			if (p->hand[i].pid == pid)
				gone(p, &p->hand[i], status);
}

static void
tell_all(struct parent *p, char what)
{
	for (unsigned i = 0; i < p->hands; i++)
		if (p->hand[i].control >= 0) {
			/* a full pair has woken its worker already */
			ssize_t n = write(p->hand[i].control, &what, 1);

			(void)n;
		}
}

void
workers_wake(struct parent *p)
{
	tell_all(p, CONTROL_WAKE);
}

/* 1 when pool/orders is not the file that it was. */
static int
orders_changed(struct parent *p)
{
	struct stat st = {.st_ino = 0};

	if (fstatat(p->pools.top, ORDERS_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno != ENOENT)
		return 0;
	if (st.st_ino == p->orders_id.inode &&
	    st.st_mtim.tv_sec == p->orders_id.mtime.tv_sec &&
	    st.st_mtim.tv_nsec == p->orders_id.mtime.tv_nsec)
		return 0;
	p->orders_id.inode = st.st_ino;
	p->orders_id.mtime = st.st_mtim;
	return 1;
}

void
workers_orders(struct parent *p)
{
	static struct orders fresh;
	struct where w = {0, ""};

	if (!orders_changed(p))
		return;
	if (orders_read(&fresh, p->pools.top, &w) < 0) {
		if (errno == EBADMSG)
			msg_warn("pool/" ORDERS_FILE ": ", w.why,
			    "; the old orders stay");
		else
			msg_warnsys("unable to read ", "pool/" ORDERS_FILE);
		return;
	}
	p->orders = fresh;
	tell_all(p, CONTROL_ORDERS);
}

void
workers_stop(struct parent *p)
{
	int status;

	for (unsigned i = 0; i < p->hands; i++) {
		fio_close(p->hand[i].control);
		p->hand[i].control = -1;
	}
	for (unsigned i = 0; i < p->hands; i++)
		if (p->hand[i].pid) {
			while (waitpid(p->hand[i].pid, &status, 0) < 0 &&
			    errno == EINTR)
				continue;
			p->hand[i].pid = 0;
		}
}

/* Workers tell when a file they put into later/ is due. */
static void
read_dues(struct parent *p, struct hand *h)
{
	uint64_t due[64];
	ssize_t n = read(h->control, due, sizeof due);

	for (ssize_t i = 0; i < n / (ssize_t)sizeof due[0]; i++)
		later_due(&p->later, due[i]);
}

static uint64_t
sleep_ms(const struct parent *p)
{
	uint64_t mono = clock_mono_ms(), ms = later_wait_ms(&p->later);

	for (unsigned i = 0; i < p->hands; i++) {
		uint64_t at = p->hand[i].again_ms;
		uint64_t left = at > mono ? at - mono : 0;

		/* when it counts as started, the fallback has less to do */
		if (p->hand[i].pid) {
			if (!cannot(&p->hand[i], mono))
				continue;
			left = p->hand[i].began_ms + LIFE_MS - mono;
		}
		if (left < ms)
			ms = left;
	}
	return ms;
}

void
parent_wait(struct parent *p)
{
	struct pollfd f[WORKERS_MAX + 1] = {{.fd = p->fifo, .events = POLLIN}};
	uint64_t ms = sleep_ms(p);
	struct timespec t = {.tv_sec = (time_t)(ms / 1000U),
	    .tv_nsec = (long)(ms % 1000U) * 1000000};

	for (unsigned i = 0; i < p->hands; i++)
		f[i + 1] =
		    (struct pollfd){.fd = p->hand[i].control, .events = POLLIN};
	if (ppoll(f, p->hands + 1, &t, &p->asleep) <= 0)
		return;
	for (unsigned i = 0; i < p->hands; i++)
		if (f[i + 1].revents)
			read_dues(p, &p->hand[i]);
	if (f[0].revents) {
		inbox_drain(p->fifo);
		workers_orders(p);
		workers_wake(p);
	}
}
