/* cookie.h - confirming by mail: a word that only who got a mail knows
 *
 * The word is made of the first half of an HMAC-SHA256 over the message that
 * asked for it and all that it is good for, with a secret of the server.  A
 * second run of that message makes the same one.  What it is good for is kept by
 * the server: the word alone does nothing.
 */
#ifndef LSV_COOKIE_H
#define LSV_COOKIE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ids.h"
#include "lib/ofat.h"

enum {
	COOKIE_LEN = 16, /* hex digits */
	COOKIE_LIFE_S = 48 * 3600,
};

enum cookie_kind {
	COOKIE_CONFIRM = 'c', /* the address itself confirms its command */
	COOKIE_APPROVE = 'a', /* an owner of the list approves of it */
};

enum cookie_state {
	COOKIE_OPEN = 'o',
	COOKIE_USED = 'u',
};

/* struct cookie - what a word is good for
 *
 * made_us when it was made
 * address who gave the command, in normal form
 * name    the full name beside it, may be empty
 * list    the list it is about, in upper case; empty when it is about none
 * command what is done when the word comes back; no LF in any of them
 */
struct cookie {
	enum cookie_kind kind;
	enum cookie_state state;
	uint64_t made_us;
	struct bytes address, name, list, command;
};

/* cookie_make - the word
 *
 * out     COOKIE_LEN digits in upper case, and NUL
 * secret  len bytes
 * id      of the message that asks for it, n the number of the question in it
 * Returns 0; -1 with errno ENOMEM
 */
int cookie_make(char out[COOKIE_LEN + 1], const unsigned char *secret,
    size_t len, const char *id, unsigned n, const struct cookie *c);

/* cookie_format - the record of it
 *
 * out     appended
 * Returns 0; -1 with errno ENOMEM, or EINVAL for a value with LF or NUL
 */
int cookie_format(stralloc *out, const struct cookie *c);

/* cookie_parse - read a record
 *
 * c       points into it
 * Returns 0; -1 with errno EIO when it is damaged
 */
int cookie_parse(struct cookie *c, struct bytes record);

/* cookie_over - is its time over; 1 or 0
 *
 * The clock may be set either way: what was made later than now is over as well
 * once it is so by COOKIE_LIFE_S.
 */
int cookie_over(const struct cookie *c, uint64_t now_us);

/* cookie_word - is this the form of a word
 *
 * out     receives it in upper case, and NUL
 * word    in any case, in parentheses or not
 * Returns 1; 0 when it cannot be one
 */
int cookie_word(char out[COOKIE_LEN + 1], struct bytes word);

/* cookie_find - a word in parentheses within a text such as a Subject
 *
 * Returns 1 with the last one; 0 when there is none
 */
int cookie_find(char out[COOKIE_LEN + 1], struct bytes text);

#endif
