#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-route/route.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/header.h"

enum { WORDS_MAX = 4096 }; /* answers remembered of one file */

/* struct words - what a host last said about recipients that were given up
 *
 * text    copies of journal text, host and status
 * of      for each remembered answer: where its pieces are
 * last    per recipient: index into of plus one, 0 none
 */
struct words {
	stralloc text;
	struct {
		unsigned code;
		size_t host, host_len, said, said_len, status, status_len;
		uint64_t when_us;
	} of[WORDS_MAX];
	size_t n;
	uint32_t *last;
};

int
report_begin(struct route *r, struct report *p, const struct mailhead *head,
    const char *kind, struct bytes original)
{
	struct header h;

	*p = (struct report){.name = ""};
	id_named(p->name, head->job, kind);
	if (head->list.len &&
	    (sa_put(&p->list, head->list.s, head->list.len) < 0 ||
		sa_put(&p->list, "@", 1) < 0 ||
		sa_puts(&p->list, r->site.node) < 0))
		return -1;
	if (header_parse(&h, original.s, original.len, NULL) == 0)
		original.len = h.end;
	p->original = original;
	p->job = (struct dsn_job){.node = bytes_z(r->site.node),
	    .job = bytes_z(head->job),
	    .report = bytes_z(p->name),
	    .to = head->from,
	    .list = {p->list.s, p->list.len},
	    .arrived_us = head->created_us,
	    .now_us = clock_wall_us(),
	    .until_us = head->expires_us};
	dsn_begin(&p->dsn, &p->job);
	return 0;
}

void
report_free(struct report *p)
{
	dsn_free(&p->dsn);
	sa_free(&p->text);
	sa_free(&p->list);
}

/* Remember the last answer before a recipient expired. */
static int
remember(void *arg, const struct entry *e)
{
	struct words *w = arg;
	size_t host = w->text.len;

	if (e->op != OP_RETRY || w->n == WORDS_MAX)
		return 0;
	if (sa_put(&w->text, e->host.s, e->host.len) < 0 ||
	    sa_put(&w->text, e->text.s, e->text.len) < 0 ||
	    sa_put(&w->text, e->status.s, e->status.len) < 0)
		return -1;
	w->of[w->n].code = e->code;
	w->of[w->n].host = host;
	w->of[w->n].host_len = e->host.len;
	w->of[w->n].said = host + e->host.len;
	w->of[w->n].said_len = e->text.len;
	w->of[w->n].status = host + e->host.len + e->text.len;
	w->of[w->n].status_len = e->status.len;
	w->of[w->n].when_us = e->when_us;
	w->n++;
	for (uint32_t i = e->first; i <= e->last; i++)
		w->last[i] = (uint32_t)w->n;
	return 0;
}

/* struct adding - a walk that adds failures to a report */
struct adding {
	struct report *p;
	const struct claim *c;
	const struct words *w;
};

/* What was said last to a recipient: the k-th of these. */
static void
last_words(struct dsn_rcpt *d, const struct words *w, uint32_t k)
{
	d->code = w->of[k].code;
	d->host = (struct bytes){w->text.s + w->of[k].host, w->of[k].host_len};
	d->text = (struct bytes){w->text.s + w->of[k].said, w->of[k].said_len};
	d->last_us = w->of[k].when_us;
}

static struct dsn_rcpt
rcpt_of(const struct adding *a, const struct entry *e, uint32_t i)
{
	struct dsn_rcpt d = {.rcpt = claim_rcpt(a->c, i),
	    .action = bytes_eq(e->status, "4.4.7") ? DSN_EXPIRED : DSN_FAILED,
	    .status = e->status,
	    .host = e->host,
	    .code = e->code,
	    .text = e->text,
	    .last_us = e->when_us};
	uint32_t k = a->w->last[i];

	if (bytes_eq(d.host, "-"))
		d.host.len = 0;
	if (d.action == DSN_EXPIRED && k)
		last_words(&d, a->w, k - 1);
	return d;
}

/* All that are still tried. */
static int
add_waiting(const struct adding *a)
{
	for (uint32_t i = 0; i < a->c->head.nrcpt; i++) {
		struct dsn_rcpt d = {.rcpt = claim_rcpt(a->c, i),
		    .action = DSN_DELAYED,
		    .text = bytes_z("it was not tried yet")};
		uint32_t k = a->w->last[i];

		if (a->c->state[i] == OP_DELIVERED ||
		    a->c->state[i] == OP_FAILED)
			continue;
		if (k) {
			last_words(&d, a->w, k - 1);
			d.status = (struct bytes){
			    a->w->text.s + a->w->of[k - 1].status,
			    a->w->of[k - 1].status_len};
		}
		if (bytes_eq(d.host, "-"))
			d.host.len = 0;
		if (dsn_rcpt(&a->p->dsn, &d) < 0)
			return -1;
	}
	return 0;
}

static int
add_failures(void *arg, const struct entry *e)
{
	const struct adding *a = arg;

	if (e->op != OP_FAILED)
		return 0;
	for (uint32_t i = e->first; i <= e->last; i++) {
		struct dsn_rcpt d = rcpt_of(a, e, i);

		if (dsn_rcpt(&a->p->dsn, &d) < 0)
			return -1;
	}
	return 0;
}

static int
add_claim(struct report *p, const struct claim *c, int waiting)
{
	struct words *w = calloc(1, sizeof *w);
	struct adding a = {.p = p, .c = c, .w = w};
	int res = -1;

	if (!w)
		return -1;
	w->last = calloc(c->head.nrcpt + 1U, sizeof *w->last);
	if (w->last && claim_walk(c, remember, w) == 0 &&
	    (waiting ? add_waiting(&a) : claim_walk(c, add_failures, &a)) == 0)
		res = 0;
	sa_free(&w->text);
	free(w->last);
	free(w);
	return res;
}

int
report_claim(struct report *p, const struct claim *c)
{
	return add_claim(p, c, 0);
}

int
report_waiting(struct report *p, const struct claim *c)
{
	return add_claim(p, c, 1);
}

static int
write_stage(struct route *r, const char *name, struct bytes text)
{
	int fd, res;

	if (unlinkat(r->jobs.stage, name, 0) < 0 && errno != ENOENT)
		return -1;
	fd = openat(r->jobs.stage, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0660);
	if (fd < 0)
		return -1;
	res = fchmod(fd, 0660) < 0 || fio_write(fd, text.s, text.len) < 0 ||
		fsync(fd) < 0
	    ? -1
	    : fsync(r->jobs.stage);
	fio_close(fd);
	return res;
}

int
report_stage(
    struct route *r, struct report *p, const struct mailhead *head, char *pool)
{
	struct mailhead h = {.class = CLASS_MAIL,
	    .list = head->list,
	    .from = {"", 0},
	    .pool = letter_admin_pool(r, head->list),
	    .created_us = p->job.now_us,
	    .expires_us = p->job.now_us + r->site.queue_life_ms * 1000U,
	    .inlined = 1,
	    .nrcpt = 1};
	stralloc file = {0}, to = {0};
	int res = -1;

	id_copy(h.name, p->name);
	id_copy(h.job, p->name);
	*pool = h.pool;
	if (dsn_end(&p->dsn, &p->text, p->original) < 0 ||
	    sa_put(&to, head->from.s, head->from.len) < 0 ||
	    sa_put(&to, "\n", 1) < 0)
		goto done;
	h.rcpts = (struct bytes){to.s, to.len};
	h.size = p->text.len;
	letter_facts(&h, p->text.s, p->text.len);
	if (mailhead_format(&file, &h) < 0 ||
	    sa_put(&file, p->text.s, p->text.len) < 0 ||
	    write_stage(r, p->name, (struct bytes){file.s, file.len}) < 0)
		goto done;
	res = 0;
done:
	sa_free(&file);
	sa_free(&to);
	return res;
}
