#include "lib/forward.h"

#include <string.h>

#include "lib/limits.h"
#include "lib/num.h"
#include "lib/sitevalue.h"

/* What is being read: at is where the reading stands. */
struct parse {
	struct forward *f;
	const char *s;
	size_t len, at;
	struct where *w;
	int one;                         /* SMTP_FORWARD: one host, always */
	unsigned given;                  /* a bit for each option */
	size_t auth_at, tls_at, bind_at; /* of their values */
};

/* A piece of the value, len bytes at offset at. */
struct piece {
	const char *s;
	size_t len, at;
};

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
skip_blanks(struct parse *p)
{
	while (p->at < p->len && is_blank(p->s[p->at]))
		p->at++;
}

/* From offset from to before to, without the blanks around. */
static struct piece
piece_of(const struct parse *p, size_t from, size_t to)
{
	while (from < to && is_blank(p->s[from]))
		from++;
	while (to > from && is_blank(p->s[to - 1]))
		to--;
	return (struct piece){p->s + from, to - from, from};
}

/* The offset of the first of these bytes from at on, else the end. */
static size_t
find(const struct parse *p, size_t at, const char *any)
{
	while (at < p->len && !(p->s[at] && strchr(any, p->s[at])))
		at++;
	return at;
}

static int
fail_at(const struct parse *p, size_t at, const char *why)
{
	return where_set(p->w, at, why);
}

/* What a function said about a piece. */
static int
fail_in(const struct parse *p, const struct piece *v, const struct where *in)
{
	return where_set(p->w, v->at + in->at, in->why);
}

/* Is it the word, in any case? */
static int
is_word(const struct piece *v, const char *word)
{
	return v->len == strlen(word) && strncasecmp(v->s, word, v->len) == 0;
}

/* "[2001:db8::1]": sets the host, returns the bytes used or 0. */
static size_t
take_ipv6(struct forward_target *t, const char *s, size_t len, struct where *w)
{
	const char *end = memchr(s, ']', len);

	if (!end) {
		where_set(w, 0, "the '[' is not closed");
		return 0;
	}
	t->host = s + 1;
	t->hostlen = (size_t)(end - t->host);
	t->kind = FORWARD_IPV6;
	if (!forward_address(FORWARD_IPV6, t->host, t->hostlen)) {
		where_set(w, 1, "not an IPv6 address");
		return 0;
	}
	return t->hostlen + 2;
}

/* A name or an IPv4 address: sets the host, returns the bytes used or 0. */
static size_t
take_name(struct forward_target *t, const char *s, size_t len, struct where *w)
{
	const char *colon = memchr(s, ':', len);
	size_t n = colon ? (size_t)(colon - s) : len;

	if (colon && memchr(colon + 1, ':', len - n - 1)) {
		where_set(
		    w, 0, "an IPv6 address stands in brackets: [2001:db8::1]");
		return 0;
	}
	t->host = s;
	t->hostlen = n;
	t->kind =
	    forward_address(FORWARD_IPV4, s, n) ? FORWARD_IPV4 : FORWARD_NAME;
	if (t->kind == FORWARD_NAME &&
	    !(n == 9 && strncasecmp(s, "localhost", 9) == 0) &&
	    forward_name(s, n, w) < 0)
		return 0;
	return n;
}

/* "2*" in front of the first host; p->at moves behind it. */
static int
take_count(struct parse *p, size_t end)
{
	const char *s = p->s + p->at, *star = memchr(s, '*', end - p->at);
	uint64_t n = 0;

	if (!star)
		return 0;
	if (p->f->targets > 0)
		return fail_at(p, p->at,
		    "a count stands before the first host only, and is for "
		    "all");
	if (p->one)
		return fail_at(
		    p, p->at, "a count of workers belongs into SMTP_FORWARD_n");
	if (num_u64(&n, s, (size_t)(star - s), FORWARD_COUNT_MAX) < 0 || n == 0)
		return fail_at(p, p->at,
		    "the count before '*' is not a number from 1 to 100");
	p->f->count = (unsigned)n;
	p->at += (size_t)(star - s) + 1;
	return 0;
}

/* host[:port] up to end */
static int
take_host(struct parse *p, struct forward_target *t, size_t end)
{
	const char *s = p->s + p->at;
	size_t len = end - p->at, n;
	struct where in = {0, NULL};
	uint64_t port = FORWARD_PORT;

	if (len == 0)
		return fail_at(p, p->at, "the host is missing");
	n = s[0] == '[' ? take_ipv6(t, s, len, &in) : take_name(t, s, len, &in);
	if (n == 0)
		return fail_at(p, p->at + in.at, in.why);
	if (n < len) {
		if (s[n] != ':')
			return fail_at(
			    p, p->at + n, "only ':' and a port may follow");
		n++;
		if (num_u64(&port, s + n, len - n, UINT16_MAX) < 0 || port == 0)
			return fail_at(p, p->at + n,
			    "the port is not a number from 1 to 65535");
	}
	t->port = (uint16_t)port;
	p->at = end;
	return 0;
}

/* "(window,window)"; p->at is at the '(' and moves behind the ')'. */
static int
take_windows(struct parse *p, struct forward_target *t)
{
	size_t close = find(p, p->at, ");");

	if (p->one)
		return fail_at(p, p->at,
		    "hours belong into SMTP_FORWARD_n: this relay is open "
		    "always");
	if (close == p->len || p->s[close] == ';')
		return fail_at(p, p->at, "the '(' is not closed by a ')'");
	do {
		size_t end = find(p, p->at + 1, ",)");
		struct piece v = piece_of(p, p->at + 1, end);
		struct where in = {0, NULL};

		if (t->windows == FORWARD_WINDOWS)
			return fail_at(
			    p, v.at, "more than 16 windows for one host");
		if (window_parse(&t->window[t->windows], v.s, v.len, &in) < 0)
			return fail_in(p, &v, &in);
		t->windows++;
		p->at = end;
	} while (p->at < close);
	p->at = close + 1;
	return 0;
}

static int
take_target(struct parse *p)
{
	struct forward_target *t = &p->f->target[p->f->targets];
	size_t end = find(p, p->at, ";( \t");

	if (p->one && p->f->targets > 0)
		return fail_at(p, p->at,
		    "a further host belongs into SMTP_FORWARD_n: here only "
		    "options may follow");
	if (p->f->targets == FORWARD_TARGETS)
		return fail_at(p, p->at, "more than 32 hosts in one value");
	*t = (struct forward_target){.port = FORWARD_PORT};
	if (take_count(p, end) < 0 || take_host(p, t, end) < 0)
		return -1;
	skip_blanks(p);
	if (p->at < p->len && p->s[p->at] == '(' && take_windows(p, t) < 0)
		return -1;
	skip_blanks(p);
	if (p->at < p->len && p->s[p->at] != ';')
		return fail_at(p, p->at,
		    t->windows ? "only ';' may follow the hours"
			       : "only '(' or ';' may follow the host");
	p->f->targets++;
	return 0;
}

static int
take_pools(struct parse *p, const struct piece *v)
{
	if (p->one)
		return fail_at(p, v->at,
		    "POOL= belongs into SMTP_FORWARD_n: this relay takes all "
		    "pools that have no worker");
	if (v->len == 1 && v->s[0] == '*')
		return 0;
	p->f->pools = 0;
	for (size_t i = 0; i < v->len; i++) {
		char c = sitevalue_pool(v->s[i]);

		if (c == 0)
			return fail_at(p, v->at + i,
			    "not a pool: letters A to Z and '-', or '*' alone "
			    "for all");
		p->f->pools |= 1U << pool_index(c);
	}
	return 0;
}

static const char *const tls_names[] = {
    [TLS_MAY] = "may",
    [TLS_NONE] = "none",
    [TLS_ENCRYPT] = "encrypt",
    [TLS_VERIFY] = "verify",
    [TLS_IMPLICIT] = "implicit",
};

static int
take_tls(struct parse *p, const struct piece *v)
{
	p->tls_at = v->at;
	for (size_t i = 0; i < sizeof tls_names / sizeof tls_names[0]; i++)
		if (is_word(v, tls_names[i])) {
			p->f->tls = (enum forward_tls)i;
			return 0;
		}
	return fail_at(p, v->at, "not none, may, encrypt, verify or implicit");
}

static int
take_auth(struct parse *p, const struct piece *v)
{
	p->auth_at = v->at;
	for (size_t i = 0; i < v->len; i++)
		if (!(forward_name_byte(v->s[i]) || v->s[i] == '.' ||
			v->s[i] == '_'))
			return fail_at(p, v->at + i,
			    "not the name of an entry of the auth file: "
			    "letters, digits, '.', '_' and '-'");
	if (v->len > FORWARD_AUTH_MAX)
		return fail_at(p, v->at + FORWARD_AUTH_MAX,
		    "the name is longer than 63 bytes");
	p->f->auth = (struct bytes){v->s, v->len};
	return 0;
}

static int
take_helo(struct parse *p, const struct piece *v)
{
	struct where in = {0, NULL};

	if (v->s[0] == '[' && !forward_literal(v->s, v->len))
		return fail_at(
		    p, v->at, "neither [IPv4 address] nor [IPv6:address]");
	if (v->s[0] != '[' && forward_name(v->s, v->len, &in) < 0)
		return fail_in(p, v, &in);
	p->f->helo = (struct bytes){v->s, v->len};
	return 0;
}

static int
take_bind(struct parse *p, const struct piece *v)
{
	struct bytes b = {v->s, v->len};

	p->bind_at = v->at;
	if (b.len > 2 && b.s[0] == '[' && b.s[b.len - 1] == ']') {
		b = (struct bytes){b.s + 1, b.len - 2};
		if (!forward_address(FORWARD_IPV6, b.s, b.len))
			return fail_at(p, v->at + 1, "not an IPv6 address");
	} else if (!forward_address(FORWARD_IPV4, b.s, b.len) &&
	    !forward_address(FORWARD_IPV6, b.s, b.len)) {
		return fail_at(
		    p, v->at, "not an IPv4 or IPv6 address of this machine");
	}
	p->f->bind = b;
	return 0;
}

static int
take_rate(struct parse *p, const struct piece *v)
{
	struct where in = {0, NULL};

	if (limits_per_second(&p->f->rate, v->s, v->len, &in) < 0)
		return fail_in(p, v, &in);
	return 0;
}

static int
take_number(struct parse *p, const struct piece *v, unsigned max,
    const char *why, unsigned *out)
{
	uint64_t n = 0;

	if (num_u64(&n, v->s, v->len, max) < 0 || n == 0)
		return fail_at(p, v->at, why);
	*out = (unsigned)n;
	return 0;
}

static int
take_concurrency(struct parse *p, const struct piece *v)
{
	return take_number(p, v, FORWARD_CONCURRENCY_MAX,
	    "not a number of transactions from 1 to 10000", &p->f->concurrency);
}

static int
take_maxrcpt(struct parse *p, const struct piece *v)
{
	return take_number(p, v, FORWARD_MAXRCPT_MAX,
	    "not a number of recipients from 1 to 1000", &p->f->maxrcpt);
}

static int
take_idle(struct parse *p, const struct piece *v)
{
	uint64_t ms = 0;

	if (num_duration_ms(&ms, v->s, v->len) < 0 || ms > FORWARD_IDLE_MAX_MS)
		return fail_at(p, v->at,
		    "not a duration from 0 to 1h (a number, then ms, s, m or "
		    "h)");
	p->f->idle_ms = ms;
	p->f->idle_given = 1;
	return 0;
}

static int
take_keepalive(struct parse *p, const struct piece *v)
{
	if (v->len != 1 || (v->s[0] != '0' && v->s[0] != '1'))
		return fail_at(p, v->at, "neither 0 nor 1");
	p->f->keepalive = v->s[0] == '1';
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct parse *p, const struct piece *v);
} options[] = {
    {"POOL", take_pools},
    {"TLS", take_tls},
    {"AUTH", take_auth},
    {"HELO", take_helo},
    {"BIND", take_bind},
    {"RATE", take_rate},
    {"CONCURRENCY", take_concurrency},
    {"MAXRCPT", take_maxrcpt},
    {"IDLE", take_idle},
    {"KEEPALIVE", take_keepalive},
};

/* "NAME=value" up to end, with the '=' at eq */
static int
take_option(struct parse *p, size_t eq, size_t end)
{
	struct piece name = piece_of(p, p->at, eq);
	struct piece v = piece_of(p, eq + 1, end);

	for (unsigned i = 0; i < sizeof options / sizeof options[0]; i++) {
		if (!is_word(&name, options[i].name))
			continue;
		if (p->given & 1U << i)
			return fail_at(
			    p, name.at, "this option is given twice");
		p->given |= 1U << i;
		if (v.len == 0)
			return fail_at(
			    p, eq + 1, "the value behind '=' is missing");
		p->at = end;
		return options[i].take(p, &v);
	}
	return fail_at(p, name.at,
	    "not an option: POOL, TLS, AUTH, HELO, BIND, RATE, CONCURRENCY, "
	    "MAXRCPT, IDLE or KEEPALIVE");
}

static int
take_item(struct parse *p)
{
	size_t end, eq;

	skip_blanks(p);
	end = find(p, p->at, ";");
	eq = find(p, p->at, "=;");
	if (p->at == end && p->f->targets > 0)
		return fail_at(p, p->at,
		    "a further host or an option must follow the ';'");
	if (eq == end)
		return take_target(p);
	if (p->f->targets == 0)
		return fail_at(
		    p, p->at, "a host must stand before the options");
	return take_option(p, eq, end);
}

/* What options say together. */
static int
check(const struct parse *p)
{
	const struct forward *f = p->f;
	enum forward_kind other;

	if (f->auth.len && f->tls == TLS_NONE)
		return fail_at(p,
		    p->auth_at > p->tls_at ? p->auth_at : p->tls_at,
		    "AUTH= needs TLS: a password is never sent in clear");
	if (f->bind.len == 0)
		return 0;
	other =
	    memchr(f->bind.s, ':', f->bind.len) ? FORWARD_IPV4 : FORWARD_IPV6;
	for (size_t i = 0; i < f->targets; i++)
		if (f->target[i].kind == other)
			return fail_at(p, p->bind_at,
			    "IPv4 and IPv6: from this address a host of this "
			    "value cannot be reached");
	return 0;
}

static int
parse(struct forward *f, int one, const char *s, size_t len, struct where *w)
{
	struct forward got = {.count = 1, .pools = FORWARD_ALL_POOLS};
	struct parse p = {.f = &got, .s = s, .len = len, .w = w, .one = one};

	for (;;) {
		if (take_item(&p) < 0)
			return -1;
		if (p.at == len)
			break;
		p.at++; /* the ';' */
	}
	if (check(&p) < 0)
		return -1;
	*f = got;
	return 0;
}

int
forward_parse(struct forward *f, const char *s, size_t len, struct where *w)
{
	return parse(f, 0, s, len, w);
}

int
forward_parse_one(struct forward *f, const char *s, size_t len, struct where *w)
{
	return parse(f, 1, s, len, w);
}

int
forward_implicit(const struct forward *f, size_t target)
{
	return f->tls == TLS_IMPLICIT ||
	    (f->tls != TLS_NONE && f->target[target].port == FORWARD_PORT_TLS);
}
