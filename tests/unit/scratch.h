/* scratch.h - a private directory for tests that need files */
#ifndef LSV_SCRATCH_H
#define LSV_SCRATCH_H

#include <stddef.h>

/* scratch_enter, scratch_leave - setup and teardown functions of cmocka: a new
 * directory below TMPDIR becomes the current one, and is removed again
 *
 * state   becomes the path, NUL-terminated
 * Returns 0; -1
 */
int scratch_enter(void **state);
int scratch_leave(void **state);

/* scratch_file - write a file below the current directory
 *
 * Returns 0; -1 with errno
 */
int scratch_file(const char *path, const void *bytes, size_t len);

/* scratch_text - the whole of a file, NUL-terminated; for one use at a time
 *
 * Returns static memory, cut at 65,535 bytes; NULL when it cannot be read
 */
const char *scratch_text(const char *path);

/* scratch_stderr - what a function writes to standard error
 *
 * Returns static memory as scratch_text does
 */
const char *scratch_stderr(void (*fn)(void *arg), void *arg);

/* scratch_exit - the last words of a function that ends the process
 *
 * code    receives the exit code; SCRATCH_ALIVE when it returned, -1 when a
 *         signal ended it
 * fn      run in a child
 * Returns what it wrote to standard error, as scratch_stderr does
 */
enum { SCRATCH_ALIVE = 255 };
const char *scratch_exit(int *code, void (*fn)(void *arg), void *arg);

#endif
