#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-route/route.h"
#include "lib/fio.h"
#include "lib/handover.h"
#include "lib/logline.h"
#include "lib/msg.h"
#include "lib/names.h"

enum {
	SUM_INLINE = 16,      /* chunks that are summed up at once */
	ORIGINAL_MAX = 65536, /* bytes of the message that a report may show */
	SYNC_STEP = 64,       /* files between two looks at the clock */
};

static void
log_done(
    const char *name, const struct mailhead *h, uint64_t rcpts, uint64_t failed)
{
	struct logline l;

	log_begin(&l, name, "done");
	if (h->list.len)
		log_s(&l, "list", h->list.s, h->list.len);
	log_u(&l, "rcpts", rcpts);
	log_u(&l, "delivered", rcpts - failed);
	log_u(&l, "failed", failed);
	log_end(&l);
}

int
home_original(int fd, uint64_t at, uint64_t size, stralloc *out)
{
	size_t want = size < ORIGINAL_MAX ? (size_t)size : ORIGINAL_MAX;
	ssize_t n;

	if (!stralloc_ready(out, want + 1)) {
		errno = ENOMEM;
		return -1;
	}
	n = pread(fd, out->s, want, (off_t)at);
	if (n < 0)
		return -1;
	out->len = (size_t)n;
	return 0;
}

/* Report a small job.  The journal says P before the report leaves the stage,
 * so that a crash neither forgets nor repeats it. */
static int
report_small(struct route *r, struct claim *c)
{
	struct report p = {.name = ""};
	stralloc original = {0};
	char pool;
	int res = -1;

	if (home_original(c->fd, c->head.front, c->head.size, &original) < 0 ||
	    report_begin(r, &p, &c->head, "r",
		(struct bytes){original.s, original.len}) < 0 ||
	    report_claim(&p, c) < 0 ||
	    report_stage(r, &p, &c->head, &pool) < 0 ||
	    claim_note(c, &(struct entry){.op = OP_REPORTED}) < 0 ||
	    claim_sync(c) < 0 || small_report(r, p.name, pool) < 0)
		goto done;
	res = 0;
done:
	report_free(&p);
	sa_free(&original);
	return res;
}

/* Is there something to report, and somebody to report to? */
static int
owes_report(const struct mailhead *h, uint64_t failed, int reported)
{
	return failed && !reported && h->from.len;
}

static int
finish_small(struct route *r, struct claim *c, const char *name)
{
	if (c->reported && recover_report(r, name) < 0)
		return -1;
	if (owes_report(&c->head, c->failed, c->reported) &&
	    report_small(r, c) < 0)
		return -1;
	log_done(name, &c->head, c->head.nrcpt, c->failed);
	gone_note(r, c);
	if (c->head.size >= CLAIM_HOLE_MIN)
		fallocate(c->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		    (off_t)c->head.front, (off_t)c->head.size);
	return done_put(r, r->pools.finished, name);
}

/* A chunk goes back to its job's directory. */
static int
bring_home(struct route *r, const struct mailhead *h, const char *name)
{
	int dir =
	    openat(r->jobs.top, h->job, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int res;

	if (dir < 0)
		return -1;
	res = renameat2(r->pools.finished, name, dir, name, RENAME_NOREPLACE);
	fio_close(dir);
	return res;
}

/* Not everything in it is settled: it belongs to the workers. */
static int
send_back(struct route *r, const struct mailhead *h, const char *name)
{
	unsigned place = pool_place(h);

	if (renameat2(r->pools.finished, name, r->pools.dir[place][POOL_NOW],
		name, RENAME_NOREPLACE) < 0)
		return -1;
	ho_wake(r->pools.top, pool_trigger(place));
	return 0;
}

/* One file; job receives the name of the large job it belongs to, or "". */
static int
home_file(struct route *r, const char *name, char *job)
{
	struct where w = {0, "it cannot be read"};
	struct claim c;
	int res;

	job[0] = 0;
	if (claim_open(&c, r->pools.finished, name, &w) < 0) {
		int err = errno;

		claim_close(&c);
		if (err == EAGAIN || err == ENOENT)
			return 0;
		errno = err;
		return err == EBADMSG
		    ? inbox_shelve(&r->in, r->pools.finished, name, w.why)
		    : -1;
	}
	if (c.left) {
		res = send_back(r, &c.head, name);
	} else if (strcmp(c.head.job, c.head.name) == 0) {
		res = finish_small(r, &c, name);
	} else {
		id_copy(job, c.head.job);
		res = bring_home(r, &c.head, name);
	}
	claim_close(&c);
	return res;
}

/* It may begin a child, which must not have lines of ours to write. */
static void
check_job(struct route *r, const char *job)
{
	if (!job[0])
		return;
	log_release();
	home_check(r, job);
	log_gather();
}

int
home_scan(struct route *r)
{
	struct names l;
	char job[ID_NAME_MAX], last[ID_NAME_MAX] = "";

	inbox_drain(r->fifo);
	if (names_read(&l, r->pools.finished, INBOX_SCAN_MAX, NULL, NULL) < 0)
		return -1;
	log_gather();
	for (size_t i = 0; i < l.n; i++) {
		if (home_file(r, l.name[i], job) < 0) {
			msg_warnsys("unable to take home ", l.name[i]);
			r->again = 1;
		}
		/* the names are sorted: a job's chunks follow each other */
		if (strcmp(last, job) != 0)
			check_job(r, last);
		id_copy(last, job);
		if (i % SYNC_STEP == SYNC_STEP - 1)
			gone_sync(r, 0);
	}
	check_job(r, last);
	log_release();
	names_free(&l);
	return 0;
}

/* struct sum - all chunks of a large job, added up
 *
 * owed    failures that a report is still owed for
 */
struct sum {
	struct names chunk;
	stralloc facts;
	struct mailhead head;
	struct plan plan;
	int dir;
	uint64_t failed, owed, open;
};

static int
sum_chunk(struct route *r, struct sum *s, const char *name)
{
	struct claim c;
	struct where w;
	int res = claim_peek(&c, s->dir, name, &w);

	if (res == 0 && c.left) {
		s->open++;
		res = renameat2(s->dir, name,
		    r->pools.dir[pool_place(&c.head)][POOL_NOW], name,
		    RENAME_NOREPLACE);
	} else if (res == 0) {
		s->failed += c.failed;
		s->owed += c.reported ? 0 : c.failed;
	}
	claim_close(&c);
	return res;
}

static int
sum_read(struct route *r, struct sum *s, const char *job)
{
	struct where w;

	s->dir = openat(r->jobs.top, job, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0 || jobdir_plan(&s->plan, s->dir, &w) < 0 ||
	    fio_read(s->dir, "job", &s->facts, MAIL_FRONT_MAX) < 0)
		return -1;
	if (mailhead_parse(&s->head, s->facts.s, s->facts.len, &w) < 0) {
		errno = EBADMSG;
		return -1;
	}
	return names_read(&s->chunk, s->dir, INT32_MAX, NULL, NULL);
}

static void
sum_free(struct sum *s)
{
	names_free(&s->chunk);
	sa_free(&s->facts);
	fio_close(s->dir);
}

static int
report_chunks(struct sum *s, struct report *p)
{
	struct where w;

	for (size_t i = 0; i < s->chunk.n; i++) {
		struct claim c;
		int res = claim_peek(&c, s->dir, s->chunk.name[i], &w);

		if (res == 0 && c.failed && !c.reported)
			res = report_claim(p, &c);
		claim_close(&c);
		if (res < 0)
			return -1;
	}
	return 0;
}

static int
sum_report(struct route *r, struct sum *s)
{
	struct report p = {.name = ""};
	stralloc original = {0};
	char pool;
	int res = -1;
	int body = openat(s->dir, "body", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (body < 0 || home_original(body, 0, s->head.size, &original) < 0 ||
	    report_begin(r, &p, &s->head, "r",
		(struct bytes){original.s, original.len}) < 0 ||
	    report_chunks(s, &p) < 0 ||
	    report_stage(r, &p, &s->head, &pool) < 0 ||
	    jobdir_note(s->dir, (struct bytes){"P\n", 2}) < 0 ||
	    small_report(r, p.name, pool) < 0)
		goto done;
	res = 0;
done:
	fio_close(body);
	report_free(&p);
	sa_free(&original);
	return res;
}

/* Sum up a job of which everything is home; a chunk that is not finished after
 * all goes out again. */
static int
sum_up(struct route *r, const char *job)
{
	struct sum s = {.dir = -1};
	int res = sum_read(r, &s, job);

	for (size_t i = 0; i < s.chunk.n && res == 0; i++)
		res = sum_chunk(r, &s, s.chunk.name[i]);
	if (s.open)
		large_wake(r);
	if (res < 0 || s.open)
		goto done;
	if (s.plan.reported)
		res = recover_report(r, job);
	else if (owes_report(&s.head, s.failed, 0))
		res = sum_report(r, &s);
	if (res < 0)
		goto done;
	log_done(job, &s.head, s.plan.rcpts, s.failed);
	if (unlinkat(s.dir, "body", 0) < 0 && errno != ENOENT)
		res = -1;
	else
		res = done_put(r, r->jobs.top, job);
done:
	sum_free(&s);
	return res;
}

/* 1 when as many chunks are home as the plan has; an expansion that was cut off
 * goes on first. */
static int
complete(struct route *r, const char *job, size_t *chunks)
{
	struct sum s = {.dir = -1};
	int res = sum_read(r, &s, job);

	*chunks = s.chunk.n;
	if (res == 0 && !s.plan.ended)
		child_start(r, job, large_resume);
	else if (res == 0)
		res = s.chunk.n >= s.plan.chunks;
	sum_free(&s);
	return res;
}

void
home_check(struct route *r, const char *job)
{
	struct child *c = child_of(r, job);
	size_t chunks;
	int res;

	if (c) {
		c->again = 1;
		return;
	}
	res = complete(r, job, &chunks);
	if (res > 0)
		res = chunks <= SUM_INLINE ? sum_up(r, job)
					   : child_start(r, job, sum_up);
	if (res < 0) {
		if (errno != EAGAIN)
			msg_warnsys("unable to finish ", job);
		r->again = 1;
	}
}
