#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-list/list.h"
#include "lib/fio.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/user.h"

static const char usage[] =
    "usage: lsv-list [-n] create NAME [--owner ADDRESS] [--header FILE]\n"
    "       lsv-list [-n] delete NAME\n"
    "       lsv-list header get NAME\n"
    "       lsv-list [-n] header put NAME [FILE]\n"
    "       lsv-list [-n] [--json] import NAME [FILE] [--skip-bad]\n"
    "       lsv-list export NAME [--plain]\n"
    "       lsv-list [-n] add NAME ADDRESS [FULL NAME]\n"
    "       lsv-list [-n] remove NAME ADDRESS\n"
    "       lsv-list [-n] set NAME ADDRESS OPTION...\n"
    "       lsv-list [--json] show [NAME [ADDRESS]]\n"
    "       lsv-list aliases postfix|exim|opensmtpd|qmail [NAME] [--map]\n"
    "                [--lmtp] [--user USER]\n"
    "\n"
    "  -n, --dry-run  do everything but change nothing\n"
    "  --header FILE  create with this header (- is standard input)\n"
    "  --json         print JSON\n"
    "  --lmtp         for lsv-lmtp instead of lsv-inject; postfix and exim\n"
    "  --map          only the table of addresses, without what stays the "
    "same\n"
    "  --owner ADDRESS  create with this owner\n"
    "  --plain        export without options and dates\n"
    "  --skip-bad     import the good lines although there are bad ones\n"
    "  --user USER    whom the MTA runs lsv-inject as (lsvin)\n"
    "  -h, --help     this text\n"
    "\n"
    "A FILE that is missing or - is standard input.\n";

/* struct command - what is wanted and how many words it takes
 *
 * file    which word is a FILE to read; 0 for none
 */
static const struct command {
	const char *name;
	int (*run)(struct program *p);
	int least, most, file;
} commands[] = {
    {"create", command_create, 1, 1, 0},
    {"delete", command_delete, 1, 1, 0},
    {"header", command_header, 2, 3, 3},
    {"import", command_import, 1, 2, 2},
    {"export", command_export, 1, 1, 0},
    {"add", command_add, 2, 64, 0},
    {"remove", command_remove, 2, 2, 0},
    {"set", command_set, 3, 64, 0},
    {"show", command_show, 0, 2, 0},
    {"aliases", command_aliases, 1, 2, 0},
};

static int
opt_parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"dry-run", no_argument, NULL, 'n'},
	    {"header", required_argument, NULL, 'H'},
	    {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'},
	    {"lmtp", no_argument, NULL, 'l'}, {"map", no_argument, NULL, 'm'},
	    {"owner", required_argument, NULL, 'o'},
	    {"plain", no_argument, NULL, 'p'},
	    {"skip-bad", no_argument, NULL, 's'},
	    {"user", required_argument, NULL, 'u'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "hn", longs, NULL)) != -1) {
		if (c == 'h')
			msg_help(usage);
		if (c == 'n')
			o->dry_run = 1;
		else if (c == 'H')
			o->header = optarg;
		else if (c == 'j')
			o->json = 1;
		else if (c == 'l')
			o->lmtp = 1;
		else if (c == 'm')
			o->map = 1;
		else if (c == 'o')
			o->owner = optarg;
		else if (c == 'p')
			o->plain = 1;
		else if (c == 's')
			o->skip_bad = 1;
		else if (c == 'u')
			o->user = optarg;
		else
			return -1;
	}
	return 0;
}

_Noreturn static void
die_usage(void)
{
	msg_die(LSV_PERM,
	    "usage: lsv-list create | delete | header | import "
	    "| export | add | remove | set | show | aliases ... "
	    "(-h says more)");
}

static const struct command *
find_command(struct options *o, int argc, char **argv)
{
	const struct command *c = commands;
	const struct command *end = c + sizeof commands / sizeof *commands;

	while (c < end && optind < argc && strcmp(argv[optind], c->name) != 0)
		c++;
	if (c == end || optind >= argc)
		die_usage();
	o->arg = argv + optind + 1;
	o->narg = argc - optind - 1;
	if (o->narg < c->least || o->narg > c->most)
		die_usage();
	return c;
}

/* The caller names the file, so it is opened with his rights. */
static int
input_open(const char *name)
{
	int fd = STDIN_FILENO;

	if (name && strcmp(name, "-") != 0)
		fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		msg_diesys(LSV_PERM, "unable to open ", name);
	return fd;
}

static void
input_choose(struct options *o, const struct command *c)
{
	o->input = -1;
	if (c->run == command_create && o->header)
		o->input = input_open(o->header);
	else if (c->run == command_header && strcmp(o->arg[0], "put") != 0)
		return;
	else if (c->file)
		o->input =
		    input_open(o->narg >= c->file ? o->arg[c->file - 1] : NULL);
}

/* Root works on the lists as the user who owns them. */
static void
settle(void)
{
	stralloc dir = {0};

	if (root_path(&dir, root_lib(), LISTS_DIR) < 0)
		die_memory();
	if (geteuid() == 0 && user_become_owner(AT_FDCWD, dir.s) < 0)
		msg_diesys(LSV_PERM, "unable to become the owner of ", dir.s);
	sa_free(&dir);
}

int
main(int argc, char **argv)
{
	struct program p = {.lists.store.lock = -1};
	const struct command *c;
	int code;

	msg_prog = "lsv-list";
	if (opt_parse(&p.opt, argc, argv) < 0)
		die_usage();
	c = find_command(&p.opt, argc, argv);
	umask(027);
	signal(SIGPIPE, SIG_IGN);
	input_choose(&p.opt, c);
	settle();
	code = c->run(&p);
	program_print(&p);
	lists_close(&p.lists);
	listhdr_free(&p.h);
	sa_free(&p.out);
	return code;
}
