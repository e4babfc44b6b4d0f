/* roots.h - the four directories under which everything lies */
#ifndef LSV_ROOTS_H
#define LSV_ROOTS_H

#include "lib/ofat.h"

/* root_etc, root_spool, root_lib, root_run - where a root is
 *
 * Returns the value of LSV_ETC, LSV_SPOOL, LSV_LIB or LSV_RUN in the
 *         environment when it is an absolute path, else the built-in
 *         /etc/lsv, /var/spool/lsv, /var/lib/lsv, /run/lsv.  Nothing else is
 *         ever taken from the environment.
 */
const char *root_etc(void);
const char *root_spool(void);
const char *root_lib(void);
const char *root_run(void);

/* root_path - a path below a root
 *
 * out     replaced by root "/" rel, with a terminating NUL not counted in len
 * Returns 0; -1 with errno ENOMEM
 */
int root_path(stralloc *out, const char *root, const char *rel);

#endif
