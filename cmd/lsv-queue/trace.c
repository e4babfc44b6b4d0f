#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-queue/queue.h"
#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/progress.h"

enum { US_PER_S = 1000000, WIDE_ADDRESS = 36, WIDE_WORD = 9 };

/* struct tracing - trace at work
 *
 * address what is looked for; len 0: the selection by ID says it
 * found   files that had to do with it
 * seen    files looked at
 */
struct tracing {
	struct json j;
	struct bytes address;
	stralloc normal;
	uint64_t found, seen;
	struct progress bar;
};

static int
is_it(const struct tracing *t, struct bytes a)
{
	return addr_same(a.s, a.len, t->address.s, t->address.len);
}

static void
put_time(struct queue *q, uint64_t us)
{
	char text[CLOCK_LSV_MAX];

	clock_lsv(text, us);
	putf(q, "%s", text);
}

static void
put_entry(struct queue *q, const struct entry *e)
{
	putf(q, "%-*s ", WIDE_WORD, outcome_word((int)e->op));
	put_time(q, e->when_us);
	if (e->code)
		putf(q, " %03u", e->code);
	put(q, " ", 1);
	put_text(q, e->status, 0);
	if (!bytes_eq(e->host, "-")) {
		put(q, " ", 1);
		put_text(q, e->host, 0);
	}
	put(q, " ", 1);
	put_text(q, e->text, 0);
	put(q, "\n", 1);
}

static void
json_entry(struct json *j, const struct entry *e)
{
	json_z(j, "result", outcome_word((int)e->op));
	json_u(j, "when", e->when_us / US_PER_S);
	json_u(j, "code", e->code);
	json_s(j, "status", e->status.s, e->status.len);
	json_s(j, "host", e->host.s, e->host.len);
	json_s(j, "text", e->text.s, e->text.len);
}

/* One recipient of a whole file: the line that counts. */
static void
one_rcpt(struct queue *q, struct tracing *t, const struct file *f,
    const struct outcomes *o, uint32_t i)
{
	struct bytes a = claim_rcpt(&f->claim, i);
	struct entry e = {.op = OP_END};
	const char *word = outcome_word(f->claim.state[i]);
	int known;

	if (o->last[i])
		e = outcomes_line(o, o->last[i] - 1);
	known = (int)e.op == f->claim.state[i];
	if (q->opt.json) {
		json_open(&t->j, NULL, '{');
		json_s(&t->j, "address", a.s, a.len);
		if (known)
			json_entry(&t->j, &e);
		else
			json_z(&t->j, "result", word);
		json_close(&t->j, '}');
		put_json(&t->j);
		return;
	}
	put(q, "    ", 4);
	put_text(q, a, WIDE_ADDRESS);
	if (known)
		put_entry(q, &e);
	else
		putf(q, "%s%s\n", word,
		    f->claim.state[i] ? ", the answer was not saved" : "");
}

/* The recipient that is traced: every line about it. */
static void
history(struct queue *q, struct tracing *t, const struct file *f,
    const struct outcomes *o, uint32_t i)
{
	struct bytes a = claim_rcpt(&f->claim, i);

	if (q->opt.json) {
		json_open(&t->j, NULL, '{');
		json_s(&t->j, "address", a.s, a.len);
		json_z(&t->j, "result", outcome_word(f->claim.state[i]));
		json_open(&t->j, "tries", '[');
	} else {
		put(q, "    ", 4);
		put_text(q, a, 0);
		putf(q, ": %s\n", outcome_word(f->claim.state[i]));
	}
	for (size_t k = 0; k < o->lines; k++) {
		struct entry e = outcomes_line(o, k);

		if (i < e.first || i > e.last)
			continue;
		if (q->opt.json) {
			json_open(&t->j, NULL, '{');
			json_entry(&t->j, &e);
			json_close(&t->j, '}');
		} else {
			put(q, "      ", 6);
			put_entry(q, &e);
		}
	}
	if (q->opt.json) {
		json_close(&t->j, ']');
		json_close(&t->j, '}');
		put_json(&t->j);
	}
}

static int
put_rcpts(struct queue *q, struct tracing *t, const struct file *f)
{
	struct outcomes o;
	int r = outcomes_read(&o, &f->claim);

	for (uint32_t i = 0; r == 0 && i < f->claim.head.nrcpt; i++) {
		if (t->address.len == 0)
			one_rcpt(q, t, f, &o, i);
		else if (is_it(t, claim_rcpt(&f->claim, i)))
			history(q, t, f, &o, i);
		flush(q, 0);
	}
	outcomes_free(&o);
	return r;
}

struct printing {
	struct queue *q;
	struct tracing *t;
};

/* A recipient that an inbox file names. */
static int
put_named(void *arg, struct bytes a)
{
	const struct printing *p = arg;
	struct tracing *t = p->t;

	if (t->address.len && !is_it(t, a))
		return 0;
	if (p->q->opt.json) {
		json_open(&t->j, NULL, '{');
		json_s(&t->j, "address", a.s, a.len);
		json_z(&t->j, "result", outcome_word(0));
		json_close(&t->j, '}');
		put_json(&t->j);
	} else {
		put(p->q, "    ", 4);
		put_text(p->q, a, WIDE_ADDRESS);
		putf(p->q, "%s\n", outcome_word(0));
	}
	flush(p->q, 0);
	return 0;
}

static void
put_state(struct queue *q, const struct file *f)
{
	const struct place *at = f->at;

	putf(q, "  state  %s", stage_name(at->stage));
	if (at->stage >= STAGE_NOW && at->stage <= STAGE_HELD)
		putf(q, ", pool %s", pool_name(at->pool));
	if (at->day)
		putf(q, ", %s", at->day);
	if (f->kind == KIND_MAIL)
		putf(q,
		    "; %" PRIu64 " recipient%s, %" PRIu64 " left, %" PRIu64
		    " failed, %" PRIu32 " tr%s before",
		    f->rcpts, f->rcpts == 1 ? "" : "s", f->left, f->failed,
		    f->tries, f->tries == 1 ? "y" : "ies");
	else if (f->kind == KIND_JOB)
		putf(q,
		    "; %" PRIu64 " recipients in %" PRIu32 " parts, %" PRIu32
		    " of them home",
		    f->rcpts, f->chunks, f->home);
	put(q, "\n", 1);
}

static void
put_origin(struct queue *q, const struct file *f)
{
	putf(q, "  what   ");
	if (f->kind == KIND_DAMAGED) {
		putf(q, "came in ");
	} else {
		putf(q, "%s ", spool_class_name(f->class));
		if (f->list.len) {
			putf(q, "of list ");
			put_text(q, f->list, 0);
			put(q, " ", 1);
		}
		putf(q, "from <");
		put_text(q, f->from, 0);
		putf(q, ">, came in ");
	}
	put_time(q, f->created_us);
	if (f->kind != KIND_DAMAGED && f->expires_us && !f->at->day) {
		putf(q, ", given up after ");
		put_time(q, f->expires_us);
	}
	put(q, "\n", 1);
}

static void
put_reason(struct queue *q, const struct reason *r)
{
	char span[16];

	putf(q, "  why    ");
	put_text(q, bytes_z(r->text), 0);
	putf(q, "\n  rule   %s\n", r->rule);
	if (!r->next_us)
		return;
	putf(q, "  next   ");
	if (r->next_us <= q->now_us) {
		putf(q, "at once\n");
		return;
	}
	put_time(q, r->next_us);
	putf(q, ", in %s\n", span_text(span, r->next_us - q->now_us));
}

static void
block(struct queue *q, struct tracing *t, const struct file *f)
{
	struct reason r;

	reason_of(q, f, &r);
	if (q->opt.json) {
		json_open(&t->j, NULL, '{');
		file_json(q, &t->j, f);
		json_z(&t->j, "why", r.text);
		json_z(&t->j, "rule", r.rule);
		if (r.next_us)
			json_u(&t->j, "next", r.next_us / US_PER_S);
		json_open(&t->j, "results", '[');
		return;
	}
	putf(q, "%s%s (file %" PRIu32 ")\n", t->found > 1 ? "\n" : "",
	    f->at->name, id_number(f->at->name));
	put_origin(q, f);
	put_state(q, f);
	put_reason(q, &r);
}

static void
block_end(struct queue *q, struct tracing *t)
{
	if (q->opt.json) {
		json_close(&t->j, ']');
		json_close(&t->j, '}');
		put_json(&t->j);
	}
	flush(q, 0);
}

static int
trace_one(struct queue *q, const struct place *at, void *arg)
{
	struct tracing *t = arg;
	struct printing p = {q, t};
	struct file f;
	int r, concerns = t->address.len == 0;

	r = file_open(q, &f, at);
	if (r < 0 && errno != ENOENT)
		msg_warnsys("unable to read ", at->name);
	progress_at(&t->bar, ++t->seen);
	if (r == 0 && !concerns)
		concerns = file_concerns(&f, t->address);
	if (concerns < 0)
		msg_warnsys("unable to read ", at->name);
	if (r == 0 && concerns > 0) {
		t->found++;
		block(q, t, &f);
		if (!q->opt.summary && f.kind == KIND_MAIL)
			r = put_rcpts(q, t, &f);
		else if (!q->opt.summary && f.kind == KIND_INBOX)
			r = file_named(&f, put_named, &p);
		if (r < 0)
			msg_warnsys("unable to read ", at->name);
		block_end(q, t);
	}
	file_close(&f);
	return 0;
}

/* An address in normal form selects by recipient, all else by ID. */
static void
look_for(struct queue *q, struct tracing *t)
{
	const char *s = q->opt.arg[0];
	struct where w;

	if (!strchr(s, '@')) {
		if (strspn(s, "0123456789abcdef.") < 4 &&
		    s[strspn(s, "0123456789")])
			msg_die(LSV_PERM, s,
			    " is neither an ID, nor the beginning of one, nor "
			    "an address");
		return;
	}
	if (addr_spec(&t->normal, s, strlen(s), ADDR_UTF8, &w) < 0)
		msg_die(LSV_PERM, s, ": ", w.why);
	t->address = (struct bytes){t->normal.s, t->normal.len};
	q->opt.narg = 0;
}

int
command_trace(struct queue *q)
{
	struct tracing t = {.j = {.out = &q->out}};

	look_for(q, &t);
	if (q->opt.json) {
		json_open(&t.j, NULL, '{');
		json_z(&t.j, "query", q->opt.arg[0]);
		json_open(&t.j, "files", '[');
	}
	if (!isatty(STDOUT_FILENO)) /* it would run into what we print */
		progress_begin(&t.bar, "files", 0);
	for (int s = 0; s < STAGES; s++)
		if (walk(q, (enum stage)s, trace_one, &t) < 0)
			msg_warnsys(
			    "unable to list ", stage_name((enum stage)s));
	progress_end(&t.bar, t.seen);
	if (q->opt.json) {
		json_close(&t.j, ']');
		json_close(&t.j, '}');
		put_json(&t.j);
		put(q, "\n", 1);
	}
	sa_free(&t.normal);
	if (t.found)
		return LSV_OK;
	msg_say(
	    "nothing is known of ", q->opt.arg[0], " (lsv-log may tell more)");
	return NOTHING;
}
