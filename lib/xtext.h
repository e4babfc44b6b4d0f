/* xtext.h - values of ESMTP parameters: bytes that may not stand there are
 * written in hexadecimal */
#ifndef LSV_XTEXT_H
#define LSV_XTEXT_H

#include <stddef.h>

#include "lib/bytes.h"

/* xtext_write - the form for ASCII: "+2B" for '+'
 *
 * out     room bytes; no NUL is added
 * b       any bytes; moved on behind what was written, so that it is empty when
 *         all of it had room
 * Returns the bytes in out
 * Source  RFC 3461 section 4
 */
size_t xtext_write(char *out, size_t room, struct bytes *b);

/* xtext_write_utf8 - the form for addresses in UTF-8: "\x{E9}" for U+00E9
 *
 * out, room, b  as above; what is no UTF-8 is written as U+FFFD
 * Returns the bytes in out, all of them ASCII
 * Source  RFC 6533 section 3, utf-8-addr-xtext
 */
size_t xtext_write_utf8(char *out, size_t room, struct bytes *b);

#endif
