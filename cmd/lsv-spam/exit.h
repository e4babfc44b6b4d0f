/* exit.h - running SPAM_EXIT for a person, as lsv-scan would */
#ifndef LSV_SPAM_EXIT_H
#define LSV_SPAM_EXIT_H

#include <stdint.h>

#include "lib/scananswer.h"
#include "lib/site.h"

enum {
	NO_MESSAGE = 65,           /* exit code: EX_DATAERR */
	EXIT_INPUT_MAX = 64 << 20, /* bytes; no SIZELIM can be larger */
};

/* exit_file - a file without a name, for a message
 *
 * Returns a descriptor; what keeps it from that ends the program
 */
int exit_file(void);

/* exit_become - root becomes the user of lsv-scan, before it reads a message
 *
 * It stays that: nothing of others can be opened afterwards.
 * must    1: SPAM_EXIT will be run; 0: where there is no inbox of lsv-scan,
 *         nothing is installed, and root stays root
 * What keeps it from that ends the program
 */
void exit_become(int must);

/* exit_input - standard input, to its end
 *
 * More than EXIT_INPUT_MAX bytes of it end the program with NO_MESSAGE; what
 * else keeps it from that ends it, too.
 * to      descriptor of a file that gets all of it; -1 when nobody needs that
 * head    empty, gets the first HEADER_READ bytes; NULL when nobody needs them
 * Returns its size, bytes
 */
uint64_t exit_input(int to, stralloc *head);

/* exit_ask - run it, and wait for what it says; exit_become comes first
 *
 * site    has a SPAM_EXIT
 * verb    "SCAN" or "REPORT"
 * list    name of the list; NULL for none
 * id      of the message
 * message descriptor of a file
 * from    where in it the message begins, bytes
 * out     overwritten
 */
void exit_ask(const struct site *site, const char *verb, const char *list,
    const char *id, int message, off_t from, struct scananswer *out);

#endif
