/* keyfilter.h - knows of nearly each key that is not in a table that it is not
 *
 * Source  B. H. Bloom, Space/time trade-offs in hash coding with allowable errors,
 *         1970; with all bits of a key in one word, so that a look-up touches one
 *         line of memory
 */
#ifndef LSV_KEYFILTER_H
#define LSV_KEYFILTER_H

#include <stdint.h>

#include "lib/bytes.h"

/* struct keyfilter - a filter being made: 2^n bytes, at least 8; zeroed is empty */
struct keyfilter {
	char *s;
	size_t len;
};

/* keyfilter_make - an empty one
 *
 * n       keys that will be added: there are 16 to 32 bits for each
 * Returns 0; -1 with errno ENOMEM
 */
int keyfilter_make(struct keyfilter *f, size_t n);

/* keyfilter_add - add a key, which may be there already */
void keyfilter_add(struct keyfilter *f, struct bytes key);

/* keyfilter_free - give the memory back; f is empty then */
void keyfilter_free(struct keyfilter *f);

/* keyfilter_ok - can these bytes of a file be a filter; 1 or 0 */
int keyfilter_ok(struct bytes filter);

/* keyfilter_may_hold - may there be such a key?
 *
 * filter  as keyfilter_ok wants it
 * Returns 0 when there is none; 1 when there nearly always is
 */
int keyfilter_may_hold(struct bytes filter, struct bytes key);

/* keyfilter_hash - what a filter knows of a key, to ask several for it
 *
 * keyfilter_may_have with it says what keyfilter_may_hold says with the key.
 */
uint64_t keyfilter_hash(struct bytes key);
int keyfilter_may_have(struct bytes filter, uint64_t hash);

/* keyfilter_fetch - bring into the cache what keyfilter_may_have will look at */
void keyfilter_fetch(struct bytes filter, uint64_t hash);

#endif
