/* words.h - the encoded words of a field, decoded */
#ifndef LSV_WORDS_H
#define LSV_WORDS_H

#include <stddef.h>

#include "lib/bytes.h"

/* words_decode - the text of an unstructured field
 *
 * out     receives room bytes at most; what does not fit is left out, never a
 *         part of a character
 * value   of the field; unfolded or not
 * Returns how many bytes.  Encoded words of a charset that charset.h knows are
 *         in UTF-8, those of others as their bytes are; what is no encoded word
 *         stays as it is
 * Source  RFC 2047 sections 2 and 6; a word may be longer than 75 bytes and stand
 *         within other text, as mail has it.  Takes time linear in the value
 */
size_t words_decode(char *out, size_t room, struct bytes value);

#endif
