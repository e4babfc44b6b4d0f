#include "lib/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fio.h"

enum { FILE_MODE = 0640, COMPARE_STEP = 32768 };

int
ho_open(struct handover *h, const char *inbox)
{
	/* one given: a predecessor may have died before its ho_flush */
	*h = (struct handover){.dir = -1, .tmp = -1, .new = -1, .given = 1};
	h->dir = open(inbox, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->dir >= 0)
		h->tmp =
		    openat(h->dir, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->tmp >= 0)
		h->new =
		    openat(h->dir, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->new >= 0)
		return 0;
	fio_close(h->tmp);
	fio_close(h->dir);
	return -1;
}

static int
create_new(struct handover *h, const char *name)
{
	return openat(h->tmp, name,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
}

int
ho_create(struct handover *h, const char *name)
{
	int fd = create_new(h, name);

	/* ours, from before a crash */
	if (fd < 0 && errno == EEXIST && unlinkat(h->tmp, name, 0) == 0)
		fd = create_new(h, name);
	/* the mode matters to the reader: not left to the umask */
	if (fd >= 0 && fchmod(fd, FILE_MODE) < 0)
		return ho_drop(h, fd, name);
	return fd;
}

int
ho_drop(struct handover *h, int fd, const char *name)
{
	int err = errno;

	close(fd);
	unlinkat(h->tmp, name, 0);
	errno = err;
	return -1;
}

static int
same_bytes(int a, int b)
{
	char x[COMPARE_STEP], y[COMPARE_STEP];
	off_t at = 0;

	for (;;) {
		ssize_t n = pread(a, x, sizeof x, at);
		ssize_t m = pread(b, y, sizeof y, at);

		if (n < 0 || m < 0)
			return -1;
		if (n != m || memcmp(x, y, (size_t)n) != 0)
			return 0;
		if (n == 0)
			return 1;
		at += n;
	}
}

/* A file of that name is there already: ours from before a crash, or a clash? */
static int
handed_over_before(struct handover *h, int fd, const char *name)
{
	struct stat st;
	int same = -1;
	int old = openat(h->new, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (old < 0)
		return ho_drop(h, fd, name);
	if (fstat(old, &st) == 0)
		same = !S_ISREG(st.st_mode) || st.st_uid != geteuid()
		    ? 0
		    : same_bytes(fd, old);
	fio_close(old);
	if (same == 0)
		errno = EEXIST;
	ho_drop(h, fd, name);
	if (same != 1 || fsync(h->new) < 0)
		return -1;
	ho_wake(h->dir, "trigger"); /* the crash may have come before it */
	return 0;
}

int
ho_commit(struct handover *h, int fd, const char *name)
{
	if (fsync(fd) < 0) /* 1 the bytes are on disk */
		return ho_drop(h, fd, name);
	if (renameat2(h->tmp, name, h->new, name, RENAME_NOREPLACE) < 0)
		return errno == EEXIST ? handed_over_before(h, fd, name)
				       : ho_drop(h, fd, name); /* 2 */
	close(fd);
	if (fsync(h->new) < 0) /* 3 the name is on disk */
		return -1;
	ho_wake(h->dir, "trigger"); /* 4 tell the reader */
	return 0;
}

int
ho_pass(struct handover *h, int from, const char *name)
{
	return ho_pass_as(h, from, name, name);
}

int
ho_pass_as(struct handover *h, int from, const char *name, const char *as)
{
	if (renameat2(from, name, h->new, as, RENAME_NOREPLACE) < 0)
		return -1;
	h->given++;
	return 0;
}

int
ho_flush(struct handover *h)
{
	if (h->given == 0)
		return 0;
	if (fsync(h->new) < 0)
		return -1;
	h->given = 0;
	ho_wake(h->dir, "trigger");
	return 0;
}

int
ho_wake_unread(int dir, const char *name)
{
	int err = errno, unread = -1;
	int fd =
	    openat(dir, name, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	ssize_t w;

	if (fd >= 0) {
		if (ioctl(fd, FIONREAD, &unread) < 0)
			unread = -1;
		/* a full FIFO has woken the reader already */
		w = write(fd, "", 1);
		(void)w;
		close(fd);
	}
	errno = err;
	return unread;
}

void
ho_wake(int dir, const char *name)
{
	(void)ho_wake_unread(dir, name);
}
