/* lsv-mon - memory and processor time of the processes in a control group
 *
 * Looks every 10 ms for the first five seconds, every 50 ms after that, until
 * SIGTERM; then prints the largest sum, the largest single process with its
 * name, and the processor time that each program used between our first look
 * at its processes and the last, in milliseconds; what lives for a few of them
 * only is hardly seen.  RssAnon counts pages that no other process shares and
 * no file backs: heap and stack, not programs, not memory maps of files.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/common/buf.h"
#include "lib/msg.h"
#include "lib/sig.h"

enum { FAST_MS = 10, SLOW_MS = 50, FAST_LOOKS = 500, SEEN_MAX = 256 };
enum { NAME_MAX_SEEN = 32 };

/* A process that we met, with its processor time in ns. */
struct seen {
	long pid;
	char name[NAME_MAX_SEEN];
	unsigned long long first, last;
};

struct peak {
	long sum_kb, one_kb, processes, looks;
	char one_name[NAME_MAX_SEEN];
	struct seen seen[SEEN_MAX];
	size_t n;
};

/* The number behind "key:" in a status file; 0 when it has none. */
static long
field(const char *status, const char *key)
{
	const char *p = strstr(status, key);

	return p ? strtol(p + strlen(key), NULL, 10) : 0;
}

static void
read_name(char *out, const char *status)
{
	const char *p = strstr(status, "Name:\t");
	size_t n = p ? strcspn(p + 6, "\n") : 0;

	if (n >= NAME_MAX_SEEN)
		n = NAME_MAX_SEEN - 1;
	memset(out, 0, NAME_MAX_SEEN);
	if (n > 0)
		memcpy(out, p + 6, n);
}

/* The name is that of the last look: a child has its parent's at first. */
static void
note_time(struct peak *k, long pid, const char *name, unsigned long long ns)
{
	size_t i;

	for (i = 0; i < k->n && k->seen[i].pid != pid; i++)
		;
	if (i == SEEN_MAX)
		return;
	if (i == k->n) {
		k->n++;
		k->seen[i].pid = pid;
		k->seen[i].first = k->looks == 0 ? ns : 0;
	}
	memcpy(k->seen[i].name, name, NAME_MAX_SEEN);
	k->seen[i].last = ns;
}

/* A process may be gone by now: it counts as nothing. */
static long
look_at(struct peak *k, long pid, struct buf *b)
{
	char file[64], name[NAME_MAX_SEEN];
	long kb;

	b->len = 0;
	snprintf(file, sizeof file, "/proc/%ld/status", pid);
	if (buf_file(b, file) < 0)
		return 0;
	kb = field(b->p, "RssAnon:");
	read_name(name, b->p);
	if (kb > k->one_kb) {
		k->one_kb = kb;
		memcpy(k->one_name, name, NAME_MAX_SEEN);
	}
	b->len = 0;
	snprintf(file, sizeof file, "/proc/%ld/schedstat", pid);
	if (buf_file(b, file) == 0)
		note_time(k, pid, name, strtoull(b->p, NULL, 10));
	return kb;
}

/* -1 once the group itself cannot be read */
static int
look(struct peak *k, const char *procs)
{
	struct buf list = {.p = NULL}, status = {.p = NULL};
	long pid, sum = 0, n = 0;
	char *p, *end;

	if (buf_file(&list, procs) < 0)
		return -1;
	for (p = list.p; (pid = strtol(p, &end, 10)) > 0; p = end) {
		sum += look_at(k, pid, &status);
		n++;
	}
	if (sum > k->sum_kb)
		k->sum_kb = sum;
	if (n > k->processes)
		k->processes = n;
	k->looks++;
	buf_free(&list);
	buf_free(&status);
	return 0;
}

/* The time of all processes of one name, at the first of them; 0 at others. */
static unsigned long long
time_of(const struct peak *k, size_t i)
{
	unsigned long long ns = 0;

	for (size_t j = 0; j < k->n; j++)
		if (strcmp(k->seen[j].name, k->seen[i].name) == 0) {
			if (j < i)
				return 0;
			ns += k->seen[j].last - k->seen[j].first;
		}
	return ns;
}

static void
report(const struct peak *k)
{
	unsigned long long ns;
	const char *comma = "";

	printf("{\"anon_sum_kb\":%ld,\"anon_one_kb\":%ld,"
	       "\"anon_one\":\"%s\",\"processes\":%ld,\"looks\":%ld,"
	       "\"cpu_ms\":{",
	    k->sum_kb, k->one_kb, k->one_name, k->processes, k->looks);
	for (size_t i = 0; i < k->n; i++) {
		ns = time_of(k, i);
		if (ns < 500000)
			continue;
		printf(
		    "%s\"%s\":%.1f", comma, k->seen[i].name, (double)ns / 1e6);
		comma = ",";
	}
	puts("}}");
}

int
main(int argc, char **argv)
{
	struct timespec wait = {0, FAST_MS * 1000000L};
	static struct peak k;
	sigset_t asleep;

	msg_prog = "lsv-mon";
	if (argc != 2)
		msg_die(LSV_PERM, "usage: lsv-mon file-of-process-ids");
	if (sig_block(&asleep) < 0)
		msg_diesys(LSV_TEMP, "unable to block signals");
	while (!sig_stop) {
		if (look(&k, argv[1]) < 0)
			msg_diesys(LSV_TEMP, "unable to read ", argv[1]);
		if (k.looks == FAST_LOOKS)
			wait.tv_nsec = SLOW_MS * 1000000L;
		pselect(0, NULL, NULL, NULL, &wait, &asleep);
	}
	report(&k);
	return LSV_OK;
}
