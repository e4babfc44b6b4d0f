/* lsv-explain - says why mail is still here, who takes it next and when, and
 * which line of the configuration decided so */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>

#include "cmd/lsv-explain/explain.h"
#include "lib/addr.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/when.h"

static const char usage[] =
    "usage: lsv-explain [--json] pool POOL | job ID | address ADDRESS |\n"
    "                   time \"Sun 23:30\" | time \"YYYY-MM-DD HH:MM\"\n"
    "\n"
    "  pool     which worker takes the mail of a pool now or next, and why\n"
    "  job      the same of a message, a job or a part, and when it is tried\n"
    "  address  the same of all mail for a recipient, or from a sender\n"
    "  time     who takes the mail of each pool at that local time\n"
    "\n"
    "  --json      print JSON\n"
    "  -h, --help  this text\n";

static void
options(struct explain *e, int argc, char **argv)
{
	static const struct option longs[] = {{"help", no_argument, NULL, 'h'},
	    {"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
	int c, good = 1;

	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1)
		if (c == 'h')
			msg_help(usage);
		else if (c == 'j')
			e->q.opt.json = 1;
		else
			good = 0;
	if (!good || argc - optind != 2)
		msg_die(LSV_PERM,
		    "usage: lsv-explain pool | job | address | time ... (-h "
		    "says more)");
	e->what[0] = argv[optind];
	e->what[1] = argv[optind + 1];
}

/* All that explanations come from, but the files. */
static void
learn(struct explain *e)
{
	const struct board *b = board_look(e->q.pools.top);
	struct where w = {0, ""};

	if (!e->q.site_ok)
		msg_diesys(LSV_PERM, "unable to read ", root_etc(),
		    "/" SITE_TABLE " (lsv-config apply makes it)");
	e->now = (int64_t)(e->q.now_us / 1000000U);
	e->running = service_runs(&e->q, SERVICE_SMTPW);
	e->boards = board_all(e->board, b);
	board_drop(b);
	e->buckets = buckets_look(e->q.pools.top);
	if (orders_read(&e->orders, e->q.pools.top, &w) == 0)
		return;
	if (errno == EBADMSG)
		msg_warn("pool/" ORDERS_FILE " is damaged: ", w.why);
	else
		msg_warnsys("unable to read ", "pool/" ORDERS_FILE);
}

static int
of_pool(struct explain *e)
{
	struct order g = {.what = ORDER_POOL};
	struct where w;

	if (pool_named(e->what[1]) == POOL_PEER)
		return explain_peer(e);
	if (orders_name(&g, e->what[1], strlen(e->what[1]), &w) < 0)
		msg_die(LSV_PERM, e->what[1], ": ", w.why);
	return explain_pool(e, g.name[0]);
}

static int
of_job(struct explain *e)
{
	const char *s = e->what[1];

	if (strspn(s, "0123456789abcdef.") < 4)
		msg_die(LSV_PERM, s,
		    " is neither an ID nor the beginning of one (lsv-queue "
		    "show prints them)");
	e->q.opt.arg = &e->what[1];
	e->q.opt.narg = 1;
	return explain_files(e);
}

static int
of_address(struct explain *e)
{
	const char *s = e->what[1];
	struct where w;
	int r;

	if (addr_spec(&e->normal, s, strlen(s), ADDR_UTF8, &w) < 0)
		msg_die(LSV_PERM, s, ": ", w.why);
	e->address = (struct bytes){e->normal.s, e->normal.len};
	r = explain_files(e);
	sa_free(&e->normal);
	return r;
}

static int
of_time(struct explain *e)
{
	struct where w;
	int64_t t;

	if (when_parse(&t, e->what[1], strlen(e->what[1]), e->now, &w) < 0)
		msg_die(LSV_PERM, e->what[1], ": ", w.why);
	return explain_time(e, t);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct explain *e);
	} question[] = {{"pool", of_pool}, {"job", of_job},
	    {"address", of_address}, {"time", of_time}};
	static struct explain e;
	int code = -1;

	msg_prog = "lsv-explain";
	options(&e, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	e.j.out = &e.q.out;
	for (size_t i = 0; i < sizeof question / sizeof question[0]; i++)
		if (strcmp(e.what[0], question[i].name) == 0) {
			queue_open(&e.q);
			learn(&e);
			code = question[i].run(&e);
		}
	if (code < 0)
		msg_die(LSV_PERM, e.what[0],
		    ": pool, job, address or time is expected (-h says more)");
	flush(&e.q, 1);
	return code;
}
