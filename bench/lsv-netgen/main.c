/* lsv-netgen - a network that looks as if it had grown, as tables */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/common/opt.h"
#include "bench/lsv-netgen/netgen.h"
#include "lib/msg.h"

static const char usage[] =
    "usage: lsv-netgen [-S seed] [-s servers] [-n nodes] [-d suffixes]\n"
    "                  [-l hosts] DIR\n"
    "Makes DIR/bitearn.nodes, DIR/peers.names, and DIR/hosts, which are names\n"
    "to look up.  The same numbers make the same files.\n"
    "  -S  another network of that size (1)\n"
    "  -s  servers, a tenth of them backbone (100)\n"
    "  -n  nodes (10 for each server)\n"
    "  -d  suffixes that servers serve (100 for each)\n"
    "  -l  hosts (1000)\n";

enum { NODES_MAX = 1000000, SERVERS_MAX = 100000, DOMAINS_OF_ALL = 4000000 };

static void
options(struct gen *g, uint32_t *hosts, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "S:s:n:d:l:h")) != -1)
		switch (c) {
		case 'S':
			g->seed = opt_u64("-S", optarg, UINT32_MAX);
			break;
		case 's':
			g->servers =
			    (uint32_t)opt_u64("-s", optarg, SERVERS_MAX);
			break;
		case 'n':
			g->nodes = (uint32_t)opt_u64("-n", optarg, NODES_MAX);
			break;
		case 'd':
			g->domains =
			    (uint32_t)opt_u64("-d", optarg, DOMAINS_OF_ALL);
			break;
		case 'l':
			*hosts = (uint32_t)opt_u64("-l", optarg, UINT32_MAX);
			break;
		case 'h':
			msg_help(usage);
		default:
			msg_die(LSV_PERM, "see lsv-netgen -h");
		}
}

int
main(int argc, char **argv)
{
	struct gen g = {.seed = 1,
	    .servers = 100,
	    .nodes = UINT32_MAX,
	    .domains = UINT32_MAX};
	uint32_t hosts = 1000;

	msg_prog = "lsv-netgen";
	options(&g, &hosts, argc, argv);
	if (argc - optind != 1)
		msg_die(LSV_PERM, "see lsv-netgen -h");
	if (g.nodes == UINT32_MAX)
		g.nodes = g.servers * 10;
	if (g.domains == UINT32_MAX)
		g.domains = g.servers * 100;
	if (g.servers < 1 || g.nodes < 4 || g.servers > g.nodes / 2 ||
	    g.domains > g.servers * DOMAINS_MAX / 2)
		msg_die(LSV_PERM, "too few nodes or servers");
	if (mkdir(argv[optind], 0755) < 0 && errno != EEXIST)
		msg_diesys(LSV_PERM, "unable to make ", argv[optind]);
	if (chdir(argv[optind]) < 0)
		msg_diesys(LSV_PERM, "unable to enter ", argv[optind]);
	gen_make(&g);
	gen_write(&g, hosts);
	return LSV_OK;
}
