/* spoolcheck.h - compare what is on disk with spool.tab
 *
 * Looks only: names are resolved below descriptors of the four roots, never
 * through a symbolic link, and nothing is opened that could block.  What may
 * be done about a difference is in spoolmend.h.
 */
#ifndef LSV_SPOOLCHECK_H
#define LSV_SPOOLCHECK_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/ofat.h"
#include "lib/spooltab.h"

enum {
	SPOOLDIFF_NAME = 2 * NAME_MAX + 2, /* longest name in a diff */
	SPOOLDIFF_TEXT = 96,               /* bytes of is and should */
	SPOOLDIFFS_MAX = 10000,            /* differences kept at once */
};

/* What a difference is about.  The first six concern a row of the table
 * itself when name is empty; the others always something in a directory. */
enum spooldiff_what {
	DIFF_MISSING, /* nothing there */
	DIFF_TYPE,    /* something else there */
	DIFF_OWNER,
	DIFF_GROUP,
	DIFF_MODE,
	DIFF_LINKS,      /* too many names for one file */
	DIFF_FOREIGN,    /* not of a kind or name that belongs here */
	DIFF_ORPHAN,     /* left behind by a program that died */
	DIFF_UNREADABLE, /* cannot be looked at, see err */
};

/* struct spooldiff - one difference
 *
 * row     the row, or the row of the directory in which name lies
 * name    what lies in the directory, "" for the row itself
 * is      what is there, for people
 * should  what the table says, for people
 * err     DIFF_UNREADABLE: the errno
 */
struct spooldiff {
	enum spooldiff_what what;
	int err;
	const struct spooltab_row *row;
	char is[SPOOLDIFF_TEXT];
	char should[SPOOLDIFF_TEXT];
	char name[SPOOLDIFF_NAME];
};

/* struct spoolcheck - a comparison
 *
 * tab     the table; must outlive this
 * single  1: everything belongs to uid and gid, whatever the table says
 *         (a spool without root)
 * path    where the roots are
 * root    descriptors of the roots (O_PATH), -1 for one that is not there
 * diff    what spoolcheck_rows and spoolwalk found, ndiffs of it
 * looked  things compared so far
 * step    called after each directory with step_arg; may be NULL
 * more    1: there were over SPOOLDIFFS_MAX, the rest is not listed
 * ids     names already looked up (private)
 */
struct spoolcheck {
	const struct spooltab *tab;
	int single;
	uid_t uid;
	gid_t gid;
	const char *path[SPOOLTAB_ROOTS];
	int root[SPOOLTAB_ROOTS];
	struct spooldiff *diff;
	size_t ndiffs, room;
	int more;
	uint64_t looked;
	void (*step)(void *arg, uint64_t looked);
	void *step_arg;
	struct spoolcheck_ids *ids;
};

/* spoolcheck_open - get ready to compare the four roots
 *
 * c       overwritten; close with spoolcheck_close, also after a failure
 * tab     the table
 * As an ordinary user (effective uid not 0) single is set.  A root that does
 * not exist is no failure.
 * Returns 0; -1 with errno
 */
int spoolcheck_open(struct spoolcheck *c, const struct spooltab *tab);

/* spoolcheck_rows - compare everything that the table lists
 *
 * Differences are appended to c->diff.
 * roots   bit set of 1 << enum spooltab_root: rows of the others are left out
 * Returns 0 when all was looked at, however many differences there are; -1
 *         with errno (memory)
 */
int spoolcheck_rows(struct spoolcheck *c, unsigned roots);

/* spoolcheck_forget - drop the differences found so far, and the users and
 * groups looked up */
void spoolcheck_forget(struct spoolcheck *c);

/* spoolcheck_close - close the roots and release everything */
void spoolcheck_close(struct spoolcheck *c);

/* spoolcheck_owner, spoolcheck_group - the numbers that a row asks for
 *
 * Returns 0; -1 with errno ENOENT when there is no such user or group, or what
 *         getpwnam said
 */
int spoolcheck_owner(
    struct spoolcheck *c, const struct spooltab_row *row, uid_t *uid);
int spoolcheck_group(
    struct spoolcheck *c, const struct spooltab_row *row, gid_t *gid);

/* spoolcheck_writer - may a file of this user lie in the directory of a row?
 *
 * Returns 1 or 0; 1 too where the row names no users
 */
int spoolcheck_writer(
    struct spoolcheck *c, const struct spooltab_row *row, uid_t uid);

/* spooldiff_text, spooldiff_id, spooldiff_links, spooldiff_err - add a
 * difference to the list
 *
 * what    for _id: DIFF_OWNER or DIFF_GROUP
 * name    what lies in the directory of the row, "" for the row itself
 * is      what was found: for people, a uid or gid, a number of links
 * should  what the table says
 * _err takes the errno of what just failed
 * Returns 0; -1 with errno ENOMEM
 */
int spooldiff_text(struct spoolcheck *c, enum spooldiff_what what,
    const struct spooltab_row *row, const char *name, const char *is,
    const char *should);
int spooldiff_id(struct spoolcheck *c, enum spooldiff_what what,
    const struct spooltab_row *row, const char *name, unsigned is);
int spooldiff_links(struct spoolcheck *c, const struct spooltab_row *row,
    const char *name, nlink_t is);
int spooldiff_err(
    struct spoolcheck *c, const struct spooltab_row *row, const char *name);

/* spooldiff_type - a type of file in words, with its article: "a directory" */
const char *spooldiff_type(mode_t mode);

/* spooldiff_word - "missing", "owner" ... : what a difference is about */
const char *spooldiff_word(enum spooldiff_what what);

/* spooldiff_words - a difference in words, without its path, appended
 *
 * "mode is 0755, should be 3770", "is missing, should be a FIFO"
 * Returns 0; -1 with errno ENOMEM
 */
int spooldiff_words(stralloc *out, const struct spooldiff *d);

/* spooldiff_path - the full path of what differs, NUL-terminated
 *
 * out     replaced
 * Returns 0; -1 with errno ENOMEM
 */
int spooldiff_path(
    stralloc *out, const struct spoolcheck *c, const struct spooldiff *d);

/* spool_belongs - whose a whole spool is, when it is one ordinary user's
 *
 * uid     receives the user
 * path    the root of the spool
 * Returns 1 when the root and its inboxes exist and belong to one user who is
 *         not root, 0 when not, -1 with errno
 */
int spool_belongs(uid_t *uid, const char *path);

#endif
