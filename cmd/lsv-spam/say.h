/* say.h - putting together what lsv-spam prints; out of memory ends it */
#ifndef LSV_SPAM_SAY_H
#define LSV_SPAM_SAY_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/json.h"
#include "lib/ofat.h"

enum { SAY_US_PER_S = 1000000 };

/* say_no_memory - end the program */
_Noreturn void say_no_memory(void);

/* say_put, say_bytes, say_u - add a string, bytes, a number as they are */
void say_put(stralloc *out, const char *z);
void say_bytes(stralloc *out, struct bytes b);
void say_u(stralloc *out, uint64_t n);

/* say_clean - add what others wrote, without what a terminal would obey */
void say_clean(stralloc *out, struct bytes b);

/* say_seconds - between two times in microseconds; 0 when the second is not the
 * later one */
uint64_t say_seconds(uint64_t from_us, uint64_t to_us);

/* say_age - the same in few characters, as "   5m" */
void say_age(stralloc *out, uint64_t from_us, uint64_t to_us);

/* say_json - the same as a value of JSON; null when there is no b.s */
void say_json(struct json *j, const char *key, struct bytes b);

/* say_flush - print it, and empty it */
void say_flush(stralloc *out);

#endif
