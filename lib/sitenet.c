#include "lib/addr.h"
#include "lib/siteload.h"

static int
load_runmode(struct site *s, const struct table *t)
{
	struct sitevalue v = {.n = 0};
	struct bytes text;

	if (siteload_value(t, "RUNMODE", &text, &v) < 0)
		return -1;
	s->standalone = v.n == 1;
	s->tableless = siteload_keep(s, v.host.s, v.host.len);
	return s->tableless ? 0 : -1;
}

/* Items between blanks; "" when the variable is not set. */
static int
load_items(
    const char **out, struct site *s, const struct table *t, const char *name)
{
	struct sitevalue v = {.n = 0};
	struct bytes text = {"", 0};

	if (siteload_if_set(t, name, &text, &v) < 0)
		return -1;
	*out = siteload_keep(s, text.s, text.len);
	return *out ? 0 : -1;
}

int
siteload_network(struct site *s, const struct table *t)
{
	return load_runmode(s, t) < 0 ||
		load_items(&s->dist2_unsigned, s, t, "DIST2_UNSIGNED") < 0 ||
		load_items(&s->dist_allowed, s, t, "DIST_ALLOWED_USERS") < 0
	    ? -1
	    : 0;
}

int
site_trusts(const struct site *s, struct bytes address)
{
	size_t host = addr_at(address.s, address.len) + 1, at = 0, item, n;
	const char *all = s->dist2_unsigned;

	if (host > address.len) /* no '@', so no address */
		return 0;
	while ((n = sitevalue_item(all, strlen(all), &at, &item)) != 0) {
		int whole = memchr(all + item, '@', n) != NULL;
		size_t from = whole ? 0 : host;

		if (n == address.len - from &&
		    strncasecmp(all + item, address.s + from, n) == 0)
			return 1;
	}
	return 0;
}

int
site_dist_allows(const struct site *s, struct bytes address)
{
	const char *all = s->dist_allowed;
	size_t at = 0, item, n;

	while ((n = sitevalue_item(all, strlen(all), &at, &item)) != 0)
		if (addr_same(all + item, n, address.s, address.len))
			return 1;
	return 0;
}
