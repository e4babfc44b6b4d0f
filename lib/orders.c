#include "lib/orders.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/bytes.h"
#include "lib/fio.h"
#include "lib/num.h"
#include "lib/pools.h"

enum { ORDERS_MODE = 0640, LABEL_MAX = 20 };

static const char first_line[] = "lsv-orders 1";

static const char *const kind_name[] = {"none", "drain", "pause"};
static const char *const what_name[] = {"worker", "host", "pool"};

const char *
order_kind_name(enum order_kind k)
{
	return kind_name[k];
}

const char *
order_what_name(enum order_what w)
{
	return what_name[w];
}

static int
digits(const char *s, size_t len)
{
	uint64_t n;

	return num_u64(&n, s, len, 999999999) == 0 && (len == 1 || s[0] != '0');
}

/* "2" or "2.1", without zeros in front: there is one way to write each. */
static int
label_name(const char *s, size_t len, struct where *w)
{
	const char *dot = memchr(s, '.', len);
	size_t n = dot ? (size_t)(dot - s) : len;

	if (len > LABEL_MAX || !digits(s, n))
		return where_set(w, 0, "no worker: 2 or 2.1 is expected");
	if (dot && (!digits(dot + 1, len - n - 1) || dot[1] == '0'))
		return where_set(
		    w, n + 1, "no number of a worker behind the dot");
	return 0;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int
host_name(char *out, const char *s, size_t len, struct where *w)
{
	size_t skip = len > 2 && s[0] == '[' && s[len - 1] == ']';

	s += skip;
	len -= 2 * skip;
	if (len == 0 || len >= ORDER_NAME_MAX)
		return where_set(w, 0, "no host: 1 to 253 bytes are expected");
	for (size_t i = 0; i < len; i++) {
		out[i] = lower(s[i]);
		if (!((out[i] >= 'a' && out[i] <= 'z') ||
			(s[i] >= '-' && s[i] <= '9' && s[i] != '/') ||
			s[i] == ':'))
			return where_set(
			    w, i + skip, "this byte is in no name of a host");
	}
	out[len] = 0;
	return 0;
}

static int
pool_letters(char *out, const char *s, size_t len, struct where *w)
{
	char c = len == 1 ? lower(s[0]) : 0;

	out[1] = 0;
	if (c == '-' || (len == 7 && strncasecmp(s, "default", len) == 0))
		out[0] = '-';
	else if (c >= 'a' && c <= 'z')
		out[0] = (char)(c - 'a' + 'A');
	else
		return where_set(w, 0, "no pool: A to Z or - is expected");
	return 0;
}

int
orders_name(struct order *out, const char *s, size_t len, struct where *w)
{
	memset(out->name, 0, sizeof out->name);
	switch (out->what) {
	case ORDER_HOST:
		return host_name(out->name, s, len, w);
	case ORDER_POOL:
		return pool_letters(out->name, s, len, w);
	default:
		if (label_name(s, len, w) < 0)
			return -1;
		memcpy(out->name, s, len);
		return 0;
	}
}

/* The place of a word among names, from first to last; -1. */
static int
place_of(struct bytes word, const char *const *name, int first, int last)
{
	for (int i = first; i <= last; i++)
		if (bytes_eq(word, name[i]))
			return i;
	return -1;
}

/* One line; at is where it begins. */
static int
line_parse(struct order *g, struct bytes line, size_t at, struct where *w)
{
	struct bytes kind = bytes_word(&line), what = bytes_word(&line);
	struct bytes name = bytes_word(&line);
	struct where in = {0, NULL};
	int k = place_of(kind, kind_name, ORDER_DRAIN, ORDER_PAUSE);
	int i = place_of(what, what_name, ORDER_WORKER, ORDER_POOL);

	*g = (struct order){.kind = ORDER_NONE};
	if (k < 0)
		return where_set(w, at, "pause, drain or end is expected");
	g->kind = (enum order_kind)k;
	at += kind.len + 1;
	if (i < 0)
		return where_set(w, at, "worker, host or pool is expected");
	g->what = (enum order_what)i;
	at += what.len + 1;
	if (orders_name(g, name.s, name.len, &in) < 0)
		return where_set(w, at + in.at, in.why);
	at += name.len + 1;
	if (num_u64(&g->since_us, line.s, line.len, INT64_MAX) < 0)
		return where_set(w, at, "no time in microseconds");
	return 0;
}

/* The bytes up to the next LF, which is passed over; 0 when there is none. */
static int
next_line(struct bytes *line, const char *s, size_t len, size_t *at)
{
	const char *nl = memchr(s + *at, '\n', len - *at);

	if (!nl)
		return 0;
	*line = (struct bytes){s + *at, (size_t)(nl - s) - *at};
	*at += line->len + 1;
	return 1;
}

static int
lines_parse(struct orders *o, const char *s, size_t len, struct where *w)
{
	struct bytes line;
	struct order g;
	size_t at = 0;

	if (!next_line(&line, s, len, &at) || !bytes_eq(line, first_line))
		return where_set(w, 0, "\"lsv-orders 1\" is expected");
	while (next_line(&line, s, len, &at)) {
		size_t from = (size_t)(line.s - s);

		if (bytes_eq(line, "end"))
			return at == len
			    ? 0
			    : where_set(w, at, "nothing may follow the end");
		if (line_parse(&g, line, from, w) < 0)
			return -1;
		if (orders_give(o, &g) < 0)
			return where_set(w, from, "too many orders");
	}
	return where_set(w, len, "the end line is missing");
}

int
orders_parse(struct orders *o, const char *s, size_t len, struct where *w)
{
	o->n = 0;
	if (lines_parse(o, s, len, w) == 0)
		return 0;
	o->n = 0;
	return -1;
}

static int
line_format(stralloc *out, const struct order *g)
{
	return sa_puts(out, order_kind_name(g->kind)) < 0 ||
		sa_puts(out, " ") < 0 ||
		sa_puts(out, order_what_name(g->what)) < 0 ||
		sa_puts(out, " ") < 0 || sa_puts(out, g->name) < 0 ||
		sa_puts(out, " ") < 0 || sa_addu(out, g->since_us) < 0 ||
		sa_puts(out, "\n") < 0
	    ? -1
	    : 0;
}

int
orders_format(stralloc *out, const struct orders *o)
{
	if (sa_puts(out, first_line) < 0 || sa_puts(out, "\n") < 0)
		return -1;
	for (size_t i = 0; i < o->n; i++)
		if (line_format(out, &o->of[i]) < 0)
			return -1;
	return sa_puts(out, "end\n");
}

static struct order *
find(struct orders *o, const struct order *g)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->of[i].what == g->what &&
		    strcmp(o->of[i].name, g->name) == 0)
			return &o->of[i];
	return NULL;
}

int
orders_give(struct orders *o, const struct order *g)
{
	struct order *old = find(o, g);

	if (old && old->kind == g->kind)
		return 0;
	if (g->kind == ORDER_NONE) {
		if (!old)
			return 0;
		memmove(old, old + 1,
		    (size_t)(o->of + o->n - (old + 1)) * sizeof *old);
		o->n--;
		return 1;
	}
	if (!old && o->n == ORDERS_MAX) {
		errno = ENOSPC;
		return -1;
	}
	if (!old)
		old = &o->of[o->n++];
	*old = *g;
	return 1;
}

/* "2" means "2.1", "2.2" and so on. */
static int
is_worker(const char *name, const char *label)
{
	size_t n = strlen(name);

	return strncmp(name, label, n) == 0 &&
	    (label[n] == 0 || (label[n] == '.' && !memchr(name, '.', n)));
}

static int
is_meant(const struct order *g, const char *label, const char *host)
{
	if (g->what == ORDER_WORKER)
		return is_worker(g->name, label);
	return host && strcasecmp(g->name, host) == 0;
}

static void
stronger(struct orders_effect *e, const struct order *g)
{
	if (g->kind > e->worker) {
		e->worker = g->kind;
		e->by = g;
	}
}

/* All pools that a worker serves are stopped: by the weakest of them. */
static void
all_pools(struct orders_effect *e, const struct orders *o, uint32_t pools)
{
	enum order_kind k = e->drained ? ORDER_DRAIN : ORDER_PAUSE;

	if (pools == 0 || (e->paused | e->drained) != pools)
		return;
	for (size_t i = 0; i < o->n; i++)
		if (o->of[i].what == ORDER_POOL && o->of[i].kind == k &&
		    pools & UINT32_C(1) << pool_index(o->of[i].name[0]))
			stronger(e, &o->of[i]);
}

void
orders_apply(struct orders_effect *e, const struct orders *o, const char *label,
    const char *host, uint32_t pools)
{
	*e = (struct orders_effect){.worker = ORDER_NONE};
	for (size_t i = 0; i < o->n; i++) {
		const struct order *g = &o->of[i];
		uint32_t bit = UINT32_C(1) << pool_index(g->name[0]);

		if (g->what == ORDER_POOL && g->kind == ORDER_PAUSE)
			e->paused |= bit & pools;
		else if (g->what == ORDER_POOL)
			e->drained |= bit & pools;
		else if (is_meant(g, label, host))
			stronger(e, g);
	}
	all_pools(e, o, pools);
}

int
orders_read(struct orders *o, int pool, struct where *w)
{
	stralloc sa = {0};
	int r;

	o->n = 0;
	r = fio_read(pool, ORDERS_FILE, &sa, ORDERS_BYTES_MAX);
	if (r < 0 && errno == ENOENT)
		r = 0;
	if (r == 0 && sa.len && orders_parse(o, sa.s, sa.len, w) < 0) {
		errno = EBADMSG;
		r = -1;
	}
	sa_free(&sa);
	return r;
}

int
orders_write(const struct orders *o, int pool)
{
	stralloc sa = {0};
	int r = orders_format(&sa, o);

	if (r == 0)
		r = fio_replace(pool, ORDERS_FILE, sa.s, sa.len, ORDERS_MODE);
	sa_free(&sa);
	return r;
}
