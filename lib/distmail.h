/* distmail.h - what DISTRIBUTE writes itself of the messages it sends
 *
 * A message for BSMTP recipients goes out as it was given.  In personal copies
 * the field To names the recipient, and the fields that every message needs are
 * there.  A file becomes a message with the file attached.
 */
#ifndef LSV_DISTMAIL_H
#define LSV_DISTMAIL_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/header.h"
#include "lib/ofat.h"

/* What personal copies are merged with (lib/merge.h): the field To alone has
 * references, so that any '&' of the message survives. */
#define DISTMAIL_FIELDS "*TO NAME"

/* struct distmail - what the fields are made of
 *
 * node    name of this server, mime_name_ok
 * id      for Message-ID, likewise
 * from    who sends it, an address as mime_address takes it
 * name    the full name beside it, UTF-8; may be empty
 * now_us  Date, microseconds since 1970
 */
struct distmail {
	struct bytes node, id, from, name;
	uint64_t now_us;
};

/* distmail_personal - the header of personal copies
 *
 * The fields as they are, but To names the recipient, in the place where it was;
 * Bcc is left out; From, Date and Message-ID are there.
 * out     appended, the empty line included; the body is for the caller to
 *         append, from h->body on
 * h       the header as given, in wire form (lib/wire.h)
 * Returns 0; -1 with errno ENOMEM, or EINVAL when from is no address
 */
int distmail_personal(
    stralloc *out, const struct header *h, const struct distmail *m);

/* distmail_file - a message with a file
 *
 * out     appended, lines end with CR LF: header and body
 * file    its name, any bytes; may be empty
 * data    the file.  ASCII in short lines stays readable, all else is Base64
 * Returns 0; -1 with errno ENOMEM, or EINVAL when from is no address
 */
int distmail_file(stralloc *out, const struct distmail *m, struct bytes file,
    struct bytes data);

#endif
