#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/lsv-push/push.h"
#include "lib/msg.h"

enum { BUCKETS = 65536 };

static const char *
domain(const char *rcpt)
{
	while (*rcpt != '@' && *rcpt != '\n')
		rcpt++;
	return rcpt;
}

static int
by_domain(const void *a, const void *b)
{
	const char *x = domain(*(const char *const *)a);
	const char *y = domain(*(const char *const *)b);

	for (; *x == *y && *x != '\n'; x++)
		y++;
	return (unsigned char)*x - (unsigned char)*y;
}

static uint16_t
bucket(const char *rcpt)
{
	uint32_t h = 2166136261u;

	for (const char *d = domain(rcpt); *d != '\n'; d++)
		h = (h ^ (unsigned char)*d) * 16777619u;
	return (uint16_t)(h >> 16 ^ h);
}

/* Sorts a bucket that holds more than one domain. */
static void
separate(const char **r, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (by_domain(&r[i - 1], &r[i]) != 0) {
			qsort(r, n, sizeof *r, by_domain);
			return;
		}
}

/* Same domains together: one counting pass over a hash of the domain. */
static void
group(struct push *p)
{
	const char **o = mem_get(p->n * sizeof *o);
	uint16_t *h = mem_get(p->n * sizeof *h);
	size_t *end = mem_get((BUCKETS + 1) * sizeof *end), from = 0;

	for (size_t i = 0; i < p->n; i++) {
		h[i] = bucket(p->rcpt[i]);
		end[h[i] + 1]++;
	}
	for (size_t i = 0; i < BUCKETS; i++)
		end[i + 1] += end[i];
	for (size_t i = 0; i < p->n; i++)
		o[end[h[i]]++] = p->rcpt[i];
	for (size_t i = 0; i < BUCKETS; i++) {
		separate(o + from, end[i] - from);
		from = end[i];
	}
	memcpy(p->rcpt, o, p->n * sizeof *o);
	for (size_t i = 0; i < p->n; i++)
		p->len[i] = (size_t)(strchr(p->rcpt[i], '\n') - p->rcpt[i]);
	free(h);
	free(o);
	free(end);
}

static int
create(struct push *p, struct buf *b, const char *kind, size_t i)
{
	char name[4096];
	int fd;

	snprintf(name, sizeof name, "%s/%s.%zu", p->spool_dir, kind, i);
	fd = open(name, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || buf_write(b, fd) < 0)
		msg_diesys(LSV_TEMP, "unable to write ", name);
	return fd;
}

static void
create_job(struct push *p, struct buf *b, size_t k)
{
	size_t at = k * p->job_rcpts;
	size_t n = p->n - at < p->job_rcpts ? p->n - at : p->job_rcpts;

	b->len = 0;
	buf_fmt(b, "JOB %zu %zu\n", k, n);
	p->job[k].head = b->len;
	p->job[k].left = n;
	for (size_t i = 0; i < n; i++)
		buf_put(b, ".", 1);
	for (size_t i = at; i < at + n; i++)
		buf_put(b, p->rcpt[i], p->len[i] + 1);
	p->job[k].fd = create(p, b, "tmp", k);
	/* the disk starts now, the fsync below waits less */
	sync_file_range(p->job[k].fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

static void
commit_job(struct push *p, size_t k)
{
	char from[4096], to[4096];

	snprintf(from, sizeof from, "%s/tmp.%zu", p->spool_dir, k);
	snprintf(to, sizeof to, "%s/job.%zu", p->spool_dir, k);
	if (fsync(p->job[k].fd) < 0 || rename(from, to) < 0)
		msg_diesys(LSV_TEMP, "unable to commit ", to);
}

static void
write_message(struct push *p)
{
	struct buf b = {.p = NULL};
	int fd;

	buf_put(&b, p->message.p, p->message.len);
	fd = create(p, &b, "message", 0);
	if (fsync(fd) < 0 || close(fd) < 0)
		msg_diesys(LSV_TEMP, "unable to write the message");
	buf_free(&b);
}

void
spool_make(struct push *p)
{
	struct buf b = {.p = NULL};
	int fd;

	p->job_rcpts = p->one_job ? p->n : JOB_RCPTS;
	p->jobs = (p->n + p->job_rcpts - 1) / p->job_rcpts;
	p->job = mem_get(p->jobs * sizeof *p->job);
	group(p);
	write_message(p);
	for (size_t k = 0; k < p->jobs; k++)
		create_job(p, &b, k);
	for (size_t k = 0; k < p->jobs; k++)
		commit_job(p, k);
	fd = open(p->spool_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0 || close(fd) < 0)
		msg_diesys(LSV_TEMP, "unable to sync ", p->spool_dir);
	buf_free(&b);
}

static void
mark(struct push *p, size_t k, size_t first, size_t n)
{
	struct job *j = &p->job[k];
	char done[JOB_RCPTS], name[4096];
	size_t left = n, part;

	memset(done, 'D', sizeof done);
	while (left > 0) {
		part = left < sizeof done ? left : sizeof done;
		if (pwrite(j->fd, done, part, (off_t)(j->head + first)) !=
		    (ssize_t)part)
			msg_diesys(LSV_TEMP, "unable to mark a recipient");
		first += part;
		left -= part;
	}
	if (atomic_fetch_sub(&j->left, n) > n)
		return;
	snprintf(name, sizeof name, "%s/job.%zu", p->spool_dir, k);
	if (close(j->fd) < 0 || unlink(name) < 0)
		msg_diesys(LSV_TEMP, "unable to remove ", name);
}

void
spool_done(struct push *p, size_t at, size_t n)
{
	size_t first, part;

	if (!p->spool_dir)
		return;
	while (n > 0) {
		first = at % p->job_rcpts;
		part = p->job_rcpts - first < n ? p->job_rcpts - first : n;
		mark(p, at / p->job_rcpts, first, part);
		at += part;
		n -= part;
	}
}
