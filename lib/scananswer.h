/* scananswer.h - what SPAM_EXIT said of one message: a file of score/scanned
 *
 *	lsv-answer 1
 *	code: 2
 *	ms: 1432
 *	why: contains a virus
 *	end
 */
#ifndef LSV_SCANANSWER_H
#define LSV_SCANANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/ofat.h"
#include "lib/where.h"

#define SCANANSWER_DIR "score/scanned" /* below the spool */

enum {
	SCANANSWER_WHY_MAX = 900, /* bytes */
	SCANANSWER_MAX = 1024,    /* bytes of the whole file */
};

/* What an exit answers; all else is SCAN_FAILED. */
enum scan_code {
	SCAN_GO_ON,
	SCAN_WHITELISTED,
	SCAN_REJECTED,
	SCAN_FAILED,
};

/* struct scananswer - one answer
 *
 * ms      how long the exit took; 0 when it was not run
 * why     NUL-terminated, one line without control bytes: what a rejecting exit
 *         wrote, or why it failed; may be empty
 */
struct scananswer {
	enum scan_code code;
	uint64_t ms;
	char why[SCANANSWER_WHY_MAX + 1];
};

/* scananswer_format - append the text of the file
 *
 * Returns 0; -1 with errno ENOMEM
 */
int scananswer_format(stralloc *out, const struct scananswer *a);

/* scananswer_parse - read the text of a file
 *
 * out     filled on success
 * s, len  the whole file
 * w       what is wrong with it
 * Returns 0; -1 with *w
 */
int scananswer_parse(
    struct scananswer *out, const char *s, size_t len, struct where *w);

/* scananswer_why - set why from text of a stranger
 *
 * a       why is replaced: blanks and line ends become one blank each, control
 *         bytes '?', and it ends at SCANANSWER_WHY_MAX bytes, or before a
 *         character of UTF-8 that would be cut
 * s, len  any bytes
 */
void scananswer_why(struct scananswer *a, const char *s, size_t len);

/* scananswer_code - "0", "1", "2" or "failed" */
const char *scananswer_code(enum scan_code code);

#endif
