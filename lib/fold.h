/* fold.h - lines over 998 bytes, which no mail server has to take
 *
 * SMTP knows no longer line (RFC 5321 section 4.5.3.1.6).  A message that has
 * one is broken by whoever made it; what can be said otherwise in shorter lines
 * is, and nothing else:
 *
 *   header      in front of the last run of blanks that lets a line have 998
 *               bytes at most: by RFC 5322 section 2.2.3 it means the same
 *   quoted-printable, base64
 *               by a soft line break, by a line break: decoded it is the same
 *   other text  in front of the last run of blanks, as in a header; where there
 *               is none, a line break and a blank are put in, between two
 *               characters of UTF-8
 *
 * Refused are a header line without a blank, a line of any other part (not
 * text and not encoded, or encoding "binary"), any line of a multipart/signed,
 * and text that switches its character set by ESC (ISO-2022).
 */
#ifndef LSV_FOLD_H
#define LSV_FOLD_H

#include <stdint.h>

#include "lib/ofat.h"
#include "lib/parts.h"
#include "lib/where.h"

enum { FOLD_LINE_MAX = PARTS_LINE_MAX }; /* bytes, without the line end */

/* struct fold - a message; fold_begin makes it ready
 *
 * lines   so many were too long
 *
 * The rest is not for callers: the piece under way of a line whose beginning
 * did not end it, len bytes; over: the line is too long, and of this form;
 * broken: a line break is due before the next of its bytes; cr: a CR ended the
 * last line; header: the header of the message is not over; held: its line has
 * a CR that may belong to the line end.
 */
struct fold {
	uint64_t lines;

	struct parts parts;
	char piece[FOLD_LINE_MAX];
	size_t len;
	int over, broken, cr, header, held;
	enum part_form form;
};

/* fold_begin - a new message, its header first */
void fold_begin(struct fold *f);

/* fold_put - the next bytes of the message
 *
 * out     the message is appended with CR LF for each LF, CR LF or bare CR
 *         (which in the header of the message is left as it is); a line not
 *         yet ended may be held back.  NULL: it is only checked
 * w       at is an offset into p; why is a constant phrase
 * Returns 0; -1 with w and errno EINVAL for a line that has to be refused, or
 *         with errno ENOMEM (w says so too).  Then the message is given up
 */
int fold_put(
    struct fold *f, stralloc *out, const char *p, size_t len, struct where *w);

/* fold_end - a last line without its end
 *
 * out     the line is appended as it is
 * Returns 0; -1 with errno ENOMEM
 */
int fold_end(struct fold *f, stralloc *out);

/* fold_in_header - after EINVAL: was it a line of a header; 1 or 0 */
int fold_in_header(const struct fold *f);

#endif
