/* exit.h - running SPAM_EXIT for a person, as lsv-scan would */
#ifndef LSV_SPAM_EXIT_H
#define LSV_SPAM_EXIT_H

#include "lib/scananswer.h"
#include "lib/site.h"

/* exit_file - a file without a name, for a message
 *
 * Returns a descriptor; what keeps it from that ends the program
 */
int exit_file(void);

/* exit_ask - run it, and wait for what it says
 *
 * root becomes the user of lsv-scan for it, and stays that: nothing of others
 * can be opened afterwards.
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
