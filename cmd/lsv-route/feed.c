#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cmd/lsv-route/rows.h"
#include "cmd/lsv-route/split.h"
#include "lib/addr.h"

static int
walk(struct route *r, struct split *s, const struct letter *l,
    const struct list *list)
{
	struct lists_walk w;
	struct subscriber sub;
	int res;

	if (lists_walk_begin(&w, &r->lists, list, (struct bytes){NULL, 0}, 0) <
	    0)
		return -1;
	while ((res = lists_walk_next(&w, &sub)) > 0) {
		if (l->poster.len &&
		    addr_same(
			sub.addr.s, sub.addr.len, l->poster.s, l->poster.len))
			continue;
		res = split_add(s, sub.addr);
		if (res < 0)
			break;
	}
	lists_walk_end(&w);
	return res < 0 ? -1 : 0;
}

int
feed_list(struct route *r, struct split *s, const struct letter *l)
{
	struct list list;
	int res;

	if (lists_ready(r) < 0 || lists_begin(&r->lists, 0) < 0)
		return -1;
	res = lists_find(&r->lists, &list, l->list.s, l->list.len);
	if (res > 0)
		res = walk(r, s, l, &list);
	lists_end(&r->lists, 0);
	return res;
}

int
feed_table(struct split *s, const struct message *m)
{
	struct rows t;
	struct bytes row;
	uint64_t n = 0;
	int res = rows_inside(&t, m->fd, m->head.table_at, m->head.table);

	while (res == 0 && (res = rows_get(&t, &row)) > 0) {
		res = split_add(s, row);
		rows_next(&t, row);
		n++;
	}
	rows_close(&t);
	if (res == 0 && n != m->head.rows) {
		errno = EBADMSG;
		res = -1;
	}
	return res;
}
