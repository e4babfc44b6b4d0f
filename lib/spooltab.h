/* spooltab.h - the table of all that is installed, spool.tab and users.tab
 *
 * A parser of bytes: it opens nothing and asks no system for names.
 */
#ifndef LSV_SPOOLTAB_H
#define LSV_SPOOLTAB_H

#include <stddef.h>
#include <stdint.h>

#include "lib/where.h"

enum {
	SPOOLTAB_NAME = 32, /* longest user or group name, as useradd(8) has */
	SPOOLTAB_PATH = 96, /* longest path below its root, bytes */
	SPOOLTAB_PURPOSE = 96,  /* longest purpose, bytes */
	SPOOLTAB_OWNERS = 6,    /* users whose files one directory may hold */
	SPOOLTAB_GROUPS = 8,    /* groups of one user besides its own */
	SPOOLTAB_ROWS = 4096,   /* most rows, braces written out */
	SPOOLTAB_TEXT = 262144, /* longest table, bytes */
};

/* The four roots of roots.h, in the order of spooltab_root. */
enum spooltab_root {
	SPOOLTAB_ETC,
	SPOOLTAB_SPOOL,
	SPOOLTAB_LIB,
	SPOOLTAB_RUN,
	SPOOLTAB_ROOTS,
};

/* What a directory may hold besides the rows below it; see lsv-spool.tab(5). */
enum spooltab_holds {
	HOLDS_NOTHING,
	HOLDS_ANY,
	HOLDS_KEPT,
	HOLDS_FILES,
	HOLDS_MAIL,
	HOLDS_TMP,
	HOLDS_STAGE,
	HOLDS_JOBS,
	HOLDS_DAYS,
};

/* struct spooltab_row - one thing that is installed
 *
 * path    below its root, without a leading '/'; "" is the root itself
 * type    'd' directory, 'p' FIFO, 'f' regular file
 * mode    permission bits, at most 03777
 * age_ms  HOLDS_TMP, HOLDS_STAGE: what is older is an orphan; else 0
 * from    users whose files it may hold, nfrom of them
 * line    where it stands in the table, from 1
 */
struct spooltab_row {
	enum spooltab_root root;
	enum spooltab_holds holds;
	char type;
	unsigned mode;
	uint64_t age_ms;
	size_t nfrom;
	size_t line;
	char path[SPOOLTAB_PATH + 1];
	char owner[SPOOLTAB_NAME + 1];
	char group[SPOOLTAB_NAME + 1];
	char from[SPOOLTAB_OWNERS][SPOOLTAB_NAME + 1];
	char purpose[SPOOLTAB_PURPOSE + 1];
};

/* struct spooltab - the rows in the order of the table, parents first */
struct spooltab {
	struct spooltab_row *row;
	size_t n, room;
};

/* struct spooltab_user - one line of users.tab
 *
 * user    1 a user with its own primary group, 0 a group alone
 * group   the other groups it is in, ngroups of them
 */
struct spooltab_user {
	int user;
	size_t ngroups;
	char name[SPOOLTAB_NAME + 1];
	char group[SPOOLTAB_GROUPS][SPOOLTAB_NAME + 1];
	char purpose[SPOOLTAB_PURPOSE + 1];
};

/* struct spooltab_users - the lines in the order of the table */
struct spooltab_users {
	struct spooltab_user *user;
	size_t n, room;
};

/* spooltab_parse - the rows of spool.tab
 *
 * A path with one {...} in it, of names and ranges of capital letters joined
 * by commas, stands for as many rows.
 * tab     overwritten; free with spooltab_free, also after a failure
 * s, len  the text
 * w       receives the place and the reason of a mistake
 * Returns 0; -1 with w
 * Source  lsv-spool.tab(5)
 */
int spooltab_parse(
    struct spooltab *tab, const char *s, size_t len, struct where *w);

/* spooltab_find - the row of a path
 *
 * root, path  as in struct spooltab_row; path is NUL-terminated
 * Returns the row, or NULL
 */
const struct spooltab_row *spooltab_find(
    const struct spooltab *tab, enum spooltab_root root, const char *path);

/* spooltab_root_name - "$LSV_SPOOL" for SPOOLTAB_SPOOL, and so on */
const char *spooltab_root_name(enum spooltab_root root);

/* spooltab_free - release the rows */
void spooltab_free(struct spooltab *tab);

/* spooltab_users - the lines of users.tab
 *
 * users   overwritten; free with spooltab_users_free, also after a failure
 * s, len  the text
 * Returns 0; -1 with w (a group that has no line of its own is a mistake)
 */
int spooltab_users(
    struct spooltab_users *users, const char *s, size_t len, struct where *w);

/* spooltab_users_free - release the lines */
void spooltab_users_free(struct spooltab_users *users);

/* spooltab_line - the number of the line, from 1, in which a byte stands */
size_t spooltab_line(const char *s, size_t len, size_t at);

#endif
