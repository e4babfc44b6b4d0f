/* progress.h - a bar for long work, on a terminal only */
#ifndef LSV_PROGRESS_H
#define LSV_PROGRESS_H

#include <stdint.h>

/* struct progress - a bar on standard error; silent when that is no terminal
 *
 * what    one or two words before the bar
 * total   how much there is to do, any unit
 * drawn_ms when it was last drawn (at most ten times a second)
 * live    1 on a terminal
 */
struct progress {
	const char *what;
	uint64_t total;
	uint64_t drawn_ms;
	int live;
};

/* progress_begin - start a bar; total 0 shows a count without a bar */
void progress_begin(struct progress *p, const char *what, uint64_t total);

/* progress_at - so much is done */
void progress_at(struct progress *p, uint64_t done);

/* progress_end - draw it full and go to the next line */
void progress_end(struct progress *p, uint64_t done);

#endif
