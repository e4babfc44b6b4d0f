/* verp.h - envelope senders that name one recipient, and back
 *
 * owner-test-l@lists.example.org and joe@example.com make
 * owner-test-l+joe=example.com@lists.example.org.  The last '=' stands for the
 * recipient's '@' (no domain has one) and the first '+' ends the list (so no
 * list with a '+' in its name has such senders).  When the recipient's local
 * part is a quoted string the whole new local part is:
 * "owner-test-l+joe doe=example.com"@lists.example.org.
 */
#ifndef LSV_VERP_H
#define LSV_VERP_H

#include "lib/ofat.h"

enum { VERP_MAX = 254 }; /* bytes of such a sender, RFC 5321 4.5.3.1.3 */

/* verp_sender - the envelope sender that names one recipient
 *
 * out     the address is appended; unchanged on failure
 * list    sender of the list, len bytes, "owner-x@host", no NUL inside
 * rcpt    the recipient, rlen bytes, an addr-spec of RFC 5321 section 4.1.2
 * Returns 0; -1 with errno ENOMEM; EINVAL when either has no '@', nothing on
 *         one side of it or a control byte, or when the local part of list has
 *         a '+' or is not mime_name_ok; ENAMETOOLONG above VERP_MAX: then the
 *         sender of the list itself serves
 * Source  the VERP of Postfix (default_verp_delimiters "+=", VERP_README).  As
 *         there, the local part may be longer than the 64 bytes of RFC 5321
 */
int verp_sender(
    stralloc *out, const char *list, size_t len, const char *rcpt, size_t rlen);

/* verp_parse - whom the local part of such an address names
 *
 * list    replaced by the name of the list as written, without "owner-"
 * rcpt    replaced by the recipient in the normal form of addr_spec
 * local   len bytes in front of the '@', as a quoted string or not ("owner-" in
 *         any case)
 * Returns 1; 0 when it is no VERP address; -1 with errno ENOMEM.  list and rcpt
 *         are of use only after 1
 */
int verp_parse(stralloc *list, stralloc *rcpt, const char *local, size_t len);

#endif
