/* journal.h - what became of each recipient: lines at the end of a .MAIL file
 *
 *   D 0-99 250 2.0.0 1795341600123456 127.0.0.1:25 Ok: queued
 *   F 7-7 550 5.1.1 1795341600123456 127.0.0.1:25 User unknown
 *   R 8-9 450 4.2.1 1795341600123456 127.0.0.1:25 Mailbox busy
 *   L 1795341900123456 1        due time, tries so far: last line in later/
 *   W 1795341900123456          its sender was told of the delay
 *   K 1795341900123456          packed for another server: about to be handed on
 *   P                           its failures were reported
 *   E                           every recipient has D or F
 *
 * Lines are only appended, by the one process that holds the lock; the last
 * counts.  A torn last line never happened.
 */
#ifndef LSV_JOURNAL_H
#define LSV_JOURNAL_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ofat.h"
#include "lib/where.h"

enum {
	JOURNAL_TEXT_MAX = 256, /* bytes kept of a reply's text */
	JOURNAL_HOST_MAX = 128, /* bytes of a host */
	JOURNAL_LINE_MAX = 640,
};

/* What a line says. */
enum journal_op {
	OP_DELIVERED = 'D',
	OP_FAILED = 'F',
	OP_RETRY = 'R',
	OP_LATER = 'L',
	OP_WARNED = 'W',
	OP_PACKED = 'K',
	OP_REPORTED = 'P',
	OP_END = 'E',
};

/* struct entry - one line
 *
 * op      what happened
 * first, last  recipients by their place in the file, from 0 (D F R)
 * code    SMTP reply code; 0 when there was no reply (D F R)
 * status  enhanced status code, "4.2.1"; never empty (D F R)
 * when_us when it happened (D F R W K); when it is due (L)
 * tries   how often the file was tried (L)
 * host    who answered, "-" when nobody did (D F R)
 * text    what was said; may be empty (D F R)
 */
struct entry {
	enum journal_op op;
	uint32_t first, last;
	unsigned code;
	struct bytes status;
	uint64_t when_us;
	uint32_t tries;
	struct bytes host, text;
};

/* journal_format - append a line
 *
 * Text and host are cut to their maximum; their control bytes become '?',
 * blanks in a host '_'.
 * Returns 0; -1 with errno ENOMEM
 */
int journal_format(stralloc *out, const struct entry *e);

/* journal_line - read the first line of some text
 *
 * e       points into s afterwards
 * s, len  journal text
 * nrcpt   recipients of the file: a range must lie below
 * w       what is wrong
 * Returns the bytes of the line with its LF; 0 when there is no whole line;
 *         -1 when it is no journal line
 */
ssize_t journal_line(struct entry *e, const char *s, size_t len, uint32_t nrcpt,
    struct where *w);

#endif
