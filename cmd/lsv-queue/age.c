#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/lsv-queue/queue.h"
#include "lib/msg.h"

enum { COLUMNS = 10, WIDE_HOST = 40, US_PER_MINUTE = 60000000 };

/* The end of each column in minutes; the last has none. */
static const unsigned minutes[COLUMNS - 1] = {
    5, 10, 20, 40, 80, 160, 320, 640, 1280};

/* struct row - recipients of one pool and host
 *
 * host    that answered last, or "-" when none was tried
 */
struct row {
	unsigned pool;
	char host[JOURNAL_HOST_MAX + 1];
	uint64_t all, by[COLUMNS];
};

/* struct ages - the whole table */
struct ages {
	struct row *row, total;
	size_t rows, room;
};

static unsigned
column(uint64_t age_us)
{
	unsigned i = 0;

	while (
	    i < COLUMNS - 1 && age_us >= (uint64_t)minutes[i] * US_PER_MINUTE)
		i++;
	return i;
}

static struct row *
row_of(struct ages *a, unsigned pool, const char *host)
{
	struct row *r;

	for (size_t i = 0; i < a->rows; i++)
		if (a->row[i].pool == pool && strcmp(a->row[i].host, host) == 0)
			return &a->row[i];
	if (a->rows == a->room) {
		a->room = a->room ? 2 * a->room : 64;
		r = reallocarray(a->row, a->room, sizeof *r);
		if (!r)
			die_memory();
		a->row = r;
	}
	r = &a->row[a->rows++];
	*r = (struct row){.pool = pool};
	snprintf(r->host, sizeof r->host, "%s", host);
	return r;
}

static void
count(struct row *r, unsigned at, uint64_t n)
{
	r->all += n;
	r->by[at] += n;
}

static int
age_one(struct queue *q, const struct place *at, void *arg)
{
	struct ages *a = arg;
	struct file f;
	uint64_t us;
	int r = file_open(q, &f, at);

	if (r < 0 && errno != ENOENT)
		msg_warnsys("unable to read ", at->name);
	if (r == 0 && f.kind == KIND_MAIL && file_wanted(q, &f)) {
		us = q->now_us > f.created_us ? q->now_us - f.created_us : 0;
		count(row_of(a, at->pool, f.last.op ? f.last.host : "-"),
		    column(us), f.left);
		count(&a->total, column(us), f.left);
	}
	file_close(&f);
	return 0;
}

/* By pool, the fullest host first. */
static int
by_pool(const void *x, const void *y)
{
	const struct row *a = x, *b = y;

	if (a->pool != b->pool)
		return a->pool < b->pool ? -1 : 1;
	if (a->all != b->all)
		return a->all > b->all ? -1 : 1;
	return strcmp(a->host, b->host);
}

static void
row_json(struct json *j, const char *key, const struct row *r)
{
	json_open(j, key, '{');
	if (!key) {
		json_z(j, "pool", pool_name(r->pool));
		json_z(j, "host", r->host);
	}
	json_u(j, "recipients", r->all);
	json_open(j, "by_age", '[');
	for (int i = 0; i < COLUMNS; i++)
		json_u(j, NULL, r->by[i]);
	json_close(j, ']');
	json_close(j, '}');
}

static void
table_json(struct queue *q, const struct ages *a)
{
	struct json j = {.out = &q->out};

	json_open(&j, NULL, '{');
	json_open(&j, "minutes", '[');
	for (int i = 0; i < COLUMNS - 1; i++)
		json_u(&j, NULL, minutes[i]);
	json_close(&j, ']');
	row_json(&j, "total", &a->total);
	json_open(&j, "rows", '[');
	for (size_t i = 0; i < a->rows; i++)
		row_json(&j, NULL, &a->row[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	put_json(&j);
	put(q, "\n", 1);
}

static void
row_text(struct queue *q, const char *pool, const struct row *r)
{
	putf(q, "%-5s ", pool);
	put_text(q, bytes_z(r->host), WIDE_HOST);
	putf(q, "%8" PRIu64, r->all);
	for (int i = 0; i < COLUMNS; i++)
		putf(q, " %6" PRIu64, r->by[i]);
	put(q, "\n", 1);
}

static void
table_text(struct queue *q, const struct ages *a)
{
	putf(q, "%-5s %-*s %8s", "POOL", WIDE_HOST, "HOST", "T");
	for (int i = 0; i < COLUMNS - 1; i++)
		putf(q, " %6u", minutes[i]);
	putf(q, "  1280+\n");
	row_text(q, "TOTAL", &a->total);
	for (size_t i = 0; i < a->rows; i++)
		row_text(q, pool_name(a->row[i].pool), &a->row[i]);
}

int
command_age(struct queue *q)
{
	static const enum stage stages[] = {STAGE_NOW, STAGE_LATER, STAGE_HELD};
	struct ages a = {.rows = 0};
	int narrow = q->opt.narg || q->opt.list || q->opt.pool;

	for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
		if (walk(q, stages[i], age_one, &a) < 0)
			msg_warnsys("unable to list ", stage_name(stages[i]));
	if (a.rows)
		qsort(a.row, a.rows, sizeof *a.row, by_pool);
	if (q->opt.json)
		table_json(q, &a);
	else
		table_text(q, &a);
	free(a.row);
	return narrow && a.rows == 0 ? NOTHING : LSV_OK;
}
