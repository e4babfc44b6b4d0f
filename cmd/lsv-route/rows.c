#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-route/rows.h"
#include "lib/fio.h"

enum {
	STEP = 64 << 10, /* bytes read at a time: more than a row has */
	FILE_MODE = 0660,
};

static int
damaged(void)
{
	errno = EBADMSG;
	return -1;
}

static ssize_t
read_at(int fd, char *s, size_t len, uint64_t at)
{
	ssize_t n;

	do
		n = pread(fd, s, len, (off_t)at);
	while (n < 0 && errno == EINTR);
	return n;
}

/* --- the copy of it in a job's directory --------------------------------- */

/* struct copying - the rows on their way
 *
 * text    read, and not looked at yet
 * rows    complete ones so far
 */
struct copying {
	const struct mailhead *h;
	int from, to;
	uint64_t at, left, rows;
	stralloc text;
};

/* What would not be found out before a part of it cannot be read any more. */
static int
look(struct copying *c)
{
	size_t used;

	if (!mail_rows_ok(
		c->h, (struct bytes){c->text.s, c->text.len}, &c->rows, &used))
		return damaged();
	c->text.len -= used;
	memmove(c->text.s, c->text.s + used, c->text.len);
	return 0;
}

static int
copy_step(struct copying *c)
{
	char *s;
	ssize_t n;

	if (!stralloc_readyplus(&c->text, STEP)) {
		errno = ENOMEM;
		return -1;
	}
	s = c->text.s + c->text.len;
	n = read_at(c->from, s, c->left < STEP ? (size_t)c->left : STEP, c->at);
	if (n <= 0)
		return n < 0 ? -1 : damaged();
	if (fio_write(c->to, s, (size_t)n) < 0)
		return -1;
	c->text.len += (size_t)n;
	c->at += (uint64_t)n;
	c->left -= (uint64_t)n;
	return look(c);
}

int
rows_create(int dir)
{
	return openat(dir, ROWS_FILE,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
}

int
rows_make(int dir, const struct mailhead *h, int from, uint64_t at,
    uint64_t size, uint64_t n)
{
	int to = rows_create(dir);
	struct copying c = {
	    .h = h, .from = from, .to = to, .at = at, .left = size};
	int res = 0;

	if (to < 0)
		return -1;
	while (res == 0 && c.left)
		res = copy_step(&c);
	if (res == 0 && (c.rows != n || c.text.len))
		res = damaged();
	if (res == 0)
		res = fsync(to);
	fio_close(to);
	sa_free(&c.text);
	return res;
}

/* --- its rows ------------------------------------------------------------ */

int
rows_open(struct rows *t, int dir, uint64_t at)
{
	struct stat st;

	t->fd = openat(dir, ROWS_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (t->fd < 0 || fstat(t->fd, &st) < 0)
		return -1;
	t->at = at;
	t->end = (uint64_t)st.st_size;
	t->text.len = t->used = 0;
	return at <= t->end ? 0 : damaged();
}

int
rows_inside(struct rows *t, int fd, uint64_t at, uint64_t size)
{
	*t = (struct rows){.at = at, .end = at + size};
	t->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return t->fd < 0 ? -1 : 0;
}

/* What is left of the step before goes to the front, and more behind it. */
static int
more(struct rows *t)
{
	size_t left = t->text.len - t->used;
	uint64_t next = t->at + left;
	ssize_t n;

	if (!stralloc_ready(&t->text, (size_t)2 * STEP)) {
		errno = ENOMEM;
		return -1;
	}
	memmove(t->text.s, t->text.s + t->used, left);
	t->text.len = left;
	t->used = 0;
	n = read_at(t->fd, t->text.s + left,
	    t->end - next < STEP ? (size_t)(t->end - next) : STEP, next);
	if (n <= 0)
		return n < 0 ? -1 : damaged();
	t->text.len += (size_t)n;
	return 0;
}

int
rows_get(struct rows *t, struct bytes *row)
{
	const char *s, *nl;

	if (t->at == t->end)
		return 0;
	for (;;) {
		s = t->text.s + t->used;
		nl = t->text.len > t->used
		    ? memchr(s, '\n', t->text.len - t->used)
		    : NULL;
		if (nl)
			break;
		if (t->text.len - t->used > MAIL_ROW_MAX)
			return damaged();
		if (more(t) < 0)
			return -1;
	}
	*row = (struct bytes){s, (size_t)(nl - s)};
	return 1;
}

void
rows_next(struct rows *t, struct bytes row)
{
	t->used += row.len + 1;
	t->at += row.len + 1;
}

void
rows_close(struct rows *t)
{
	fio_close(t->fd);
	sa_free(&t->text);
	t->fd = -1;
}
