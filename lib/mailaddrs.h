/* mailaddrs.h - every address that a header names as author or as recipient
 *
 * The white and blacklists look at them, so nothing that a mail program might
 * show as an address may stay unseen.  An address list that is written as RFC
 * 5322 has it is read so: groups are entered, display names and comments are
 * not looked at, nor is an '@' that lacks its quotes in the name in front of an
 * <address>.  A mailbox that is not written so is searched for every '@' up
 * to the comma that ends it, wherever that stands, and each is read in several
 * ways: as the bytes around it are; without quotes and control bytes; with the
 * quoted text in front of it, with and without the quotes; and without the
 * blanks and comments when it stands behind a '<'.
 */
#ifndef LSV_MAILADDRS_H
#define LSV_MAILADDRS_H

#include <stdint.h>

#include "lib/addrlist.h"
#include "lib/bytes.h"
#include "lib/header.h"
#include "lib/ofat.h"

enum mailaddrs_side {
	MAILADDRS_FROM, /* From, Sender, Resent-From, Resent-Sender */
	MAILADDRS_TO,   /* To, Cc, Bcc, Resent-To, Resent-Cc, Resent-Bcc */
};

enum {
	MAILADDRS_MAX = 10000,      /* addresses of a side that are looked at */
	MAILADDRS_LOCAL_MAX = 256,  /* bytes kept in front of the '@' */
	MAILADDRS_DOMAIN_MAX = 255, /* bytes kept behind it */
	MAILADDRS_FORMS = 5,        /* ways to read an '@' out of place */
};

/* struct mailaddrs - where a walk over them is; zeroed before its first use
 *
 * looked  addresses given out
 * more    addresses beyond MAILADDRS_MAX, which were counted only
 * All else is not for the caller: header, side and field say where the walk
 * is; list is what is left of the field; piece a mailbox that is searched, from
 * at on; out holds what the '@' in front of at was read as, forms texts that
 * end at end[], of which form were given out; addr and name are room.
 */
struct mailaddrs {
	uint64_t looked, more;
	const struct header *header;
	enum mailaddrs_side side;
	struct field field;
	struct addr_list list;
	struct bytes piece;
	size_t at;
	size_t end[MAILADDRS_FORMS];
	unsigned forms, form;
	stralloc addr, name, out;
};

/* mailaddrs_begin - walk over the addresses of a message
 *
 * m       keeps its memory from one message to the next
 * h       stays as it is, with its message, until the walk is over
 */
void mailaddrs_begin(
    struct mailaddrs *m, const struct header *h, enum mailaddrs_side side);

/* mailaddrs_next - the next address
 *
 * address lower case, the domain in A-labels; what is no domain name stays as
 *         its bytes are.  In a mailbox that was searched it may be no address
 *         by any rule: with blanks, without its quotes, longer than allowed
 *         (then its local part is cut at its end and its domain at its
 *         beginning).  Valid until the next call
 * field   the name of its field, pointing into the message
 * Returns 1; 0 at the end, with m->more set; -1 with errno ENOMEM
 * Note    takes time linear in the length of the header
 */
int mailaddrs_next(
    struct mailaddrs *m, struct bytes *address, struct bytes *field);

/* mailaddrs_free - release the memory; m is as zeroed */
void mailaddrs_free(struct mailaddrs *m);

#endif
