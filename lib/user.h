/* user.h - stop being root */
#ifndef LSV_USER_H
#define LSV_USER_H

#include <sys/types.h>

/* user_become - become a user, with all groups of that user
 *
 * name    NUL-terminated
 * All three uids and gids change, and it is verified that there is no way
 * back.  Who is that user already and not root stays as it is.
 * Returns 0; -1 with errno, ENOENT when there is no such user, EPERM when we
 *         are somebody else and not root; after a failure the program must end
 */
int user_become(const char *name);

/* user_become_owner - become whoever owns a file
 *
 * dir     directory descriptor, or AT_FDCWD
 * path    NUL-terminated; a symbolic link at its end is not followed
 * What root owns leaves root as it is.  An owner without an entry in passwd(5)
 * gets the group of the file and no other.
 * Returns as user_become, or what fstatat(2) said
 */
int user_become_owner(int dir, const char *path);

/* user_become_id - become a user by number
 *
 * uid     0 leaves root as it is
 * gid     group for a user without an entry in passwd(5)
 * Returns as user_become
 */
int user_become_id(uid_t uid, gid_t gid);

#endif
