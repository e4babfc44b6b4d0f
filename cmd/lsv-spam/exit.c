#include "cmd/lsv-spam/exit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-spam/say.h"
#include "lib/exitrun.h"
#include "lib/fio.h"
#include "lib/header.h"
#include "lib/ids.h"
#include "lib/kin.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/user.h"

enum { STEP = 64 << 10 }; /* bytes of standard input read at once */

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

void
exit_become(int must)
{
	stralloc inbox = {0};
	struct stat st;

	if (geteuid() != 0)
		return;
	if (root_path(&inbox, root_spool(), "scan") < 0)
		say_no_memory();
	if ((must || lstat(inbox.s, &st) == 0 || errno != ENOENT) &&
	    user_become_owner(AT_FDCWD, inbox.s) < 0)
		msg_diesys(LSV_PERM, "unable to become the owner of ", inbox.s);
	sa_free(&inbox);
}

static void
keep_head(stralloc *head, const char *s, size_t len)
{
	size_t room = HEADER_READ - head->len;

	say_bytes(head, (struct bytes){s, len < room ? len : room});
}

/* What nobody needs is read, too: its writer would die of SIGPIPE. */
uint64_t
exit_input(int to, stralloc *head)
{
	static char step[STEP];
	uint64_t size = 0;
	ssize_t n;

	while ((n = read(STDIN_FILENO, step, sizeof step)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			msg_diesys(LSV_TEMP, "unable to read standard input");
		size += (uint64_t)n;
		if (size > EXIT_INPUT_MAX)
			msg_die(
			    NO_MESSAGE, "standard input is larger than 64 MiB");
		if (head)
			keep_head(head, step, (size_t)n);
		if (to >= 0 && fio_write(to, step, (size_t)n) < 0)
			msg_diesys(LSV_TEMP, "unable to write a file");
	}
	return size;
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
