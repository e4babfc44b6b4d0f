#include "cmd/lsv-route/split.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-route/rows.h"
#include "lib/addr.h"
#include "lib/fio.h"
#include "lib/trail.h"

enum {
	HOPS_FIRST = 16,
	HELD_MAX = 24 << 20, /* bytes of lines on their way to all servers */
	CARDS = 8 << 10,     /* bytes that a job takes besides recipients ... */
	CARD = 8,            /* ... and each of those besides its address */
	ROOM_LEAST = 32 << 10, /* with less for them no job is worth while */
	WRITE_MAX = 64 << 10,  /* ... and into the file of rows */
};

static int
damaged(void)
{
	errno = EBADMSG;
	return -1;
}

/* --- what decides ---------------------------------------------------------- */

/* Who we are for the others: as the table has us. */
static int
put_self(const struct route *r, stralloc *self)
{
	struct netserver s;

	if (r->net_open &&
	    nettable_server(&r->net, nettable_self(&r->net), &s) > 0)
		return sa_put(self, s.name.s, s.name.len);
	return sa_puts(self, r->site.node);
}

/* All to us: nothing can be said of the way of the job, or nobody asked. */
static int
nobody_else(struct relay_config *c)
{
	c->table = NULL;
	c->tableless.len = 0;
	return 0;
}

/* What we know of the way of the job, and what we say of it. */
static int
follow_trail(struct split *s, const struct route *r, const struct letter *l)
{
	struct trail t = {.number = bytes_z(l->head.job)};

	if (put_self(r, &s->self) < 0)
		return -1;
	t.origin = (struct bytes){s->self.s, s->self.len};
	if (l->trail.len && trail_parse(&t, l->trail, NULL) < 0)
		return damaged();
	s->config.hops = t.hops;
	s->config.visited = t.visited;
	if (trail_next(&s->trail, &t, (struct bytes){s->self.s, s->self.len}) ==
	    0)
		return 0;
	return errno == ENOMEM ? -1 : nobody_else(&s->config);
}

/* What PEER_MAXSIZE leaves for others than the message. */
static uint64_t
room_of(const struct route *r, const struct letter *l)
{
	return l->head.size < r->site.peer_maxsize
	    ? r->site.peer_maxsize - l->head.size
	    : 0;
}

static int
configure(struct split *s, struct route *r, const struct letter *l)
{
	*s = (struct split){
	    .site = &r->site, .sorted = l->head.class == CLASS_DIST, .fd = -1};
	s->config = (struct relay_config){
	    .mydomain = (const char *const *)r->site.mydomain,
	    .nmydomain = r->site.nmydomain};
	s->most = room_of(r, l);
	if (!l->relay || s->most < ROOM_LEAST)
		return 0;
	s->config.table = r->net_open ? &r->net : NULL;
	s->config.tableless = bytes_z(r->site.tableless);
	if (s->config.tableless.len)
		s->config.table = NULL;
	return follow_trail(s, r, l);
}

/* Is it an address of a row, and does it come behind the one before? */
static int
in_order(struct split *s, struct bytes address)
{
	stralloc before = s->key;
	size_t n;
	int c;

	if (!s->sorted)
		return 0;
	if (address.len > MAIL_RCPT_MAX)
		return damaged();
	for (size_t i = 0; i < address.len; i++)
		if ((unsigned char)address.s[i] < ' ' || address.s[i] == 127)
			return damaged();
	s->key = s->last;
	s->last = before;
	s->key.len = 0;
	if (addr_key(&s->key, address.s, address.len) < 0)
		return errno == EINVAL ? damaged() : -1;
	n = s->last.len < s->key.len ? s->last.len : s->key.len;
	c = n ? memcmp(s->last.s, s->key.s, n) : 0;
	return c < 0 || (c == 0 && s->last.len < s->key.len) ? 0 : damaged();
}

/* --- what other servers get ------------------------------------------------ */

static int
hop_server(struct hop *h, const struct split *s)
{
	struct netserver n;

	if (h->number == RELAY_GATE)
		return sa_puts(&h->server, "LISTSERV@") < 0
		    ? -1
		    : sa_put(&h->server, s->config.tableless.s,
			  s->config.tableless.len);
	if (nettable_server(s->config.table, h->number, &n) <= 0) {
		errno = EPROTO;
		return -1;
	}
	h->index = n.index;
	if (sa_put(&h->server, n.userid.s, n.userid.len) < 0 ||
	    sa_put(&h->server, "@", 1) < 0)
		return -1;
	if (n.host.len)
		return sa_put(&h->server, n.host.s, n.host.len);
	/* a node of BITNET alone */
	if (sa_put(&h->server, n.node.s, n.node.len) < 0)
		return -1;
	return sa_puts(&h->server, ".BITNET");
}

static struct hop *
hop_new(struct split *s, uint32_t number)
{
	size_t room = s->room ? 2 * s->room : HOPS_FIRST;
	struct hop *h;

	if (s->hops == s->room) {
		h = reallocarray(s->hop, room, sizeof *h);
		if (!h)
			return NULL;
		s->hop = h;
		s->room = room;
	}
	h = &s->hop[s->hops];
	*h = (struct hop){.number = number};
	s->hops++;
	return hop_server(h, s) < 0 ? NULL : h;
}

/* The gate, which has the largest number, comes in front of all others. */
static struct hop *
hop_of(struct split *s, uint32_t number)
{
	size_t at = (uint32_t)(number + 1);

	if (at >= s->slots) {
		size_t n = 2 * at + HOPS_FIRST;
		uint32_t *slot = reallocarray(s->slot, n, sizeof *slot);

		if (!slot)
			return NULL;
		memset(slot + s->slots, 0, (n - s->slots) * sizeof *slot);
		s->slot = slot;
		s->slots = n;
	}
	if (s->slot[at] == 0) {
		if (!hop_new(s, number))
			return NULL;
		s->slot[at] = (uint32_t)s->hops;
	}
	return &s->hop[s->slot[at] - 1];
}

static int
write_hop(struct split *s, struct hop *h)
{
	struct mailhead c = *s->head;

	if (h->n == 0)
		return 0;
	if (s->j->pending == JOB_WAVE_MAX && jobdir_sync(s->j) < 0)
		return -1;
	jobdir_next(s->j, c.name);
	c.server = (struct bytes){h->server.s, h->server.len};
	c.trail = (struct bytes){s->trail.s, s->trail.len};
	c.nrcpt = h->n;
	c.rcpts = (struct bytes){h->rcpts.s, h->rcpts.len};
	s->text.len = 0;
	if (mailhead_format(&s->text, &c) < 0 ||
	    jobdir_chunk(s->j, (struct bytes){s->text.s, s->text.len}, h->n) <
		0)
		return -1;
	s->held -= h->rcpts.a;
	sa_free(&h->rcpts);
	h->total += h->n;
	h->files++;
	h->n = 0;
	s->jobs++;
	return 0;
}

/* The one with the most lines makes room for all. */
static int
write_largest(struct split *s)
{
	struct hop *most = &s->hop[0];

	for (size_t i = 1; i < s->hops; i++)
		if (s->hop[i].rcpts.a > most->rcpts.a)
			most = &s->hop[i];
	return write_hop(s, most);
}

/* Is there no room for one more line? */
static int
is_full(const struct split *s, const struct hop *h, struct bytes line)
{
	uint64_t rows = h->rcpts.len + line.len + 1;

	return rows > ROWS_BYTES ||
	    CARDS + rows + CARD * (h->n + UINT64_C(1)) > s->most;
}

static int
forward(struct split *s, uint32_t number, struct bytes line)
{
	struct hop *h = hop_of(s, number);
	size_t room;

	if (!h || (is_full(s, h, line) && write_hop(s, h) < 0))
		return -1;
	room = h->rcpts.a;
	if (sa_put(&h->rcpts, line.s, line.len) < 0 ||
	    sa_put(&h->rcpts, "\n", 1) < 0)
		return -1;
	s->held += h->rcpts.a - room;
	h->n++;
	s->forwarded++;
	if (h->n == s->site->maxdist)
		return write_hop(s, h);
	return s->held > HELD_MAX ? write_largest(s) : 0;
}

/* --- what we deliver ------------------------------------------------------- */

static int
flush(struct split *s)
{
	int res = fio_write(s->fd, s->out.s, s->out.len);

	s->out.len = 0;
	return res;
}

static int
deliver(struct split *s, struct bytes line)
{
	if (s->direct++ == 0 && sa_put(&s->own, line.s, line.len) < 0)
		return -1;
	if (sa_put(&s->out, line.s, line.len) < 0 ||
	    sa_put(&s->out, "\n", 1) < 0)
		return -1;
	return s->out.len < WRITE_MAX ? 0 : flush(s);
}

static int
emit(void *arg, const struct relay_move *m)
{
	struct split *s = arg;

	return m->way == RELAY_FORWARD ? forward(s, m->hop, m->line)
				       : deliver(s, m->line);
}

/* --- for callers ----------------------------------------------------------- */

int
split_begin(struct split *s, struct route *r, struct jobdir *j,
    const struct mailhead *head, const struct letter *l)
{
	if (configure(s, r, l) < 0)
		return -1;
	s->j = j;
	s->head = head;
	s->fd = rows_create(j->dir);
	return s->fd < 0 ? -1 : relay_begin(&s->relay, &s->config, emit, s);
}

int
split_add(struct split *s, struct bytes address)
{
	if (in_order(s, address) < 0)
		return -1;
	return relay_add(&s->relay, address, address);
}

static int
by_index(const void *a, const void *b)
{
	const struct hop *x = a, *y = b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

int
split_end(struct split *s)
{
	if (relay_end(&s->relay) < 0)
		return -1;
	if (s->hops) /* nothing is looked up any more */
		qsort(s->hop, s->hops, sizeof *s->hop, by_index);
	for (size_t i = 0; i < s->hops; i++)
		if (write_hop(s, &s->hop[i]) < 0)
			return -1;
	return flush(s) < 0 ? -1 : fsync(s->fd);
}

void
split_free(struct split *s)
{
	int err = errno;

	relay_free(&s->relay);
	for (size_t i = 0; i < s->hops; i++) {
		sa_free(&s->hop[i].server);
		sa_free(&s->hop[i].rcpts);
	}
	free(s->hop);
	free(s->slot);
	fio_close(s->fd);
	sa_free(&s->trail);
	sa_free(&s->self);
	sa_free(&s->out);
	sa_free(&s->text);
	sa_free(&s->last);
	sa_free(&s->key);
	sa_free(&s->own);
	s->fd = -1;
	errno = err;
}

/* Only whether there is one for another server. */
static int
count(void *arg, const struct relay_move *m)
{
	struct split *s = arg;

	s->forwarded += m->way == RELAY_FORWARD;
	return 0;
}

int
split_forwards(struct route *r, const struct letter *l, struct bytes lines)
{
	const char *at = lines.s, *end = lines.s + lines.len, *nl;
	struct split s;
	int res = configure(&s, r, l);

	if (res == 0)
		res = relay_begin(&s.relay, &s.config, count, &s);
	for (; res == 0 && at < end; at = nl + 1) {
		nl = memchr(at, '\n', (size_t)(end - at));
		if (!nl)
			nl = end;
		res = split_add(&s, (struct bytes){at, (size_t)(nl - at)});
	}
	if (res == 0)
		res = relay_end(&s.relay);
	if (res == 0)
		res = s.forwarded > 0;
	split_free(&s);
	return res;
}
