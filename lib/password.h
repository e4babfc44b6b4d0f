/* password.h - passwords of people, kept so that nobody can read them
 *
 * A record is text: "scrypt N R P SALT HASH", salt and hash as hexadecimal
 * digits.  Its parameters are those it was made with.
 */
#ifndef LSV_PASSWORD_H
#define LSV_PASSWORD_H

#include "lib/bytes.h"
#include "lib/ofat.h"

enum {
	PASSWORD_MAX = 128,        /* bytes of a password */
	PASSWORD_MIN = 8,          /* of a new one */
	PASSWORD_RECORD_MAX = 200, /* bytes of a record */
};

/* password_make - the record of a password
 *
 * out     appended; unchanged on failure
 * Returns 0; -1 with errno EINVAL (empty, or too long), EIO when the kernel gives
 *         no random bytes, or ENOMEM
 * Source  RFC 7914: N 16384, r 8, p 1, which takes 16 MiB and some 50 ms
 */
int password_make(stralloc *out, struct bytes password);

/* password_check - is it the password of a record
 *
 * record  of password_make; empty for somebody who has none, which takes as
 *         long and is never right
 * Returns 1; 0; -1 with errno EIO when the record is damaged, or ENOMEM
 */
int password_check(struct bytes record, struct bytes password);

#endif
