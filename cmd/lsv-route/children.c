#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/lsv-route/route.h"
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
	if (fn(r, name) < 0) {
		msg_warnsys("unable to work on ", name);
		_exit(LSV_TEMP);
	}
	_exit(LSV_OK);
}

int
child_start(struct route *r, const char *name,
    int (*fn)(struct route *r, const char *name))
{
	struct child *c = child_of(r, name);
	pid_t self = getpid();

	if (c) {
		c->again = 1;
		errno = EAGAIN;
		return -1;
	}
	c = free_place(r);
	if (!c) {
		r->again = 1;
		errno = EAGAIN;
		return -1;
	}
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
ended(struct route *r, struct child *c, int status)
{
	char name[ID_NAME_MAX];
	int again = c->again;

	id_copy(name, c->name);
	c->pid = 0;
	if (status != 0) {
		struct logline l;

		log_begin(&l, name, "child-failed");
		log_u(&l, WIFSIGNALED(status) ? "signal" : "code",
		    (uint64_t)(WIFSIGNALED(status) ? WTERMSIG(status)
		                                   : WEXITSTATUS(status)));
		log_end(&l);
		r->again = 1;
	} else if (again) {
		home_check(r, name);
	}
}

void
child_reap(struct route *r)
{
	int status;
	pid_t pid;

	sig_child = 0;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < CHILDREN_MAX; i++)
			if (r->child[i].pid == pid)
				ended(r, &r->child[i], status);
}
