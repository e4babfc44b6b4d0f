/* detect.c - the same text on many lists, and authors that a list does not know
 */
#include <errno.h>

#include "cmd/lsv-score/score.h"
#include "lib/addrlist.h"
#include "lib/clock.h"

enum { US_PER_S = 1000000, S_PER_MIN = 60 };

/* --- the sums of a message ------------------------------------------------- */

void
detect_begin(struct score *s, const struct entry *e)
{
	s->printing = e->head.class == CLASS_POST;
	if (s->printing)
		fingerprint_begin(&s->print);
}

void
detect_more(struct score *s, const char *p, size_t len)
{
	if (s->printing)
		fingerprint_more(&s->print, p, len);
}

int
detect_end(struct score *s, struct entry *e)
{
	return s->printing ? fingerprint_end(&s->print, &e->sums) : 0;
}

/* --- who has rights -------------------------------------------------------- */

/* Is the author among the addresses of a keyword: 1; 0; -1. */
static int
is_named(struct score *s, const char *keyword)
{
	static stralloc value, address;
	struct addr_list l = {.flags = ADDR_UTF8};
	struct where w;
	int r = listhdr_value(&s->hdr, &value, keyword);

	if (r != 1)
		return r;
	l.s = value.s;
	l.len = value.len;
	while ((r = addr_list_next(&l, &address, &s->name, &w)) != 0)
		if (r == 1 &&
		    addr_same(
			address.s, address.len, s->author.s, s->author.len))
			return 1;
	return 0;
}

/* Owners and editors are trusted with what they post: 1; 0; -1. */
static int
has_rights(struct score *s)
{
	int r;

	if (author_listed(s, &s->hdr.owners) ||
	    author_listed(s, &s->hdr.quiet_owners))
		return 1;
	r = is_named(s, "EDITOR");
	return r == 0 ? is_named(s, "MODERATOR") : r;
}

/* --- what that means for a posting ----------------------------------------- */

/* No test for spam is made for what a person released, what a list excepts, what
 * is too large, and what is on a whitelist. */
static int
is_tested(const struct score *s, const struct entry *e)
{
	uint64_t max = s->site.spam_maxsize;

	return e->v.rule == RULE_ACCEPTED && !e->released &&
	    !(e->loop.flags & LOOP_NOSPAM) && (max == 0 || e->head.size <= max);
}

static int
find_alert(struct score *s, const struct entry *e, uint64_t now_us,
    struct verdict_in *in, int *withdrawn)
{
	struct sums_alert a;
	int r;

	if (!e->sums.has_text)
		return 0;
	r = sums_alert_get(&s->seen, e->sums.text, &a);
	if (r != 1)
		return r;
	in->alert = sums_alert_lasts(&a, now_us);
	*withdrawn = sums_alert_withdrawn(&a, now_us);
	return 0;
}

/* Who has never posted here waits, once. */
static int
find_delay(struct score *s, struct entry *e, int subscribed, uint64_t now_us,
    struct verdict_in *in)
{
	int r = 0;

	e->delay_min = e->loop.flags & LOOP_DELAY
	    ? e->loop.delay_min
	    : (unsigned)s->site.spam_delay_min;
	if (e->delayed || e->delay_min == 0)
		return 0;
	if (subscribed)
		r = sums_poster(&s->seen, in->list,
		    (struct bytes){s->author.s, s->author.len}, now_us);
	if (r < 0)
		return -1;
	in->quarantine = r == 0;
	e->until_us = now_us + (uint64_t)e->delay_min * S_PER_MIN * US_PER_S;
	e->unknown = subscribed ? "first posting of subscriber"
				: "sender is not subscribed";
	return 0;
}

/* Nobody can tell the author from it, but it is the same for all of his. */
static int
origin(struct score *s, unsigned char *out)
{
	unsigned char sum[SEEN_DIGEST_LEN];

	s->sender.len = 0;
	if (sa_put(&s->sender, s->author.s, s->author.len) < 0)
		return -1;
	case_lowerb(s->sender.s, s->sender.len);
	if (EVP_Digest(
		s->sender.s, s->sender.len, sum, NULL, s->sha256, NULL) != 1) {
		errno = ENOMEM;
		return -1;
	}
	memcpy(out, sum, SUMS_LEN);
	return 0;
}

static int
raise_alert(struct score *s, struct entry *e, unsigned lists, uint64_t now_us)
{
	const struct site *c = &s->site;
	struct sums_alert a = {.has_subject = e->sums.has_subject,
	    .raised_us = now_us,
	    .until_us = now_us + (uint64_t)ALERT_TTL_H * 3600 * US_PER_S,
	    .lists = lists,
	    .state =
		c->spam_alert || !c->standalone ? SUMS_PENDING : SUMS_DONE};

	memcpy(a.sum, e->sums.text, sizeof a.sum);
	memcpy(a.subject, e->sums.subject, sizeof a.subject);
	id_copy(a.id, e->name);
	if (s->author.len && origin(s, a.origin) < 0)
		return -1;
	e->raised = lists;
	return sums_alert_put(&s->seen, &a);
}

/* One more list that this text goes to. */
static int
count(struct score *s, struct entry *e, uint64_t now_us, struct verdict_in *in)
{
	int n = sums_hit(&s->seen, e->sums.text, in->list, e->name, now_us);

	if (n < 0)
		return -1;
	if ((uint64_t)n < s->site.spam_threshold)
		return 0;
	if (raise_alert(s, e, (unsigned)n, now_us) < 0)
		return -1;
	in->alert = 1;
	e->v = verdict_decide(in);
	return 0;
}

static int
test(struct score *s, struct entry *e, uint64_t now_us, struct verdict_in *in)
{
	int r, subscribed = 0, withdrawn = 0;

	r = list_header(
	    s, in->list, s->author.len ? &s->author : NULL, &subscribed);
	if (r == 0) { /* removed this moment: the table will say so as well */
		in->list_known = 0;
		e->v = verdict_decide(in);
	}
	if (r == 1)
		r = has_rights(s) == 0;
	if (r != 1)
		return r;
	if (find_alert(s, e, now_us, in, &withdrawn) < 0 ||
	    find_delay(s, e, subscribed, now_us, in) < 0)
		return -1;
	e->v = verdict_decide(in);
	if (!e->sums.has_text || in->alert || withdrawn)
		return 0;
	return count(s, e, now_us, in);
}

int
detect_judge(struct score *s, struct entry *e, struct verdict_in *in)
{
	uint64_t now_us = clock_wall_us();

	if (in->class != CLASS_POST || e->v.act != VERDICT_PASS)
		return 0;
	if (author_find(s) < 0 ||
	    (is_tested(s, e) && test(s, e, now_us, in) < 0))
		return -1;
	if (e->v.act != VERDICT_PASS || s->author.len == 0)
		return 0;
	return sums_posted(&s->seen, in->list,
	    (struct bytes){s->author.s, s->author.len}, now_us);
}

int
detect_told(struct score *s, const struct entry *e, uint64_t now_us)
{
	return sums_alert_told(&s->seen, e->sums.text,
	    (struct bytes){e->who.s, e->who.len}, e->name, now_us);
}

/* --- afterwards ------------------------------------------------------------ */

static void
log_raised(const struct entry *e)
{
	char sum[SUMS_HEX_LEN + 1];
	struct logline l;

	sums_hex(sum, e->sums.text);
	log_begin(&l, e->name, "alert");
	log_z(&l, "sum", sum);
	log_u(&l, "lists", e->raised);
	log_s(&l, "from", e->head.from.s, e->head.from.len);
	log_end(&l);
}

void
detect_raised(struct score *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = &s->entry[i];

		if (e->raised == 0)
			continue;
		log_raised(e);
		quarantine_hurry(s, e->sums.text);
		s->box.due = 1;
	}
}

void
detect_log(struct logline *l, const struct entry *e)
{
	char sum[SUMS_HEX_LEN + 1];

	if (e->v.rule != RULE_QUARANTINE && e->v.rule != RULE_SPAM_ALERT)
		return;
	if (e->v.rule == RULE_QUARANTINE) {
		log_u(l, "until", e->until_us / US_PER_S);
		log_z(l, "why", e->unknown);
	}
	if (!e->sums.has_text)
		return;
	sums_hex(sum, e->sums.text);
	log_z(l, "sum", sum);
}
