/* cputime.h - what a test took, whoever else keeps the machine busy */
#ifndef LSV_TESTS_CPUTIME_H
#define LSV_TESTS_CPUTIME_H

#include <stdlib.h>
#include <time.h>

/* cpu_s - seconds of processor time of this process until now */
static inline double
cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* cpu_limit - so many seconds, or ten times as many with sanitizers */
static inline double
cpu_limit(double s)
{
	return getenv("LSV_SANITIZED") ? 10 * s : s;
}

#endif
