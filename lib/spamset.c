#include "lib/spamset.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/keyfilter.h"

static int
protocol(void)
{
	errno = EPROTO;
	return -1;
}

/* --- finding keys ----------------------------------------------------------- */

static int
compare(struct bytes a, struct bytes b)
{
	int r = memcmp(a.s, b.s, a.len < b.len ? a.len : b.len);

	return r ? r : a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

static int
by_key(const void *a, const void *b)
{
	const struct spamset_pair *x = a, *y = b;

	return compare(x->key, y->key);
}

static int
find_pair(const struct spamset *set, struct bytes key, struct bytes *value)
{
	const struct spamset_pair *found, want = {key, {NULL, 0}};

	if (set->npair == 0)
		return 0;
	found = bsearch(&want, set->pair, set->npair, sizeof want, by_key);
	if (!found)
		return 0;
	*value = found->value;
	return 1;
}

/* The value of a key: 1, 0, or -1 with EPROTO. */
static int
find_key(const struct spamset *set, const struct spamset_half *half,
    struct bytes key, struct bytes *value)
{
	if (half == &set->own)
		return find_pair(set, key, value);
	if (!set->table.cdb)
		return 0;
	return table_find(&set->table, key.s, key.len, &value->s, &value->len);
}

static uint32_t
get_number(const char *s, size_t size)
{
	uint32_t n = 0;

	while (size-- > 0)
		n = n << 8 | (unsigned char)s[size];
	return n;
}

/* Fills in what is known of a half: is it of this version? */
static int
half_read(const struct spamset *set, struct spamset_half *half)
{
	static const char format[] = SPAMTAB_FORMAT;
	const size_t start = sizeof format - 1;
	struct bytes value;
	unsigned has = 0;
	size_t i;
	int r = find_key(set, half, (struct bytes){"h", 1}, &value);

	if (r < 0 || r == 0 || value.len != start + (size_t)4 * SPAM_KINDS ||
	    memcmp(value.s, format, start) != 0)
		return protocol();
	for (i = 0; i < SPAM_KINDS; i++)
		if (get_number(value.s + start + 4 * i, 4))
			has |= 1U << i;
	r = find_key(set, half, (struct bytes){"b", 1}, &value);
	if (r < 0 || (r > 0 && value.len != SPAMTAB_BITS / 8))
		return protocol();
	half->has = has;
	half->grams = r ? (const unsigned char *)value.s : NULL;
	r = find_key(set, half, (struct bytes){"x", 1}, &half->filter);
	if (r < 0 || (r > 0 && !keyfilter_ok(half->filter)))
		return protocol();
	return 0;
}

/* --- finding entries -------------------------------------------------------- */

/* struct walk - a search for entries
 *
 * best    for spamset_find: what is found; then only what has more points is
 *         looked at. NULL for spamset_each
 */
struct walk {
	const struct spamset *set;
	const struct spamset_half *half;
	struct bytes address;
	struct spam_hit *best;
	int (*fn)(void *arg, const struct spam_hit *hit);
	void *arg;
};

/* struct record - one of those that a value is made of */
struct record {
	struct spam_hit hit;
	struct bytes pattern;
};

/* Takes the first record off a value. */
static int
take_record(struct bytes *value, struct record *r)
{
	const char *s = value->s;
	size_t plen, tlen;

	if (value->len < SPAMTAB_RECORD)
		return protocol();
	plen = get_number(s + 5, 2);
	tlen = get_number(s + 7, 2);
	if (value->len - SPAMTAB_RECORD < plen + tlen || s[0] == 0)
		return protocol();
	r->hit.points = get_number(s, 1);
	r->hit.line = get_number(s + 1, 4);
	s += SPAMTAB_RECORD;
	r->pattern = (struct bytes){s, plen};
	r->hit.entry = (struct bytes){s + plen, tlen};
	s += plen + tlen;
	value->len -= (size_t)(s - value->s);
	value->s = s;
	return 0;
}

/* Goes through the records of a value. Those behind one with too few points
 * have no more than it. Returns 0 to go on. */
static int
try_records(const struct walk *w, struct bytes value)
{
	struct record rec;
	int r;

	while (value.len) {
		if (take_record(&value, &rec) < 0)
			return -1;
		if (w->best && rec.hit.points <= w->best->points)
			return 0;
		if (rec.pattern.len && !spam_glob(rec.pattern, w->address))
			continue;
		if (w->best) {
			*w->best = rec.hit;
			return 0;
		}
		r = w->fn(w->arg, &rec.hit);
		if (r != 0)
			return r;
	}
	return 0;
}

/* Tries what stands under a letter and len bytes at s. */
static int
try_key(const struct walk *w, char letter, const char *s, size_t len)
{
	char key[1 + SPAM_ENTRY_MAX];
	struct bytes value;
	int r;

	if (len > SPAM_ENTRY_MAX)
		return 0;
	key[0] = letter;
	memcpy(key + 1, s, len);
	if (w->half->filter.len &&
	    !keyfilter_may_hold(w->half->filter, (struct bytes){key, 1 + len}))
		return 0;
	r = find_key(w->set, w->half, (struct bytes){key, 1 + len}, &value);
	return r > 0 ? try_records(w, value) : r;
}

static int
has(const struct walk *w, enum spam_kind kind)
{
	return (w->half->has >> kind & 1) != 0;
}

/* What is written for all below a domain: each of its parents. */
static int
try_parents(const struct walk *w, struct bytes domain)
{
	size_t i;
	int r = 0;

	for (i = 0; i < domain.len && r == 0; i++)
		if (domain.s[i] == '.')
			r = try_key(
			    w, 's', domain.s + i + 1, domain.len - i - 1);
	return r;
}

/* What is written for a user anywhere. In an address that is none there may be
 * more than one '@', and a pattern would match at each. */
static int
try_users(const struct walk *w)
{
	struct bytes a = w->address;
	size_t i;
	int r = 0;

	for (i = 0; i < a.len && r == 0; i++)
		if (a.s[i] == '@')
			r = try_key(w, 'u', a.s, i);
	return r;
}

static int
try_grams(const struct walk *w)
{
	struct bytes a = w->address;
	const unsigned char *bits = w->half->grams;
	uint32_t bit;
	size_t i;
	int r = 0;

	for (i = 0; i + SPAMTAB_GRAM <= a.len && r == 0; i++) {
		bit = spamtab_gram_bit(a.s + i);
		if (!(bits[bit / 8] >> bit % 8 & 1))
			continue;
		/* each one once, wherever it stands */
		if (memmem(a.s, i + SPAMTAB_GRAM - 1, a.s + i, SPAMTAB_GRAM))
			continue;
		r = try_key(w, 'g', a.s + i, SPAMTAB_GRAM);
	}
	return r;
}

static int
try_half(const struct walk *w)
{
	struct bytes a = w->address, domain;
	const char *at = a.len ? memrchr(a.s, '@', a.len) : NULL;
	int r = 0;

	if (!at)
		return 0;
	domain.s = at + 1;
	domain.len = (size_t)(a.s + a.len - domain.s);
	if (has(w, SPAM_ADDRESS))
		r = try_key(w, 'a', a.s, a.len);
	if (r == 0 && has(w, SPAM_DOMAIN))
		r = try_key(w, 'd', domain.s, domain.len);
	if (r == 0 && has(w, SPAM_SUBDOMAINS))
		r = try_parents(w, domain);
	if (r == 0 && has(w, SPAM_USER))
		r = try_users(w);
	if (r == 0 && has(w, SPAM_FREE))
		r = try_key(w, 'f', "", 0);
	if (r == 0 && has(w, SPAM_FREE) && w->half->grams)
		r = try_grams(w);
	return r;
}

/* Both halves, those of the variable first. A damaged table does not keep the
 * variable from being looked at. */
static int
walk(struct walk *w, const struct spamset *set, struct bytes address)
{
	int r = 0;

	if (address.len > SPAMSET_ADDRESS_MAX) {
		address.s += address.len - SPAMSET_ADDRESS_MAX;
		address.len = SPAMSET_ADDRESS_MAX;
	}
	w->set = set;
	w->address = address;
	w->half = &set->own;
	if (w->half->has)
		r = try_half(w);
	w->half = &set->other;
	if (r == 0 && w->half->has)
		r = try_half(w);
	return r;
}

int
spamset_is_empty(const struct spamset *set)
{
	return !set->own.has && !set->other.has;
}

int
spamset_find(
    const struct spamset *set, struct bytes address, struct spam_hit *hit)
{
	struct walk w = {.best = hit};

	*hit = (struct spam_hit){.points = 0};
	if (walk(&w, set, address) < 0)
		return -1;
	return hit->points != 0;
}

int
spamset_each(const struct spamset *set, struct bytes address,
    int (*fn)(void *arg, const struct spam_hit *hit), void *arg)
{
	struct walk w = {.fn = fn, .arg = arg};

	return walk(&w, set, address);
}

/* --- filling ---------------------------------------------------------------- */

int
spamset_add(struct spamset *set, const char *s, size_t len, struct where *w)
{
	return spamtab_add(&set->building, s, len, 0, w);
}

/* struct sizes - what spamset_seal needs memory for */
struct sizes {
	size_t pairs, bytes;
};

static int
add_sizes(void *arg, struct bytes key, struct bytes value)
{
	struct sizes *n = arg;

	n->pairs++;
	n->bytes += key.len + value.len;
	return 0;
}

/* A copy behind what is in the text of a set, which has room for it. */
static struct bytes
copy(struct spamset *set, struct bytes b)
{
	struct bytes at = {set->text.s + set->text.len, b.len};

	memcpy(set->text.s + set->text.len, b.s, b.len);
	set->text.len += b.len;
	return at;
}

static int
add_pair(void *arg, struct bytes key, struct bytes value)
{
	struct spamset *set = arg;
	struct spamset_pair *p = &set->pair[set->npair++];

	p->key = copy(set, key);
	p->value = copy(set, value);
	return 0;
}

int
spamset_seal(struct spamset *set)
{
	struct sizes n = {0, 0};

	if (spamtab_each(&set->building, add_sizes, &n) < 0)
		return -1;
	set->pair = calloc(n.pairs, sizeof *set->pair);
	if (!set->pair || !stralloc_ready(&set->text, n.bytes)) {
		errno = ENOMEM;
		return -1;
	}
	if (spamtab_each(&set->building, add_pair, set) < 0)
		return -1;
	spamtab_free(&set->building);
	qsort(set->pair, set->npair, sizeof *set->pair, by_key);
	return half_read(set, &set->own);
}

/* The table at set->path, in the place of the one in use. */
static int
open_table(struct spamset *set)
{
	struct spamset new = {.npair = 0};
	int e;

	if (table_open(&new.table, set->path) < 0)
		return -1;
	if (half_read(&new, &new.other) < 0) {
		e = errno;
		table_close(&new.table);
		errno = e;
		return -1;
	}
	table_close(&set->table);
	set->table = new.table;
	set->other = new.other;
	return 0;
}

int
spamset_table(struct spamset *set, const char *path)
{
	char *mine = NULL;

	if (path) {
		mine = strdup(path);
		if (!mine)
			return -1;
	}
	free(set->path);
	set->path = mine;
	table_close(&set->table);
	set->other = (struct spamset_half){0};
	return mine ? open_table(set) : 0;
}

int
spamset_refresh(struct spamset *set)
{
	struct stat st;

	if (!set->path)
		return 0;
	if (set->table.cdb) {
		if (stat(set->path, &st) < 0)
			return -1;
		if (table_same(&st, &set->table.seen))
			return 0;
	}
	return open_table(set) < 0 ? -1 : 1;
}

void
spamset_free(struct spamset *set)
{
	spamtab_free(&set->building);
	free(set->pair);
	sa_free(&set->text);
	table_close(&set->table);
	free(set->path);
	*set = (struct spamset){.npair = 0};
}
