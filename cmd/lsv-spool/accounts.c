#include "cmd/lsv-spool/accounts.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_ROOM = 16, GROUPS_MAX = 1024, TRIES = 20, PAUSE_MS = 250 };

static int
differs(struct account_diffs *out, enum account_what what,
    const struct spooltab_user *user, const char *group)
{
	if (out->n == out->room) {
		size_t room = out->room ? 2 * out->room : FIRST_ROOM;
		void *p = reallocarray(out->of, room, sizeof *out->of);

		if (!p)
			return -1;
		out->of = p;
		out->room = room;
	}
	out->of[out->n++] = (struct account_diff){what, user, group};
	return 0;
}

/* Is a user in a group?  A group that does not exist has nobody in it. */
static int
in_group(const gid_t *gid, int n, const char *group)
{
	/* cppcheck-suppress getgrnamCalled ; one thread */
	const struct group *gr = getgrnam(group);

	for (int i = 0; gr && i < n; i++)
		if (gid[i] == gr->gr_gid)
			return 1;
	return 0;
}

static int
wanted(const struct spooltab_user *u, const char *group)
{
	for (size_t i = 0; i < u->ngroups; i++)
		if (strcmp(u->group[i], group) == 0)
			return 1;
	return strcmp(u->name, group) == 0;
}

/* An existing user: its own primary group, the groups listed, no other of ours.
 */
static int
look_groups(struct account_diffs *out, const struct spooltab_users *users,
    const struct spooltab_user *u, const struct passwd *pw)
{
	gid_t gid[GROUPS_MAX];
	int n = GROUPS_MAX;

	if (getgrouplist(u->name, pw->pw_gid, gid, &n) < 0) {
		errno = ERANGE;
		return -1;
	}
	if (!in_group(&gid[0], 1, u->name) &&
	    differs(out, ACCOUNT_PRIMARY, u, u->name) < 0)
		return -1;
	for (size_t i = 0; i < u->ngroups; i++)
		if (!in_group(gid, n, u->group[i]) &&
		    differs(out, ACCOUNT_JOIN, u, u->group[i]) < 0)
			return -1;
	for (size_t i = 0; i < users->n; i++)
		if (!wanted(u, users->user[i].name) &&
		    in_group(gid, n, users->user[i].name) &&
		    differs(out, ACCOUNT_LEAVE, u, users->user[i].name) < 0)
			return -1;
	return 0;
}

static int
look_user(struct account_diffs *out, const struct spooltab_users *users,
    const struct spooltab_user *u)
{
	const struct passwd *pw;
	struct passwd copy;

	errno = 0;
	/* cppcheck-suppress getpwnamCalled ; one thread */
	pw = getpwnam(u->name);
	if (!pw)
		return errno && errno != ENOENT
		    ? -1
		    : differs(out, ACCOUNT_USER, u, "");
	copy = *pw;
	return look_groups(out, users, u, &copy);
}

int
accounts_look(struct account_diffs *out, const struct spooltab_users *users)
{
	*out = (struct account_diffs){0};
	for (size_t i = 0; i < users->n; i++) {
		errno = 0;
		/* cppcheck-suppress getgrnamCalled ; one thread */
		if (getgrnam(users->user[i].name))
			continue;
		if ((errno && errno != ENOENT) ||
		    differs(out, ACCOUNT_GROUP, &users->user[i], "") < 0)
			return -1;
	}
	for (size_t i = 0; i < users->n; i++)
		if (users->user[i].user &&
		    look_user(out, users, &users->user[i]) < 0)
			return -1;
	return 0;
}

const char *
accounts_words(const struct account_diff *d)
{
	static const char *const words[] = {
	    [ACCOUNT_GROUP] = "there is no such group",
	    [ACCOUNT_USER] = "there is no such user",
	    [ACCOUNT_PRIMARY] = "its primary group should be ",
	    [ACCOUNT_JOIN] = "should be in the group ",
	    [ACCOUNT_LEAVE] = "should not be in the group ",
	};

	return words[d->what];
}

/* Where a program of the system is; no PATH of the caller's is asked. */
static int
find_program(char *out, size_t size, const char *name)
{
	static const char *const dirs[] = {
	    "/usr/sbin", "/usr/bin", "/sbin", "/bin"};

	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
		snprintf(out, size, "%s/%s", dirs[i], name);
		if (access(out, X_OK) == 0)
			return 0;
	}
	errno = ENOENT;
	return -1;
}

/* Run a program of the system and wait for it.  Returns its exit code; -1 with
 * errno. */
static int
run(const char *const *argv)
{
	static char path_is[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	static char locale_is[] = "LC_ALL=C";
	char *const env[] = {path_is, locale_is, NULL};
	char *args[16];
	char path[64];
	size_t n = 0;
	int status, err;
	pid_t pid;

	if (find_program(path, sizeof path, argv[0]) < 0)
		return -1;
	/* posix_spawn takes, but does not change, pointers to char */
	for (; n < sizeof args / sizeof args[0] - 1 && argv[n]; n++)
		memcpy(&args[n], &argv[n], sizeof args[n]);
	args[n] = NULL;
	err = posix_spawn(&pid, path, NULL, NULL, args, env);
	if (err) {
		errno = err;
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void
join_groups(char *out, size_t size, const struct spooltab_user *u)
{
	size_t len = 0;

	*out = 0;
	for (size_t i = 0; i < u->ngroups && len < size; i++)
		len += (size_t)snprintf(
		    out + len, size - len, "%s%s", i ? "," : "", u->group[i]);
}

static int
mend_once(const struct account_diff *d)
{
	const char *name = d->user->name;
	char groups[SPOOLTAB_GROUPS * (SPOOLTAB_NAME + 1)];

	join_groups(groups, sizeof groups, d->user);
	switch (d->what) {
	case ACCOUNT_GROUP:
		return run(
		    (const char *[]){"groupadd", "--system", name, NULL});
	case ACCOUNT_USER:
		return run((const char *[]){"useradd", "--system",
		    "--no-create-home", "--home-dir", "/nonexistent", "--shell",
		    "/usr/sbin/nologin", "--comment", "lsv", "--gid", name,
		    "--groups", groups, name, NULL});
	case ACCOUNT_PRIMARY:
		return run(
		    (const char *[]){"usermod", "--gid", name, name, NULL});
	case ACCOUNT_JOIN:
		return run((const char *[]){
		    "usermod", "--append", "--groups", d->group, name, NULL});
	case ACCOUNT_LEAVE:
		return run((const char *[]){
		    "gpasswd", "--delete", name, d->group, NULL});
	}
	errno = EINVAL;
	return -1;
}

/* Did somebody else do it meanwhile? */
static int
exists(const struct account_diff *d)
{
	/* cppcheck-suppress getgrnamCalled ; one thread */
	return (d->what == ACCOUNT_GROUP && getgrnam(d->user->name)) ||
	    /* cppcheck-suppress getpwnamCalled ; one thread */
	    (d->what == ACCOUNT_USER && getpwnam(d->user->name));
}

int
accounts_mend(const struct account_diff *d)
{
	const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
	int r = -1;

	for (int i = 0; i < TRIES; i++) {
		r = mend_once(d);
		if (r <= 0)
			return r;
		if (exists(d))
			return 0;
		/* 1 and 10: the tables are locked by another program */
		if (r != 1 && r != 10)
			break;
		nanosleep(&pause, NULL);
	}
	errno = EIO;
	return -1;
}
