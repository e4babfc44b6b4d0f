/* share.h - what is installed beside the programs: tables and services */
#ifndef LSV_SHARE_H
#define LSV_SHARE_H

#include "lib/ofat.h"

/* share_open - the directory that holds spool.tab, users.tab and service/
 *
 * It is ../share/lsv of the directory of the running program, as installed
 * and as built; ../../spool-layout of it in a source tree; or share/lsv below
 * the prefix that was configured: the first that holds spool.tab.
 * Returns a descriptor; -1 with errno
 */
int share_open(void);

/* share_programs - the directory of the running program
 *
 * out     replaced; NUL-terminated
 * Returns 0; -1 with errno
 */
int share_programs(stralloc *out);

#endif
