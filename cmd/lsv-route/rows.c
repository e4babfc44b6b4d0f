#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-route/rows.h"
#include "lib/fio.h"
#include "lib/mailfile.h"

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

static int
copy_bytes(int from, uint64_t at, uint64_t left, int to)
{
	stralloc room = {0};
	ssize_t n = 1;
	int res = -1;

	if (!stralloc_ready(&room, STEP)) {
		errno = ENOMEM;
		return -1;
	}
	while (left) {
		n = read_at(
		    from, room.s, left < STEP ? (size_t)left : STEP, at);
		if (n <= 0 || fio_write(to, room.s, (size_t)n) < 0)
			break;
		at += (uint64_t)n;
		left -= (uint64_t)n;
	}
	if (n == 0)
		damaged();
	else if (left == 0)
		res = fsync(to);
	sa_free(&room);
	return res;
}

int
rows_make(int dir, int from, uint64_t at, uint64_t size)
{
	int to = openat(dir, ROWS_FILE,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	int res;

	if (to < 0)
		return -1;
	res = copy_bytes(from, at, size, to);
	fio_close(to);
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
	n = read_at(t->fd, t->text.s + left, STEP, next);
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
