#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "cmd/lsv-route/route.h"
#include "lib/addrlist.h"
#include "lib/header.h"
#include "lib/listhdr.h"
#include "lib/posting.h"
#include "lib/roots.h"
#include "lib/suboptions.h"
#include "lib/trail.h"
#include "lib/utf8.h"

enum {
	FILES_PER_WORKER = 8, /* so that all of them end at about one time */
	PERSONAL_LEAST = 100, /* recipients of a file of personal copies */
};

int
lists_ready(struct route *r)
{
	stralloc dir = {0};

	if (r->lists_open)
		return 0;
	if (root_path(&dir, root_lib(), LISTS_DIR) == 0 &&
	    lists_open(&r->lists, dir.s, STORE_READ) == 0)
		r->lists_open = 1;
	sa_free(&dir);
	return r->lists_open ? 0 : -1;
}

/* Is what stands in front of the first empty line UTF-8, and not only ASCII? */
static int
header_is_utf8(const char *s, size_t len)
{
	int empty = 1, high = 0;
	uint32_t c;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		if (s[i] == '\n' && empty)
			break;
		if (s[i] != '\r')
			empty = s[i] == '\n';
		n = utf8_get(&c, s + i, len - i);
		if (n == 0)
			return 0;
		high |= n > 1;
	}
	return high;
}

void
letter_facts(struct mailhead *h, const char *s, size_t len)
{
	int high = 0;
	char before = '\n';

	for (size_t i = 0; i < len; i++) {
		high |= (unsigned char)s[i] > 127;
		h->dots |= s[i] == '.' && before == '\n';
		before = s[i];
	}
	if (high)
		h->eightbit = header_is_utf8(s, len) ? 2 : 1;
}

void
letter_utf8(struct mailhead *h, const char *s, size_t len)
{
	if (h->eightbit == 1 && header_is_utf8(s, len))
		h->eightbit = 2;
}

void
letter_free(struct letter *l)
{
	sa_free(&l->header);
	sa_free(&l->from);
	sa_free(&l->list);
	sa_free(&l->poster);
}

static void
letter_start(struct route *r, const struct message *m, struct letter *l)
{
	*l = (struct letter){.head = {.class = m->head.class,
				 .size = m->head.size, /* in wire form later */
				 .created_us = m->head.created_us,
				 .expires_us = m->head.created_us +
				     r->site.queue_life_ms * 1000U}};
	id_copy(l->head.name, m->head.id);
	id_copy(l->head.job, m->head.id);
}

static int
letter_mail(struct route *r, const struct message *m, struct letter *l)
{
	letter_start(r, m, l);
	if (sa_put(&l->from, m->head.from.s, m->head.from.len) < 0 ||
	    sa_put(&l->list, m->head.list.s, m->head.list.len) < 0)
		return -1;
	l->head.from = (struct bytes){l->from.s, l->from.len};
	l->head.list = (struct bytes){l->list.s, l->list.len};
	l->head.pool = m->head.pool ? m->head.pool : '-';
	l->head.merged = m->head.merged;
	l->head.fields = m->head.fields;
	l->head.verp = m->head.verp;
	l->count = spoolhead_tabled(&m->head) ? m->head.rows : m->head.nrcpt;
	return 0;
}

/* A job of DISTRIBUTE: personal copies are ours, all others may be relayed. */
static int
letter_dist(
    struct route *r, const struct message *m, struct letter *l, struct where *w)
{
	struct trail t;

	if (letter_mail(r, m, l) < 0)
		return -1;
	if (l->count == 0)
		where_set(w, 0, "no-recipients");
	if (l->count == 0 ||
	    (m->head.trail.len && trail_parse(&t, m->head.trail, w) < 0)) {
		errno = EBADMSG;
		return -1;
	}
	if (!m->head.pool)
		l->head.pool = r->site.pool_dist;
	l->head.file = m->head.file;
	l->trail = m->head.trail;
	l->relay = !m->head.merged && net_relays(r);
	return 0;
}

/* "owner-test@node": where the reports about a posting come to. */
static int
owner_address(stralloc *out, const char *list, const char *node)
{
	if (sa_puts(out, "owner-") < 0)
		return -1;
	for (; *list; list++) {
		char c = (char)tolower((unsigned char)*list);

		if (sa_put(out, &c, 1) < 0)
			return -1;
	}
	return sa_put(out, "@", 1) < 0 ? -1 : sa_puts(out, node);
}

/* The author of the posting, if a subscriber who wants no copy of his own. */
static int
find_poster(struct route *r, const struct header *h, const struct list *list,
    stralloc *poster)
{
	struct addr_list a = {0};
	struct field f = {0};
	struct subscriber s;
	stralloc addr = {0}, name = {0}, room = {0};
	int res = 0;

	if (header_find(h, "From", 0, &f) <= 0)
		return 0;
	a.s = f.value.s;
	a.len = f.value.len;
	if (addr_list_next(&a, &addr, &name, NULL) == 1)
		res = lists_get(&r->lists, list, &s, &room, addr.s, addr.len);
	if (res > 0 && !(s.options & SUB_REPRO))
		res = sa_put(poster, s.addr.s, s.addr.len);
	sa_free(&addr);
	sa_free(&name);
	sa_free(&room);
	return res < 0 ? -1 : 0;
}

static struct bytes
of(const stralloc *sa)
{
	return (struct bytes){sa->s, sa->len};
}

static int
make_header(struct route *r, const struct message *m, struct letter *l,
    const struct header *h, const struct listhdr *lh, const char *host)
{
	struct posting p = {.list = of(&l->list),
	    .host = bytes_z(host),
	    .node = bytes_z(r->site.node),
	    .title = of(&lh->title),
	    .id = bytes_z(m->head.id),
	    .reply = (enum posting_reply)lh->reply,
	    .ignore = lh->reply_ignore,
	    .reply_address = of(&lh->reply_address)};

	if (posting_header(&l->header, h, &p) < 0) {
		if (errno == EMSGSIZE)
			errno = EBADMSG;
		return -1;
	}
	l->skip = h->body;
	return 0;
}

/* The host of List-Address=, if mail for it comes back to us: MYDOMAIN has it.
 * NODE for all others. */
static const char *
host_of(const struct site *s, const struct listhdr *lh)
{
	const char *name = site_serves(s, of(&lh->host));

	return name ? name : s->node;
}

static int
take_list(struct route *r, const struct message *m, struct letter *l,
    const struct list *list, const struct header *h)
{
	struct listhdr lh = {0};
	const char *host;
	struct bytes text;
	struct where w;
	int res = -1;

	if (lists_header(&r->lists, list, &text) < 0)
		return -1;
	if (listhdr_parse(&lh, text.s, text.len, &w) < 0) {
		errno = EIO;
		goto done;
	}
	host = host_of(&r->site, &lh);
	if (sa_puts(&l->list, list->name) < 0 ||
	    owner_address(&l->from, list->name, host) < 0 ||
	    find_poster(r, h, list, &l->poster) < 0 ||
	    make_header(r, m, l, h, &lh, host) < 0)
		goto done;
	l->head.from = of(&l->from);
	l->head.list = of(&l->list);
	l->head.pool = lh.pool ? lh.pool : r->site.pool_post;
	l->head.verp = lh.verp;
	l->count = list->mail;
	l->relay = lh.via == VIA_DISTRIBUTE && !lh.verp && net_relays(r);
	res = 1;
done:
	listhdr_free(&lh);
	return res;
}

static int
letter_post(
    struct route *r, const struct message *m, struct letter *l, struct where *w)
{
	struct header h;
	struct list list;
	int res;

	letter_start(r, m, l);
	if (header_parse(&h, m->text.s + m->head.length,
		m->text.len - m->head.length, w) < 0) {
		errno = EBADMSG;
		return -1;
	}
	if (lists_ready(r) < 0 || lists_begin(&r->lists, 0) < 0)
		return -1;
	res = lists_find(&r->lists, &list, m->head.list.s, m->head.list.len);
	if (res > 0)
		res = take_list(r, m, l, &list, &h);
	lists_end(&r->lists, 0);
	return res;
}

int
letter_of(
    struct route *r, const struct message *m, struct letter *l, struct where *w)
{
	if (m->head.class == CLASS_POST)
		return letter_post(r, m, l, w);
	if (m->head.class == CLASS_DIST)
		return letter_dist(r, m, l, w) < 0 ? -1 : 1;
	return letter_mail(r, m, l) < 0 ? -1 : 1;
}

static int
header_pool(struct route *r, const struct list *list, char *pool)
{
	struct listhdr lh = {0};
	struct bytes text;
	int res = lists_header(&r->lists, list, &text);

	if (res == 0 && listhdr_parse(&lh, text.s, text.len, NULL) == 0 &&
	    lh.pool_admin)
		*pool = lh.pool_admin;
	listhdr_free(&lh);
	return res;
}

char
letter_admin_pool(struct route *r, struct bytes name)
{
	char pool = '-';
	struct list list;

	if (name.len == 0)
		return pool;
	pool = r->site.pool_admin;
	if (lists_ready(r) < 0 || lists_begin(&r->lists, 0) < 0)
		return pool;
	if (lists_find(&r->lists, &list, name.s, name.len) > 0)
		header_pool(r, &list, &pool);
	lists_end(&r->lists, 0);
	return pool;
}

static int
is_poster(const struct letter *l, struct bytes addr)
{
	return l->poster.len &&
	    addr_same(addr.s, addr.len, l->poster.s, l->poster.len);
}

static int
walk_all(struct route *r, const struct letter *l, const struct list *list,
    stralloc *out, uint32_t *n, uint32_t max)
{
	struct lists_walk w;
	struct subscriber s;
	int res;

	if (lists_walk_begin(&w, &r->lists, list, (struct bytes){NULL, 0}, 0) <
	    0)
		return -1;
	while ((res = lists_walk_next(&w, &s)) > 0) {
		if (is_poster(l, s.addr))
			continue;
		if ((*n)++ == max) {
			errno = E2BIG;
			res = -1;
		} else if (sa_put(out, s.addr.s, s.addr.len) < 0 ||
		    sa_put(out, "\n", 1) < 0) {
			res = -1;
		}
		if (res < 0)
			break;
	}
	lists_walk_end(&w);
	return res;
}

int
letter_rcpts(struct route *r, const struct letter *l, stralloc *out,
    uint32_t *n, uint32_t max)
{
	struct list list;
	int res;

	*n = 0;
	if (lists_ready(r) < 0 || lists_begin(&r->lists, 0) < 0)
		return -1;
	res = lists_find(&r->lists, &list, l->list.s, l->list.len);
	if (res > 0)
		res = walk_all(r, l, &list, out, n, max);
	lists_end(&r->lists, 0);
	return res;
}

/* Workers that serve a pool; one serves it if no other does. */
static uint64_t
workers(const struct site *s, char pool)
{
	uint32_t bit = 1U << pool_index(pool);
	uint64_t n = 0;

	for (size_t i = 0; i < s->nforwards; i++)
		if (s->forwards[i].f.pools & bit)
			n += s->forwards[i].f.count;
	return n ? n : 1;
}

uint32_t
letter_chunk(const struct route *r, const struct letter *l)
{
	uint64_t n =
	    l->count / (FILES_PER_WORKER * workers(&r->site, l->head.pool));
	uint64_t least = r->site.maxbsmtp;

	/* a transaction of a personal copy has one recipient */
	if ((l->head.verp || l->head.merged) && least > PERSONAL_LEAST)
		least = PERSONAL_LEAST;
	if (n < least)
		n = least;
	return (uint32_t)(n < MAIL_RCPTS_MAX ? n : MAIL_RCPTS_MAX);
}
