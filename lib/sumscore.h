/* sumscore.h - what the files of sums.h share, and nobody else */
#ifndef LSV_SUMSCORE_H
#define LSV_SUMSCORE_H

#include "lib/ofat.h"
#include "lib/sums.h"

enum {
	SUMS_TIME_LEN = 8,
	SUMS_HASH_LEN = 16, /* of a name, in a key */
	SUMS_HIT_KEY_LEN = SUMS_LEN + SUMS_HASH_LEN,
	SUMS_US = 1000000,
};

static inline struct bytes
sums_bytes(const void *p, size_t len)
{
	return (struct bytes){p, len};
}

/* sums_number - the 8 bytes of a number or time */
static inline uint64_t
sums_number(const char *s)
{
	uint64_t n;

	uint64_unpack_big(s, &n);
	return n;
}

/* sums_hit_key - a sum, and a name that goes with it
 *
 * out     SUMS_HIT_KEY_LEN bytes
 * Returns 0; -1 with errno
 */
int sums_hit_key(
    struct seen *s, char *out, const unsigned char *sum, struct bytes name);

/* sums_mark_get - a time and an ID under a key
 *
 * id      receives the ID; ID_NAME_MAX bytes
 * seconds what is further from now does not count
 * Returns 1; 0 absent; -1 with errno
 */
int sums_mark_get(struct seen *s, unsigned table, struct bytes key, char *id,
    uint64_t now_us, uint64_t seconds);

/* sums_mark_put - write them
 *
 * Returns 0; -1 with errno, EINVAL for an ID that is none
 */
int sums_mark_put(struct seen *s, unsigned table, struct bytes key,
    const char *id, uint64_t now_us);

/* sums_mark_old - is a value that begins with a time further from now; 1 or 0 */
int sums_mark_old(struct bytes value, uint64_t now_us, uint64_t seconds);

/* sums_alert_old - may this entry of the table of alerts be forgotten; 1 or 0 */
int sums_alert_old(struct bytes key, struct bytes value, uint64_t now_us);

#endif
