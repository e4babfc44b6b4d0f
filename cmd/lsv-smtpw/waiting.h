/* waiting.h - the files that wait in the pools a worker serves */
#ifndef LSV_WAITING_H
#define LSV_WAITING_H

#include "cmd/lsv-smtpw/smtpw.h"

enum { WAITING_MAX = 4096 }; /* names kept; the rest is seen next time */

/* struct waiting - one file */
struct waiting {
	char name[ID_NAME_MAX];
	unsigned pool;
};

/* waiting_read - look into now/ of all pools again, oldest file first
 *
 * Returns 0; -1 with errno
 */
int waiting_read(struct worker *w);

#endif
