#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/lsv-table/table.h"
#include "lib/msg.h"

static const char usage[] =
    "usage: lsv-table spam [-n] [--json]\n"
    "       lsv-table network [-n | --check] [--dir DIR] [--self NAME]\n"
    "                 [-o FILE] [--json]\n"
    "\n"
    "spam: makes tables of the text files that SPAM_WHITELIST_FROM_TABLE,\n"
    "SPAM_WHITELIST_TO_TABLE, SPAM_BLACKLIST_FROM_TABLE and\n"
    "SPAM_BLACKLIST_TO_TABLE name. lsv-score takes a new one at once.\n"
    "\n"
    "network: compiles the tables of the network, BITEARN NODES, PEERS NAMES\n"
    "and those that go with them, as this server sees it.\n"
    "\n"
    "  -n, --dry-run  read and check everything, change nothing\n"
    "  --check        only read and check the tables, for no server\n"
    "  --dir DIR      where they are, instead of $LSV_ETC/network\n"
    "  --self NAME    the server, by name, node or host, instead of NODE\n"
    "  -o FILE        make this, instead of $LSV_LIB/network/network.cdb\n"
    "  --json         print JSON\n"
    "  -h, --help     this text\n";

_Noreturn static void
die_usage(void)
{
	msg_die(LSV_PERM,
	    "usage: lsv-table spam|network [-n] [--json] (-h says more)");
}

static void
opt_parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {{"check", no_argument, NULL, 'c'},
	    {"dir", required_argument, NULL, 'd'},
	    {"dry-run", no_argument, NULL, 'n'},
	    {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'},
	    {"output", required_argument, NULL, 'o'},
	    {"self", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "hno:", longs, NULL)) != -1) {
		if (c == 'h')
			msg_help(usage);
		if (c == 'n')
			o->dry_run = 1;
		else if (c == 'j')
			o->json = 1;
		else if (c == 'c')
			o->check = 1;
		else if (c == 'd')
			o->dir = optarg;
		else if (c == 's')
			o->self = optarg;
		else if (c == 'o')
			o->out = optarg;
		else
			die_usage();
	}
}

int
main(int argc, char **argv)
{
	struct options o = {0};
	const char *what;

	msg_prog = "lsv-table";
	opt_parse(&o, argc, argv);
	if (argc - optind != 1)
		die_usage();
	what = argv[optind];
	umask(022);
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(what, "network") == 0 && !(o.check && (o.out || o.self)))
		return table_network(&o);
	if (strcmp(what, "spam") != 0 || o.check || o.dir || o.self || o.out)
		die_usage();
	return table_spam(&o);
}
