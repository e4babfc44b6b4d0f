/* spool.h - what the parts of lsv-spool share */
#ifndef LSV_SPOOL_H
#define LSV_SPOOL_H

#include "cmd/lsv-spool/accounts.h"
#include "cmd/lsv-spool/report.h"
#include "lib/progress.h"
#include "lib/spoolcheck.h"

/* struct options - the command line
 *
 * command "make", "check" or "repair"
 */
struct options {
	const char *command;
	int json, dry_run, adopt, verbose;
};

/* struct spool - everything
 *
 * may     bits MEND_* of what this command may do
 * lock    the spool's lock while we mend, else -1
 */
struct spool {
	struct options opt;
	struct spooltab tab;
	struct spooltab_users users;
	struct spoolcheck check;
	struct report report;
	struct progress progress;
	unsigned may;
	int lock;
};

/* tables_read - read spool.tab and users.tab; ends the program when it cannot
 */
void tables_read(struct spool *s);

/* spool_check - lsv-spool check; returns the exit code */
int spool_check(struct spool *s);

/* spool_mend - lsv-spool make and repair; returns the exit code */
int spool_mend(struct spool *s);

/* look - compare everything: accounts, rows and, with content, what lies in
 * the directories
 *
 * accounts receives what differs of users and groups; free accounts->of
 * Returns the number of differences; ends the program when memory is out
 */
size_t look(struct spool *s, struct account_diffs *accounts, int content);

/* lost_count - how many things lie in lost/ */
uint64_t lost_count(const struct spool *s);

#endif
