/* The decision over any header: never a reply to what must not be answered,
 * and nothing passes or is rejected against its score. */
#include <stdlib.h>

#include "lib/verdict.h"
#include "tests/fuzz/fuzz.h"

enum { HOW = 6 };

static void
decide(const uint8_t *how, struct verdict_in *in)
{
	static const enum listtab_send send[] = {
	    LISTTAB_PUBLIC, LISTTAB_PRIVATE, LISTTAB_OWNER, LISTTAB_CLOSED};
	struct verdict v;

	in->class = (enum spool_class)(how[0] % CLASSES);
	in->send = send[how[1] % 4];
	in->list_known = how[2] & 1;
	in->sender_ours = how[2] >> 1 & 1;
	in->is_owner = how[2] >> 2 & 1;
	in->is_subscriber = how[2] >> 3 & 1;
	in->max = how[3] * UINT64_C(16);
	in->spam_off = how[2] >> 4 & 1;
	in->spam_sum = (how[2] >> 5 & 3) - 1;
	in->reject = (enum site_spam_reject)(how[1] >> 2) % 3;
	in->loop = how[4];
	in->copy = how[5] & 1;
	in->origin = how[5] >> 1 & 1;
	in->body = how[5] >> 2 & 3;
	in->same_body = how[5] >> 4 & 1;
	in->filter = (enum filter_result)(how[5] >> 5) % 3;
	v = verdict_decide(in);
	if ((v.act == VERDICT_REPLY || v.act == VERDICT_REPORT) &&
	    (in->sender.len == 0 || in->sender_ours || in->facts->report ||
		in->facts->list_ids.len || in->facts->auto_submitted > AUTO_NO))
		abort();
	if (v.act == VERDICT_PASS &&
	    ((in->class != CLASS_POST && in->class != CLASS_COMMAND) ||
		(in->spam_sum < 0 && !in->spam_off) ||
		in->filter != FILTER_PASSES))
		abort();
	if (v.act == VERDICT_PASS && in->class == CLASS_POST &&
	    (!in->list_known || in->send == LISTTAB_CLOSED ||
		in->size > in->max || in->copy || in->origin || in->same_body))
		abort();
	if (v.rule == RULE_BLACKLISTED &&
	    (in->spam_off || in->spam_sum >= 0 || in->class == CLASS_BOUNCE))
		abort();
	if (!verdict_act_name(v.act) || !verdict_rule_name(v.rule))
		abort();
}

/* Six bytes say how, then comes the sender up to a line end, then a header. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct header_facts facts;
	const char *s = (const char *)data;
	const char *lf = size > HOW ? memchr(s + HOW, '\n', size - HOW) : NULL;
	struct verdict_in in = {.facts = &facts,
	    .list = bytes_z("TEST"),
	    .list_id = bytes_z("test.lists.example.org"),
	    .trace = bytes_z("TEST@lists.example.org")};
	struct header h;

	if (!lf)
		return 0;
	in.sender = (struct bytes){s + HOW, (size_t)(lf - s) - HOW};
	in.size = size - (size_t)(lf + 1 - s);
	if (header_parse(&h, lf + 1, (size_t)in.size, NULL) < 0 ||
	    header_facts(&facts, &h) < 0)
		return 0;
	decide(data, &in);
	return 0;
}
