/* opt.h - option values of the bench tools, checked */
#ifndef BENCH_OPT_H
#define BENCH_OPT_H

#include <stdint.h>

/* opt_u64 - a whole number; exits (100) when the text is none or above max
 *
 * what    names the option in the message
 */
uint64_t opt_u64(const char *what, const char *text, uint64_t max);

/* opt_share - a share between 0 and 1, like "0.05"; exits (100) otherwise */
double opt_share(const char *what, const char *text);

/* now_ns - a clock of clock_gettime(2), in nanoseconds */
uint64_t now_ns(int clock);

#endif
