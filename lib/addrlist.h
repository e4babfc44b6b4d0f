/* addrlist.h - addresses with names: a line with one, a field with many */
#ifndef LSV_ADDRLIST_H
#define LSV_ADDRLIST_H

#include "lib/addr.h"

enum {
	ADDR_NAME_MAX = 256,   /* bytes of the full name beside an address */
	ADDR_NESTING_MAX = 32, /* comments within comments */
};

/* addr_line - a line of a subscriber file or a person's typing
 *
 * Understood: "addr", "<addr>", "addr Full Name", "addr (Full Name)",
 * "Full Name <addr>" and "\"Name, Full\" <addr>".
 * addr    replaced by the address in normal form
 * name    replaced by the full name, "" when there is none, at most
 *         ADDR_NAME_MAX bytes, no control bytes
 * s, len  without the end of line; blanks around are ignored
 * flags   0 or ADDR_UTF8 (of the address; a name may always be UTF-8)
 * w       at is an offset into s, of the word when not of the byte
 * Returns 0; -1 with w set, addr and name then hold nothing useful
 */
int addr_line(stralloc *addr, stralloc *name, const char *s, size_t len,
    int flags, struct where *w);

/* struct addr_list - where a reader of an address list is
 *
 * s, len  the value of a From, To, Cc, ... field, folded or not
 * at      next byte to read; 0 at first
 * flags   0 or ADDR_UTF8
 * group   1 inside "name: ... ;"; 0 at first
 */
struct addr_list {
	const char *s;
	size_t len, at;
	int flags, group;
};

/* addr_list_next - the next mailbox of a header field
 *
 * Groups are entered, comments skipped (one behind a bare address is taken as
 * its name), source routes dropped.
 * l       set up by the caller as above
 * addr    replaced by the address in normal form
 * name    replaced by the display name, quotes removed, encoded words as they
 *         are; "" when there is none. NULL: nobody asks
 * w       at is an offset into l->s
 * Returns 1; 0 at the end; -1 with w set when this one cannot be taken: the
 *         next call goes on behind the next comma
 * Source  RFC 5322 sections 3.4 and 4.4
 */
int addr_list_next(
    struct addr_list *l, stralloc *addr, stralloc *name, struct where *w);

#endif
