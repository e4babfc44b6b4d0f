#include "lib/verdict.h"

#include "lib/addr.h"
#include "lib/bodyloop.h"
#include "lib/header.h"
#include "lib/hold.h"

static const char *const act_name[] = {
    [VERDICT_PASS] = "pass",
    [VERDICT_REPLY] = "reply",
    [VERDICT_FORWARD] = "forward",
    [VERDICT_REPORT] = "report",
    [VERDICT_HOLD] = "hold",
    [VERDICT_DROP] = "drop",
    [VERDICT_BAD] = "bad",
    [VERDICT_SCAN] = "scan",
    [VERDICT_DEFER] = "defer",
};

static const struct {
	const char *name, *why;
} rules[RULES] = {
    [RULE_ACCEPTED] = {"accepted", "accepted"},
    [RULE_DUPLICATE] = {"duplicate", "the same message came in before"},
    [RULE_CLASS] = {"class", "mail of this class does not come in here"},
    [RULE_HOPS] = {"hops", "more than 100 Received fields"},
    [RULE_UNKNOWN_LIST] = {"unknown-list", "there is no such list any more"},
    [RULE_LOOP] = {"loop", "the message has been through this list"},
    [RULE_COPY] = {"copy", "the message was posted to this list before"},
    [RULE_BODY_LOOP] = {"body-loop",
	"its body shows a copy of a posting to this list"},
    [RULE_ORIGIN] = {"origin", "a mail system is named as its author"},
    [RULE_FILTERED] = {"filtered", "mail from its author is not taken here"},
    [RULE_SAME_BODY] = {"same-body",
	"a message with the same text was posted to this list within a day"},
    [RULE_BOUNCE] = {"bounce", "a delivery report"},
    [RULE_AUTO_REPLY] = {"auto-reply", "an automatic answer to a posting"},
    [RULE_SIZE] = {"size", "larger than the list takes"},
    [RULE_CLOSED] = {"closed", "nobody may post to this list"},
    [RULE_OWNERS_ONLY] = {"owners-only", "only owners may post to this list"},
    [RULE_SUBSCRIBERS_ONLY] = {"subscribers-only",
	"only subscribers may post to this list"},
    [RULE_COMMAND] = {"command", "command mail"},
    [RULE_BLACKLISTED] = {"blacklisted", "this site takes it for spam"},
    [RULE_WHITELISTED] = {"whitelisted", "accepted, and on a whitelist"},
    [RULE_EXIT] = {"exit", "this site takes it for spam"},
    [RULE_SPAM_ALERT] = {"spam-alert", "the same message came to many lists"},
    [RULE_QUARANTINE] = {HOLD_QUARANTINE,
	"its author is not known to the list yet"},
    [RULE_EXIT_FAILED] = {"exit-failed", "the site's test for spam failed"},
};

const char *
verdict_act_name(enum verdict_act act)
{
	return act_name[act];
}

const char *
verdict_rule_name(enum verdict_rule rule)
{
	return rules[rule].name;
}

const char *
verdict_rule_why(enum verdict_rule rule)
{
	return rules[rule].why;
}

/* Names behind which no person reads. */
static int
is_machine(struct bytes sender)
{
	struct bytes local = {sender.s, addr_at(sender.s, sender.len)};

	return bytes_same(local, "mailer-daemon") ||
	    bytes_same(local, "listserv") || bytes_same(local, "majordomo") ||
	    bytes_same(local, "postmaster") || bytes_starts(local, "owner-") ||
	    bytes_starts(local, "bounce") || bytes_starts(local, "noreply") ||
	    bytes_starts(local, "no-reply") || bytes_ends(local, "-request") ||
	    bytes_ends(local, "-bounces") || bytes_ends(local, "-owner");
}

int
verdict_is_server(struct bytes address)
{
	return bytes_same(
	    (struct bytes){address.s, addr_at(address.s, address.len)},
	    "listserv");
}

static int
is_bulk(const struct header_facts *f)
{
	struct bytes p = f->precedence;

	return p.s &&
	    (bytes_same(p, "bulk") || bytes_same(p, "list") ||
		bytes_same(p, "junk"));
}

const char *
verdict_unanswerable(const struct verdict_in *in)
{
	const struct header_facts *f = in->facts;

	if (in->sender.len == 0)
		return "null-sender";
	if (f->report)
		return "report";
	if (f->auto_submitted > AUTO_NO)
		return "automatic";
	if (is_bulk(f) || f->list_ids.len)
		return "bulk";
	if (in->sender_ours)
		return "own-address";
	if (is_machine(in->sender))
		return "machine";
	return NULL;
}

static struct verdict
simply(enum verdict_act act, enum verdict_rule rule)
{
	return (struct verdict){.act = act, .rule = rule};
}

/* A reply or a report, to those that may be sent one. */
static struct verdict
told(const struct verdict_in *in, enum verdict_act act, enum verdict_rule rule)
{
	struct verdict v = simply(act, rule);

	v.unanswered = verdict_unanswerable(in);
	if (v.unanswered)
		v.act = VERDICT_DROP;
	return v;
}

static struct verdict
answered(const struct verdict_in *in, enum verdict_rule rule)
{
	return told(in, VERDICT_REPLY, rule);
}

static int
score(const struct verdict_in *in)
{
	return in->spam_off ? 0 : in->spam_sum;
}

static struct verdict
rejected(const struct verdict_in *in, enum verdict_rule rule)
{
	switch (in->reject) {
	case SITE_SPAM_DISCARD:
		return simply(VERDICT_DROP, rule);
	case SITE_SPAM_HOLD:
		return simply(VERDICT_HOLD, rule);
	case SITE_SPAM_BOUNCE:
		break;
	}
	return told(in, VERDICT_REPORT, rule);
}

static int
asks_exit(const struct verdict_in *in)
{
	return in->exit_on && !in->spam_off && score(in) == 0;
}

static int
is_whitelisted(const struct verdict_in *in)
{
	return score(in) > 0 ||
	    (asks_exit(in) && in->exit == VERDICT_EXIT_WHITELISTED);
}

static struct verdict
accepted(const struct verdict_in *in)
{
	return simply(VERDICT_PASS,
	    is_whitelisted(in) ? RULE_WHITELISTED : RULE_ACCEPTED);
}

/* What the exit makes of a message that would go on. */
static struct verdict
by_exit(const struct verdict_in *in, struct verdict v)
{
	switch (in->exit) {
	case VERDICT_EXIT_UNASKED:
		return simply(VERDICT_SCAN, v.rule);
	case VERDICT_EXIT_REJECTED:
		return rejected(in, RULE_EXIT);
	case VERDICT_EXIT_FAILED:
		if (in->exit_fail == SITE_EXIT_DEFER)
			return simply(VERDICT_DEFER, RULE_EXIT_FAILED);
		if (in->exit_fail == SITE_EXIT_HOLD)
			return simply(VERDICT_HOLD, RULE_EXIT_FAILED);
		break;
	case VERDICT_EXIT_GO_ON:
	case VERDICT_EXIT_WHITELISTED:
		break;
	}
	return v;
}

static int
goes_on(struct verdict v)
{
	return v.act == VERDICT_PASS || v.act == VERDICT_REPLY;
}

/* What goes on, and is on no whitelist, may go to many lists. */
static struct verdict
by_detector(const struct verdict_in *in, struct verdict v)
{
	if (v.act != VERDICT_PASS || v.rule != RULE_ACCEPTED)
		return v;
	if (in->alert)
		return rejected(in, RULE_SPAM_ALERT);
	if (in->quarantine)
		return simply(VERDICT_HOLD, RULE_QUARANTINE);
	return v;
}

/* The tests for spam that only what would be passed on or answered needs. */
static struct verdict
unless_spam(const struct verdict_in *in, struct verdict v)
{
	if (goes_on(v) && asks_exit(in))
		v = by_exit(in, v);
	if (v.act == VERDICT_PASS && in->same_body)
		return answered(in, RULE_SAME_BODY);
	return by_detector(in, v);
}

static int
too_big(const struct verdict_in *in)
{
	return in->size > in->max ||
	    (in->max_lines && in->lines > in->max_lines);
}

/* Who may post: nobody else gets this far by accident, so the rest is told. */
static struct verdict
by_send(const struct verdict_in *in)
{
	switch (in->send) {
	case LISTTAB_PUBLIC:
		return accepted(in);
	case LISTTAB_PRIVATE:
		if (in->is_subscriber || in->is_owner)
			return accepted(in);
		return answered(in, RULE_SUBSCRIBERS_ONLY);
	case LISTTAB_OWNER:
		if (in->is_owner)
			return accepted(in);
		return answered(in, RULE_OWNERS_ONLY);
	case LISTTAB_CLOSED:
		break;
	}
	return answered(in, RULE_CLOSED);
}

static int
body_loops(const struct verdict_in *in)
{
	if (in->loop & (LOOP_NONE | LOOP_NOBODY))
		return 0;
	return (in->body & BODYLOOP_TRACE) ||
	    ((in->loop & LOOP_FULL) && (in->body & BODYLOOP_ADDRESS));
}

static struct verdict
for_owners(const struct verdict_in *in, enum verdict_rule rule)
{
	return score(in) < 0 ? rejected(in, RULE_BLACKLISTED)
			     : simply(VERDICT_FORWARD, rule);
}

/* What no person posts: 1 with the verdict; 0.  Our own trace is a proof and no
 * test, so that it counts whatever Loopcheck= says. */
static int
by_loopcheck(const struct verdict_in *in, struct verdict *v)
{
	const struct header_facts *f = in->facts;
	int none = (in->loop & LOOP_NONE) != 0;

	if (facts_trace(f, in->trace) ||
	    (!none &&
		(facts_list_id(f, in->list_id) ||
		    /* one is that of this delivery */
		    facts_delivered(f, in->to) > 1)))
		*v = simply(VERDICT_DROP, RULE_LOOP);
	else if (in->copy)
		*v = simply(VERDICT_DROP, RULE_COPY);
	else if (in->origin)
		*v = for_owners(in, RULE_ORIGIN);
	else if (body_loops(in))
		*v = for_owners(in, RULE_BODY_LOOP);
	else if (!(in->loop & LOOP_ALLOW_BOUNCES) &&
	    (in->sender.len == 0 || f->report))
		*v = for_owners(in, RULE_BOUNCE);
	else if (!none && f->auto_submitted == AUTO_REPLIED)
		*v = simply(VERDICT_DROP, RULE_AUTO_REPLY);
	else
		return 0;
	return 1;
}

/* Programs are not told. */
static struct verdict
filtered(const struct verdict_in *in)
{
	return in->filter == FILTER_MACHINE
	    ? simply(VERDICT_DROP, RULE_FILTERED)
	    : answered(in, RULE_FILTERED);
}

static struct verdict
posting(const struct verdict_in *in)
{
	struct verdict v;

	if (!in->list_known)
		return simply(VERDICT_BAD, RULE_UNKNOWN_LIST);
	if (by_loopcheck(in, &v))
		return v;
	if (in->filter != FILTER_PASSES)
		return filtered(in);
	if (too_big(in))
		return answered(in, RULE_SIZE);
	if (score(in) < 0)
		return rejected(in, RULE_BLACKLISTED);
	return unless_spam(in, by_send(in));
}

/* Jobs of other servers: no person wrote them, and they ask for no answer.  The
 * envelope has whom the job is from. */
static int
from_server(const struct verdict_in *in)
{
	return in->server && !in->facts->report &&
	    in->facts->auto_submitted <= AUTO_GENERATED && !in->sender_ours;
}

static struct verdict
command(const struct verdict_in *in)
{
	int server = from_server(in);
	struct verdict v = simply(VERDICT_PASS, RULE_COMMAND);

	if (in->filter == FILTER_DENIED ||
	    (in->filter != FILTER_PASSES && !server))
		return filtered(in);
	if (score(in) < 0)
		return rejected(in, RULE_BLACKLISTED);
	v.unanswered = server ? NULL : verdict_unanswerable(in);
	if (v.unanswered)
		v.act = VERDICT_DROP;
	return unless_spam(in, v);
}

struct verdict
verdict_decide(const struct verdict_in *in)
{
	if (in->facts->received > VERDICT_RECEIVED_MAX)
		return simply(VERDICT_DROP, RULE_HOPS);
	switch (in->class) {
	case CLASS_POST:
		return posting(in);
	case CLASS_COMMAND:
		return command(in);
	case CLASS_BOUNCE:
		return facts_trace(in->facts, in->trace)
		    ? simply(VERDICT_DROP, RULE_LOOP)
		    : simply(VERDICT_FORWARD, RULE_BOUNCE);
	case CLASS_MAIL:
	case CLASS_DIST:
	case CLASS_PEER:
	case CLASSES:
		break;
	}
	return simply(VERDICT_BAD, RULE_CLASS);
}
