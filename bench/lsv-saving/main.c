/* lsv-saving - links that distributions cross in a network, relayed and direct
 *
 * Every server on the way decides by its own table, made of the same texts, as
 * lsv-route would there; then the links are walked and counted.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/common/opt.h"
#include "bench/lsv-saving/saving.h"
#include "lib/json.h"
#include "lib/msg.h"
#include "lib/netdir.h"

static const char usage[] =
    "usage: lsv-saving [-S seed] [-r recipients] [-j jobs] [-e] [-x] DIR\n"
    "Prints one line of JSON about distributions in the network whose tables\n"
    "are in DIR.\n"
    "  -S  other recipients and servers (1)\n"
    "  -r  recipients of each job, on nodes chosen at random (1000)\n"
    "  -j  jobs, each from a backbone server (10)\n"
    "  -e  take all links for equal, whatever their speed\n"
    "  -x  find the smallest trees too; at most 11 recipients\n";

static void
options(struct jobs *j, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "S:r:j:exh")) != -1)
		switch (c) {
		case 'S':
			j->seed = opt_u64("-S", optarg, UINT32_MAX);
			break;
		case 'r':
			j->recipients =
			    (uint32_t)opt_u64("-r", optarg, 10000000);
			break;
		case 'j':
			j->jobs = (uint32_t)opt_u64("-j", optarg, 1000000);
			break;
		case 'e':
			j->equal = 1;
			break;
		case 'x':
			j->exact = 1;
			break;
		case 'h':
			msg_help(usage);
		default:
			msg_die(LSV_PERM, "see lsv-saving -h");
		}
	if (argc - optind != 1)
		msg_die(LSV_PERM, "see lsv-saving -h");
}

static void
read_network(struct network *net, const char *dir)
{
	struct netdiag d = {0};

	if (network_read_dir(net, dir, &d) < 0)
		msg_diesys(LSV_PERM, "unable to read ", dir);
	if (d.count[NETDIAG_ERROR])
		msg_die(LSV_PERM, dir, ": the tables have errors");
	netdiag_free(&d);
}

static void
put_count(struct json *j, const char *key, const struct count *c)
{
	json_open(j, key, '{');
	json_u(j, "links", c->links);
	json_u(j, "cost", c->cost);
	json_u(j, "copies", c->copies);
	json_close(j, '}');
}

static void
print(const struct network *net, const struct jobs *jobs, const struct sum *s,
    uint64_t ms)
{
	stralloc out = {0};
	struct json j = {.out = &out};

	json_open(&j, NULL, '{');
	json_u(&j, "servers", net->npeers);
	json_u(&j, "nodes", net->nnodes);
	json_u(&j, "links", net->nlinks);
	json_u(&j, "recipients", jobs->recipients);
	json_u(&j, "jobs", jobs->jobs);
	json_b(&j, "equal", jobs->equal);
	put_count(&j, "relayed", &s->relayed);
	put_count(&j, "direct", &s->direct);
	put_count(&j, "relayed_together", &s->together[0]);
	put_count(&j, "direct_together", &s->together[1]);
	json_u(&j, "first", s->first);
	json_u(&j, "stops", s->stops);
	json_u(&j, "hops", s->hops);
	if (jobs->exact)
		json_u(&j, "steiner", s->steiner);
	json_u(&j, "ms", ms);
	json_close(&j, '}');
	if (j.failed)
		msg_die(LSV_TEMP, "out of memory");
	printf("%.*s\n", (int)out.len, out.s);
	sa_free(&out);
}

int
main(int argc, char **argv)
{
	struct jobs jobs = {.seed = 1, .recipients = 1000, .jobs = 10};
	struct network net = {0};
	struct sum sum = {0};
	uint64_t start;

	msg_prog = "lsv-saving";
	options(&jobs, argc, argv);
	start = now_ns(CLOCK_MONOTONIC);
	read_network(&net, argv[optind]);
	if (jobs.equal)
		net.rated = 0;
	saving_run(&sum, &jobs, &net);
	print(&net, &jobs, &sum, (now_ns(CLOCK_MONOTONIC) - start) / 1000000);
	network_free(&net);
	return LSV_OK;
}
