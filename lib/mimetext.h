/* mimetext.h - pieces of the messages that we write ourselves
 *
 * All that comes out is ASCII without control bytes, in lines that end with
 * CRLF, so our messages need neither 8BITMIME nor a second look: what is no
 * ASCII is encoded (RFC 2047, quoted-printable), and no value can begin a new
 * field or a new part.  On failure out is as it was.
 */
#ifndef LSV_MIMETEXT_H
#define LSV_MIMETEXT_H

#include "lib/bytes.h"
#include "lib/ofat.h"

enum {
	MIME_WORDS_MAX = 512,   /* bytes that are taken of a value */
	MIME_ADDRESS_MAX = 512, /* bytes of an address */
	MIME_LINE_MAX = 998,    /* bytes of a line, RFC 5322 section 2.1.1 */
};

/* mime_words - free text as the value of a field such as Subject
 *
 * out     text is appended without a line end, folded where it is long
 * text    UTF-8; control bytes become blanks, what is no UTF-8 '?'; cut after
 *         MIME_WORDS_MAX bytes
 * column  bytes already in this line, at most 70
 * Returns 0; -1 with errno ENOMEM
 * Source  RFC 2047: plain when it is ASCII, short and holds no "=?", otherwise
 *         encoded words, charset UTF-8, encoding Q, at most 75 bytes each
 */
int mime_words(stralloc *out, struct bytes text, size_t column);

/* mime_phrase - the same for the name in front of <...>
 *
 * ASCII becomes a quoted string, all else encoded words.
 * Source  RFC 5322 section 3.2.4, RFC 2047 section 5 (3)
 */
int mime_phrase(stralloc *out, struct bytes text, size_t column);

/* mime_ascii - foreign text within a line of ours
 *
 * out     text is appended: tabs and line ends as blanks, other bytes that are
 *         not printable ASCII as '?', at most max bytes
 * Returns 0; -1 with errno ENOMEM
 */
int mime_ascii(stralloc *out, struct bytes text, size_t max);

/* mime_address - an address as the value of To or From
 *
 * address "local@domain", local may be a quoted string; bytes above 127 are
 *         let through (RFC 6532)
 * Returns 0; -1 with errno ENOMEM, or EINVAL when it is none: empty, over
 *         MIME_ADDRESS_MAX, a control byte, or a byte that ends an address
 */
int mime_address(stralloc *out, struct bytes address);

/* mime_name_ok - may this stand in an address or an identifier as it is
 *
 * Returns 1 when it is not empty and all of it printable ASCII without blanks
 * and none of ()<>[]:;@\,"; 0
 */
int mime_name_ok(struct bytes name);

/* mime_boundary - appends the boundary of a message
 *
 * id      ID of the message: mime_name_ok, at most 52 bytes
 * Note    it begins with "=_": quoted-printable text can never hold that, and
 *         mime_part encodes all text that does
 * Returns 0; -1 with errno ENOMEM
 */
int mime_boundary(stralloc *out, struct bytes id);

/* mime_delimiter - the line between two parts
 *
 * last    1: the one behind the last part
 * Returns 0; -1 with errno ENOMEM
 */
int mime_delimiter(stralloc *out, struct bytes id, int last);

/* mime_part - the fields, the empty line and the text of a part (or of a
 * message that has only one)
 *
 * type    "text/plain", to which the charset is added when the text is not
 *         ASCII, or another one, to which nothing is added
 * text    lines end with LF or CRLF; goes in as it is when it is ASCII in short
 *         lines, else quoted-printable
 * Returns 0; -1 with errno ENOMEM
 */
int mime_part(stralloc *out, const char *type, struct bytes text);

/* mime_head_of - as much of a header as is attached
 *
 * header  whole lines
 * Returns the first lines of it, max bytes at most; a first line that is longer
 *         is cut
 */
struct bytes mime_head_of(struct bytes header, size_t max);

#endif
