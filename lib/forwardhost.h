/* forwardhost.h - the names and addresses of hosts, as they are written */
#ifndef LSV_FORWARDHOST_H
#define LSV_FORWARDHOST_H

#include <stddef.h>

#include "lib/where.h"

enum {
	FORWARD_NAME_MAX = 253, /* RFC 1035 section 2.3.4, as text */
	FORWARD_LABEL_MAX = 63,
};

enum forward_kind {
	FORWARD_NAME, /* to be looked up */
	FORWARD_IPV4, /* dotted */
	FORWARD_IPV6, /* without its brackets */
};

/* forward_name - is this the full name of a host?
 *
 * s, len  letters, digits, '-' and '.'; two labels or more, no dot at the end,
 *         the last label not all digits (it would be a mistyped address)
 * w       where and why not
 * Returns 0; -1 with *w
 * Source  RFC 1123 section 2.1; RFC 5890 for names in other scripts ("xn--")
 */
int forward_name(const char *s, size_t len, struct where *w);

/* forward_name_byte - may it stand in a label of such a name?  1 or 0 */
int forward_name_byte(char c);

/* forward_address - is this an address?
 *
 * kind    FORWARD_IPV4: dotted, four numbers; FORWARD_IPV6: without brackets
 *         and without a zone
 * Returns 1 or 0
 */
int forward_address(enum forward_kind kind, const char *s, size_t len);

/* forward_literal - is this an address as EHLO takes it?
 *
 * s, len  "[192.0.2.1]" or "[IPv6:2001:db8::1]"
 * Returns 1 or 0
 * Source  RFC 5321 section 4.1.3
 */
int forward_literal(const char *s, size_t len);

#endif
