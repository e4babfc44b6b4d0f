#include "cmd/lsv-score/score.h"
#include "lib/clock.h"

void
loop_begin(struct score *s, const struct entry *e)
{
	static stralloc trace;
	struct bytes address[2];

	s->m.looked = 0;
	s->m.body = 0;
	if (e->head.class != CLASS_POST)
		return;
	trace.len = 0;
	if (sa_put(&trace, e->head.list.s, e->head.list.len) < 0 ||
	    sa_put(&trace, "@", 1) < 0 || sa_puts(&trace, s->site.node) < 0)
		return; /* the other tests find it as well */
	address[0] = (struct bytes){trace.s, trace.len};
	address[1] = e->head.to;
	bodyloop_begin(&s->body, address[0], address, 2);
	s->m.looked = 1;
}

void
loop_more(struct score *s, const char *p, size_t len)
{
	if (s->m.looked)
		bodyloop_more(&s->body, p, len);
}

void
loop_end(struct score *s)
{
	if (s->m.looked)
		s->m.body = bodyloop_end(&s->body);
}

/* The Message-ID without its angle brackets, and without the blanks that the
 * header of a copy may be folded at. */
static int
message_id(struct score *s, struct bytes *out)
{
	struct bytes v = s->m.facts.message_id;
	stralloc *id = &s->message_id;

	id->len = 0;
	for (size_t i = 0; i < v.len; i++)
		if ((unsigned char)v.s[i] > ' ' && v.s[i] != '<' &&
		    v.s[i] != '>' && sa_put(id, v.s + i, 1) < 0)
			return -1;
	*out = (struct bytes){id->s, id->len};
	return 0;
}

static struct bytes
body_sum(const struct entry *e)
{
	return (struct bytes){(const char *)e->sums.body, sizeof e->sums.body};
}

int
loop_facts(struct score *s, struct entry *e, struct verdict_in *in)
{
	uint64_t now_us = clock_wall_us();
	struct bytes id;

	s->m.copy_of[0] = s->m.body_of[0] = 0;
	if (in->class != CLASS_POST || !in->list_known)
		return 0;
	in->loop = e->loop.flags;
	in->body = s->m.body;
	if (in->loop & LOOP_NONE)
		return 0;
	if (message_id(s, &id) < 0)
		return -1;
	if (id.len)
		in->copy = sums_was_posting(&s->seen, s->m.copy_of, SUMS_ID,
		    in->list, id, e->name, now_us);
	if (e->sums.has_body && !(in->loop & LOOP_NOCRC))
		in->same_body = sums_was_posting(&s->seen, s->m.body_of,
		    SUMS_BODY, in->list, body_sum(e), e->name, now_us);
	return in->copy < 0 || in->same_body < 0 ? -1 : 0;
}

void
loop_first(const struct score *s, struct entry *e)
{
	if (e->v.rule == RULE_COPY)
		memcpy(e->first, s->m.copy_of, sizeof e->first);
	if (e->v.rule == RULE_SAME_BODY)
		memcpy(e->first, s->m.body_of, sizeof e->first);
}

int
loop_record(struct score *s, const struct entry *e, uint64_t now_us)
{
	char first[ID_NAME_MAX];
	struct bytes id;

	if ((e->v.act != VERDICT_PASS && e->v.rule != RULE_QUARANTINE) ||
	    e->head.class != CLASS_POST)
		return 0;
	if (message_id(s, &id) < 0 ||
	    (id.len &&
		sums_posting(&s->seen, first, SUMS_ID, e->head.list, id,
		    e->name, now_us) < 0))
		return -1;
	if (e->sums.has_body &&
	    sums_posting(&s->seen, first, SUMS_BODY, e->head.list, body_sum(e),
		e->name, now_us) < 0)
		return -1;
	return 0;
}
