#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/lsv-table/table.h"
#include "lib/msg.h"

static const char usage[] =
    "usage: lsv-table spam [-n] [--json]\n"
    "\n"
    "Makes tables of the text files that SPAM_WHITELIST_FROM_TABLE,\n"
    "SPAM_WHITELIST_TO_TABLE, SPAM_BLACKLIST_FROM_TABLE and\n"
    "SPAM_BLACKLIST_TO_TABLE name. lsv-score takes a new one at once.\n"
    "\n"
    "  -n, --dry-run  read and check everything, change nothing\n"
    "  --json         print JSON\n"
    "  -h, --help     this text\n";

_Noreturn static void
die_usage(void)
{
	msg_die(LSV_PERM, "usage: lsv-table spam [-n] [--json] (-h says more)");
}

static void
opt_parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"dry-run", no_argument, NULL, 'n'},
	    {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'},
	    {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "hn", longs, NULL)) != -1) {
		if (c == 'h')
			msg_help(usage);
		if (c == 'n')
			o->dry_run = 1;
		else if (c == 'j')
			o->json = 1;
		else
			die_usage();
	}
}

int
main(int argc, char **argv)
{
	struct options o = {0};

	msg_prog = "lsv-table";
	opt_parse(&o, argc, argv);
	if (argc - optind != 1 || strcmp(argv[optind], "spam") != 0)
		die_usage();
	umask(022);
	signal(SIGPIPE, SIG_IGN);
	return table_spam(&o);
}
