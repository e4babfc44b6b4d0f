/* ids.h - the names of messages and of everything made from them */
#ifndef LSV_IDS_H
#define LSV_IDS_H

#include <stddef.h>
#include <stdint.h>

enum {
	ID_LEN = 24, /* 13 hex digits of microseconds, '.', 10 random ones */
	ID_NAME_MAX = 52, /* an ID with two suffixes and a NUL */
};

/* id_make - a new ID
 *
 * out     ID_LEN + 1 bytes; 0647c1a2b3d4e.9f02c4d1aa and NUL
 * Returns 0; -1 with errno when the kernel gives no random bytes
 */
int id_make(char *out);

/* id_part - the name of the n-th part made from a name: ID.000012
 *
 * out     ID_NAME_MAX bytes, NUL-terminated; must not be name
 * name    an ID, or an ID with one suffix; NUL-terminated
 * n       1 to 999,999
 */
void id_part(char *out, const char *name, unsigned n);

/* id_named - the name of something else made from a name: ID.suffix
 *
 * out     ID_NAME_MAX bytes, NUL-terminated; must not be name
 * name    an ID, or an ID with one suffix; NUL-terminated
 * suffix  1 to 12 letters or digits
 */
void id_named(char *out, const char *name, const char *suffix);

/* id_copy - copy a name
 *
 * out     ID_NAME_MAX bytes
 * name    NUL-terminated; cut at ID_NAME_MAX - 1 bytes, which no name of ours has
 */
void id_copy(char *out, const char *name);

/* id_ok - is this a name that we give: an ID, alone or with up to two suffixes
 *
 * s, len  the name; needs no NUL
 * Returns 1 or 0
 */
int id_ok(const char *s, size_t len);

/* id_time_us - when an ID was made, microseconds since 1970; 0 when it is none
 *
 * id      at least 13 bytes
 */
uint64_t id_time_us(const char *id);

/* id_number - the decimal file number that LISTSERV's log would show
 *
 * id      at least 13 bytes
 * Returns the microseconds modulo 10,000,000
 */
uint32_t id_number(const char *id);

#endif
