/* program.h - what lsv-merge works with */
#ifndef LSV_MERGE_PROGRAM_H
#define LSV_MERGE_PROGRAM_H

#include <stdint.h>

#include "lib/clock.h"
#include "lib/csv.h"
#include "lib/handover.h"
#include "lib/ids.h"
#include "lib/merge.h"
#include "lib/progress.h"
#include "lib/site.h"
#include "lib/spoolfile.h"

enum {
	BAD_SHOWN = 100, /* bad rows that are named; the others are counted */
};

/* struct options - what was asked for
 *
 * table, message  descriptors of what the words name
 */
struct options {
	int dry_run, json, verp;
	const char *from, *pool, *list, *fields, *show, *file;
	int table, message;
};

/* struct program - everything
 *
 * head    of the inbox file
 * from, list  what it points into
 * names   of the fields, one blank between them
 * text    the message in wire form
 * merge   made of it
 * copy    room for the check of a row, and for the copy that is shown
 * address the one to be shown, in normal form; empty: the first
 * shown   that copy
 * date, id  &*DATE; of all copies, and &*MSGID; as the first will have it
 * out     rows that were not written yet
 * fd      the file in route/tmp, -1 in a dry run
 * bad     rows that were refused
 */
struct program {
	struct options opt;
	struct site site;
	struct spoolhead head;
	stralloc from, list, names, text;
	struct merge merge;
	struct merge_copy copy;
	stralloc address, shown, id;
	char date[CLOCK_RFC5322_MAX];
	stralloc out;
	struct handover route;
	int fd;
	uint64_t bad;
};

/* main.c */

/* die_memory - the way in which all ends without memory */
_Noreturn void die_memory(void);

/* message.c - the message that copies are made of */

/* message_read - all of it, in wire form, with the fields that it lacks */
void message_read(struct program *p);

/* message_from - the envelope sender, when none was given: the address in From */
void message_from(struct program *p);

/* message_compile - once the names of the fields are known */
void message_compile(struct program *p);

/* people.c - the rows */

/* people_read - all of them: each is checked and written, or named as bad */
void people_read(struct program *p);

/* hand.c - the inbox file */

/* hand_begin - a file in route/tmp, with a head that hand_end writes anew */
void hand_begin(struct program *p);

/* hand_rows - write what is in p->out */
void hand_rows(struct program *p);

/* hand_end - the message behind the rows, the head as it is now; then the file is
 * handed over */
void hand_end(struct program *p);

/* hand_drop - nothing is submitted */
void hand_drop(struct program *p);

#endif
