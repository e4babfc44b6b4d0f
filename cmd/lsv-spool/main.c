#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-spool/spool.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/spoolmend.h"
#include "lib/user.h"

static const char usage[] =
    "usage: lsv-spool [-hnv] [--json] make\n"
    "       lsv-spool [-h] [--json] check\n"
    "       lsv-spool [-hn] [--json] [--adopt] repair\n"
    "\n"
    "  make         create users, groups, directories, FIFOs and lock files\n"
    "  check        compare with spool.tab; exit 1 when something differs\n"
    "  repair       mend what check finds; nothing is ever deleted\n"
    "\n"
    "  --adopt      give files of a wrong owner to the right one instead of\n"
    "               moving them to lost/ (after a backup was restored)\n"
    "  -n, --dry-run  only say what would be done\n"
    "  --json       print one JSON object\n"
    "  -v, --verbose  make: name each thing made\n"
    "  -h, --help   this text\n";

static int
opt_parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {{"adopt", no_argument, NULL, 'a'},
	    {"dry-run", no_argument, NULL, 'n'},
	    {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'},
	    {"verbose", no_argument, NULL, 'v'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "hnv", longs, NULL)) != -1) {
		if (c == 'h')
			msg_help(usage);
		if (c == 'a')
			o->adopt = 1;
		else if (c == 'j')
			o->json = 1;
		else if (c == 'n')
			o->dry_run = 1;
		else if (c == 'v')
			o->verbose = 1;
		else
			return -1;
	}
	if (optind != argc - 1)
		return -1;
	o->command = argv[optind];
	return 0;
}

/* Root works on one user's spool as that user; a user only on his own. */
static void
settle(void)
{
	const struct passwd *pw;
	struct stat st;
	uid_t uid;
	int r = geteuid() == 0 ? spool_belongs(&uid, root_spool()) : 0;

	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to look at ", root_spool());
	if (r > 0 &&
	    (stat(root_spool(), &st) < 0 || user_become_id(uid, st.st_gid) < 0))
		msg_diesys(
		    LSV_TEMP, "unable to become the owner of ", root_spool());
	if (geteuid() == 0 || stat(root_spool(), &st) < 0 ||
	    st.st_uid == geteuid())
		return;
	/* cppcheck-suppress getpwuidCalled ; one thread */
	pw = getpwuid(st.st_uid);
	msg_die(LSV_PERM, root_spool(), " belongs to ",
	    pw ? pw->pw_name : "another user",
	    ": run this as that user or as root, or set LSV_SPOOL");
}

static void
step(void *arg, uint64_t looked)
{
	progress_at(arg, looked);
}

int
main(int argc, char **argv)
{
	struct spool s = {.lock = -1};
	int code = LSV_PERM;

	msg_prog = "lsv-spool";
	if (opt_parse(&s.opt, argc, argv) < 0)
		msg_die(LSV_PERM,
		    "usage: lsv-spool [-hnv] [--json] [--adopt] "
		    "make | check | repair (-h says more)");
	umask(022);
	settle();
	tables_read(&s);
	if (spoolcheck_open(&s.check, &s.tab) < 0)
		msg_diesys(LSV_TEMP, "unable to open the spool");
	s.check.step = step;
	s.check.step_arg = &s.progress;
	/* a reader that went away must not stop half of the work */
	signal(SIGPIPE, SIG_IGN);
	report_begin(&s.report, s.opt.json,
	    strcmp(s.opt.command, "make") == 0 && !s.opt.verbose,
	    s.opt.command);

	if (strcmp(s.opt.command, "check") == 0) {
		code = spool_check(&s);
	} else if (strcmp(s.opt.command, "make") == 0) {
		s.may = MEND_MAKE;
		code = spool_mend(&s);
	} else if (strcmp(s.opt.command, "repair") == 0) {
		s.may = MEND_MAKE | MEND_MOVE |
		    (s.opt.adopt ? (unsigned)MEND_ADOPT : 0);
		code = spool_mend(&s);
	} else {
		msg_die(LSV_PERM, "no such command: ", s.opt.command,
		    " (make, check or repair)");
	}
	spoolcheck_close(&s.check);
	spooltab_free(&s.tab);
	spooltab_users_free(&s.users);
	return code;
}
