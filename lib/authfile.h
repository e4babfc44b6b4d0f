/* authfile.h - the file of users and passwords for AUTH=
 *
 *	# comment
 *	name user password
 *
 * One line each; the password is the rest of the line without blanks at its
 * end, so it may have some inside. name is what AUTH= says, upper and lower
 * case alike.
 */
#ifndef LSV_AUTHFILE_H
#define LSV_AUTHFILE_H

#include <sys/types.h>

#include "lib/auth.h"
#include "lib/where.h"

enum {
	AUTHFILE_MAX = 65536,  /* bytes of the file */
	AUTHFILE_NAME_MAX = 63 /* bytes of a name: A-Z a-z 0-9 . _ - */
};

/* struct authfile - a checked file, in memory; all zero bytes at first */
struct authfile {
	char *text;
	size_t len;
};

/* authfile_read - read and check it
 *
 * f       what it held is wiped, also on failure
 * path    a regular file; a symbolic link is not followed. Its owner is root
 *         or we are; nobody but its
 *         owner may write it, and nobody but members of group read it
 * group   for instance getegid()
 * w       filled with errno EPERM and EPROTO: why, and the line in at (from 1;
 *         0: it is no line's fault)
 * Returns 0; -1 with errno EPERM (others may read or write it), EPROTO (a line
 *         is not as it should be), EFBIG, or what open and read said
 */
int authfile_read(
    struct authfile *f, const char *path, gid_t group, struct where *w);

/* authfile_read_as - the same, as if we were user uid */
int authfile_read_as(struct authfile *f, const char *path, uid_t uid,
    gid_t group, struct where *w);

/* authfile_check - is the text right? As authfile_read, EPROTO only */
int authfile_check(const char *s, size_t len, struct where *w);

/* authfile_find - the user and password of a name
 *
 * f       as read
 * name    len bytes
 * login   filled when there is one
 * Returns 1 found; 0 not there
 */
int authfile_find(const struct authfile *f, const char *name, size_t len,
    struct auth_login *login);

/* authfile_free - wipe it; it can be read again. Twice is harmless */
void authfile_free(struct authfile *f);

#endif
