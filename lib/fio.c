#include "lib/fio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_STEP = 65536, COPY_STEP = 65536 };

void
fio_close(int fd)
{
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
}

int
fio_read_fd(int fd, stralloc *out, size_t max)
{
	size_t start = out->len;
	ssize_t n;

	for (;;) {
		if (!stralloc_readyplus(out, READ_STEP)) {
			errno = ENOMEM;
			return -1;
		}
		n = read(fd, out->s + out->len, READ_STEP);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		out->len += (size_t)n;
		if (out->len - start > max) {
			errno = EFBIG;
			return -1;
		}
	}
}

int
fio_read(int dir, const char *name, stralloc *out, size_t max)
{
	struct stat st;
	int r = -1;
	int fd = openat(dir, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -1;
	out->len = 0;
	if (fstat(fd, &st) < 0)
		goto done;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		goto done;
	}
	r = fio_read_fd(fd, out, max);
done:
	fio_close(fd);
	return r;
}

int
fio_write(int fd, const void *p, size_t len)
{
	const char *s = p;
	ssize_t n;

	while (len) {
		n = write(fd, s, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		s += n;
		len -= (size_t)n;
	}
	return 0;
}

int
fio_pwrite(int fd, const void *p, size_t len, off_t at)
{
	const char *s = p;
	ssize_t n;

	while (len) {
		n = pwrite(fd, s, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		s += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int64_t
fio_copy(int from, off_t at, uint64_t max, int to)
{
	char step[COPY_STEP];
	uint64_t done = 0;

	while (done < max) {
		size_t want = max - done < sizeof step ? (size_t)(max - done)
						       : sizeof step;
		ssize_t n = pread(from, step, want, at + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			break;
		if (n < 0 || fio_write(to, step, (size_t)n) < 0)
			return -1;
		done += (uint64_t)n;
	}
	return (int64_t)done;
}

int
fio_replace(int dir, const char *name, const void *p, size_t len, mode_t mode)
{
	char tmp[NAME_MAX + 1];
	int fd, r, err;

	r = snprintf(tmp, sizeof tmp, "tmp.%s", name);
	if (r < 0 || (size_t)r >= sizeof tmp) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = openat(dir, tmp,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (fio_write(fd, p, len) < 0 || fchmod(fd, mode) < 0 ||
	    fsync(fd) < 0 || renameat(dir, tmp, dir, name) < 0) {
		err = errno;
		unlinkat(dir, tmp, 0);
		close(fd);
		errno = err;
		return -1;
	}
	close(fd);
	return fsync(dir);
}
