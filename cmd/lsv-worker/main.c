/* lsv-worker - shows what the workers do, tells them to stop and go on, says
 * what they would do at another time, and how they get on with a host */
#include <getopt.h>
#include <signal.h>
#include <string.h>

#include "cmd/lsv-worker/worker.h"
#include "lib/msg.h"
#include "lib/num.h"

enum {
	INTERVAL_MS = 1000,
	INTERVAL_MAX_MS = 86400000,
	TIMEOUT_MS = 30000,
	TIMEOUT_MAX_MS = 3600000
};

static const char usage[] =
    "usage: lsv-worker [--json] [--watch] [-i SECONDS] show\n"
    "       lsv-worker [-n] [--json] pause | drain | resume worker LABEL | "
    "host NAME |\n"
    "                  pool POOL\n"
    "       lsv-worker [--json] [--at \"YYYY-MM-DD HH:MM\"] [--config FILE] "
    "plan\n"
    "       lsv-worker [--json] [--implicit] [--timeout SECONDS] tls-test "
    "HOST[:PORT]\n"
    "       lsv-worker [--json] [--timeout SECONDS] [--config FILE] --entry N "
    "tls-test\n"
    "\n"
    "  show    each worker: pools, state, host, job, speed, last reply\n"
    "  pause   begin nothing new there; files under way go back to their "
    "pool\n"
    "  drain   begin no new file there, end those under way\n"
    "  resume  take a pause or drain back\n"
    "  plan    what every worker would do at that time\n"
    "  tls-test  connect as a worker would, send no mail, and say with which\n"
    "          TLS= mail would go, and why not\n"
    "\n"
    "  --at TIME      local time of plan (now); a day of the week as well: "
    "\"Sun 23:30\"\n"
    "  --config FILE  plan, tls-test: a site.cfg that need not be applied\n"
    "  --entry N      tls-test: all hosts of SMTP_FORWARD_N; 0 SMTP_FORWARD\n"
    "  --implicit     tls-test: TLS from the first byte, as on port 465\n"
    "  -i, --interval SECONDS  of --watch (1)\n"
    "  --json         print JSON\n"
    "  -n, --dry-run  change nothing, say what would be done\n"
    "  --timeout SECONDS  tls-test: for each step (30)\n"
    "  --watch        show again and again; Ctrl-C ends\n"
    "  -h, --help     this text\n";

/* struct command - what is wanted
 *
 * words   behind it
 * spool   1: it needs the spool
 */
static const struct command {
	const char *name;
	int (*run)(struct queue *q, const struct asked *a);
	int words, spool;
} commands[] = {
    {"show", command_show_workers, 0, 1},
    {"pause", command_pause, 2, 1},
    {"drain", command_drain, 2, 1},
    {"resume", command_resume, 2, 1},
    {"plan", command_plan, 0, 0},
    {"tls-test", command_tls_test, 1, 0},
    {"tls-test", command_tls_entry, 0, 0},
};

/* A time between two bounds. */
static int
read_ms(uint64_t *ms, const char *s, uint64_t max)
{
	return num_duration_ms(ms, s, strlen(s)) == 0 && *ms >= 100 &&
	    *ms <= max;
}

static int
opt_one(struct asked *a, int c)
{
	switch (c) {
	case 'h':
		msg_help(usage);
	case 'n':
		return a->dry_run = 1;
	case 'j':
		return a->json = 1;
	case 'w':
		return a->watch = 1;
	case 'a':
		a->at = optarg;
		return 1;
	case 'c':
		a->config = optarg;
		return 1;
	case 'i':
		return read_ms(&a->interval_ms, optarg, INTERVAL_MAX_MS);
	case 't':
		return read_ms(&a->timeout_ms, optarg, TIMEOUT_MAX_MS);
	case 'e':
		a->entry = optarg;
		return 1;
	case 'm':
		return a->implicit = 1;
	}
	return 0;
}

static int
opt_parse(struct asked *a, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"at", required_argument, NULL, 'a'},
	    {"config", required_argument, NULL, 'c'},
	    {"dry-run", no_argument, NULL, 'n'},
	    {"entry", required_argument, NULL, 'e'},
	    {"help", no_argument, NULL, 'h'},
	    {"implicit", no_argument, NULL, 'm'},
	    {"interval", required_argument, NULL, 'i'},
	    {"json", no_argument, NULL, 'j'},
	    {"timeout", required_argument, NULL, 't'},
	    {"watch", no_argument, NULL, 'w'}, {NULL, 0, NULL, 0}};
	int c;

	a->interval_ms = INTERVAL_MS;
	a->timeout_ms = TIMEOUT_MS;
	while ((c = getopt_long(argc, argv, "hi:n", longs, NULL)) != -1)
		if (!opt_one(a, c))
			return -1;
	return 0;
}

/* The command, or the end of the program. */
static const struct command *
find_command(struct asked *a, int argc, char **argv)
{
	int parsed = opt_parse(a, argc, argv);

	a->arg = argv + optind + 1;
	a->narg = argc - optind - 1;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (parsed == 0 && a->narg == commands[i].words &&
		    strcmp(argv[optind], commands[i].name) == 0)
			return &commands[i];
	msg_die(LSV_PERM,
	    "usage: lsv-worker show | pause | drain | resume | plan | tls-test "
	    "... (-h says more)");
}

int
main(int argc, char **argv)
{
	static struct queue q;
	const struct command *c;
	struct asked a = {.json = 0};
	int code;

	msg_prog = "lsv-worker";
	c = find_command(&a, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	if (c->spool)
		queue_open(&q);
	code = c->run(&q, &a);
	flush(&q, 1);
	return code;
}
