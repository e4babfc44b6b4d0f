/* listitem.h - what the keywords of a list's header mean; for listhdr only */
#ifndef LSV_LISTITEM_H
#define LSV_LISTITEM_H

#include "lib/listhdr.h"

/* What Send= named, before it is weighed. */
enum {
	SEND_PUBLIC = 1,
	SEND_PRIVATE = 2,
	SEND_OWNER = 4,
	SEND_CLOSED = 8,
	SEND_OTHER = 16,
};

/* struct listitem - the header being read
 *
 * line    its number
 * quiet   1 behind Quiet: of Owner=
 * hidden  1 between .HH ON and .HH OFF
 * send    SEND_... bits
 * allow   1 behind Allow of Filter=
 * titled, replied, sized, pools
 *         what was given before
 */
struct listitem {
	struct listhdr *h;
	size_t line;
	int quiet, allow, hidden, titled, replied, sized, pools;
	unsigned send;
	struct where *w;
};

/* listitem_bad - record why the line cannot be taken; returns -1 */
static inline int
listitem_bad(struct listitem *p, const char *why)
{
	return where_set(p->w, p->line, why);
}

/* listitem_trim - the text without blanks around it */
struct bytes listitem_trim(struct bytes v);

/* listitem_known - is this a keyword of the table, in any case; 1 or 0 */
int listitem_known(struct bytes name);

/* listitem_take - a keyword with its value, of p->line
 *
 * Keeps it, and obeys it as far as it is obeyed, else adds a note.
 * Returns 0; -1 with p->w set
 */
int listitem_take(struct listitem *p, struct bytes name, struct bytes value);

/* listitem_end - what only the whole header tells
 *
 * Returns 0; -1 with p->w set
 */
int listitem_end(struct listitem *p);

#endif
