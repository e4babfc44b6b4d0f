/* reply.h - a message in which the server answers one that it got
 *
 * Used for the answers to command mail and for postings that are refused.  From
 * is LISTSERV@NODE; Auto-Submitted is auto-replied (RFC 3834), so that no other
 * server answers it.  The beginning of the header that is answered is attached
 * as text/rfc822-headers, unless bare says not to.  The same arguments make the same bytes; all of it is
 * ASCII in short lines ended by CRLF, the text encoded where it is none.
 */
#ifndef LSV_REPLY_H
#define LSV_REPLY_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/header.h"
#include "lib/ofat.h"

enum {
	REPLY_HEADER_MAX = 32 << 10, /* bytes attached of the header answered */
	REPLY_REFS_MAX =
	    20, /* message-ids in References: the first, the last 19 */
	REPLY_REF_MAX =
	    500, /* bytes of a message-id; a longer one is left out */
};

/* struct reply - the reply
 *
 * node    name of this server, mime_name_ok
 * id      ID of the reply, for its Message-ID and boundary: mime_name_ok, at
 *         most 52 bytes
 * now_us  its date, microseconds since 1970
 * to      who gets it
 * subject UTF-8; control bytes become blanks
 * text    UTF-8, lines ended by LF or CRLF
 * answers the header that is answered, for In-Reply-To, References and the
 *         attachment; NULL when there is none
 * bare    1: no attachment
 */
struct reply {
	struct bytes node, id;
	uint64_t now_us;
	struct bytes to, subject, text;
	const struct header *answers;
	int bare;
};

/* reply_message - the whole message
 *
 * out     appended; unchanged on failure
 * Returns 0; -1 with errno ENOMEM, or EINVAL for a name, ID or address that is
 *         none
 * Source  RFC 5322 section 3.6.4 (References), RFC 3834 section 3
 */
int reply_message(stralloc *out, const struct reply *r);

#endif
