/* storemake.h - small stores for tests, in the current directory */
#ifndef LSV_STOREMAKE_H
#define LSV_STOREMAKE_H

#include <sys/types.h>

#include "lib/store.h"

/* storemake_put - put one value into table "t", in a transaction of its own */
void storemake_put(struct store *s, const char *key, const char *value);

/* storemake_see - the value under a key as the transaction under way sees it
 *
 * Returns static memory, NUL-terminated; NULL when absent
 */
const char *storemake_see(struct store *s, const char *key);

/* storemake_get - the same in a transaction of its own */
const char *storemake_get(struct store *s, const char *key);

/* storemake_child - fork a child that runs fn on a store of its own, and exits
 * with what it says
 *
 * mode    for store_open
 * to      a descriptor for fn
 * Returns its pid
 */
pid_t storemake_child(int (*fn)(struct store *s, int to), int mode, int to);

/* storemake_exit - wait for a child; its exit code, -1 when a signal ended it */
int storemake_exit(pid_t pid);

#endif
