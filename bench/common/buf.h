/* buf.h - bytes that grow: replies, envelopes, log lines of the bench tools */
#ifndef BENCH_BUF_H
#define BENCH_BUF_H

#include <stddef.h>

/* struct buf - len bytes at p, room for cap; all zero is an empty one */
struct buf {
	char *p;
	size_t len;
	size_t cap;
};

/* buf_put - appends n bytes
 *
 * A benchmark that runs out of memory has no result, so this one exits (111)
 * instead of returning: the tools are spared thousands of checks.
 */
void buf_put(struct buf *b, const char *s, size_t n);

/* buf_puts - appends a string without its NUL */
void buf_puts(struct buf *b, const char *s);

/* buf_fmt - appends what printf(3) would print */
void buf_fmt(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* buf_drop - forgets the first n bytes; n may not exceed len */
void buf_drop(struct buf *b, size_t n);

/* buf_free - gives the memory back; the buffer is empty and usable again */
void buf_free(struct buf *b);

/* mem_get - n zeroed bytes; exits (111) when there is no memory */
void *mem_get(size_t n) __attribute__((returns_nonnull));

/* buf_file - a whole file, with a NUL behind it that len does not count
 *
 * name    path of the file
 * Returns 0; -1 with errno
 */
int buf_file(struct buf *b, const char *name);

/* buf_write - writes all of it to fd and empties it
 *
 * Returns 0; -1 with errno, the buffer then holds what is left
 */
int buf_write(struct buf *b, int fd);

#endif
