#include "lib/sitevalue.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "lib/addr.h"
#include "lib/num.h"

enum { PROGRAM_MAX = 64 }; /* bytes of a name */

static int
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

size_t
sitevalue_item(const char *s, size_t len, size_t *at, size_t *item)
{
	size_t i = *at;

	while (i < len && is_blank(s[i]))
		i++;
	*item = i;
	while (i < len && !is_blank(s[i]))
		i++;
	*at = i;
	return i - *item;
}

int
sitevalue_marker(const char *s, size_t len)
{
	if (len == 5 && strncasecmp(s, "Hide:", 5) == 0)
		return 'H';
	if (len == 6 && strncasecmp(s, "Quiet:", 6) == 0)
		return 'Q';
	return 0;
}

char
sitevalue_pool(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	return (c >= 'A' && c <= 'Z') || c == '-' ? c : 0;
}

/* "Quiet:joe@host": the marker has to be a word of its own. */
static int
is_glued(const char *s, size_t len)
{
	return (len > 5 && sitevalue_marker(s, 5)) ||
	    (len > 6 && sitevalue_marker(s, 6));
}

static int
address_check(const char *s, size_t len, struct where *w)
{
	stralloc normal = {0};
	int r;

	if (is_glued(s, len))
		return where_set(w, 0,
		    "a marker is a word of its own: \"Quiet: name@host\"");
	r = addr_spec(&normal, s, len, 0, w);
	sa_free(&normal);
	return r;
}

static int
item_check(enum sitevar_item kind, const char *s, size_t len, struct where *w)
{
	const char *comma = memchr(s, ',', len);

	if (kind == SITEVAR_ANY || kind == SITEVAR_SPAM ||
	    kind == SITEVAR_FILTER ||
	    (kind == SITEVAR_MARKED && sitevalue_marker(s, len)))
		return 0;
	if (comma)
		return where_set(w, (size_t)(comma - s),
		    "items are separated by blanks, not by ','");
	if (kind == SITEVAR_HOSTS ||
	    (kind == SITEVAR_PEERS && !memchr(s, '@', len)))
		return forward_name(s, len, w);
	if (kind == SITEVAR_POOLS)
		return len == 1 && sitevalue_pool(s[0])
		    ? 0
		    : where_set(w, 0, "not a pool: A to Z or -");
	return address_check(s, len, w);
}

/* Behind Quiet: nobody is told anything; somebody has to be. */
static int
marked_check(const char *s, size_t len, struct where *w)
{
	size_t at = 0, item, n;

	while ((n = sitevalue_item(s, len, &at, &item)) != 0) {
		int mark = sitevalue_marker(s + item, n);

		if (mark == 0)
			return 0;
		if (mark == 'Q')
			return where_set(w, item,
			    "no address stands before Quiet:, so nobody would "
			    "get notices");
	}
	return where_set(w, 0, "it holds no address");
}

static int
list_read(struct sitevalue *out, const struct sitevar *v, const char *s,
    size_t len, struct where *w)
{
	size_t at = 0, item, n;
	uint64_t count = 0;

	while ((n = sitevalue_item(s, len, &at, &item)) != 0) {
		struct where in = {0, NULL};

		if (item_check(v->item, s + item, n, &in) < 0)
			return where_set(w, item + in.at, in.why);
		if (++count > v->max)
			return where_set(w, item, "too many items");
	}
	if (count < v->min)
		return where_set(w, 0, "too few items");
	if (v->item == SITEVAR_MARKED && marked_check(s, len, w) < 0)
		return -1;
	out->n = count;
	return 0;
}

/* Is it one of the words the variable allows besides? */
static int
is_listed(const char *words, const char *s, size_t len)
{
	size_t all = strlen(words), at = 0, item, n;

	while ((n = sitevalue_item(words, all, &at, &item)) != 0)
		if (n == len && strncasecmp(words + item, s, n) == 0)
			return 1;
	return 0;
}

static int
word_read(const struct sitevar *v, const char *s, size_t len, struct where *w)
{
	if (len == 0)
		return where_set(w, 0, "a word is missing");
	for (size_t i = 0; i < len; i++)
		if (is_blank(s[i]))
			return where_set(w, i, "more than one word");
	if (v->words && !is_listed(v->words, s, len))
		return where_set(w, 0, "not one of the words allowed");
	return 0;
}

static const char *
why_not_a_quantity(enum sitevar_kind kind)
{
	switch (kind) {
	case SITEVAR_BYTES:
		return "not a size (a number, then nothing, K, M or G)";
	case SITEVAR_DURATION:
		return "not a duration (a number, then ms, s, m, h or d)";
	case SITEVAR_BOOLEAN:
		return "neither 0 nor 1";
	default:
		return "not a number";
	}
}

static int
quantity_read(struct sitevalue *out, const struct sitevar *v, const char *s,
    size_t len, struct where *w)
{
	uint64_t n = 0;
	int r;

	if (v->words && is_listed(v->words, s, len)) {
		out->n = 0;
		return 0;
	}
	if (v->kind == SITEVAR_BYTES)
		r = num_bytes(&n, s, len);
	else if (v->kind == SITEVAR_DURATION)
		r = num_duration_ms(&n, s, len);
	else
		r = num_u64(&n, s, len, UINT64_MAX);
	if (r < 0 && errno != ERANGE)
		return where_set(w, 0, why_not_a_quantity(v->kind));
	if (r < 0 || n > v->max)
		return where_set(w, 0, "too large");
	if (n < v->min)
		return where_set(w, 0, "too small");
	out->n = n;
	return 0;
}

static int
path_read(const char *s, size_t len, struct where *w)
{
	if (len == 0 || s[0] != '/')
		return where_set(w, 0, "not a path that begins with '/'");
	if (len >= PATH_MAX)
		return where_set(w, PATH_MAX - 1, "too long");
	return 0;
}

/* LISTSERV's exits have a name; its form keeps it inside of their directory. */
static int
program_read(const char *s, size_t len, struct where *w)
{
	if (len > 0 && s[0] == '/')
		return path_read(s, len, w);
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(s[i]))
			return where_set(w, i,
			    "a name has letters and digits only, a path "
			    "begins with '/'");
	if (len == 0)
		return where_set(w, 0, "a name is missing");
	if (len > PROGRAM_MAX)
		return where_set(w, PROGRAM_MAX, "too long");
	return 0;
}

static int
forward_read(struct sitevalue *out, const struct sitevar *v, const char *s,
    size_t len, struct where *w)
{
	int r = v->flags & SITEVAR_NUMBERED
	    ? forward_parse(&out->forward, s, len, w)
	    : forward_parse_one(&out->forward, s, len, w);

	if (r == 0)
		out->n = out->forward.pools;
	return r;
}

/* TABLELESS is the only word that another one follows. */
static int
runmode_read(struct sitevalue *out, const char *s, size_t len, struct where *w)
{
	static const char *const alone[] = {"NETWORKED", "STANDALONE"};
	size_t at = 0, item, n = sitevalue_item(s, len, &at, &item);
	struct bytes word = {s + item, n};
	size_t host;

	out->n = bytes_same(word, alone[1]) ? 1 : 0;
	n = sitevalue_item(s, len, &at, &host);
	if (bytes_among(word, alone, 2)) {
		out->host = (struct bytes){"", 0};
		return n ? where_set(w, host, "nothing may follow this word")
			 : 0;
	}
	if (!bytes_same(word, "TABLELESS"))
		return where_set(
		    w, item, "not NETWORKED, TABLELESS host or STANDALONE");
	if (n == 0)
		return where_set(
		    w, len, "the name of a host has to follow TABLELESS");
	out->host = (struct bytes){s + host, n};
	if (forward_name(s + host, n, w) < 0) {
		if (w)
			w->at += host;
		return -1;
	}
	if (sitevalue_item(s, len, &at, &item))
		return where_set(w, item, "one host is enough");
	return 0;
}

int
sitevalue_read(struct sitevalue *out, const struct sitevar *v, const char *s,
    size_t len, struct where *w)
{
	switch (v->kind) {
	case SITEVAR_TEXT:
		return 0;
	case SITEVAR_WORD:
		return word_read(v, s, len, w);
	case SITEVAR_LIST:
		return list_read(out, v, s, len, w);
	case SITEVAR_HOST:
		return forward_name(s, len, w);
	case SITEVAR_PATH:
		return path_read(s, len, w);
	case SITEVAR_PROGRAM:
		return program_read(s, len, w);
	case SITEVAR_FORWARD:
		return forward_read(out, v, s, len, w);
	case SITEVAR_BANDWIDTH:
		return limits_rate_parse(&out->limits, s, len, w);
	case SITEVAR_RATE:
		return limits_message_parse(&out->limits, s, len, w);
	case SITEVAR_LOOPCHECK:
		return loopcheck_parse(&out->loop, s, len, w);
	case SITEVAR_RUNMODE:
		return runmode_read(out, s, len, w);
	case SITEVAR_NUMBER:
	case SITEVAR_BYTES:
	case SITEVAR_DURATION:
	case SITEVAR_BOOLEAN:
		return quantity_read(out, v, s, len, w);
	default:
		return where_set(w, 0, "of no known kind");
	}
}
