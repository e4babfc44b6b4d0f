/* preload_mark - a program meets a mark, and crashes or is told of an error
 *
 * LSV_MARK names a file with one line that may change at any time, see
 * tests/lib/mark.sh: PROGRAM CALL MARK. Another PROGRAM is left alone.
 *
 *   read, send  a child of the program crashes as soon as MARK is among the
 *               bytes that it read from a file or sends; never the parent
 *   fsync       of what has a path that ends with MARK fails with EIO
 *   poll        of a child that would not wait begins MARK microseconds late
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/preload.h"

enum {
	LINE_MAX_BYTES = 256, /* of the file, which is as long */
	WORD_MAX = 128,
	PATH_BYTES = 4096,
};

static const char *line; /* NULL: nothing to do for this program */
static pid_t first;      /* the process of the program that was started */

/* Before main, and before the program locks itself in. */
__attribute__((constructor)) static void
prepare(void)
{
	const char *path = getenv("LSV_MARK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *p = MAP_FAILED;

	first = getpid();
	if (fd >= 0)
		p = mmap(NULL, LINE_MAX_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (p != MAP_FAILED)
		line = p;
}

/* wanted - the mark of that call, if this program is meant
 *
 * mark    WORD_MAX bytes, NUL-terminated afterwards
 * Returns its length; 0: none
 */
static size_t
wanted(const char *call, char *mark)
{
	char copy[LINE_MAX_BYTES], program[WORD_MAX], name[WORD_MAX];

	if (!line)
		return 0;
	memcpy(copy, line, sizeof copy);
	copy[sizeof copy - 1] = 0;
	if (sscanf(copy, "%127s %127s %127s", program, name, mark) != 3 ||
	    strcmp(program, program_invocation_short_name) != 0 ||
	    strcmp(name, call) != 0)
		return 0;
	return strlen(mark);
}

static void
crash_if(const char *call, const void *bytes, ssize_t len)
{
	char mark[WORD_MAX];
	int err = errno;
	size_t n;

	if (len > 0 && getpid() != first && (n = wanted(call, mark)) > 0 &&
	    memmem(bytes, (size_t)len, mark, n))
		abort();
	errno = err;
}

static int
ends_with_mark(int fd)
{
	char link[64], path[PATH_BYTES], mark[WORD_MAX];
	size_t n = wanted("fsync", mark);
	ssize_t len;

	if (!n)
		return 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof path);
	return len >= (ssize_t)n && memcmp(path + len - n, mark, n) == 0;
}

/* Wide open is the gap between a look and a rest. */
static void
poll_late(void)
{
	char mark[WORD_MAX];
	int err = errno;

	if (getpid() != first && wanted("poll", mark) > 0)
		usleep((useconds_t)strtoul(mark, NULL, 10));
	errno = err;
}

int
poll(struct pollfd *p, nfds_t n, int ms)
{
	NEXT(poll);

	if (ms == 0)
		poll_late();
	return real(p, n, ms);
}

ssize_t
pread(int fd, void *p, size_t len, off_t at)
{
	ssize_t n;
	NEXT(pread);

	n = real(fd, p, len, at);
	crash_if("read", p, n);
	return n;
}

ssize_t
send(int fd, const void *p, size_t len, int flags)
{
	NEXT(send);

	crash_if("send", p, (ssize_t)len);
	return real(fd, p, len, flags);
}

int
fsync(int fd)
{
	NEXT(fsync);

	if (!ends_with_mark(fd))
		return real(fd);
	errno = EIO;
	return -1;
}
