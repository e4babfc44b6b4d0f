/* poison.h - files that processes died of
 *
 * Whoever starts the processes counts here how often each file was being
 * worked on when one ended badly. Such a file is tried again, ever later; at
 * POISON_DEATHS crashes a person has to look at it.
 */
#ifndef LSV_POISON_H
#define LSV_POISON_H

#include <stdint.h>

#include "lib/ids.h"

enum {
	POISON_MAX = 64,       /* files remembered */
	POISON_DEATHS = 3,     /* so many crashes, and the file is set aside */
	POISON_PAUSE_MS = 250, /* after a failure, doubled with each ... */
	POISON_DOUBLINGS = 7,  /* ... so often */
};

/* struct poison - the files; all zero bytes at first
 *
 * n       places used so far
 * oldest  the place that goes next when all are used
 * failures, deaths  of the file; deaths are those by a crash
 * not_before_ms  when it may be tried again, clock_mono_ms()
 */
struct poison {
	unsigned n, oldest;
	struct poison_file {
		char name[ID_NAME_MAX];
		unsigned failures, deaths;
		uint64_t not_before_ms;
	} of[POISON_MAX];
};

/* poison_crashed - did a process end by its own fault, and not by a kill
 *
 * status  as waitpid filled it
 * Returns 1 for a signal that is not SIGKILL, SIGTERM or SIGINT, else 0
 */
int poison_crashed(int status);

/* poison_died - processes died of a file
 *
 * name    an ID name, NUL-terminated; the oldest one remembered makes room
 * deaths  how many
 * Returns how many did so far
 */
unsigned poison_died(struct poison *p, const char *name, unsigned deaths);

/* poison_failed - the only process that worked on a file ended badly
 *
 * status  as waitpid filled it; not 0
 * now_ms  clock_mono_ms()
 * Returns how many processes died of it so far
 */
unsigned poison_failed(
    struct poison *p, const char *name, int status, uint64_t now_ms);

/* poison_deaths - how many processes died of a file, as far as remembered */
unsigned poison_deaths(const struct poison *p, const char *name);

/* poison_waits - is it too early to try a file again after it failed; 1 or 0 */
int poison_waits(const struct poison *p, const char *name, uint64_t now_ms);

/* poison_forget - nothing is held against a file any more */
void poison_forget(struct poison *p, const char *name);

#endif
