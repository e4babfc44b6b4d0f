#include "lib/user.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/scratch.h"

enum { NAMELESS = 54321 }; /* no user has this number */

/* Run in a child, because there is no way back; it returns 0 when all is well.
 */
static int
apart(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
is_user(uid_t uid, gid_t gid)
{
	uid_t u[3];
	gid_t g[3];

	if (getresuid(u, u + 1, u + 2) < 0 || getresgid(g, g + 1, g + 2) < 0)
		return 0;
	return u[0] == uid && u[1] == uid && u[2] == uid && g[0] == gid &&
	    g[1] == gid && g[2] == gid;
}

static int
becomes_nobody(void)
{
	/* cppcheck-suppress getpwnamCalled ; one thread */
	const struct passwd *pw = getpwnam("nobody");
	gid_t group;

	if (!pw || user_become("nobody") < 0)
		return 1;
	if (!is_user(pw->pw_uid, pw->pw_gid))
		return 2;
	if (getgroups(1, &group) != 1 || group != pw->pw_gid)
		return 3;
	return setuid(0) == 0 || setgid(0) == 0 ? 4 : 0;
}

static int
becomes_nobody_by_owner(void)
{
	/* cppcheck-suppress getpwnamCalled ; one thread */
	const struct passwd *pw = getpwnam("nobody");

	if (!pw || chown("f", pw->pw_uid, 0) < 0)
		return 1;
	if (user_become_owner(AT_FDCWD, "f") < 0)
		return 2;
	return is_user(pw->pw_uid, pw->pw_gid) ? 0 : 3;
}

static int
becomes_the_owner_without_a_name(void)
{
	if (chown("f", NAMELESS, NAMELESS) < 0 ||
	    user_become_owner(AT_FDCWD, "f") < 0)
		return 1;
	return is_user(NAMELESS, NAMELESS) && getgroups(0, NULL) == 1 ? 0 : 2;
}

static int
stays_root(void)
{
	if (chown("f", 0, 0) < 0 || user_become_owner(AT_FDCWD, "f") < 0)
		return 1;
	return is_user(0, 0) ? 0 : 2;
}

static void
root_becomes_a_user_for_good(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(apart(becomes_nobody), 0);
}

static void
root_becomes_the_owner_of_a_file(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(scratch_file("f", "", 0), 0);
	assert_int_equal(apart(becomes_nobody_by_owner), 0);
	assert_int_equal(apart(becomes_the_owner_without_a_name), 0);
	assert_int_equal(apart(stays_root), 0);
}

static int
stays_nobody(void)
{
	if (geteuid() == 0 && user_become("nobody") < 0)
		return 1;
	return user_become_id(geteuid(), getegid()) == 0 ? 0 : 2;
}

static int
becomes_nobody_else(void)
{
	if (geteuid() == 0 && user_become("nobody") < 0)
		return 1;
	if (user_become("root") == 0 || errno != EPERM)
		return 2;
	return user_become_id(geteuid() + 1, getegid()) == 0 || errno != EPERM
	    ? 3
	    : 0;
}

static void
an_ordinary_user_can_only_be_himself(void **state)
{
	(void)state;
	assert_int_equal(apart(stays_nobody), 0);
	assert_int_equal(apart(becomes_nobody_else), 0);
}

static void
does_not_follow_a_link_to_an_owner(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(symlink("/etc/passwd", "link"), 0);
	assert_int_equal(lstat("link", &st), 0);
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(user_become_owner(AT_FDCWD, "link"), 0);
}

static void
says_when_there_is_no_such_user_or_file(void **state)
{
	(void)state;
	assert_int_equal(user_become("lsv-nobody-is-called-so"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(user_become_owner(AT_FDCWD, "nowhere"), -1);
	assert_int_equal(errno, ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(root_becomes_a_user_for_good),
	    cmocka_unit_test(root_becomes_the_owner_of_a_file),
	    cmocka_unit_test(an_ordinary_user_can_only_be_himself),
	    cmocka_unit_test(does_not_follow_a_link_to_an_owner),
	    cmocka_unit_test(says_when_there_is_no_such_user_or_file),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
