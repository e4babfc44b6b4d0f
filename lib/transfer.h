/* transfer.h - the bytes of a part without its transfer encoding, as they come
 *
 * Nothing is refused: a reader of mail shows something of a part that is
 * damaged, too.
 */
#ifndef LSV_TRANSFER_H
#define LSV_TRANSFER_H

#include <stddef.h>

#include "lib/bytes.h"

enum { TRANSFER_OUT = 4 }; /* bytes that one byte may give at most */

enum transfer_kind {
	TRANSFER_NONE, /* 7bit, 8bit, binary, and any that is not known */
	TRANSFER_QUOTED,
	TRANSFER_BASE64,
};

/* struct transfer - a part under way; zeroed but for its kind at first
 *
 * held    bytes that mean something only with the next ones
 */
struct transfer {
	enum transfer_kind kind;
	char held[4];
	size_t nheld;
};

/* transfer_put - the next byte, line ends included
 *
 * out     receives TRANSFER_OUT bytes at most
 * Returns how many
 * Source  RFC 2045 section 6.7: blanks behind the '=' of a soft line end are no
 *         text, and '=' that begins nothing is; section 6.8: bytes that are not
 *         of the alphabet are left out, and what is padded may be followed by
 *         more
 */
size_t transfer_put(struct transfer *t, char byte, char *out);

/* transfer_more - the next bytes, as many as there are or have room
 *
 * in      moved on behind them; as many calls of transfer_put give the same
 * out     receives room bytes at most, TRANSFER_OUT or more
 * Returns how many
 */
size_t transfer_more(
    struct transfer *t, struct bytes *in, char *out, size_t room);

/* transfer_end - the part is over; t is at the start of the next one of its kind
 *
 * Returns how many bytes went to out
 */
size_t transfer_end(struct transfer *t, char *out);

#endif
