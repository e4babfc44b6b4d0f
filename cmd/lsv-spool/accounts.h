/* accounts.h - the users and groups of users.tab on this machine */
#ifndef LSV_ACCOUNTS_H
#define LSV_ACCOUNTS_H

#include <stddef.h>

#include "lib/spooltab.h"

enum account_what {
	ACCOUNT_GROUP,   /* there is no such group */
	ACCOUNT_USER,    /* there is no such user */
	ACCOUNT_PRIMARY, /* its primary group is not its own */
	ACCOUNT_JOIN,    /* it is not in a group that it needs */
	ACCOUNT_LEAVE,   /* it is in a group of ours that it should not be in */
};

/* struct account_diff - one difference
 *
 * user    the line of users.tab
 * group   ACCOUNT_JOIN, ACCOUNT_LEAVE: which group
 */
struct account_diff {
	enum account_what what;
	const struct spooltab_user *user;
	const char *group;
};

/* struct account_diffs - all of them, groups before the users in them */
struct account_diffs {
	struct account_diff *of;
	size_t n, room;
};

/* accounts_look - compare this machine with the table
 *
 * out     overwritten; free out->of
 * users   must outlive out
 * Returns 0; -1 with errno
 */
int accounts_look(
    struct account_diffs *out, const struct spooltab_users *users);

/* accounts_mend - run groupadd, useradd, usermod or gpasswd
 *
 * Another program that holds the lock of the user tables is waited for, a few
 * seconds.  What these programs say goes to standard error.
 * Returns 0; -1 with errno, ENOENT when that program is not installed, EIO
 *         when it failed
 */
int accounts_mend(const struct account_diff *d);

/* accounts_words - "no such user" and so on; what is wrong, and what should be
 */
const char *accounts_words(const struct account_diff *d);

#endif
