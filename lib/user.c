#include "lib/user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nothing of root is left, and root cannot be had again. */
static int
verify(uid_t uid, gid_t gid)
{
	uid_t u[3];
	gid_t g[3];

	if (getresuid(u, u + 1, u + 2) < 0 || getresgid(g, g + 1, g + 2) < 0)
		return -1;
	for (int i = 0; i < 3; i++)
		if (u[i] != uid || g[i] != gid) {
			errno = EPERM;
			return -1;
		}
	if (setuid(0) == 0 || seteuid(0) == 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

/* name NULL: a user without an entry, with no group but gid */
static int
become(const char *name, uid_t uid, gid_t gid)
{
	int r;

	if (geteuid() != 0) {
		if (geteuid() == uid && getuid() == uid)
			return 0;
		errno = EPERM;
		return -1;
	}
	if (uid == 0)
		return 0;
	r = name ? initgroups(name, gid) : setgroups(1, &gid);
	if (r < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return -1;
	return verify(uid, gid);
}

int
user_become(const char *name)
{
	const struct passwd *pw;

	errno = 0;
	/* cppcheck-suppress getpwnamCalled ; one thread */
	pw = getpwnam(name);
	if (!pw) {
		if (errno == 0)
			errno = ENOENT;
		return -1;
	}
	return become(name, pw->pw_uid, pw->pw_gid);
}

int
user_become_id(uid_t uid, gid_t gid)
{
	/* cppcheck-suppress getpwuidCalled ; one thread */
	const struct passwd *pw = getpwuid(uid);

	return pw ? become(pw->pw_name, uid, pw->pw_gid)
		  : become(NULL, uid, gid);
}

int
user_become_owner(int dir, const char *path)
{
	struct stat st;

	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return user_become_id(st.st_uid, st.st_gid);
}
