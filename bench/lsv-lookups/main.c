/* lsv-lookups - how fast the table of the network is
 *
 * The hosts are in memory before the clock starts.  Cold means that none of the
 * table's pages is in memory when it is opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bench/common/buf.h"
#include "bench/common/opt.h"
#include "lib/msg.h"
#include "lib/nettable.h"

static const char usage[] =
    "usage: lsv-lookups [-r rounds] TABLE HOSTS\n"
    "Looks up the hosts, one a line.  A line of JSON: milliseconds to open "
    "the\n"
    "table and find the first, with none of it in memory; look-ups a second "
    "of\n"
    "the first round and of the fastest and the middle one of the others.\n"
    "  -r  rounds after the first (5)\n";

enum { NS_PER_S = 1000000000, ROUNDS_MAX = 1000 };

/* struct run - hosts, and what came out
 *
 * known   of one round; cost: of all of them, so that every look-up is used
 */
struct run {
	struct bytes *host;
	size_t hosts;
	uint64_t rounds, known, cost;
	uint64_t round_ns[ROUNDS_MAX];
};

static void
split(struct run *r, struct buf *all)
{
	char *p = all->p, *end = all->p + all->len, *lf;
	size_t room = 1;

	for (size_t i = 0; i < all->len; i++)
		room += all->p[i] == '\n';
	r->host = mem_get(room * sizeof *r->host);
	while (p < end && (lf = memchr(p, '\n', (size_t)(end - p)))) {
		r->host[r->hosts++] = (struct bytes){p, (size_t)(lf - p)};
		p = lf + 1;
	}
	if (r->hosts == 0)
		msg_die(LSV_PERM, "no hosts");
}

/* The kernel keeps no page of a file that is not written any more. */
static void
forget(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), e;

	if (fd < 0 || fdatasync(fd) < 0)
		msg_diesys(LSV_PERM, "unable to open ", path);
	e = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (e) {
		errno = e;
		msg_diesys(LSV_TEMP, "unable to forget ", path);
	}
	close(fd);
}

static void
look_up(struct run *r, const struct nettable *t, size_t from, size_t to)
{
	struct nethost h;
	int known;

	for (; from < to; from++) {
		known = nettable_host(t, r->host[from], &h);
		if (known < 0)
			msg_diesys(LSV_TEMP, "unable to look up");
		r->known += (uint64_t)known;
		r->cost += h.cost + h.server;
	}
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static uint64_t
rate(const struct run *r, uint64_t ns)
{
	return (uint64_t)((double)r->hosts * NS_PER_S / (double)(ns ? ns : 1));
}

static void
measure(struct run *r, const char *path)
{
	struct nettable t = {0};
	uint64_t start, opened, cold_ns, i;

	forget(path);
	start = now_ns(CLOCK_MONOTONIC);
	if (nettable_open(&t, path) < 0)
		msg_diesys(LSV_PERM, "unable to open ", path);
	look_up(r, &t, 0, 1);
	opened = now_ns(CLOCK_MONOTONIC) - start;
	look_up(r, &t, 1, r->hosts);
	cold_ns = now_ns(CLOCK_MONOTONIC) - start;
	for (i = 0; i < r->rounds; i++) {
		r->known = 0;
		start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
		look_up(r, &t, 0, r->hosts);
		r->round_ns[i] = now_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
	}
	qsort(r->round_ns, r->rounds, sizeof *r->round_ns, compare);
	printf("{\"hosts\":%zu,\"known\":%" PRIu64 ",\"open_ms\":%.2f,"
	       "\"first_per_s\":%" PRIu64 ",\"best_per_s\":%" PRIu64
	       ",\"median_per_s\":%" PRIu64 ",\"sum\":%" PRIu64 "}\n",
	    r->hosts, r->known, (double)opened / 1e6, rate(r, cold_ns),
	    rate(r, r->round_ns[0]), rate(r, r->round_ns[r->rounds / 2]),
	    r->cost);
	nettable_close(&t);
}

int
main(int argc, char **argv)
{
	static struct run r = {.rounds = 5};
	struct buf all = {0};
	int c;

	msg_prog = "lsv-lookups";
	while ((c = getopt(argc, argv, "r:h")) != -1)
		switch (c) {
		case 'r':
			r.rounds = opt_u64("-r", optarg, ROUNDS_MAX);
			break;
		case 'h':
			msg_help(usage);
		default:
			msg_die(LSV_PERM, "see lsv-lookups -h");
		}
	if (argc - optind != 2 || r.rounds == 0)
		msg_die(LSV_PERM, "see lsv-lookups -h");
	if (buf_file(&all, argv[optind + 1]) < 0)
		msg_diesys(LSV_PERM, "unable to read ", argv[optind + 1]);
	split(&r, &all);
	measure(&r, argv[optind]);
	return LSV_OK;
}
