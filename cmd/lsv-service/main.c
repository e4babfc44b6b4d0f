#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-service/service.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/roots.h"
#include "lib/share.h"
#include "lib/spoolcheck.h"
#include "lib/user.h"

enum { WAIT_MS = 60000 };

static const char usage[] =
    "usage: lsv-service [-hn] [-w SECONDS] up\n"
    "       lsv-service [-hn] [-w SECONDS] down\n"
    "       lsv-service [-h] [--json] status\n"
    "       lsv-service [-hn] reload\n"
    "\n"
    "  up       start the services and wait until they are ready\n"
    "  down     stop them and wait until they are gone\n"
    "  status   show each service; exit 0 all ready, 111 not all\n"
    "           or an alarm, 100 not up\n"
    "  reload   have all services read the configuration again\n"
    "\n"
    "  -w, --wait SECONDS  longest wait of up and down (60)\n"
    "  -n, --dry-run  only check, and say what would be done\n"
    "  --json         status: print one JSON object\n"
    "  -h, --help     this text\n";

static int
opt_parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"dry-run", no_argument, NULL, 'n'},
	    {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'},
	    {"wait", required_argument, NULL, 'w'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "hnw:", longs, NULL)) != -1) {
		if (c == 'h')
			msg_help(usage);
		if (c == 'j')
			o->json = 1;
		else if (c == 'n')
			o->dry_run = 1;
		else if (c != 'w' ||
		    num_duration_ms(&o->wait_ms, optarg, strlen(optarg)) < 0)
			return -1;
	}
	if (optind != argc - 1)
		return -1;
	o->command = argv[optind];
	return 0;
}

/* Root works on one user's spool as that user: the whole tree is his. */
static void
settle(void)
{
	struct stat st;
	uid_t uid;
	int r = geteuid() == 0 ? spool_belongs(&uid, root_spool()) : 0;

	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to look at ", root_spool());
	if (r > 0 &&
	    (stat(root_spool(), &st) < 0 || user_become_id(uid, st.st_gid) < 0))
		msg_diesys(
		    LSV_TEMP, "unable to become the owner of ", root_spool());
	if (geteuid() == 0)
		return;
	if (stat(root_spool(), &st) < 0)
		msg_diesys(LSV_PERM, "no spool in ", root_spool());
	if (st.st_uid != geteuid())
		msg_die(LSV_PERM, root_spool(),
		    " belongs to another user: run this as that user or as "
		    "root, or set LSV_SPOOL");
}

static void
set(const char *name, const char *value)
{
	if (setenv(name, value, 1) < 0)
		msg_diesys(LSV_TEMP, "unable to set ", name);
}

/* What services get: our programs first in PATH, and the roots by name. */
static void
environment(void)
{
	stralloc path = {0};

	if (share_programs(&path) < 0 ||
	    sa_puts(&path,
		":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
		"/sbin:/bin") < 0 ||
	    sa_0(&path) < 0)
		msg_diesys(LSV_TEMP, "unable to find my own directory");
	set("PATH", path.s);
	set("LSV_ETC", root_etc());
	set("LSV_SPOOL", root_spool());
	set("LSV_LIB", root_lib());
	set("LSV_RUN", root_run());
	sa_free(&path);
}

static int
command(struct service *s)
{
	static const struct {
		const char *name;
		int (*run)(struct service *);
	} commands[] = {{"up", service_up}, {"down", service_down},
	    {"status", service_status}, {"reload", service_reload}};

	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(s->opt.command, commands[i].name) == 0)
			return commands[i].run(s);
	msg_die(LSV_PERM, "no such command: ", s->opt.command,
	    " (up, down, status or reload)");
}

int
main(int argc, char **argv)
{
	struct service s = {.share = -1, .opt = {.wait_ms = WAIT_MS}};
	int code;

	msg_prog = "lsv-service";
	if (opt_parse(&s.opt, argc, argv) < 0)
		msg_die(LSV_PERM,
		    "usage: lsv-service [-hn] [--json] [-w SECONDS] up | down "
		    "| status | reload (-h says more)");
	umask(022);
	signal(SIGPIPE, SIG_IGN);
	settle();
	environment();
	if (root_path(&s.scan, root_run(), "service") < 0)
		msg_diesys(LSV_TEMP, "unable to name the scan directory");
	code = command(&s);
	sa_free(&s.scan);
	return code;
}
