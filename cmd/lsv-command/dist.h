/* dist.h - DISTRIBUTE and DIST2: from a command to files for lsv-route
 *
 *	distribute.c  the command: who may, and from whom
 *	dist2.c       the same for other servers
 *	distdata.c    the message
 *	distrcpt.c    the recipients
 *	disttable.c   the recipients of MAIL-MERGE, with their values
 *	disthand.c    the files, and what waits for confirmation
 *	disttell.c    the report
 *
 * Recipients are of two kinds: those marked BSMTP share copies whose header is
 * as it was given, all others have one of their own with their name in To.  Each
 * kind becomes a file of its own.
 */
#ifndef LSV_DIST_H
#define LSV_DIST_H

#include "cmd/lsv-command/command.h"
#include "lib/cjli.h"
#include "lib/distcmd.h"
#include "lib/merge.h"
#include "lib/nettable.h"
#include "lib/rcptset.h"

enum {
	DIST_SHARED,             /* kinds of recipients: BSMTP */
	DIST_PERSONAL,           /* a copy of their own */
	DIST_BAD_SHOWN = 100,    /* bad lines that are told of one by one */
	DIST_MOVES_SHOWN = 1000, /* recipients served from here, likewise */
	DIST_WAITING_MAX = 256 << 20, /* bytes of jobs that wait */
	DIST_WAITING_FILES = 1000,
	DIST_WAITING_DAY = 20, /* jobs a day and sender that may */
};

#define DIST_SEEN_US (UINT64_C(7) * 24 * 3600 * 1000000)

/* struct dist - a job
 *
 * text    the command, beginning with its name; d points into it
 * from    who gets the reports of what fails, in normal form
 * data    the dataset with the message; line is the number of its first line
 * message what goes out: data, or of a file `made`.  Personal copies have
 *         the header `personal` in front of its body
 * made    a message of ours around a file; of MAIL-MERGE the one with references
 * header  of the message
 * set     the recipients; read lines were looked at, bad ones left out
 * names   fields of MAIL-MERGE; merge is made of its message
 * trail   of DIST2; file: name of what is no mail
 * to, list  of POST: the list, and its name
 * extra   adds recipients that are in no dataset; or NULL
 * waiting names of files that wait, by kind
 */
struct dist {
	struct command_context *c;
	struct distcmd d;
	stralloc text, from, made, personal, names, trail, merged;
	struct bytes data, message, file;
	size_t line;
	struct header header;
	struct rcptset set;
	struct merge merge;
	struct merge_copy copy;
	uint64_t bad, read;
	struct the_list to;
	const char *list;
	int (*extra)(struct dist *j);
	char waiting[2][ID_NAME_MAX];
};

/* --- distribute.c -------------------------------------------------------------- */

/* dist_parse - the command into j->d
 *
 * name    of the command, args what is behind it
 * Returns 1; 0 when something is wrong with it, and the sender is told; -1
 */
int dist_parse(struct dist *j, const char *name, struct bytes args);

/* dist_log - what became of it */
void dist_log(const struct dist *j, const char *event);

/* dist_free - release the memory */
void dist_free(struct dist *j);

/* --- distdata.c --------------------------------------------------------------- */

/* dist_dataset - a dataset of the job
 *
 * Returns 1; 0 when there is none, and the sender is told; -1 with errno
 */
int dist_dataset(
    struct dist *j, struct bytes name, const struct cjli_dataset **found);

/* dist_message - find the message, and check that it can be sent
 *
 * Returns 1; 0 when not, and the sender is told; -1 with errno
 */
int dist_message(struct dist *j);

/* --- distrcpt.c --------------------------------------------------------------- */

/* dist_begin - an empty set of recipients
 *
 * Returns 0; -1 with errno
 */
int dist_begin(struct dist *j);

/* dist_recipients - all of them, in order and each once
 *
 * j       message is there
 * Returns 1; 0 when there are none to send to, and the sender is told; -1
 */
int dist_recipients(struct dist *j);

/* dist_add - one recipient; if it cannot be taken, the sender is told
 *
 * line    its number, 0 when it has none
 * row     as for rcptset_add
 * Returns 0; -1 with errno
 */
int dist_add(struct dist *j, size_t line, struct bytes address,
    struct bytes row, unsigned kind);

/* dist_bad - a recipient that cannot be taken
 *
 * what    the line, or the address
 * Returns 0; -1 with errno
 */
int dist_bad(struct dist *j, size_t line, struct bytes what, const char *why);

/* dist_nodes - flags for rcptline_begin: RCPTLINE_NODES with a table */
int dist_nodes(struct command_context *c);

/* --- disttable.c --------------------------------------------------------------- */

/* dist_merge_rows - the recipients of MAIL-MERGE with their values, checked
 * against the message
 *
 * Returns 1; 0 when something is wrong with all of them, and the sender is told;
 *         -1
 */
int dist_merge_rows(struct dist *j);

/* --- disthand.c ---------------------------------------------------------------- */

/* dist_hand - the files for lsv-route
 *
 * wait    1: they wait for confirmation, their names in j->waiting
 * Returns 1; 0 when too much waits already, and the sender is told; -1
 */
int dist_hand(struct dist *j, int wait);

/* dist_held - a file that waits, with its recipients in j->set
 *
 * name    of it
 * release 1: it goes to lsv-route; 0: only the recipients
 * Returns 1; 0 when it is not there any more; -1
 */
int dist_held(struct dist *j, struct bytes name);

/* dist_sweep - remove what has waited for too long */
void dist_sweep(struct server *s);

/* --- disttell.c ----------------------------------------------------------------- */

/* dist_tell - the report of ACK=, DEBUG= and TRACE=, if any
 *
 * Returns 0; -1 with errno
 */
int dist_tell(struct dist *j);

#endif
