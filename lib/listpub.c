#include "lib/listpub.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "lib/fio.h"
#include "lib/listhdr.h"
#include "lib/num.h"
#include "lib/table.h"

enum {
	TABLE_MODE = 0644, /* which lists there are is no secret */
	DIGITS = 20,
};

/* Is the table in place made from this edition? */
static int
is_published(const struct lists *l, uint64_t edition)
{
	struct table t = {0};
	stralloc path = {0};
	const char *v;
	size_t len;
	const size_t skip = strlen(LISTTAB_VERSION);
	uint64_t n;
	int same = 0;

	if (sa_puts(&path, l->dir) == 0 && sa_puts(&path, "/") == 0 &&
	    sa_puts(&path, LISTTAB_FILE) == 0 && sa_0(&path) == 0 &&
	    table_open(&t, path.s) == 0) {
		same = table_find(&t, LISTTAB_EDITION, strlen(LISTTAB_EDITION),
			   &v, &len) == 1 &&
		    bytes_starts((struct bytes){v, len}, LISTTAB_VERSION) &&
		    num_u64(&n, v + skip, len - skip, UINT64_MAX) == 0 &&
		    n == edition;
		table_close(&t);
	}
	sa_free(&path);
	return same;
}

static int
publish_one(struct lists *l, struct table_make *m, struct listhdr *h,
    const struct list *list)
{
	char value[LISTTAB_VALUE_MAX], room[LIST_NAME_MAX];
	struct listtab entry = {.send = LISTTAB_CLOSED};
	struct where w;
	struct bytes text, key;

	if (lists_header(l, list, &text) < 0)
		return -1;
	memcpy(entry.name, list->name, sizeof entry.name);
	/* a header that an older version took and this one does not: nobody
	 * posts until the owner mends it, but the address stays known */
	if (listhdr_parse(h, text.s, text.len, &w) == 0)
		listhdr_tab(h, &entry);
	key = listtab_key(room, list->name, strlen(list->name));
	return table_make_add(
	    m, key.s, key.len, value, listtab_value(value, &entry));
}

static int
publish_all(struct lists *l, int dir, uint64_t edition)
{
	struct table_make m = {0};
	struct listhdr h = {0};
	struct list list = {0};
	char text[sizeof LISTTAB_VERSION + DIGITS];
	int n, r;

	if (table_make_begin(&m, dir, LISTTAB_FILE) < 0)
		return -1;
	while ((r = lists_after(l, &list)) == 1)
		if (publish_one(l, &m, &h, &list) < 0)
			break;
	listhdr_free(&h);
	n = snprintf(text, sizeof text, LISTTAB_VERSION "%" PRIu64, edition);
	if (r != 0 ||
	    table_make_add(&m, LISTTAB_EDITION, strlen(LISTTAB_EDITION), text,
		(size_t)n) < 0) {
		n = errno;
		table_make_abandon(&m);
		errno = n;
		return -1;
	}
	return table_make_finish(&m, TABLE_MODE);
}

int
listpub_update(struct lists *l)
{
	uint64_t edition;
	int dir, r = -1, err;

	/* a writing transaction, so that one at a time makes the table and
	 * nobody changes what it is made of; nothing is written in it */
	if (lists_begin(l, 1) < 0)
		return -1;
	dir = open(l->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && lists_edition(l, &edition) == 0)
		r = is_published(l, edition) ? 0 : publish_all(l, dir, edition);
	err = errno;
	fio_close(dir);
	lists_end(l, 0);
	errno = err;
	return r;
}
