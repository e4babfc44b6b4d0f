/* addr.h - one mail address; addrlist.h reads lines and fields of them */
#ifndef LSV_ADDR_H
#define LSV_ADDR_H

#include "lib/ofat.h"
#include "lib/where.h"

/* Lengths in bytes, RFC 5321 section 4.5.3.1. A path is 256 with its <>. */
enum {
	ADDR_LOCAL_MAX = 64,
	ADDR_DOMAIN_MAX = 255,
	ADDR_LABEL_MAX = 63,
	ADDR_MAX = 254,
	ADDR_KEY_MAX = ADDR_MAX, /* a NUL in the place of the '@' */
};

/* addr_spec() and its callers: what else is allowed */
enum {
	ADDR_UTF8 = 1, /* UTF-8 in local part and domain, RFC 6531 3.3 */
};

/* addr_spec - check one address and bring it to its normal form
 *
 * Normal: quotes only where they are needed, no needless backslash, ASCII
 * letters of the domain in lower case. The local part keeps its case.
 * out     the address is appended; unchanged on failure
 * s, len  "local@domain": dot-string or quoted string, domain name or [1.2.3.4]
 *         or [IPv6:...]; no comments, no blanks around
 * flags   0 or ADDR_UTF8
 * w       at is an offset into s
 * Returns 0; -1 with w set (out of memory is one of the reasons)
 * Source  RFC 5321 sections 4.1.2, 4.1.3 and 4.5.3.1
 */
int addr_spec(
    stralloc *out, const char *s, size_t len, int flags, struct where *w);

/* addr_at - where local part and domain meet
 *
 * s, len  an address, normal or not; a quoted local part may hold '@'
 * Returns the offset of the '@'; len when there is none
 */
size_t addr_at(const char *s, size_t len);

/* addr_same - are two normal addresses the same mailbox for us
 *
 * Letters of local parts are compared without their case, as LISTSERV does.
 * Returns 1 or 0
 */
int addr_same(const char *a, size_t alen, const char *b, size_t blen);

/* addr_key - the bytes that sort addresses by reversed domain
 *
 * "Joe@Dept.Example.EDU" gives "edu.example.dept\0joe"; an address literal is
 * not reversed. Two addresses have one key exactly when addr_same says so.
 * out     appended, at most ADDR_KEY_MAX bytes; unchanged on failure
 * s, len  an address in normal form, but for the case of its letters
 * Returns 0; -1 with errno EINVAL when there is no '@', or ENOMEM
 */
int addr_key(stralloc *out, const char *s, size_t len);

/* addr_unkey - the address a key was made of, in lower case
 *
 * out     appended; unchanged on failure
 * Returns 0; -1 with errno EINVAL when there is no NUL in it, or ENOMEM
 */
int addr_unkey(stralloc *out, const char *key, size_t len);

#endif
