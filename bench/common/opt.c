#include "bench/common/opt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/msg.h"
#include "lib/num.h"

uint64_t
opt_u64(const char *what, const char *text, uint64_t max)
{
	uint64_t n;

	if (num_u64(&n, text, strlen(text), max) < 0)
		msg_diesys(LSV_PERM, what, " ", text);
	return n;
}

double
opt_share(const char *what, const char *text)
{
	char *end;
	double d = strtod(text, &end);

	if (end == text || *end || !(d >= 0 && d <= 1))
		msg_die(LSV_PERM, what, " ", text, ": not between 0 and 1");
	return d;
}

uint64_t
now_ns(int clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}
