/* lsv-verdicts - how fast the white and blacklists are, with no file read
 *
 * Everything is in memory before the clock starts: the tables that lsv-table
 * made are mapped, so are the messages.  For each of them it does what lsv-score
 * does about the lists: its header, the facts, the score, the verdict.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/common/opt.h"
#include "lib/fio.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/roots.h"
#include "lib/spamscore.h"
#include "lib/verdict.h"

static const char usage[] =
    "usage: lsv-verdicts [-r rounds] messages\n"
    "       lsv-verdicts [-r rounds] -a addresses\n"
    "The tables below $LSV_LIB/spam; a line of JSON: what came out, processor\n"
    "seconds of all rounds but the first, verdicts a second.\n"
    "  -r  rounds after the first, which brings the tables into memory (5)\n"
    "  -a  addresses, one a line, in the table of blacklist_from only\n";

enum { NS_PER_S = 1000000000, US_PER_NS = 1000 };

/* struct run - what is asked about, and what was found in one round
 *
 * all     the file
 * count   of messages or addresses; found by enum verdict_rule, or in [1] how
 *         many addresses matched
 */
struct run {
	uint64_t rounds;
	int addresses;
	struct bytes all;
	struct spamset set[SPAM_LISTS];
	struct mailaddrs room;
	struct header_facts facts;
	uint64_t count, found[RULES];
};

static void
options(struct run *r, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "r:ah")) != -1)
		switch (c) {
		case 'r':
			r->rounds = opt_u64("-r", optarg, 1000);
			break;
		case 'a':
			r->addresses = 1;
			break;
		case 'h':
			msg_help(usage);
		default:
			msg_die(LSV_PERM, usage);
		}
	if (argc - optind != 1 || r->rounds == 0)
		msg_die(LSV_PERM, usage);
}

static struct bytes
map(const char *name)
{
	struct stat st = {.st_size = 0};
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	char *p = MAP_FAILED;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ,
		    MAP_SHARED | MAP_POPULATE, fd, 0);
	if (p == MAP_FAILED)
		msg_diesys(LSV_PERM, "unable to map ", name);
	fio_close(fd);
	return (struct bytes){p, (size_t)st.st_size};
}

static void
open_tables(struct run *r)
{
	stralloc path = {0};

	for (unsigned i = 0; i < SPAM_LISTS; i++) {
		path.len = 0;
		if (root_path(&path, root_lib(), spam_list_table(i)) < 0 ||
		    spamset_table(&r->set[i], path.s) < 0)
			msg_diesys(LSV_PERM, "unable to open the table of ",
			    spam_list_name(i));
	}
	sa_free(&path);
}

/* The line at the start of what is left, without its LF; len 0 at the end. */
static struct bytes
take_line(struct bytes *left)
{
	const char *end = left->len ? memchr(left->s, '\n', left->len) : NULL;
	struct bytes line = {left->s, end ? (size_t)(end - left->s) : 0};

	if (end) {
		left->len -= line.len + 1;
		left->s = end + 1;
	}
	return line;
}

static void
judge(struct run *r, struct bytes message, struct bytes sender)
{
	struct verdict_in in = {.class = CLASS_POST,
	    .size = message.len,
	    .facts = &r->facts,
	    .sender = sender,
	    .list = bytes_z("LIST-1"),
	    .list_known = 1,
	    .send = LISTTAB_PUBLIC,
	    .max = message.len,
	    .list_id = bytes_z("list-1.lists.bench.test"),
	    .trace = bytes_z("LIST-1@lists.bench.test")};
	static struct spam_score score;
	struct header h;
	struct where w;

	if (header_parse(&h, message.s, message.len, &w) < 0)
		msg_die(LSV_PERM, "a bad message: ", w.why);
	if (header_facts(&r->facts, &h) < 0 ||
	    spamscore(&score, r->set, &r->room, &h,
		(unsigned)spamscore_is_bounce(&r->facts, sender), NULL,
		NULL) < 0)
		msg_diesys(LSV_TEMP, "unable to look addresses up");
	in.spam_sum = score.sum;
	r->found[verdict_decide(&in).rule]++;
}

/* "BYTES SENDER", then the message. */
static int
next_message(struct run *r, struct bytes *left)
{
	struct bytes line = take_line(left), sender;
	const char *blank = line.len ? memchr(line.s, ' ', line.len) : NULL;
	size_t digits = blank ? (size_t)(blank - line.s) : 0;
	uint64_t size;

	if (line.len == 0)
		return 0;
	if (num_u64(&size, line.s, digits, left->len) < 0)
		msg_die(LSV_PERM, "a bad line before a message");
	sender = (struct bytes){line.s + digits + 1, line.len - digits - 1};
	judge(r, (struct bytes){left->s, (size_t)size}, sender);
	left->s += size;
	left->len -= (size_t)size;
	return 1;
}

static int
next_address(struct run *r, struct bytes *left)
{
	struct bytes line = take_line(left);
	struct spam_hit hit;
	int found;

	if (line.len == 0)
		return 0;
	found = spamset_find(&r->set[SPAM_BLACKLIST_FROM], line, &hit);
	if (found < 0)
		msg_diesys(LSV_TEMP, "unable to look an address up");
	r->found[1] += found > 0;
	return 1;
}

/* Nanoseconds of processor time. */
static uint64_t
play(struct run *r)
{
	uint64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	struct bytes left = r->all;

	r->count = 0;
	memset(r->found, 0, sizeof r->found);
	while (r->addresses ? next_address(r, &left) : next_message(r, &left))
		r->count++;
	return now_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
}

static void
report(const struct run *r, uint64_t open_ns, uint64_t first, uint64_t ns)
{
	double all = (double)(r->count * r->rounds);

	printf("{\"count\":%" PRIu64 ",\"open_us\":%" PRIu64
	       ",\"first_s\":%.4f,\"cpu_s\":%.4f,\"per_s\":%.0f",
	    r->count, open_ns / US_PER_NS, (double)first / NS_PER_S,
	    (double)ns / NS_PER_S, all * NS_PER_S / (double)ns);
	if (r->addresses)
		printf(",\"found\":%" PRIu64, r->found[1]);
	for (unsigned i = 0; i < RULES && !r->addresses; i++)
		if (r->found[i])
			printf(",\"%s\":%" PRIu64, verdict_rule_name(i),
			    r->found[i]);
	puts("}");
}

int
main(int argc, char **argv)
{
	static struct run r = {.rounds = 5};
	uint64_t open_ns, first, ns = 0;

	msg_prog = "lsv-verdicts";
	options(&r, argc, argv);
	r.all = map(argv[optind]);
	open_ns = now_ns(CLOCK_MONOTONIC);
	open_tables(&r);
	open_ns = now_ns(CLOCK_MONOTONIC) - open_ns;
	first = play(&r);
	for (uint64_t i = 0; i < r.rounds; i++)
		ns += play(&r);
	report(&r, open_ns, first, ns);
	for (unsigned i = 0; i < SPAM_LISTS; i++)
		spamset_free(&r.set[i]);
	mailaddrs_free(&r.room);
	header_facts_free(&r.facts);
	return LSV_OK;
}
