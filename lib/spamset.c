#include "lib/spamset.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/keyfilter.h"

enum {
	PAIRS_HEAD = 2 * (SPAMTAB_GROUPS + 1), /* bytes of a value under i */
};

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

/* Is this a value under i: in order, and of the length that it says? */
static int
pairs_ok(struct bytes v)
{
	uint32_t last = 0, n;
	size_t i;

	if (v.len < PAIRS_HEAD)
		return 0;
	for (i = 0; i < PAIRS_HEAD; i += 2, last = n) {
		n = get_number(v.s + i, 2);
		if (n < last)
			return 0;
	}
	return v.len == PAIRS_HEAD + (size_t)8 * last;
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
	r = find_key(set, half, (struct bytes){"i", 1}, &value);
	if (r < 0 || (r > 0 && !pairs_ok(value)))
		return protocol();
	half->pairs = r ? value.s : NULL;
	r = find_key(set, half, (struct bytes){"f", 1}, &half->loose);
	if (r < 0)
		return protocol();
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
	const struct spamset_look *look;
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
		if (rec.pattern.len &&
		    !spam_glob(rec.pattern, w->look->address))
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

	key[0] = letter;
	memcpy(key + 1, s, len);
	r = find_key(w->set, w->half, (struct bytes){key, 1 + len}, &value);
	return r > 0 ? try_records(w, value) : r;
}

static int
has(const struct spamset_half *half, enum spam_kind kind)
{
	return (half->has >> kind & 1) != 0;
}

/* Those of the keys for which there may be an entry. */
static int
try_keys(const struct walk *w)
{
	const struct spamset_key *k = w->look->key, *end = k + w->look->n;
	struct bytes filter = w->half->filter;
	int r = 0;

	for (; k < end && r == 0; k++)
		if (has(w->half, k->kind) &&
		    (filter.len == 0 || keyfilter_may_have(filter, k->hash)))
			r = try_key(w, SPAMTAB_LETTERS[k->kind],
			    w->look->address.s + k->at, k->len);
	return r;
}

/* May a pattern whose gram has this bit match, by its other bytes?  A table of
 * an older program does not know. */
static int
may_match(const struct walk *w, uint32_t bit)
{
	const char *p = w->half->pairs;
	size_t group = spamtab_group(bit), i, end;
	uint64_t want;

	if (!p)
		return 1;
	i = get_number(p + 2 * group, 2);
	end = get_number(p + 2 * group + 2, 2);
	for (; i < end; i++) {
		memcpy(&want, p + PAIRS_HEAD + 8 * i, sizeof want);
		if ((le64toh(want) & ~w->look->pairs) == 0)
			return 1;
	}
	return 0;
}

static int
try_grams(const struct walk *w)
{
	struct bytes a = w->look->address;
	const unsigned char *bits = w->half->grams;
	uint32_t bit;
	size_t i;
	int r = 0;

	for (i = 0; i + SPAMTAB_GRAM <= a.len && r == 0; i++) {
		bit = spamtab_gram_bit(a.s + i);
		if (!(bits[bit / 8] >> bit % 8 & 1) || !may_match(w, bit))
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
	int r = try_keys(w);

	if (r == 0 && has(w->half, SPAM_FREE))
		r = try_records(w, w->half->loose);
	if (r == 0 && has(w->half, SPAM_FREE) && w->half->grams)
		r = try_grams(w);
	return r;
}

/* Both halves, those of the variable first. A damaged table does not keep the
 * variable from being looked at. */
static int
walk(struct walk *w)
{
	int r = 0;

	if (!w->look->sign)
		return 0;
	w->half = &w->set->own;
	if (w->half->has)
		r = try_half(w);
	w->half = &w->set->other;
	if (r == 0 && w->half->has)
		r = try_half(w);
	return r;
}

int
spamset_is_empty(const struct spamset *set)
{
	return !set->own.has && !set->other.has;
}

/* Adds the key of a kind that is len bytes from at on. */
static void
add_key(struct spamset_look *look, enum spam_kind kind, size_t at, size_t len)
{
	struct spamset_key *k = &look->key[look->n];
	char key[1 + SPAM_ENTRY_MAX];

	if (len > SPAM_ENTRY_MAX)
		return;
	key[0] = SPAMTAB_LETTERS[kind];
	memcpy(key + 1, look->address.s + at, len);
	k->hash = keyfilter_hash((struct bytes){key, 1 + len});
	k->at = (uint16_t)at;
	k->len = (uint16_t)len;
	k->kind = (uint8_t)kind;
	look->n++;
}

/* In an address that is none there may be more than one '@', and what is
 * written for a user anywhere would match at each. */
static void
add_users(struct spamset_look *look)
{
	size_t i;

	for (i = 0; i < look->address.len; i++)
		if (look->address.s[i] == '@')
			add_key(look, SPAM_USER, 0, i);
}

void
spamset_look(struct spamset_look *look, struct bytes a)
{
	const char *at;
	size_t domain, i;

	if (a.len > SPAMSET_ADDRESS_MAX) {
		a.s += a.len - SPAMSET_ADDRESS_MAX;
		a.len = SPAMSET_ADDRESS_MAX;
	}
	at = a.len ? memrchr(a.s, '@', a.len) : NULL;
	look->address = a;
	look->n = 0;
	look->sign = at != NULL;
	if (!at)
		return;
	domain = (size_t)(at - a.s) + 1;
	look->pairs = spamtab_pairs(a, 0);
	add_key(look, SPAM_ADDRESS, 0, a.len);
	add_key(look, SPAM_DOMAIN, domain, a.len - domain);
	for (i = domain; i < a.len; i++)
		if (a.s[i] == '.')
			add_key(look, SPAM_SUBDOMAINS, i + 1, a.len - i - 1);
	add_users(look);
}

void
spamset_fetch(const struct spamset *set, const struct spamset_look *look)
{
	const struct spamset_key *k = look->key, *end = k + look->n;

	if (set->other.filter.len)
		for (; k < end; k++)
			if (has(&set->other, k->kind))
				keyfilter_fetch(set->other.filter, k->hash);
}

int
spamset_find_looked(const struct spamset *set, const struct spamset_look *look,
    struct spam_hit *hit)
{
	struct walk w = {.set = set, .look = look, .best = hit};

	*hit = (struct spam_hit){.points = 0};
	if (walk(&w) < 0)
		return -1;
	return hit->points != 0;
}

int
spamset_find(
    const struct spamset *set, struct bytes address, struct spam_hit *hit)
{
	struct spamset_look look;

	spamset_look(&look, address);
	return spamset_find_looked(set, &look, hit);
}

int
spamset_each_looked(const struct spamset *set, const struct spamset_look *look,
    int (*fn)(void *arg, const struct spam_hit *hit), void *arg)
{
	struct walk w = {.set = set, .look = look, .fn = fn, .arg = arg};

	return walk(&w);
}

int
spamset_each(const struct spamset *set, struct bytes address,
    int (*fn)(void *arg, const struct spam_hit *hit), void *arg)
{
	struct spamset_look look;

	spamset_look(&look, address);
	return spamset_each_looked(set, &look, fn, arg);
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
