#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-queue/queue.h"
#include "lib/addr.h"
#include "lib/fio.h"
#include "lib/names.h"

enum {
	FIRST_READ = 65536, /* holds nearly every head of an inbox file */
	WHY_MAX = 4096,
	US_PER_S = 1000000,
};

static int
damaged(struct file *f, const char *why)
{
	f->kind = KIND_DAMAGED;
	f->why = why;
	return 0;
}

static void
copy(char *out, size_t room, struct bytes b)
{
	if (b.len >= room)
		b.len = room - 1;
	memcpy(out, b.s, b.len);
	out[b.len] = 0;
}

/* What did not go well tells more than what did. */
static int
latest(void *arg, const struct entry *e)
{
	struct answer *a = arg;

	if (e->op != OP_DELIVERED && e->op != OP_FAILED && e->op != OP_RETRY)
		return 0;
	if (e->op == OP_DELIVERED && a->op && a->op != OP_DELIVERED)
		return 0;
	a->op = (int)e->op;
	a->code = e->code;
	a->when_us = e->when_us;
	copy(a->status, sizeof a->status, e->status);
	copy(a->host, sizeof a->host, e->host);
	copy(a->text, sizeof a->text, e->text);
	return 0;
}

/* What was for another server, and is delivered from here after all, lies where
 * its head does not say. */
static unsigned
place_of(const struct file *f, const struct mailhead *h)
{
	enum stage s = f->at->stage;

	return s == STAGE_NOW || s == STAGE_LATER || s == STAGE_HELD
	    ? f->at->pool
	    : pool_place(h);
}

static void
from_head(struct file *f, const struct mailhead *h)
{
	f->list = h->list;
	f->from = h->from;
	f->class = h->class;
	f->pool = pool_name(place_of(f, h));
	f->created_us = h->created_us;
	f->expires_us = h->expires_us;
}

/* Does somebody hold the lock of the file? */
static int
is_locked(int fd)
{
	struct flock l = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}

/* What is in done/ is over, even where a power cut took the last lines of its
 * journal: those are of no failure, which would have been saved. */
static void
end_all(struct claim *c)
{
	for (uint32_t i = 0; i < c->head.nrcpt; i++)
		if (c->state[i] != OP_FAILED)
			c->state[i] = OP_DELIVERED;
	c->left = 0;
}

static int
open_mail(struct file *f)
{
	struct where w = {0, "it cannot be read"};
	struct claim *c = &f->claim;

	if (claim_peek(c, f->at->dir, f->at->name, &w) < 0)
		return errno == EBADMSG ? damaged(f, w.why) : -1;
	f->kind = KIND_MAIL;
	if (f->at->stage == STAGE_DONE)
		end_all(c);
	from_head(f, &c->head);
	f->rcpts = c->head.nrcpt;
	f->left = c->left;
	f->failed = c->failed;
	f->tries = c->tries;
	f->due_us = c->due_us;
	f->active = is_locked(c->fd);
	return claim_walk(c, latest, &f->last);
}

static int
read_start(int fd, stralloc *out, size_t want)
{
	ssize_t n;

	if (!stralloc_ready(out, want)) {
		errno = ENOMEM;
		return -1;
	}
	while (out->len < want) {
		n = pread(
		    fd, out->s + out->len, want - out->len, (off_t)out->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		out->len += (size_t)n;
	}
	return 0;
}

static int
read_inbox(int fd, struct file *f)
{
	struct where w = {0, "it cannot be read"};
	const struct spoolhead *h = &f->head;

	if (read_start(fd, &f->text, FIRST_READ) < 0)
		return -1;
	if (spoolhead_parse(&f->head, f->text.s, f->text.len, &w) < 0) {
		if (f->text.len < FIRST_READ)
			return damaged(f, w.why);
		if (read_start(fd, &f->text, SPOOL_HEAD_MAX) < 0)
			return -1;
		if (spoolhead_parse(&f->head, f->text.s, f->text.len, &w) < 0)
			return damaged(f, w.why);
	}
	f->kind = KIND_INBOX;
	f->list = h->list;
	f->from = h->from;
	f->class = h->class;
	f->pool = h->pool ? pool_name(pool_index(h->pool)) : NULL;
	f->created_us = h->created_us;
	f->rcpts = f->left = spoolhead_tabled(h) ? h->rows : h->nrcpt;
	return 0;
}

static int
open_inbox(struct file *f)
{
	int fd = openat(f->at->dir, f->at->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int r;

	if (fd < 0)
		return errno == ENOENT ? -1 : damaged(f, strerror(errno));
	r = read_inbox(fd, f);
	fio_close(fd);
	return r;
}

/* Set aside by a reader, with the reason beside it. */
static int
open_bad(struct file *f)
{
	char name[ID_NAME_MAX + 8];
	size_t n = strlen(f->at->name);

	memcpy(name, f->at->name, n);
	memcpy(name + n, ".why", 5);
	f->created_us = id_time_us(f->at->name);
	if (fio_read(f->at->dir, name, &f->text, WHY_MAX) < 0)
		return damaged(f, "set aside; the log says why");
	while (f->text.len && f->text.s[f->text.len - 1] == '\n')
		f->text.len--;
	if (sa_0(&f->text) < 0)
		return -1;
	return damaged(f, f->text.s);
}

static int
read_job(int dir, struct file *f)
{
	struct mailhead h;
	struct where w = {0, "it cannot be read"};
	struct plan p;
	struct names l;

	if (jobdir_plan(&p, dir, &w) < 0)
		return errno == EBADMSG ? damaged(f, w.why) : -1;
	if (fio_read(dir, "job", &f->text, MAIL_FRONT_MAX) < 0)
		return -1;
	if (mailhead_parse(&h, f->text.s, f->text.len, &w) < 0)
		return damaged(f, w.why);
	if (names_read(&l, dir, INT32_MAX, NULL, NULL) < 0)
		return -1;
	f->kind = KIND_JOB;
	from_head(f, &h);
	f->rcpts = p.rcpts;
	f->chunks = p.chunks;
	f->home = (uint32_t)l.n;
	f->expanding = !p.ended;
	names_free(&l);
	return 0;
}

static int
open_job(struct file *f)
{
	int dir = openat(f->at->dir, f->at->name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (dir < 0)
		return errno == ENOENT ? -1 : damaged(f, strerror(errno));
	r = read_job(dir, f);
	fio_close(dir);
	return r;
}

int
file_open(struct queue *q, struct file *f, const struct place *at)
{
	(void)q;
	*f = (struct file){.at = at, .pool = "-", .claim = {.fd = -1}};
	f->created_us = id_time_us(at->name);
	if (at->stage == STAGE_BAD)
		return open_bad(f);
	if (at->stage == STAGE_SCORE || at->stage == STAGE_SCAN ||
	    at->stage == STAGE_HOLD || at->stage == STAGE_COMMAND ||
	    at->stage == STAGE_ROUTE)
		return open_inbox(f);
	return at->stage == STAGE_JOBS || at->isdir ? open_job(f)
						    : open_mail(f);
}

void
file_close(struct file *f)
{
	claim_close(&f->claim);
	sa_free(&f->text);
}

int
file_wanted(const struct queue *q, const struct file *f)
{
	if (q->opt.list && !bytes_same(f->list, q->opt.list))
		return 0;
	return !q->opt.pool ||
	    (f->pool && pool_named(f->pool) == (int)q->opt.pool - 1);
}

/* Each of the rows; bad ones end it. */
static int
walk_table(FILE *in, const struct file *f,
    int (*fn)(void *arg, struct bytes address), void *arg)
{
	uint64_t left = f->head.table;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int r = fseeko(in, (off_t)f->head.table_at, SEEK_SET);

	while (r == 0 && left && (n = getline(&line, &room, in)) > 0 &&
	    (uint64_t)n <= left) {
		const char *tab = memchr(line, '\t', (size_t)n);
		size_t len = (size_t)(tab ? tab - line : n - 1);

		r = fn(arg, (struct bytes){line, len});
		left -= (uint64_t)n;
	}
	free(line);
	return r;
}

int
file_named(
    const struct file *f, int (*fn)(void *arg, struct bytes address), void *arg)
{
	const char *s = f->head.rcpts.s, *end = s + f->head.rcpts.len, *nl;
	int r = 0, fd;
	FILE *in;

	if (spoolhead_tabled(&f->head)) {
		fd = openat(f->at->dir, f->at->name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		in = fd < 0 ? NULL : fdopen(fd, "r");
		if (!in) {
			fio_close(fd);
			return -1;
		}
		r = walk_table(in, f, fn, arg);
		fclose(in);
		return r;
	}
	for (; r == 0 && s < end && (nl = memchr(s, '\n', (size_t)(end - s)));
	     s = nl + 1)
		r = fn(arg, (struct bytes){s, (size_t)(nl - s)});
	return r;
}

static int
is_same(void *arg, struct bytes address)
{
	const struct bytes *a = arg;

	return addr_same(address.s, address.len, a->s, a->len);
}

int
file_concerns(const struct file *f, struct bytes a)
{
	if (f->kind == KIND_MAIL)
		for (uint32_t i = 0; i < f->claim.head.nrcpt; i++) {
			struct bytes r = claim_rcpt(&f->claim, i);

			if (addr_same(r.s, r.len, a.s, a.len))
				return 1;
		}
	if (f->kind != KIND_INBOX)
		return 0;
	if (addr_same(f->from.s, f->from.len, a.s, a.len) ||
	    addr_same(f->head.to.s, f->head.to.len, a.s, a.len))
		return 1;
	return file_named(f, is_same, &a);
}

static void
json_answer(struct json *j, const struct answer *a)
{
	json_open(j, "last", '{');
	json_z(j, "result", outcome_word(a->op));
	json_u(j, "code", a->code);
	json_z(j, "status", a->status);
	json_u(j, "when", a->when_us / US_PER_S);
	json_z(j, "host", a->host);
	json_z(j, "text", a->text);
	json_close(j, '}');
}

static void
json_counts(struct json *j, const struct file *f)
{
	json_u(j, "recipients", f->rcpts);
	if (f->kind == KIND_JOB) {
		json_u(j, "parts", f->chunks);
		json_u(j, "parts_home", f->home);
		json_b(j, "expanding", f->expanding);
		return;
	}
	json_u(j, "left", f->left);
	if (f->kind != KIND_MAIL)
		return;
	json_u(j, "failed", f->failed);
	json_u(j, "tries", f->tries);
	json_b(j, "active", f->active);
	if (f->due_us && f->at->stage == STAGE_LATER)
		json_u(j, "due", f->due_us / US_PER_S);
}

void
file_json(const struct queue *q, struct json *j, const struct file *f)
{
	json_z(j, "id", f->at->name);
	json_u(j, "number", id_number(f->at->name));
	json_z(j, "state", stage_name(f->at->stage));
	if (f->at->job)
		json_z(j, "job", f->at->job);
	if (f->at->day)
		json_z(j, "day", f->at->day);
	json_u(j, "created", f->created_us / US_PER_S);
	json_u(j, "age",
	    q->now_us > f->created_us ? (q->now_us - f->created_us) / US_PER_S
				      : 0);
	if (f->kind == KIND_DAMAGED) {
		json_z(j, "damaged", f->why);
		return;
	}
	json_z(j, "class", spool_class_name(f->class));
	json_s(j, "list", f->list.s, f->list.len);
	json_s(j, "from", f->from.s, f->from.len);
	if (f->kind == KIND_INBOX)
		json_s(j, "to", f->head.to.s, f->head.to.len);
	else
		json_u(j, "expires", f->expires_us / US_PER_S);
	if (f->pool)
		json_z(j, "pool", f->pool);
	if (f->kind == KIND_MAIL && f->claim.head.server.len)
		json_s(j, "server", f->claim.head.server.s,
		    f->claim.head.server.len);
	json_counts(j, f);
	if (f->last.op)
		json_answer(j, &f->last);
}
