/* waiting.h - the files that wait in the pools a worker serves */
#ifndef LSV_WAITING_H
#define LSV_WAITING_H

#include "cmd/lsv-smtpw/smtpw.h"

enum {
	WAITING_MAX = 4096
}; /* names of a pool and queue kept; the rest is seen
			     * next time */

/* struct waiting - one file */
struct waiting {
	char name[ID_NAME_MAX];
	unsigned pool;
};

/* waiting_read - look into now/ of all pools that it serves again, oldest file
 * first
 *
 * Returns 0; -1 with errno
 */
int waiting_read(struct worker *w);

/* waiting_any - is a name left? */
int waiting_any(const struct worker *w);

/* waiting_old - is the last look so long ago that another is due, whatever it
 * found? */
int waiting_old(const struct worker *w);

/* waiting_drop - forget what was seen */
void waiting_drop(struct worker *w);

/* waiting_free - and give the memory back */
void waiting_free(struct worker *w);

#endif
