#include <stdio.h>
#include <string.h>

#include "cmd/lsv-queue/queue.h"
#include "lib/hold.h"
#include "lib/num.h"
#include "lib/scanstate.h"

/* What lsv-scan shows of itself, as words behind those that stand there. */
static void
put_scan(char *out, size_t room, const struct scanstate *s)
{
	if (s->open_us)
		snprintf(out, room,
		    "; it failed %" PRIu64
		    " times in a row and is tried now and then only: %s",
		    s->failures, s->why);
	else if (s->failures)
		snprintf(out, room,
		    "; %" PRIu64 " run, %" PRIu64
		    " wait; it failed the last time: %s",
		    s->running, s->waiting, s->why);
	else
		snprintf(out, room, "; %" PRIu64 " run, %" PRIu64 " wait",
		    s->running, s->waiting);
}

void
waits_scan(const struct queue *q, struct reason *r)
{
	static struct scanstate s;
	size_t n;

	wait_for(q, r, SERVICE_SCAN, "exit",
	    "SPAM_EXIT is asked of it, or its turn comes behind older "
	    "postings of its list");
	n = strlen(r->text);
	if (strcmp(r->rule, "exit") == 0 && scanstate_read(&s, q->spool) == 1)
		put_scan(r->text + n, sizeof r->text - n, &s);
	r->next_us = 0; /* it depends on the exit */
}

static int
text_of(struct bytes b)
{
	return b.len < 512 ? (int)b.len : 512;
}

/* Its time comes by itself; lsv-score does it. */
static void
quarantine(const struct queue *q, struct bytes why, struct bytes until,
    struct reason *r)
{
	struct bytes who = hold_why_line(why, "why");
	uint64_t us;

	wait_for(q, r, SERVICE_SCORE, HOLD_QUARANTINE,
	    "it goes on when its SPAM_DELAY is over, or with lsv-spam release");
	if (who.s && r->next_us) {
		size_t n = strlen(r->text);

		snprintf(r->text + n, sizeof r->text - n,
		    "; why it waits: %.*s", text_of(who), who.s);
	}
	if (r->next_us && num_u64(&us, until.s, until.len, UINT64_MAX) == 0)
		r->next_us = us;
}

void
waits_hold(const struct queue *q, const struct file *f, struct reason *r)
{
	stralloc text = {0};
	struct bytes why = {"", 0}, rule, until;

	if (hold_why(f->at->dir, f->at->name, &text) == 0)
		why = (struct bytes){text.s, text.len};
	rule = hold_why_line(why, "rule");
	until = hold_why_line(why, "until");
	if (until.s) {
		quarantine(q, why, until, r);
	} else {
		r->rule = "hold";
		snprintf(r->text, sizeof r->text,
		    "it is held by the rule %.*s until lsv-spam release or "
		    "discard",
		    rule.s ? text_of(rule) : 7, rule.s ? rule.s : "unknown");
	}
	sa_free(&text);
}
