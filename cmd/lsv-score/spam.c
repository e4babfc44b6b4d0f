#include <errno.h>
#include <stdio.h>

#include "cmd/lsv-score/score.h"
#include "lib/clean.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/sitevalue.h"

/* The path of a list's table; NULL when the site has none. */
static int
table_path(const struct site *site, unsigned list, stralloc *path)
{
	path->len = 0;
	if (!site->spam_table[list])
		return 0;
	return root_path(path, root_lib(), spam_list_table(list));
}

/* The entries of the variable.  lsv-config has checked each of them: one that
 * is none now is left out, the others count. */
static int
load_entries(struct spamset *set, const char *list, unsigned number)
{
	size_t at = 0, item, n, len = strlen(list);
	struct where w;

	while ((n = sitevalue_item(list, len, &at, &item)) != 0)
		if (spamset_add(set, list + item, n, &w) < 0)
			msg_warn("an entry of ", spam_list_name(number),
			    " does not count: ", w.why);
	return spamset_seal(set);
}

static int
load_list(struct score *s, struct spamset *set, unsigned list)
{
	stralloc path = {0};
	int r = -1;

	if (load_entries(set, s->site.spam_list[list], list) == 0 &&
	    table_path(&s->site, list, &path) == 0) {
		/* what cannot be opened yet, spam_refresh tries again */
		if (path.len)
			spamset_table(set, path.s);
		r = 0;
	}
	sa_free(&path);
	return r;
}

static void
free_all(struct spamset *set)
{
	for (unsigned i = 0; set && i < SPAM_LISTS; i++)
		spamset_free(&set[i]);
}

int
spam_load(struct score *s)
{
	struct spamset *set = s->spam == s->sets[0] ? s->sets[1] : s->sets[0];
	int any = 0;

	for (unsigned i = 0; i < SPAM_LISTS; i++) {
		if (load_list(s, &set[i], i) < 0) {
			free_all(set);
			errno = ENOMEM;
			return -1;
		}
		any |= s->site.spam_list[i][0] || s->site.spam_table[i];
	}
	free_all(s->spam);
	s->spam = set;
	s->spam_any = any;
	return 0;
}

/* Once for each reason, until all is well again: mail goes on meanwhile. */
static void
complain(struct score *s, unsigned list)
{
	if (s->spam_said[list] == errno)
		return;
	s->spam_said[list] = errno;
	msg_warnsys("unable to open the table of ", spam_list_name(list),
	    s->spam[list].table.cdb ? "; using the old one"
				    : "; going on without it");
}

void
spam_refresh(struct score *s)
{
	for (unsigned i = 0; i < SPAM_LISTS; i++) {
		int r;

		if (!s->site.spam_table[i])
			continue;
		r = spamset_refresh(&s->spam[i]);
		if (r < 0) {
			complain(s, i);
			continue;
		}
		s->spam_said[i] = 0;
		if (r == 0)
			continue;
		s->spam_damaged = 0;
		msg_say("new table of ", spam_list_name(i));
	}
}

/* What the log says of it. */
static void
keep(struct entry *e, const struct spam_score *score)
{
	enum spam_list list = spamscore_reason(score);

	e->spam.sum = score->sum;
	e->spam.bounce = score->bounce;
	memcpy(e->spam.points, score->points, sizeof e->spam.points);
	if (list == SPAM_LISTS)
		return;
	memcpy(e->spam.entry, score->made[list].entry, sizeof e->spam.entry);
	memcpy(
	    e->spam.address, score->made[list].address, sizeof e->spam.address);
}

/* What cannot be read of a table gives no points, and takes none from the
 * others. */
static void
damaged(struct score *s)
{
	if (!s->spam_damaged)
		msg_warn("a table of the white and blacklists is damaged; "
			 "what can be read of it counts");
	s->spam_damaged = 1;
}

int
spam_judge(struct score *s, struct entry *e, struct verdict_in *in)
{
	static struct spam_score score;
	unsigned bounce = spamscore_is_bounce(&s->m.facts, e->head.from)
	    ? s->site.spam_whitelist_bounce
	    : 0;

	in->reject = s->site.spam_reject;
	in->exit_on = s->site.spam_exit != NULL;
	in->exit_fail = s->site.spam_exit_fail;
	if (e->released || e->delayed ||
	    (s->site.spam_maxsize && in->size > s->site.spam_maxsize))
		in->spam_off = 1;
	if (!s->spam_any || in->spam_off ||
	    (in->class != CLASS_POST && in->class != CLASS_COMMAND))
		return 0;
	if (spamscore(&score, s->spam, &s->addrs, &s->m.header, bounce, NULL,
		NULL) < 0) {
		if (errno != EPROTO)
			return -1;
		damaged(s);
	}
	in->spam_sum = score.sum;
	keep(e, &score);
	return 0;
}

static int
has_points(const struct entry_spam *p)
{
	for (unsigned i = 0; i < SPAM_LISTS; i++)
		if (p->points[i])
			return 1;
	return 0;
}

void
spam_log(struct logline *l, const struct entry *e)
{
	static const char *const key[SPAM_LISTS] = {"wf", "wt", "bf", "bt"};
	const struct entry_spam *p = &e->spam;
	char sum[16];

	if (e->released)
		log_z(l, "released", "yes");
	if (e->delayed)
		log_z(l, "delayed", "yes");
	if (!has_points(p))
		return;
	snprintf(sum, sizeof sum, "%d", p->sum);
	log_z(l, "score", sum);
	for (unsigned i = 0; i < SPAM_LISTS; i++)
		log_u(l, key[i], p->points[i]);
	if (p->bounce)
		log_u(l, "bounce", p->bounce);
	if (p->entry[0]) {
		log_z(l, "entry", p->entry);
		log_z(l, "address", p->address);
	}
}

/* "key: value" */
static int
why_line(stralloc *out, const char *key, const char *value)
{
	return sa_puts(out, key) < 0 || sa_puts(out, ": ") < 0 ||
		clean_put(out, bytes_z(value)) < 0 || sa_puts(out, "\n") < 0
	    ? -1
	    : 0;
}

int
spam_hold(struct score *s, const struct entry *e)
{
	const struct entry_spam *p = &e->spam;
	stralloc why = {0};
	char sum[16];
	int r = -1;

	if (quarantine_room(s) < 0)
		return -1;
	snprintf(sum, sizeof sum, "%d", p->sum);
	if (why_line(&why, "rule", verdict_rule_name(e->v.rule)) == 0 &&
	    why_line(&why, "score", sum) == 0 &&
	    why_line(&why, "entry", p->entry) == 0 &&
	    why_line(&why, "address", p->address) == 0 &&
	    (!e->answered || e->v.rule == RULE_QUARANTINE ||
		why_line(&why, "why", e->answer.why) == 0) &&
	    quarantine_why(e, &why) == 0)
		r = hold_put(s->hold, e->dir, e->file, e->name,
		    (struct bytes){why.s, why.len});
	if (r == 0) {
		s->held = 1;
		quarantine_held(s, e);
	}
	sa_free(&why);
	return r;
}
