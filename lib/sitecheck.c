#include "lib/sitecheck.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/filter.h"
#include "lib/sitecheckcore.h"
#include "lib/sitefile.h"
#include "lib/spamentry.h"

/* Remarks and settings grow by doubling from this many. */
enum { FIRST = 64 };

/* Bytes shown of an entry that is none, and how many of those are. */
enum { ENTRY_SHOWN = 64, ENTRIES_MAX = 20 };

/* Room for one more element in an array that grows by doubling. */
static void *
grown(void *array, size_t n, size_t size)
{
	if (n != 0 && (n < FIRST || (n & (n - 1)) != 0))
		return array;
	return realloc(array, (n ? n * 2 : FIRST) * size);
}

int
sitecheck_remark_at(
    struct sitecheck *c, enum sitecheck_level level, size_t at, size_t text)
{
	struct sitecheck_remark *r =
	    grown(c->remark, c->nremark, sizeof *c->remark);

	if (!r)
		return -1;
	c->remark = r; /* the old one may be gone already */
	if (sa_put(&c->text, "", 1) < 0)
		return -1;
	c->remark[c->nremark++] =
	    (struct sitecheck_remark){.level = level, .at = at, .text = text};
	c->count[level]++;
	return 0;
}

int
sitecheck_remark(struct sitecheck *c, enum sitecheck_level level, size_t at,
    const char *a, const char *b, const char *d)
{
	size_t text = c->text.len;

	if (sa_puts(&c->text, a) < 0 || (b && sa_puts(&c->text, b) < 0) ||
	    (d && sa_puts(&c->text, d) < 0))
		return -1;
	return sitecheck_remark_at(c, level, at, text);
}

struct sitecheck_setting *
sitecheck_setting(struct sitecheck *c, const struct sitevar *v, unsigned number)
{
	for (size_t i = 0; i < c->nset; i++)
		if (c->set[i].var == v && c->set[i].number == number)
			return &c->set[i];
	return NULL;
}

/* "MAXBSMTP: too large; it must be a number from 1 to 1000" */
static int
remark_bad_value(struct sitecheck *c, const struct sitevar *v,
    const struct sitefile_item *item, const struct where *w)
{
	size_t text = c->text.len;

	if (sa_puts(&c->text, item->name) < 0 || sa_puts(&c->text, ": ") < 0 ||
	    sa_puts(&c->text, w->why) < 0 ||
	    sa_puts(&c->text, "; it must be ") < 0 ||
	    sitevar_wants(&c->text, v) < 0)
		return -1;
	return sitecheck_remark_at(c, SITECHECK_ERROR, item->from[w->at], text);
}

static int
remark_unknown(struct sitecheck *c, const struct sitefile_item *item)
{
	char near[SITEVAR_NAME_MAX];
	size_t text = c->text.len;

	if (sa_puts(&c->text, item->name) < 0 ||
	    sa_puts(&c->text, " is not a variable of site.cfg") < 0)
		return -1;
	if (sitevar_suggest(near, item->name) &&
	    (sa_puts(&c->text, "; did you mean ") < 0 ||
		sa_puts(&c->text, near) < 0 || sa_puts(&c->text, "?") < 0))
		return -1;
	return sitecheck_remark_at(c, SITECHECK_ERROR, item->name_at, text);
}

static int
remark_again(
    struct sitecheck *c, const struct sitefile_item *item, unsigned line)
{
	size_t text = c->text.len;

	if (sa_puts(&c->text, item->name) < 0 ||
	    sa_puts(&c->text, " is set again: the value of line ") < 0 ||
	    sa_addu(&c->text, line) < 0 ||
	    sa_puts(&c->text, " is not used") < 0)
		return -1;
	return sitecheck_remark_at(c, SITECHECK_WARNING, item->name_at, text);
}

static int
remark_unused(struct sitecheck *c, const struct sitevar *v,
    const struct sitefile_item *item)
{
	return sitecheck_remark(c, SITECHECK_NOTE, item->name_at, item->name,
	    " is known but not used yet",
	    v->flags & SITEVAR_SECRET ? "; its value is not stored" : NULL);
}

/* The place of a setting: the old one when the name was set above. */
static struct sitecheck_setting *
setting_place(struct sitecheck *c, const struct sitevar *v, unsigned number)
{
	struct sitecheck_setting *t = sitecheck_setting(c, v, number);

	if (t)
		return t;
	t = grown(c->set, c->nset, sizeof *t);
	if (!t)
		return NULL;
	c->set = t;
	t = &c->set[c->nset++];
	*t = (struct sitecheck_setting){.var = v, .number = number};
	return t;
}

/* "SPAM_BLACKLIST_TO: too many '>' in the entry >>>...", at its place */
static int
remark_bad_entry(struct sitecheck *c, const struct sitefile_item *item,
    size_t at, size_t len, const struct where *w)
{
	size_t text = c->text.len, shown = len;

	if (shown > ENTRY_SHOWN)
		shown = ENTRY_SHOWN;
	if (sa_puts(&c->text, item->name) < 0 || sa_puts(&c->text, ": ") < 0 ||
	    sa_puts(&c->text, w->why) < 0 ||
	    sa_puts(&c->text, " in the entry ") < 0 ||
	    sa_put(&c->text, item->value + at, shown) < 0 ||
	    (shown < len && sa_puts(&c->text, "...") < 0))
		return -1;
	return sitecheck_remark_at(
	    c, SITECHECK_ERROR, item->from[at + w->at], text);
}

/* Every entry of a white or blacklist, or pattern of a filter; the first bad
 * ones are named. */
static int
check_entries(struct sitecheck *c, enum sitevar_item kind,
    const struct sitefile_item *item, int *good)
{
	size_t at = 0, entry, n;
	stralloc room = {0};
	int r = 0, bad = 0;

	while (r == 0 && bad < ENTRIES_MAX &&
	    (n = sitevalue_item(item->value, item->len, &at, &entry)) != 0) {
		struct where w = {0, NULL};
		struct spam_entry e;

		room.len = 0;
		if ((kind == SITEVAR_FILTER
			    ? filter_pattern(item->value + entry, n, &w)
			    : spam_entry_parse(
				  &e, &room, item->value + entry, n, &w)) == 0)
			continue;
		bad++;
		r = remark_bad_entry(c, item, entry, n, &w);
	}
	sa_free(&room);
	*good = bad == 0;
	return r;
}

static int
take_item(struct sitecheck *c, const struct sitefile_item *item, unsigned line)
{
	unsigned number = 0;
	const struct sitevar *v = sitevar_find(item->name, &number);
	struct where w = {0, NULL};
	struct sitevalue got = {.n = 0};
	struct sitecheck_setting *t;

	if (!v)
		return remark_unknown(c, item);
	t = setting_place(c, v, number);
	if (!t || (t->line && remark_again(c, item, t->line) < 0))
		return -1;
	t->line = line;
	t->at = item->from[0];
	t->len = item->len;
	t->value = c->text.len;
	if (sa_put(&c->text, item->value, item->len) < 0 ||
	    sa_put(&c->text, "", 1) < 0)
		return -1;
	t->good = sitevalue_read(&got, v, item->value, item->len, &w) == 0;
	t->n = got.n;
	if (!t->good && remark_bad_value(c, v, item, &w) < 0)
		return -1;
	if (t->good && (v->item == SITEVAR_SPAM || v->item == SITEVAR_FILTER) &&
	    check_entries(c, v->item, item, &t->good) < 0)
		return -1;
	return v->flags & SITEVAR_USED ? 0 : remark_unused(c, v, item);
}

static int
take_all(struct sitecheck *c, const char *s, size_t len)
{
	struct sitefile_place place = {0, 1, 1};
	struct sitefile_item item;
	struct sitefile f;
	struct where w = {0, NULL};
	int r = 0, got;

	sitefile_begin(&f, s, len);
	while (r == 0 && (got = sitefile_next(&f, &item, &w)) != 0) {
		if (got < 0) {
			r = sitecheck_remark(
			    c, SITECHECK_ERROR, w.at, w.why, NULL, NULL);
			continue;
		}
		sitefile_place(&place, s, item.name_at);
		r = take_item(c, &item, place.line);
	}
	sitefile_free(&f);
	return r;
}

static int
by_place(const void *a, const void *b)
{
	const struct sitecheck_remark *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->text < y->text ? -1 : x->text > y->text;
}

static int
by_name(const void *a, const void *b)
{
	const struct sitecheck_setting *x = a, *y = b;

	if (x->var != y->var)
		return x->var < y->var ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

void
sitecheck_place(struct sitecheck *c, const char *s)
{
	struct sitefile_place place = {0, 1, 1};

	if (c->nremark)
		qsort(c->remark, c->nremark, sizeof *c->remark, by_place);
	for (size_t i = 0; i < c->nremark; i++) {
		sitefile_place(&place, s, c->remark[i].at);
		c->remark[i].line = place.line;
		c->remark[i].column = place.column;
	}
}

int
sitecheck_read(struct sitecheck *c, const char *s, size_t len)
{
	memset(c, 0, sizeof *c);
	if (take_all(c, s, len) < 0 || sitecheck_together(c, len) < 0) {
		errno = ENOMEM;
		return -1;
	}
	if (c->nset)
		qsort(c->set, c->nset, sizeof *c->set, by_name);
	sitecheck_place(c, s);
	return 0;
}

const char *
sitecheck_said(const struct sitecheck *c, const struct sitecheck_remark *r)
{
	return c->text.s + r->text;
}

const char *
sitecheck_value(const struct sitecheck *c, const struct sitecheck_setting *t)
{
	return c->text.s + t->value;
}

void
sitecheck_free(struct sitecheck *c)
{
	free(c->set);
	free(c->remark);
	sa_free(&c->text);
	memset(c, 0, sizeof *c);
}
