/* posting.h - the header under which a posting goes to its list
 *
 * What comes out, in this order, each line ended by CRLF:
 *
 *  1 two trace fields of ours, before all others as RFC 5321 section 4.4 wants:
 *	Received: by NODE (lsv) id ID
 *		for <LIST@HOST>; DATE
 *	X-LSV-Trace: LIST@NODE ID
 *    Received has no "from" and no "with": the posting came from this host's
 *    MTA by no protocol that a name is registered for; the MTA's own Received
 *    below says from where.
 *  2 the received fields, byte for byte and in their order.  Never unfolded or
 *    encoded anew, and folded only where a line has over 998 bytes (see
 *    lib/fold.h); a line end LF becomes CRLF, and a bare CR or a NUL, which no
 *    wire carries, a blank.  Left out are: an mbox line
 *    `From ', Return-Path (the last MTA writes it), List-Id, List-Post,
 *    List-Help, List-Owner, List-Subscribe, List-Unsubscribe,
 *    List-Unsubscribe-Post, List-Archive (those of another list would
 *    contradict ours), Precedence, and Reply-To as under 3.
 *  3 what we add:
 *	Message-ID: <ID@NODE>		if there was none
 *	Date: time of the ID		if there was none
 *	Reply-To: ...			as the list wants it, see struct posting
 *	Precedence: list
 *	List-Id: "TITLE" <list.host>	in lower case
 *	List-Help: <mailto:listserv@HOST?body=INFO%20LIST>
 *	List-Post: <mailto:LIST@HOST>
 *	List-Owner: <mailto:LIST-request@HOST>
 *	List-Unsubscribe: <mailto:LIST-unsubscribe-request@HOST>
 *  4 the empty line.
 *
 * Source  RFC 2369, RFC 2919, RFC 5321 section 4.4, RFC 5322 section 3.6
 */
#ifndef LSV_POSTING_H
#define LSV_POSTING_H

#include "lib/bytes.h"
#include "lib/header.h"
#include "lib/ofat.h"

/* enum posting_reply - the destination of the keyword Reply-To= */
enum posting_reply {
	POSTING_REPLY_LIST,    /* Reply-To: the list */
	POSTING_REPLY_SENDER,  /* Reply-To: what From says */
	POSTING_REPLY_BOTH,    /* Reply-To: the list, and what From says */
	POSTING_REPLY_NONE,    /* none is added */
	POSTING_REPLY_ADDRESS, /* Reply-To: a fixed address */
};

/* struct posting - what the header is made from besides the one received
 *
 * list    name of the list as it shall be shown, mime_name_ok
 * host    host of the list's addresses, mime_name_ok
 * node    name of this server, mime_name_ok
 * title   of the list, UTF-8; may be empty; MIME_WORDS_MAX bytes are shown
 * id      the ID of the posting: id_ok
 * reply   destination of replies
 * ignore  0 (Respect): a Reply-To that came in and is not blank stays and none
 *         is added; 1 (Ignore): it is removed, and with POSTING_REPLY_NONE
 *         none takes its place
 * reply_address
 *         for POSTING_REPLY_ADDRESS: an address as mime_address takes it
 */
struct posting {
	struct bytes list, host, node, title, id;
	enum posting_reply reply;
	int ignore;
	struct bytes reply_address;
};

/* posting_header - the header of a posting in wire form
 *
 * out     appended, the empty line included; the body is for the caller to
 *         append, from h->body on.  Unchanged on failure
 * h       the received header, parsed
 * Returns 0; -1 with errno ENOMEM, EINVAL for a name, ID or address that is
 *         none (a control byte in it, for one), or EMSGSIZE for a line that
 *         is too long and cannot be folded
 */
int posting_header(
    stralloc *out, const struct header *h, const struct posting *p);

#endif
