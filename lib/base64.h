/* base64.h - bytes as text, strictly */
#ifndef LSV_BASE64_H
#define LSV_BASE64_H

#include <stddef.h>

/* BASE64_LEN - characters that n bytes become */
#define BASE64_LEN(n) (((n) + 2) / 3 * 4)

/* base64_put - encode, with padding, without line ends or NUL
 *
 * out     room for BASE64_LEN(len) characters
 * p       len bytes
 * Returns BASE64_LEN(len)
 * Source  RFC 4648 section 4
 */
size_t base64_put(char *out, const void *p, size_t len);

/* base64_get - decode
 *
 * out     room for max bytes
 * n       how many were written, on success
 * s       len characters: whole groups of four, '=' only at the end, no other
 *         byte, and no bits that stand for nothing
 * Returns 0; -1 with errno EINVAL (not Base64), or ENOSPC (more than max)
 * Source  RFC 4648 sections 3.3, 3.5 and 4
 */
int base64_get(void *out, size_t *n, size_t max, const char *s, size_t len);

#endif
