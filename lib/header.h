/* header.h - the header of a message, RFC 5322
 *
 * Works on the bytes as they came in: line ends are LF or CRLF, mixed as they
 * like; a bare CR, NUL or byte above 127 is a byte of a value like any other.
 * Nothing is copied or changed.  A line of blanks only continues the field
 * above it (the obsolete folding of RFC 5322 section 4.2), and blanks before
 * the colon are no part of a name (section 4.5).  lib/facts.h sums a header up.
 */
#ifndef LSV_HEADER_H
#define LSV_HEADER_H

#include <stddef.h>

#include "lib/bytes.h"
#include "lib/ofat.h"
#include "lib/where.h"

enum {
	HEADER_MAX = 256 << 10, /* bytes, with `From ' line and empty line */
	HEADER_READ = HEADER_MAX + 1, /* so many decide about any message */
	HEADER_FIELDS_MAX = 1000,
	HEADER_LINE_MAX = 65536, /* bytes of a line without its end */
};

/* struct header - where the header of a message is
 *
 * s       the message that was given
 * from    bytes of a leading mbox line `From ...' with its line end; 0 when
 *         there is none.  Who leaves them out has the message
 * end     the fields are s[from] to s[end - 1]; the empty line is at end
 * body    offset of the first byte behind the empty line; equals end when the
 *         message has no empty line
 * fields  how many, at least 1
 */
struct header {
	const char *s;
	size_t from, end, body;
	unsigned fields;
};

/* struct field - one field, pointing into the message
 *
 * name    without colon; compare with field_is
 * value   raw: all between the colon and the last line end, with the blanks
 *         and the line ends of its folding
 * at      offset of the name
 * end     offset behind the field's last line end
 */
struct field {
	struct bytes name, value;
	size_t at, end;
};

/* header_parse - find the header, and check that all of it is fields
 *
 * h       receives where it is; undefined on failure
 * s, len  the message, or HEADER_READ or more bytes of its beginning
 * w       what is wrong: "the message is empty", "the message has no header"
 *         (its first line is no field), "a header line is no field", "a header
 *         line is longer than 64 KiB", "the header is larger than 256 KiB",
 *         "the header has more than 1,000 fields".  at is the start of that
 *         line: see header_line
 * Returns 0; -1
 * Source  RFC 5322 sections 2.2, 3.6.8, 4.5; takes time linear in the header
 */
int header_parse(struct header *h, const char *s, size_t len, struct where *w);

/* header_line - the number of a line, for people; the first is 1
 *
 * s       the text that was parsed
 * at      where.at of the error
 */
size_t header_line(const char *s, size_t at);

/* header_next - walk over the fields in their order
 *
 * f       zeroed for the first field; then as the last call left it
 * Returns 1 with the next field in f; 0 when there is none
 */
int header_next(const struct header *h, struct field *f);

/* header_find - the n-th field of a name
 *
 * name    without colon, any case
 * n       0 is the first
 * f       receives the field; undefined when there is none
 * Returns 1; 0 absent
 */
int header_find(
    const struct header *h, const char *name, unsigned n, struct field *f);

/* field_is - has the field this name, in any case; 1 or 0
 *
 * In the header so that a compiler counts a constant name itself: most fields
 * are told apart by the length of their names.
 */
static inline int
field_is(const struct field *f, const char *name)
{
	return bytes_same(f->name, name);
}

/* field_trim - a raw value without the blanks, line ends and NULs around it
 *
 * Returns the part of value; what is folded inside stays folded
 */
struct bytes field_trim(struct bytes value);

/* field_unfold - a value on one line
 *
 * out     the trimmed value is appended, the line ends of its folding left out
 * value   raw
 * Returns 0; -1 with errno ENOMEM
 * Note    there is no LF in it, but a bare CR, NUL or other control byte may be
 */
int field_unfold(stralloc *out, struct bytes value);

/* field_skip - leave out blanks, line ends and (nested) comments
 *
 * v       the rest of a value; moved on
 * Source  CFWS of RFC 5322 section 3.2.2
 */
void field_skip(struct bytes *v);

/* field_token - the next token of RFC 2045, what is in front of it left out
 *
 * v       the rest of a value; moved on behind the token
 * Returns the token, empty when there is none
 */
struct bytes field_token(struct bytes *v);

#endif
