/* utf8.h - the characters of UTF-8 text that may be none */
#ifndef LSV_UTF8_H
#define LSV_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* utf8_get - the character at the start of a text
 *
 * c       receives its code point; 0xfffd when there is no character
 * s, len  at least 1 byte
 * Returns its length in bytes, 1 to 4; 0 when the first bytes are no character
 *         (stray, overlong, surrogate, above U+10FFFF, cut short)
 * Source  RFC 3629 section 4
 */
size_t utf8_get(uint32_t *c, const char *s, size_t len);

#endif
