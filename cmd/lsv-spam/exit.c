#include "cmd/lsv-spam/exit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/lsv-spam/say.h"
#include "lib/exitrun.h"
#include "lib/fio.h"
#include "lib/ids.h"
#include "lib/kin.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/user.h"

static const char *
temporary(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && dir[0] == '/' ? dir : "/tmp";
}

int
exit_file(void)
{
	stralloc path = {0};
	int fd;

	say_put(&path, temporary());
	say_put(&path, "/lsv-spam.XXXXXX");
	if (sa_0(&path) < 0)
		say_no_memory();
	fd = mkostemp(path.s, O_CLOEXEC);
	if (fd < 0 || unlink(path.s) < 0)
		msg_diesys(LSV_TEMP, "unable to make a file in ", temporary());
	sa_free(&path);
	return fd;
}

/* Whoever runs SPAM_EXIT when mail comes in; not root in any case. */
static void
become(void)
{
	stralloc inbox = {0};

	if (geteuid() != 0)
		return;
	if (root_path(&inbox, root_spool(), "scan") < 0)
		say_no_memory();
	if (user_become_owner(AT_FDCWD, inbox.s) < 0)
		msg_diesys(LSV_PERM, "unable to become the owner of ", inbox.s);
	sa_free(&inbox);
}

static void
run(const struct exitrun_order *o, struct scananswer *out)
{
	struct exitrun r;

	/* what its keeper leaves behind, if it is killed, comes to us */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ||
	    exitrun_start(&r, o) < 0 || exitrun_wait(&r, out) < 0 ||
	    kin_kill(NULL, 0) < 0)
		msg_diesys(LSV_TEMP, "unable to run ", o->path);
}

void
exit_ask(const struct site *site, const char *verb, const char *list,
    const char *id, int message, off_t from, struct scananswer *out)
{
	stralloc path = {0}, exits = {0};
	char name[ID_LEN + 1];
	struct exitrun_order o = {.verb = verb,
	    .list = list,
	    .node = site->node,
	    .id = id,
	    .name = name,
	    .message = message,
	    .from = from,
	    .keep = -1,
	    .timeout_ms = site->spam_exit_timeout_ms,
	    .memory = site->spam_exit_memory};

	become();
	if (exitrun_path(&path, &exits, site->spam_exit) < 0)
		say_no_memory();
	o.path = path.s;
	o.exits = exits.s;
	o.under = open(temporary(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o.under < 0 || id_make(name) < 0)
		msg_diesys(LSV_TEMP, "unable to use ", temporary());
	run(&o, out);
	fio_close(o.under);
	sa_free(&path);
	sa_free(&exits);
}
