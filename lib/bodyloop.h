/* bodyloop.h - does the body of a message show that it was on the list before
 *
 * Somebody's mail system may send back what the list distributed, with the
 * header of the copy in its body: as a part, attached, or quoted.  Two tests,
 * each for a line of the body that has, behind any blanks, '>' and '|':
 *
 *	"X-LSV-Trace: LIST@node"
 *		of the copies that this server distributed (posting.h)
 *	"From:", "Sender:" or "Reply-To:"
 *		and an address of the list in the value, which may go on in lines
 *		that begin with a blank
 *
 * Text in Base64 is not looked into.
 */
#ifndef LSV_BODYLOOP_H
#define LSV_BODYLOOP_H

#include <stddef.h>

#include "lib/bytes.h"

enum {
	BODYLOOP_LINE_MAX = 998, /* bytes of a field that are looked at */
	BODYLOOP_ADDRESSES = 4,  /* addresses of a list */
};

/* What was found. */
enum {
	BODYLOOP_TRACE = 1,
	BODYLOOP_ADDRESS = 2,
};

/* struct bodyloop - a message under way; its members are its own */
struct bodyloop {
	struct bytes trace, address[BODYLOOP_ADDRESSES];
	size_t naddress;
	unsigned found;
	int body, state;
	size_t len;
	char line[BODYLOOP_LINE_MAX];
};

/* bodyloop_begin - a new message
 *
 * trace   "LIST@node" as posting_header writes it
 * address n addresses of the list, "LIST@HOST", BODYLOOP_ADDRESSES at most; in
 *         any case.  All have to stay where they are up to bodyloop_end
 */
void bodyloop_begin(struct bodyloop *b, struct bytes trace,
    const struct bytes *address, size_t n);

/* bodyloop_more - its next bytes, from the first one of its header on */
void bodyloop_more(struct bodyloop *b, const char *s, size_t len);

/* bodyloop_end - what was found: BODYLOOP_TRACE, BODYLOOP_ADDRESS, both, or 0 */
unsigned bodyloop_end(struct bodyloop *b);

#endif
