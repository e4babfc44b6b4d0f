#include "lib/daemon.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/num.h"

static int
ready_fd(struct daemon_options *o, const char *s)
{
	uint64_t n;

	if (num_u64(&n, s, strlen(s), DAEMON_FD_MAX) < 0) {
		errno = EINVAL;
		return -1;
	}
	o->ready_fd = (int)n;
	return 0;
}

int
daemon_options(
    struct daemon_options *o, int argc, char **argv, const char *letters)
{
	int c;

	*o = (struct daemon_options){.ready_fd = -1};
	while ((c = getopt(argc, argv, letters)) != -1) {
		if (c == '1') {
			o->once = 1;
		} else if (c == 'h') {
			o->help = 1;
		} else if (c != 'd') {
			errno = EINVAL;
			return -1;
		} else if (ready_fd(o, optarg) < 0) {
			return -1;
		}
	}
	if (optind == argc)
		return 0;
	errno = EINVAL;
	return -1;
}
