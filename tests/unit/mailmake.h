/* mailmake.h - .MAIL files for tests */
#ifndef LSV_MAILMAKE_H
#define LSV_MAILMAKE_H

#include <stddef.h>
#include <stdint.h>

#define MAIL_A "0647c1a2b3d4e.9f02c4d1aa"
#define MAIL_B "0647c1a2b3d4f.0000000000"

/* mail_make - a .MAIL file with recipients r0@example.org, r1@example.org, ...
 *
 * path    where; its last part becomes the name in the head
 * nrcpt   recipients
 * journal appended to it, NUL-terminated
 * Returns the offset of the journal; 0 when it could not be made
 */
uint64_t mail_make(const char *path, uint32_t nrcpt, const char *journal);

/* mail_append - add bytes at the end of a file; 0, or -1 with errno */
int mail_append(const char *path, const void *p, size_t len);

/* mail_size - bytes of a file; -1 with errno */
long mail_size(const char *path);

#endif
