/* lsv-spam - what the white and blacklists say of a message, and the mail that
 * waits for a person */
#include <signal.h>
#include <string.h>

#include "cmd/lsv-spam/spam.h"
#include "lib/msg.h"

static const char usage[] =
    "usage: lsv-spam test [--json] [--list LIST] [--sender ADDRESS]\n"
    "                [--no-exit] [--config FILE] < MESSAGE\n"
    "       lsv-spam entry [--json] [--config FILE] ADDRESS\n"
    "       lsv-spam held [--json]\n"
    "       lsv-spam show ID\n"
    "       lsv-spam release ID ...\n"
    "       lsv-spam discard ID ...\n"
    "       lsv-spam report ID | lsv-spam report < MESSAGE\n"
    "       lsv-spam alerts [--json | --cancel SUM ...]\n"
    "\n"
    "  test     what a message scores and why; nothing is sent or changed\n"
    "  entry    the entries that match an address\n"
    "  held     the messages that wait, for a person or for a time\n"
    "  show     one of them\n"
    "  release  let them go on, not scored again\n"
    "  discard  remove them\n"
    "  report   tell SPAM_EXIT that a message is spam\n"
    "  alerts   messages that came to many lists\n"
    "\n"
    "  --cancel SUM      alerts: withdraw the alert for this sum\n"
    "  --config FILE     test, entry: with this site.cfg instead of the one in "
    "force\n"
    "  --json            print JSON\n"
    "  --list LIST       test: the message is for this list\n"
    "  --no-exit         test: do not run SPAM_EXIT\n"
    "  --sender ADDRESS  test: of the envelope, '' for the null sender;\n"
    "                    without it, the address in Return-Path\n"
    "  -h, --help        this text\n";

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
    {"test", spam_test},
    {"entry", spam_entry},
    {"held", spam_held},
    {"show", spam_show},
    {"release", spam_release},
    {"discard", spam_discard},
    {"report", spam_report},
    {"alerts", spam_alerts},
};

static int
is_help(const char *word)
{
	return strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0;
}

int
main(int argc, char **argv)
{
	msg_prog = "lsv-spam";
	signal(SIGPIPE, SIG_IGN);
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (is_help(argv[i]))
			msg_help(usage);
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (argc > 1 && strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	msg_die(LSV_PERM,
	    "usage: lsv-spam test | entry | held | show | release | discard | "
	    "report | alerts ... (-h says more)");
}
