#include "lib/share.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "build/config.h"
#include "lib/fio.h"

int
share_programs(stralloc *out)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path);
	const char *slash;

	if (n < 0)
		return -1;
	slash = memrchr(path, '/', (size_t)n);
	if ((size_t)n == sizeof path || !slash) {
		errno = ENAMETOOLONG;
		return -1;
	}
	out->len = 0;
	if (sa_put(out, path, slash == path ? 1 : (size_t)(slash - path)) < 0)
		return -1;
	return sa_0(out);
}

/* A directory that holds the table; its path is joined of two. */
static int
holder(const char *base, const char *rel)
{
	stralloc path = {0};
	int dir = -1;

	if (sa_puts(&path, base) == 0 && sa_puts(&path, rel) == 0 &&
	    sa_0(&path) == 0)
		dir = open(path.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sa_free(&path);
	if (dir >= 0 && faccessat(dir, "spool.tab", R_OK, AT_EACCESS) < 0) {
		fio_close(dir);
		return -1;
	}
	return dir;
}

int
share_open(void)
{
	stralloc base = {0};
	int dir = -1;

	if (share_programs(&base) == 0) {
		dir = holder(base.s, "/../share/lsv");
		if (dir < 0)
			dir = holder(base.s, "/../../spool-layout");
	}
	sa_free(&base);
	return dir >= 0 ? dir : holder(LSV_PREFIX, "/share/lsv");
}
