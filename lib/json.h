/* json.h - writing JSON, one value after the other, into a stralloc */
#ifndef LSV_JSON_H
#define LSV_JSON_H

#include <stdint.h>

#include "lib/ofat.h"

/* struct json - where the text goes, and whether a comma is due
 *
 * out     the text so far
 * comma   1 when the next value needs a comma before it
 * failed  1 once memory ran out; everything after is ignored
 */
struct json {
	stralloc *out;
	int comma;
	int failed;
};

/* json_open, json_close - begin and end an object ('{', '}') or an array ('[',
 * ']')
 *
 * key     name inside an object, NULL inside an array or at the top
 * kind    '{' or '['; for json_close '}' or ']'
 */
void json_open(struct json *j, const char *key, char kind);
void json_close(struct json *j, char kind);

/* json_s, json_z, json_u, json_i, json_b - a string, number or truth value
 *
 * key     name inside an object, NULL inside an array
 * s, len  any bytes: what is not UTF-8 prints as U+FFFD, control bytes escaped
 */
void json_s(struct json *j, const char *key, const char *s, size_t len);
void json_z(struct json *j, const char *key, const char *z);
void json_u(struct json *j, const char *key, uint64_t n);
void json_i(struct json *j, const char *key, int64_t n);
void json_b(struct json *j, const char *key, int truth);

/* json_null - no value; key as above */
void json_null(struct json *j, const char *key);

#endif
