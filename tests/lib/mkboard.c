/* mkboard POOL - plays the workers of lsv-smtpw for tests: makes POOL/board and
 * POOL/buckets from standard input, holds POOL/lock until it is killed, and
 * says so by a line on standard output.
 *
 *   worker LABEL KEY=VALUE...   a record; times are seconds from now, '_' is a
 *                               blank: entry pools pid state until target probe0
 *                               probe1 host port tls job pool delivered code enh
 *                               text why
 *   bucket POOL RATE BITS       a rate of bits, and bits taken from it */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/board.h"
#include "lib/bucket.h"
#include "lib/clock.h"
#include "lib/lock.h"
#include "lib/msg.h"

static uint64_t now_us;

static uint64_t
number(const char *s)
{
	return strtoull(s, NULL, 10);
}

static uint64_t
time_of(const char *s)
{
	return now_us + (uint64_t)(strtoll(s, NULL, 10) * 1000000);
}

static uint32_t
pools_of(const char *s)
{
	uint32_t pools = 0;

	for (; *s; s++)
		pools |= *s == '*' ? 0x7ffffff : UINT32_C(1) << pool_index(*s);
	return pools;
}

static uint32_t
state_of(const char *s)
{
	for (int i = 0; i < BOARD_STATES; i++)
		if (strcmp(s, board_state_name((enum board_state)i)) == 0)
			return (uint32_t)i;
	msg_die(LSV_PERM, "no such state: ", s);
}

static void
text(char *out, size_t room, const char *s)
{
	snprintf(out, room, "%s", s);
	for (; *out; out++)
		if (*out == '_')
			*out = ' ';
}

static int
set_text(struct board_worker *w, const char *key, const char *v)
{
	const struct {
		const char *key;
		char *at;
		size_t room;
	} texts[] = {{"host", w->host, sizeof w->host},
	    {"tls", w->tls, sizeof w->tls}, {"job", w->job, sizeof w->job},
	    {"enh", w->enh, sizeof w->enh}, {"text", w->text, sizeof w->text},
	    {"why", w->why, sizeof w->why}};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(key, texts[i].key) == 0) {
			text(texts[i].at, texts[i].room, v);
			return 1;
		}
	return 0;
}

static int
set_time(struct board_worker *w, const char *key, const char *v)
{
	if (strcmp(key, "until") == 0)
		w->until_us = time_of(v);
	else if (strcmp(key, "probe0") == 0)
		w->probe_us[0] = time_of(v);
	else if (strcmp(key, "probe1") == 0)
		w->probe_us[1] = time_of(v);
	else
		return 0;
	return 1;
}

static void
set(struct board_worker *w, const char *key, const char *v)
{
	if (set_text(w, key, v) || set_time(w, key, v))
		return;
	if (strcmp(key, "entry") == 0)
		w->entry = (uint32_t)number(v);
	else if (strcmp(key, "pools") == 0)
		w->pools = pools_of(v);
	else if (strcmp(key, "pid") == 0)
		w->pid = (int32_t)number(v);
	else if (strcmp(key, "state") == 0)
		w->state = state_of(v);
	else if (strcmp(key, "target") == 0)
		w->target = (int32_t)number(v);
	else if (strcmp(key, "port") == 0)
		w->port = (uint32_t)number(v);
	else if (strcmp(key, "pool") == 0)
		w->pool = pool_index(*v);
	else if (strcmp(key, "delivered") == 0)
		w->delivered = number(v);
	else if (strcmp(key, "code") == 0)
		w->code = (uint32_t)number(v);
	else
		msg_die(LSV_PERM, "no such key: ", key);
}

static void
worker(struct board *b, unsigned place, char *rest)
{
	struct board_worker w = {
	    .pid = (int32_t)getpid(), .since_us = now_us, .reply_us = now_us};
	char *at = NULL, *word = strtok_r(rest, " \n", &at), *eq;

	if (word)
		text(w.label, sizeof w.label, word);
	while (
	    (word = strtok_r(NULL, " \n", &at)) && (eq = strchr(word, '='))) {
		*eq = 0;
		set(&w, word, eq + 1);
	}
	board_write(b, place, &w, now_us);
}

static void
limit(struct buckets *b, const char *rest)
{
	unsigned pool = pool_index(rest[0]);
	char *end;
	double rate = strtod(rest + 1, &end), bits = strtod(end, NULL);
	uint64_t now = bucket_now_us();

	bucket_rate(&b->bps[pool], now, rate);
	bucket_take(&b->bps[pool], now, bits);
}

int
main(int argc, char **argv)
{
	struct board *b;
	struct buckets *k;
	char line[2048];
	unsigned n = 0;
	int pool;

	msg_prog = "mkboard";
	if (argc != 2 || (pool = open(argv[1], O_RDONLY | O_CLOEXEC)) < 0)
		msg_die(LSV_PERM, "usage: mkboard POOL");
	now_us = clock_wall_us();
	b = board_make(pool);
	k = buckets_make(pool);
	if (!b || !k || lock_instance(pool, "lock", 0) < 0)
		msg_diesys(LSV_TEMP, "unable to begin in ", argv[1]);
	while (fgets(line, sizeof line, stdin))
		if (strncmp(line, "worker ", 7) == 0)
			worker(b, n++, line + 7);
		else if (strncmp(line, "bucket ", 7) == 0)
			limit(k, line + 7);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
