/* num.h - numbers from text, checked: the whole text or an error */
#ifndef LSV_NUM_H
#define LSV_NUM_H

#include <stddef.h>
#include <stdint.h>

/* num_u64 - a decimal number
 *
 * out     the value; unchanged on failure
 * s, len  the whole text: digits only, no sign, no blanks
 * max     the largest value allowed
 * Returns 0; -1 with errno EINVAL (not a number) or ERANGE (above max)
 */
int num_u64(uint64_t *out, const char *s, size_t len, uint64_t max);

/* num_hex64 - a hexadecimal number, 1 to 16 lower or upper case digits
 *
 * Returns 0; -1 with errno EINVAL
 */
int num_hex64(uint64_t *out, const char *s, size_t len);

/* num_bytes - a size: "n", "nK", "nM" or "nG" (powers of 1,024)
 *
 * out     bytes
 * Returns 0; -1 with errno EINVAL, or ERANGE above 2^63
 */
int num_bytes(uint64_t *out, const char *s, size_t len);

/* num_duration_ms - a time span: "200ms", "30s", "5m", "2h", "7d"; a bare
 * number is seconds
 *
 * out     milliseconds
 * Returns 0; -1 with errno EINVAL, or ERANGE above 2^63
 */
int num_duration_ms(uint64_t *out, const char *s, size_t len);

#endif
