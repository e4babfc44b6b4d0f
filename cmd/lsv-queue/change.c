#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/lsv-queue/queue.h"
#include "lib/clock.h"
#include "lib/handover.h"
#include "lib/msg.h"

enum {
	ROUNDS = 6, /* a file on the move, or being delivered, is tried ... */
	ROUND_MS = 200, /* ... again so much later */
};

/* struct change - a command that moves files
 *
 * from    the stages it looks at, ended by STAGES
 * to      where they go; STAGE_FINISHED is pool/finished
 * trigger who is told
 * settle  what is done to a file before it goes, or NULL
 */
struct change {
	const char *name, *past;
	enum stage from[4], to;
	const char *trigger;
	int (*settle)(struct queue *q, struct claim *c);
};

/* struct changing - one of them at work
 *
 * done, left   files moved, and recipients left in them
 * busy, failed files that others held, and that could not be moved
 * again   files of this round that may go better in the next
 * last    1: this is the last round
 * dirty   directories to be made durable
 */
struct changing {
	const struct change *what;
	struct json j;
	uint64_t done, left, busy, failed;
	unsigned again;
	int last, dry;
	unsigned char dirty[POOL_PLACES];
};

static void
say(struct queue *q, struct changing *g, const struct place *at,
    const struct claim *c, const char *result, const char *why)
{
	int known = c->front.len && c->at;
	if (q->opt.json) {
		json_open(&g->j, NULL, '{');
		json_z(&g->j, "id", at->name);
		json_z(&g->j, "from", stage_name(at->stage));
		json_z(&g->j, "pool", pool_name(at->pool));
		if (known) {
			json_s(&g->j, "list", c->head.list.s, c->head.list.len);
			json_u(&g->j, "left", c->left);
		}
		json_z(&g->j, "result", result);
		if (why)
			json_z(&g->j, "why", why);
		json_close(&g->j, '}');
		put_json(&g->j);
		return;
	}
	putf(q, "%s %s", result, at->name);
	if (known) {
		putf(q, " ");
		put_text(q, c->head.list.len ? c->head.list : bytes_z("-"), 0);
		putf(q, ", %" PRIu32 " recipient%s left", c->left,
		    c->left == 1 ? "" : "s");
	}
	if (why)
		putf(q, ": %s", why);
	put(q, "\n", 1);
	flush(q, 0);
}

/* Every recipient that is left fails now, run by run. */
static int
fail_rest(struct claim *c)
{
	struct entry e = {.op = OP_FAILED,
	    .status = bytes_z("5.0.0"),
	    .when_us = clock_wall_us(),
	    .host = bytes_z("-"),
	    .text = bytes_z("removed by the administrator")};
	uint32_t i = 0;

	while (i < c->head.nrcpt) {
		if (c->state[i] == OP_DELIVERED || c->state[i] == OP_FAILED) {
			i++;
			continue;
		}
		e.first = i;
		while (i < c->head.nrcpt && c->state[i] != OP_DELIVERED &&
		    c->state[i] != OP_FAILED)
			i++;
		e.last = i - 1;
		if (claim_note(c, &e) < 0)
			return -1;
	}
	return 0;
}

/* The journal is durable before the file goes: a crash in between leaves a
 * file of which nothing is left, and a worker sends it home. */
static int
give_up(struct queue *q, struct claim *c)
{
	if (claim_reserve(c) < 0 || fail_rest(c) < 0)
		return -1;
	if (q->opt.no_report &&
	    claim_note(c, &(struct entry){.op = OP_REPORTED}) < 0)
		return -1;
	if (!c->ended && claim_note(c, &(struct entry){.op = OP_END}) < 0)
		return -1;
	return claim_sync(c);
}

static int
target(const struct queue *q, const struct changing *g, unsigned pool)
{
	return g->what->to == STAGE_FINISHED
	    ? q->pools.finished
	    : q->pools.dir[pool][g->what->to - STAGE_NOW];
}

/* The file is ours: do it. */
static int
move(struct queue *q, struct changing *g, const struct place *at,
    struct claim *c)
{
	uint32_t left = c->left;

	if (!g->dry && g->what->settle && c->at && g->what->settle(q, c) < 0)
		return -1;
	if (!g->dry &&
	    renameat2(at->dir, at->name, target(q, g, at->pool), at->name,
		RENAME_NOREPLACE) < 0)
		return -1;
	g->done++;
	g->left += left;
	g->dirty[at->pool] = 1;
	c->left = left;
	say(q, g, at, c, g->dry ? "would be" : g->what->past, NULL);
	return 0;
}

/* What cannot be read stays held, or goes home to be set aside. */
static int
change_damaged(struct queue *q, struct changing *g, const struct place *at,
    struct claim *c, const char *why)
{
	if (q->opt.list)
		return 0; /* of which list it is cannot be known */
	if (g->what->to == STAGE_NOW) {
		g->failed++;
		say(q, g, at, c, "damaged", why);
		return 0;
	}
	return move(q, g, at, c);
}

static int
wanted(const struct queue *q, const struct claim *c)
{
	return !q->opt.list || bytes_same(c->head.list, q->opt.list);
}

static void
busy(struct queue *q, struct changing *g, const struct place *at)
{
	struct claim c;

	g->again++;
	if (!g->last)
		return;
	if (claim_peek(&c, at->dir, at->name, NULL) == 0 && wanted(q, &c)) {
		g->busy++;
		say(q, g, at, &c, "busy", "it is being delivered just now");
	}
	claim_close(&c);
}

static int
change_one(struct queue *q, const struct place *at, void *arg)
{
	struct changing *g = arg;
	struct where w = {0, "it cannot be read"};
	struct claim c;
	int r = g->dry ? claim_peek(&c, at->dir, at->name, &w)
		       : claim_open(&c, at->dir, at->name, &w);

	if (r == 0 && wanted(q, &c))
		r = move(q, g, at, &c);
	else if (r < 0 && errno == EAGAIN)
		busy(q, g, at), r = 0;
	else if (r < 0 && errno == ENOENT)
		g->again++, r = 0; /* it moves: the next round finds it */
	else if (r < 0 && errno == EBADMSG)
		r = change_damaged(q, g, at, &c, w.why);
	if (r < 0) {
		g->failed++;
		msg_warnsys("unable to ", g->what->name, " ", at->name);
	}
	claim_close(&c);
	return 0;
}

static void
round_of(struct queue *q, struct changing *g)
{
	g->again = 0;
	for (const enum stage *s = g->what->from; *s != STAGES; s++)
		if (walk(q, *s, change_one, g) < 0) {
			g->failed++;
			msg_warnsys("unable to list ", stage_name(*s));
		}
}

static void
rounds(struct queue *q, struct changing *g)
{
	const struct timespec t = {.tv_nsec = ROUND_MS * 1000000L};

	for (int i = 0; i < ROUNDS; i++) {
		g->last = i == ROUNDS - 1 || g->dry;
		round_of(q, g);
		if (g->again == 0 || g->last)
			break;
		nanosleep(&t, NULL);
	}
}

/* The moves on disk, and the reader told. */
static void
conclude(struct queue *q, struct changing *g)
{
	if (g->dry || g->done == 0)
		return;
	for (unsigned i = 0; i < POOL_PLACES; i++)
		if (g->dirty[i] && fsync(target(q, g, i)) < 0)
			msg_warnsys("unable to make the moves durable");
	if (g->what->trigger)
		ho_wake(q->pools.top, g->what->trigger);
	if (g->what->to == STAGE_NOW && g->dirty[POOL_PEER])
		ho_wake(q->pools.top, pool_trigger(POOL_PEER));
}

static int
expanding(struct queue *q, const struct place *at, void *arg)
{
	unsigned *n = arg;
	struct file f;

	if (at->isdir && file_open(q, &f, at) == 0) {
		if (f.kind == KIND_JOB && f.expanding && file_wanted(q, &f)) {
			++*n;
			msg_warn(at->name,
			    " is still being split: parts that are made from "
			    "now on are not among these");
		}
		file_close(&f);
	}
	return 0;
}

static void
totals(struct queue *q, struct changing *g)
{
	if (q->opt.json) {
		json_close(&g->j, ']');
		json_u(&g->j, "done", g->done);
		json_u(&g->j, "left", g->left);
		json_u(&g->j, "busy", g->busy);
		json_u(&g->j, "failed", g->failed);
		json_close(&g->j, '}');
		put_json(&g->j);
		put(q, "\n", 1);
		return;
	}
	putf(q, "%" PRIu64 " file%s with %" PRIu64 " recipient%s %s%s\n",
	    g->done, g->done == 1 ? "" : "s", g->left, g->left == 1 ? "" : "s",
	    g->dry ? "would be " : "", g->what->past);
}

static int
change(struct queue *q, const struct change *what)
{
	struct changing g = {
	    .what = what, .j = {.out = &q->out}, .dry = q->opt.dry_run};
	unsigned unfinished = 0;

	if (q->opt.json) {
		json_open(&g.j, NULL, '{');
		json_z(&g.j, "command", what->name);
		json_b(&g.j, "dry_run", q->opt.dry_run);
		json_open(&g.j, "files", '[');
	}
	rounds(q, &g);
	conclude(q, &g);
	totals(q, &g);
	walk(q, STAGE_JOBS, expanding, &unfinished);
	if (g.busy || g.failed || unfinished)
		return LSV_TEMP;
	if (g.done)
		return LSV_OK;
	msg_say("nothing to ", what->name, " was found");
	return NOTHING;
}

int
command_hold(struct queue *q)
{
	static const struct change hold = {"hold", "held",
	    {STAGE_NOW, STAGE_LATER, STAGES}, STAGE_HELD, NULL, NULL};

	return change(q, &hold);
}

int
command_release(struct queue *q)
{
	static const struct change release = {"release", "released",
	    {STAGE_HELD, STAGES}, STAGE_NOW, "trigger", NULL};

	return change(q, &release);
}

int
command_retry(struct queue *q)
{
	static const struct change retry = {"retry", "made due",
	    {STAGE_LATER, STAGES}, STAGE_NOW, "trigger", NULL};

	return change(q, &retry);
}

static int
count(struct queue *q, const struct place *at, void *arg)
{
	struct changing *g = arg;
	struct claim c;
	int r = claim_peek(&c, at->dir, at->name, NULL);

	if ((r == 0 && wanted(q, &c)) || (r < 0 && errno == EBADMSG)) {
		g->done++;
		g->left += r == 0 ? c.left : 0;
	}
	claim_close(&c);
	return 0;
}

/* What is removed is gone: a person says so, or the command line does. */
static void
confirm(struct queue *q, const struct change *what)
{
	struct changing g = {.what = what};
	char answer[16];

	if (q->opt.yes || q->opt.dry_run)
		return;
	if (!isatty(STDIN_FILENO))
		msg_die(LSV_PERM,
		    "remove cannot be undone: say --yes (or --dry-run)");
	for (const enum stage *s = what->from; *s != STAGES; s++)
		walk(q, *s, count, &g);
	if (g.done == 0)
		return;
	fprintf(stderr,
	    "Give up %" PRIu64 " recipients of %" PRIu64 " files%s? [y/N] ",
	    g.left, g.done, q->opt.no_report ? ", telling no sender" : "");
	if (!fgets(answer, sizeof answer, stdin) ||
	    (answer[0] != 'y' && answer[0] != 'Y'))
		msg_die(LSV_PERM, "nothing was removed");
}

int
command_remove(struct queue *q)
{
	static const struct change gone = {"remove", "removed",
	    {STAGE_NOW, STAGE_LATER, STAGE_HELD, STAGES}, STAGE_FINISHED,
	    "finished.trigger", give_up};

	confirm(q, &gone);
	return change(q, &gone);
}
