/* report.h - what lsv-spool prints, for people or as JSON */
#ifndef LSV_REPORT_H
#define LSV_REPORT_H

#include "cmd/lsv-spool/accounts.h"
#include "lib/json.h"
#include "lib/spoolcheck.h"

/* struct report - the output so far
 *
 * json    1: one JSON object at the end, 0: a line at once for each difference
 * quiet   1: no line for what was mended
 * failed  errno once standard output failed; the work goes on without it
 * mended  differences mended so far
 * path, text  memory for one line
 */
struct report {
	int json, quiet, failed;
	size_t mended;
	stralloc out, path, text;
	struct json j;
};

/* What became of a difference. */
enum outcome {
	OUTCOME_FOUND, /* only looked */
	OUTCOME_WOULD, /* would be mended (--dry-run) */
	OUTCOME_MENDED,
	OUTCOME_FAILED, /* errno says why */
	OUTCOME_LEFT,   /* a person has to mend it */
};

/* report_begin - start
 *
 * json, quiet  as in struct report
 * command      what is done: "check" and so on
 */
void report_begin(struct report *r, int json, int quiet, const char *command);

/* report_diff - one difference on disk
 *
 * lost    its name in lost/ when it was moved there, else "" or NULL
 */
void report_diff(struct report *r, const struct spoolcheck *c,
    const struct spooldiff *d, enum outcome what, const char *lost);

/* report_account - one difference of users and groups */
void report_account(
    struct report *r, const struct account_diff *d, enum outcome what);

/* report_end - finish
 *
 * left    differences that are still there
 * more    1 when not all of them were listed
 * lost    things in lost/
 * Returns 0; -1 with errno when standard output failed
 */
int report_end(struct report *r, size_t left, int more, uint64_t lost);

#endif
