#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/lsv-route/route.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/logline.h"
#include "lib/msg.h"
#include "lib/names.h"
#include "lib/warning.h"

enum {
	LOOK_MAX = 1000,      /* files opened in one scan, */
	WARN_COST = 50,       /* of which a warning counts as so many */
	PAUSE_MIN_MS = 250,   /* between two scans: a quarter of the delay, */
	PAUSE_MAX_MS = 60000, /* but not shorter or longer than these */
};

/* struct look - a scan under way
 *
 * now     microseconds since 1970
 * left    files that may be opened
 * failed  1: some could not be told of; there is no hurry to try that again
 */
struct look {
	struct route *r;
	uint64_t now;
	unsigned left;
	int failed;
};

static void
log_warned(const char *job, uint64_t rcpts)
{
	struct logline l;

	log_begin(&l, job, "warned");
	log_u(&l, "rcpts", rcpts);
	log_end(&l);
}

/* A file of its own, under its lock.  The journal says W before the warning
 * leaves the stage, so that a crash neither forgets nor repeats it. */
static int
warn_small(struct route *r, struct claim *c, struct bytes original, int later)
{
	struct report p = {.name = ""};
	struct entry e = {.op = OP_WARNED, .when_us = clock_wall_us()};
	char pool;
	int res = -1;

	if (report_begin(r, &p, &c->head, "w", original) < 0)
		goto done;
	p.job.next_us = later ? c->due_us : 0;
	if (report_waiting(&p, c) < 0 ||
	    report_stage(r, &p, &c->head, &pool) < 0 || claim_note(c, &e) < 0 ||
	    claim_sync(c) < 0 || small_report(r, p.name, pool) < 0)
		goto done;
	log_warned(c->head.job, p.dsn.delayed);
	res = 0;
done:
	report_free(&p);
	return res;
}

/* A part of a job, if it waits: then it is in one of these directories. */
static int
add_part(struct report *p, const struct pools *pools,
    const struct mailhead *head, const char *name)
{
	const unsigned place[] = {pool_index(head->pool), POOL_PEER};
	int res = 0, found = 0;

	for (int i = 0; i < 4 && !found; i++) {
		int d = i % 2 ? POOL_NOW : POOL_LATER;
		struct claim c;
		struct where w;

		found =
		    claim_peek(&c, pools->dir[place[i / 2]][d], name, &w) == 0;
		if (found && c.left > 0) {
			if (d == POOL_NOW)
				p->job.next_us = 0;
			else if (c.due_us < p->job.next_us)
				p->job.next_us = c.due_us;
			res = report_waiting(p, &c);
		}
		claim_close(&c);
	}
	return res;
}

/* A large job: one warning that names who waits in any of its parts. */
static int
warn_large(struct route *r, int dir, const struct plan *plan,
    const struct mailhead *head, struct bytes original)
{
	struct report p = {.name = ""};
	char name[ID_NAME_MAX], to;
	stralloc line = {0};
	int res = -1;

	if (report_begin(r, &p, head, "w", original) < 0)
		goto done;
	p.job.next_us = UINT64_MAX;
	for (uint32_t i = 1; i <= plan->chunks; i++) {
		id_part(name, head->job, i);
		if (add_part(&p, &r->pools, head, name) < 0)
			goto done;
	}
	if (p.dsn.delayed > 0 &&
	    (report_stage(r, &p, head, &to) < 0 ||
		plan_warned(&line, p.job.now_us) < 0 ||
		jobdir_note(dir, (struct bytes){line.s, line.len}) < 0 ||
		small_report(r, p.name, to) < 0))
		goto done;
	if (p.dsn.delayed > 0)
		log_warned(head->job, p.dsn.delayed);
	res = 0;
done:
	sa_free(&line);
	report_free(&p);
	return res;
}

/* A job that nobody was warned of; 0, or -1 with errno. */
static int
judge_job(struct look *k, int dir, const struct plan *plan, int body)
{
	stralloc facts = {0}, original = {0};
	struct mailhead head;
	struct where w;
	struct bytes text;
	int res = -1;

	if (fio_read(dir, "job", &facts, MAIL_FRONT_MAX) < 0)
		goto done;
	if (mailhead_parse(&head, facts.s, facts.len, &w) < 0) {
		errno = EBADMSG;
		goto done;
	}
	if (home_original(body, 0, head.size, &original) < 0)
		goto done;
	text = (struct bytes){original.s, original.len};
	res = warning_automatic(text)
	    ? 0
	    : warn_large(k->r, dir, plan, &head, text);
done:
	sa_free(&facts);
	sa_free(&original);
	return res;
}

/* The job that a part belongs to; 1 settled, 0 not yet, -1 with errno. */
static int
look_at_job(struct look *k, const char *job)
{
	struct plan plan;
	struct where w;
	int body = -1, res = -1;
	int dir =
	    openat(k->r->jobs.top, job, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 || jobdir_plan(&plan, dir, &w) < 0)
		goto done;
	res = 0;
	if (!plan.ended) /* not all of it is there */
		goto done;
	if (plan.warned_us > 0) {
		res = recover_warning(k->r, job);
	} else {
		body = openat(dir, "body", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		res = body < 0 ? -1 : judge_job(k, dir, &plan, body);
	}
	res = res < 0 ? -1 : 1;
done:
	fio_close(body);
	fio_close(dir);
	return res;
}

/* The same for a file of its own: again under its lock, where it may have
 * changed. */
static int
look_at_small(struct look *k, int dir, const char *name, int later)
{
	stralloc original = {0};
	struct claim c;
	struct bytes text;
	struct where w;
	int res = claim_open(&c, dir, name, &w);

	if (res < 0) {
		res = errno == EAGAIN || errno == ENOENT ? 0 : -1;
		goto done;
	}
	if (c.warned_us > 0) {
		/* by one who failed before he had sent it, perhaps */
		res = claim_sync(&c);
		if (res == 0)
			res = recover_warning(k->r, name);
	} else {
		res = home_original(c.fd, c.head.front, c.head.size, &original);
		text = (struct bytes){original.s, original.len};
		if (res == 0 && c.left > 0 && !warning_automatic(text))
			res = warn_small(k->r, &c, text, later);
	}
	res = res < 0 ? -1 : 1;
done:
	claim_close(&c);
	sa_free(&original);
	return res;
}

/* One file; 1 settled, it need not be looked at again; 0 not yet; -1 with
 * errno. */
static int
look_at(struct look *k, unsigned pool, int state, const char *name)
{
	int dir = k->r->pools.dir[pool][state], small, settled, due;
	struct claim c;
	uint64_t at;
	struct where w;
	int res = claim_peek(&c, dir, name, &w);

	/* what is damaged others find out, and set aside */
	settled = res < 0 ? errno == EBADMSG : !warning_wanted(&c.head);
	at = res < 0 ? 0 : warning_at(&c.head, k->r->site.delay_warn_ms);
	settled |= res == 0 && at == 0; /* it is given up before */
	due = !settled && at > 0 && at <= k->now && k->now < c.head.expires_us;
	small = res == 0 && strcmp(c.head.job, c.head.name) == 0;
	if (due && small)
		settled = look_at_small(k, dir, name, state == POOL_LATER);
	else if (due)
		settled = look_at_job(k, c.head.job);
	if (due) /* mail must not wait while many are told */
		k->left -= k->left < WARN_COST ? k->left : WARN_COST;
	claim_close(&c);
	return settled;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int
is_known(const struct names *l, const char *name)
{
	return l->n > 0 &&
	    bsearch(name, l->name, l->n, sizeof *l->name, by_name) != NULL;
}

/* What is damaged, or whose job is gone, is said once; others find it out. */
static int
failed(struct look *k, const char *name)
{
	int lasting = errno == EBADMSG || errno == ENOENT;

	msg_warnsys("unable to warn of ", name);
	k->failed |= !lasting;
	return lasting;
}

/* Files old enough, oldest first; what is settled is remembered, so that mail
 * which waits for days is not opened in every scan. */
static void
scan(struct look *k, unsigned pool, int state)
{
	struct names *known = &k->r->settled[pool][state], l;
	uint64_t delay_us = k->r->site.delay_warn_ms * 1000U;
	size_t n = 0;
	int res;

	if (names_read(
		&l, k->r->pools.dir[pool][state], INT32_MAX, NULL, NULL) < 0) {
		msg_warnsys("unable to look for delayed files");
		return;
	}
	for (size_t i = 0;
	     i < l.n && id_time_us(l.name[i]) + delay_us <= k->now; i++) {
		res = is_known(known, l.name[i]);
		if (!res && k->left > 0) {
			k->left--;
			res = look_at(k, pool, state, l.name[i]);
		}
		if (res < 0)
			res = failed(k, l.name[i]);
		if (res > 0)
			memmove(l.name[n++], l.name[i], sizeof l.name[i]);
	}
	l.n = n;
	names_free(known);
	*known = l;
}

int
delay_scan(struct route *r)
{
	struct look k = {.r = r, .now = clock_wall_us(), .left = LOOK_MAX};

	if (r->site.delay_warn_ms == 0)
		return 0;
	for (unsigned p = 0; p < POOL_PLACES; p++) {
		scan(&k, p, POOL_NOW);
		scan(&k, p, POOL_LATER);
	}
	return k.left == 0 && !k.failed;
}

void
delay_forget(struct route *r)
{
	for (unsigned p = 0; p < POOL_PLACES; p++)
		for (int state = POOL_NOW; state <= POOL_LATER; state++)
			names_free(&r->settled[p][state]);
}

uint64_t
delay_pause_ms(const struct route *r)
{
	uint64_t ms = r->site.delay_warn_ms / 4;

	if (ms == 0 || ms > PAUSE_MAX_MS)
		return PAUSE_MAX_MS;
	return ms < PAUSE_MIN_MS ? PAUSE_MIN_MS : ms;
}
