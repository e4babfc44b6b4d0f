#include "tests/unit/nobody.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/kin.h"

enum { FIRST_UID = 61200, UIDS = 4000 }; /* nobody's, by systemd's list */

static int
become(void)
{
	uid_t uid = FIRST_UID + (uid_t)getpid() % UIDS;

	if (geteuid() != 0)
		return 0;
	return setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
		setresuid(uid, uid, uid) < 0
	    ? -1
	    : 0;
}

/* With no room at all there must be no child. */
static int
is_bound(void)
{
	struct rlimit none;
	pid_t p;

	if (getrlimit(RLIMIT_NPROC, &none) < 0)
		return 0;
	none.rlim_cur = 1;
	if (setrlimit(RLIMIT_NPROC, &none) < 0)
		return 0;
	p = fork();
	if (p == 0)
		_exit(0);
	if (p > 0)
		waitpid(p, NULL, 0);
	return p < 0;
}

int
nobody_run(int (*fn)(void *arg), void *arg, unsigned more)
{
	struct rlimit r;
	int status, code;
	pid_t p = fork();

	if (p < 0)
		return -1;
	if (p > 0)
		return waitpid(p, &status, 0) == p && WIFEXITED(status)
		    ? WEXITSTATUS(status)
		    : -1;
	if (become() < 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 || !is_bound())
		_exit(NOBODY_UNLIMITED);
	r.rlim_cur = kin_of_user() + more;
	r.rlim_max = r.rlim_cur;
	if (setrlimit(RLIMIT_NPROC, &r) < 0)
		_exit(NOBODY_UNLIMITED);
	code = fn(arg);
	kin_kill(NULL, 0);
	_exit(code);
}
