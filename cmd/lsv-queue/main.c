/* lsv-queue - shows what waits where and why, and changes it */
#include <getopt.h>
#include <signal.h>
#include <string.h>

#include "cmd/lsv-queue/queue.h"
#include "lib/msg.h"
#include "lib/num.h"

enum { INTERVAL_MS = 2000, INTERVAL_MAX_MS = 86400000 };

static const char usage[] =
    "usage: lsv-queue [--json] [--list LIST] [--age] show [pool POOL | ID "
    "...]\n"
    "       lsv-queue [--json] [--summary] trace ID | ADDRESS\n"
    "       lsv-queue [-n] [--json] hold    ID ... | --list LIST | --pool "
    "POOL | --all\n"
    "       lsv-queue [-n] [--json] release ID ... | --list LIST | --pool "
    "POOL | --all\n"
    "       lsv-queue [-n] [--json] retry   ID ... | --list LIST | --pool "
    "POOL | --all\n"
    "       lsv-queue [-n] [--json] [--yes] [--no-report] remove ID ... | "
    "--list LIST |\n"
    "                 --pool POOL | --all\n"
    "       lsv-queue [--json] [-i SECONDS] watch\n"
    "\n"
    "  show     what waits where: ID, list, pool, state, recipients, last "
    "reply\n"
    "  trace    all that is known of a message, a job or a recipient\n"
    "  hold     keep files from being delivered until release\n"
    "  release  let them go\n"
    "  retry    try files that wait for their next try at once\n"
    "  remove   give their recipients up, for good\n"
    "  watch    show the counts again and again; Ctrl-C ends\n"
    "\n"
    "  --age          show: how old the recipients left are, by pool and "
    "host\n"
    "  --all          every file\n"
    "  -i, --interval SECONDS  of watch (2)\n"
    "  --json         print JSON\n"
    "  --list LIST    only files of this list\n"
    "  -n, --dry-run  change nothing, say what would be done\n"
    "  --no-report    remove: tell no sender\n"
    "  --pool POOL    only files of this pool: A to Z, default, or peer\n"
    "  --summary      trace: without the recipients\n"
    "  --yes          remove: do not ask\n"
    "  -h, --help     this text\n";

/* struct command - what is wanted
 *
 * least, most  words behind it
 * change  1: it takes a selection, and must have one
 */
static const struct command {
	const char *name;
	int (*run)(struct queue *q);
	int least, most, change;
} commands[] = {
    {"show", command_show, 0, 1 << 20, 0},
    {"trace", command_trace, 1, 1, 0},
    {"hold", command_hold, 0, 1 << 20, 1},
    {"release", command_release, 0, 1 << 20, 1},
    {"retry", command_retry, 0, 1 << 20, 1},
    {"remove", command_remove, 0, 1 << 20, 1},
    {"watch", command_watch, 0, 0, 0},
};

static int
pool_meant(struct options *o, const char *s)
{
	int i = pool_named(s);

	o->pool = (unsigned)(i + 1);
	return i >= 0;
}

static int
opt_one(struct options *o, int c)
{
	switch (c) {
	case 'h':
		msg_help(usage);
	case 'n':
		return o->dry_run = 1;
	case 'j':
		return o->json = 1;
	case 'a':
		return o->all = 1;
	case 'g':
		return o->age = 1;
	case 'y':
		return o->yes = 1;
	case 'q':
		return o->no_report = 1;
	case 's':
		return o->summary = 1;
	case 'l':
		o->list = optarg;
		return 1;
	case 'p':
		return pool_meant(o, optarg);
	case 'i':
		return num_duration_ms(
			   &o->interval_ms, optarg, strlen(optarg)) == 0 &&
		    o->interval_ms >= 100 && o->interval_ms <= INTERVAL_MAX_MS;
	}
	return 0;
}

static int
opt_parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {{"age", no_argument, NULL, 'g'},
	    {"all", no_argument, NULL, 'a'},
	    {"dry-run", no_argument, NULL, 'n'},
	    {"help", no_argument, NULL, 'h'},
	    {"interval", required_argument, NULL, 'i'},
	    {"json", no_argument, NULL, 'j'},
	    {"list", required_argument, NULL, 'l'},
	    {"no-report", no_argument, NULL, 'q'},
	    {"pool", required_argument, NULL, 'p'},
	    {"summary", no_argument, NULL, 's'},
	    {"yes", no_argument, NULL, 'y'}, {NULL, 0, NULL, 0}};
	int c;

	o->interval_ms = INTERVAL_MS;
	while ((c = getopt_long(argc, argv, "hi:n", longs, NULL)) != -1)
		if (!opt_one(o, c))
			return -1;
	return 0;
}

/* `show pool A` is `--pool A show`. */
static int
pool_words(struct options *o)
{
	if (o->narg != 2 || strcmp(o->arg[0], "pool") != 0)
		return 0;
	o->narg = 0;
	return pool_meant(o, o->arg[1]) ? 0 : -1;
}

/* A change needs whole IDs, or something else that says what is meant. */
static int
selection(struct options *o)
{
	o->exact = 1;
	for (int i = 0; i < o->narg; i++)
		if (!id_ok(o->arg[i], strlen(o->arg[i])))
			msg_die(LSV_PERM, o->arg[i],
			    " is not an ID (lsv-queue show prints them)");
	return o->narg || o->list || o->pool || o->all ? 0 : -1;
}

static int
words_fit(struct options *o, const struct command *c)
{
	if (o->narg < c->least || o->narg > c->most ||
	    (o->age && c->run != command_show))
		return 0;
	if (c->run == command_show && pool_words(o) < 0)
		return 0;
	return !c->change || selection(o) == 0;
}

/* The command, or the end of the program. */
static const struct command *
find_command(struct options *o, int argc, char **argv)
{
	int parsed = opt_parse(o, argc, argv);

	o->arg = argv + optind + 1;
	o->narg = argc - optind - 1;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (parsed == 0 && o->narg >= 0 &&
		    strcmp(argv[optind], commands[i].name) == 0 &&
		    words_fit(o, &commands[i]))
			return &commands[i];
	msg_die(LSV_PERM,
	    "usage: lsv-queue show | trace | hold | release | retry | "
	    "remove | watch ... (-h says more)");
}

int
main(int argc, char **argv)
{
	static struct queue q;
	const struct command *c;
	int code;

	msg_prog = "lsv-queue";
	c = find_command(&q.opt, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	queue_open(&q);
	code =
	    q.opt.age && c->run == command_show ? command_age(&q) : c->run(&q);
	flush(&q, 1);
	return code;
}
