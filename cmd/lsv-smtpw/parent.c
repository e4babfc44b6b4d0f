#include "cmd/lsv-smtpw/parent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/handover.h"
#include "lib/inbox.h"
#include "lib/logline.h"
#include "lib/msg.h"
#include "lib/sig.h"

enum {
	RESTART_MS = 1000, /* between two lives of a worker */
};

static void
plan_entry(struct parent *p, const struct site_forward *f)
{
	for (unsigned i = 0; i < f->count && p->hands < WORKERS_MAX; i++) {
		struct hand *h = &p->hand[p->hands++];

		*h = (struct hand){.port = f->port, .control = -1};
		snprintf(h->host, sizeof h->host, "%s", f->host);
		snprintf(h->label, sizeof h->label, "%u.%u", f->n, i + 1);
	}
}

void
workers_plan(struct parent *p)
{
	p->hands = 0;
	for (size_t i = 0; i < p->site.nforwards; i++)
		plan_entry(p, &p->site.forwards[i]);
	/* no entry: one implied worker for SMTP_FORWARD */
	if (p->hands == 0)
		plan_entry(p, &p->site.smtp_forward);
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
	    .host = h->host,
	    .port = h->port,
	    .control = control,
	    .jobs = p->jobs,
	    .now = &p->now[h - p->hand]};
	memcpy(w.label, h->label, sizeof w.label);
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

void
workers_start(struct parent *p)
{
	uint64_t now = clock_mono_ms();

	for (unsigned i = 0; i < p->hands; i++) {
		struct hand *h = &p->hand[i];

		if (h->pid || now < h->again_ms)
			continue;
		h->again_ms = now + RESTART_MS;
		start(p, h);
	}
}

int
workers_share(struct parent *p)
{
	p->now = mmap(NULL, WORKERS_MAX * sizeof *p->now,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return p->now == MAP_FAILED ? -1 : 0;
}

/* Was it the worker's own fault, and not somebody's kill? */
static int
crashed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL &&
	    WTERMSIG(status) != SIGTERM && WTERMSIG(status) != SIGINT;
}

static void
hold_poison(struct parent *p, const struct poison *x)
{
	struct logline l;

	renameat2(p->pools.dir[x->pool][POOL_NOW], x->name,
	    p->pools.dir[x->pool][POOL_HELD], x->name, RENAME_NOREPLACE);
	log_begin(&l, x->name, "held");
	log_z(&l, "why", "workers died of it");
	log_end(&l);
}

/* The oldest file remembered makes room for a new one. */
static struct poison *
poison_of(struct parent *p, const char *name)
{
	struct poison *x;

	for (unsigned i = 0; i < POISON_MAX; i++)
		if (strcmp(p->poison[i].name, name) == 0)
			return &p->poison[i];
	x = &p->poison[p->poisons++ % POISON_MAX];
	*x = (struct poison){.deaths = 0};
	id_copy(x->name, name);
	return x;
}

static void
suspect(struct parent *p, struct current *now)
{
	for (int i = 0; i < SLOTS; i++) {
		struct poison *x;

		/* the worker may have died while it wrote the name */
		now->name[i][ID_NAME_MAX - 1] = 0;
		if (!id_ok(now->name[i], strlen(now->name[i])) ||
		    now->pool[i] >= POOL_COUNT)
			continue;
		x = poison_of(p, now->name[i]);
		x->pool = now->pool[i];
		if (++x->deaths == POISON_DEATHS)
			hold_poison(p, x);
	}
}

/* One that died may have moved a file and told nobody. */
static void
gone(struct parent *p, struct hand *h, int status)
{
	struct logline l;

	fio_close(h->control);
	h->control = -1;
	h->pid = 0;
	if (crashed(status))
		suspect(p, &p->now[h - p->hand]);
	p->now[h - p->hand] = (struct current){.pool = {0}};
	if (status == 0)
		return;
	p->due_us = 0;
	ho_wake(p->pools.top, "finished.trigger");
	log_begin(&l, NULL, "worker-died");
	log_z(&l, "worker", h->label);
	log_u(&l, WIFSIGNALED(status) ? "signal" : "code",
	    (uint64_t)(WIFSIGNALED(status) ? WTERMSIG(status)
					   : WEXITSTATUS(status)));
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

void
workers_wake(struct parent *p)
{
	for (unsigned i = 0; i < p->hands; i++)
		if (p->hand[i].control >= 0) {
			/* a full pair has woken its worker already */
			ssize_t n = write(p->hand[i].control, "w", 1);

			(void)n;
		}
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
		if (due[i] < p->due_us)
			p->due_us = due[i];
}

static uint64_t
sleep_ms(const struct parent *p)
{
	uint64_t mono = clock_mono_ms(), now = clock_wall_us();
	uint64_t ms = p->scan_ms > mono ? p->scan_ms - mono : 0;

	if (p->due_us != UINT64_MAX) {
		uint64_t d =
		    p->due_us > now ? (p->due_us - now) / 1000U + 1 : 0;

		ms = d < ms ? d : ms;
	}
	for (unsigned i = 0; i < p->hands; i++)
		if (!p->hand[i].pid && ms > RESTART_MS)
			ms = RESTART_MS;
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
		workers_wake(p);
	}
}
