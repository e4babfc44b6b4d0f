#include "lib/netlinks.h"

#include <errno.h>

#include "lib/netname.h"
#include "lib/num.h"

enum { FIELDS = 4, SWITCHES_MAX = 255 };
enum { FIELD_TYPE, FIELD_SPEED, FIELD_RESISTANCE, FIELD_OPTIONS };

/* digits or digits.digits, times 10 to the power of decimals. */
static int
decimal(uint64_t *out, struct bytes s, unsigned decimals, uint64_t max)
{
	const char *point = s.len ? memchr(s.s, '.', s.len) : NULL;
	size_t whole = point ? (size_t)(point - s.s) : s.len;
	size_t rest = point ? s.len - whole - 1 : 0;
	uint64_t n, fraction = 0;

	if (num_u64(&n, s.s, whole, max) < 0)
		return -1;
	if (rest > decimals || (point && rest == 0)) {
		errno = EINVAL;
		return -1;
	}
	if (rest && num_u64(&fraction, point + 1, rest, max) < 0)
		return -1;
	for (size_t i = 0; i < decimals; i++) {
		n *= 10;
		if (i >= rest)
			fraction *= 10;
	}
	n += fraction;
	if (n > max) {
		errno = ERANGE;
		return -1;
	}
	*out = n;
	return 0;
}

int
netlinks_thousandths(uint32_t *out, struct bytes s, uint32_t min, uint32_t max)
{
	uint64_t n;

	if (decimal(&n, s, 3, max) < 0)
		return -1;
	if (n < min) {
		errno = ERANGE;
		return -1;
	}
	*out = (uint32_t)n;
	return 0;
}

static int
parse_type(struct netlink *l, struct bytes s)
{
	uint64_t n = 0;

	if (s.len == 0 || bytes_same(s, "P"))
		return 0;
	if (bytes_same(s, "D")) {
		l->type = NETLINK_D;
		return 0;
	}
	if (!bytes_starts(s, "V") ||
	    num_u64(&n, s.s + 1, s.len - 1, SWITCHES_MAX) < 0)
		return -1;
	l->type = NETLINK_V;
	l->switches = (uint8_t)n;
	return 0;
}

static int
parse_speed(struct netlink *l, struct bytes s)
{
	unsigned decimals = 0;
	uint64_t n;

	if (s.len == 0)
		return 0;
	if (bytes_ends(s, "k"))
		decimals = 3;
	else if (bytes_ends(s, "M"))
		decimals = 6;
	if (decimals)
		s.len--;
	if (decimal(&n, s, decimals, NETWORK_SPEED_MAX) < 0)
		return -1;
	l->speed = (uint32_t)n;
	l->rated = 1;
	return 0;
}

static int
parse_resistance(struct netlink *l, struct bytes s)
{
	if (s.len == 0)
		return 0;
	l->rated = 1;
	return netlinks_thousandths(&l->resistance, s, 1, NETWORK_COST_MAX);
}

/* name(a,b,c,d) into its parts.  What follows the third comma is one. */
static int
split(struct bytes *name, struct bytes field[FIELDS], struct bytes word,
    struct where *w)
{
	const char *open = memchr(word.s, '(', word.len);
	size_t at, end;

	*name = word;
	if (!open)
		return memchr(word.s, ')', word.len)
		    ? where_set(w, 0, "bracket that was not opened")
		    : 0;
	name->len = (size_t)(open - word.s);
	end = word.len - 1;
	if (word.s[end] != ')')
		return where_set(w, end, "link without a closing bracket");
	at = name->len + 1;
	for (int i = 0; i < FIELDS && at <= end; i++) {
		const char *s = word.s + at;
		const char *comma = memchr(s, ',', end - at);
		size_t len =
		    comma && i < FIELD_OPTIONS ? (size_t)(comma - s) : end - at;

		field[i] = (struct bytes){s, len};
		at += len + 1;
	}
	return 0;
}

int
netlinks_parse(
    struct netlink *l, struct bytes *name, struct bytes word, struct where *w)
{
	struct netlink new = {.speed = NETWORK_SPEED};
	struct bytes field[FIELDS] = {{"", 0}, {"", 0}, {"", 0}, {"", 0}};

	if (word.len == 0)
		return where_set(w, 0, "no link");
	if (split(name, field, word, w) < 0)
		return -1;
	if (!netname_token(*name))
		return where_set(w, 0, "link to what is no name of a node");
	if (parse_type(&new, field[FIELD_TYPE]) < 0)
		return where_set(w, (size_t)(field[FIELD_TYPE].s - word.s),
		    "type of a link is not P, D or V and a number");
	if (parse_speed(&new, field[FIELD_SPEED]) < 0)
		return where_set(w, (size_t)(field[FIELD_SPEED].s - word.s),
		    "speed of a link is not 0 to 1000M");
	if (parse_resistance(&new, field[FIELD_RESISTANCE]) < 0)
		return where_set(w,
		    (size_t)(field[FIELD_RESISTANCE].s - word.s),
		    "resistance of a link is not 0.001 to 99999.999");
	new.oneway = memchr(field[FIELD_OPTIONS].s, 'A',
			 field[FIELD_OPTIONS].len) != NULL ||
	    memchr(field[FIELD_OPTIONS].s, 'a', field[FIELD_OPTIONS].len) !=
		NULL;
	w->at = field[FIELD_OPTIONS].len > new.oneway;
	*l = new;
	return 0;
}

static int
add_one(const struct netread *r, const struct nettag_entry *e,
    const struct nettag *t, struct bytes word, uint32_t from)
{
	struct netlink l;
	struct bytes name;
	struct where w;

	if (netlinks_parse(&l, &name, word, &w) < 0) {
		netread_say(r, NETDIAG_ERROR, e, t, w.why, word);
		return 0;
	}
	if (w.at)
		netread_say(r, NETDIAG_WARNING, e, t,
		    "unknown options of a link; they are left out", word);
	l.place = netread_place(e, t);
	if (network_add_link(r->n, from, name, &l) == 0)
		return 0;
	return netread_refused(r, e, t, "link to what is no name of a node",
	    NETDIAG_ERROR, NULL, word);
}

int
netlinks_add(const struct netread *r, const struct nettag_entry *e, unsigned id,
    uint32_t from)
{
	for (size_t i = 0; i < e->ntags; i++) {
		struct bytes data = e->tag[i].data, word;

		while (e->tag[i].id == id && (word = nettag_word(&data)).len)
			if (add_one(r, e, &e->tag[i], word, from) < 0)
				return -1;
	}
	return 0;
}
