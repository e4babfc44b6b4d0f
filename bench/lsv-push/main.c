#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench/common/opt.h"
#include "bench/lsv-push/push.h"
#include "lib/msg.h"

static const char usage[] =
    "usage: lsv-push -r recipients -m message [-p port | -u socket]\n"
    "    [-k connections]\n"
    "    [-R n] [-n n] [-F sender] [-S params] [-B [-D n]] [-P] [-V] [-N]\n"
    "    [-J directory [-1]]\n"
    "Sends a message to 127.0.0.1 as fast as the wire allows: the limit that\n"
    "the benchmarks compare with, and the client that feeds the peers.\n"
    "  -r  file, one address a line         -m  file, CRLF lines\n"
    "  -p  port (2525)                      -k  connections (1)\n"
    "  -u  LMTP to this UNIX socket\n"
    "  -R  recipients a transaction (100)   -n  only the first n recipients\n"
    "  -F  envelope sender                  -S  parameters behind MAIL FROM\n"
    "  -B  BDAT, -D messages in flight (8)  -N  one command at a time\n"
    "  -P  put each recipient in for %%RCPT%%, one a transaction\n"
    "  -V  VERP sender, one a transaction\n"
    "  -J  durable: group by domain, a spool file for each 1,000, all synced\n"
    "      before sending, marked as delivered, removed\n"
    "  -1  with -J: one spool file for all\n"
    "One line of JSON; exit 0 only when every recipient was accepted.\n";

struct files {
	const char *rcpts, *message;
	size_t max; /* recipients to take; 0: all */
};

static size_t
number(int option, const char *arg, size_t max)
{
	const char name[] = {'-', (char)option, 0};

	return (size_t)opt_u64(name, arg, max);
}

/* 1 when the option was one that takes no value */
static int
flag(struct push *p, int c)
{
	switch (c) {
	case 'B':
		p->bdat = 1;
		return 1;
	case 'P':
		p->personal = 1;
		return 1;
	case 'V':
		p->verp = 1;
		return 1;
	case 'N':
		p->one_by_one = 1;
		return 1;
	case '1':
		p->one_job = 1;
		return 1;
	default:
		return 0;
	}
}

static void
options(struct push *p, struct files *f, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "p:u:k:R:r:n:m:F:S:BPNVD:J:1h")) != -1) {
		if (flag(p, c))
			continue;
		switch (c) {
		case 'p':
			p->port = (uint16_t)number(c, optarg, 65535);
			break;
		case 'u':
			p->socket = optarg;
			break;
		case 'k':
			p->connections = number(c, optarg, CONNECTIONS_MAX);
			break;
		case 'R':
			p->per = number(c, optarg, UINT32_MAX);
			break;
		case 'n':
			f->max = number(c, optarg, UINT32_MAX);
			break;
		case 'D':
			p->in_flight = number(c, optarg, IN_FLIGHT_MAX);
			break;
		case 'r':
			f->rcpts = optarg;
			break;
		case 'm':
			f->message = optarg;
			break;
		case 'F':
			p->sender = optarg;
			break;
		case 'S':
			p->suffix = optarg;
			break;
		case 'J':
			p->spool_dir = optarg;
			break;
		default:
			fputs(usage, c == 'h' ? stdout : stderr);
			fflush(stdout);
			_exit(c == 'h' ? LSV_OK : LSV_PERM);
		}
	}
	if (p->socket && p->bdat)
		msg_die(LSV_PERM, "LMTP is without -B here; see -h");
	if (!f->rcpts || !f->message || !strchr(p->sender, '@'))
		msg_die(LSV_PERM, "-r, -m and an -F with '@', please; see -h");
}

static void
read_rcpts(struct push *p, const struct files *f)
{
	struct buf b = {.p = NULL};
	const char *at, *nl;
	size_t lines = 0;

	if (buf_file(&b, f->rcpts) < 0)
		msg_diesys(LSV_PERM, "unable to read ", f->rcpts);
	for (at = b.p; (nl = strchr(at, '\n')) != NULL; at = nl + 1)
		lines++;
	p->rcpt = mem_get((lines + 1) * sizeof *p->rcpt);
	p->len = mem_get((lines + 1) * sizeof *p->len);
	for (at = b.p; (nl = strchr(at, '\n')) != NULL; at = nl + 1) {
		if (nl == at || (f->max && p->n == f->max))
			continue;
		if (!memchr(at, '@', (size_t)(nl - at)))
			msg_die(LSV_PERM, f->rcpts, ": an address without '@'");
		p->rcpt[p->n] = at;
		p->len[p->n++] = (size_t)(nl - at);
	}
	if (p->n == 0)
		msg_die(LSV_PERM, f->rcpts, ": no recipients");
	if (p->personal || p->verp)
		p->per = 1;
	if (p->per == 0 || p->per > p->n)
		p->per = p->n;
	p->transactions = (p->n + p->per - 1) / p->per;
}

/* Dots are stuffed once, here. */
static void
read_message(struct push *p, const struct files *f)
{
	struct buf b = {.p = NULL};

	if (buf_file(&b, f->message) < 0)
		msg_diesys(LSV_PERM, "unable to read ", f->message);
	for (size_t i = 0; i < b.len; i++) {
		if (!p->bdat && b.p[i] == '.' && (i == 0 || b.p[i - 1] == '\n'))
			buf_put(&p->message, ".", 1);
		buf_put(&p->message, b.p + i, 1);
	}
	if (p->message.len > 0)
		p->mark =
		    memmem(p->message.p, p->message.len, "%%RCPT%%", MARK_LEN);
	buf_free(&b);
}

static void
run(struct push *p)
{
	pthread_t thread[CONNECTIONS_MAX];

	for (size_t i = 0; i < p->connections; i++)
		if (pthread_create(&thread[i], NULL, push_worker, p) != 0)
			msg_die(LSV_TEMP, "unable to start a thread");
	for (size_t i = 0; i < p->connections; i++)
		pthread_join(thread[i], NULL);
}

static void
report(const struct push *p, uint64_t t0, double wall)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	printf("{\"t0\":%" PRIu64 ",\"wall_s\":%.6f,\"rcpts\":%zu,"
	       "\"messages\":%zu,\"bad_replies\":%zu,\"rcpts_per_s\":%.0f,"
	       "\"spool_s\":%.6f,\"maxrss_kb\":%ld}\n",
	    t0, wall, p->accepted, p->messages, p->bad,
	    (double)p->accepted / wall, p->spool_s, u.ru_maxrss);
}

int
main(int argc, char **argv)
{
	static struct push p = {.port = 2525,
	    .connections = 1,
	    .per = 100,
	    .in_flight = 8,
	    .suffix = "",
	    .sender = "owner-list@bench.test"};
	struct files f = {.rcpts = NULL};
	uint64_t t0, start;

	msg_prog = "lsv-push";
	options(&p, &f, argc, argv);
	read_rcpts(&p, &f);
	read_message(&p, &f);
	t0 = now_ns(CLOCK_REALTIME);
	start = now_ns(CLOCK_MONOTONIC);
	if (p.spool_dir)
		spool_make(&p);
	p.spool_s = (double)(now_ns(CLOCK_MONOTONIC) - start) / 1e9;
	run(&p);
	report(&p, t0, (double)(now_ns(CLOCK_MONOTONIC) - start) / 1e9);
	return p.bad == 0 && p.accepted == p.n ? LSV_OK : LSV_TEMP;
}
