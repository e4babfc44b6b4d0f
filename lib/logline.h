/* logline.h - one event, one line, one write: what services say
 *
 * 0647c1a2b3d4e.9f02c4d1aa routed list=TEST rcpts=3 pool=A
 *
 * The ID comes first ("-" when the event belongs to no message), then a word
 * that names the event, then key=value.  A value with blanks, quotes, '=' or
 * bytes outside ASCII is quoted; control bytes become '?', so that no value can
 * forge a line.
 */
#ifndef LSV_LOGLINE_H
#define LSV_LOGLINE_H

#include <stddef.h>
#include <stdint.h>

enum { LOG_MAX = 2048, LOG_VALUE_MAX = 512 };

struct logline {
	char text[LOG_MAX];
	size_t len;
};

/* log_begin - start a line
 *
 * l       anything; overwritten
 * id      a name of ids.h, NUL-terminated, or NULL
 * event   one word
 */
void log_begin(struct logline *l, const char *id, const char *event);

/* log_s, log_z, log_u - add key=value; values over LOG_VALUE_MAX bytes are cut
 *
 * key     one word
 * s, len  a value, any bytes
 * z       the same, NUL-terminated; NULL adds nothing
 * n       a number
 */
void log_s(struct logline *l, const char *key, const char *s, size_t len);
void log_z(struct logline *l, const char *key, const char *z);
void log_u(struct logline *l, const char *key, uint64_t n);

/* log_end - write the line to standard error
 *
 * A failing standard error is ignored: losing a log line is better than
 * losing mail.
 */
void log_end(struct logline *l);

/* log_gather - lines are kept, and written many at once
 *
 * A line of its own wakes the logger each time.  For the files of a batch only:
 * what is kept must not wait, nor meet a fork, which would double it.
 */
void log_gather(void);

/* log_release - write what was kept; from now on each line at once again */
void log_release(void);

#endif
