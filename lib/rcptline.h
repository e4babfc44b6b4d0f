/* rcptline.h - the recipient lines of a dataset
 *
 *	address
 *	address Full Name
 *	address BSMTP
 *	address Full Name BSMTP
 *
 * The address is one of RFC 1429: local@host without <> or route, without any
 * blank, with a host that is fully qualified; a local part that needs quotes
 * begins with one (then also "Joe"."Now@Home".Smith@host is understood); no
 * asterisk at its beginning but in quotes.  NODE.BITNET is a host for every name
 * of a node.
 */
#ifndef LSV_RCPTLINE_H
#define LSV_RCPTLINE_H

#include <stddef.h>

#include "lib/bytes.h"
#include "lib/ofat.h"
#include "lib/where.h"

enum {
	RCPTLINE_MAX = 1024,   /* bytes of a line without its end */
	RCPTLINE_NODE_MAX = 8, /* letters of the name of a node */
};

/* Flags besides those of addr_spec. */
enum {
	RCPTLINE_NODES = 256, /* "user@NODE" too, without a dot */
};

/* struct rcptline - a reader of such lines; rcptline_begin makes it ready
 *
 * number  of the line that was read last, counted from the first of the text
 * line    that line, at most RCPTLINE_MAX + 1 bytes of it, without its end
 * address in normal form (lib/addr.h)
 * rest    what is in the line behind the address, raw, without blanks around:
 *         name and BSMTP
 * name    in UTF-8, no control bytes, at most ADDR_NAME_MAX bytes (what is
 *         longer is cut); empty when there is none
 * bsmtp   1: the line ends with BSMTP
 *
 * The other members are the reader's: what is left of the data, and its flags.
 */
struct rcptline {
	size_t number;
	struct bytes line, rest;
	stralloc address, name;
	int bsmtp;

	struct bytes left;
	int flags;
	stralloc plain;
};

/* rcptline_begin - a new dataset
 *
 * r       zeroed before its first use; keeps its memory
 * data    lines that end with LF or CR LF, the last one perhaps without
 * first   number of the first line, for r->number
 * flags   0, ADDR_UTF8, RCPTLINE_NODES or both
 */
void rcptline_begin(
    struct rcptline *r, struct bytes data, size_t first, int flags);

/* rcptline_next - the next recipient; lines of blanks are left out
 *
 * w       at is an offset into r->line
 * Returns 1; 0 at the end; -1 with errno EINVAL and w for a line that cannot be
 *         taken (r->number and r->line are its own, and the next call goes on
 *         behind it), or with errno ENOMEM
 */
int rcptline_next(struct rcptline *r, struct where *w);

/* rcptline_address - check one address that stands alone, as in TO a@b c@d
 *
 * out     the normal form is appended; unchanged on failure
 * flags   as for rcptline_begin
 * w       at is an offset into address
 * Returns 0; -1 with errno EINVAL and w, or ENOMEM
 */
int rcptline_address(
    stralloc *out, struct bytes address, int flags, struct where *w);

/* rcptline_free - release the memory; r is as zeroed */
void rcptline_free(struct rcptline *r);

#endif
