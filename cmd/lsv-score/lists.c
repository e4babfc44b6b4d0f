#include <errno.h>

#include "cmd/lsv-score/score.h"
#include "lib/roots.h"

static int
store_ready(struct score *s)
{
	stralloc dir = {0};
	int r;

	if (s->lists_open)
		return 0;
	r = root_path(&dir, root_lib(), LISTS_DIR);
	if (r == 0)
		r = lists_open(&s->lists, dir.s, STORE_READ);
	s->lists_open = r == 0;
	sa_free(&dir);
	return r;
}

void
list_closed(struct score *s)
{
	int err = errno;

	if (s->lists_open)
		lists_close(&s->lists);
	s->lists_open = s->lists_begun = 0;
	errno = err;
}

/* One transaction for all of a batch. */
static int
store_begun(struct score *s)
{
	if (store_ready(s) < 0)
		return -1;
	if (!s->lists_begun && lists_begin(&s->lists, 0) < 0) {
		list_closed(s);
		return -1;
	}
	s->lists_begun = 1;
	return 0;
}

void
list_done(struct score *s)
{
	int err = errno;

	if (s->lists_begun)
		lists_end(&s->lists, 0);
	s->lists_begun = 0;
	errno = err;
}

/* The same header as the last one is not read again. */
static int
parse(struct score *s, struct bytes text)
{
	struct where w;

	if (s->hdr_text.len == text.len && text.len &&
	    memcmp(s->hdr_text.s, text.s, text.len) == 0)
		return 0;
	s->hdr_text.len = 0;
	if (listhdr_parse(&s->hdr, text.s, text.len, &w) < 0) {
		errno = EIO;
		return -1;
	}
	if (filter_list(s) < 0) {
		errno = ENOMEM;
		return -1;
	}
	return sa_put(&s->hdr_text, text.s, text.len);
}

/* The open transaction's list: its header, and whether one is subscribed. */
static int
read_list(struct score *s, const struct list *list, const stralloc *address,
    int *subscribed)
{
	struct subscriber sub;
	struct bytes text;

	if (lists_header(&s->lists, list, &text) < 0 || parse(s, text) < 0)
		return -1;
	if (!address)
		return 1;
	*subscribed = lists_get(
	    &s->lists, list, &sub, &s->name, address->s, address->len);
	return *subscribed < 0 ? -1 : 1;
}

int
list_header(struct score *s, struct bytes name, const stralloc *address,
    int *subscribed)
{
	struct list list;
	int r;

	if (store_begun(s) < 0)
		return -1;
	r = lists_find(&s->lists, &list, name.s, name.len);
	if (r == 1)
		r = read_list(s, &list, address, subscribed);
	if (r < 0)
		list_closed(s);
	return r;
}

int
list_facts(struct score *s, struct listtab *tab, struct bytes name)
{
	int r;

	if (!s->tab_open) {
		errno = ENOENT;
		return -1;
	}
	r = listtab_lookup(tab, &s->tab, name.s, name.len);
	if (r == 1 && tab->old) {
		r = list_header(s, name, NULL, NULL);
		if (r == 1)
			listhdr_tab(&s->hdr, tab);
	}
	if (r != 0)
		return r;
	/* a table can be behind its store, never a reason to lose mail */
	r = list_header(s, name, NULL, NULL);
	if (r == 1) {
		errno = EAGAIN;
		return -1;
	}
	return r;
}
