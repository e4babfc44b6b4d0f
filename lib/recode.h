/* recode.h - text of any character set in UTF-8 */
#ifndef LSV_RECODE_H
#define LSV_RECODE_H

#include "lib/bytes.h"
#include "lib/ofat.h"

/* recode_utf8 - text in UTF-8
 *
 * out     appended; a byte that is no part of a character becomes '?', and so
 *         does each above 127 of a character set that is not known here
 * in      any bytes
 * charset its name, in any case; "": UTF-8
 * Returns 0; -1 with errno ENOMEM
 * Note    character sets beyond charset.h are read by the C library, which loads
 *         a file for each; where it may not (any more), they are not known
 */
int recode_utf8(stralloc *out, struct bytes in, const char *charset);

/* recode_is_wide - are even the letters of ASCII not one byte each in it, so
 * that nobody can look for a line before all is recoded; 1 or 0
 */
int recode_is_wide(const char *charset);

#endif
