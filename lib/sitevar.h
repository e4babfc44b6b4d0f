/* sitevar.h - every variable of site.cfg: its name, kind, range and default */
#ifndef LSV_SITEVAR_H
#define LSV_SITEVAR_H

#include <stddef.h>
#include <stdint.h>

#include "lib/ofat.h"

/* What the text of a value must be. */
enum sitevar_kind {
	SITEVAR_WORD,      /* no blanks; one of `words` when there are any */
	SITEVAR_TEXT,      /* anything */
	SITEVAR_LIST,      /* items separated by blanks, min..max of them */
	SITEVAR_NUMBER,    /* min..max */
	SITEVAR_BYTES,     /* min..max bytes: n, nK, nM, nG */
	SITEVAR_DURATION,  /* min..max milliseconds: 200ms, 30s, 5m, 2h, 7d */
	SITEVAR_BOOLEAN,   /* 0 or 1 */
	SITEVAR_HOST,      /* the full name of a host */
	SITEVAR_PATH,      /* of a file, from the root */
	SITEVAR_PROGRAM,   /* a path, or a name of letters and digits */
	SITEVAR_FORWARD,   /* lib/forward.h */
	SITEVAR_BANDWIDTH, /* lib/limits.h: "12Mbps AB:1.5Mbps" */
	SITEVAR_RATE,      /* lib/limits.h: "600/h B:20/s" */
	SITEVAR_LOOPCHECK, /* lib/loopcheck.h */
	SITEVAR_RUNMODE,   /* NETWORKED, TABLELESS and a host, or STANDALONE */
};

/* What an item of a SITEVAR_LIST must be. */
enum sitevar_item {
	SITEVAR_ANY,
	SITEVAR_HOSTS,
	SITEVAR_ADDRESSES,
	SITEVAR_MARKED, /* addresses, and the words Hide: and Quiet: */
	SITEVAR_POOLS,  /* A..Z or '-' */
	SITEVAR_SPAM,   /* lib/spamentry.h; see sitecheck.h */
	SITEVAR_FILTER, /* lib/filter.h; see sitecheck.h */
	SITEVAR_PEERS,  /* addresses, or full names of hosts */
};

enum sitevar_flag {
	SITEVAR_USED = 1,     /* in force; without it: "not used yet" */
	SITEVAR_REQUIRED = 2, /* every site must set it */
	SITEVAR_NUMBERED = 4, /* the name stands for NAME_1, NAME_2 ... */
	SITEVAR_SECRET = 8,   /* never compiled, never shown */
	SITEVAR_DERIVED = 16, /* the default comes from other variables */
};

enum {
	SITEVAR_N_MAX = 999999999, /* of a numbered variable */
	SITEVAR_NAME_MAX = 40,     /* bytes of a name, its number and the NUL */
};

/* struct sitevar - one variable
 *
 * name    upper case; a numbered one ends in "_n"
 * kind    and, for SITEVAR_LIST, item: see above
 * flags   SITEVAR_USED ...
 * min,max range in the unit of the kind
 * words   words allowed besides, separated by one blank; NULL for none.  For a
 *         number or a duration they stand for 0
 * standard the default as it would be written, or for SITEVAR_DERIVED in words
 *         for people; NULL for none
 * what    one line that explains it
 */
struct sitevar {
	const char *name;
	enum sitevar_kind kind;
	enum sitevar_item item;
	unsigned flags;
	uint64_t min, max;
	const char *words;
	const char *standard;
	const char *what;
};

/* sitevar_table - all of them, sorted by name
 *
 * n       how many
 * Source  the site variables of LISTSERV 17; those marked as our own in
 *         lsv-site.cfg(5)
 */
const struct sitevar *sitevar_table(size_t *n);

/* sitevar_find - the variable of a name
 *
 * name    in any case, NUL-terminated
 * number  receives n for NAME_n (1..SITEVAR_N_MAX), else 0.  NULL when nothing
 *         is to be set: only then is "NAME_n" itself found too
 * Returns NULL when there is none
 */
const struct sitevar *sitevar_find(const char *name, unsigned *number);

/* sitevar_name - how a variable is written
 *
 * out     the name, for a numbered variable with its number
 * number  1..SITEVAR_N_MAX; 0 leaves "_n"
 */
void sitevar_name(
    char out[SITEVAR_NAME_MAX], const struct sitevar *v, unsigned number);

/* sitevar_suggest - the known name nearest to one that is not known
 *
 * out     the name, when 1 is returned
 * name    NUL-terminated, any case
 * Returns 1 when one is close: at most a third of its letters, and no more
 *         than 3, changed, swapped, missing or too many; 0 otherwise
 */
int sitevar_suggest(char out[SITEVAR_NAME_MAX], const char *name);

/* sitevar_kind_name - "word", "list", ... */
const char *sitevar_kind_name(enum sitevar_kind kind);

/* sitevar_wants - what a value must be, for people
 *
 * out     appended: "a number from 1 to 1000", "a duration from 1s to 30d"
 * Returns 0; -1 with errno ENOMEM
 */
int sitevar_wants(stralloc *out, const struct sitevar *v);

#endif
