#include "lib/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fio.h"
#include "lib/lock.h"

enum {
	FIRST_READ = 65536,  /* holds the front of nearly every file */
	WINDOW = 65536,      /* bytes of a journal read at once; over a line */
	RESERVE_BASE = 1024, /* bytes for every file ... */
	RESERVE_RCPT = 64,   /* ... for every recipient left ... */
	RESERVE_LINE = 512,  /* ... and a line each for those of a try */
	RESERVE_LINES = 100,
};

/* Bytes [at, at + len) of the file, fewer at its end, appended to out. */
static int
read_at(int fd, stralloc *out, uint64_t at, size_t len)
{
	ssize_t n;

	if (!stralloc_readyplus(out, len)) {
		errno = ENOMEM;
		return -1;
	}
	while (len) {
		n = pread(fd, out->s + out->len, len, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		out->len += (size_t)n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int
damaged(struct where *w, size_t at, const char *why)
{
	errno = EBADMSG;
	return where_set(w, at, why);
}

static int
index_rcpts(struct claim *c)
{
	const char *s = c->head.rcpts.s;
	const char *base = c->front.s;

	c->at = reallocarray(NULL, c->head.nrcpt + 1U, sizeof *c->at);
	c->state = calloc(c->head.nrcpt + 1U, 1);
	if (!c->at || !c->state)
		return -1;
	for (uint32_t i = 0; i < c->head.nrcpt; i++) {
		c->at[i] = (uint32_t)(s - base);
		s = (const char *)memchr(s, '\n', MAIL_FRONT_MAX) + 1;
	}
	c->at[c->head.nrcpt] = (uint32_t)(s - base);
	c->left = c->head.nrcpt;
	return 0;
}

/* size receives that of the file. */
static int
read_front(struct claim *c, const char *name, uint64_t *size, struct where *w)
{
	struct stat st;
	size_t want = FIRST_READ;
	struct where cut = {0, "no end line"};

	if (fstat(c->fd, &st) < 0)
		return -1;
	*size = (uint64_t)st.st_size;
	for (;;) {
		c->front.len = 0;
		if (read_at(c->fd, &c->front, 0,
			*size < want ? (size_t)*size : want) < 0)
			return -1;
		if (mailhead_parse(&c->head, c->front.s, c->front.len, &cut) ==
		    0)
			break;
		if (want >= MAIL_FRONT_MAX || *size <= want)
			return damaged(w, cut.at, cut.why);
		want = MAIL_FRONT_MAX;
	}
	if (c->head.journal > *size)
		return damaged(w, c->head.front, "the body is cut short");
	if (strcmp(c->head.name, name) != 0)
		return damaged(w, 0, "it is not named as its head says");
	return index_rcpts(c);
}

/* Take over what a line says. */
static void
apply(struct claim *c, const struct entry *e)
{
	switch (e->op) {
	case OP_DELIVERED:
	case OP_FAILED:
	case OP_RETRY:
		for (uint32_t i = e->first; i <= e->last; i++) {
			unsigned char old = c->state[i];

			c->left += old == OP_DELIVERED || old == OP_FAILED;
			c->left -= e->op != OP_RETRY;
			c->failed -= old == OP_FAILED;
			c->failed += e->op == OP_FAILED;
			c->state[i] = (unsigned char)e->op;
		}
		if (e->when_us > c->tried_us)
			c->tried_us = e->when_us;
		break;
	case OP_LATER:
		c->due_us = e->when_us;
		c->tries = e->tries;
		break;
	case OP_WARNED:
		c->warned_us = e->when_us;
		break;
	case OP_PACKED:
		c->packed_us = e->when_us;
		break;
	case OP_REPORTED:
		c->reported = 1;
		break;
	case OP_END:
		c->ended = 1;
		break;
	}
}

static int
apply_line(void *arg, const struct entry *e)
{
	apply(arg, e);
	return 0;
}

/* Where a walk over a journal stopped.
 *
 * at      offset in the file of the first byte that is no whole line
 * bad     1: there is a whole line there, but none of ours and not a torn one
 */
struct stop {
	uint64_t at;
	int bad;
};

/* Zeros are blocks that a power cut left unwritten: a line with one in it was
 * torn as well, and what stands behind it was not yet durable either. */
static int
torn(const char *s, size_t len)
{
	const char *nl = memchr(s, '\n', len);

	return memchr(s, 0, nl ? (size_t)(nl - s) : len) != NULL;
}

/* The whole lines in a window; used receives their bytes.  0 or what fn
 * returned. */
static int
each_line(const char *s, size_t len, uint32_t nrcpt, struct where *w,
    int (*fn)(void *arg, const struct entry *e), void *arg, size_t *used,
    int *bad)
{
	struct entry e;
	ssize_t n;
	int r = 0;

	*used = 0;
	while (r == 0 && *used < len &&
	    (n = journal_line(&e, s + *used, len - *used, nrcpt, w))) {
		if (n < 0) {
			*bad = !torn(s + *used, len - *used);
			return 0;
		}
		r = fn(arg, &e);
		*used += (size_t)n;
	}
	return r;
}

/* Every line in front of offset `end`, a window at a time: a journal may grow for
 * days.  0, what fn returned, or -1 with errno. */
static int
walk(const struct claim *c, uint64_t end, struct where *w,
    int (*fn)(void *arg, const struct entry *e), void *arg, struct stop *stop)
{
	stralloc window = {0};
	size_t used = 1;
	int r = 0;

	*stop = (struct stop){.at = c->head.journal};
	while (r == 0 && used > 0 && stop->at < end && !stop->bad) {
		uint64_t rest = end - stop->at;

		used = window.len = 0;
		r = read_at(c->fd, &window, stop->at,
		    rest < WINDOW ? (size_t)rest : WINDOW);
		if (r == 0)
			r = each_line(window.s, window.len, c->head.nrcpt, w,
			    fn, arg, &used, &stop->bad);
		stop->at += used;
	}
	sa_free(&window);
	return r;
}

/* Of a small file all lines were read with its front. */
static int
walk_read(struct claim *c, uint64_t end, struct where *w, struct stop *stop)
{
	size_t used = 0, from = (size_t)c->head.journal;
	int r;

	if (c->front.len < end)
		return walk(c, end, w, apply_line, c, stop);
	*stop = (struct stop){.at = c->head.journal};
	r = each_line(c->front.s + from, c->front.len - from, c->head.nrcpt, w,
	    apply_line, c, &used, &stop->bad);
	stop->at += used;
	return r;
}

/* A line that cannot be read is damage, unless it was torn by a crash: then it
 * never happened. */
static int
replay(struct claim *c, uint64_t size, struct where *w)
{
	struct stop stop;

	if (walk_read(c, size, w, &stop) < 0)
		return -1;
	c->end = stop.at;
	/* who wrote them may have died before they were durable */
	c->unsynced = c->end > c->head.journal;
	return stop.bad
	    ? damaged(w, (size_t)stop.at, "a journal line cannot be read")
	    : 0;
}

/* Does the name still mean the file that st is of? */
static int
still_named(const struct stat *st, int dir, const char *name)
{
	struct stat now;

	if (fstatat(dir, name, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (st->st_dev == now.st_dev && st->st_ino == now.st_ino)
		return 0;
	errno = ENOENT;
	return -1;
}

/* What follows the last whole line is a torn one. */
static int
cut_torn(struct claim *c, uint64_t size)
{
	return size == c->end ? 0 : ftruncate(c->fd, (off_t)c->end);
}

/* What cannot be a .MAIL file is damage too: whoever takes it for a failing
 * disk would stop all work because of one stray link or directory. */
static int
open_plain(struct claim *c, int dir, const char *name, int mode,
    struct stat *st, struct where *w)
{
	c->fd = openat(
	    dir, name, mode | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (c->fd < 0)
		return errno == EACCES || errno == ELOOP || errno == EISDIR ||
			errno == ENXIO
		    ? damaged(w, 0, "it is not a file of ours")
		    : -1;
	if (fstat(c->fd, st) < 0)
		return -1;
	return S_ISREG(st->st_mode) ? 0 : damaged(w, 0, "it is not a file");
}

int
claim_open(struct claim *c, int dir, const char *name, struct where *w)
{
	uint64_t size;
	struct stat st;

	*c = (struct claim){.fd = -1};
	if (open_plain(c, dir, name, O_RDWR, &st, w) < 0 ||
	    lock_file(c->fd, F_WRLCK, 0, 0, 0) < 0 ||
	    still_named(&st, dir, name) < 0 ||
	    read_front(c, name, &size, w) < 0 || replay(c, size, w) < 0)
		return -1;
	return cut_torn(c, size);
}

int
claim_peek(struct claim *c, int dir, const char *name, struct where *w)
{
	uint64_t size;
	struct stat st;

	*c = (struct claim){.fd = -1};
	if (open_plain(c, dir, name, O_RDONLY, &st, w) < 0 ||
	    read_front(c, name, &size, w) < 0)
		return -1;
	return replay(c, size, w);
}

int
claim_reserve(struct claim *c)
{
	uint64_t lines = c->left < RESERVE_LINES ? c->left : RESERVE_LINES;
	uint64_t need = RESERVE_BASE + RESERVE_RCPT * (uint64_t)c->left +
	    RESERVE_LINE * lines;
	struct stat st;
	int r;

	if (fstat(c->fd, &st) < 0)
		return -1;
	/* the last block has room: nothing to ask the file system for */
	if (st.st_blksize > 0 && c->end % (uint64_t)st.st_blksize != 0 &&
	    need <= (uint64_t)st.st_blksize - c->end % (uint64_t)st.st_blksize)
		return 0;
	do {
		r = fallocate(
		    c->fd, FALLOC_FL_KEEP_SIZE, (off_t)c->end, (off_t)need);
	} while (r < 0 && errno == EINTR);
	c->reserved = r == 0;
	/* a file system without fallocate still has write errors to show */
	return r < 0 && errno == EOPNOTSUPP ? 0 : r;
}

struct bytes
claim_row(const struct claim *c, uint32_t i)
{
	return (struct bytes){
	    c->front.s + c->at[i], c->at[i + 1] - c->at[i] - 1};
}

struct bytes
claim_rcpt(const struct claim *c, uint32_t i)
{
	return mail_address(&c->head, claim_row(c, i));
}

int
claim_note(struct claim *c, const struct entry *e)
{
	size_t len = c->pending.len;

	if (journal_format(&c->pending, e) < 0) {
		c->pending.len = len;
		return -1;
	}
	apply(c, e);
	return 0;
}

static int
fail(struct claim *c)
{
	c->dead = 1;
	return -1;
}

int
claim_write(struct claim *c)
{
	if (c->dead) {
		errno = EIO;
		return -1;
	}
	if (c->pending.len == 0)
		return 0;
	if (fio_pwrite(c->fd, c->pending.s, c->pending.len, (off_t)c->end) < 0)
		return -1;
	c->end += c->pending.len;
	c->pending.len = 0;
	c->unsynced = 1;
	return 0;
}

int
claim_sync(struct claim *c)
{
	if (claim_write(c) < 0)
		return -1;
	if (!c->unsynced)
		return 0;
	if (fdatasync(c->fd) < 0)
		return fail(c);
	c->unsynced = 0;
	return 0;
}

int
claim_trim(struct claim *c)
{
	/* truncating to the same size frees the blocks behind the end */
	return c->reserved ? ftruncate(c->fd, (off_t)c->end) : 0;
}

void
claim_close(struct claim *c)
{
	int err = errno;

	if (c->fd >= 0)
		close(c->fd);
	sa_free(&c->front);
	sa_free(&c->pending);
	free(c->at);
	free(c->state);
	*c = (struct claim){.fd = -1};
	errno = err;
}

int
claim_walk(const struct claim *c, int (*fn)(void *arg, const struct entry *e),
    void *arg)
{
	struct stop stop;

	return walk(c, c->end, NULL, fn, arg, &stop);
}
