#include "lib/verdict.h"

#include "lib/addr.h"
#include "lib/header.h"

static const char *const act_name[] = {
    [VERDICT_PASS] = "pass",
    [VERDICT_REPLY] = "reply",
    [VERDICT_FORWARD] = "forward",
    [VERDICT_REPORT] = "report",
    [VERDICT_HOLD] = "hold",
    [VERDICT_DROP] = "drop",
    [VERDICT_BAD] = "bad",
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
rejected(const struct verdict_in *in)
{
	switch (in->reject) {
	case SITE_SPAM_DISCARD:
		return simply(VERDICT_DROP, RULE_BLACKLISTED);
	case SITE_SPAM_HOLD:
		return simply(VERDICT_HOLD, RULE_BLACKLISTED);
	case SITE_SPAM_BOUNCE:
		break;
	}
	return told(in, VERDICT_REPORT, RULE_BLACKLISTED);
}

static struct verdict
accepted(const struct verdict_in *in)
{
	return simply(
	    VERDICT_PASS, score(in) > 0 ? RULE_WHITELISTED : RULE_ACCEPTED);
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

static struct verdict
posting(const struct verdict_in *in)
{
	const struct header_facts *f = in->facts;

	if (!in->list_known)
		return simply(VERDICT_BAD, RULE_UNKNOWN_LIST);
	if (facts_list_id(f, in->list_id) || facts_trace(f, in->trace))
		return simply(VERDICT_DROP, RULE_LOOP);
	if (in->sender.len == 0 || f->report)
		return score(in) < 0 ? rejected(in)
				     : simply(VERDICT_FORWARD, RULE_BOUNCE);
	if (f->auto_submitted == AUTO_REPLIED)
		return simply(VERDICT_DROP, RULE_AUTO_REPLY);
	if (too_big(in))
		return answered(in, RULE_SIZE);
	if (score(in) < 0)
		return rejected(in);
	return by_send(in);
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
		return score(in) < 0 ? rejected(in)
				     : answered(in, RULE_COMMAND);
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
