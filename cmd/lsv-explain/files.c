#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-explain/explain.h"
#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/progress.h"
#include "lib/roots.h"
#include "lib/when.h"

enum { US_PER_S = 1000000 };

/* struct state - one file, explained
 *
 * rule, words, var, line  as in struct account, about this file
 * next    when something is done about it, seconds since 1970; 0: unknown
 * a       who takes it; a->n is 0 when it is in no pool
 * rcpt    the recipient of the question, -1 none; its result and last answer
 * last    what was said last: of rcpt, else of the file; op 0: nothing
 * delay   about the warning of its sender
 */
struct state {
	struct reason r;
	char words[2 * WORDS_MAX];
	const char *rule;
	char var[32];
	unsigned line;
	int64_t next;
	struct account *a;
	int64_t rcpt;
	int result;
	struct answer last;
	struct delay delay;
};

static void
copy(char *out, size_t room, struct bytes b)
{
	size_t n = b.len < room ? b.len : room - 1;

	memcpy(out, b.s, n);
	out[n] = 0;
}

/* What became of the recipient that is asked for, and what was said of it. */
static int
find_rcpt(const struct explain *e, const struct file *f, struct state *s)
{
	struct outcomes o;
	int r = 0;

	s->rcpt = -1;
	s->last = f->last;
	for (uint32_t i = 0; e->address.len && i < f->claim.head.nrcpt; i++) {
		struct bytes a = claim_rcpt(&f->claim, i);

		if (addr_same(a.s, a.len, e->address.s, e->address.len))
			s->rcpt = i;
	}
	if (s->rcpt < 0)
		return 0;
	s->last = (struct answer){.op = 0};
	s->result = f->claim.state[s->rcpt];
	r = outcomes_read(&o, &f->claim);
	if (r == 0 && o.last[s->rcpt]) {
		struct entry l = outcomes_line(&o, o.last[s->rcpt] - 1);

		s->last = (struct answer){
		    .op = (int)l.op, .code = l.code, .when_us = l.when_us};
		copy(s->last.status, sizeof s->last.status, l.status);
		copy(s->last.host, sizeof s->last.host, l.host);
		copy(s->last.text, sizeof s->last.text, l.text);
	}
	outcomes_free(&o);
	return r;
}

static const struct board_worker *
who_has(const struct explain *e, const char *name)
{
	for (size_t i = 0; i < e->boards; i++)
		if (strcmp(e->board[i].job, name) == 0)
			return &e->board[i];
	return NULL;
}

static void
decided(struct state *s, const char *var)
{
	snprintf(s->var, sizeof s->var, "%s", var);
	if (site_line(&s->line, root_etc(), var) <= 0)
		s->line = 0;
}

static void
by_account(struct state *s)
{
	s->rule = s->a->rule;
	memcpy(s->var, s->a->var, sizeof s->var);
	s->line = s->a->line;
	if (s->a->first)
		s->next = s->a->first->from;
}

/* A file that a worker may take now. */
static void
now(const struct explain *e, const struct file *f, struct state *s)
{
	const struct board_worker *w = who_has(e, f->at->name);

	account_make(e, s->a, f->at->pool, e->now, 1);
	if (f->active && w) {
		s->rule = "delivering";
		s->next = e->now;
		snprintf(s->words, sizeof s->words,
		    "worker %s is delivering it to %s just now", w->label,
		    w->host);
		return;
	}
	if (f->active)
		return;
	snprintf(s->words, sizeof s->words, "%s", s->a->words);
	by_account(s);
}

/* A file that waits for its time; then somebody must take it. */
static void
later(const struct explain *e, const struct file *f, struct state *s)
{
	int64_t due = s->next;
	size_t n;

	if (due < e->now)
		due = e->now;
	account_make(e, s->a, f->at->pool, due, due <= e->now + LIVE_S);
	decided(s, f->tries > 1 ? "RETRY_MAX" : "RETRY_MIN");
	if (!s->a->first || s->a->first->state == CREW_DELIVER)
		return;
	/* when it is due, nobody takes it: that is what keeps it longer */
	n = strlen(s->words);
	snprintf(s->words + n, sizeof s->words - n, "; when it is due, %s",
	    s->a->words);
	if (s->a->first->from > due)
		by_account(s);
}

static int
state_of(
    struct explain *e, const struct file *f, struct state *s, struct account *a)
{
	*s = (struct state){.rcpt = -1, .a = a};
	a->n = 0;
	a->first = NULL;
	reason_of(&e->q, f, &s->r);
	s->rule = s->r.rule;
	s->next = (int64_t)(s->r.next_us / US_PER_S);
	snprintf(s->words, sizeof s->words, "%s", s->r.text);
	s->last = f->last;
	delay_of(e, f, &s->delay);
	if (f->kind != KIND_MAIL)
		return 0;
	/* no worker takes what goes to another server */
	if (e->running != 0 && f->at->pool < POOL_COUNT) {
		if (f->at->stage == STAGE_NOW)
			now(e, f, s);
		if (f->at->stage == STAGE_LATER)
			later(e, f, s);
	}
	return find_rcpt(e, f, s);
}

static void
answer_json(struct json *j, const struct answer *a)
{
	if (!a->op) {
		json_null(j, "last_reply");
		return;
	}
	json_open(j, "last_reply", '{');
	json_z(j, "result", outcome_word(a->op));
	json_u(j, "code", a->code);
	json_z(j, "status", a->status);
	json_z(j, "host", a->host);
	json_z(j, "text", a->text);
	json_u(j, "when", a->when_us / US_PER_S);
	json_close(j, '}');
}

static void
file_as_json(struct explain *e, const struct file *f, const struct state *s)
{
	struct json *j = &e->j;

	json_open(j, NULL, '{');
	file_json(&e->q, j, f);
	json_z(j, "rule", s->rule);
	json_z(j, "why", s->words);
	if (s->next && s->next != INT64_MAX)
		json_i(j, "next", s->next);
	else
		json_null(j, "next");
	json_z(j, "decided_by", s->var);
	json_u(j, "line", s->line);
	if (s->rcpt >= 0)
		json_z(j, "recipient", outcome_word(s->result));
	answer_json(j, &s->last);
	delay_json(e, &s->delay);
	if (s->a->n) {
		json_open(j, "taken_by", '{');
		account_json(j, s->a);
		json_close(j, '}');
	}
	json_close(j, '}');
	put_json(j);
}

static void
head_text(struct queue *q, const struct explain *e, const struct file *f,
    const struct state *s)
{
	putf(q, "%s%s\n", e->found > 1 ? "\n" : "", f->at->name);
	putf(q, "  state  %s", stage_name(f->at->stage));
	if (f->at->stage >= STAGE_NOW && f->at->stage <= STAGE_HELD)
		putf(q, ", pool %s", pool_name(f->at->pool));
	if (f->list.len) {
		putf(q, ", list ");
		put_text(q, f->list, 0);
	}
	if (f->kind == KIND_MAIL)
		putf(q, "; %" PRIu64 " of %" PRIu64 " recipients left", f->left,
		    f->rcpts);
	put(q, "\n", 1);
	if (s->rcpt >= 0) {
		putf(q, "  rcpt   ");
		put_text(q, e->address, 0);
		putf(q, ": %s\n", outcome_word(s->result));
	}
}

static void
next_text(struct queue *q, const struct explain *e, const struct state *s)
{
	char when[WHEN_MAX], by[WORDS_MAX];

	if (s->next && s->next != INT64_MAX)
		putf(q, "  next   %s",
		    s->next <= e->now ? "at once" : when_words(when, s->next));
	else
		putf(q, "  next   nobody knows when");
	if (s->a->n) {
		account_next(by, s->a);
		putf(q, ": %s", by);
	}
	put(q, "\n", 1);
}

static void
file_as_text(struct explain *e, const struct file *f, const struct state *s)
{
	struct queue *q = &e->q;
	char when[CLOCK_LSV_MAX], var[96];

	head_text(q, e, f, s);
	putf(q, "  why    ");
	put_text(q, bytes_z(s->words), 0);
	putf(q, "\n  rule   %s", s->rule);
	if (s->var[0]) {
		var_words(var, s->var, s->line);
		putf(q, ", %s", var);
	}
	put(q, "\n", 1);
	if (f->at->stage != STAGE_DONE && f->kind != KIND_DAMAGED)
		next_text(q, e, s);
	delay_text(e, &s->delay);
	if (!s->last.op)
		return;
	clock_lsv(when, s->last.when_us);
	putf(q, "  last   %s ", outcome_word(s->last.op));
	if (s->last.code)
		putf(q, "%03u ", s->last.code);
	putf(q, "%s ", s->last.status);
	put_text(q, bytes_z(s->last.text), 0);
	putf(q, " (%s, %s)\n", s->last.host, when);
}

static int
file_one(struct queue *q, const struct place *at, void *arg)
{
	static struct account a;
	struct explain *e = arg;
	struct state s;
	struct file f;
	int r;

	r = file_open(q, &f, at);
	if (r == 0 && (!e->address.len || file_concerns(&f, e->address) > 0)) {
		e->found++;
		r = state_of(e, &f, &s, &a);
		if (r == 0 && q->opt.json)
			file_as_json(e, &f, &s);
		else if (r == 0)
			file_as_text(e, &f, &s);
		flush(q, 0);
	}
	if (r < 0 && errno != ENOENT)
		msg_warnsys("unable to read ", at->name);
	file_close(&f);
	return 0;
}

int
explain_files(struct explain *e)
{
	struct progress bar;

	if (e->q.opt.json) {
		json_open(&e->j, NULL, '{');
		json_z(&e->j, "query", e->what[0]);
		json_z(&e->j, "of", e->what[1]);
		json_open(&e->j, "files", '[');
	}
	progress_begin(&bar, "places", STAGES);
	for (int i = 0; i < STAGES; i++) {
		if (walk(&e->q, (enum stage)i, file_one, e) < 0)
			msg_warnsys(
			    "unable to list ", stage_name((enum stage)i));
		if (!isatty(STDOUT_FILENO)) /* else it runs into the text */
			progress_at(&bar, (uint64_t)i + 1);
	}
	progress_end(&bar, STAGES);
	if (e->q.opt.json) {
		json_close(&e->j, ']');
		json_close(&e->j, '}');
		put_json(&e->j);
		put(&e->q, "\n", 1);
	}
	if (e->found)
		return LSV_OK;
	msg_say("nothing is known of ", e->what[1], " (lsv-log may tell more)");
	return NOTHING;
}
