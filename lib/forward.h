/* forward.h - the value of SMTP_FORWARD and SMTP_FORWARD_n: where mail goes */
#ifndef LSV_FORWARD_H
#define LSV_FORWARD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/where.h"

enum {
	FORWARD_COUNT_MAX = 100, /* workers of one entry */
	FORWARD_PORT = 25,       /* where no port is written */
	FORWARD_NAME_MAX = 253,  /* RFC 1035 section 2.3.4, as text */
	FORWARD_LABEL_MAX = 63,
};

enum forward_kind {
	FORWARD_NAME, /* to be looked up */
	FORWARD_IPV4, /* dotted */
	FORWARD_IPV6, /* without its brackets */
};

/* struct forward - one relay
 *
 * host    hostlen bytes inside the text that was parsed, no terminating NUL;
 *         an IPv6 address stands there without its brackets
 * kind    what host is
 * port    1..65535
 * count   workers wanted, 1..FORWARD_COUNT_MAX
 * counted 1 when the count was written
 */
struct forward {
	const char *host;
	size_t hostlen;
	enum forward_kind kind;
	uint16_t port;
	unsigned count;
	int counted;
};

/* forward_parse - read "[count*]host[:port]"
 *
 * f       filled on success only
 * s, len  the whole value; host is a name of two labels or more, "localhost",
 *         a dotted IPv4 address, or an IPv6 address in brackets
 * w       where and why, when it is none
 * Returns 0; -1 with *w
 * Source  LISTSERV's SMTP_FORWARD_n=[x*]hostname; the port and IPv6 are ours
 */
int forward_parse(
    struct forward *f, const char *s, size_t len, struct where *w);

/* forward_name - is this the full name of a host?
 *
 * s, len  letters, digits, '-' and '.'; two labels or more, no dot at the end,
 *         the last label not all digits (it would be a mistyped address)
 * w       where and why not
 * Returns 0; -1 with *w
 * Source  RFC 1123 section 2.1; RFC 5890 for names in other scripts ("xn--")
 */
int forward_name(const char *s, size_t len, struct where *w);

#endif
