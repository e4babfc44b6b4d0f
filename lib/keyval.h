/* keyval.h - lines "key: value" in fixed order, the heads of all our files */
#ifndef LSV_KEYVAL_H
#define LSV_KEYVAL_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ids.h"
#include "lib/ofat.h"
#include "lib/where.h"

/* struct keyval - a reader over such lines
 *
 * s, len  the text
 * at      where the next line begins
 * w       receives what is wrong
 */
struct keyval {
	const char *s;
	size_t len, at;
	struct where *w;
};

/* keyval_put - append "key: value\n"
 *
 * Returns 0; -1 with errno ENOMEM, or EINVAL when the value holds LF, CR or NUL
 *         or is longer than max bytes
 */
int keyval_put(stralloc *out, const char *key, struct bytes value, size_t max);

/* keyval_putu - the same for a number */
int keyval_putu(stralloc *out, const char *key, uint64_t n);

/* keyval_get - the next line must be this key
 *
 * value   points into the text
 * Returns 0; -1 with k->w set
 */
int keyval_get(struct keyval *k, const char *key, struct bytes *value);

/* keyval_is - is the next line this key?  For lines that may be missing.  1 or
 * 0 */
int keyval_is(const struct keyval *k, const char *key);

/* keyval_getu - the same as keyval_get for a decimal number up to max */
int keyval_getu(struct keyval *k, const char *key, uint64_t *n, uint64_t max);

/* keyval_name - the same for a name of ours (lib/ids.h)
 *
 * name    ID_NAME_MAX bytes, NUL-terminated then
 */
int keyval_name(struct keyval *k, const char *key, char *name);

/* keyval_end - the next line must be "end" */
int keyval_end(struct keyval *k);

#endif
