/* table.h - the parts of lsv-table */
#ifndef LSV_TABLE_TABLE_H
#define LSV_TABLE_TABLE_H

#include "lib/progress.h"
#include "lib/spamtab.h"

enum {
	TABLE_BAD = 65,       /* exit code: a text has bad lines */
	TABLE_BAD_SHOWN = 20, /* of one file */
};

/* struct options - the command line
 *
 * check, dir, self, out   of lsv-table network alone; NULL when not given
 */
struct options {
	int dry_run, json, check;
	const char *dir, *self, *out;
};

/* table_spam - lsv-table spam; returns the exit code, or ends the program */
int table_spam(const struct options *o);

/* table_network - lsv-table network; returns the exit code, or ends the program
 */
int table_network(const struct options *o);

/* struct spamtext - a text of spam entries that is being read
 *
 * tab     the good ones
 * line    lines read
 * bad     those that are no entries; the first TABLE_BAD_SHOWN were printed to
 *         standard error as "FILE:LINE: reason: entry"
 */
struct spamtext {
	const char *file;
	struct spamtab tab;
	struct progress bar;
	uint64_t bytes;
	uint32_t line;
	uint64_t bad;
};

/* spamtext_read - read a text
 *
 * t       zeroed but for file, which is a path
 * what    for the bar, one or two words
 * Returns 0, also when there are bad lines; -1 with errno, EINVAL when it is no
 *         file
 */
int spamtext_read(struct spamtext *t, const char *what);

/* spamtext_free - give the memory back */
void spamtext_free(struct spamtext *t);

#endif
