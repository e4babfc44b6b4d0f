/* What the settings of a site.cfg say together, each of them being good. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/forward.h"
#include "lib/pools.h"
#include "lib/sitecheckcore.h"

static struct sitecheck_setting *
setting_named(struct sitecheck *c, const char *name)
{
	return sitecheck_setting(c, sitevar_find(name, NULL), 0);
}

/* A number as it will be in force. */
static uint64_t
number_of(struct sitecheck *c, const char *name)
{
	const struct sitecheck_setting *t = setting_named(c, name);
	const struct sitevar *v = sitevar_find(name, NULL);
	struct sitevalue got = {.n = 0};

	if (t)
		return t->n;
	if (sitevalue_read(&got, v, v->standard, strlen(v->standard), NULL) < 0)
		return 0;
	return got.n;
}

/* Set and read without an error, or absent: comparing makes sense. */
static int
comparable(struct sitecheck *c, const char *name)
{
	const struct sitecheck_setting *t = setting_named(c, name);

	return !t || t->good;
}

/* Where to report that two settings disagree: at the later one. */
static size_t
later_of(struct sitecheck *c, const char *a, const char *b)
{
	const struct sitecheck_setting *x = setting_named(c, a);
	const struct sitecheck_setting *y = setting_named(c, b);

	if (!x || (y && y->at > x->at))
		return y ? y->at : 0;
	return x->at;
}

static int
check_order(struct sitecheck *c, enum sitecheck_level level,
    const char *smaller, const char *larger, const char *why)
{
	if (!comparable(c, smaller) || !comparable(c, larger) ||
	    number_of(c, smaller) <= number_of(c, larger))
		return 0;
	return sitecheck_remark(
	    c, level, later_of(c, smaller, larger), why, NULL, NULL);
}

static int
check_required(struct sitecheck *c, size_t len)
{
	size_t n;
	const struct sitevar *v = sitevar_table(&n);

	for (size_t i = 0; i < n; i++)
		if (v[i].flags & SITEVAR_REQUIRED &&
		    !sitecheck_setting(c, &v[i], 0) &&
		    sitecheck_remark(c, SITECHECK_ERROR, len, v[i].name,
			" is not set; every site has to set it", NULL) < 0)
			return -1;
	return 0;
}

/* Does a good list hold this item, in any case? */
static int
list_holds(struct sitecheck *c, const char *name, const char *s, size_t len)
{
	const struct sitecheck_setting *t = setting_named(c, name);
	size_t at = 0, item, n;
	const char *value;

	if (!t || !t->good)
		return 0;
	value = sitecheck_value(c, t);
	while ((n = sitevalue_item(value, t->len, &at, &item)) != 0)
		if (n == len && strncasecmp(value + item, s, n) == 0)
			return 1;
	return 0;
}

static int
check_mydomain(struct sitecheck *c)
{
	const struct sitecheck_setting *node = setting_named(c, "NODE");
	const struct sitecheck_setting *t = setting_named(c, "MYDOMAIN");

	if (!node || !node->good || !t || !t->good ||
	    list_holds(c, "MYDOMAIN", sitecheck_value(c, node), node->len))
		return 0;
	return sitecheck_remark(c, SITECHECK_WARNING, t->at,
	    "MYDOMAIN does not name NODE, which is taken for its first item",
	    NULL, NULL);
}

/* Is this address one of the server's own? */
static int
is_ours(struct sitecheck *c, const char *s, size_t len, const char *local)
{
	size_t n = strlen(local);

	if (len <= n || strncasecmp(s, local, n) != 0 || s[n] != '@')
		return 0;
	s += n + 1;
	len -= n + 1;
	return list_holds(c, "NODE", s, len) ||
	    list_holds(c, "MYDOMAIN", s, len);
}

/* Mail for these people must not come back to the server itself. */
static int
check_people(struct sitecheck *c, const char *name)
{
	static const char *const loops[] = {
	    "listserv", "owner-listserv", "listserv-request"};
	static const char *const traps[] = {
	    "postmaster", "listserv-maintainer"};
	const struct sitecheck_setting *t = setting_named(c, name);
	size_t at = 0, item, n;
	int loop = 0, trap = 0;

	if (!t || !t->good)
		return 0;
	while (
	    (n = sitevalue_item(sitecheck_value(c, t), t->len, &at, &item))) {
		const char *s = sitecheck_value(c, t) + item;

		for (size_t i = 0; i < sizeof loops / sizeof loops[0]; i++)
			loop |= is_ours(c, s, n, loops[i]);
		for (size_t i = 0; i < sizeof traps / sizeof traps[0]; i++)
			trap |= is_ours(c, s, n, traps[i]);
	}
	if (loop &&
	    sitecheck_remark(c, SITECHECK_ERROR, t->at, name,
		": an address of the server itself; its mail would go round "
		"in circles",
		NULL) < 0)
		return -1;
	if (!trap)
		return 0;
	return sitecheck_remark(c, SITECHECK_WARNING, t->at, name,
	    ": mail from postmaster@ and listserv-maintainer@ is taken for a "
	    "loop; name the address of a person",
	    NULL);
}

/* "A, C to F and -": the pools of a mask, which is not 0 */
static int
put_pools(struct sitecheck *c, uint32_t pools)
{
	unsigned groups = 0;

	while (pools) {
		unsigned first = (unsigned)__builtin_ctz(pools), last = first;
		char from = pool_letter(first), to;

		while (last + 1 < POOL_DEFAULT && pools & 2U << last)
			last++;
		if (last == first + 1)
			last = first; /* "A and B" rather than "A to B" */
		to = pool_letter(last);
		pools &= ~((2U << last) - (1U << first));
		if (groups++ && sa_puts(&c->text, pools ? ", " : " and ") < 0)
			return -1;
		if (sa_put(&c->text, &from, 1) < 0)
			return -1;
		if (last > first &&
		    (sa_puts(&c->text, " to ") < 0 ||
			sa_put(&c->text, &to, 1) < 0))
			return -1;
	}
	return 0;
}

static int
remark_unserved(
    struct sitecheck *c, uint32_t pools, size_t at, const char *mail)
{
	int one = (pools & (pools - 1)) == 0;
	size_t text = c->text.len;

	if (sa_puts(&c->text, one ? "pool " : "pools ") < 0 ||
	    put_pools(c, pools) < 0 ||
	    sa_puts(&c->text, one ? " has" : " have") < 0 ||
	    sa_puts(&c->text, " no worker: ") < 0 ||
	    sa_puts(&c->text, mail) < 0 ||
	    sa_puts(&c->text, " goes through SMTP_FORWARD") < 0)
		return -1;
	return sitecheck_remark_at(c, SITECHECK_WARNING, at, text);
}

/* The pools among *unserved that a variable assigns: a remark for each. */
static int
check_assigned(struct sitecheck *c, const char *name, uint32_t *unserved)
{
	const struct sitecheck_setting *t = setting_named(c, name);
	size_t at = 0, item;

	if (!t || !t->good)
		return 0;
	while (sitevalue_item(sitecheck_value(c, t), t->len, &at, &item)) {
		char pool = sitevalue_pool(sitecheck_value(c, t)[item]);
		uint32_t bit = 1U << pool_index(pool);

		if (!(*unserved & bit))
			continue;
		*unserved &= ~bit;
		if (remark_unserved(c, bit, t->at, "its mail") < 0)
			return -1;
	}
	return 0;
}

/* Pools that no SMTP_FORWARD_n serves, when there are any of these. */
static int
check_pools(struct sitecheck *c)
{
	static const uint32_t always = 1U << POOL_DEFAULT;
	uint32_t unserved = FORWARD_ALL_POOLS;
	size_t first = SIZE_MAX;

	for (size_t i = 0; i < c->nset; i++) {
		if (!(c->set[i].var->flags & SITEVAR_NUMBERED))
			continue;
		if (!c->set[i].good)
			return 0; /* who knows what it would serve */
		unserved &= ~(uint32_t)c->set[i].n;
		if (c->set[i].at < first)
			first = c->set[i].at;
	}
	if (first == SIZE_MAX)
		return 0;
	if (check_assigned(c, "DEFAULT_LIST_POOL", &unserved) < 0 ||
	    check_assigned(c, "DEFAULT_DIST_POOL", &unserved) < 0)
		return -1;
	if (unserved & always &&
	    remark_unserved(c, always, first, "its mail") < 0)
		return -1;
	unserved &= ~always;
	return unserved ? remark_unserved(c, unserved, first,
			      "mail that a list or a job assigns there")
			: 0;
}

/* A password may go to whoever stands between, unless the host has to prove
 * who it is. */
static int
check_login(struct sitecheck *c, const struct sitecheck_setting *t,
    const struct forward *f)
{
	if (f->auth.len == 0 || f->tls == TLS_VERIFY)
		return 0;
	return sitecheck_remark(c, SITECHECK_WARNING, t->at,
	    "AUTH= without TLS=verify: the password goes to whoever answers "
	    "for the host",
	    NULL, NULL);
}

/* Is this a relay, and a good one?  Then f points into c->text. */
static int
relay_of(struct forward *f, const struct sitecheck *c,
    const struct sitecheck_setting *t)
{
	const char *s = sitecheck_value(c, t);
	struct where w;

	if (t->var->kind != SITEVAR_FORWARD || !t->good)
		return 0;
	return t->var->flags & SITEVAR_NUMBERED
	    ? forward_parse(f, s, t->len, &w) == 0
	    : forward_parse_one(f, s, t->len, &w) == 0;
}

/* What the relays ask for together. */
static int
check_relays(struct sitecheck *c)
{
	unsigned workers = 0;

	for (size_t i = 0; i < c->nset; i++) {
		struct sitecheck_setting t = c->set[i];
		struct forward f;

		if (!relay_of(&f, c, &t))
			continue;
		if (t.var->flags & SITEVAR_NUMBERED)
			workers += f.count;
		if (workers > FORWARD_WORKERS)
			return sitecheck_remark(c, SITECHECK_ERROR, t.at,
			    "more than 255 workers in all: there is no room "
			    "for these",
			    NULL, NULL);
		if (check_login(c, &t, &f) < 0)
			return -1;
	}
	return 0;
}

/* In LISTSERV these lists are part of what SPAM_EXIT switches on: who comes
 * from there is not to be surprised. */
static int
check_spam(struct sitecheck *c)
{
	const struct sitecheck_setting *t = NULL;

	for (size_t i = 0; i < c->nset; i++)
		if (c->set[i].var->item == SITEVAR_SPAM && c->set[i].good &&
		    c->set[i].n > 0 && (!t || c->set[i].at < t->at))
			t = &c->set[i];
	if (!t || setting_named(c, "SPAM_EXIT"))
		return 0;
	return sitecheck_remark(c, SITECHECK_WARNING, t->at, t->var->name,
	    ": without SPAM_EXIT, LISTSERV ignores the white and blacklists; "
	    "lsv does not",
	    NULL);
}

/* Jobs for the host of TABLELESS must not come back to the server itself. */
static int
check_gate(struct sitecheck *c)
{
	const struct sitecheck_setting *t = setting_named(c, "RUNMODE");
	size_t at = 0, item, n;
	const char *value;

	if (!t || !t->good)
		return 0;
	value = sitecheck_value(c, t);
	while ((n = sitevalue_item(value, t->len, &at, &item)) != 0)
		if (list_holds(c, "NODE", value + item, n) ||
		    list_holds(c, "MYDOMAIN", value + item, n))
			return sitecheck_remark(c, SITECHECK_ERROR, t->at,
			    "RUNMODE: the host of TABLELESS is this server "
			    "itself",
			    NULL, NULL);
	return 0;
}

int
sitecheck_together(struct sitecheck *c, size_t len)
{
	if (check_required(c, len) < 0 || check_mydomain(c) < 0 ||
	    check_gate(c) < 0 || check_people(c, "POSTMASTER") < 0 ||
	    check_people(c, "BOUNCES_TO") < 0 || check_pools(c) < 0 ||
	    check_relays(c) < 0 || check_spam(c) < 0)
		return -1;
	if (check_order(c, SITECHECK_ERROR, "RETRY_MIN", "RETRY_MAX",
		"RETRY_MIN is longer than RETRY_MAX") < 0)
		return -1;
	return check_order(c, SITECHECK_WARNING, "RETRY_MIN", "QUEUE_LIFE",
	    "RETRY_MIN is longer than QUEUE_LIFE: there is only one attempt");
}

int
sitecheck_logins(struct sitecheck *c, const char *s, const struct authfile *f,
    const char *why)
{
	struct auth_login login = {.user_len = 0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->nset; i++) {
		struct sitecheck_setting t = c->set[i];
		char text[64 + FORWARD_AUTH_MAX];
		struct forward relay;

		if (!relay_of(&relay, c, &t) || relay.auth.len == 0 ||
		    authfile_find(f, relay.auth.s, relay.auth.len, &login))
			continue;
		snprintf(text, sizeof text, "AUTH=%.*s: the file auth %s",
		    (int)relay.auth.len, relay.auth.s,
		    why ? "cannot be used: " : "has no such name");
		r = sitecheck_remark(c, SITECHECK_WARNING, t.at, text, why,
		    "; without a password nothing is sent");
	}
	explicit_bzero(&login, sizeof login);
	if (r < 0) {
		errno = ENOMEM;
		return -1;
	}
	sitecheck_place(c, s);
	return 0;
}
