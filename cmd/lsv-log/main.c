/* lsv-log - prints what the services logged, merged by time */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/lsv-log/log.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/roots.h"
#include "lib/sig.h"
#include "lib/user.h"

enum {
	POLL_MS = 500, /* how often -f looks */
	PORTION = 32768,
	FOLLOW_BACK_US = 60000000, /* -f alone begins so much earlier */
};

static const char usage[] =
    "usage: lsv-log [-f] [--json | --raw] [--since TIME] [--service SERVICE]\n"
    "               [--list LIST] [ID | ADDRESS]\n"
    "\n"
    "  -f, --follow   go on with what is logged from now on; Ctrl-C ends\n"
    "  --json         one JSON object a line, with all keys\n"
    "  --list LIST    only messages of this list\n"
    "  --raw          the lines as they were written\n"
    "  --service SERVICE  only of this service: lsv-score, or score\n"
    "  --since TIME   \"2026-11-22\", \"2026-11-22 10:00[:00]\", or how long "
    "ago: 2h\n"
    "  -h, --help     this text\n"
    "\n"
    "ID may be the beginning of one, or the file number.\n";

/* struct program - all of it */
struct program {
	struct wanted wanted;
	enum shape shape;
	int follow;
	const char *service, *since;
	struct source source[SERVICES_MAX];
	size_t sources;
	stralloc out;
	uint64_t printed;
};

static int
opt_one(struct program *p, int c)
{
	switch (c) {
	case 'h':
		msg_help(usage);
	case 'f':
		p->follow = 1;
		return 1;
	case 'j':
		p->shape = SHAPE_JSON;
		return 1;
	case 'r':
		p->shape = SHAPE_RAW;
		return 1;
	case 'l':
		p->wanted.list = optarg;
		return 1;
	case 's':
		p->service = optarg;
		return 1;
	case 't':
		p->since = optarg;
		return 1;
	}
	return 0;
}

static int
opt_parse(struct program *p, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"follow", no_argument, NULL, 'f'},
	    {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'},
	    {"list", required_argument, NULL, 'l'},
	    {"raw", no_argument, NULL, 'r'},
	    {"service", required_argument, NULL, 's'},
	    {"since", required_argument, NULL, 't'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "fh", longs, NULL)) != -1)
		if (!opt_one(p, c))
			return -1;
	if (argc - optind > 1)
		return -1;
	p->wanted.word = argv[optind];
	return p->wanted.word && !p->wanted.word[0] ? -1 : 0;
}

/* "2h" is so long ago, else a date, with as much of a time as is there. */
static int
since(struct program *p)
{
	struct tm tm = {.tm_isdst = -1};
	uint64_t ms, now = clock_wall_us();
	const char *end;
	time_t t;

	if (!p->since)
		return 0;
	if (num_duration_ms(&ms, p->since, strlen(p->since)) == 0) {
		p->wanted.since_us = ms < now / 1000U ? now - ms * 1000U : 0;
		return 0;
	}
	end = strptime(p->since, "%Y-%m-%d", &tm);
	if (end && *end)
		end = strptime(end, *end == 'T' ? "T%H:%M" : " %H:%M", &tm);
	if (end && *end)
		end = strptime(end, ":%S", &tm);
	t = end && !*end ? mktime(&tm) : -1;
	if (t < 0)
		return -1;
	p->wanted.since_us = (uint64_t)t * 1000000U;
	return 0;
}

static int
is_service(const struct program *p, const char *name)
{
	return !p->service || strcmp(p->service, name) == 0 ||
	    (strncmp(name, "lsv-", 4) == 0 &&
		strcmp(p->service, name + 4) == 0);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The services that have a log and are wanted, by name. */
static size_t
list_services(const struct program *p, int logs, char name[SERVICES_MAX][64])
{
	DIR *d =
	    fdopendir(openat(logs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *e;
	size_t n = 0;

	if (!d)
		msg_diesys(LSV_TEMP, "unable to list the logs");
	/* cppcheck-suppress readdirCalled ; one thread */
	while (n < SERVICES_MAX && (e = readdir(d)))
		if (e->d_name[0] != '.' && strlen(e->d_name) < 64 &&
		    is_service(p, e->d_name))
			memcpy(name[n++], e->d_name, strlen(e->d_name) + 1);
	closedir(d);
	qsort(name, n, sizeof name[0], by_name);
	return n;
}

/* Root becomes the user that writes the logs. */
static void
open_sources(struct program *p)
{
	char name[SERVICES_MAX][64];
	stralloc dir = {0};
	int logs = -1;
	size_t n;

	if (root_path(&dir, root_lib(), "log") == 0)
		logs = open(dir.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (logs < 0)
		msg_diesys(LSV_PERM, "no logs in ", root_lib(), "/log");
	n = list_services(p, logs, name);
	if (n == 0)
		msg_die(LSV_PERM, "no log of ",
		    p->service ? p->service : "any service", " in ", dir.s);
	if (geteuid() == 0 && user_become_owner(logs, name[0]) < 0)
		msg_diesys(LSV_PERM, "unable to become the owner of ", dir.s,
		    "/", name[0]);
	for (size_t i = 0; i < n; i++)
		if (source_open(&p->source[p->sources], logs, name[i]) < 0)
			msg_warnsys("unable to open the log of ", name[i]);
		else
			p->sources++;
	if (p->sources == 0)
		msg_die(LSV_PERM, "no log can be read");
	fio_close(logs);
	sa_free(&dir);
}

static void
flush(struct program *p)
{
	if (p->out.len && fio_write(STDOUT_FILENO, p->out.s, p->out.len) < 0) {
		if (errno == EPIPE) /* who reads has seen enough */
			_exit(LSV_OK);
		msg_diesys(LSV_TEMP, "unable to write");
	}
	p->out.len = 0;
}

/* The source with the oldest line; NULL when none has one now. */
static struct source *
oldest(struct program *p)
{
	struct source *first = NULL;

	for (size_t i = 0; i < p->sources; i++) {
		struct source *s = &p->source[i];

		if (!s->ready && source_next(s, p->wanted.since_us) < 0)
			msg_diesys(
			    LSV_TEMP, "unable to read the log of ", s->name);
		if (s->ready && (!first || s->us < first->us))
			first = s;
	}
	return first;
}

static void
print_line(struct program *p, const struct source *s)
{
	struct logevent e;
	int event = logparse_event(&e, s->text.s, s->text.len, NULL) == 0;

	if (!wanted_line(&p->wanted, s, event ? &e : NULL))
		return;
	if (shape_line(&p->out, p->shape, s, event ? &e : NULL) < 0)
		msg_diesys(LSV_TEMP, "unable to go on");
	p->printed++;
	if (p->out.len >= PORTION)
		flush(p);
}

static void
print_all(struct program *p)
{
	struct source *s;

	while (!sig_stop && (s = oldest(p))) {
		print_line(p, s);
		s->ready = 0;
	}
	flush(p);
}

int
main(int argc, char **argv)
{
	static struct program p;
	const struct timespec t = {.tv_nsec = POLL_MS * 1000000L};
	sigset_t asleep;

	msg_prog = "lsv-log";
	if (opt_parse(&p, argc, argv) < 0)
		msg_die(LSV_PERM,
		    "usage: lsv-log [-f] [--json | --raw] [--since TIME] "
		    "[--service SERVICE] [--list LIST] [ID | ADDRESS]");
	if (since(&p) < 0)
		msg_die(LSV_PERM, p.since,
		    ": neither a time nor how long ago (-h says more)");
	if (p.follow && !p.since && !p.wanted.word && !p.wanted.list)
		p.wanted.since_us = clock_wall_us() - FOLLOW_BACK_US;
	if (wanted_init(&p.wanted) < 0)
		msg_diesys(LSV_TEMP, "unable to start");
	open_sources(&p);
	if (p.follow && sig_block(&asleep) < 0)
		msg_diesys(LSV_TEMP, "unable to block signals");
	signal(SIGPIPE, SIG_IGN);
	print_all(&p);
	while (p.follow && !sig_stop) {
		ppoll(NULL, 0, &t, &asleep);
		print_all(&p);
	}
	return p.printed || p.follow ? LSV_OK : NOTHING;
}
