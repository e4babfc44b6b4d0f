#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cmd/lsv-queue/queue.h"
#include "lib/clock.h"
#include "lib/hold.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/user.h"

/* By enum service. */
static const struct {
	const char *name, *lock;
} services[] = {
    {"lsv-score", "score/lock"},
    {"lsv-scan", "scan/lock"},
    {"lsv-command", "command/lock"},
    {"lsv-route", "route/lock"},
    {"lsv-smtpw", "pool/lock"},
    {"lsv-peer", "peer/lock"},
};
_Static_assert(
    sizeof services / sizeof services[0] == SERVICES, "each service has a row");

static _Noreturn void
die_open(const char *what)
{
	int person = errno == ENOENT || errno == EACCES || errno == EPERM ||
	    errno == ENOTDIR;

	msg_diesys(person ? LSV_PERM : LSV_TEMP, "unable to open ",
	    root_spool(), "/", what);
}

static int
subdir(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* The lock files tell which service runs; not all of them may be opened by the
 * user we become. */
static void
open_locks(struct queue *q)
{
	for (int i = 0; i < SERVICES; i++)
		q->lock[i] = open(services[i].lock,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

void
queue_open(struct queue *q)
{
	if (chdir(root_spool()) < 0)
		msg_diesys(LSV_PERM, "no spool in ", root_spool());
	open_locks(q);
	/* who owns pool/ may open what lies there, but cannot list it */
	q->command = subdir("command/new");
	if (geteuid() == 0 && user_become_owner(AT_FDCWD, "pool") < 0)
		msg_diesys(LSV_PERM, "unable to become the owner of ",
		    root_spool(), "/pool");
	if (pools_open(&q->pools) < 0)
		die_open("pool");
	if (jobdirs_open(&q->jobs) < 0)
		die_open("jobs");
	q->spool = subdir(".");
	q->score = subdir("score/new");
	q->scan = subdir("score/wait");
	q->hold = subdir(HOLD_DIR);
	q->route = subdir("route/new");
	q->bad = subdir("route/bad");
	q->done = subdir("done");
	q->site_ok = site_read(&q->site, root_etc()) == 0;
	q->now_us = clock_wall_us();
}

const char *
service_name(enum service s)
{
	return services[s].name;
}

int
service_runs(const struct queue *q, enum service s)
{
	struct flock f = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

	if (q->lock[s] < 0 || fcntl(q->lock[s], F_OFD_GETLK, &f) < 0)
		return -1;
	return f.l_type != F_UNLCK;
}
