#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-explain/explain.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/roots.h"
#include "lib/warning.h"
#include "lib/when.h"

enum {
	HEADER_LOOK =
	    64 << 10, /* bytes of a message in which it tells of itself */
	US_PER_S = 1000000,
};

/* Was the message sent by a machine? */
static int
is_automatic(int fd, uint64_t at, uint64_t size)
{
	stralloc text = {0};
	size_t want = size < HEADER_LOOK ? (size_t)size : HEADER_LOOK;
	ssize_t n = -1;
	int yes = 0;

	if (stralloc_ready(&text, want + 1))
		n = pread(fd, text.s, want, (off_t)at);
	if (n > 0)
		yes = warning_automatic((struct bytes){text.s, (size_t)n});
	sa_free(&text);
	return yes;
}

/* What the directory of a large job knows; 0 when there is none. */
static int
of_job(const struct explain *e, const char *job, uint64_t *warned_us,
    int *automatic)
{
	struct plan plan;
	struct where w;
	int body;
	int dir =
	    openat(e->q.jobs.top, job, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int known = dir >= 0 && jobdir_plan(&plan, dir, &w) == 0;

	if (known) {
		*warned_us = plan.warned_us;
		body = openat(dir, "body", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		*automatic = body >= 0 && is_automatic(body, 0, HEADER_LOOK);
		fio_close(body);
	}
	fio_close(dir);
	return known;
}

/* Is the file where lsv-route looks for what is delayed? */
static int
may_be_warned(const struct file *f)
{
	return (f->kind == KIND_JOB || f->left > 0) &&
	    (f->at->stage == STAGE_JOBS || f->at->stage == STAGE_NOW ||
		f->at->stage == STAGE_LATER);
}

void
delay_of(const struct explain *e, const struct file *f, struct delay *d)
{
	struct mailhead h = {.class = f->class,
	    .from = f->from,
	    .created_us = f->created_us,
	    .expires_us = f->expires_us};
	const struct claim *c = &f->claim;
	int automatic = 0, known = 0;

	*d = (struct delay){0};
	if ((f->kind != KIND_MAIL && f->kind != KIND_JOB) ||
	    !warning_wanted(&h))
		return;
	if (f->kind == KIND_JOB)
		known = of_job(e, f->at->name, &d->warned_us, &automatic);
	else if (strcmp(c->head.job, c->head.name) != 0)
		known = of_job(e, c->head.job, &d->warned_us, &automatic);
	else {
		known = 1;
		d->warned_us = c->warned_us;
		automatic = is_automatic(c->fd, c->head.front, c->head.size);
	}
	if (known && !automatic && d->warned_us == 0 && may_be_warned(f))
		d->at_us = warning_at(&h, e->q.site.delay_warn_ms);
}

void
delay_text(struct explain *e, const struct delay *d)
{
	char when[WHEN_MAX], var[96];
	unsigned line = 0;

	if (d->warned_us > 0) {
		putf(&e->q, "  warn   the sender was told of the delay on %s\n",
		    when_words(when, (int64_t)(d->warned_us / US_PER_S)));
		return;
	}
	if (d->at_us == 0)
		return;
	if (site_line(&line, root_etc(), "DELAY_WARN") <= 0)
		line = 0;
	var_words(var, "DELAY_WARN", line);
	putf(&e->q, "  warn   the sender is told of the delay %s%s, %s\n",
	    (int64_t)(d->at_us / US_PER_S) <= e->now ? "soon" : "on ",
	    (int64_t)(d->at_us / US_PER_S) <= e->now
		? ""
		: when_words(when, (int64_t)(d->at_us / US_PER_S)),
	    var);
}

static void
time_json(struct json *j, const char *key, uint64_t us)
{
	if (us > 0)
		json_u(j, key, us / US_PER_S);
	else
		json_null(j, key);
}

void
delay_json(struct explain *e, const struct delay *d)
{
	time_json(&e->j, "warned", d->warned_us);
	time_json(&e->j, "warn_at", d->at_us);
}
