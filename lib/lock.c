#include "lib/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int
lock_file(int fd, int type, off_t at, off_t len, int wait)
{
	struct flock l = {.l_type = (short)type,
	    .l_whence = SEEK_SET,
	    .l_start = at,
	    .l_len = len};
	int r;

	do {
		r = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &l);
	} while (r < 0 && errno == EINTR);
	if (r < 0 && errno == EACCES)
		errno = EAGAIN;
	return r;
}

int
lock_instance(int dir, const char *name, int wait)
{
	int fd =
	    openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int err;

	if (fd < 0)
		return -1;
	if (lock_file(fd, F_WRLCK, 0, 0, wait) == 0)
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}
