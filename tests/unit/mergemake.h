/* mergemake.h - copies of messages with the fields NAME, CITY and CODE
 *
 * All of it is about the message that was compiled last.
 */
#ifndef LSV_MERGEMAKE_H
#define LSV_MERGEMAKE_H

#include "lib/merge.h"

#define PLAIN "Content-Type: text/plain; charset=utf-8\r\n"
#define HTML "Content-Type: text/html; charset=utf-8\r\n"
#define EIGHT "Content-Transfer-Encoding: 8bit\r\n"
#define QP "Content-Transfer-Encoding: quoted-printable\r\n"
#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"

/* mergemake_compile - compile a message, which must succeed
 *
 * text    in wire form, NUL-terminated; kept by the caller
 * Returns it, valid until the next call
 */
const struct merge *mergemake_compile(const char *text);

/* mergemake_refused - a message is refused with EINVAL for this reason
 *
 * Returns the offset that was said to be the place
 */
size_t mergemake_refused(const char *text, const char *why);

/* mergemake_poor - compile a message with each allocation failing in turn
 *
 * It is head, unit 80 times, which is long enough for all that grows to grow, and
 * end; with `first` none to three times behind the head, so that the units begin
 * anywhere.
 * each    nomemory_each
 */
void mergemake_poor(void (*each)(int (*run)(void), unsigned least),
    const char *head, const char *first, const char *unit, const char *end);

/* mergemake_row - the row of a line, with date and identifier
 *
 * line    "address TAB value TAB ..."; kept by the caller
 * Returns it, valid until the next call
 */
const struct merge_row *mergemake_row(const char *line);

/* mergemake_copy - the copy of a row is what is wanted, as long as it was
 * measured, and has bytes above 127 when that was said */
void mergemake_copy(const char *line, const char *want);

/* mergemake_body - the body of the copy of a row, valid until the next call */
const char *mergemake_body(const char *line);

/* mergemake_good - a row passes the check */
void mergemake_good(const char *line);

/* mergemake_bad - a row is refused with EINVAL
 *
 * at      place of the value; -1 the address, -2 the row
 */
void mergemake_bad(const char *line, int at, const char *why);

#endif
