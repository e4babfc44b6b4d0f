#include "lib/limits.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "lib/sitevalue.h"

enum {
	DIGITS = 9, /* before the point */
	DECIMALS = 6,
};

/* Reads the rate of one item, all of s. */
typedef int rate_reader(
    double *out, const char *s, size_t len, struct where *w);

struct unit {
	const char *name;
	double factor;
};

static size_t
digits(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] >= '0' && s[n] <= '9')
		n++;
	return n;
}

static double
whole(const char *s, size_t len)
{
	double n = 0;

	for (size_t i = 0; i < len; i++)
		n = n * 10 + (s[i] - '0');
	return n;
}

/* "12" or "1.5" at the start of s: the bytes used, 0 with *w. */
static size_t
decimal(double *out, const char *s, size_t len, struct where *w)
{
	size_t n = digits(s, len), more = 0;
	double fraction = 0;

	if (n == 0 || n > DIGITS) {
		where_set(
		    w, 0, n ? "a number has 9 digits at most" : "not a number");
		return 0;
	}
	*out = whole(s, n);
	if (n < len && s[n] == '.') {
		more = digits(s + n + 1, len - n - 1);
		if (more == 0 || more > DECIMALS) {
			where_set(w, n + 1,
			    "1 to 6 digits must follow the decimal point");
			return 0;
		}
		fraction = whole(s + n + 1, more);
		for (size_t i = 0; i < more; i++)
			fraction /= 10;
		*out += fraction;
		more++;
	}
	if (*out <= 0) {
		where_set(w, 0, "a limit is larger than 0");
		return 0;
	}
	return n + more;
}

/* A number and one of the units, which end with an entry without name. */
static int
quantity(double *out, const char *s, size_t len, const struct unit *u,
    const char *why, struct where *w)
{
	double n = 0;
	size_t used = decimal(&n, s, len, w);

	if (used == 0)
		return -1;
	for (; u->name; u++)
		if (strlen(u->name) == len - used &&
		    strncasecmp(u->name, s + used, len - used) == 0) {
			*out = n * u->factor;
			return 0;
		}
	return where_set(w, used, why);
}

static int
bits_per_second(double *out, const char *s, size_t len, struct where *w)
{
	static const struct unit units[] = {
	    {"kbps", 1e3}, {"Mbps", 1e6}, {"Gbps", 1e9}, {NULL, 0}};

	return quantity(
	    out, s, len, units, "kbps, Mbps or Gbps must follow the number", w);
}

int
limits_per_second(double *out, const char *s, size_t len, struct where *w)
{
	static const struct unit units[] = {{"/s", 1}, {"/m", 1.0 / 60},
	    {"/h", 1.0 / 3600}, {"/d", 1.0 / 86400}, {NULL, 0}};

	return quantity(
	    out, s, len, units, "/s, /m, /h or /d must follow the number", w);
}

/* The pools in front of ':', each of which gets the rate. */
static int
set_pools(double *pool, double rate, const char *s, size_t len, struct where *w)
{
	if (len == 0)
		return where_set(
		    w, 0, "pools are missing before ':': A to Z or -");
	for (size_t i = 0; i < len; i++) {
		char c = sitevalue_pool(s[i]);

		if (c == 0)
			return where_set(w, i, "not a pool: A to Z or -");
		if (pool[pool_index(c)] > 0)
			return where_set(w, i, "this pool has a limit already");
		pool[pool_index(c)] = rate;
	}
	return 0;
}

/* "AB:1.5Mbps" or "12Mbps" */
static int
item_parse(double *pool, double *all, const char *s, size_t len,
    rate_reader *reader, struct where *w)
{
	const char *comma = memchr(s, ',', len);
	const char *colon = memchr(s, ':', len);
	size_t skip = colon ? (size_t)(colon - s) + 1 : 0;
	struct where in = {0, NULL};
	double rate = 0;

	if (comma)
		return where_set(w, (size_t)(comma - s),
		    "limits are separated by blanks, decimals by '.'; not "
		    "by ','");
	if (reader(&rate, s + skip, len - skip, &in) < 0)
		return where_set(w, skip + in.at, in.why);
	if (colon)
		return set_pools(pool, rate, s, skip - 1, w);
	if (*all > 0)
		return where_set(w, 0, "the whole server has a limit already");
	*all = rate;
	return 0;
}

static int
list_parse(double *pool, double *all, const char *s, size_t len,
    rate_reader *reader, struct where *w)
{
	double got[POOL_COUNT] = {0}, server = 0;
	size_t at = 0, item, n, items = 0;

	while ((n = sitevalue_item(s, len, &at, &item)) != 0) {
		struct where in = {0, NULL};

		if (item_parse(got, &server, s + item, n, reader, &in) < 0)
			return where_set(w, item + in.at, in.why);
		items++;
	}
	if (items == 0)
		return where_set(w, len, "a limit is missing");
	memcpy(pool, got, sizeof got);
	*all = server;
	return 0;
}

int
limits_rate_parse(struct limits *l, const char *s, size_t len, struct where *w)
{
	return list_parse(l->bps, &l->bps_all, s, len, bits_per_second, w);
}

int
limits_message_parse(
    struct limits *l, const char *s, size_t len, struct where *w)
{
	return list_parse(l->rps, &l->rps_all, s, len, limits_per_second, w);
}
