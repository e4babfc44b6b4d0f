/* clean.h - text of strangers, for a terminal, a log or a file of lines */
#ifndef LSV_CLEAN_H
#define LSV_CLEAN_H

#include "lib/bytes.h"
#include "lib/ofat.h"

/* clean_put - append bytes with '?' in the place of each control byte
 *
 * Returns 0; -1 with errno ENOMEM
 */
int clean_put(stralloc *out, struct bytes b);

#endif
