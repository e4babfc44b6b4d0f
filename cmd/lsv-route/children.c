#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/lsv-route/route.h"
#include "lib/clock.h"
#include "lib/logline.h"
#include "lib/msg.h"
#include "lib/sig.h"

struct child *
child_of(struct route *r, const char *name)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (r->child[i].pid && strcmp(r->child[i].name, name) == 0)
			return &r->child[i];
	return NULL;
}

static struct child *
free_place(struct route *r)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (!r->child[i].pid)
			return &r->child[i];
	return NULL;
}

/* A child dies with its parent, and holds the instance lock until it has: a
 * successor never works beside it. */
static _Noreturn void
run(struct route *r, const char *name,
    int (*fn)(struct route *r, const char *name), pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(LSV_TEMP);
	/* a store is not carried over a fork: its lock would be shared */
	if (r->lists_open)
		lists_close(&r->lists);
	r->lists_open = 0;
	if (fn(r, name) < 0) {
		msg_warnsys("unable to work on ", name);
		_exit(LSV_TEMP);
	}
	_exit(LSV_OK);
}

/* A place for work on a job, if that may be done now. */
static struct child *
place_for(struct route *r, const char *name)
{
	struct child *c = child_of(r, name);
	struct child *place = free_place(r);

	if (!c && place && !poison_waits(&r->poison, name, clock_mono_ms()))
		return place;
	if (c)
		c->again = 1;
	else
		r->again = 1;
	errno = EAGAIN;
	return NULL;
}

int
child_start(struct route *r, const char *name,
    int (*fn)(struct route *r, const char *name))
{
	struct child *c = place_for(r, name);
	pid_t self = getpid();

	if (!c)
		return -1;
	c->pid = fork();
	if (c->pid == 0)
		run(r, name, fn, self);
	if (c->pid < 0) {
		c->pid = 0;
		return -1;
	}
	c->again = 0;
	id_copy(c->name, name);
	return 0;
}

static void
log_failed(const char *name, int status)
{
	struct logline l;

	log_begin(&l, name, "child-failed");
	log_u(&l, WIFSIGNALED(status) ? "signal" : "code",
	    (uint64_t)(WIFSIGNALED(status) ? WTERMSIG(status)
					   : WEXITSTATUS(status)));
	log_end(&l);
}

/* Again, but ever later; a message that processes crash on is set aside. */
static void
failed(struct route *r, const char *name, int status)
{
	unsigned deaths =
	    poison_failed(&r->poison, name, status, clock_mono_ms());

	log_failed(name, status);
	r->again = 1;
	if (deaths >= POISON_DEATHS && faccessat(r->in.new, name, F_OK, 0) == 0)
		inbox_bad(&r->in, name, "processes died of it");
}

/* What came home meanwhile, and a job without any chunk, is looked at now. */
static void
ended(struct route *r, struct child *c, int status)
{
	char name[ID_NAME_MAX];

	id_copy(name, c->name);
	c->pid = 0;
	if (status != 0) {
		failed(r, name, status);
		return;
	}
	poison_forget(&r->poison, name);
	if (faccessat(r->jobs.top, name, F_OK, 0) == 0)
		home_check(r, name);
}

void
child_reap(struct route *r)
{
	int status;
	pid_t pid;

	sig_child = 0;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < CHILDREN_MAX; i++)
			if (r->child[i].pid == pid) {
				ended(r, &r->child[i], status);
				break;
			}
}
