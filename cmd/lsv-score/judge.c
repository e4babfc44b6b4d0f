#include <errno.h>

#include "cmd/lsv-score/score.h"
#include "cmd/lsv-score/wait.h"
#include "lib/addr.h"
#include "lib/addrlist.h"

/* Is the envelope sender an address of this server: 1; 0; -1 with errno. */
static int
sender_ours(struct score *s, const struct entry *e)
{
	const char *from = e->head.from.s;
	size_t len = e->head.from.len, local = addr_at(from, len);
	struct listtab_address a;
	struct listtab tab;
	int r;

	if (local == len ||
	    !site_serves(
		&s->site, (struct bytes){from + local + 1, len - local - 1}))
		return 0;
	r = listtab_classify(&a, &s->name, from, local);
	if (r != 1 || a.class != CLASS_POST)
		return r;
	return list_facts(s, &tab, bytes_z(a.list));
}

int
author_find(struct score *s)
{
	struct addr_list l = {.s = s->m.facts.from.s,
	    .len = s->m.facts.from.len,
	    .flags = ADDR_UTF8};
	struct where w;

	s->author.len = 0;
	if (!l.s || addr_list_next(&l, &s->author, &s->name, &w) != 1)
		s->author.len = 0;
	return sa_0(&s->author);
}

int
author_listed(const struct score *s, const stralloc *addresses)
{
	const stralloc *one = &s->author;
	struct bytes item;
	size_t at = 0;

	while (listhdr_next(addresses, &at, &item))
		if (addr_same(item.s, item.len, one->s, one->len))
			return 1;
	return 0;
}

/* Who may post is a question to the list store only where it matters. */
static int
author_facts(struct score *s, struct verdict_in *in)
{
	int r;

	if (in->send != LISTTAB_PRIVATE && in->send != LISTTAB_OWNER)
		return 0;
	if (author_find(s) < 0)
		return -1;
	if (s->author.len == 0)
		return 0;
	r = list_header(s, in->list, &s->author, &in->is_subscriber);
	if (r == 1)
		in->is_owner = author_listed(s, &s->hdr.owners) ||
		    author_listed(s, &s->hdr.quiet_owners);
	if (r == 0) /* removed this moment: the table will say so as well */
		in->list_known = 0;
	return r < 0 ? -1 : 0;
}

/* What lists.cdb says about the list. */
static int
list_limits(struct score *s, struct entry *e, struct verdict_in *in)
{
	struct listtab *tab = &s->list;
	int r;

	*tab = (struct listtab){.lines = 0};
	in->max = s->site.sizelim;
	if (in->list.len == 0)
		return 0;
	r = list_facts(s, tab, in->list);
	if (r != 1)
		return r;
	in->list_known = 1;
	in->send = tab->send;
	in->spam_off = tab->no_spam_check;
	e->loop = tab->loop.flags & LOOP_GIVEN ? tab->loop : s->site.loop;
	if (tab->bytes && tab->bytes < in->max)
		in->max = tab->bytes;
	in->max_lines =
	    tab->bytes || tab->lines ? tab->lines : s->site.filemaxl;
	return in->class == CLASS_POST ? author_facts(s, in) : 0;
}

/* "test-l.node" for List-Id, "TEST-L@node" for the trace, one behind the other
 * in room. */
static int
marks(struct score *s, struct verdict_in *in, stralloc *room)
{
	const char *node = s->site.node;
	size_t id;

	room->len = 0;
	if (sa_put(room, in->list.s, in->list.len) < 0 ||
	    sa_put(room, ".", 1) < 0 || sa_puts(room, node) < 0)
		return -1;
	id = room->len;
	if ((in->class == CLASS_BOUNCE && sa_puts(room, "owner-") < 0) ||
	    (in->list.len ? sa_put(room, in->list.s, in->list.len)
			  : sa_puts(room, "LISTSERV")) < 0 ||
	    sa_put(room, "@", 1) < 0 || sa_puts(room, node) < 0)
		return -1;
	in->list_id = (struct bytes){room->s, id};
	in->trace = (struct bytes){room->s + id, room->len - id};
	return 0;
}

static int
prepare(struct score *s, struct entry *e, const struct verdict_in *in)
{
	int r;

	if (e->v.act == VERDICT_FORWARD)
		return made_forward(s, e, in->list_known);
	if (e->v.act != VERDICT_REPLY && e->v.act != VERDICT_REPORT)
		return 0;
	r = e->v.act == VERDICT_REPLY ? made_reply(s, e, in)
				      : made_report(s, e);
	if (r == 0) {
		e->v.act = VERDICT_DROP;
		e->v.unanswered = "bad-sender";
	}
	return r < 0 ? -1 : 0;
}

void
entry_judge(struct score *s, struct entry *e)
{
	static stralloc room;
	struct verdict_in in = {.class = e->head.class,
	    .size = e->head.size,
	    .lines = s->m.lines,
	    .facts = &s->m.facts,
	    .sender = e->head.from,
	    .to = e->head.to,
	    .list = e->head.list};

	in.sender_ours = sender_ours(s, e);
	if (in.sender_ours < 0 || list_limits(s, e, &in) < 0 ||
	    loop_facts(s, e, &in) < 0 || filter_judge(s, &in) < 0 ||
	    spam_judge(s, e, &in) < 0) {
		score_later(s, e, "unable to look up a list");
		return;
	}
	if (e->waits && ask_answer(s, e, &in) < 0) {
		score_later(s, e, "unable to read an answer of lsv-scan");
		return;
	}
	if (marks(s, &in, &room) < 0) {
		score_later(s, e, "unable to judge a message");
		return;
	}
	e->v = verdict_decide(&in);
	loop_first(s, e);
	if (detect_judge(s, e, &in) < 0) {
		score_later(s, e, "unable to look for spam");
		return;
	}
	if (prepare(s, e, &in) < 0)
		score_later(s, e, "unable to prepare a message");
}
