/* answer.c - what lsv-spam test prints */
#include <errno.h>

#include "cmd/lsv-spam/say.h"
#include "cmd/lsv-spam/test.h"
#include "lib/msg.h"
#include "lib/verdict.h"

/* "match     blacklist_from -2  >joe@example.com  site.cfg:3  ..." */
static void
text_match(void *arg, enum spam_list list, const struct spam_match *m)
{
	struct test *t = arg;
	stralloc *out = &t->matches;

	say_put(out, "match     ");
	say_put(out, spam_list_name(list));
	say_put(out, sets_is_black(list) ? " -" : " +");
	say_u(out, m->hit.points);
	say_put(out, "  ");
	say_clean(out, m->hit.entry);
	say_put(out, "  ");
	sets_place(&t->sets, out, list, m->hit.line);
	say_put(out, "  ");
	say_clean(out, m->address);
	say_put(out, " in ");
	say_clean(out, m->field);
	say_put(out, "\n");
}

static void
json_match(void *arg, enum spam_list list, const struct spam_match *m)
{
	struct test *t = arg;
	struct json *j = &t->jm;

	json_open(j, NULL, '{');
	json_z(j, "list", spam_list_name(list));
	json_s(j, "entry", m->hit.entry.s, m->hit.entry.len);
	json_s(j, "address", m->address.s, m->address.len);
	json_s(j, "field", m->field.s, m->field.len);
	json_u(j, "points", m->hit.points);
	json_z(j, "file", sets_file(&t->sets, list, m->hit.line));
	json_u(j, "line", sets_line(&t->sets, list, m->hit.line));
	json_close(j, '}');
}

/* The addresses, also those that nothing matches. */
static void
list_addresses(struct test *t, enum mailaddrs_side side)
{
	struct bytes address, field;
	int r;

	mailaddrs_begin(&t->addresses, &t->header, side);
	while ((r = mailaddrs_next(&t->addresses, &address, &field)) > 0) {
		if (t->json) {
			json_open(&t->j, NULL, '{');
			json_s(&t->j, "address", address.s, address.len);
			json_s(&t->j, "field", field.s, field.len);
			json_close(&t->j, '}');
			continue;
		}
		say_put(&t->out, "address   ");
		say_clean(&t->out, address);
		say_put(&t->out, " in ");
		say_clean(&t->out, field);
		say_put(&t->out, "\n");
	}
	if (r < 0)
		say_no_memory();
	if (t->addresses.more == 0 || t->json)
		return;
	say_put(&t->out, "address   and ");
	say_u(&t->out, t->addresses.more);
	say_put(&t->out, " more, which are not looked at\n");
}

void
answer_look_up(struct test *t)
{
	unsigned bounce = spamscore_is_bounce(&t->facts, t->from)
	    ? t->sets.site.spam_whitelist_bounce
	    : 0;

	if (spamscore(&t->score, t->sets.set, &t->addresses, &t->header, bounce,
		t->json ? json_match : text_match, t) == 0)
		return;
	if (errno == ENOMEM)
		say_no_memory();
	msg_warn("a table is damaged (lsv-table spam makes it): what it says "
		 "is not known");
}

/* The verdict's word, and the rule that gives it. */
struct outcome {
	const char *verdict;
	enum verdict_rule rule;
};

static struct outcome
by_exit(const struct test *t, const char *rejected)
{
	switch (t->answer.code) {
	case SCAN_GO_ON:
		break;
	case SCAN_WHITELISTED:
		return (struct outcome){"whitelisted", RULE_WHITELISTED};
	case SCAN_REJECTED:
		return (struct outcome){rejected, RULE_EXIT};
	case SCAN_FAILED:
		if (t->sets.site.spam_exit_fail == SITE_EXIT_DEFER)
			return (struct outcome){"defer", RULE_EXIT_FAILED};
		if (t->sets.site.spam_exit_fail == SITE_EXIT_HOLD)
			return (struct outcome){"held", RULE_EXIT_FAILED};
		break;
	}
	return (struct outcome){"accept", RULE_ACCEPTED};
}

static struct outcome
outcome_of(const struct test *t)
{
	int sum = t->off || test_is_large(t) ? 0 : t->score.sum;
	const char *rejected =
	    t->sets.site.spam_reject == SITE_SPAM_HOLD ? "held" : "rejected";

	if (sum < 0)
		return (struct outcome){rejected, RULE_BLACKLISTED};
	if (sum > 0)
		return (struct outcome){"whitelisted", RULE_WHITELISTED};
	if (t->asked)
		return by_exit(t, rejected);
	return (struct outcome){"accept", RULE_ACCEPTED};
}

static void
put_exit_reason(const struct test *t, stralloc *out)
{
	static const char *const said[] = {
	    [SCAN_GO_ON] = " lets it go on",
	    [SCAN_WHITELISTED] = " takes it for good",
	    [SCAN_REJECTED] = " rejects it",
	    [SCAN_FAILED] = " failed",
	};

	say_put(out, "SPAM_EXIT ");
	say_put(out, t->sets.site.spam_exit);
	say_put(out, said[t->answer.code]);
	if (t->answer.why[0]) {
		say_put(out, ": ");
		say_clean(out, bytes_z(t->answer.why));
	}
}

static void
put_entry_reason(const struct test *t, stralloc *out, enum spam_list list)
{
	const struct spam_made *made = &t->score.made[list];

	say_clean(out, bytes_z(made->entry));
	say_put(out, " of ");
	say_put(out, spam_list_variable(list));
	say_put(out, " in ");
	sets_place(&t->sets, out, list, made->line);
	say_put(out, " matches ");
	say_clean(out, bytes_z(made->address));
	say_put(out, " in ");
	say_clean(out, bytes_z(made->field));
}

/* Why: the entry that did most, or what else decided. */
static void
put_reason(const struct test *t, stralloc *out)
{
	enum spam_list list = spamscore_reason(&t->score);

	if (t->off) {
		say_put(out, "Misc-Options= NO_SPAM_CHECK of ");
		say_put(out, t->list);
	} else if (test_is_large(t)) {
		say_put(out, "SPAM_MAXSIZE: the message is larger");
	} else if (t->asked) {
		put_exit_reason(t, out);
	} else if (list != SPAM_LISTS) {
		put_entry_reason(t, out, list);
	} else if (t->score.sum > 0) {
		say_put(out, "SPAM_WHITELIST_BOUNCE: the message is a bounce");
	} else if (t->matches.len) {
		say_put(
		    out, "as many points of the whitelists as of the others");
	} else {
		say_put(out, "no entry matches");
	}
}

/* "exit      2, 34 ms, contains a virus" */
static void
text_exit(const struct test *t, stralloc *out)
{
	say_put(out, "\nexit      ");
	say_put(out, scananswer_code(t->answer.code));
	say_put(out, ", ");
	say_u(out, t->answer.ms);
	say_put(out, " ms");
	if (t->answer.why[0]) {
		say_put(out, ", ");
		say_clean(out, bytes_z(t->answer.why));
	}
}

static void
json_exit(const struct test *t, struct json *j)
{
	if (!t->asked) {
		json_null(j, "exit");
		return;
	}
	json_open(j, "exit", '{');
	if (t->answer.code == SCAN_FAILED)
		json_z(j, "code", scananswer_code(t->answer.code));
	else
		json_u(j, "code", (uint64_t)t->answer.code);
	json_u(j, "ms", t->answer.ms);
	json_z(j, "reason", t->answer.why);
	json_close(j, '}');
}

static void
print_text(struct test *t)
{
	struct outcome o = outcome_of(t);
	stralloc *out = &t->out;

	list_addresses(t, MAILADDRS_FROM);
	list_addresses(t, MAILADDRS_TO);
	say_bytes(out, (struct bytes){t->matches.s, t->matches.len});
	say_put(out, "points   ");
	for (unsigned i = 0; i < SPAM_LISTS; i++) {
		say_put(out, i ? ", " : " ");
		say_put(out, spam_list_name(i));
		say_put(
		    out, sets_is_black(i) && t->score.points[i] ? " -" : " ");
		say_u(out, t->score.points[i]);
	}
	say_put(out, ", bounce ");
	say_u(out, t->score.bounce);
	say_put(out, t->score.sum < 0 ? "\nscore     -" : "\nscore     ");
	say_u(out, (uint64_t)(t->score.sum < 0 ? -t->score.sum : t->score.sum));
	if (t->asked)
		text_exit(t, out);
	say_put(out, "\nverdict   ");
	say_put(out, o.verdict);
	say_put(out, "\nrule      ");
	say_put(out, verdict_rule_name(o.rule));
	say_put(out, "\nreason    ");
	put_reason(t, out);
	say_put(out, "\n");
}

static void
print_json(struct test *t)
{
	struct json *j = &t->j;
	struct outcome o = outcome_of(t);
	stralloc reason = {0};

	json_open(j, NULL, '{');
	json_i(j, "score", t->score.sum);
	json_z(j, "verdict", o.verdict);
	json_z(j, "rule", verdict_rule_name(o.rule));
	json_open(j, "points", '{');
	for (unsigned i = 0; i < SPAM_LISTS; i++)
		json_u(j, spam_list_name(i), t->score.points[i]);
	json_u(j, "bounce", t->score.bounce);
	json_close(j, '}');
	json_open(j, "addresses", '[');
	list_addresses(t, MAILADDRS_FROM);
	list_addresses(t, MAILADDRS_TO);
	json_close(j, ']');
	json_open(j, "matches", '[');
	if (t->jm.failed || sa_put(j->out, t->matches.s, t->matches.len) < 0)
		say_no_memory();
	json_close(j, ']');
	json_exit(t, j);
	put_reason(t, &reason);
	json_s(j, "reason", reason.s, reason.len);
	json_close(j, '}');
	if (j->failed)
		say_no_memory();
	say_put(&t->out, "\n");
	sa_free(&reason);
}

void
answer_print(struct test *t)
{
	if (t->json)
		print_json(t);
	else
		print_text(t);
}
