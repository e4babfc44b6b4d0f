/* hold.h - mail that waits in hold/ until a person decides, or for a time
 *
 * A file of hold/ is the file of score/new as it came in, under its ID, with a
 * file ID.why beside it that says why it is there.  It comes by one rename and
 * goes by one: released, it is score/new/ID.released, and that name tells
 * lsv-score not to score it again; what has waited long enough is
 * score/new/ID.delayed.  So whoever is killed at any moment, it is in one of
 * the two places, and two who do the same at once do it once.  A reason
 * without its file is no harm: lsv-score removes it when it looks next.  A file
 * without its reason, lost in a power cut, goes back to where it came from.
 *
 * Of the rule "quarantine" the reason has these lines, besides its others:
 *
 *	until	when the time is over, microseconds since 1970
 *	delay	minutes that it takes
 *	sum	sixteen hex digits, by which an alert finds it; may be missing
 *	list	name of the list
 *	why	"sender is not subscribed" or "first posting of subscriber"
 */
#ifndef LSV_HOLD_H
#define LSV_HOLD_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ids.h"
#include "lib/names.h"
#include "lib/ofat.h"

#define HOLD_DIR "hold"          /* below the spool */
#define HOLD_RELEASED "released" /* suffix in score/new */
#define HOLD_DELAYED "delayed"
#define HOLD_QUARANTINE "quarantine" /* rule of what waits for a time */

enum {
	HOLD_WHY_MAX = 4096,      /* bytes of a reason */
	HOLD_NAMES_MAX = 2000100, /* names of hold/: HOLD_MAX, and reasons */
};

/* Where a file of score/new comes from. */
enum hold_back {
	HOLD_NOT,         /* it was not held */
	HOLD_BY_A_PERSON, /* released */
	HOLD_BY_TIME,     /* its delay is over */
};

/* hold_open - the directory, below the current one (the spool)
 *
 * Returns a descriptor; -1 with errno
 */
int hold_open(void);

/* hold_id - the ID of a file of score/new
 *
 * id      ID_NAME_MAX bytes: the name, without the suffix when it has one
 * name    NUL-terminated
 * Returns where it comes from
 */
enum hold_back hold_id(char *id, const char *name);

/* hold_put - a file waits from now on
 *
 * hold    descriptor of hold/, which the caller syncs afterwards, once for many
 * from    descriptor of the directory that it leaves
 * name    its name there
 * id      its ID
 * why     lines "key: value", each ended by LF.  Not made durable: what it is lost
 *         of is judged once more
 * Returns 0; -1 with errno (EEXIST: another of that ID waits; it stays)
 */
int hold_put(
    int hold, int from, const char *name, const char *id, struct bytes why);

/* hold_release - hand a file back to lsv-score, durably
 *
 * new     descriptor of score/new; the caller tells lsv-score
 * Returns 1; 0 when no such file waits; -1 with errno
 */
int hold_release(int hold, int new, const char *id);

/* hold_return - hand a file back to lsv-score, not yet durably
 *
 * For lsv-score alone: it syncs new and then hold for many files, and removes
 * their reasons behind that with hold_forget.
 * from    HOLD_BY_TIME, or HOLD_NOT when its reason is lost
 * Returns as hold_release
 */
int hold_return(int hold, int new, const char *id, enum hold_back from);

/* hold_forget - remove a reason */
void hold_forget(int hold, const char *id);

/* hold_discard - remove a file, durably
 *
 * Returns 1; 0 when no such file waits; -1 with errno
 */
int hold_discard(int hold, const char *id);

/* hold_list - the files that wait, oldest first
 *
 * l       overwritten; free with names_free
 * max     so many names at most, reasons counted
 * Returns 0; -1 with errno
 */
int hold_list(struct names *l, int hold, size_t max);

/* hold_why - why a file waits
 *
 * out     replaced by the lines of hold_put; empty when nobody knows, or when they
 *         cannot be read
 * Returns 0; -1 with errno ENOMEM
 */
int hold_why(int hold, const char *id, stralloc *out);

/* hold_why_line - the value of one line of a reason
 *
 * key     "rule"
 * Returns the value, s NULL when there is no such line
 */
struct bytes hold_why_line(struct bytes why, const char *key);

/* hold_since - since when a file waits, by its reason or else by its ID
 *
 * us      microseconds since 1970
 * Returns 0; -1 with errno
 */
int hold_since(int hold, const char *id, uint64_t *us);

/* hold_sweep - remove reasons whose files are gone
 *
 * For lsv-score alone, which writes them.
 * Returns how many; -1 with errno
 */
int hold_sweep(int hold);

#endif
