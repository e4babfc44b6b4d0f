#include "lib/site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "lib/bytes.h"
#include "lib/num.h"
#include "lib/roots.h"
#include "lib/siteload.h"
#include "lib/sitetable.h"
#include "lib/sitevalue.h"
#include "lib/table.h"

/* Everything that is one number in struct site. */
static const struct {
	const char *name;
	size_t at;
} numbers[] = {
    {"BOUNCE_FORWARD_MAX", offsetof(struct site, bounce_forward_max)},
    {"COMMAND_MAX", offsetof(struct site, command_max)},
    {"CONNECT_TIMEOUT", offsetof(struct site, connect_timeout_ms)},
    {"DELAY_WARN", offsetof(struct site, delay_warn_ms)},
    {"DIST_SECURITY", offsetof(struct site, dist_security)},
    {"FILEMAXL", offsetof(struct site, filemaxl)},
    {"HOLD_MAX", offsetof(struct site, hold_max)},
    {"IDLE", offsetof(struct site, idle_ms)},
    {"KEEP_DONE", offsetof(struct site, keep_done_days)},
    {"KEEP_DONE_BYTES", offsetof(struct site, keep_done_bytes)},
    {"KEEP_HOLD", offsetof(struct site, keep_hold_days)},
    {"MAXBSMTP", offsetof(struct site, maxbsmtp)},
    {"MAXDIST", offsetof(struct site, maxdist)},
    {"PEER_MAXSIZE", offsetof(struct site, peer_maxsize)},
    {"QUEUE_LIFE", offsetof(struct site, queue_life_ms)},
    {"REPLY_MAX", offsetof(struct site, reply_max)},
    {"RETRY_MAX", offsetof(struct site, retry_max_ms)},
    {"RETRY_MIN", offsetof(struct site, retry_min_ms)},
    {"SIZELIM", offsetof(struct site, sizelim)},
    {"SMTP_TIMEOUT", offsetof(struct site, smtp_timeout_ms)},
    {"SPAM_EXIT_MEMORY", offsetof(struct site, spam_exit_memory)},
    {"SPAM_EXIT_TIMEOUT", offsetof(struct site, spam_exit_timeout_ms)},
    {"SPAM_EXIT_WORKERS", offsetof(struct site, spam_exit_workers)},
    {"SPAM_MAXSIZE", offsetof(struct site, spam_maxsize)},
    {"SPAM_ALERT", offsetof(struct site, spam_alert)},
    {"SPAM_DELAY", offsetof(struct site, spam_delay_min)},
    {"SPAM_THRESHOLD", offsetof(struct site, spam_threshold)},
    {"SYNC", offsetof(struct site, sync_ms)},
    {"WINDOW", offsetof(struct site, window)},
};

static int
protocol(void)
{
	errno = EPROTO;
	return -1;
}

const char *
siteload_keep(struct site *s, const char *p, size_t len)
{
	char *to = s->text + s->used;

	if (len >= s->room - s->used) {
		errno = EPROTO;
		return NULL;
	}
	memcpy(to, p, len);
	to[len] = 0;
	s->used += len + 1;
	return to;
}

/* The text of a variable, its default when it is not in the table: 1; 0 when
 * it has neither; -1. */
static int
text_of(const struct table *t, const char *name, struct bytes *out)
{
	const struct sitevar *v = sitevar_find(name, NULL);
	int found = table_find(t, name, strlen(name), &out->s, &out->len);

	if (found != 0 || !v->standard)
		return found;
	*out = bytes_z(v->standard);
	return 1;
}

int
siteload_value(const struct table *t, const char *name, struct bytes *text,
    struct sitevalue *value)
{
	const struct sitevar *v = sitevar_find(name, NULL);
	int found = text_of(t, name, text);

	if (found < 0)
		return -1;
	if (found == 0 ||
	    sitevalue_read(value, v, text->s, text->len, NULL) < 0)
		return protocol();
	return 0;
}

int
siteload_if_set(const struct table *t, const char *name, struct bytes *text,
    struct sitevalue *value)
{
	int found = table_find(t, name, strlen(name), &text->s, &text->len);

	if (found <= 0)
		return found;
	return siteload_value(t, name, text, value) < 0 ? -1 : 1;
}

static int
load_numbers(struct site *s, const struct table *t)
{
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		struct sitevalue v = {.n = 0};
		struct bytes text;

		if (siteload_value(t, numbers[i].name, &text, &v) < 0)
			return -1;
		memcpy((char *)s + numbers[i].at, &v.n, sizeof v.n);
	}
	return 0;
}

static int
is_line(const struct table_entry *e)
{
	return e->klen > strlen(SITETABLE_LINE) &&
	    memcmp(e->key, SITETABLE_LINE, strlen(SITETABLE_LINE)) == 0;
}

int
siteload_line(const struct table *t, const char *name, unsigned *line)
{
	char key[SITETABLE_LINE_MAX];
	const char *value;
	size_t len, klen = sitetable_line(key, name);
	uint64_t n = 0;
	int found;

	*line = 0;
	if (klen >= sizeof key)
		return 0;
	found = table_find(t, key, klen, &value, &len);
	if (found <= 0)
		return found;
	if (num_u64(&n, value, len, UINT32_MAX) < 0 || n == 0)
		return protocol();
	*line = (unsigned)n;
	return 1;
}

/* An entry of the table: its texts are copied, as the table will be closed. */
static int
keep_forward(struct site *s, const struct table *t, const struct sitevar *v,
    const struct forward *f, struct site_forward *to)
{
	struct bytes *text[] = {&to->f.auth, &to->f.helo, &to->f.bind};
	char name[SITEVAR_NAME_MAX];

	to->f = *f;
	for (size_t i = 0; i < f->targets; i++) {
		struct forward_target *g = &to->f.target[i];

		g->host = siteload_keep(s, g->host, g->hostlen);
		if (!g->host)
			return -1;
	}
	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
		text[i]->s = siteload_keep(
		    s, text[i]->len ? text[i]->s : "", text[i]->len);
		if (!text[i]->s)
			return -1;
	}
	sitevar_name(name, v, to->n);
	return siteload_line(t, name, &to->line) < 0 ? -1 : 0;
}

static int
by_number(const void *a, const void *b)
{
	const struct site_forward *x = a, *y = b;

	return x->n < y->n ? -1 : x->n > y->n;
}

/* The variable of an entry, and its number; NULL for a key that is none. */
static const struct sitevar *
entry_var(const struct table_entry *e, unsigned *number)
{
	char name[SITEVAR_NAME_MAX];

	if (e->klen >= sizeof name || memchr(e->key, 0, e->klen))
		return NULL;
	memcpy(name, e->key, e->klen);
	name[e->klen] = 0;
	return sitevar_find(name, number);
}

/* A walk over the table: is every key known, how much memory do all strings
 * need, how many relays are there? */
static int
site_room(struct site *s, const struct table *t)
{
	struct table_entry e;
	unsigned number;
	size_t at = 0, n = 0;
	int r;

	s->room = 64; /* a default host, and the last NUL */
	for (; (r = table_next(t, &at, &e)) > 0; n++) {
		if (n == 0) {
			if (!bytes_eq((struct bytes){e.key, e.klen},
				SITETABLE_FORMAT) ||
			    !bytes_eq((struct bytes){e.value, e.vlen},
				SITETABLE_VERSION))
				return protocol();
			continue;
		}
		if (is_line(&e))
			continue;
		if (!entry_var(&e, &number))
			return protocol();
		s->nforwards += number != 0;
		s->room += 2 * e.vlen + 8; /* the empty texts of a relay, too */
	}
	if (r < 0)
		return -1;
	return n == 0 ? protocol() : 0;
}

static int
load_forwards(struct site *s, const struct table *t)
{
	struct table_entry e;
	struct sitevalue v;
	struct bytes text;
	unsigned number;
	size_t at = 0, n = 0;
	int r;

	if (siteload_value(t, "SMTP_FORWARD", &text, &v) < 0 ||
	    keep_forward(s, t, sitevar_find("SMTP_FORWARD", NULL), &v.forward,
		&s->smtp_forward) < 0)
		return -1;
	if (s->nforwards == 0)
		return 0;
	s->forwards = calloc(s->nforwards, sizeof *s->forwards);
	if (!s->forwards)
		return -1;
	while ((r = table_next(t, &at, &e)) > 0) {
		const struct sitevar *var = entry_var(&e, &number);

		if (!var || number == 0)
			continue;
		if (n == s->nforwards ||
		    sitevalue_read(&v, var, e.value, e.vlen, NULL) < 0)
			return protocol();
		s->forwards[n].n = number;
		if (keep_forward(s, t, var, &v.forward, &s->forwards[n++]) < 0)
			return -1;
	}
	qsort(s->forwards, s->nforwards, sizeof *s->forwards, by_number);
	return r;
}

const char *
site_serves(const struct site *s, struct bytes name)
{
	for (size_t i = 0; i < s->nmydomain; i++)
		if (bytes_same(name, s->mydomain[i]))
			return s->mydomain[i];
	return NULL;
}

/* NODE, and MYDOMAIN behind it. */
static int
load_names(struct site *s, const struct table *t)
{
	struct sitevalue v = {.n = 0};
	struct bytes text;
	size_t at = 0, item, n;
	int set;

	if (siteload_value(t, "NODE", &text, &v) < 0)
		return -1;
	s->node = siteload_keep(s, text.s, text.len);
	if (!s->node)
		return -1;
	set = siteload_if_set(t, "MYDOMAIN", &text, &v);
	if (set < 0)
		return -1;
	s->mydomain = calloc(v.n + 1, sizeof *s->mydomain);
	if (!s->mydomain)
		return -1;
	s->mydomain[s->nmydomain++] = s->node;
	while (set && (n = sitevalue_item(text.s, text.len, &at, &item)) != 0) {
		const char *name = siteload_keep(s, text.s + item, n);

		if (!name)
			return -1;
		if (!site_serves(s, bytes_z(name)))
			s->mydomain[s->nmydomain++] = name;
	}
	return 0;
}

static int
load_postmaster(struct site *s, const struct table *t)
{
	struct site_person who = {0};
	struct sitevalue v = {.n = 0};
	struct bytes text;
	size_t at = 0, item, n;

	if (siteload_value(t, "POSTMASTER", &text, &v) < 0)
		return -1;
	s->postmaster = calloc(v.n + 1, sizeof *s->postmaster);
	if (!s->postmaster)
		return -1;
	while ((n = sitevalue_item(text.s, text.len, &at, &item)) != 0) {
		int mark = sitevalue_marker(text.s + item, n);

		who.hidden |= mark == 'H';
		who.quiet |= mark == 'Q';
		if (mark)
			continue;
		who.address = siteload_keep(s, text.s + item, n);
		if (!who.address)
			return -1;
		s->postmaster[s->npostmaster++] = who;
	}
	return 0;
}

/* Without BOUNCES_TO: the postmasters who get notices. */
static int
load_bounces_to(struct site *s, const struct table *t)
{
	struct sitevalue v = {.n = s->npostmaster};
	struct bytes text;
	size_t at = 0, item, n;
	int set = siteload_if_set(t, "BOUNCES_TO", &text, &v);

	if (set < 0)
		return -1;
	s->bounces_to = calloc(v.n + 1, sizeof *s->bounces_to);
	if (!s->bounces_to)
		return -1;
	for (size_t i = 0; !set && i < s->npostmaster; i++)
		if (!s->postmaster[i].quiet)
			s->bounces_to[s->nbounces_to++] =
			    s->postmaster[i].address;
	while (set && (n = sitevalue_item(text.s, text.len, &at, &item)) != 0) {
		const char *address = siteload_keep(s, text.s + item, n);

		if (!address)
			return -1;
		s->bounces_to[s->nbounces_to++] = address;
	}
	return 0;
}

/* One pool serves for both kinds of mail. */
static int
load_pools(struct site *s, const struct table *t)
{
	struct sitevalue v = {.n = 0};
	struct bytes text;
	size_t at = 0, item;

	if (siteload_value(t, "DEFAULT_DIST_POOL", &text, &v) < 0)
		return -1;
	sitevalue_item(text.s, text.len, &at, &item);
	s->pool_dist = sitevalue_pool(text.s[item]);
	at = 0;
	if (siteload_value(t, "DEFAULT_LIST_POOL", &text, &v) < 0)
		return -1;
	sitevalue_item(text.s, text.len, &at, &item);
	s->pool_post = s->pool_admin = sitevalue_pool(text.s[item]);
	if (sitevalue_item(text.s, text.len, &at, &item))
		s->pool_admin = sitevalue_pool(text.s[item]);
	return 0;
}

/* How fast, and in which order. */
static int
load_pace(struct site *s, const struct table *t)
{
	struct sitevalue bits = {.n = 0}, rate = {.n = 0}, order = {.n = 0};
	struct bytes text;

	if (siteload_if_set(t, "SMTP_RATE_LIMIT", &text, &bits) < 0 ||
	    siteload_if_set(t, "SMTP_MESSAGE_LIMIT", &text, &rate) < 0)
		return -1;
	s->limits = bits.limits;
	memcpy(s->limits.rps, rate.limits.rps, sizeof s->limits.rps);
	s->limits.rps_all = rate.limits.rps_all;
	if (siteload_value(t, "POOL_ORDER", &text, &order) < 0)
		return -1;
	s->pool_order_fifo =
	    text.len == 4 && strncasecmp(text.s, "FIFO", 4) == 0;
	return 0;
}

static int
load(struct site *s, const struct table *t)
{
	if (site_room(s, t) < 0)
		return -1;
	s->text = malloc(s->room);
	if (!s->text)
		return -1;
	if (load_names(s, t) < 0 || load_postmaster(s, t) < 0 ||
	    load_bounces_to(s, t) < 0 || load_forwards(s, t) < 0 ||
	    load_pools(s, t) < 0 || load_pace(s, t) < 0 ||
	    siteload_spam(s, t) < 0 || siteload_network(s, t) < 0)
		return -1;
	return load_numbers(s, t);
}

static int
open_table(struct table *t, const char *etc)
{
	stralloc path = {0};
	int err, r = root_path(&path, etc, SITE_TABLE);

	if (r == 0)
		r = table_open(t, path.s);
	err = errno;
	sa_free(&path);
	errno = err;
	return r;
}

int
site_read(struct site *s, const char *etc)
{
	struct table t = {0};
	int r, err;

	memset(s, 0, sizeof *s);
	if (open_table(&t, etc) < 0)
		return -1;
	r = load(s, &t);
	err = errno;
	if (r < 0)
		site_free(s);
	table_close(&t);
	errno = err;
	return r;
}

int
site_line(unsigned *line, const char *etc, const char *name)
{
	struct table t = {0};
	int r, err;

	if (open_table(&t, etc) < 0)
		return -1;
	r = siteload_line(&t, name, line);
	err = errno;
	table_close(&t);
	errno = err;
	return r;
}

int
site_refresh(struct site *s, const char *etc)
{
	struct site new;

	if (site_read(&new, etc) < 0)
		return -1;
	site_free(s);
	*s = new;
	return 0;
}

void
site_free(struct site *s)
{
	free(s->mydomain);
	free(s->postmaster);
	free(s->bounces_to);
	free(s->forwards);
	free(s->text);
	memset(s, 0, sizeof *s);
}
