/* carrier.h - the mail that carries commands or a job
 *
 * The text is that of a mail without MIME, of its first part text/plain, or of
 * an attached file NAME.job.  It stays in its bytes: only the transfer encoding
 * is undone, and a text without one is where it was, in the message.  So
 * datasets are what the sender wrote; commands are shown in UTF-8 by
 * carrier_utf8.
 */
#ifndef LSV_CARRIER_H
#define LSV_CARRIER_H

#include <stddef.h>

#include "lib/bytes.h"
#include "lib/ofat.h"
#include "lib/where.h"

enum {
	CARRIER_MAX = 64 << 20, /* bytes of a message, and of its text */
	CARRIER_PARTS_MAX = 1000,
	CARRIER_DEPTH_MAX = 20, /* parts within parts */
	CARRIER_CHARSET_MAX = 40,
};

/* struct carrier - what a mail carries; zeroed before its first use
 *
 * text    the text: points into the message, or to memory of ours
 * decoded 1: into memory of ours
 * attached 1: it is the file NAME.job
 * charset its name, "" when none is said; NUL at its end
 * origin  the address that the commands are from, in normal form
 * name    the full name beside it, UTF-8 without control bytes
 */
struct carrier {
	struct bytes text;
	int decoded, attached;
	char charset[CARRIER_CHARSET_MAX + 1];
	stralloc origin, name;

	char *memory;
};

/* carrier_start - once for a process, before it confines itself
 *
 * Loads what reading of MIME needs.  Never undone.
 */
void carrier_start(void);

/* carrier_read - find the text in a mail
 *
 * c       its members are those of this mail until the next call; origin is set
 *         also on failure, when the mail names one (empty: nobody can be told)
 * message header and body as received; stays where it is as long as c->text is
 *         used
 * w       why: a sentence for the sender without its full stop; at is 0
 * Returns 0; -1 with errno EINVAL and w, or with errno ENOMEM
 * Note    takes time linear in the message
 * Source  the origin is the first mailbox of From; when there is none, that of
 *         Sender, then Resent-From (see lsv-job(5) for the reason)
 */
int carrier_read(struct carrier *c, struct bytes message, struct where *w);

/* carrier_utf8 - a piece of the text in UTF-8
 *
 * out     appended; bytes that are no character of the charset become '?', no
 *         other byte is changed
 * piece   a command or constant of the text
 * Returns 0; -1 with errno ENOMEM
 */
int carrier_utf8(stralloc *out, const struct carrier *c, struct bytes piece);

/* carrier_free - release the memory; c is as zeroed */
void carrier_free(struct carrier *c);

#endif
