#include "lib/spamtab.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "lib/keyfilter.h"
#include "lib/table.h"

enum {
	WORD = 8, /* bytes of the pairs of a pattern */
	UNIT = 8, /* bytes; places in the arena are counted in them */
	ARENA_FIRST = 65536,
	ORDER_FIRST = 1024,
	CDB_HEAD = 2048,  /* bytes of a table without entries */
	CDB_PER_KEY = 24, /* bytes of an entry besides its key and value */
	HEAD_VALUE = sizeof SPAMTAB_FORMAT - 1 + sizeof(uint32_t[SPAM_KINDS]),
};

/* struct item - an entry in the arena
 *
 * s       its key with the letter before it, and then its text
 */
struct item {
	uint32_t line;
	uint16_t klen, tlen;
	uint8_t points;
	char s[];
};

/* struct loose - a free pattern and its rarest gram; NULL when it has none */
struct loose {
	const struct item *item;
	const char *gram;
};

static const struct item *
item_at(const struct spamtab *t, uint32_t place)
{
	const void *p = t->arena + (size_t)place * UNIT;

	return p;
}

static struct bytes
key_of(const struct item *it)
{
	return (struct bytes){it->s, it->klen};
}

static struct bytes
text_of(const struct item *it)
{
	return (struct bytes){it->s + it->klen, it->tlen};
}

/* Of a free one: its key without the letter. */
static struct bytes
pattern_of(const struct item *it)
{
	return (struct bytes){it->s + 1, (size_t)it->klen - 1};
}

/* Makes room for n more things of a size; 0, or -1 without memory. */
static int
grow(void **p, size_t used, size_t *room, size_t n, size_t size, size_t first)
{
	size_t want = *room ? *room : first;
	void *new;

	if (n <= *room - used)
		return 0;
	while (want - used < n)
		want *= 2;
	new = reallocarray(*p, want, size);
	if (!new)
		return -1;
	*p = new;
	*room = want;
	return 0;
}

static int
grow_arena(struct spamtab *t, size_t n)
{
	void *p = t->arena;
	int r = grow(&p, t->used, &t->arena_room, n, 1, ARENA_FIRST);

	t->arena = p;
	/* a place is 32 bits */
	return t->used / UNIT > UINT32_MAX - 1 ? -1 : r;
}

static int
grow_order(struct spamtab *t)
{
	void *p = t->order;
	int r =
	    grow(&p, t->n, &t->order_room, 1, sizeof *t->order, ORDER_FIRST);

	t->order = p;
	return r;
}

static int
room_for(struct spamtab *t, enum spam_kind kind, size_t size)
{
	if (grow_arena(t, size) < 0)
		return -1;
	if (kind != SPAM_FREE)
		return grow_order(t);
	if (!t->loose)
		t->loose = calloc(SPAMTAB_FREE_MAX, sizeof *t->loose);
	return t->loose ? 0 : -1;
}

static void
put_item(struct spamtab *t, const struct spam_entry *e, struct bytes text,
    uint32_t line)
{
	void *p = t->arena + t->used;
	struct item *it = p;

	it->line = line;
	it->points = (uint8_t)e->points;
	it->klen = (uint16_t)(1 + e->key.len);
	it->tlen = (uint16_t)text.len;
	it->s[0] = SPAMTAB_LETTERS[e->kind];
	memcpy(it->s + 1, e->key.s, e->key.len);
	memcpy(it->s + it->klen, text.s, text.len);
}

int
spamtab_add(struct spamtab *t, const char *s, size_t len, uint32_t line,
    struct where *w)
{
	struct spam_entry e;
	uint32_t place;
	size_t size;

	if (spam_entry_parse(&e, &t->room, s, len, w) < 0)
		return -1;
	if (e.kind == SPAM_FREE && t->nloose == SPAMTAB_FREE_MAX)
		return where_set(w, 0,
		    "more than 10000 entries with a '*' other than in "
		    "*@domain, *@*.domain and user@*");
	size = offsetof(struct item, s) + 1 + e.key.len + len;
	size = (size + UNIT - 1) / UNIT * UNIT;
	if (room_for(t, e.kind, size) < 0) {
		errno = ENOMEM;
		return where_set(w, 0, "out of memory");
	}
	place = (uint32_t)(t->used / UNIT);
	put_item(t, &e, (struct bytes){s, len}, line);
	t->used += size;
	t->count[e.kind]++;
	if (e.kind == SPAM_FREE)
		t->loose[t->nloose++] = place;
	else
		t->order[t->n++].n = place;
	return 0;
}

static void
put_number(char *out, uint32_t n, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		out[i] = (char)(n >> 8 * i & 0xff);
}

static void
put_word(char *out, uint64_t n)
{
	n = htole64(n);
	memcpy(out, &n, sizeof n);
}

static int
put_record(stralloc *out, const struct item *it, struct bytes pattern)
{
	struct bytes text = text_of(it);
	char head[SPAMTAB_RECORD];

	put_number(head, it->points, 1);
	put_number(head + 1, it->line, 4);
	put_number(head + 5, (uint32_t)pattern.len, 2);
	put_number(head + 7, (uint32_t)text.len, 2);
	if (sa_put(out, head, sizeof head) < 0 ||
	    sa_put(out, pattern.s, pattern.len) < 0)
		return -1;
	return sa_put(out, text.s, text.len);
}

/* For keysort. */
static struct bytes
key_at(void *arg, uint32_t n)
{
	return key_of(item_at(arg, n));
}

static int
same(struct bytes a, struct bytes b)
{
	return a.len == b.len && memcmp(a.s, b.s, a.len) == 0;
}

/* struct out - where keys and values go
 *
 * filter  the value under x, filling up
 * value   room for the next one
 */
struct out {
	int (*fn)(void *arg, struct bytes key, struct bytes value);
	void *arg;
	struct keyfilter filter;
	stralloc value;
};

/* A key and its value, on the way to the caller. */
static int
put_pair(struct out *o, struct bytes key, struct bytes value)
{
	keyfilter_add(&o->filter, key);
	return o->fn(o->arg, key, value);
}

/* Puts out all that are not free. */
static int
each_exact(struct spamtab *t, struct out *o)
{
	const struct item *best, *it;
	size_t i = 0;

	if (t->n)
		keysort(t->order, t->n, key_at, t);
	while (i < t->n) {
		best = item_at(t, t->order[i].n);
		for (i++; i < t->n; i++) {
			it = item_at(t, t->order[i].n);
			if (!same(key_of(it), key_of(best)))
				break;
			if (it->points > best->points)
				best = it;
		}
		o->value.len = 0;
		if (put_record(&o->value, best, (struct bytes){"", 0}) < 0 ||
		    put_pair(o, key_of(best),
			(struct bytes){o->value.s, o->value.len}) < 0)
			return -1;
	}
	return 0;
}

/* More points first, and then what was added first. */
static int
by_points(const struct item *a, const struct item *b)
{
	if (a->points != b->points)
		return a->points > b->points ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int
by_pattern(const void *a, const void *b)
{
	const struct loose *x = a, *y = b;
	struct bytes p = pattern_of(x->item), q = pattern_of(y->item);
	int r = memcmp(p.s, q.s, p.len < q.len ? p.len : q.len);

	if (r == 0 && p.len != q.len)
		r = p.len < q.len ? -1 : 1;
	return r ? r : by_points(x->item, y->item);
}

static int
by_gram(const void *a, const void *b)
{
	const struct loose *x = a, *y = b;
	int r = 0;

	if (x->gram && y->gram)
		r = memcmp(x->gram, y->gram, SPAMTAB_GRAM);
	else if (x->gram || y->gram)
		r = x->gram ? 1 : -1;
	return r ? r : by_points(x->item, y->item);
}

/* The free patterns, none twice; their number. */
static size_t
gather(struct spamtab *t, struct loose *l)
{
	size_t i, n = 0;

	for (i = 0; i < t->nloose; i++)
		l[i] = (struct loose){item_at(t, t->loose[i]), NULL};
	qsort(l, t->nloose, sizeof *l, by_pattern);
	for (i = 0; i < t->nloose; i++)
		if (n == 0 ||
		    !same(pattern_of(l[i].item), pattern_of(l[n - 1].item)))
			l[n++] = l[i];
	return n;
}

_Static_assert(SPAMTAB_BITS == 1 << (32 - 15), "bits of a gram");

uint64_t
spamtab_pairs(struct bytes text, int pattern)
{
	uint64_t bits = 0;
	uint32_t pair;
	size_t i;

	for (i = 1; i < text.len; i++) {
		if (pattern && (text.s[i - 1] == '*' || text.s[i] == '*'))
			continue;
		pair = (uint32_t)(unsigned char)text.s[i - 1] << 8 |
		    (unsigned char)text.s[i];
		bits |= 1ULL << (pair * 0x9e3779b1U >> 26);
	}
	return bits;
}

/* Calls fn with each gram of a pattern. */
static void
each_gram(struct loose *l, uint32_t *tally,
    void (*fn)(struct loose *l, const char *gram, uint32_t *tally))
{
	struct bytes p = pattern_of(l->item);
	size_t i;

	for (i = 0; i + SPAMTAB_GRAM <= p.len; i++)
		if (!memchr(p.s + i, '*', SPAMTAB_GRAM))
			fn(l, p.s + i, tally);
}

static void
count_gram(struct loose *l, const char *gram, uint32_t *tally)
{
	(void)l;
	tally[spamtab_gram_bit(gram)]++;
}

static void
choose_gram(struct loose *l, const char *gram, uint32_t *tally)
{
	if (!l->gram ||
	    tally[spamtab_gram_bit(gram)] < tally[spamtab_gram_bit(l->gram)])
		l->gram = gram;
}

/* Gives each pattern the gram that the fewest patterns have: the fewer there
 * are under one, the fewer have to be compared when an address holds it. */
static int
choose_grams(struct loose *l, size_t n)
{
	uint32_t *tally = calloc(SPAMTAB_BITS, sizeof *tally);
	size_t i;

	if (!tally)
		return -1;
	for (i = 0; i < n; i++)
		each_gram(&l[i], tally, count_gram);
	for (i = 0; i < n; i++)
		each_gram(&l[i], tally, choose_gram);
	free(tally);
	return 0;
}

static int
same_gram(const struct loose *a, const struct loose *b)
{
	if (!a->gram || !b->gram)
		return !a->gram && !b->gram;
	return memcmp(a->gram, b->gram, SPAMTAB_GRAM) == 0;
}

static int
put_group(stralloc *value, const struct loose *l, size_t n, size_t *i)
{
	size_t first = *i;

	value->len = 0;
	for (; *i < n && same_gram(&l[first], &l[*i]); ++*i)
		if (put_record(value, l[*i].item, pattern_of(l[*i].item)) < 0)
			return -1;
	return 0;
}

/* Puts the patterns out in the order of their grams, and fills in bits. */
static int
each_group(const struct loose *l, size_t n, char *bits, struct out *o)
{
	char key[1 + SPAMTAB_GRAM];
	const char *gram;
	size_t i = 0;
	uint32_t bit;

	while (i < n) {
		gram = l[i].gram;
		if (put_group(&o->value, l, n, &i) < 0)
			return -1;
		key[0] = gram ? 'g' : 'f';
		if (gram) {
			memcpy(key + 1, gram, SPAMTAB_GRAM);
			bit = spamtab_gram_bit(gram);
			bits[bit / 8] = (char)(bits[bit / 8] | 1 << bit % 8);
		}
		if (put_pair(o, (struct bytes){key, gram ? sizeof key : 1},
			(struct bytes){o->value.s, o->value.len}) < 0)
			return -1;
	}
	return 0;
}

static size_t
group_of(const struct loose *l)
{
	return spamtab_group(spamtab_gram_bit(l->gram));
}

/* Puts out the pairs of all patterns that have a gram. */
static int
put_pairs(const struct loose *l, size_t n, struct out *o)
{
	uint16_t before[SPAMTAB_GROUPS + 1] = {0};
	size_t i, all = 0;
	char *at;

	while (n && !l->gram) {
		l++;
		n--;
	}
	if (!stralloc_ready(&o->value, sizeof before + WORD * n)) {
		errno = ENOMEM;
		return -1;
	}
	for (i = 0; i < n; i++)
		before[group_of(&l[i]) + 1]++;
	for (i = 0; i <= SPAMTAB_GROUPS; i++) {
		all += before[i];
		before[i] = (uint16_t)all;
		put_number(o->value.s + 2 * i, before[i], 2);
	}
	for (i = 0; i < n; i++) {
		at = o->value.s + sizeof before;
		at += (size_t)WORD * before[group_of(&l[i])]++;
		put_word(at, spamtab_pairs(pattern_of(l[i].item), 1));
	}
	return o->fn(o->arg, (struct bytes){"i", 1},
	    (struct bytes){o->value.s, sizeof before + WORD * n});
}

/* Puts out the free patterns and the bits of their grams. */
static int
each_free(struct spamtab *t, struct out *o)
{
	struct loose *l;
	char *bits;
	size_t n;
	int r = -1;

	if (t->nloose == 0)
		return 0;
	l = calloc(t->nloose, sizeof *l);
	bits = calloc(1, SPAMTAB_BITS / 8);
	if (!l || !bits)
		goto done;
	n = gather(t, l);
	if (choose_grams(l, n) < 0)
		goto done;
	qsort(l, n, sizeof *l, by_gram);
	if (each_group(l, n, bits, o) < 0)
		goto done;
	if (o->fn(o->arg, (struct bytes){"b", 1},
		(struct bytes){bits, SPAMTAB_BITS / 8}) == 0)
		r = put_pairs(l, n, o);
done:
	free(l);
	free(bits);
	return r;
}

int
spamtab_each(struct spamtab *t,
    int (*fn)(void *arg, struct bytes key, struct bytes value), void *arg)
{
	struct out o = {.fn = fn, .arg = arg};
	char head[HEAD_VALUE] = SPAMTAB_FORMAT;
	char *at = head + sizeof SPAMTAB_FORMAT - 1;
	int r = -1, kind;

	for (kind = 0; kind < SPAM_KINDS; kind++, at += 4)
		put_number(at, t->count[kind], 4);
	if (keyfilter_make(&o.filter, t->n + t->nloose) < 0 ||
	    fn(arg, (struct bytes){"h", 1}, (struct bytes){head, sizeof head}) <
		0 ||
	    each_exact(t, &o) < 0 || each_free(t, &o) < 0)
		goto done;
	r = fn(arg, (struct bytes){"x", 1},
	    (struct bytes){o.filter.s, o.filter.len});
done:
	keyfilter_free(&o.filter);
	sa_free(&o.value);
	return r;
}

/* struct writer - a table being written, or only measured */
struct writer {
	struct table_make make;
	struct spamtab_written *out;
	int measure;
};

static int
write_pair(void *arg, struct bytes key, struct bytes value)
{
	struct writer *w = arg;

	w->out->keys += memchr("hbix", key.s[0], 4) == NULL;
	w->out->bytes += CDB_PER_KEY + key.len + value.len;
	if (w->measure)
		return 0;
	return table_make_add(&w->make, key.s, key.len, value.s, value.len);
}

int
spamtab_write(struct spamtab *t, int dir, const char *name, mode_t mode,
    struct spamtab_written *out)
{
	struct writer w = {.out = out, .measure = name == NULL};

	*out = (struct spamtab_written){0, CDB_HEAD};
	if (name && table_make_begin(&w.make, dir, name) < 0)
		return -1;
	if (spamtab_each(t, write_pair, &w) < 0) {
		if (name)
			table_make_abandon(&w.make);
		return -1;
	}
	return name ? table_make_finish(&w.make, mode) : 0;
}

void
spamtab_free(struct spamtab *t)
{
	free(t->arena);
	free(t->order);
	free(t->loose);
	sa_free(&t->room);
	*t = (struct spamtab){0};
}
