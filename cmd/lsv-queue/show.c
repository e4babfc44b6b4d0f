#include <errno.h>
#include <string.h>

#include "cmd/lsv-queue/queue.h"
#include "lib/msg.h"

enum { WIDE_ID = 31, WIDE_LIST = 16, US_PER_S = 1000000 };

/* Stages that show prints, in the order of a message's way. */
static const enum stage shown[] = {STAGE_SCORE, STAGE_SCAN, STAGE_HOLD,
    STAGE_COMMAND, STAGE_ROUTE, STAGE_JOBS, STAGE_NOW, STAGE_LATER, STAGE_HELD,
    STAGE_FINISHED};

enum { SHOWN = sizeof shown / sizeof shown[0] };

/* struct listing - show at work
 *
 * count   files of each stage, by name only
 * files, left, oldest_us  of the rows printed
 */
struct listing {
	struct json j;
	uint64_t count[STAGES], files, left, oldest_us;
	enum stage stage;
};

static int
count_one(struct queue *q, const struct place *at, void *arg)
{
	struct listing *l = arg;

	(void)q;
	l->count[at->stage]++;
	return 0;
}

static void
head(struct queue *q, struct listing *l)
{
	if (q->opt.json)
		json_open(&l->j, "counts", '{');
	for (int i = 0; i < SHOWN; i++) {
		const char *name = stage_name(shown[i]);

		if (q->opt.json)
			json_u(&l->j, name, l->count[shown[i]]);
		else
			putf(q, "%s%s %" PRIu64, i ? "  " : "", name,
			    l->count[shown[i]]);
	}
	if (q->opt.json) {
		json_close(&l->j, '}');
		json_open(&l->j, "files", '[');
		return;
	}
	putf(q, "\n\n%-*s %-*s %-4s %-8s %7s %7s %5s %5s %5s  %s\n", WIDE_ID,
	    "ID", WIDE_LIST, "LIST", "POOL", "STATE", "RCPTS", "LEFT", "TRIES",
	    "AGE", "DUE", "LAST REPLY");
}

static void
put_due(struct queue *q, const struct file *f)
{
	char due[16];

	if (f->at->stage != STAGE_LATER || f->kind != KIND_MAIL)
		putf(q, "%5s  ", "-");
	else if (f->due_us <= q->now_us)
		putf(q, "%5s  ", "due");
	else
		putf(q, "%5s  ", span_text(due, f->due_us - q->now_us));
}

static void
put_answer(struct queue *q, const struct file *f)
{
	if (f->kind == KIND_DAMAGED) {
		put(q, "damaged: ", 9);
		put_text(q, bytes_z(f->why), 0);
	} else if (f->kind == KIND_JOB) {
		putf(q, "%" PRIu32 " of %" PRIu32 " parts are home%s", f->home,
		    f->chunks, f->expanding ? ", more are being made" : "");
	} else if (f->last.op) {
		if (f->last.code)
			putf(q, "%03u ", f->last.code);
		putf(q, "%s ", f->last.status);
		put_text(q, bytes_z(f->last.text), 0);
	}
	put(q, "\n", 1);
}

static void
row(struct queue *q, const struct file *f)
{
	char age[16];
	uint64_t us = q->now_us > f->created_us ? q->now_us - f->created_us : 0;

	put_text(q, bytes_z(f->at->name), WIDE_ID);
	put_text(q, f->list.len ? f->list : bytes_z("-"), WIDE_LIST);
	putf(q, "%-4s %-8s %7" PRIu64 " ", f->pool ? f->pool : "-",
	    f->active ? "busy" : stage_name(f->at->stage), f->rcpts);
	if (f->kind == KIND_JOB)
		putf(q, "%7s ", "-");
	else
		putf(q, "%7" PRIu64 " ", f->left);
	putf(q, "%5" PRIu32 " %5s ", f->tries, span_text(age, us));
	put_due(q, f);
	put_answer(q, f);
}

static int
show_one(struct queue *q, const struct place *at, void *arg)
{
	struct listing *l = arg;
	struct file f;
	int r = file_open(q, &f, at);

	if (r < 0 && errno != ENOENT)
		msg_warnsys("unable to read ", at->name);
	if (r == 0 && file_wanted(q, &f)) {
		l->files++;
		l->left += f.left;
		if (!l->oldest_us || f.created_us < l->oldest_us)
			l->oldest_us = f.created_us;
		if (q->opt.json) {
			json_open(&l->j, NULL, '{');
			file_json(q, &l->j, &f);
			json_close(&l->j, '}');
			put_json(&l->j);
		} else {
			row(q, &f);
		}
		flush(q, 0);
	}
	file_close(&f);
	return 0;
}

static void
foot(struct queue *q, struct listing *l)
{
	char age[16];

	if (q->opt.json) {
		json_close(&l->j, ']');
		json_u(&l->j, "shown", l->files);
		json_u(&l->j, "left", l->left);
		json_close(&l->j, '}');
		put_json(&l->j);
		put(q, "\n", 1);
		return;
	}
	putf(q, "\n%" PRIu64 " file%s, %" PRIu64 " recipient%s left", l->files,
	    l->files == 1 ? "" : "s", l->left, l->left == 1 ? "" : "s");
	if (l->oldest_us && l->oldest_us < q->now_us)
		putf(q, ", the oldest came in %s ago",
		    span_text(age, q->now_us - l->oldest_us));
	put(q, "\n", 1);
}

static void
walk_or_warn(struct queue *q, enum stage s, place_fn *fn, void *arg)
{
	if (walk(q, s, fn, arg) < 0)
		msg_warnsys("unable to list ", stage_name(s));
}

int
command_show(struct queue *q)
{
	struct listing l = {.j = {.out = &q->out}};
	int narrow = q->opt.narg || q->opt.list || q->opt.pool;

	for (int i = 0; i < SHOWN; i++)
		walk_or_warn(q, shown[i], count_one, &l);
	if (q->opt.json)
		json_open(&l.j, NULL, '{');
	head(q, &l);
	for (int i = 0; i < SHOWN; i++)
		walk_or_warn(q, shown[i], show_one, &l);
	foot(q, &l);
	return narrow && l.files == 0 ? NOTHING : LSV_OK;
}
