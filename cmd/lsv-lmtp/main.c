/* lsv-lmtp - takes messages from the MTA by LMTP, one connection on standard
 * input and output; s6-ipcserver starts it */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-lmtp/session.h"
#include "lib/confine.h"
#include "lib/logline.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/sig.h"

static const char usage[] = "usage: lsv-lmtp [-h]";

static const char help[] =
    "usage: lsv-lmtp [-h]\n"
    "Take messages into the spool by LMTP (RFC 2033), one connection on\n"
    "standard input and output; the service lsv-lmtp starts it for each\n"
    "connection to $LSV_RUN/lmtp/socket.\n"
    "  -h  this text\n";

static void
options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "h")) != -1) {
		if (c != 'h')
			msg_die(LSV_PERM, usage);
		exit(fputs(help, stdout) < 0 || fflush(stdout) < 0 ? LSV_TEMP
								   : LSV_OK);
	}
	if (optind != argc)
		msg_die(LSV_PERM, usage);
}

/* A client that does not read must not hold us for ever. */
static int
nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* What is needed of the file system: the inbox, and the two tables.  Each
 * connection is a process, so nothing is logged about it. */
static int
confine_self(void)
{
	struct confine c = {0};
	struct confine_limits l = {.nofile = 64};
	stralloc lists = {0}, score = {0};
	int r = -1;

	if (root_path(&lists, root_lib(), "lists") == 0 &&
	    root_path(&score, root_spool(), "score") == 0) {
		const struct confine_path p[] = {{score.s, CONFINE_WRITE},
		    {lists.s, CONFINE_READ}, {root_etc(), CONFINE_READ}};

		if (confine_limits(&c, &l) == 0 &&
		    confine_privileges(&c) == 0 &&
		    confine_paths(&c, p, sizeof p / sizeof p[0]) == 0)
			r = confine_calls(&c, 0);
	}
	sa_free(&lists);
	sa_free(&score);
	return r;
}

/* The client is told, so that it keeps its mail; and so is the log. */
_Noreturn static void
sorry(struct session *s, const char *code, const char *what, const char *path)
{
	struct receive_answer no;

	receive_no(&no, RECEIVE_AGAIN, code, " ", what, " ", path, ": ",
	    strerror(errno));
	if (lmtp_greet(&s->lmtp, no.text) == 0)
		(void)session_flush(s);
	msg_die(LSV_TEMP, no.text);
}

static void
report(const struct session *s)
{
	struct logline l;

	if (s->taken + s->refused + s->deferred == 0)
		return;
	log_begin(&l, NULL, "connection");
	log_u(&l, "taken", s->taken);
	log_u(&l, "refused", s->refused);
	log_u(&l, "deferred", s->deferred);
	log_end(&l);
}

int
main(int argc, char **argv)
{
	static struct session s;
	int err;

	msg_prog = "lsv-lmtp";
	options(argc, argv);
	if (nonblocking(0) < 0 || nonblocking(1) < 0 ||
	    sig_block(&s.asleep) < 0)
		msg_diesys(LSV_TEMP, "unable to start");
	if (session_site(&s) < 0)
		sorry(&s, "4.3.5", "no site configuration in", root_etc());
	if (takein_open(&s.score) < 0)
		sorry(&s, "4.3.0", "unable to open the spool", root_spool());
	if (confine_self() < 0)
		sorry(&s, "4.3.0", "unable to confine", "myself");
	if (lmtp_greet(&s.lmtp, NULL) < 0)
		msg_diesys(LSV_TEMP, "unable to greet");
	err = session_run(&s) < 0 ? errno : 0;
	report(&s);
	errno = err;
	if (err == ENOMEM)
		msg_diesys(LSV_TEMP, "unable to go on");
	return LSV_OK;
}
