/* charset.h - the characters of a text, byte by byte
 *
 * UTF-8 and ASCII, Windows-1252 and ISO-8859-1 are known, which is nearly all
 * mail.  A byte above 127 of another charset, and one that is wrong in UTF-8, is
 * given out as it is: CHARSET_BYTE and its value.
 */
#ifndef LSV_CHARSET_H
#define LSV_CHARSET_H

#include <stddef.h>
#include <stdint.h>

#include "lib/bytes.h"

#define CHARSET_BYTE 0x80000000U /* a byte, and no character */

enum { CHARSET_OUT = 4 }; /* characters that one byte may give at most */

enum charset_kind {
	CHARSET_UTF8,
	CHARSET_1252,
	CHARSET_OTHER,
};

/* struct charset - a text under way; zeroed it is one in UTF-8
 *
 * held    the first bytes of a character that is not complete
 */
struct charset {
	enum charset_kind kind;
	char held[4];
	size_t nheld;
};

/* charset_kind - what a name stands for
 *
 * name    "utf-8", in any case; empty: CHARSET_UTF8, as ASCII is part of it
 * Note    ISO-8859-1 is read as Windows-1252, as browsers do, which has
 *         characters where the other has control bytes
 */
enum charset_kind charset_kind(struct bytes name);

/* charset_put - the next byte
 *
 * out     receives CHARSET_OUT characters at most
 * Returns how many
 */
size_t charset_put(struct charset *c, char byte, uint32_t *out);

/* charset_end - the text is over; c is at the start of the next one of its kind
 *
 * Returns how many bytes of a character that is not complete went to out
 */
size_t charset_end(struct charset *c, uint32_t *out);

/* charset_utf8 - write what charset_put gave in UTF-8
 *
 * out     room for 4 bytes
 * Returns how many were written; a byte that is no character stays as it is
 */
size_t charset_utf8(char *out, uint32_t c);

#endif
